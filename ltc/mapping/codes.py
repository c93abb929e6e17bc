"""Every complaint about a mapping file: its stable code, its sentence and what to do about it."""

from __future__ import annotations

from ltc.definition.codes import CODES as LANGUAGE
from ltc.definition.codes import Code

# Up to 039 a code means what LTC-D with the same number means for a definition; from 040 on they are the mapping's own.
_SHARED = (*range(1, 17), 20, 22, 23, 24)
_WORDED: dict[str, Code] = {
    "LTC-M001": Code("the file has {size} bytes, more than {limit}", "leave out what the system does not need"),
    "LTC-M004": Code("nested deeper than {limit} levels", "a mapping needs no more than lists of fields of lists"),
    "LTC-M005": Code("more than {limit} values", "leave out what the system does not need"),
    "LTC-M006": Code("anchors and aliases (& and *) are not part of mapping files", "write the value again"),
    "LTC-M007": Code("merge keys (<<) are not part of mapping files", "write the keys out"),
    "LTC-M008": Code("tags and directives (! and %) are not part of mapping files", "remove it"),
    "LTC-M010": Code("a second document begins here", "one file holds one system's mapping; remove the '---'"),
    "LTC-M015": Code("the file holds no mapping", "begin with 'mapping: 1' and 'system: name'"),
    "LTC-M030": Code("this is version {word} of mapping files; this program reads version 1", "write 'mapping: 1'"),
}
CODES: dict[str, Code] = {
    **{f"LTC-M{number:03}": LANGUAGE[f"LTC-D{number:03}"] for number in _SHARED},
    **_WORDED,
    "LTC-M040": Code("ltc has no document or request '{word}'", "name one of: {known}"),
    "LTC-M041": Code("{model} has no field '{word}'", "it has: {known}"),
    "LTC-M042": Code("'{transform}' does not fit {field}, which is {wanted}", "use one of: {known}"),
    "LTC-M043": Code("there is no transform '{word}'", "use one of: {known}"),
    "LTC-M044": Code("'{transform}' takes no '{word}'", "a field with it takes: {known}"),
    "LTC-M045": Code("'{transform}' needs {key}", "add it: {doc}"),
    "LTC-M046": Code("'{word}' would have no effect where the mapping {side}s", "leave it out here"),
    "LTC-M047": Code("'{word}' cannot be used: {problem}", "mend it: {doc}"),
    "LTC-M048": Code("there is no table '{word}' under '{where}:'", "use one of: {known}, or write the table here"),
    "LTC-M049": Code("'{first}' and '{second}' contradict each other", "keep one of them"),
    "LTC-M050": Code(
        "nothing fills '{word}' of {model}, which must have it",
        "map it, or list it under 'by_code:' if the adapter's code fills it",
    ),
    "LTC-M051": Code("'{word}' is filled twice (first on line {line})", "keep one of them"),
    "LTC-M052": Code("'{word}' is left to the adapter's code and filled here too", "keep one of them"),
    "LTC-M053": Code(
        "{field} is {wanted}, and the source gives {found}", "put [*] into the source for a list, and only then"
    ),
    "LTC-M054": Code("a target is names joined by dots; '{word}' is not", "write to the list itself, with 'fields:'"),
    "LTC-M055": Code("nothing uses the table '{word}'", "remove it, or name it in a field"),
    "LTC-M056": Code("this maps '{word}', not '{wanted}'", "write 'system: {wanted}', or rename the file"),
    "LTC-M057": Code("the entity '{word}' maps nothing", "give it 'read:' or 'write:'"),
}  # fmt: skip
