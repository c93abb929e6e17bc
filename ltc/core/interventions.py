"""Interventions: an operator's actions, each answered at once, with an actor and a reason on record."""

from __future__ import annotations

from typing import Any

from ltc.core import approvals, calls, moves, slas, undoing, waits
from ltc.core.state import Flight, Token
from ltc.core.turn import Turn
from ltc.definition import timespans
from ltc.definition.plan import ApproveNode, CallNode, WaitNode
from ltc.model import ids
from ltc.model.messages import Answer, Intervention
from ltc.model.trail import Kind


def take(turn: Turn, asked: Intervention) -> Answer:
    """Carry an intervention out, or say why not. The same intervention again gets the same answer."""
    state = turn.state
    if asked.id in state.interventions:
        return Answer.model_validate(
            {"status": state.interventions[asked.id], "message": "this intervention was taken before"}
        )
    if state.status in ("closing", "ended"):
        return Answer(status="closed", message=f"the chain has ended: {state.outcome}")
    answer = _ACTIONS[asked.action](turn, asked)
    if answer.status == "accepted":
        state.interventions[asked.id] = "accepted"
        turn.answered = True
    return answer


def _log(turn: Turn, asked: Intervention, token: Token | None = None, **detail: Any) -> None:
    turn.log(
        Kind.INTERVENED, token, action=asked.action, actor=asked.actor, asserted=asked.asserted,
        reason=asked.reason, detail=detail,
    )  # fmt: skip


def _refuse(message: str, status: Any = "refused") -> Answer:
    return Answer(status=status, message=message)


def _token(turn: Turn, asked: Intervention) -> Token | Answer:
    """Find the place that is meant: the one named, or the only one held."""
    state = turn.state
    at_rest = [token for token in state.tokens.values() if token.status not in ("ended", "forked", "ready")]
    if asked.leg:
        found = [
            token for token in at_rest
            if token.leg == asked.leg and token.item == asked.item
            and (not asked.step or turn.node(token).step == asked.step)
        ]  # fmt: skip
    else:
        found = [token for token in at_rest if token.status == "held"]
    if len(found) != 1:
        places = ", ".join(turn.place(token) for token in found or at_rest)
        return _refuse(
            f"{len(found)} places are meant; name one with leg, item and step: {places or 'none'}", "not_found"
        )
    if found[0].status == "busy":
        return _refuse(f"{turn.place(found[0])} is in flight; wait until it has answered", "in_flight")
    return found[0]


def _unhold(turn: Turn, token: Token, actor: str) -> None:
    for hold in [hold for hold in turn.state.holds if hold.token == token.id]:
        turn.state.holds.remove(hold)
        turn.log(Kind.RELEASED, token, actor=actor, hold=hold.reason)


def _unknown_effect(turn: Turn, token: Token) -> Any:
    place = turn.place(token)
    return next((one for one in turn.state.effects if one.place == place and one.status == "unknown"), None)


def _probe_first(turn: Turn, token: Token, after: str, payload: dict[str, Any]) -> bool:
    """Where the outcome is not known, a probe comes before anything else."""
    effect = _unknown_effect(turn, token)
    if effect is None or turn.plan.operations[effect.op].effect_class == "D":
        return False
    token.status = "busy"
    calls.probe(turn, Flight("probe", token.id, effect.op, effect.key, effect.place), after, payload)
    return True


def absent(turn: Turn, flight: Flight, token: Token) -> None:
    """A probe proved that nothing took effect: go on as the one who asked for it wanted."""
    if flight.after == "retry":
        token.status = "ready"
    elif flight.after == "skip":
        _supply(turn, token, flight.payload.get("document"))
    elif flight.after == "correct":
        _correct(turn, token, flight.payload.get("values") or {})
    else:
        turn.hold(token, "unavailable", op=flight.op)


def _retry(turn: Turn, asked: Intervention) -> Answer:
    if turn.state.status == "compensating":
        _log(turn, asked)
        undoing.retry(turn)
        return Answer(status="accepted")
    token = _token(turn, asked)
    if isinstance(token, Answer):
        return token
    if token.status != "held":
        return _refuse(f"{turn.place(token)} is {token.status}, not held; there is nothing to retry")
    _log(turn, asked, token)
    _unhold(turn, token, asked.actor)
    _again(turn, token)
    return Answer(status="accepted")


def _again(turn: Turn, token: Token) -> None:
    node = turn.node(token)
    if isinstance(node, WaitNode):
        waits.resume(turn, token, node)
    elif isinstance(node, ApproveNode):
        approvals.reopen(turn, token, node)
    elif not _probe_first(turn, token, "retry", {}):
        token.status = "ready"


def _skip(turn: Turn, asked: Intervention) -> Answer:
    if turn.state.status == "compensating":
        _log(turn, asked)
        undoing.leave(turn, f"{asked.actor}: {asked.reason}")
        return Answer(status="accepted")
    token = _token(turn, asked)
    if isinstance(token, Answer):
        return token
    node = turn.node(token)
    if isinstance(node, ApproveNode):
        return _refuse("an approval is decided, not skipped; ask its approvers, or mend who they are and retry")
    if isinstance(node, CallNode) and node.result and asked.document is None:
        return _refuse(f"later steps need {node.result!r}; supply the document that stands for it")
    _log(turn, asked, token, document=(asked.document or {}).get("id", ""))
    _unhold(turn, token, asked.actor)
    if not _probe_first(turn, token, "skip", {"document": asked.document}):
        _supply(turn, token, asked.document)
    return Answer(status="accepted")


def _supply(turn: Turn, token: Token, document: Any) -> None:
    """Pass a step by, leaving the document supplied for it, if any."""
    node = turn.node(token)
    if document is not None and isinstance(node, (CallNode, WaitNode)):
        if node.result:
            turn.keep_result(token, node.result, document)
        if node.into:
            turn.collect(node.into, document)
    moves.go_on(turn, token)


def _correct_asked(turn: Turn, asked: Intervention) -> Answer:
    token = _token(turn, asked)
    if isinstance(token, Answer):
        return token
    node = turn.node(token)
    if not isinstance(node, CallNode) or token.status != "held":
        return _refuse("only a held call can be corrected")
    operation = turn.plan.operations[node.call.op]
    unknown = sorted(name for name in (asked.values or {}) if name not in operation.takes)
    if unknown or (not asked.values and asked.document is None):
        return _refuse(f"{node.call.op} takes {', '.join(operation.takes)}; not {', '.join(unknown) or 'nothing'}")
    _log(turn, asked, token, values=ids.digest(asked.values), document=(asked.document or {}).get("id", ""))
    _unhold(turn, token, asked.actor)
    if asked.document is not None:
        _adopt(turn, token, node, asked.document)
    elif not _probe_first(turn, token, "correct", {"values": asked.values}):
        _correct(turn, token, asked.values or {})
    return Answer(status="accepted")


def _adopt(turn: Turn, token: Token, node: CallNode, document: dict[str, Any]) -> None:
    """A human names the document that the effect made: the effect is certain."""
    effect = _unknown_effect(turn, token)
    if effect is not None:
        calls.settle(effect, True)
    _supply(turn, token, document)


def _correct(turn: Turn, token: Token, values: dict[str, Any]) -> None:
    """Call with other arguments, as a new generation: what was there before is proved absent."""
    place = turn.place(token)
    turn.state.generations[place] = turn.state.generations.get(place, 0) + 1
    token.override = dict(values)
    token.status = "ready"


def _hold(turn: Turn, asked: Intervention) -> Answer:
    if asked.leg:
        return _hold_place(turn, asked)
    if any(hold.reason == "by_hand" for hold in turn.state.holds):
        return _refuse("the chain is held by hand already")
    _log(turn, asked)
    turn.hold(None, "by_hand", owner=asked.actor, why=asked.reason)
    return Answer(status="accepted")


def _hold_place(turn: Turn, asked: Intervention) -> Answer:
    token = _token(turn, asked)
    if isinstance(token, Answer):
        return token
    if token.status == "held":
        return _refuse(f"{turn.place(token)} is held already")
    _log(turn, asked, token)
    turn.hold(token, "by_hand", owner=asked.actor, why=asked.reason, was=token.status)
    return Answer(status="accepted")


def _release(turn: Turn, asked: Intervention) -> Answer:
    state = turn.state
    if not state.holds:
        return _refuse("nothing is held")
    if state.status == "compensating" and any(effect.status == "remains" for effect in state.effects):
        return _refuse("a compensation remains: retry it, or skip what people have taken care of")
    _log(turn, asked)
    for hold in list(state.holds):
        token = state.tokens.get(hold.token)
        state.holds.remove(hold)
        turn.log(Kind.RELEASED, token, actor=asked.actor, hold=hold.reason)
        if token is not None and token.status == "held":
            _let_go(turn, token, str(hold.detail.get("was", "")))
    return Answer(status="accepted")


def _let_go(turn: Turn, token: Token, was: str) -> None:
    """What was held by hand goes on as it was; anything else is tried again."""
    if was == "deciding":
        token.status = "deciding"
    else:
        _again(turn, token)


def _extend(turn: Turn, asked: Intervention) -> Answer:
    clock = turn.state.slas.get(asked.sla)
    if clock is None:
        return _refuse(f"no SLA {asked.sla!r} runs; these do: {', '.join(turn.state.slas) or 'none'}", "not_found")
    try:
        span = timespans.parse_span(asked.by)
    except ValueError as error:
        return _refuse(str(error))
    _log(turn, asked, sla=asked.sla, by=asked.by)
    slas.extend(turn, clock, span)
    return Answer(status="accepted")


def _cancel(turn: Turn, asked: Intervention) -> Answer:
    state = turn.state
    if state.status == "compensating":
        return _refuse("the chain is being undone already", "in_flight")
    if state.pivots and not asked.consent:
        return _refuse(
            f"past the point of no return ({', '.join(state.pivots)}): cancel with consent, on somebody's word"
        )
    _log(turn, asked, consent=asked.consent)
    undoing.cancel(turn, reason=asked.reason, consent=asked.consent)
    return Answer(status="accepted")


_ACTIONS = {
    "retry": _retry,
    "skip": _skip,
    "correct": _correct_asked,
    "hold": _hold,
    "release": _release,
    "extend": _extend,
    "cancel": _cancel,
}
