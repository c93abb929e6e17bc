"""Complaints about mapping files, in the same form as those about definitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ltc.definition.errors import DefinitionError, Mark, Problem, Problems, listing, nearest
from ltc.mapping.codes import CODES
from ltc.ports.errors import Misconfigured

_SHOWN = 5


class BadMapping(Misconfigured):
    """A mapping file cannot be used; ``problems`` says everything that is wrong with it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column, p.code)))
        more = len(self.problems) - _SHOWN
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        super().__init__("\n".join([*lines, f"… and {more} more; `ltc mapping check` says all"] if more > 0 else lines))


class Complaints(Problems):
    """Collects complaints about one mapping file."""

    def problem(
        self, code: str, mark: Mark, *, known: Iterable[str] | None = None, near: str | None = None, **particulars: Any
    ) -> Problem:
        """Make a complaint without keeping it."""
        words = list(known or ())
        values = {"known": listing(words), **particulars}
        close = near or nearest(str(particulars.get("word", "")), words)
        text = CODES[code]
        sentence, remedy = text.sentence.format(**values), text.remedy.format(**values)
        return Problem(code, self.file, mark.line, mark.column, sentence, remedy, close)

    def stop(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            BadMapping: something was found.
        """
        if self.found:
            raise BadMapping(self.found)


def not_readable(error: DefinitionError) -> BadMapping:
    """Turn the reader's complaint, which speaks of definitions, into one about a mapping."""
    return BadMapping(_ours(problem) for problem in error.problems)


def _ours(problem: Problem) -> Problem:
    code = problem.code.replace("LTC-D", "LTC-M")
    text = CODES.get(code)
    if text is None:
        return problem
    sentence = problem.sentence if "{" in text.sentence else text.sentence
    remedy = problem.remedy if "{" in text.remedy else text.remedy
    return replace(problem, code=code, sentence=sentence, remedy=remedy)
