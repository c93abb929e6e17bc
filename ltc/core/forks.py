"""Parallel steps: a line for each branch; the step goes on once as many have ended as it needs."""

from __future__ import annotations

from ltc.core import moves
from ltc.core.state import Token
from ltc.core.turn import Turn
from ltc.definition.plan import ParallelNode


def fork(turn: Turn, token: Token, node: ParallelNode) -> None:
    """Start the branches."""
    token.status, token.branches = "forked", 0
    for number, first in enumerate(node.branches):
        turn.add(Token(f"{_family(token, node)}{number + 1}", token.leg, token.item, first, parent=token.id))


def _family(parent: Token, node: ParallelNode) -> str:
    """What the ids of a parallel step's branches, and of all that they start, begin with."""
    return f"{parent.id}/{node.step}."


def joined(turn: Turn, token: Token) -> None:
    """A branch has ended. One that was kept running beside its step, which went on without it, only disappears."""
    tokens = turn.state.tokens
    del tokens[token.id]
    parent = tokens.get(token.parent)
    if parent is None or parent.status != "forked":
        return
    node = turn.node(parent)
    assert isinstance(node, ParallelNode)
    family = _family(parent, node)
    if not token.id.startswith(family):
        return
    parent.branches += 1
    if parent.branches == node.need:
        if node.rest == "cancel":
            moves.drop(turn, [one for one in tokens.values() if one.id.startswith(family)])
        moves.go_on(turn, parent)
