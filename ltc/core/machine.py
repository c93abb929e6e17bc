"""The machine: step(state, input) -> (state, commands). Pure: no clock, no I/O, no randomness."""

from __future__ import annotations

import base64
from datetime import datetime

from ltc.core import (
    answers,
    approvals,
    automatic,
    delays,
    events,
    interventions,
    legs,
    resting,
    slas,
    task_acts,
    tasks,
    undoing,
    waits,
)
from ltc.core.commands import (
    Act,
    CallDone,
    CallFailed,
    CancelRequested,
    Command,
    Decide,
    EventArrived,
    Input,
    Intervene,
    Resumed,
    Started,
    Tick,
)
from ltc.core.state import LegState, State
from ltc.core.turn import Setting, Turn
from ltc.model.messages import Answer, Where
from ltc.model.trail import Kind, pack_within


def begin(setting: Setting, *, chain: str, installation: str, requester: str, values: dict[str, object]) -> State:
    """Return the state of a chain that has not started."""
    state = State(chain=chain, installation=installation, requester=requester, input=dict(values))
    state.legs = {leg.id: LegState() for leg in setting.plan.legs}
    state.legs.update({side.id: LegState("done") for side in setting.plan.sides})
    state.collections = {name: {} for name in setting.plan.collections}
    return state


def step(
    setting: Setting, state: State, event: Input, now: datetime, wall: datetime
) -> tuple[State, list[Command], Answer | None]:
    """Take one input. The state passed in is consumed: go on with the one returned.

    Args:
        setting: plan, calendars and clock.
        state: the chain.
        event: what happened.
        now: business time, UTC.
        wall: real time, UTC.

    Returns:
        the state, the commands to carry out in order, and the answer when the input asks for one.
    """
    turn = Turn(setting, state, now, wall)
    answer = _take(turn, event)
    legs.progress(turn)
    slas.tend(turn)
    automatic.tend(turn)
    resting.settle(turn, event)
    return turn.state, turn.commands, answer


def _take(turn: Turn, event: Input) -> Answer | None:
    match event:
        case Started():
            _start(turn)
        case Resumed():
            _resume(turn, event.repair)
        case CallDone():
            answers.done(turn, event)
        case CallFailed():
            answers.failed(turn, event)
        case Tick():
            resting.fired(turn, event)
            waits.tick(turn)
            delays.tick(turn)
            tasks.tick(turn)
        case EventArrived():
            events.arrived(turn, event.event)
        case CancelRequested():
            undoing.cancel(turn, reason="cancelled in Temporal", consent=False)
        case _:
            return _asked(turn, event)
    return None


def _asked(turn: Turn, event: Decide | Act | Intervene) -> Answer:
    """Take what a person asks for: it is answered at once."""
    match event:
        case Decide():
            return approvals.decide(turn, event)
        case Act():
            return task_acts.act(turn, event)
        case Intervene():
            return interventions.take(turn, event.intervention, checked=event.checked)


def _start(turn: Turn) -> None:
    plan, state = turn.plan, turn.state
    turn.log(
        Kind.CHAIN_STARTED,
        process=plan.process,
        plan=plan.digest[:12],
        requester=state.requester,
        **_headline(state.input),
    )
    slas.start(turn, [one.id for one in plan.slas.values() if one.scope == "chain"], leg="", item="", on="chain")


def _resume(turn: Turn, repair: str) -> None:
    """Go on with an earlier run's state; what was in flight when a chain was terminated is unknown now."""
    turn.state.timer_at = None
    turn.log(Kind.CONTINUED, why=repair)
    if repair:
        _pick_up(turn)
        undoing.cancel(turn, reason=repair, consent=False)


def _pick_up(turn: Turn) -> None:
    """Nothing is in flight in a new run: each place that waited for an answer asks again, once a human lets it."""
    state = turn.state
    flights, state.flights = state.flights, {}
    state.rounds.pop("closing", None)
    for token in list(state.tokens.values()):
        task = state.tasks.get(token.task)
        if token.status == "waiting":
            token.read_again, token.expired, token.poll_at = False, False, turn.now
        elif token.status == "tasked" and state.human_tasks[token.task].status == "opening":
            turn.hold(token, "unknown_outcome", op="people.open_task")
        elif token.status == "busy" or (token.status == "deciding" and task and task.status == "opening"):
            turn.hold(token, "unknown_outcome", op=next((f.op for f in flights.values() if f.token == token.id), ""))


def where(setting: Setting, state: State) -> Where:
    """Say where a chain stands."""
    leg = next((one.id for one in setting.plan.legs if state.legs[one.id].status == "open"), "")
    return Where(
        chain=state.chain,
        status="held" if state.holds and state.status != "ended" else state.status,
        outcome=state.outcome,
        leg=leg,
        seq=state.seq,
        undelivered=base64.b64encode(pack_within(state.undelivered, 64_000)).decode() if state.undelivered else "",
        tokens={token.id: f"{token.status} {token.node}" for token in state.tokens.values()},
        holds=[
            {
                "scope": hold.scope,
                "reason": hold.reason,
                "owner": hold.owner,
                "since": hold.since.isoformat(),
                **({"leg": hold.leg, "item": hold.item} if hold.leg else {}),
                **hold.detail,
            }
            for hold in state.holds
        ],
        open_effects=[
            {"place": effect.place, "op": effect.op, "key": effect.key, "status": effect.status}
            for effect in state.effects
            if effect.status in ("unknown", "certain", "remains")
        ],
    )


def _headline(values: dict[str, object]) -> dict[str, object]:
    """What a list of chains shows of the deal: number, customer, net."""
    for value in values.values():
        if isinstance(value, dict) and "net" in value and "customer" in value:
            customer = value["customer"]
            return {
                "number": value.get("number", ""),
                "net": value["net"],
                "customer": customer.get("name", "") if isinstance(customer, dict) else customer,
            }
    return {}
