"""Calls: an operation is scheduled under its effect key, completes, is refused, or its outcome is unknown."""

from __future__ import annotations

from typing import Any

from ltc.core import moves
from ltc.core.commands import CallDone, CallFailed
from ltc.core.state import Effect, Flight, Token
from ltc.core.turn import Turn
from ltc.definition.plan import ApproveNode, Call, CallNode
from ltc.model import ids
from ltc.model.messages import call_queue
from ltc.model.trail import Kind

HOLD_REASONS = {
    "Misconfigured": "misconfigured",
    "ContractBroken": "contract_broken",
    "TooLarge": "too_large",
    "IntentMismatch": "intent_mismatch",
}


def enter(turn: Turn, token: Token, node: CallNode) -> None:
    """Schedule the step's call, or on a second visit what ``on_revisit`` says."""
    state, place = turn.state, turn.place(token)
    state.visits[place] = token.visit = state.visits.get(place, 0) + 1
    if certain(turn, place) is None:
        _schedule(turn, token, node, node.call, place)
    elif node.revisit == "call" and node.revisit_call is not None:
        turn.log(Kind.REVISITED, token, how="call")
        _schedule(turn, token, node, node.revisit_call, f"{place}~{token.visit}")
    else:
        turn.log(Kind.REVISITED, token, how="skip")
        moves.go_on(turn, token)


def certain(turn: Turn, place: str) -> Effect | None:
    """Return the effect that took place here and still stands."""
    return next((one for one in turn.state.effects if one.place == place and one.status == "certain"), None)


def effect_of(turn: Turn, key: str) -> Effect | None:
    """Return the newest effect with a key."""
    return next((one for one in reversed(turn.state.effects) if one.key == key), None)


def _schedule(turn: Turn, token: Token, node: CallNode, call: Call, place: str) -> None:
    operation = turn.plan.operations[call.op]
    args = turn.values(call.args, token.leg, token.item)
    args.update({name: value for name, value in token.override.items() if name in operation.takes})
    request: dict[str, Any] = {"args": args}
    key = ""
    if operation.effect:
        key = _enlist(turn, token, call.op, place, args)
        request = {"key": key, "cls": operation.effect_class, "args": args, **_expectation(turn, token, node)}
    else:
        request["mode"] = "read"
    turn.log(Kind.SCHEDULED, token, op=call.op, mode="do" if key else "read", effect=key)
    token.status = "busy"
    flight = Flight("do" if key else "read", token.id, call.op, key, place)
    activity = ids.activity_id(token.leg, token.item, node.step, token.visit)
    turn.schedule(
        activity, call.op, operation.queue or call_queue(call.op.split(".")[0]), request, flight, retry=node.retry
    )


def _enlist(turn: Turn, token: Token, op: str, place: str, args: dict[str, Any]) -> str:
    """Enter an effect into the undo list as unknown, before it is sent; return its key."""
    state = turn.state
    generation = state.generations.get(place, 0)
    step = place.rsplit(".", 1)[-1]
    key = turn.effect_key(token.leg, token.item, step, generation, token.visit)
    known = effect_of(turn, key)
    if known is None:
        state.effects.append(Effect(place, token.node, token.leg, token.item, op, key, generation, args=args))
    else:
        known.status, known.args = "unknown", args
    return key


def _expectation(turn: Turn, token: Token, node: CallNode) -> dict[str, Any]:
    """What the step that commits must read again: the fields that an approval of its document is bound to."""
    sources = set(node.call.args.values())
    for task in turn.state.tasks.values():
        plan = turn.plan.nodes[task.node]
        if task.status != "approved" or not isinstance(plan, ApproveNode) or not plan.binds:
            continue
        if f"{plan.subject}.id" in sources and task.item in ("", token.item):
            document = turn.value(plan.subject, plan.leg, task.item)
            fields = [path.split(".", 1)[1] for path in plan.binds if path.startswith(plan.subject + ".")]
            digest = ids.digest({name: document.get(name) for name in fields})
            return {"expect": {"document": plan.subject, "id": document["id"], "fields": fields, "digest": digest}}
    return {}


def _gone(token: Token | None, effect: Effect | None) -> dict[str, str]:
    """Where an effect took place whose token has been given up meanwhile."""
    if token is not None or effect is None:
        return {}
    step = effect.place.rsplit(".", 1)[-1]
    return {"leg": effect.leg, "item": effect.item, "step": step, "effect": effect.key}


def settle(effect: Effect, took_place: bool) -> None:
    """The outcome of an effect is known."""
    effect.sure = took_place
    effect.status = "certain" if took_place else "absent"


# Answers


def completed(turn: Turn, flight: Flight, event: CallDone) -> None:
    """A call took place."""
    effect = effect_of(turn, flight.key) if flight.key else None
    if effect is not None:
        settle(effect, True)
    token = turn.state.tokens.get(flight.token)
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
    kind = turn.plan.operations[op].document
    if not kind or not isinstance(result, dict) or "id" not in result:
        return {}
    return {"system": op.split(".")[0], "type": kind, "id": result["id"], "version": result.get("version", 1)}


def adopt(turn: Turn, flight: Flight, token: Token | None, result: Any) -> None:
    """Leave a call's result where the definition says, and go on."""
    node = turn.plan.nodes[token.node] if token else _node_of(turn, flight)
    if isinstance(node, CallNode) and result is not None:
        where = token or Token("", node.leg, _item_of(turn, flight))
        if node.result:
            turn.keep_result(where, node.result, result)
        if node.into:
            turn.collect(node.into, result)
    if token is None or token.status == "ended" or not isinstance(node, CallNode):
        return
    for pivot in turn.plan.pivots:
        if pivot.leg == node.leg and pivot.step == node.step:
            pass_pivot(turn, token, node.id, token.item if pivot.per_item else "")
    moves.go_on(turn, token)


def pass_pivot(turn: Turn, token: Token, what: str, item: str) -> None:
    """The point of no return: from here on undo never runs by itself. Per item, each item's is on record."""
    name = f"{what}[{item}]" if item else what
    if name not in turn.state.pivots:
        turn.state.pivots.append(name)
        turn.log(Kind.PIVOT, token, what=name)


def _node_of(turn: Turn, flight: Flight) -> Any:
    effect = effect_of(turn, flight.key)
    return turn.plan.nodes[effect.node] if effect else None


def _item_of(turn: Turn, flight: Flight) -> str:
    effect = effect_of(turn, flight.key)
    return effect.item if effect else ""


def refused(turn: Turn, flight: Flight, event: CallFailed) -> None:
    """The system said no, and why: nothing took effect."""
    _absent(turn, flight)
    token = turn.state.tokens.get(flight.token)
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
    token = turn.state.tokens.get(flight.token)
    turn.log(Kind.FAILED, token, op=flight.op, error=event.error, message=event.message[:200])
    if event.error == "FiguresChanged":
        _absent(turn, flight)
        figures_changed(turn, flight, event)
    elif event.error in HOLD_REASONS:
        if event.error != "ContractBroken":
            _absent(turn, flight)
        if token is not None:
            turn.hold(token, HOLD_REASONS[event.error], op=flight.op, message=event.message[:200], **event.detail)
    elif not flight.key:
        if token is not None:
            turn.hold(token, "unavailable", op=flight.op, message=event.message[:200])
    else:
        turn.log(Kind.UNKNOWN, token, op=flight.op, effect=flight.key)
        if turn.plan.operations[flight.op].effect_class == "D":
            if token is not None:
                turn.hold(token, "unknown_outcome", op=flight.op, effect=flight.key)
        else:
            probe(turn, flight, "adopt")


def probe(turn: Turn, flight: Flight, after: Any, payload: dict[str, Any] | None = None) -> None:
    """Ask the system whether an effect took place; then go on as ``after`` says."""
    effect = effect_of(turn, flight.key)
    assert effect is not None
    effect.tries += 1
    operation = turn.plan.operations[effect.op]
    turn.log(
        Kind.SCHEDULED,
        leg=effect.leg,
        item=effect.item,
        step=effect.place.rsplit(".", 1)[-1],
        op=effect.op,
        mode="probe",
        effect=effect.key,
    )
    turn.schedule(
        f"{effect.place}#{effect.generation}/probe{effect.tries}",
        effect.op,
        operation.queue or call_queue(effect.op.split(".")[0]),
        {"mode": "probe", "key": effect.key, "cls": operation.effect_class, "args": effect.args},
        Flight("probe", flight.token, effect.op, effect.key, effect.place, after=after, payload=payload or {}),
    )


def figures_changed(turn: Turn, flight: Flight, event: CallFailed) -> None:
    """What was approved is no longer what would be done: before the pivot decide again, after it hold."""
    token = turn.state.tokens.get(flight.token)
    if token is None:
        return
    document = event.detail.get("document") or {}
    for task in turn.state.tasks.values():
        node = turn.plan.nodes[task.node]
        if task.status == "approved" and isinstance(node, ApproveNode) and node.subject in turn.state.results:
            if turn.state.results[node.subject].get("id") != document.get("id"):
                continue
            turn.state.results[node.subject] = document
            if turn.state.pivots:
                turn.hold(token, "figures_changed", task=task.id)
                return
            task.status = "reopened"
            turn.log(Kind.TASK_CLOSED, token, task=task.id, result="reopened")
            moves.rewind(turn, node.leg)
            return
    turn.hold(token, "figures_changed", op=flight.op)
