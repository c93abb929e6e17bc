"""What an expression reads of a step's answer, and with which words it compares it: asked by the proofs of answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ltc.definition.build import Build, Use
from ltc.definition.compared import compared as comparisons
from ltc.definition.compared import place_of
from ltc.definition.errors import Mark
from ltc.definition.expressions import ExpressionError, asked, selects
from ltc.definition.plan import TaskNode, WaitNode


def reads_of(
    use: Use, node: TaskNode | WaitNode, alike: Sequence[TaskNode | WaitNode], build: Build
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the paths that an expression reads and those asked for with has(); None where it cannot mean the node.

    Asked for are those of the expression itself, and those of conditions on the way to it.

    ``alike``: all steps of the node's kind. Where a leg has one that leaves the same name, the name means that one.
    """
    here = use.scope.split(":", 1)[-1].split(".")[0] if "." in use.scope else ""
    if here and node.leg != here and any(one.leg == here and one.result == node.result for one in alike):
        return None
    try:
        on_the_way = build.asked.get(use.scope.removeprefix("undo:"), ())
        return selects(use.source), (*asked(use.source), *on_the_way)
    except ExpressionError:
        return None  # it is complained about where it is checked


def compared(use: Use, path: str) -> Iterator[tuple[str, Mark]]:
    """Yield the words that an expression compares a path with, each with its place."""
    for one in comparisons(use.source):
        if one.path == path:
            yield one.word, place_of(use, one)
