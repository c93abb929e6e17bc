"""Why a chain does not move: a reason with a name, since when, who owns it, what comes next, what may be done; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ltc.model.ids import place
from ltc.model.trail import RESTS
from ltc.store.rows import ChainView, Row
from ltc.store.stuck_facts import (
    OPERATORS,
    REASONS,
    Asked,
    EngineFacts,
    Stuck,
    WorkingTime,
    held_at,
    say,
    sent_once,
    where_of,
)
from ltc.store.stuck_flights import compensating, faults, flights, unheard


def classify(
    view: ChainView,
    now: datetime,
    wall: datetime,
    engine: EngineFacts,
    working: WorkingTime | None = None,
    started: datetime | None = None,
) -> list[Stuck]:
    """Say why a chain does not move; nothing if it has ended or moves as promised.

    ``now`` is business time, ``wall`` real time. ``started`` tells of a chain without a trail that its start is on
    record. The first answer is the one that must be dealt with first.
    """
    if view.head["ended"] is not None:
        return []
    asked = Asked(
        view, now, wall,
        tuple(one for one in engine.pending if one.chain == view.chain),
        tuple(one for one in engine.failures if one.chain == view.chain),
        engine.pollers, working, started,
    )  # fmt: skip
    if not view.known:
        return [] if started is None else [*faults(asked), *unheard(asked)]
    found = [one for rule in (_held, _resting, faults, flights, compensating, _overdue, _late) for one in rule(asked)]
    return sorted(found, key=lambda one: REASONS.index(one.reason))


# People: what is held, what is overdue


def _held(asked: Asked) -> Iterator[Stuck]:
    for _, row in asked.view.each("holds"):
        if row["released"] is None:
            yield say(
                asked, "held", row["since"], **where_of(row), owner=row["owner"] or OPERATORS, detail=_hold_detail(row),
                next="", allowed=_hold_allowed(asked, row),
            )  # fmt: skip


def _hold_detail(row: Row) -> str:
    detail = row["detail"] if isinstance(row["detail"], dict) else {}
    known = sorted((name, value) for name, value in detail.items() if isinstance(value, str | int))
    told = [str(value) if name == "message" else f"{name} {value}" for name, value in known]
    return ": ".join([row["reason"], ", ".join(told)]) if told else str(row["reason"])


_UNDOING = {"by_hand": ["release"], "past_pivot": ["cancel"]}  # anything else is what remains


def _hold_allowed(asked: Asked, row: Row) -> list[str]:
    if asked.view.head["compensating_since"] is not None:
        return _UNDOING.get(row["reason"], ["retry", "skip"])
    if row["scope"] == "chain" and row["reason"] == "unknown_outcome":
        return ["retry", "skip", "correct", "cancel"]
    if row["scope"] == "chain" or (row["reason"] == "sla" and not row["step"]):  # a whole place: no step to try again
        return ["release", "cancel", "extend"]
    if sent_once(row):
        return ["skip", "correct", "cancel"]
    return [*_STEPS[_kind(asked.view, row)], "release", "cancel"]


# What may be done with a step that is held; an approval is decided by its approvers, whatever an operator wishes.
_STEPS = {"wait": ["retry", "skip"], "task": ["retry", "skip"], "approval": ["retry"], "": ["retry", "skip", "correct"]}
_OF_PEOPLE = {"no_approver": "approval", "nobody_assigned": "task", "deciding": "approval", "tasked": "task"}


def _kind(view: ChainView, row: Row) -> str:
    """What kind of step is held, as far as it matters; empty for a call."""
    place = (row["leg"], row["item"], row["step"])
    if any(key[:3] == place for key, _ in view.each("waits")):
        return "wait"
    was = row["detail"].get("was", "") if isinstance(row["detail"], dict) else ""
    known = _OF_PEOPLE.get(row["reason"]) or _OF_PEOPLE.get(was)  # its task may be closed, and not looked at
    asked = [one for _, one in view.each("tasks") if (one["leg"], one["item"], one["step"]) == place]
    return known or ("" if not asked else "approval" if asked[-1]["work"] is None else "task")


def _resting(asked: Asked) -> Iterator[Stuck]:
    """A ladder reminds nobody while its claim is disputed or blocked: it goes on when somebody has seen to that."""
    for (leg, item, step), row in asked.view.each("waits"):
        where = {"leg": str(leg), "item": str(item), "step": str(step)}
        if row["state"] != "resting" or held_at(asked, where):
            continue
        why = str(row["until"]).removeprefix(RESTS)
        yield say(
            asked, "held", row["since"], **where, owner=OPERATORS, detail=f"dunning rests: {why}", next="",
            allowed=[*(["settle"] if why == "dispute" else []), "skip", "hold", "cancel"],
        )  # fmt: skip


_DECIDE = ["approve", "reject", "send_back", "extend", "hold", "cancel"]
_DO = ["claim", "complete", "release", "skip", "extend", "hold", "cancel"]


def _overdue(asked: Asked) -> Iterator[Stuck]:
    for (task, level), row in asked.view.each("tasks"):
        if row["state"] != "open":
            continue
        here = place(row["leg"], row["item"], row["step"])
        late = _breached(asked, row, f"{here}:{level}" if level else here)
        if late is not None:
            people = ", ".join(row["candidates"] or []) or _asked(row)
            yield say(
                asked, "human_overdue", late["deadline"], **where_of(row), owner=people,
                detail=f"{task}{f' level {level}' if level else ''} is due since {late['deadline'].isoformat()}",
                **_coming(asked, late), allowed=_DO if row["work"] else _DECIDE,
            )  # fmt: skip


def _asked(row: Row) -> str:
    """Say who decides while the trail has not named the people yet."""
    source = row["source"] if isinstance(row["source"], dict) else {}
    if "role" in source:
        return f"role:{source['role']}"
    if "manager_of" in source:
        return f"the manager of {source['manager_of']}"
    if "owner_of" in source:
        return f"the owner of {source['owner_of']}"
    return str(source.get("person") or source.get("external") or OPERATORS)


def _late(asked: Asked) -> Iterator[Stuck]:
    for (leg, item, step), row in asked.view.each("waits"):
        where = {"leg": str(leg), "item": str(item), "step": str(step)}
        if row["state"] != "waiting" or held_at(asked, where):
            continue
        over = row["deadline"] is not None and row["deadline"] <= asked.now
        late = _breached(asked, where, place(where["leg"], where["item"], where["step"]))
        if not over and late is None:
            continue
        since = row["deadline"] if over else late["deadline"] if late else None
        coming = {"next": "the wait times out", "next_at": row["deadline"]} if row["deadline"] and not over else {}
        yield say(
            asked, "event_late", since, **where, owner=_sender(row), detail=f"waits for {_events(row)}",
            **(coming or (_coming(asked, late) if late else {"next": "the wait times out now"})),
            allowed=["skip", "extend", "hold", "cancel"],
        )  # fmt: skip


def _events(row: Row) -> str:
    return " or ".join(str(one) for one in row["events"] or []) or "an event"


def _sender(row: Row) -> str:
    events = row["events"] or [""]
    return f"system:{str(events[0]).split('.', 1)[0]}" if events[0] else OPERATORS


def _breached(asked: Asked, where: Row | dict[str, str], on: str) -> Row | None:
    """Return the clock that has run out for a place: its own, its item's or leg's; else none."""
    late = []
    for _, row in asked.view.each("slas"):
        own = row["on_what"] == on
        around = row["on_what"] in (where["leg"], f"{where['leg']}[{where['item']}]")
        if (
            row["state"] == "running"
            and row["deadline"] is not None
            and row["deadline"] <= asked.now
            and (own or around)
        ):
            late.append((not own, row["deadline"], row))
    return min(late, key=lambda one: one[:2])[2] if late else None


def _coming(asked: Asked, late: Row) -> dict[str, Any]:
    """Say what a chain does by itself next: at its next deadline a clock warns, breaches or escalates."""
    at = asked.view.head["next_deadline"]
    if at is None or at <= asked.now:
        return {
            "next": f"nothing more: {late['rung']} escalations are taken"
            if late["rung"]
            else "escalation, if the definition has any"
        }
    return {"next": "the next deadline of the chain", "next_at": at}
