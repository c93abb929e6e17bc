"""Texts: as they are, of several parts, and the same for every record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ltc.mapping.errors import Unusable
from ltc.mapping.paths import ABSENT, Path
from ltc.mapping.transforms.base import Arg, Args, At, Spec

_TEXT = frozenset({"text"})
_HOLE = re.compile(r"\{([^{}]{1,120})\}")


@dataclass(frozen=True)
class Text:
    """A text without the spaces around it. Whole numbers become their digits, so that ids stay ids."""

    case: str = ""
    most: int = 0
    cut: bool = False

    def read(self, value: Any, at: At) -> str:
        return self._text(value)

    def write(self, value: Any, at: At) -> str:
        return self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Unusable("it is no text")
        text = str(value).strip()
        text = {"upper": text.upper(), "lower": text.lower()}.get(self.case, text)
        if self.most and len(text) > self.most:
            if not self.cut:
                raise Unusable(f"it has {len(text)} characters; {self.most} are the most")
            text = text[: self.most].rstrip()
        return text


@dataclass(frozen=True)
class Constant:
    """The same value for every record."""

    value: Any

    def read(self, value: Any, at: At) -> Any:
        return self.value

    def write(self, value: Any, at: At) -> Any:
        return self.value


@dataclass(frozen=True)
class Template:
    """A text with values of the record in it; where one is missing there is no text at all."""

    parts: tuple[str | Path, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read ``"{number} of {customer.name}"``.

        Raises:
            ValueError: it names no value, or a brace is left over.
        """
        pieces = _HOLE.split(text)
        texts, holes = pieces[::2], pieces[1::2]
        if not holes or any("{" in piece or "}" in piece for piece in texts):
            raise ValueError("a template is text with {paths} in braces, at least one")
        parts: list[str | Path] = [texts[0]]
        for hole, after in zip(holes, texts[1:], strict=True):
            parts += [Path.parse(hole), after]
        return cls(tuple(parts))

    @property
    def paths(self) -> list[Path]:
        """The values it needs."""
        return [part for part in self.parts if isinstance(part, Path)]

    def read(self, value: Any, at: At) -> Any:
        return self._fill(at)

    def write(self, value: Any, at: At) -> Any:
        return self._fill(at)

    def _fill(self, at: At) -> Any:
        filled = ""
        for part in self.parts:
            found = at.find(part) if isinstance(part, Path) else part
            if found is ABSENT:
                return ABSENT
            if isinstance(found, bool) or not isinstance(found, (str, int)):
                raise Unusable(f"'{getattr(part, 'text', '')}' in the template is no text")
            filled += str(found)
        return filled.strip()


def _text(args: Args) -> Text:
    return Text(args.get("case", ""), args.get("max", 0), args.get("cut", False))


SPECS = (
    Spec(
        "text", "a text, without spaces around it; whole numbers become their digits", _TEXT, _text,
        {
            "case": Arg("word", "write it in upper or lower case", words=("upper", "lower")),
            "max": Arg("whole", "the most characters it may have; a longer one is refused", low=1, high=100_000),
            "cut": Arg("flag", "cut a longer text instead of refusing it"),
        },
        also_writes=frozenset({"integer"}),
    ),
    Spec(
        "constant", "the same value for every record", frozenset({"text", "integer", "boolean", "decimal"}),
        lambda args: Constant(args["value"]), {"value": Arg("scalar", "the value")}, needs=("value",), sourceless=True,
    ),
    Spec(
        "template", "a text made of several values; left out where one of them is missing", _TEXT,
        lambda args: args["template"],
        {"template": Arg("template", "the text, with paths in braces: \"{number}: {customer.name}\"")},
        needs=("template",), sourceless=True,
    ),
)  # fmt: skip
