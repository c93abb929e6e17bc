"""Moving a chain at rest to another plan or to newer calendars: checked, recorded, and in one turn or not at all."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from ltc.core import asked, reaiming
from ltc.core.commands import Repin
from ltc.core.fitting import Fit, examine
from ltc.core.state import LegState, State, Version, dump, load
from ltc.core.turn import Setting, Turn
from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow
from ltc.model.ids import digest
from ltc.model.messages import Answer, Intervention
from ltc.model.trail import Kind

_WINDOWS: TypeAdapter[dict[str, CalendarWindow]] = TypeAdapter(dict[str, CalendarWindow])
_PLACED = ("visits", "generations", "rounds")  # counts under the names of places
_NAMING = ("node", "place", "awaits", "on", "first")  # fields that name a place or a step
# What documents, people and earlier entries say is theirs.
_FOREIGN = (
    "undelivered", "results", "collections", "items", "input", "events", "args", "figures", "payload", "detail",
    "override", "rates",
)  # fmt: skip


def migrate(turn: Turn, wish: Intervention) -> Answer:
    """Move the chain to the plan given, or say every reason why it cannot be."""
    read = _read(wish)
    if isinstance(read, Answer):
        return read
    plan, windows = read
    problem = _wrong_plan(turn, wish, plan, windows)
    if problem:
        return asked.refuse(problem)
    fit = examine(turn.plan, plan, turn.state, wish.renames)
    if fit.status == "blocked":
        return _blocked(fit)
    _note_version(turn, wish.renames)
    _move(turn, wish, plan, windows, wish.renames)
    return asked.ACCEPTED


def revert(turn: Turn, wish: Intervention) -> Answer:
    """Go back to the plan before the newest move, as long as no leg has been entered since."""
    read = _read(wish)
    if isinstance(read, Answer):
        return read
    plan, windows = read
    if not turn.state.versions:
        return asked.refuse("the chain was never moved to another plan; there is nothing to go back to")
    before = turn.state.versions[-1]
    since = [leg for leg, one in turn.state.legs.items() if one.visit > before.legs.get(leg, 0)]
    if since:
        return asked.refuse(f"since it was moved, the chain has entered {', '.join(since)}; it cannot go back")
    renames = {now: was for was, now in before.renames.items()}
    problem = _wrong_plan(turn, wish, plan, windows)
    if not problem and plan.digest != before.digest:
        problem = f"going back leads to plan {before.digest[:12]}, not {plan.digest[:12]}"
    if problem:
        return asked.refuse(problem)
    fit = examine(turn.plan, plan, turn.state, renames)
    if fit.status == "blocked":
        return _blocked(fit)
    turn.state.versions.pop()
    _move(turn, wish, plan, windows, renames)
    return asked.ACCEPTED


def recalendar(turn: Turn, wish: Intervention) -> Answer:
    """Reckon the open deadlines by newer calendars. Calendars that the chain does not use are passed over."""
    try:
        given = _WINDOWS.validate_python(wish.windows or {})
    except ValidationError as error:
        return asked.refuse(f"the calendars cannot be read: {error.errors()[0]['msg']}")
    known = turn.setting.windows
    windows = {name: one for name, one in given.items() if name in known and _newer(known[name], one)}
    if not windows:
        return asked.refuse("the chain has these calendars already")
    short = _too_late(turn, turn.plan, windows)
    if short:
        return asked.refuse(short)
    versions = {name: [known[name].version[:12], one.version[:12]] for name, one in windows.items()}
    asked.record(turn, wish, calendars=sorted(windows))
    turn.log(Kind.RECALENDARED, calendars=versions, actor=wish.actor, reason=wish.reason)
    _pin(turn, turn.plan, {**known, **windows}, {})
    return asked.ACCEPTED


def _newer(known: CalendarWindow, given: CalendarWindow) -> bool:
    """Tell whether a calendar says other days, or reaches further; the same one cut elsewhere is not newer."""
    return known.version != given.version or given.until > known.until


def _too_late(turn: Turn, plan: Plan, windows: dict[str, CalendarWindow]) -> str:
    """Why calendars do not do: an open clock began before they do, and the days before would be taken for ordinary."""
    for clock in turn.state.slas.values():
        sla = plan.slas.get(clock.sla)
        window = windows.get(sla.calendar) if sla else None
        if window is not None and window.since > clock.started.date():
            return f"calendar {window.name} begins {window.since}, after {clock.id} did; cut it from an earlier day"
    return ""


def _read(wish: Intervention) -> tuple[Plan, dict[str, CalendarWindow]] | Answer:
    try:
        return Plan.model_validate(wish.plan), _WINDOWS.validate_python(wish.windows or {})
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "plan"
        return asked.refuse(f"the plan cannot be read: {where}: {error.errors()[0]['msg']}")


def _wrong_plan(turn: Turn, wish: Intervention, plan: Plan, windows: dict[str, CalendarWindow]) -> str:
    if wish.was != turn.plan.digest:
        return f"the chain runs plan {turn.plan.digest[:12]}, not {wish.was[:12] or 'none'}; look again"
    if plan.digest == turn.plan.digest:
        return f"the chain runs plan {plan.digest[:12]} already"
    if plan.digest != digest(plan.model_dump(mode="json", exclude={"digest"})):
        return f"the plan is not the one that its digest {plan.digest[:12]} names"
    needed = dict.fromkeys([plan.calendar, *(sla.calendar for sla in plan.slas.values())])
    lacking = [name for name in needed if name and name not in windows]
    if lacking:
        return f"the calendars {', '.join(lacking)} are not with the plan"
    return _too_late(turn, plan, windows)


def _blocked(fit: Fit) -> Answer:
    return asked.refuse("; ".join(fit.reasons)[:2000], "in_flight" if fit.flying else "refused")


def _note_version(turn: Turn, renames: dict[str, str]) -> None:
    legs = {name: one.visit for name, one in turn.state.legs.items()}
    turn.state.versions.append(Version(turn.plan.digest, legs, dict(renames)))


def _move(
    turn: Turn, wish: Intervention, plan: Plan, windows: dict[str, CalendarWindow], renames: dict[str, str]
) -> None:
    asked.record(turn, wish, plan=plan.digest[:12])
    turn.log(
        Kind.MIGRATED, was=turn.plan.digest[:12], plan=plan.digest[:12], actor=wish.actor, reason=wish.reason,
        renames=renames, back=wish.action == "revert",
    )  # fmt: skip
    _keep_undo(turn)
    turn.state = renamed(turn.state, renames)
    legs = {leg.id: turn.state.legs.get(leg.id) or LegState() for leg in plan.legs}
    turn.state.legs = {**legs, **{one.id: turn.state.legs.get(one.id) or LegState("done") for one in plan.sides}}
    for name in plan.collections:
        turn.state.collections.setdefault(name, {})
    _pin(turn, plan, windows, _promises(renames))


def _keep_undo(turn: Turn) -> None:
    """What has taken effect is undone as it was pinned then, with the operations pinned then."""
    for effect in turn.state.effects:
        if effect.undo is None:
            effect.undo = getattr(turn.plan.nodes[effect.node], "undo", None)
        for name in [effect.op, *(call.op for call in (effect.undo.calls if effect.undo else []))]:
            if name in turn.plan.operations:
                turn.state.operations.setdefault(name, turn.plan.operations[name])


def _pin(turn: Turn, plan: Plan, windows: dict[str, CalendarWindow], promises: dict[str, str]) -> None:
    before, turn.setting = turn.setting, Setting(plan, windows, turn.setting.clock)
    turn.commands.append(Repin(plan, windows))
    reaiming.deadlines(turn, before, promises)


def _promises(renames: dict[str, str]) -> dict[str, str]:
    """Return the ids of a step's promises, which hold its name: ``step:leg.step``, ``level:leg.step:level``."""
    return {f"step:{was}": f"step:{now}" for was, now in renames.items()}


def renamed(state: State, renames: dict[str, str]) -> State:
    """Return a state in which steps are called otherwise, wherever it speaks of them."""
    if not renames:
        return state
    found: State = load(_names(dump(state), renames, ""))
    return found


def _names(value: Any, renames: dict[str, str], key: str) -> Any:
    """Walk over a state's JSON values; only fields that hold places and ids of steps are touched."""
    if isinstance(value, dict):
        if key in _PLACED:
            return {_place(name, renames): one for name, one in value.items()}
        if key in _FOREIGN:
            return value
        return {name: _names(one, renames, name) for name, one in value.items()}
    if isinstance(value, list):
        return value if key in _FOREIGN else [_names(one, renames, key) for one in value]
    return _place(value, renames) if isinstance(value, str) and key in _NAMING else value


def _place(place: str, renames: dict[str, str]) -> str:
    """Rename in ``leg.step``, ``leg[item].step``, with what an amendment or a level adds behind it."""
    head, dot, rest = place.rpartition(".")
    leg = head.partition("[")[0]
    cut = next((at for at, letter in enumerate(rest) if letter in "~:#/"), len(rest))
    found = renames.get(f"{leg}.{rest[:cut]}")
    return f"{head}{dot}{found.split('.', 1)[1]}{rest[cut:]}" if dot and found else place
