"""The world as it was: answers a chain gone through again by the records, and says where it had to assume."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ltc.core.commands import Act, CallDone, CallFailed, Decide, EventArrived, Input, Intervene, Schedule
from ltc.core.stand_in_books import Books
from ltc.model.ids import digest
from ltc.model.messages import Answer, Decision, Event, Intervention, TaskAct
from ltc.model.trail import Kind
from ltc.whatif.recorded import Asking, Heard, Outcome, Record, Recorded

START = "chain.start"
SOON = timedelta(seconds=1)
_ID = re.compile(r"(?P<place>.*)#\d+(?P<rest>/[a-z_]+\d*)?")
_MODES = {"/undo": "undo", "/probe": "probe"}


class NotToldError(Exception):
    """The records do not tell what a system would have answered, and nothing reasonable can be assumed."""


@dataclass(frozen=True)
class Habits:
    """How long people take, from all recorded decisions: by whom was asked, and over all."""

    by_source: dict[str, tuple[timedelta, int]]
    overall: tuple[timedelta, int]

    def of(self, source: Record) -> tuple[timedelta, int]:
        """Return the median time that those asked so take, and of how many decisions it is the median."""
        return self.by_source.get(spelled(source), self.overall)


def spelled(source: Record) -> str:
    """Write whom a level asks as ``role:x``."""
    return ", ".join(f"{name}:{value}" for name, value in sorted(source.items()))


@dataclass
class RecordedWorld:
    """Systems and people as recorded. ``agenda`` is where what comes from outside is put: (instant, input)."""

    recorded: Recorded
    habits: Habits
    assumed: Counter[str] = field(default_factory=Counter)
    agenda: list[tuple[datetime, Input]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _used: list[int] = field(default_factory=list)
    _asked: list[int] = field(default_factory=list)
    _reads: list[str] = field(default_factory=list)
    _fed: list[str] = field(default_factory=list)
    _open: dict[str, Asking] = field(default_factory=dict)
    _handed: Counter[str] = field(default_factory=Counter)
    _anchors: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.books = Books(_deal(self.recorded.start["values"]))
        self.anchor(0, self.recorded.began, self.recorded.began)

    # --- what came by itself: as long after what caused it as it did

    def anchor(self, seq: int, was: datetime, now: datetime) -> None:
        """Something that was at one instant is now at another: what followed it by itself follows it now."""
        self._anchors.append((was, now))
        until = min((one.entry.seq for one in self._causes() if one.entry.seq > seq), default=None)
        for one in self.recorded.heard:
            if seq < one.seq and (until is None or one.seq < until) and one.id not in self._fed:
                self._fed.append(one.id)
                self.agenda.append((now + (one.at - was), _input(one)))

    def _causes(self) -> list[Outcome]:
        return [one for one in self.recorded.outcomes if one.mode == "do" and one.entry.kind is Kind.DONE]

    def moved(self, was: datetime) -> datetime | None:
        """Return when a recorded instant is now; None while what came before it has not come yet."""
        cause = max((one.at for one in self._causes() if one.at <= was), default=self.recorded.began)
        known = [now for before, now in self._anchors if before == cause]
        return known[-1] + (was - cause) if known else None

    @property
    def unheard(self) -> list[str]:
        """What was recorded and never came: its cause did not."""
        return [one.id for one in self.recorded.heard if one.id not in self._fed]

    # --- the protocol of simulation.World

    def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
        """Answer a scheduled activity."""
        if command.name == "people.open_task":
            return self._people(command)
        if command.name.startswith("people.check_"):
            return [(SOON, CallDone(command.id, ""))]
        if command.name in ("people.notify", "trail.flush"):
            return [(SOON, CallDone(command.id, {}))]
        match = _ID.fullmatch(command.id)
        place, rest = (match["place"], match["rest"] or "") if match else (command.id, "")
        if rest.startswith("/read"):
            return [self._watched(command, now)]
        mode = _MODES.get(rest.rstrip("0123456789"), "do" if command.payload.get("key") else "read")
        return [self._called(command, place, mode, now)]

    def answered(self, event: Input, answer: Answer, now: datetime) -> None:
        """Note what the chain did not take: it no longer fits."""
        if answer.status != "accepted":
            what = event.intervention.action if isinstance(event, Intervene) else "what somebody said"
            self.refused.append(f"{what}: {answer.status}")

    # --- systems

    def _called(self, command: Schedule, place: str, mode: str, now: datetime) -> tuple[timedelta, Input]:
        found = self._outcome(command, place, mode)
        if command.name == START and mode == "do":
            self._child(command, found)
        if found is None:
            self.assumed[f"{command.name} at {place} succeeds within a second"] += 1
            return SOON, CallDone(command.id, self._made_up(command, now))
        delay = found.at - found.asked
        if found.entry.kind is Kind.DONE and mode == "do":
            self.anchor(found.entry.seq, found.at, now + delay)
        return delay, self._said(command, found)

    def _child(self, command: Schedule, found: Outcome | None) -> None:
        """A chain that a chain started has a definition of its own: how it went is taken from the records, or unknown.

        Raises:
            NotToldError: it was never started.
        """
        process = (command.payload.get("args") or {}).get("process", "")
        if found is None:
            raise NotToldError(f"it would start a chain of {process} that never was; nothing tells how that would end")
        self.assumed[f"the chain of {process} that {found.place} started goes as it went"] += 1

    def _outcome(self, command: Schedule, place: str, mode: str) -> Outcome | None:
        """Find the recorded call: at the same place; else, not used yet, the same operation with the same effect."""
        alike = [(n, one) for n, one in enumerate(self.recorded.outcomes) if n not in self._used]
        alike = [(n, one) for n, one in alike if (one.op, one.mode) == (command.name, mode)]
        found = next(((n, one) for n, one in alike if one.place == place), None)
        if found is None and mode in ("do", "read"):
            leg = place.partition(".")[0]
            found = next(((n, one) for n, one in alike if one.place.partition(".")[0] == leg), None)
        if found is None:
            return None
        self._used.append(found[0])
        return found[1]

    def _said(self, command: Schedule, found: Outcome) -> Input:
        entry = found.entry
        if entry.kind is Kind.REFUSED:
            detail = {"reason": entry.data.get("reason", "")}
            return CallFailed(command.id, "BusinessRefusal", str(entry.data.get("message", "")), detail)
        if entry.kind in (Kind.FAILED, Kind.REMAINS):
            error = str(entry.data.get("error", "Unavailable"))
            return CallFailed(command.id, error, str(entry.data.get("message") or entry.data.get("why") or ""))
        result = self._result(command, found)
        if entry.kind is Kind.PROBED:
            return CallDone(command.id, {"found": bool(entry.data.get("found")), "result": result})
        return CallDone(command.id, result)

    def _result(self, command: Schedule, found: Outcome) -> Any:
        """What a call gave: on record under its effect key, or among the answers to reads."""
        if found.entry.kind is Kind.PROBED and not found.entry.data.get("found"):
            return None
        if found.mode == "undo":
            return self.recorded.intents.get(found.effect) or {}
        if found.effect:
            given = self.recorded.intents.get(found.effect)
            if given is None:
                raise NotToldError(f"what {found.op} at {found.place} gave is not on record")
            return given
        return self._answer(command)

    def _answer(self, command: Schedule) -> Any:
        given = [one for one in self.recorded.answers if one["operation"] == command.name]
        exact = next((one for one in given if one["activity"] == command.id), None)
        same = [one for one in given if one["args"] == digest(command.payload.get("args"))]
        if not given:
            raise NotToldError(f"what {command.name} answered is not on record")
        return (exact or (same or given)[-1])["result"]

    def _watched(self, command: Schedule, now: datetime) -> tuple[timedelta, Input]:
        """A document is read again: as it was then, reckoned from what happened before."""
        args = digest(command.payload.get("args"))
        given = [one for one in self.recorded.answers if one["operation"] == command.name and one["args"] == args]
        exact = next((one for one in given if one["activity"] == command.id), None)
        if exact is not None and self._near(exact, now):
            return exact["at"] - exact["asked"], CallDone(command.id, exact["result"])
        known = [(moved, one) for one in given if (moved := self.moved(one["at"])) is not None]
        before = [one for moved, one in known if moved <= now + SOON]
        if not given:
            raise NotToldError(f"what {command.name} read at {command.id} is not on record")
        return SOON, CallDone(command.id, (before or given[:1])[-1]["result"])

    def _near(self, answer: Record, now: datetime) -> bool:
        moved = self.moved(answer["asked"])
        return moved is not None and abs(moved - now) <= max(SOON, answer["slack"])

    def _made_up(self, command: Schedule, now: datetime) -> Any:
        if command.payload.get("mode") == "probe":
            return {"found": False, "result": None}
        try:
            return self.books.take(command.name, command.payload.get("args") or {}, now)
        except Exception as error:
            raise NotToldError(f"nothing tells what {command.name} at {command.id} would have answered") from error

    # --- people

    def _people(self, command: Schedule) -> list[tuple[timedelta, Input]]:
        level, task = command.payload["levels"][0], command.payload["task"]
        name = f"{task}/{level['name']}"
        if name in self._open:  # asked again for the same level: it is handed to others
            return [(SOON, self._handed_to(command, level, name))]
        found = self._asking(task.rpartition("#")[0], level["name"])
        if found is None:
            return self._assumed(command, level)
        self._open[name] = found
        answer = {"candidates": {level["name"]: found.candidates}, "standing": {level["name"]: found.standing}}
        heard: list[tuple[timedelta, Input]] = [(found.offered or SOON, CallDone(command.id, answer))]
        heard += [(delay, Decide(_decision(command, said))) for delay, said in found.said]
        heard += [(delay, _passed(command, done)) for delay, done in found.passed]
        return heard + [(delay, Act(_act(command, done))) for delay, done in found.acted]

    def _handed_to(self, command: Schedule, level: Record, name: str) -> Input:
        self._handed[name] += 1
        handed = self._open[name].handed
        people = handed[self._handed[name] - 1] if self._handed[name] <= len(handed) else self._open[name].candidates
        return CallDone(command.id, {"candidates": {level["name"]: people}})

    def _asking(self, place: str, level: str) -> Asking | None:
        for number, one in enumerate(self.recorded.askings):
            if number not in self._asked and (one.place, one.level) == (place, level):
                self._asked.append(number)
                return one
        return None

    def _assumed(self, command: Schedule, level: Record) -> list[tuple[timedelta, Input]]:
        """Nobody was asked this: those of the same kind decide in their usual time, and approve."""
        source = level["source"]
        usual, count = self.habits.of(source)
        alike = next((one.candidates for one in self.recorded.askings if one.source == source and one.candidates), None)
        people = alike or [f"{spelled(source)}#{number}" for number in range(1, max(2, level["votes"] + 1))]
        of = f"the median of {count} recorded decisions" if count else "no decision is on record"
        self.assumed[f"level {level['name']} ({spelled(source)}) approves after {usual} ({of})"] += 1
        heard: list[tuple[timedelta, Input]] = [(SOON, CallDone(command.id, {"candidates": {level["name"]: people}}))]
        for number, person in enumerate(people[: level["votes"] or len(people)]):
            said = {"id": f"{command.id}-{level['name']}-{number}", "decision": "approve", "actor": person}
            heard.append((max(usual, 2 * SOON), Decide(_decision(command, said))))
        return heard


def _decision(command: Schedule, said: Record) -> Decision:
    return Decision.model_validate(
        {
            "id": said["id"], "task": command.payload["task"], "decision": said["decision"], "actor": said["actor"],
            "digest": command.payload["digest"], "comment": said.get("comment") or "",
            "expires": "2099-01-01T00:00:00Z",
        }
    )  # fmt: skip


def _passed(command: Schedule, done: Record) -> Input:
    """A transfer, a delegation and the like; whoever was delegated to says what they think by deciding."""
    if done["how"] == "delegate_back":
        opinion = str(done.get("why") or "").removeprefix("would ").replace(" ", "_")
        return Decide(_decision(command, {**done, "decision": opinion}))
    return Act(_act(command, {**done, "action": done["how"]}))


def _act(command: Schedule, done: Record) -> TaskAct:
    ticks = dict.fromkeys(done.get("ticks") or {}, True)
    return TaskAct.model_validate(
        {
            "id": done["id"], "task": command.payload["task"], "action": done["action"], "actor": done["actor"],
            "to": done.get("to") or "", "values": done.get("values") or {}, "ticks": ticks,
            "comment": done.get("comment") or "", "expires": "2099-01-01T00:00:00Z",
        }
    )  # fmt: skip


def _input(one: Heard) -> Input:
    if one.event is not None:
        return EventArrived(Event.model_validate(one.event))
    wish = {name: value for name, value in (one.wish or {}).items() if name != "outcome"}
    return Intervene(Intervention.model_validate({"expires": "2099-01-01T00:00:00Z", **wish}))


def _deal(values: Record) -> Record:
    return next((one for one in values.values() if isinstance(one, dict) and "net" in one), {})
