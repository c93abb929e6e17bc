"""Calls: an operation is scheduled under its effect key, completes, is refused, or its outcome is unknown."""

from __future__ import annotations

from typing import Any

from ltc.core import figures, moves
from ltc.core.commands import CallDone, CallFailed
from ltc.core.effects import by_hand_only, certain, effect_of, flying_at, remains, settle, unknown_at, where
from ltc.core.state import Effect, Flight, Token
from ltc.core.turn import Turn
from ltc.definition.plan import AnyNode, Call, CallNode, Pivot, TaskNode, WaitNode
from ltc.model import ids
from ltc.model.trail import Kind

HOLD_REASONS = {
    "Misconfigured": "misconfigured",
    "ContractBroken": "contract_broken",
    "TooLarge": "too_large",
    "IntentMismatch": "intent_mismatch",
}


def enter(turn: Turn, token: Token, node: CallNode) -> None:
    """Schedule the step's call, or on a second visit what ``on_revisit`` says."""
    place = turn.place(token)
    if _unsettled(turn, token, place):
        return
    turn.visit(token)
    if certain(turn, place) is None:
        _schedule(turn, token, node, node.call, place)
    elif node.revisit == "call" and node.revisit_call is not None:
        turn.log(Kind.REVISITED, token, how="call")
        _schedule(turn, token, node, node.revisit_call, f"{place}~{token.visit}")
    else:
        turn.log(Kind.REVISITED, token, how="skip")
        moves.go_on(turn, token)


def _unsettled(turn: Turn, token: Token, place: str) -> bool:
    """What an earlier call at this place did must be known before anything else happens there."""
    if flying_at(turn, place):
        token.status, token.awaits = "busy", place
        return True
    effect = unknown_at(turn, place)
    if effect is None:
        return False
    effect.status = "unknown"
    if by_hand_only(turn, effect):
        turn.hold(token, "unknown_outcome", op=effect.op, effect=effect.key, sent="once")
    else:
        token.status = "busy"
        probe(turn, effect, token, "retry" if effect.born == token.born else "again")
    return True


def _schedule(turn: Turn, token: Token, node: CallNode, call: Call, place: str) -> None:
    operation = turn.plan.operations[call.op]
    given = {name: value for name, value in token.override.items() if name in operation.takes}
    own = {name: source for name, source in call.args.items() if not (token.outright and name in given)}
    args = {**turn.values(own, token.leg, token.item), **given}
    request: dict[str, Any] = {"args": args}
    key = ""
    if operation.effect:
        key = _enlist(turn, token, call.op, place, args)
        request = {"key": key, "cls": operation.effect_class, "args": args, **figures.expectation(turn, token, node)}
    else:
        request["mode"] = "read"
    turn.log(Kind.SCHEDULED, token, op=call.op, mode="do" if key else "read", effect=key)
    token.status = "busy"
    flight = Flight("do" if key else "read", token.id, call.op, key, place)
    activity = ids.activity_id(token.leg, token.item, node.step, token.visit)
    turn.schedule(activity, call.op, turn.queue(call.op), request, flight, retry=node.retry)


def _enlist(turn: Turn, token: Token, op: str, place: str, args: dict[str, Any]) -> str:
    """Enter an effect into the undo list as unknown, before it is sent; return its key."""
    state = turn.state
    generation = state.generations.get(place, 0)
    step = place.rsplit(".", 1)[-1]
    key = turn.effect_key(token.leg, token.item, step, generation)
    known = effect_of(turn, key)
    if known is None:
        state.effects.append(
            Effect(place, token.node, token.leg, token.item, op, key, generation, args=args, born=token.born)
        )
    else:
        known.status, known.args, known.born = "unknown", args, token.born
    return key


def _gone(token: Token | None, effect: Effect | None) -> dict[str, str]:
    """Where an effect took place whose token has been given up meanwhile."""
    if token is not None or effect is None:
        return {}
    return {**where(effect), "effect": effect.key}


# Answers


def completed(turn: Turn, flight: Flight, event: CallDone) -> None:
    """A call took place."""
    effect = effect_of(turn, flight.key) if flight.key else None
    if effect is not None:
        settle(effect, True)
    token = turn.owner(flight)
    turn.log(
        Kind.DONE,
        token,
        **_gone(token, effect),
        op=flight.op,
        mode=flight.purpose,
        document=reference(turn, flight.op, event.result),
    )
    adopt(turn, flight, token, event.result)


def reference(turn: Turn, op: str, result: Any) -> dict[str, Any]:
    """Name the document that an operation gave."""
    kind = turn.operation(op).document
    if not kind or not isinstance(result, dict) or "id" not in result:
        return {}
    return {"system": op.split(".")[0], "type": kind, "id": result["id"], "version": result.get("version", 1)}


def adopt(turn: Turn, flight: Flight, token: Token | None, result: Any) -> None:
    """Leave a call's result where the definition says, and go on."""
    node = turn.plan.nodes[token.node] if token else _node_of(turn, flight)
    if not isinstance(node, CallNode):
        return
    took_place(turn, token or Token("", node.leg, _item_of(turn, flight)), node, result)
    if token is not None:
        moves.go_on(turn, token)
    elif turn.state.status == "compensating" and not turn.state.consent and _pivots(turn, node):
        turn.hold(None, "past_pivot", wanted=turn.state.outcome, why=turn.state.reason, pivots=list(turn.state.pivots))


def took_place(turn: Turn, at: Token, node: CallNode, result: Any) -> None:
    """What a call gave is known from now on, wherever its line goes: going on, and undoing, need it."""
    leave(turn, at, node, result)
    passed(turn, at, node)


def leave(turn: Turn, at: Token, node: CallNode | WaitNode, document: Any) -> None:
    """Leave a document under the step's name, and among those it collects."""
    if document is not None and node.result:
        turn.keep_result(at, node.result, document)
    if document is not None and node.into:
        turn.collect(node.into, document)


def _pivots(turn: Turn, node: CallNode | TaskNode) -> list[Pivot]:
    return [one for one in turn.plan.pivots if one.leg == node.leg and one.step == node.step]


def passed(turn: Turn, at: Token, node: CallNode | TaskNode) -> None:
    """A call took place, or a task was done: it may have been the point of no return."""
    for pivot in _pivots(turn, node):
        pass_pivot(turn, at if at.id else None, node.id, at.item if pivot.per_item else "")


def pass_pivot(turn: Turn, token: Token | None, what: str, item: str) -> None:
    """The point of no return: from here on undo never runs by itself. Per item, each item's is on record."""
    name = f"{what}[{item}]" if item else what
    if name not in turn.state.pivots:
        turn.state.pivots.append(name)
        turn.log(Kind.PIVOT, token, what=name)


def _node_of(turn: Turn, flight: Flight) -> AnyNode | None:
    effect = effect_of(turn, flight.key)
    return turn.plan.nodes[effect.node] if effect else None


def _item_of(turn: Turn, flight: Flight) -> str:
    effect = effect_of(turn, flight.key)
    return effect.item if effect else ""


def refused(turn: Turn, flight: Flight, event: CallFailed) -> None:
    """The system said no, and why: nothing took effect."""
    _absent(turn, flight)
    token = turn.owner(flight)
    reason = str(event.detail.get("reason", "refused"))
    turn.log(Kind.REFUSED, token, op=flight.op, reason=reason, message=event.message[:200])
    if token is None:
        return
    node = turn.node(token)
    reactions = node.on_refusal if isinstance(node, CallNode) else {}
    reaction = reactions.get(reason) or reactions.get("default")
    if reaction is None:
        turn.hold(token, "refused", op=flight.op, refusal=reason, message=event.message[:200])
    else:
        moves.react(turn, token, reaction, reason, op=flight.op, message=event.message[:200])


def _absent(turn: Turn, flight: Flight) -> None:
    effect = effect_of(turn, flight.key) if flight.key else None
    if effect is not None:
        settle(effect, False)


def failed(turn: Turn, flight: Flight, event: CallFailed) -> None:
    """A call failed for good: held, or, where the outcome is unknown, probed before anything else happens."""
    token, never = turn.owner(flight), _never_sent(turn, flight, event.error)
    sent = "never" if never else ""
    turn.log(Kind.FAILED, token, op=flight.op, error=event.error, message=event.message[:200], sent=sent)
    if event.error == "FiguresChanged":
        _absent(turn, flight)
        figures.changed(turn, flight, event)
    elif event.error in HOLD_REASONS:
        if never:
            _absent(turn, flight)
        if token is not None:
            _held(turn, flight, event, token)
    elif not flight.key:
        if token is not None:
            turn.hold(token, "unavailable", op=flight.op, message=event.message[:200])
    else:
        _outcome_unknown(turn, flight, token)


def _held(turn: Turn, flight: Flight, event: CallFailed, token: Token) -> None:
    """A person must act; whoever reads why also reads that nobody can look up what was sent, where that is so."""
    effect = unknown_at(turn, turn.place(token)) if flight.key else None
    once = {"sent": "once"} if effect is not None and by_hand_only(turn, effect) else {}
    said = {**event.detail, **once}
    turn.hold(token, HOLD_REASONS[event.error], op=flight.op, message=event.message[:200], **said)


def _never_sent(turn: Turn, flight: Flight, error: str) -> bool:
    """Tell whether an error proves that nothing took effect; else an earlier attempt may have, and is probed.

    Class D is sent once: what is misconfigured there was found before sending.
    """
    once = bool(flight.key) and turn.plan.operations[flight.op].effect_class == "D"
    return error == "TooLarge" or (error == "Misconfigured" and once)


def _outcome_unknown(turn: Turn, flight: Flight, token: Token | None) -> None:
    turn.log(Kind.UNKNOWN, token, op=flight.op, effect=flight.key)
    effect = effect_of(turn, flight.key)
    assert effect is not None
    if not by_hand_only(turn, effect):
        probe(turn, effect, token, "adopt")
    elif token is not None:
        turn.hold(token, "unknown_outcome", op=flight.op, effect=flight.key, sent="once")
    else:
        remains(turn, effect, "it was sent once and cannot be looked up: a person must find out")


def probe(turn: Turn, effect: Effect, token: Token | None, after: Any, payload: dict[str, Any] | None = None) -> None:
    """Ask the system whether an effect took place; then go on as ``after`` says."""
    effect.tries += 1
    operation = turn.operation(effect.op)
    turn.log(Kind.SCHEDULED, op=effect.op, mode="probe", effect=effect.key, **where(effect))
    flight = Flight(
        "probe", token.id if token else "", effect.op, effect.key, effect.place, after=after, payload=payload or {}
    )
    turn.schedule(
        f"{effect.place}#{effect.generation}/probe{effect.tries}",
        effect.op,
        turn.queue(effect.op),
        {"mode": "probe", "key": effect.key, "cls": operation.effect_class, "args": effect.args},
        flight,
    )
