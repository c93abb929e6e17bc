"""A text that knows what it was made from, so that it can be said in another language without being taken apart."""

from __future__ import annotations

from collections.abc import Iterable


class Phrase(str):
    """An English text. ``template`` and ``parts`` are what it was filled from; ``pieces`` what stands in a row.

    Parts and pieces that are phrases themselves are said in the other language, too; plain texts, such as names and
    expressions, stay as they are.
    """

    template: str
    parts: dict[str, str]
    pieces: tuple[str, ...]


def phrase(template: str, **parts: object) -> Phrase:
    """Return a template of ``str.format``, filled."""
    texts = {name: part if isinstance(part, str) else str(part) for name, part in parts.items()}
    made = Phrase(template.format(**texts))
    made.template, made.parts, made.pieces = template, texts, ()
    return made


def together(*pieces: str) -> Phrase:
    """Return pieces one after another, nothing between them."""
    made = Phrase("".join(pieces))
    made.template, made.parts, made.pieces = "", {}, pieces
    return made


COMMA, COLON = phrase(", "), phrase(": ")


def listed(parts: Iterable[str], between: str = COMMA) -> Phrase:
    """Return parts with something between them: a comma, or a phrase such as `` or ``."""
    found: list[str] = []
    for part in parts:
        found += [between, part] if found else [part]
    return together(*found)
