"""Undoing: compensation newest first, resumable, shielded; what cannot finish rests with a human."""

from __future__ import annotations

from typing import Any

from ltc.core import balances, calls, effects, moves, sides
from ltc.core.commands import CallDone, CallFailed
from ltc.core.state import Effect, Flight
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import Retry, Undo
from ltc.definition.plan_nodes import undo_of
from ltc.model.trail import Kind

UNDO_RETRY = Retry(first=1.0, factor=2.0, most=60.0, give_up=86_400.0, attempt=30.0)


def cancel(turn: Turn, *, reason: str, consent: bool) -> None:
    """Cancel the chain: undo what took effect, or, past the pivot without consent, rest with a human."""
    if turn.state.status != "running":
        return
    if consent:
        turn.state.consent = True
        moves.begin_undoing(turn, "cancelled", reason)
    else:
        moves.undo_by_itself(turn, None, "cancelled", reason)


def complete(turn: Turn) -> None:
    """All is through: the chain ends, if nothing it started is still open and its balances hold."""
    state = turn.state
    outcome = state.pending_outcome or "completed"
    if sides.running(turn) or _open_ends(turn):
        return
    said = bool(state.pending_outcome)  # by an `end` step: then not all that was ordered need have gone out
    broken = balances.broken(turn.plan, state, through=not said) if outcome == "completed" else []
    if broken and "balance" not in state.rounds:
        state.rounds["balance"] = 1
        for leg, equation, left, right in broken:
            turn.log(Kind.BALANCE, leg=leg, equation=equation, left=left, right=right)
        turn.hold(None, "balance", equations=[one[1] for one in broken])
    elif outcome != "completed" or not sides.stays_open(turn):
        moves.close(turn, outcome, state.pending_reason)


def _open_ends(turn: Turn) -> bool:
    """What branches that were given up had sent is seen to its end; what cannot be found out is a person's."""
    if any(flight.purpose in ("do", "probe") for flight in turn.state.flights.values()):
        return True
    unknown = [effect for effect in turn.state.effects if effect.status == "unknown"]  # a branch was held there
    for effect in unknown:
        if effect.why and effects.by_hand_only(turn, effect):
            stands(turn, effect, effect.why)
        else:
            _find_out(turn, effect)
    if any(effect.status == "unknown" for effect in unknown):
        return True
    lost = [f"{one.op} {one.key}" for one in turn.state.effects if one.status == "remains"]
    if lost:
        turn.hold(None, "unknown_outcome", remains=lost)
    return bool(lost)


def _find_out(turn: Turn, effect: Effect) -> None:
    """Probe an effect; where there is nothing to search by, it waits for a person."""
    if effects.by_hand_only(turn, effect):
        effects.remains(turn, effect, "it was sent once and cannot be looked up: a person must find out")
    else:
        calls.probe(turn, effect, None, "undo")


def order(listed: list[Effect]) -> list[int]:
    """The order in which effects are undone: newest first."""
    return list(range(len(listed) - 1, -1, -1))


def go_on(turn: Turn) -> None:
    """Undo the next effect; end the chain when none is left. What remains stops it: what is older may hang on it."""
    state = turn.state
    if state.status != "compensating" or state.holds:
        return
    if any(flight.purpose in ("do", "probe", "undo") for flight in state.flights.values()):
        return
    for index in order(state.effects):
        effect = state.effects[index]
        if effect.status == "unknown":
            _find_out(turn, effect)
            if effect.status == "unknown":
                return
        elif effect.status == "certain" and _undo(turn, index, effect):
            return
        if effect.status == "remains":
            _rest_with_people(turn)
            return
    moves.close(turn, state.outcome, state.reason)


def _rest_with_people(turn: Turn) -> None:
    """Hold the chain, with the list of what could not be undone and of what comes after it."""
    listed = turn.state.effects
    remain = [f"{one.op} {one.key}" for one in listed if one.status == "remains"]
    later = [f"{one.op} {one.key}" for one in reversed(listed) if one.status in ("certain", "unknown")]
    turn.hold(None, "compensation_remains", remains=remain, later=later)


def _undo(turn: Turn, index: int, effect: Effect) -> bool:
    """Start the next call that undoes an effect; tell whether one was started."""
    undo = _how(turn, effect)
    if index < _no_return(turn):
        stands(turn, effect, "before the point of no return: counter-documents follow it")
        return False
    amends = effects.base(effect.place) != effect.place
    if undo is None or amends or undo.kind == "none":
        stands(turn, effect, "amends an effect that is undone itself" if amends else undo.reason if undo else "no undo")
        return False
    if undo.kind == "irreversible" and not (turn.state.consent and undo.calls):
        stands(turn, effect, undo.reason)
        return False
    if effect.done_calls >= len(undo.calls):
        effect.status = "undone"
        by = [call.op for call in undo.calls]
        turn.log(Kind.UNDONE, op=effect.op, effect=effect.key, by=by, **effects.where(effect))
        return False
    call = undo.calls[effect.done_calls]
    try:
        args = turn.values(call.args, effect.leg, effect.item)
    except ChainError as error:
        effects.remains(turn, effect, str(error))
        return False
    _send(turn, index, effect, call.op, args)
    return True


def _how(turn: Turn, effect: Effect) -> Undo | None:
    """How an effect is undone: as was pinned when it took place."""
    return effect.undo or undo_of(turn.plan.nodes[effect.node])


def _no_return(turn: Turn) -> int:
    """The index of the first effect that cannot be taken back; what lies before it stands. 0 before any pivot."""
    if not turn.state.pivots:
        return 0
    final = (
        index
        for index, effect in enumerate(turn.state.effects)
        if effect.status != "absent" and (undo := _how(turn, effect)) and undo.kind == "irreversible"
    )
    return next(final, 0)


def _send(turn: Turn, index: int, effect: Effect, op: str, args: dict[str, Any]) -> None:
    step = effect.place.rsplit(".", 1)[-1]
    key = turn.effect_key(effect.leg, effect.item, f"{step}!{effect.done_calls}", effect.generation)
    effect.tries += 1
    operation = turn.operation(op)
    turn.log(Kind.SCHEDULED, op=op, mode="undo", effect=key, **effects.where(effect))
    turn.schedule(
        f"{effect.place}#{effect.generation}/undo{effect.tries}",
        op,
        turn.queue(op),
        {"key": key, "cls": operation.effect_class, "args": args},
        Flight("undo", "", op, key, effect.place, entry=index),
        retry=UNDO_RETRY,
    )


def stands(turn: Turn, effect: Effect, why: str) -> None:
    """An effect is not undone, for a stated reason."""
    effect.status, effect.why = "stands", why
    turn.log(Kind.STANDS, op=effect.op, effect=effect.key, why=why, **effects.where(effect))


def undone(turn: Turn, flight: Flight, event: CallDone) -> None:
    """One call of an undo took place."""
    effect = turn.state.effects[flight.entry]
    effect.done_calls += 1
    turn.log(
        Kind.DONE, op=flight.op, mode="undo", effect=flight.key,
        document=calls.reference(turn, flight.op, event.result), **effects.where(effect),
    )  # fmt: skip


def not_undone(turn: Turn, flight: Flight, event: CallFailed) -> None:
    """An undo was refused or given up: it remains, for a human."""
    effects.remains(turn, turn.state.effects[flight.entry], f"{flight.op}: {event.message or event.error}")


def retry(turn: Turn) -> None:
    """A human says: try what remains again."""
    for effect in turn.state.effects:
        if effect.status == "remains":
            effect.status, effect.why = ("certain" if effect.sure else "unknown"), ""
            if turn.state.status == "running" and not effects.by_hand_only(turn, effect):
                calls.probe(turn, effect, None, "undo")
            elif turn.state.status == "running":
                effect.status = "remains"


def leave(turn: Turn, why: str) -> None:
    """A human says: what remains is taken care of by people."""
    for effect in turn.state.effects:
        if effect.status == "remains":
            stands(turn, effect, why)
