"""Effects: the undo list and the questions asked of it; an effect enters it, as unknown, before it is sent."""

from __future__ import annotations

from ltc.core.state import Effect
from ltc.core.turn import Turn
from ltc.model.trail import Kind


def base(place: str) -> str:
    """Return the place of a step from the place of what amends its effect: ``order.create~2`` is at ``order.create``.

    An item's key may hold any character; a step's name holds neither ``.`` nor ``~``.
    """
    head, dot, step = place.rpartition(".")
    return head + dot + step.split("~")[0]


def unknown_at(turn: Turn, place: str) -> Effect | None:
    """Return the newest effect at a place of which nobody knows whether it took place."""
    lost = ("unknown", "remains")
    effects = reversed(turn.state.effects)
    return next((one for one in effects if base(one.place) == place and one.status in lost and not one.sure), None)


def by_hand_only(turn: Turn, effect: Effect) -> bool:
    """Tell whether only a person can find out: a system of class D has nothing to search by."""
    return turn.operation(effect.op).effect_class == "D"


def flying_at(turn: Turn, place: str) -> bool:
    """Tell whether a call, or the probe after one, is in flight at a place."""
    flights = turn.state.flights.values()
    return any(one.purpose in ("do", "probe") and base(one.place) == place for one in flights)


def wake(turn: Turn, place: str) -> None:
    """An earlier token's call at a place has ended: who waited for that enters the step now."""
    if not place or flying_at(turn, place):
        return
    for token in turn.state.tokens.values():
        if token.awaits == place:
            token.status, token.awaits = "ready", ""


def certain(turn: Turn, place: str) -> Effect | None:
    """Return the effect that took place here and still stands."""
    return next((one for one in turn.state.effects if one.place == place and one.status == "certain"), None)


def effect_of(turn: Turn, key: str) -> Effect | None:
    """Return the newest effect with a key."""
    return next((one for one in reversed(turn.state.effects) if one.key == key), None)


def settle(effect: Effect, took_place: bool) -> None:
    """The outcome of an effect is known."""
    effect.sure = took_place
    effect.status = "certain" if took_place else "absent"


def where(effect: Effect) -> dict[str, str]:
    """Return where an effect took place, as the trail says it."""
    return {"leg": effect.leg, "item": effect.item, "step": effect.place.rsplit(".", 1)[-1]}


def remains(turn: Turn, effect: Effect, why: str) -> None:
    """An effect waits for a person."""
    effect.status, effect.why = "remains", why
    turn.log(Kind.REMAINS, op=effect.op, effect=effect.key, why=why[:200], **where(effect))
