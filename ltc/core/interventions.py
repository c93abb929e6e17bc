"""Interventions: an operator's actions, each answered at once, with an actor and a reason on record."""

from __future__ import annotations

from typing import Any

from ltc.core import asked, calls, claims, holding, migrating, moves, remaining, slas, task_acts, undoing, waits
from ltc.core.effects import by_hand_only, certain, settle, unknown_at
from ltc.core.state import Flight, State, Token
from ltc.core.turn import Setting, Turn
from ltc.definition import timespans
from ltc.definition.plan import ApproveNode, CallNode, TaskNode, WaitNode
from ltc.model import ids
from ltc.model.messages import Answer, Intervention

MOVES = ("migrate", "revert")


def take(turn: Turn, wish: Intervention, *, checked: bool = False) -> Answer:
    """Carry an intervention out, or say why not. The same intervention again gets the same answer."""
    state = turn.state
    if wish.id in state.interventions:
        return Answer.model_validate(
            {"status": state.interventions[wish.id], "message": "this intervention was taken before"}
        )
    if state.status in ("closing", "ended"):
        return Answer(status="closed", message=f"the chain has ended: {state.outcome}")
    against = None if checked else objection(turn.setting, state, wish)
    if against is not None:
        return against
    answer = _ACTIONS[wish.action](turn, wish)
    if answer.status == "accepted":
        turn.state.interventions[wish.id] = "accepted"
        turn.answered = True
    return answer


def objection(setting: Setting, state: State, wish: Intervention) -> Answer | None:
    """Say what speaks against moving a chain to another plan, before that is taken; nothing for all else."""
    over = state.status in ("closing", "ended") or wish.id in state.interventions
    return None if over or wish.action not in MOVES else migrating.objection(setting, state, wish)


def _probe_first(turn: Turn, token: Token, after: str, payload: dict[str, Any]) -> bool:
    """Where the outcome is not known, a probe comes before anything else."""
    effect = unknown_at(turn, turn.place(token))
    if effect is None or by_hand_only(turn, effect):
        return False
    token.status = "busy"
    calls.probe(turn, effect, token, after, payload)
    return True


def absent(turn: Turn, flight: Flight, token: Token) -> None:
    """A probe proved that nothing took effect: go on as the one who asked for it wanted."""
    if flight.after in ("retry", "again"):
        token.status = "ready"
    elif flight.after == "skip":
        _supply(turn, token, flight.payload.get("document"))
    elif flight.after == "correct":
        _correct(turn, token, flight.payload.get("values") or {}, bool(flight.payload.get("outright")))
    else:
        turn.hold(token, "unavailable", op=flight.op)


def _retry(turn: Turn, wish: Intervention) -> Answer:
    if remaining.concerns(turn, wish):
        return remaining.retry(turn, wish)
    token = asked.find(turn, wish)
    if isinstance(token, Answer):
        return token
    if token.status != "held":
        return asked.refuse(f"{turn.place(token)} is {token.status}, not held; there is nothing to retry")
    effect = unknown_at(turn, turn.place(token))
    if effect is not None and by_hand_only(turn, effect):
        return asked.refuse(
            f"{effect.op} was sent once and cannot be looked up: 'correct' it with the document it made, "
            "or with values to send it anew, or 'skip' it"
        )
    asked.record(turn, wish, token)
    holding.lift_from(turn, token, wish.actor)
    holding.again(turn, token)
    return asked.ACCEPTED


def _skip(turn: Turn, wish: Intervention) -> Answer:
    if remaining.concerns(turn, wish):
        return remaining.skip(turn, wish)
    token = asked.find(turn, wish)
    if isinstance(token, Answer):
        return token
    node = turn.node(token)
    if isinstance(node, TaskNode):
        return task_acts.skip(turn, wish, token)
    if isinstance(node, ApproveNode):
        return asked.refuse("an approval is decided, not skipped; ask its approvers, or mend who they are and retry")
    if isinstance(node, (CallNode, WaitNode)) and node.result and wish.document is None:
        return asked.refuse(f"later steps need {node.result!r}; supply the document that stands for it")
    problem = asked.unfit(turn, node, wish.document)
    if problem is not None:
        return problem
    asked.record(turn, wish, token, document=(wish.document or {}).get("id", ""))
    holding.lift_from(turn, token, wish.actor)
    if not _probe_first(turn, token, "skip", {"document": wish.document}):
        left = unknown_at(turn, turn.place(token))
        if left is not None and wish.document is None:
            left.why = f"skipped by {wish.actor}: {wish.reason}"  # nothing to search by: it is their word that counts
        _adopt(turn, token, wish.document)
    return asked.ACCEPTED


def _supply(turn: Turn, token: Token, document: Any) -> None:
    """Pass a step by, leaving the document supplied for it, if any."""
    node = turn.node(token)
    if document is not None and isinstance(node, CallNode):
        calls.leave(turn, token, node, document)
        calls.passed(turn, token, node)
    elif document is not None and isinstance(node, WaitNode):
        waits.supplied(turn, token, node, document)
    moves.go_on(turn, token)


def _correct_asked(turn: Turn, wish: Intervention) -> Answer:
    effect = remaining.found(turn, wish)
    if effect is not None:
        return remaining.adopt(turn, wish, effect)
    token = asked.find(turn, wish)
    if isinstance(token, Answer):
        return token
    node = turn.node(token)
    if not isinstance(node, CallNode) or token.status != "held":
        return asked.refuse("only a held call can be corrected")
    problem = _unfit(turn, token, node, wish)
    if problem is not None:
        return problem
    asked.record(turn, wish, token, values=ids.digest(wish.values), document=(wish.document or {}).get("id", ""))
    holding.lift_from(turn, token, wish.actor)
    if wish.document is not None:
        _adopt(turn, token, wish.document)
    elif not _probe_first(turn, token, "correct", {"values": wish.values, "outright": wish.outright}):
        _sent_anew(turn, token, f"{wish.actor}: {wish.reason}")
        _correct(turn, token, wish.values or {}, wish.outright)
    return asked.ACCEPTED


def _unfit(turn: Turn, token: Token, node: CallNode, wish: Intervention) -> Answer | None:
    """Why a correction does not go with the call that is held: the step's own, or that of a second visit."""
    again = node.revisit_call if certain(turn, turn.place(token)) else None
    op = (again or node.call).op
    takes = turn.plan.operations[op].takes
    unknown = sorted(name for name in (wish.values or {}) if name not in takes)
    if unknown or (not wish.values and wish.document is None):
        return asked.refuse(f"{op} takes {', '.join(takes)}; not {', '.join(unknown) or 'nothing'}")
    return asked.unfit(turn, node, wish.document)


def _adopt(turn: Turn, token: Token, document: dict[str, Any] | None) -> None:
    """A human names the document that the effect made: the effect is certain."""
    effect = unknown_at(turn, turn.place(token))
    if effect is not None and document is not None:
        settle(effect, True)
    _supply(turn, token, document)


def _sent_anew(turn: Turn, token: Token, why: str) -> None:
    """A human says: send it again, though nobody can look up whether it was sent before."""
    effect = unknown_at(turn, turn.place(token))
    if effect is not None:
        undoing.stands(turn, effect, f"sent anew, {why}")


def _correct(turn: Turn, token: Token, values: dict[str, Any], outright: bool) -> None:
    """Call with other arguments, as a new generation: what was there before is proved absent, or a human's word."""
    place = turn.place(token)
    if certain(turn, place) is None:  # else it is a second visit's call, which has a key of its own each time
        turn.state.generations[place] = turn.state.generations.get(place, 0) + 1
    token.override, token.outright = dict(values), outright
    token.status = "ready"


def _extend(turn: Turn, wish: Intervention) -> Answer:
    clock = turn.state.slas.get(wish.sla)
    if clock is None:
        return asked.refuse(f"no SLA {wish.sla!r} runs; these do: {', '.join(turn.state.slas) or 'none'}", "not_found")
    try:
        span = timespans.parse_span(wish.by)
    except ValueError as error:
        return asked.refuse(str(error))
    asked.record(turn, wish, sla=wish.sla, by=wish.by)
    slas.extend(turn, clock, span)
    return asked.ACCEPTED


def _cancel(turn: Turn, wish: Intervention) -> Answer:
    state = turn.state
    stopped = any(hold.reason == "past_pivot" for hold in state.holds)
    if state.status == "compensating" and not (stopped and wish.consent):
        return asked.refuse("the chain is being undone already", "in_flight")
    if state.pivots and not wish.consent:
        return asked.refuse(
            f"past the point of no return ({', '.join(state.pivots)}): cancel with consent, on somebody's word"
        )
    asked.record(turn, wish, consent=wish.consent)
    holding.lift_from_chain(turn, wish.actor, "by_hand")
    if state.status == "compensating":
        state.consent = True
        holding.lift_from_chain(turn, wish.actor, "past_pivot")
    else:
        undoing.cancel(turn, reason=wish.reason, consent=wish.consent)
    return asked.ACCEPTED


_ACTIONS = {
    "retry": _retry,
    "skip": _skip,
    "correct": _correct_asked,
    "hold": holding.hold,
    "release": holding.release,
    "extend": _extend,
    "cancel": _cancel,
    "migrate": migrating.move,
    "revert": migrating.move,
    "recalendar": migrating.recalendar,
    "dispute": claims.take,
    "promise": claims.take,
    "settle": claims.take,
}
