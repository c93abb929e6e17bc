"""Operators: every action at every place of a chain, and what must hold of each answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ltc.core import machine
from ltc.core.commands import Command, Intervene, Repin, Schedule
from ltc.core.simulation import Simulation
from ltc.core.state import State, Token, dump, load
from ltc.core.turn import Setting
from ltc.definition.plan import CallNode, Plan
from ltc.model.messages import Answer, Intervention
from ltc.model.trail import Kind
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from ltc.store.stuck import classify
from ltc.store.stuck_facts import EngineFacts
from ltc.store.trail import offer
from tests.unit.core.random_checks import Watch
from tests.unit.core.test_random_moves import other
from tests.unit.test_store_fold import agree

Wish = dict[str, Any]
DOCUMENT = {"id": "BY-HAND", "version": 3, "net": {"minor": 5, "currency": "USD"}}
# What may differ where an intervention was refused: the turn tends to clocks that are due, whatever was asked.
_TENDED = ("seq", "undelivered", "flights", "side_count", "timer_at", "slas", "due_rungs", "hold_count", "holds",
           "tokens", "rested")  # fmt: skip
_NOTED = ("seq", "undelivered", "flights", "side_count", "timer_at", "interventions", "rested")
_OTHERS = cache(lambda digest: {})  # plans that a chain can be moved to, made once


def wishes(simulation: Simulation) -> Iterator[Wish]:
    """Every action, at every place and of the whole chain, with and without what it may be given."""
    state, plan = simulation.state, simulation.setting.plan
    for token in state.tokens.values():
        if token.node:
            yield from _at(plan, token)
    for action in ("retry", "skip", "hold", "release", "correct", "cancel"):
        yield {"action": action}
    yield {"action": "cancel", "consent": True}
    yield {"action": "release", "leg": "nowhere"}
    for sla in [*[*state.slas][:3], "none"]:
        yield {"action": "extend", "sla": sla, "by": "2d"}
    windows = {name: one.model_dump(mode="json") for name, one in simulation.setting.windows.items()}
    pins = {"plan": _other(plan), "windows": windows, "was": plan.digest}
    yield {"action": "migrate", **pins}
    yield {"action": "revert", **pins}
    yield {"action": "recalendar", "windows": {name: {**one, "version": "newer"} for name, one in windows.items()}}


def _other(plan: Plan) -> Wish:
    made = _OTHERS(plan.digest)
    if not made:
        made.update(other(plan).model_dump(mode="json"))
    return made


def _at(plan: Plan, token: Token) -> Iterator[Wish]:
    node = plan.nodes[token.node]
    place = {"leg": token.leg, "item": token.item, "step": node.step}
    for action in ("retry", "skip", "hold", "release", "dispute", "settle"):
        yield {"action": action, **place}
    yield {"action": "promise", "by": "7d", **place}
    yield {"action": "skip", "document": DOCUMENT, **place}
    yield {"action": "correct", "document": DOCUMENT, **place}
    if isinstance(node, CallNode) and plan.operations[node.call.op].takes:
        name = next(iter(plan.operations[node.call.op].takes))
        yield {"action": "correct", "values": {name: "X"}, "outright": True, **place}


def ask(wish: Wish, number: int) -> Intervene:
    """An operator's wish, as the client sends it."""
    plain = {"id": f"I{number}", "actor": "olga", "reason": "because", "expires": "2099-01-01T00:00:00Z"}
    return Intervene(Intervention.model_validate({**plain, **wish}))


@dataclass
class Fork:
    """A copy of a chain at one instant, for one thing to happen to it; its world is not asked."""

    setting: Setting
    state: State
    trail: list[Any]
    view: ChainView
    now: Any
    world: Any

    @classmethod
    def of(cls, one: Simulation, view: ChainView) -> Fork:
        """Copy a chain."""
        return cls(one.setting, load(dump(one.state)), list(one.trail), view, one.now, one.world)

    def feed(self, event: Intervene) -> tuple[Answer, list[str]]:
        """Let it happen; what was answered, and everything that is wrong then."""
        before, watch = dump(self.state), Watch(self)  # type: ignore[arg-type]
        watch.before()
        self.state, commands, answer = machine.step(self.setting, self.state, event, self.now, self.now)
        assert answer is not None
        fresh = [entry for entry in self.state.undelivered if entry.seq > before["seq"]]
        self.trail += fresh
        for command in commands:
            if isinstance(command, Repin):
                self.setting = Setting(command.plan, command.windows, self.setting.clock)
        self.view = fold_all(self.view, [offer(entry).line for entry in fresh])
        agree(self, self.state, self.view)  # type: ignore[arg-type]
        wrong = watch.after(event, commands)
        return answer, wrong + self._said(answer, before, commands, [entry.kind for entry in fresh])

    def _said(self, answer: Answer, before: Wish, commands: list[Command], kinds: list[Kind]) -> list[str]:
        after = dump(self.state)
        accepted = answer.status == "accepted"
        left_out = _NOTED if accepted else _TENDED
        same = {key: before[key] for key in before if key not in left_out} == {
            key: after[key] for key in after if key not in left_out
        }
        if not accepted:
            found = [] if answer.message else ["it was refused without a word"]
            return found + ([] if same else ["it was refused, and something changed"])
        found = [] if Kind.INTERVENED in kinds else ["it was taken, and is not on the trail"]
        did = not same or any(isinstance(one, Schedule | Repin) for one in commands)
        return found + ([] if did else ["it was taken, and nothing came of it"])

    def again(self, event: Intervene) -> list[str]:
        """The same once more: the same answer, and nothing else."""
        before = {key: one for key, one in dump(self.state).items() if key not in _NOTED}
        self.state, _, answer = machine.step(self.setting, self.state, event, self.now, self.now)
        after = {key: one for key, one in dump(self.state).items() if key not in _NOTED}
        said = answer is not None and answer.status in ("accepted", "closed")
        return ([] if said else [f"the second time: {answer}"]) + ([] if before == after else ["it counted twice"])


def offered(simulation: Simulation, view: ChainView) -> Iterator[tuple[str, list[Wish]]]:
    """What the answers to why it is stuck offer, each with the ways of doing it."""
    for one in classify(view, simulation.now, simulation.now, EngineFacts()):
        place = {"leg": one.leg, "item": one.item, "step": one.step}
        for action in one.allowed:
            ways = [wish for wish in wishes(simulation) if wish["action"] == action]
            here = [wish for wish in ways if {**place, **wish} == wish or "leg" not in wish]
            if action in ("retry", "skip", "correct", "hold", "release", "cancel", "extend") and here:
                yield f"{one.reason}: {one.detail}: {action}", here
