"""Words for words: closed tables, and the names of countries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ltc.definition.errors import listing, nearest
from ltc.mapping.countries import CODES, ENGLISH, NAMES, folded
from ltc.mapping.errors import Unusable
from ltc.mapping.transforms.base import Arg, Args, At, Spec

_TEXT = frozenset({"text"})


@dataclass(frozen=True)
class Enum:
    """A closed table: a word that is not in it is an error that names those that are."""

    table: Mapping[str, str]
    otherwise: str = ""

    def read(self, value: Any, at: At) -> str:
        if isinstance(value, (dict, list)):
            raise Unusable("it is no word")
        word = str(value).lower() if isinstance(value, bool) else str(value).strip()
        return self._found(self.table, word, self.otherwise)

    def write(self, value: Any, at: At) -> str:
        # Of several words for one of ltc's, the file's first is written.
        back = {ours: theirs for theirs, ours in reversed(tuple(self.table.items()))}
        return self._found(back, str(value), self.otherwise)

    @staticmethod
    def _found(table: Mapping[str, str], word: str, otherwise: str) -> str:
        if word in table:
            return table[word]
        if otherwise:
            return otherwise
        near = nearest(word, table)
        hint = f"; did you mean {near!r}?" if near else ""
        raise Unusable(f"{word[:40]!r} is not in the table; it has {listing(table)}{hint}")


@dataclass(frozen=True)
class Country:
    """A country: by its English name, by names of the file, or by its ISO 3166 alpha-2 or alpha-3 code."""

    names: Mapping[str, str] = field(default_factory=dict)
    form: str = "code"

    def read(self, value: Any, at: At) -> str:
        word = str(value).strip()
        found = self.names.get(word) or CODES.get(word.upper()) or NAMES.get(folded(word))
        if found is None:
            raise Unusable(f"{word[:40]!r} is no country's name or code; add it under 'names'")
        return found

    def write(self, value: Any, at: At) -> str:
        code = CODES.get(str(value))
        if code is None or len(str(value)) != 2:
            raise Unusable(f"{str(value)[:40]!r} is no ISO 3166 alpha-2 code")
        if self.form == "code":
            return code
        own = [name for name, meant in self.names.items() if meant == code]
        return own[0] if own else ENGLISH[code]


def _enum(args: Args) -> Enum:
    return Enum(args["table"], str(args.get("otherwise", "")))


def _country(args: Args) -> Country:
    names = args.get("names", {})
    for name, code in names.items():
        if CODES.get(code) != code:
            raise ValueError(f"{name!r} is given {code!r}, which is no ISO 3166 alpha-2 code")
    return Country(names, args.get("as", "code"))


SPECS = (
    Spec(
        "enum", "a word for a word; one that the table does not have is an error", _TEXT, _enum,
        {
            "table": Arg("table", "the system's word first, then ltc's, whichever way it goes: {CLOSED_WON: won}"),
            "otherwise": Arg("scalar", "what any other word becomes; leave it out to refuse them"),
        },
        needs=("table",),
    ),
    Spec(
        "country", "a country's English name or code; ISO 3166 alpha-2 in ltc", _TEXT, _country,
        {
            "names": Arg("table", "the system's own names: {Deutschland: DE}"),
            "as": Arg("word", "what is written: code or name", words=("code", "name"), sides=("write",)),
        },
    ),
)  # fmt: skip
