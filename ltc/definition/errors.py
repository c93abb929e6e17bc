"""Complaints about a definition: what, where, what to do, and the nearest valid word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ltc.definition.codes import CODES

MOST = 40  # complaints about one file: whoever has more mends these first


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file, both counted from 1.

    ``file`` names another file than the definition itself; ``used`` says which places of use led there.
    """

    line: int = 1
    column: int = 1
    file: str = ""
    used: str = ""


@dataclass(frozen=True)
class Problem:
    """One complaint. ``nearest`` is the valid word that the author may have meant.

    ``warning``: the definition runs as it stands, yet hardly does what its author thinks.
    """

    code: str
    file: str
    line: int
    column: int
    sentence: str
    remedy: str
    nearest: str | None = None
    warning: bool = False

    def __str__(self) -> str:
        hint = f" (did you mean '{self.nearest}'?)" if self.nearest else ""
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.sentence}{hint}; {self.remedy}"


class DefinitionError(ValueError):
    """A definition cannot be used; ``problems`` says everything that is wrong with it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column, p.code)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like ``word``, if any does."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def listing(words: Iterable[str], most: int = 24) -> str:
    """Write words for a sentence, not more than ``most`` of them."""
    every = list(words)
    shown = ", ".join(every[:most]) or "(none)"
    return shown if len(every) <= most else f"{shown}, …"


@dataclass
class Problems:
    """Collects complaints about one file; warnings, which refuse nothing, apart."""

    file: str
    found: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    told: list[tuple[str, Mark, Any]] = field(default_factory=list)

    def add(self, code: str, mark: Mark, *, known: Iterable[str] | None = None, **particulars: Any) -> None:
        """Add a complaint; ``known`` words fill the sentence and give the nearest one to ``word``.

        Raises:
            DefinitionError: there are so many complaints that more would help nobody.
        """
        problem = self.problem(code, mark, known=known, **particulars)
        word = particulars.get("word")
        if word and (code, mark, word) in self.told:
            return  # one key may be read as several expressions: what is wrong with it is said once
        self.told.append((code, mark, word))
        self.found.append(problem)
        if len(self.found) >= MOST:
            self.stop()

    def vain(self, mark: Mark, key: str, why: str, remedy: str = "remove it") -> None:
        """Complain about a key that is known and would have no effect where it stands."""
        self.add("LTC-D120", mark, key=key, why=why, remedy=remedy)

    def warn(self, code: str, mark: Mark, *, known: Iterable[str] | None = None, **particulars: Any) -> None:
        """Add a warning: what is likely a slip, in a definition that can be used all the same."""
        warning = replace(self.problem(code, mark, known=known, **particulars), warning=True)
        if warning not in self.warnings and len(self.warnings) < MOST:
            self.warnings.append(warning)

    def problem(
        self, code: str, mark: Mark, *, known: Iterable[str] | None = None, near: str | None = None, **particulars: Any
    ) -> Problem:
        """Make a complaint without keeping it."""
        words = list(known or ())
        text = CODES[code]
        values = {"known": listing(words), **particulars}
        close = near or nearest(str(particulars.get("word", "")), words)
        sentence, remedy = text.sentence.format(**values), text.remedy.format(**values)
        sentence += f" (used at {mark.used})" if mark.used else ""
        return Problem(code, mark.file or self.file, mark.line, mark.column, sentence, remedy, close)

    def stop(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            DefinitionError: something was found.
        """
        if self.found:
            raise DefinitionError(self.found)
