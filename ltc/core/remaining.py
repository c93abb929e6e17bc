"""What remains: effects of which only people can say, or bring about, how they end."""

from __future__ import annotations

from ltc.core import asked, calls, holding, undoing
from ltc.core.effects import base, settle
from ltc.core.state import Effect, Flight
from ltc.core.turn import Turn
from ltc.model import ids
from ltc.model.messages import Answer, Intervention

HOLDS = ("compensation_remains", "unknown_outcome")


def concerns(turn: Turn, wish: Intervention) -> bool:
    """Tell whether an intervention is about what remains rather than about a place where the chain stands."""
    left = any(effect.status == "remains" for effect in turn.state.effects)
    return turn.state.status == "compensating" or (left and not wish.leg)


def _nothing(turn: Turn) -> Answer | None:
    """Why there is nothing to try again or to leave to people: what is undone goes its way, or is held otherwise."""
    state = turn.state
    if any(effect.status == "remains" for effect in state.effects):
        return None
    chain = [hold.reason for hold in state.holds if hold.scope == "chain"]
    if any(reason in HOLDS for reason in chain):
        return None
    turn.answered = True  # nothing was said that the store must hear
    if "past_pivot" in chain:
        return asked.refuse("nothing remains; the chain rests past the point of no return: cancel it with consent")
    if chain:
        return asked.refuse(f"nothing remains; the chain is held ({', '.join(chain)}): release it")
    return asked.refuse("nothing remains: what took effect is being undone, newest first")


def retry(turn: Turn, wish: Intervention) -> Answer:
    """Try what remains again."""
    nothing = _nothing(turn)
    if nothing is not None:
        return nothing
    asked.record(turn, wish)
    undoing.retry(turn)
    holding.lift_from_chain(turn, wish.actor, *HOLDS)
    return asked.ACCEPTED


def skip(turn: Turn, wish: Intervention) -> Answer:
    """Leave what remains to people."""
    nothing = _nothing(turn)
    if nothing is not None:
        return nothing
    asked.record(turn, wish)
    undoing.leave(turn, f"{wish.actor}: {wish.reason}")
    holding.lift_from_chain(turn, wish.actor, *HOLDS)
    return asked.ACCEPTED


def found(turn: Turn, wish: Intervention) -> Effect | None:
    """Return the effect that remains, its outcome unknown, at the place named."""
    place = ids.place(wish.leg, wish.item, wish.step)
    for effect in turn.state.effects:
        here = base(effect.place) == place if wish.step else (effect.leg, effect.item) == (wish.leg, wish.item)
        if here and effect.status == "remains" and not effect.sure:
            return effect
    return None


def adopt(turn: Turn, wish: Intervention, effect: Effect) -> Answer:
    """A person has found out that it took place, and gives the document that it made."""
    problem = asked.unfit(turn, turn.plan.nodes[effect.node], wish.document)
    if problem is not None or wish.document is None:
        return problem or asked.refuse("give the document that it made; if it made none, skip what remains")
    asked.record(turn, wish, document=wish.document.get("id", ""), effect=effect.key)
    settle(effect, True)
    calls.adopt(turn, Flight("do", "", effect.op, effect.key, effect.place), None, wish.document)
    if not any(one.status == "remains" for one in turn.state.effects):
        holding.lift_from_chain(turn, wish.actor, *HOLDS)
    return asked.ACCEPTED
