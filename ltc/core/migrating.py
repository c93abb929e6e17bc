"""Moving a chain at rest to another plan or to newer calendars: checked, recorded, and in one turn or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ltc.core import asked, reaiming
from ltc.core.commands import Repin
from ltc.core.fitting import examine
from ltc.core.state import LegState, State, Version, dump, load
from ltc.core.turn import Setting, Turn
from ltc.definition.plan import Plan
from ltc.definition.plan_nodes import undo_of
from ltc.definition.worktime import CalendarWindow
from ltc.model.ids import digest
from ltc.model.messages import Answer, Intervention
from ltc.model.trail import Kind

_WINDOWS: TypeAdapter[dict[str, CalendarWindow]] = TypeAdapter(dict[str, CalendarWindow])
_PLACED = ("visits", "generations", "rounds", "ladders")  # counts under the names of places
_NAMING = ("node", "place", "awaits", "on", "first")  # fields that name a place or a step
# What documents, people and earlier entries say is theirs.
_FOREIGN = (
    "undelivered", "results", "collections", "items", "input", "events", "args", "figures", "payload", "detail",
    "override", "rates", "early",
)  # fmt: skip


def objection(setting: Setting, state: State, wish: Intervention) -> Answer | None:
    """Say why a chain cannot be moved; nothing when it can.

    Asked before an Update is taken, and never when it is replayed: rules may grow stricter, what was taken stays taken.
    """
    try:
        plan, windows = Plan.model_validate(wish.plan), _WINDOWS.validate_python(wish.windows or {})
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "plan"
        return asked.refuse(f"the plan cannot be read: {where}: {error.errors()[0]['msg']}")
    problem = _no_way_back(state, plan) if wish.action == "revert" else ""
    problem = problem or _wrong_plan(setting, state, wish, plan, windows)
    if problem:
        return asked.refuse(problem)
    fit = examine(setting.plan, plan, state, _renames(state, wish))
    if fit.status == "blocked":
        return asked.refuse("; ".join(fit.reasons)[:2000], "in_flight" if fit.flying else "refused")
    return None


def _no_way_back(state: State, plan: Plan) -> str:
    if not state.versions:
        return "the chain was never moved to another plan; there is nothing to go back to"
    before = state.versions[-1]
    since = [leg for leg, one in state.legs.items() if one.visit > before.legs.get(leg, 0)]
    if since:
        return f"since it was moved, the chain has entered {', '.join(since)}; it cannot go back"
    if plan.digest != before.digest:
        return f"going back leads to plan {before.digest[:12]}, not {plan.digest[:12]}"
    return ""


def _renames(state: State, wish: Intervention) -> dict[str, str]:
    """Return what steps are called otherwise: as said, or, going back, the other way round."""
    if wish.action == "revert":
        return {now: was for was, now in state.versions[-1].renames.items()}
    return wish.renames


def move(turn: Turn, wish: Intervention) -> Answer:
    """Move the chain to the plan given, or back. Nothing has been objected to."""
    plan, windows = Plan.model_validate(wish.plan), _WINDOWS.validate_python(wish.windows or {})
    renames = _renames(turn.state, wish)
    if wish.action == "revert":
        turn.state.versions.pop()
    else:
        legs = {name: one.visit for name, one in turn.state.legs.items()}
        turn.state.versions.append(Version(turn.plan.digest, legs, dict(renames)))
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
    short = _too_late(turn.state, turn.plan, windows)
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


def _too_late(state: State, plan: Plan, windows: dict[str, CalendarWindow]) -> str:
    """Why calendars do not do: an open clock began before they do, and the days before would be taken for ordinary."""
    for clock in state.slas.values():
        sla = plan.slas.get(clock.sla)
        window = windows.get(sla.calendar) if sla else None
        if window is not None and window.since > clock.started.date():
            return f"calendar {window.name} begins {window.since}, after {clock.id} did; cut it from an earlier day"
    return ""


def _wrong_plan(
    setting: Setting, state: State, wish: Intervention, plan: Plan, windows: dict[str, CalendarWindow]
) -> str:
    if wish.was != setting.plan.digest:
        return f"the chain runs plan {setting.plan.digest[:12]}, not {wish.was[:12] or 'none'}; look again"
    if plan.digest == setting.plan.digest:
        return f"the chain runs plan {plan.digest[:12]} already"
    given = {name: value for name, value in (wish.plan or {}).items() if name != "digest"}
    if plan.digest != digest(given):  # as it was written: a newer program knows of keys that it does not have
        return f"the plan is not the one that its digest {plan.digest[:12]} names"
    needed = dict.fromkeys([plan.calendar, *(sla.calendar for sla in plan.slas.values())])
    lacking = [name for name in needed if name and name not in windows]
    if lacking:
        return f"the calendars {', '.join(lacking)} are not with the plan"
    return _too_late(state, plan, windows)


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
    _pin(turn, plan, windows, _promises(turn.plan, renames))


def _keep_undo(turn: Turn) -> None:
    """What has taken effect is undone as it was pinned then, with the operations pinned then."""
    for effect in turn.state.effects:
        if effect.undo is None:
            effect.undo = undo_of(turn.plan.nodes[effect.node])
        for name in [effect.op, *(call.op for call in (effect.undo.calls if effect.undo else []))]:
            if name in turn.plan.operations:
                turn.state.operations.setdefault(name, turn.plan.operations[name])


def _pin(turn: Turn, plan: Plan, windows: dict[str, CalendarWindow], promises: dict[str, str]) -> None:
    before, turn.setting = turn.setting, replace(turn.setting, plan=plan, windows=windows)
    turn.commands.append(Repin(plan, windows))
    reaiming.deadlines(turn, before, promises)


def _promises(plan: Plan, renames: dict[str, str]) -> dict[str, str]:
    """Return the promises that hold a step's name in their ids: ``step:leg.step``, ``level:leg.step:level``."""
    return {name: ":".join(renames.get(part, part) for part in name.split(":")) for name in plan.slas}


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
