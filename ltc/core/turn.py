"""One turn of the machine: the plan, the state, the instant, and the commands gathered so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from ltc.core.commands import Command, Schedule
from ltc.core.state import Flight, Hold, State, Token
from ltc.definition import expressions, worktime
from ltc.definition.plan import AnyNode, Leg, PinnedOperation, Plan, Retry, Span
from ltc.definition.plan_nodes import results_of
from ltc.definition.plan_tables import TableInput
from ltc.definition.tables import TableError, decide
from ltc.definition.worktime import CalendarWindow, local_day
from ltc.model import ids
from ltc.model.clock import VirtualClock
from ltc.model.messages import NOTICES_QUEUE, call_queue
from ltc.model.trail import Entry, Kind

OPERATOR = "role:operator"


class ChainError(Exception):
    """An expression could not be evaluated on a running chain: the place is held, nothing is lost."""


@dataclass(frozen=True)
class Setting:
    """What does not change while a chain runs: its plan, its calendars, its clock."""

    plan: Plan
    windows: dict[str, CalendarWindow]
    clock: VirtualClock | None = None
    keeps_early: bool = True  # what comes by signal before a task can be decided; chains of before dropped it
    ends_in_result: bool = True  # the last entries leave with the result; chains of before sent them ahead and waited

    @cached_property
    def unset(self) -> dict[str, Any]:
        """Every name a step of the plan may leave, unset."""
        names: dict[str, Any] = {name: [] for name in self.plan.collections}
        names.update({one.result: {} for one in self.plan.handlers if one.result})
        for node in self.plan.nodes.values():
            names.update({name: {} for name in results_of(node)})
        return names


@dataclass
class Turn:
    """One turn. ``now`` is business time, ``wall`` real time; both UTC."""

    setting: Setting
    state: State
    now: datetime
    wall: datetime
    commands: list[Command] = field(default_factory=list)
    spoke: bool = False  # an SLA warned, was breached or escalated, or a wait timed out
    quiet: bool = False  # something was done, heard or waited for: where nothing is called now, that must be told
    amended: list[tuple[Token, str]] = field(default_factory=list)  # documents that handlers' steps left anew
    answered: bool = False  # the turn's entries reach the store with an Update's answer

    @property
    def plan(self) -> Plan:
        """The plan that the chain runs."""
        return self.setting.plan

    def operation(self, name: str) -> PinnedOperation:
        """What is pinned of an operation: in the plan, or in an earlier one by which something took effect."""
        return self.plan.operations.get(name) or self.state.operations[name]

    def queue(self, name: str) -> str:
        """Return the task queue of an operation: pinned in the plan, or its system's."""
        return self.operation(name).queue or call_queue(name.split(".")[0])

    def node(self, token: Token) -> AnyNode:
        """The step where a token stands."""
        return self.plan.nodes[token.node]

    def place(self, token: Token) -> str:
        """Where a token stands, as ``leg[item].step``."""
        return ids.place(token.leg, token.item, self.node(token).step)

    def visit(self, token: Token) -> None:
        """Count that a token has come to the step where it stands."""
        place = self.place(token)
        self.state.visits[place] = token.visit = self.state.visits.get(place, 0) + 1

    def after(self, start: datetime, span: Span) -> datetime:
        """The instant by which a span has passed since ``start``, by the calendar of the process."""
        return worktime.deadline(start, span, self.setting.windows[self.plan.calendar])

    def log(self, kind: Kind, token: Token | None = None, /, **data: Any) -> None:
        """Append a trail entry; empty data are left out."""
        leg = data.pop("leg", token.leg if token else "")
        item = data.pop("item", token.item if token else "")
        step = data.pop("step", self.node(token).step if token and token.node else "")
        self.state.seq += 1
        self.state.undelivered.append(
            Entry(
                seq=self.state.seq, at=self.now, wall=self.wall, kind=kind, leg=leg, item=item, step=step,
                visit=token.visit if token else 0,
                data={name: value for name, value in data.items() if value not in ("", None, [], {})},
            )
        )  # fmt: skip

    def effect_key(self, leg: str, item: str, step: str, generation: int) -> str:
        """Return the key of an effect of this chain."""
        return ids.effect_key(self.state.installation, self.state.chain, leg, item, step, generation)

    def paused(self) -> bool:
        """Tell whether the whole chain is held."""
        return any(hold.scope == "chain" for hold in self.state.holds)

    # Names and values

    def scope(self, leg: str, item: str, extra: dict[str, Any] | None = None) -> dict[str, Any]:
        """Every name that an expression at this place can see. What was never left is empty, for ``has()``."""
        state = self.state
        names: dict[str, Any] = {**self.setting.unset, **state.input, "requester": state.requester}
        if self.plan.billing.terms is not None:
            names["billing"] = self.plan.billing.terms
        names.update({name: list(items.values()) for name, items in state.collections.items()})
        names.update(state.results)
        leg_state = state.legs.get(leg)
        if leg_state:
            names.update(leg_state.results.get(item, {}))
            loop = self.leg_plan(leg).loop
            if loop and item:
                home, key = self.home(leg, item, loop.name)
                names[loop.name] = home.get(key, {})
        if extra:
            names.update(extra)
        return names

    def leg_plan(self, leg: str) -> Leg:
        """The plan of a leg."""
        return next(one for one in [*self.plan.legs, *self.plan.sides] if one.id == leg)

    def home(self, leg: str, item: str, name: str) -> tuple[dict[str, Any], str]:
        """Where the value of a name lives, as a place sees it: a mapping and the key in it."""
        loop, one = self.leg_plan(leg).loop, self.state.legs[leg]
        if loop and item and name == loop.name:
            if loop.source in self.plan.collections:
                return self.state.collections[loop.source], one.items.get(item, item)
            return one.items, item
        mine = one.results.get(item, {}) if item else {}
        return (mine if name in mine else self.state.results), name

    def value(self, source: str, leg: str, item: str, extra: dict[str, Any] | None = None) -> Any:
        """Evaluate an expression at a place.

        Raises:
            ChainError: it cannot be evaluated on the values that the chain has.
        """
        names = self.scope(leg, item, extra)
        try:
            if self.plan.tables:
                names.update(self._decided(source, names))
            return expressions.evaluate(source, names, currency=self.plan.currency, rates=self.state.rates)
        except (expressions.EvaluationError, expressions.NoRate, TableError) as error:
            raise ChainError(f"{source}: {error}") from error

    def _decided(self, source: str, names: dict[str, Any]) -> dict[str, Any]:
        """What the tables that an expression names give at this place, from inputs read here and now."""
        found: dict[str, Any] = {}
        for name in expressions.names(source):
            table = self.plan.tables.get(name)
            if table is not None:
                inputs = {key: self._looked_up(one, names) for key, one in table.inputs.items()}
                found[name] = decide(name, table, inputs, self.plan.currency).outputs
        return found

    def _looked_up(self, one: TableInput, names: dict[str, Any]) -> Any:
        """Read an input of a table; an instant is looked up by the day it falls on in the definition's calendar."""
        value = expressions.evaluate(one.source, names, currency=self.plan.currency, rates=self.state.rates)
        if one.type != "date" or not isinstance(value, str) or "T" not in value:
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value  # the table says that it is no date
        return local_day(moment, self.setting.windows[self.plan.calendar]).isoformat() if moment.tzinfo else value

    def holds_true(self, source: str, token: Token, what: str, extra: dict[str, Any] | None = None) -> bool:
        """Evaluate a condition; its result goes into the trail."""
        result = bool(self.value(source, token.leg, token.item, extra))
        self.log(Kind.CONDITION, token, on=what, value=result)
        return result

    def values(self, args: dict[str, str], leg: str, item: str) -> dict[str, Any]:
        """Evaluate the arguments of a call."""
        return {name: self.value(source, leg, item) for name, source in args.items()}

    def keep_result(self, token: Token, name: str, value: Any) -> None:
        """Leave a result: in its item inside a loop, in the chain outside; what a handler amends is the chain's."""
        if token.item and not self.amends(token, name):
            self.state.legs[token.leg].results.setdefault(token.item, {})[name] = value
        elif not self._outdated(name, value):
            self.state.results[name] = value
            if token.item:
                self.amended.append((token, name))
        self._note_rate(value)

    def _outdated(self, name: str, value: Any) -> bool:
        """Tell whether an amendment has overtaken an answer: the newer version of the document is known already."""
        known = self.state.results.get(name)
        if not any(one.amends == name for one in self.plan.handlers) or not isinstance(known, dict):
            return False
        return isinstance(value, dict) and known.get("id") == value.get("id") and _version(known) > _version(value)

    def amends(self, token: Token, name: str) -> bool:
        """Tell whether a token is of a handler that amends this document of the chain."""
        return any((one.name, one.amends) == (token.leg, name) for one in self.plan.handlers)

    def collect(self, name: str, document: dict[str, Any]) -> bool:
        """Put a document into a collection under its id; tell whether it is new."""
        items = self.state.collections.setdefault(name, {})
        new = document["id"] not in items
        items[document["id"]] = document
        return new

    def _note_rate(self, value: Any) -> None:
        if isinstance(value, dict) and value.keys() >= {"source", "target", "rate"}:
            if value["target"] == self.plan.currency:
                self.state.rates[value["source"]] = value["rate"]
            self.log(Kind.RATE, source=value["source"], target=value["target"], rate=value["rate"], on=value.get("on"))

    # Activities

    def schedule(
        self, activity: str, name: str, queue: str, payload: dict[str, Any], flight: Flight, retry: Retry | None = None
    ) -> None:
        """Start an activity; the trail entries not yet delivered ride on it."""
        token = self.state.tokens.get(flight.token)
        flight.born = token.born if token else 0
        flight.upto = self.state.seq
        self.state.flights[activity] = flight
        self.commands.append(Schedule(activity, name, queue, payload, retry or Retry()))

    def owner(self, flight: Flight) -> Token | None:
        """The token that an activity was started for; nobody when it has been given up since."""
        token = self.state.tokens.get(flight.token)
        return token if token is not None and token.born == flight.born else None

    def add(self, token: Token) -> None:
        """Put a new token on its way."""
        self.state.births += 1
        token.born = self.state.births
        self.state.tokens[token.id] = token

    def side(self, name: str, payload: dict[str, Any], flight: Flight) -> None:
        """Start a notice, a flush or a check: nobody's step waits for it."""
        self.state.side_count += 1
        self.schedule(f"{name}#{self.state.side_count}", name, NOTICES_QUEUE, payload, flight)

    # Holding

    def hold(self, token: Token | None, reason: str, *, owner: str = OPERATOR, **detail: Any) -> None:
        """Rest a token, or the whole chain, until a named person acts."""
        state = self.state
        scope = "chain" if token is None else "item" if token.item else "leg"
        state.hold_count += 1
        if token is not None:
            token.status = "held"
        hold = Hold(state.hold_count, scope, reason, owner, self.now, token.id if token else "", detail)  # type: ignore[arg-type]
        state.holds.append(hold)
        self.log(Kind.HELD, token, reason=reason, owner=owner, scope=scope, detail=detail)

    def hold_place(self, leg: str, item: str, reason: str, *, owner: str = OPERATOR, **detail: Any) -> None:
        """Rest a whole leg, or a whole item: what is in flight there answers, and then nothing moves."""
        state = self.state
        state.hold_count += 1
        scope: Literal["leg", "item"] = "item" if item else "leg"
        state.holds.append(Hold(state.hold_count, scope, reason, owner, self.now, "", detail, leg, item))
        self.log(Kind.HELD, leg=leg, item=item, reason=reason, owner=owner, scope=scope, detail=detail)

    def rests(self, token: Token) -> bool:
        """Tell whether the leg or the item where a token stands is held as a whole."""
        return any(_covers(hold, token.leg, token.item) for hold in self.state.holds)

    def leg_rests(self, leg: str) -> bool:
        """Tell whether a leg is held as a whole."""
        return any(_covers(hold, leg, "") for hold in self.state.holds)


def _covers(hold: Hold, leg: str, item: str) -> bool:
    return bool(hold.leg) and hold.leg == leg and hold.item in ("", item)


def _version(document: dict[str, Any]) -> int:
    version = document.get("version", 0)
    return version if isinstance(version, int) else 0
