"""The keys of mapping files, said as data: the compiler and the reference read them."""

from __future__ import annotations

TOP: dict[str, str] = {
    "mapping": "the version of this format: 1",
    "system": "the system's name, as its adapter is called",
    "title": "what people see",
    "extends": "shipped: take the adapter's own mapping, and let the fields of this file replace or join its fields",
    "zone": "the zone of times that do not name theirs, such as Europe/Berlin",
    "country": "the country (ISO 3166 alpha-2) of telephone numbers that do not name theirs",
    "absent": "values by which the system says that there is none, beside null and the empty text: [false, N/A]",
    "tables": "tables of words by name, the system's word first: {stages: {CLOSED_WON: won}}",
    "units": "tables of units by name: how many of ltc's unit each of the system's is: {pieces: {DZ: 12, PCE: 1}}",
    "entities": "what is mapped: by the name of ltc's document or request, or by a name of its own with 'of:'",
}
ENTITY: dict[str, str] = {
    "of": "the document or request of ltc that is meant; default: the entity's own name",
    "read": "the fields by which the system's record becomes ltc's document",
    "write": "the fields by which ltc's values become the system's record",
    "by_code": "fields of ltc's document that the adapter's code fills: totals over records, what several calls say",
}
FIELD: dict[str, str] = {
    "target": "where the value goes: names joined by dots",
    "source": "where it comes from: a path, or a list of paths of which the first that has a value counts",
    "transform": "what is done to it",
    "required": "true: a record without it is an error",
    "default": "stands for a missing source value, and goes through the transform",
    "unusable": "leave_out: treat a value that the transform refuses as missing, instead of refusing the record",
    "fields": "for a record or each of a list ([*] in the source): its own fields, paths counted from it",
}
