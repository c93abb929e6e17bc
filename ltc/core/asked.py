"""What an operator asks for: the place that is meant, the answer when it cannot be, the record of it."""

from __future__ import annotations

from typing import Any

from ltc.core.state import Token
from ltc.core.turn import Turn
from ltc.definition.plan import AnyNode, CallNode, DelayNode, WaitNode
from ltc.definition.plan_nodes import collections_of
from ltc.model.messages import Answer, Intervention
from ltc.model.trail import Kind

ACCEPTED = Answer(status="accepted")


def record(turn: Turn, asked: Intervention, token: Token | None = None, **detail: Any) -> None:
    """Put an intervention on record, with its actor and reason."""
    turn.log(
        Kind.INTERVENED, token, action=asked.action, actor=asked.actor, asserted=asked.asserted,
        reason=asked.reason, detail=detail,
    )  # fmt: skip


def refuse(message: str, status: Any = "refused") -> Answer:
    """Say why an intervention cannot be."""
    return Answer(status=status, message=message)


def meant(turn: Turn, asked: Intervention, token: Token) -> bool:
    """Tell whether an intervention that names a place means this one."""
    here = (token.leg, token.item) == (asked.leg, asked.item)
    return here and (not asked.step or (bool(token.node) and turn.node(token).step == asked.step))


def find(turn: Turn, asked: Intervention) -> Token | Answer:
    """Find the place that is meant: the one named, or the only one held."""
    at_rest = [token for token in turn.state.tokens.values() if token.status not in ("ended", "forked", "ready")]
    if asked.leg:
        found = [token for token in at_rest if meant(turn, asked, token)]
    else:
        found = [token for token in at_rest if token.status == "held"]
    places = ", ".join(turn.place(token) for token in found or at_rest) or "none"
    if not found:
        lacking = (
            "nothing is at rest there" if asked.leg else "no step is held; a chain held as a whole goes on by `release`"
        )
        return refuse(f"{lacking}; at rest: {places}", "not_found")
    if len(found) > 1:
        return refuse(f"{len(found)} places are meant; name one with leg, item and step: {places}", "not_found")
    if found[0].status == "busy":
        return refuse(f"{turn.place(found[0])} is in flight; wait until it has answered", "in_flight")
    return found[0]


def unfit(turn: Turn, node: AnyNode, document: Any) -> Answer | None:
    """Why a document cannot stand for what a step leaves: later steps would find nothing in it."""
    if document is not None and isinstance(node, DelayNode):
        return refuse("a delay leaves nothing; skip it without a document")
    if not isinstance(node, (CallNode, WaitNode)) or document is None:
        return None
    kind = turn.plan.operations[node.call.op].document if isinstance(node, CallNode) else ""
    if (kind or collections_of(node)) and not (isinstance(document.get("id"), str) and document["id"]):
        return refuse("the document has no 'id' (a text); give it as the system holds it")
    if not isinstance(document.get("version", 1), int):
        return refuse("the document's 'version' is not a whole number; give it as the system holds it")
    return None
