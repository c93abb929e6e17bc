"""A catalogue: finds the template that an English message was made from, and fills the other language's one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from ltc.model.phrase import Phrase

if TYPE_CHECKING:
    from ltc.definition.codes import Code

_PARTICULAR = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_LETTERS = 6  # fewer letters of a template's own could belong to anything, such as "{kind} of {item}"
_PLACE = re.compile(r"(?P<place>.*?:\d+:\d+: )(?P<code>LTC-[DM]\d{3}) (?P<rest>.*)", re.DOTALL)
_HINT = r"(?P<used> \(used at .*?\))?(?P<hint> \(did you mean .*?\?\))?"


class _Template(NamedTuple):
    key: str  # the longest piece of its own: no text without it can be made from this template
    pattern: str
    other: str
    letters: int
    depths: tuple[int, ...]  # where it counts although it is short


class Catalogue:
    """The messages of one language, by their English templates.

    ``phrases`` are sentences and parts of sentences, ``labels`` headings, ``codes`` the complaints about definitions
    and mappings,
    ``nouns`` what is counted, ``fills`` templates too short to be found by their text,
    ``titles`` what stands around the tables of the reference, ``shown`` the templates of phrases, which need not be
    found by their text.
    """

    def __init__(self, language: str) -> None:
        folder = files("ltc.wording") / language
        read = {
            entry.name.removesuffix(".json"): json.loads(entry.read_text(encoding="utf-8"))
            for entry in sorted(folder.iterdir(), key=lambda one: one.name)
            if entry.name.endswith(".json")
        }
        self.labels: dict[str, str] = read.pop("labels", {})
        self.nouns: dict[str, str] = read.pop("nouns", {})
        self.codes: dict[str, list[str]] = {**read.pop("codes", {}), **read.pop("mapping_codes", {})}
        self.fills: dict[str, str] = read.pop("fills", {})
        self.titles: dict[str, str] = read.pop("reference", {})
        self.shown: dict[str, str] = read.pop("shown", {})
        self._parts = read
        self.phrases: dict[str, str] = {key: text for part in read.values() for key, text in part.items()}

    @cached_property
    def _templates(self) -> list[_Template]:
        made = [
            _template(key, other, part)
            for part, texts in self._parts.items()
            for key, other in texts.items()
            if _PARTICULAR.search(key)
        ]
        return sorted(made, key=lambda one: -one.letters)

    def block(self, text: str) -> str:
        """Return a message of several lines that has one template; empty when there is none."""
        if "\n" not in text:
            return ""
        for one in self._templates:
            if "\n" in one.key and one.key in text and (found := re.fullmatch(one.pattern, text, re.DOTALL)):
                return _filled(one.other, {name: self.line(value, 0) for name, value in found.groupdict().items()})
        return ""

    def spoken(self, text: str) -> str:
        """Return a phrase in this language, part by part; a plain text stays as it is."""
        if not isinstance(text, Phrase):
            return str(text)
        if not text.template:
            return "".join(self.spoken(piece) for piece in text.pieces)
        known = self.shown.get(text.template, text.template)
        return known.format(**{name: self.spoken(part) for name, part in text.parts.items()})

    def line(self, text: str, depth: int = 1) -> str:
        """Return one line of a message in this language; unknown text as it is.

        ``depth`` says how far short templates count: 0 nowhere (the text may be somebody's own words), 1 for the line
        itself, 2 for its particulars as well.
        """
        bare = text.strip(" ")
        if not bare:
            return text
        said = self._exact(text) or self._exact(bare)
        said = (
            said
            or self._complaint(bare)
            or self._made(text, depth)
            or self._made(bare, depth)
            or self._pieces(bare, depth)
        )
        return text.replace(bare, said, 1) if said and text != bare and not said.startswith(" ") else said or text

    def _exact(self, text: str) -> str:
        return (self.phrases.get(text) or self.titles.get(text, "")) if " " in text or len(text) > 12 else ""

    def _made(self, text: str, depth: int) -> str:
        inner = 2 if depth == 2 else 0
        for one in self._templates:
            if one.letters < _LETTERS and depth not in one.depths:
                continue
            if depth == 2 and "; " in text and ";" not in one.pattern:
                continue  # what is wrong and what to do are said apart
            if one.key in text and (found := re.fullmatch(one.pattern, text, re.DOTALL)):
                return _filled(one.other, {name: self.line(value, inner) for name, value in found.groupdict().items()})
        return ""

    def _pieces(self, text: str, depth: int) -> str:
        """Say a sentence whose halves are known apart: what is wrong; what to do."""
        head, mark, tail = text.rpartition("; ")
        if not mark:
            return ""
        said = (
            self.line(head, depth),
            self.phrases.get(f"; {tail}") or self._made(f"; {tail}", 0) or self.line(tail, depth),
        )
        if said == (head, tail):
            return ""
        return f"{said[0]}{said[1] if said[1].startswith('；') else f'；{said[1]}'}"

    def _complaint(self, text: str) -> str:
        """Say a complaint about a definition or a mapping as it is printed: place, code, sentence; remedy."""
        found = _PLACE.fullmatch(text)
        if not found or (english := _english(found["code"])) is None:
            return ""
        for head, tail in _halves(found["rest"]):
            wrong = re.fullmatch(f"(?P<s>{_loose(english.sentence)}){_HINT}", head, re.DOTALL)
            if wrong is None or not re.fullmatch(_loose(english.remedy), tail, re.DOTALL):
                continue
            extra = "".join(self.line(wrong[name], 2) if wrong[name] else "" for name in ("used", "hint"))
            said = f"{self.sentence(found['code'], wrong['s'])}{extra.replace(' （', '（')}；"
            return f"{found['place']}{found['code']} {said}{self.remedy(found['code'], tail)}"
        return ""

    def sentence(self, code: str, text: str) -> str:
        """Return what is wrong, of a complaint with this code."""
        return self._half(code, text, 0)

    def remedy(self, code: str, text: str) -> str:
        """Return what to do, of a complaint with this code."""
        return self._half(code, text, 1)

    def _half(self, code: str, text: str, half: int) -> str:
        english = _english(code)
        other = self.codes.get(code) or self.codes.get(code.replace("LTC-M", "LTC-D"))
        if english is None or other is None:
            return text
        return self._of((english.sentence, english.remedy)[half], other[half], text)

    def _of(self, template: str, other: str, text: str) -> str:
        found = re.fullmatch(_pattern(_plain(template)), text, re.DOTALL)
        if not found:
            return text
        return _filled(_plain(other), {name: self.line(value, 2) for name, value in found.groupdict().items()})


def _english(code: str) -> Code | None:
    """Return the English of a complaint about a definition or a mapping; None for a code that there is not."""
    from ltc.definition.codes import CODES

    if code in CODES:
        return CODES[code]
    from ltc.mapping.codes import CODES as MAPPINGS

    return MAPPINGS.get(code)


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong and what to do, the shortest remedy first: what is wrong may hold a semicolon itself."""
    at = text.rfind("; ")
    while at >= 0:
        yield text[:at], text[at + 2 :]
        at = text.rfind("; ", 0, at)


def _plain(template: str) -> str:
    """Write a template of ``str.format`` as those of the catalogue: doubled braces single."""
    return template.replace("{{", "{").replace("}}", "}")


def _filled(template: str, values: dict[str, str]) -> str:
    return _PARTICULAR.sub(lambda found: values.get(found[1], found[0]), template)


def _pattern(template: str, *, names: bool = True) -> str:
    parts, taken = [], set[str]()
    for index, piece in enumerate(_PARTICULAR.split(template)):
        if index % 2 == 0:
            parts.append(re.escape(piece))
        elif piece in taken and names:
            parts.append(f"(?P={piece})")
        else:
            taken.add(piece)
            parts.append(f"(?P<{piece}>.*?)" if names else ".*?")
    return "".join(parts)


def _loose(template: str) -> str:
    return _pattern(_plain(template), names=False)


def _template(key: str, other: str, part: str) -> _Template:
    pieces = _PARTICULAR.split(key)[::2]
    letters = sum(char.isalpha() for piece in pieces for char in piece)
    depths = {"language": (2,), "starter": (1,)}.get(part, (1, 2))
    return _Template(max(pieces, key=len), _pattern(key), other, letters, (0, 1, 2) if key[:1] in " ,;(" else depths)
