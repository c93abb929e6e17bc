"""A world by chance: answers that fail, get lost, come late or twice; people who decide anything; operators at any time."""

from __future__ import annotations

import heapq
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ltc.core.commands import (
    Act,
    CallDone,
    CallFailed,
    CancelRequested,
    Decide,
    EventArrived,
    Input,
    Intervene,
    Resumed,
    Schedule,
    Tick,
)  # fmt: skip
from ltc.core.simulation import Simulation
from ltc.core.stand_in import SOON, Script, StandIn
from ltc.core.state import State
from ltc.model.messages import Decision, Event, Intervention, TaskAct
from ltc.ports.operations import EVENTS, REFUSALS

Heard = list[tuple[timedelta, Input]]
LOST = ("OutcomeUnknown", "Timeout", "Unavailable", "Unexpected", "Cancelled", "ContractBroken", "Misconfigured")


class ByChance(StandIn):
    """Systems and people. ``trouble`` is how likely an answer is not the plain one; 0 ends all trouble."""

    def __init__(self, rng: random.Random, opportunity: dict[str, Any], trouble: float) -> None:
        parts, pays = rng.choice([[100], [40, 60], [10, 20, 70], [50]]), rng.choice([[100], [50, 50], [], [30]])
        super().__init__(Script(parts=parts, pays=pays, events=_wishes(rng, opportunity)), opportunity)
        self.rng, self.trouble = rng, trouble

    def respond(self, command: Schedule, now: Any) -> Heard:
        """Answer as chance has it."""
        if self._nonsense(command):
            heard = [
                (SOON, CallFailed(command.id, "BusinessRefusal", "no such document", {"reason": "unknown_document"}))
            ]
        elif self.rng.random() >= self.trouble:
            heard = super().respond(command, now)
        elif command.name == "people.open_task":
            heard = self._asked(command)
        elif command.name.startswith("people.check_"):
            heard = [(SOON, CallDone(command.id, "forged"))]
        elif command.payload.get("mode") in ("probe", "read") or command.name.startswith(("people.", "trail.")):
            heard = [(SOON, CallFailed(command.id, self.rng.choice(LOST[:4]), "away"))]
        else:
            heard = self._troubled(command, now)
        return [one for answer in heard for one in self._disturbed(answer)]

    def _nonsense(self, command: Schedule) -> bool:
        """A document that a person made up is unknown to the systems, and so are terms that were passed by."""
        asked = command.payload.get("args") or {}
        if command.name in ("erp.post_instalment", "erp.accept_milestone") and not self.books.terms:
            return True
        return command.payload.get("mode") != "probe" and any(str(one).startswith("BY-HAND") for one in asked.values())

    def _troubled(self, command: Schedule, now: Any) -> Heard:
        if "expect" in command.payload and self.rng.random() < 0.3:
            other = {**self.books.order, "net": {**self.books.order["net"], "minor": self.rng.randint(1, 10**6)}}
            other["version"] += 1
            self.books.order = other
            return [(SOON, CallFailed(command.id, "FiguresChanged", "changed", {"document": other}))]
        if self.rng.random() < 0.4:
            reason = self.rng.choice([*REFUSALS.get(command.name, ()), "of_its_own"])
            return [(SOON, CallFailed(command.id, "BusinessRefusal", reason, {"reason": reason}))]
        error = self.rng.choice(LOST)
        applied = self.rng.random() < 0.5 and not (error == "Misconfigured" and command.payload["cls"] == "D")
        applied = applied and not self._says_no(command.name, command.payload, now)  # a lost answer may be a refusal
        later = self._apply(command.name, command.payload, now)[1] if applied else []
        return [(SOON, CallFailed(command.id, error, "no answer")), *later]

    def _asked(self, command: Schedule) -> Heard:
        level = command.payload["levels"][0]["name"]
        people = self.rng.choice([[], ["nancy"], ["ann"], ["ann", "bob", "nancy"]])
        if self.rng.random() < 0.3:
            return [(SOON, CallFailed(command.id, "Unavailable", "nobody knows"))]
        return [(SOON, CallDone(command.id, {"candidates": {level: people}}))]

    def _disturbed(self, answer: tuple[timedelta, Input]) -> Heard:
        """Late, twice, early, or, if it is an event, never."""
        delay, event = answer
        if isinstance(event, Decide) and self.rng.random() < 0.3:
            said = self.rng.choice(["approve", "reject", "send_back", "send_back"])
            event = replace(event, decision=event.decision.model_copy(update={"decision": said}))
        if isinstance(event, Act) and self.rng.random() < 0.3:
            event = replace(event, act=event.act.model_copy(update=self.rng.choice(_SLIPS)))
        if self.rng.random() >= self.trouble:
            return [(delay, event)]
        kind = self.rng.choice(["late", "twice", "early", "never"])
        if kind == "late":
            return [(delay + timedelta(hours=self.rng.choice([1, 30, 300])), event)]
        if kind == "twice":
            return [(delay, event), (delay * 2, event)]
        if kind == "early":
            return [(timedelta(), event)]
        return [] if isinstance(event, (EventArrived, Decide, Act)) else [(delay, event)]


def _wishes(rng: random.Random, opportunity: dict[str, Any]) -> list[dict[str, Any]]:
    """What the customer wants besides: another quantity, something back."""
    line, *others = opportunity["lines"]
    changed = {"opportunity": "OP-1", "lines": [{**line, "quantity": rng.choice([6, 24])}, *others], "reason": "more"}
    back = {"opportunity": "OP-1", "lines": [{"line": line["id"], "quantity": 1}], "reason": "broken"}
    wishes = [
        {"event": "crm.order_changed", "after": "erp.create_order", "fields": changed},
        {"event": "crm.return_announced", "after": "erp.create_order", "fields": back},
    ]
    later = timedelta(hours=rng.choice([0, 1, 50]))
    return [{**wish, "later": later, "twice": rng.random() < 0.3} for wish in wishes if rng.random() < 0.4]


_SLIPS: list[dict[str, Any]] = [
    {"action": "reject", "values": {}, "ticks": {}, "comment": "no"}, {"values": {"ok": "perhaps"}}, {"ticks": {}},
    {"action": "save"}, {"action": "claim", "values": {}, "ticks": {}}, {"digest": "STALE"}, {"values": {"nope": 1}},
]  # fmt: skip


CUSTOMERS = (
    "crm.order_changed", "crm.lines_cancelled", "crm.return_announced", "erp.receivable_changed", "erp.payment_reversed",
)  # fmt: skip


def meddle(simulation: Simulation, rng: random.Random) -> Input:
    """Something that nobody planned: an operator, a customer, a decision, a timer, a run that ends."""
    state = simulation.state
    roll = rng.random()
    if roll < 0.4:
        return intervention(state, rng)
    if roll < 0.46:
        return _recalendared(simulation, rng)
    if roll < 0.54:
        return _decision(state, rng)
    if roll < 0.7:
        return _act(state, rng)
    if roll < 0.75:
        return Tick()
    if roll < 0.8:
        return _another_run(simulation, rng)
    if roll < 0.82:
        return CancelRequested()
    return _event(simulation, rng)


def _recalendared(simulation: Simulation, rng: random.Random) -> Input:
    """A calendar was published anew: with other hours, or the one that the chain has."""
    hours = rng.choice([((480, 600),), ((540, 720), (810, 1080)), ((0, 1440),)])
    windows = {
        name: one.model_copy(update={"hours": hours, "version": rng.choice(["test", "newer", "newest"])})
        for name, one in simulation.setting.windows.items()
    }
    written = {name: one.model_dump(mode="json") for name, one in windows.items()}
    return intervention(simulation.state, rng, action="recalendar", windows=written, leg="", item="", step="")


def _another_run(simulation: Simulation, rng: random.Random) -> Input:
    """A run ends: at rest, and goes on as another; or cut short, and is taken up again by a repair.

    Nobody hears any more what was in flight when a run was cut short, and its timer is gone.
    """
    state = simulation.state
    if not state.flights and rng.random() < 0.7:
        simulation._timer = None
        return Resumed()
    if rng.random() < 0.5:
        return Tick()
    unheard = (CallDone, CallFailed)
    simulation._agenda = [one for one in simulation._agenda if not isinstance(one[2], unheard)]
    heapq.heapify(simulation._agenda)
    simulation._timer = None
    return Resumed("cut short from outside")


def _event(simulation: Simulation, rng: random.Random) -> Input:
    """News that come at any time: early, late, again, of a chain that is none of ours."""
    name = rng.choice(["crm.order_cancelled", "erp.goods_shipped", "erp.payment_allocated", *CUSTOMERS, "chain.ended"])
    fields = {
        "child": rng.choice([*simulation.world.books.children, "by_chance:none"]),
        "outcome": "completed",  # type: ignore[attr-defined]
        "opportunity": "OP-1",
        "order": "SO-1",
        "delivery": "D-1",
        "invoice": "INV-D-1",
        "payment": "P",
    }
    lines = simulation.state.input["opportunity"]["lines"]
    said = {
        "crm.order_changed": [{**one, "quantity": rng.choice([1, 12, 90])} for one in lines],
        "crm.lines_cancelled": [lines[0]["id"]],
        "crm.return_announced": [{"line": lines[0]["id"], "quantity": 1}],
    }.get(name)
    more = {"lines": said, "reason": "because"} if said else {}
    kind = EVENTS[name]
    event = Event(
        id=f"X-{rng.randint(1, 9)}", name=name, fields={**fields, **more}, at=simulation.now, hints=kind.hints,
        news=kind.news,
    )  # fmt: skip
    return EventArrived(event)


HANDED = ("transfer", "delegate", "add_signer", "take_back", "nudge", "withdraw")


def _act(state: State, rng: random.Random) -> Input:
    every: list[Any] = [*state.human_tasks.values(), *state.tasks.values()]
    tasks = [one for one in every if one.status == "open"] if rng.random() < 0.8 else every
    task = rng.choice(tasks or every) if every else None
    people = [*(task.candidates * 3 if task else []), "nancy", "ann", "somebody"]
    on_approval = task is not None and task.id in state.tasks and rng.random() < 0.9
    action = rng.choice(HANDED if on_approval else ("claim", "release", "save", "complete", "complete", "reject"))
    fills = action in ("save", "complete")
    act = TaskAct.model_validate(
        {
            "id": f"T-{rng.randint(1, 9)}", "task": task.id if task else "no.task#1", "actor": rng.choice(people),
            "action": action, "to": rng.choice(people) if on_approval else "", "values": {"ok": True, "cost": "5 USD"} if fills else {},
            "ticks": {"one": True} if fills else {}, "comment": rng.choice(["", "because"]),
            "expires": "2099-01-01T00:00:00Z",
        }
    )  # fmt: skip
    return Act(act, rng.choice(["update", "signal"]))


def _decision(state: State, rng: random.Random) -> Input:
    tasks = list(state.tasks.values())
    task = rng.choice(tasks) if tasks else None
    people = [*(task.candidates if task else []), "nancy", "ann", "somebody"]
    decision = Decision(
        id=f"M-{rng.randint(1, 9)}", task=task.id if task else "no.task#1", actor=rng.choice(people),
        decision=rng.choice(["approve", "approve", "reject", "send_back"]),
        digest=task.digest if task and rng.random() < 0.9 else "STALE", expires="2099-01-01T00:00:00Z",
    )  # fmt: skip
    return Decide(decision, rng.choice(["update", "signal"]))


def intervention(state: State, rng: random.Random, **fixed: Any) -> Intervene:
    """An operator's action on any place, with anything."""
    tokens = list(state.tokens.values())
    held = [one for one in tokens if one.status == "held"]
    tokens = held if held and rng.random() < 0.6 else tokens
    token = rng.choice(tokens) if tokens and rng.random() < 0.8 else None
    step = token.node.split(".", 1)[1] if token and token.node and rng.random() < 0.8 else ""
    document = {"id": f"BY-HAND-{rng.randint(1, 5)}", "version": 3, "net": {"minor": 5, "currency": "USD"}}
    written: dict[str, Any] = {
        "id": f"I-{rng.random()}", "actor": "olga", "reason": "because", "expires": "2099-01-01T00:00:00Z",
        "action": rng.choice(["retry", "skip", "correct", "hold", "release", "extend", "cancel", "dispute", "settle", "promise"]),
        "leg": token.leg if token else "", "item": token.item if token else "", "step": step,
        "document": rng.choice([None, document, document, {"nonsense": 1}]),
        "values": rng.choice([None, {"stage": "mended"}, {"order": "SO-1"}, {"nonsense": 1}]),
        "sla": rng.choice([*state.slas, "leg:none"]), "by": rng.choice(["1d", "2bh", "nonsense"]),
        "consent": rng.random() < 0.3, "outright": state.seq % 2 == 0,
    }  # fmt: skip
    return Intervene(Intervention.model_validate({**written, **fixed}))
