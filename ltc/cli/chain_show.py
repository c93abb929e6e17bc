"""`ltc chain show`: where a chain stands and why, in sections; what is empty is not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from ltc.cli.output import Column, col, heading, pairs, table
from ltc.cli.pieces import money
from ltc.cli.sentences import where
from ltc.cli.text import clean, moment, second, short, span

Record = dict[str, Any]


def amount(row: Record) -> str:
    """Return a chain's net amount, empty when it is not known."""
    return money({"minor": row["net"], "currency": row["currency"]}) if row.get("currency") else ""


def standing(row: Record) -> str:
    """Return a chain's state in words: ``running``, ``held``, ``completed``."""
    if row.get("state") != "ended":
        return clean(row.get("state"))
    return clean(row.get("outcome") or "ended")


def _place(row: Record) -> str:
    return clean(where({**row, "visit": 0}))


def _due(row: Record) -> str:
    if row.get("state") == "not_started":
        return f"not started: {short(row.get('why'), 100)}"
    if row.get("ended"):
        late = row.get("late") or 0
        return f"{row.get('state')}, {span(late)} late" if late else clean(row.get("state"))
    return f"{moment(row.get('deadline'))}{' BREACHED' if row.get('breached') else ''}"


def _events(row: Record) -> str:
    if row.get("state") == "delayed":
        return "delay"
    events = row.get("events") or []
    return clean(", ".join(map(str, events)) if isinstance(events, list) else events)


def _asked(row: Record) -> str:
    asked = row.get("candidates") or []
    people = asked.get(row.get("level"), []) if isinstance(asked, dict) else asked
    return clean(", ".join(map(str, people)))


def _votes(row: Record) -> str:
    return clean(", ".join(f"{vote.get('actor')} {vote.get('decision')}" for vote in row.get("decided_by") or []))


def _document(row: Record) -> str:
    return clean(f"{row.get('type') or ''} {row.get('document') or ''}".strip())


_AT = Column("AT", _place)
_OPEN_TASKS = (
    col("TASK", "task"), col("LEVEL", "level"), Column("ASKED", _asked), Column("DECIDED", _votes),
    col("SINCE", "opened", moment),
)  # fmt: skip
_HOLDS = (_AT, col("REASON", "reason"), col("RESTS WITH", "owner"), col("SINCE", "since", moment))
_STEPS = (_AT, col("OPERATION", "op"), col("MODE", "mode"), col("STATE", "state"), col("SINCE", "since", moment))
_WAITS = (
    _AT, Column("FOR", _events), col("UNTIL", "until", lambda value: short(value, 60)),
    col("AT MOST TO", "deadline", moment),
)  # fmt: skip
_SLAS = (col("SLA", "sla"), col("ITEM", "item"), Column("DUE", _due), col("STARTED", "started", moment))
_DOCUMENTS = (col("SYSTEM", "system"), col("TYPE", "type"), col("ID", "document"), col("VERSION", "version"), _AT)
_LEGS = (
    Column("LEG", _place), col("STATUS", "status"), col("ENTERED", "entered", moment), col("LEFT", "left_at", moment),
)  # fmt: skip
_EFFECTS = (
    _AT, col("OPERATION", "op"), col("STATUS", "status"), Column("DOCUMENT", _document), col("EFFECT KEY", "effect"),
    col("WHY", "why", lambda value: short(value, 60)),
)  # fmt: skip
_DECISIONS = (
    col("TASK", "task"), col("LEVEL", "level"), col("WHO", "actor"), col("SAID", "decision"),
    col("COMMENT", "comment", lambda value: short(value, 60)), col("AT", "at", moment),
)  # fmt: skip
_CHILDREN = (
    _AT, col("CHAIN", "child"), Column("STANDS", standing), col("STARTED", "started", moment),
    col("ENDED", "ended", moment),
)  # fmt: skip
_KEPT = (col("EVENT", "event"), col("ID", "event_id"), col("KEPT", "kept", moment))

_SECTIONS: tuple[tuple[str, str, tuple[Column, ...], Callable[[Record], bool]], ...] = (
    ("Holds", "holds", _HOLDS, lambda row: not row.get("released")),
    ("Open approvals", "tasks", _OPEN_TASKS, lambda row: row.get("state") == "open"),
    ("In flight", "steps", _STEPS, lambda row: True),
    ("Waits", "waits", _WAITS, lambda row: True),
    ("Promised times", "slas", _SLAS, lambda row: row.get("state") != "replaced"),
    ("Legs", "legs", _LEGS, lambda row: True),
    ("Chains it started", "children", _CHILDREN, lambda row: True),
    ("Decisions", "decisions", _DECISIONS, lambda row: True),
    ("Documents", "documents", _DOCUMENTS, lambda row: True),
    ("Undo list, newest first", "effects", _EFFECTS, lambda row: True),
    ("Events nobody waits for yet", "events_kept", _KEPT, lambda row: not row.get("taken")),
)


_ORDER: dict[str, Callable[[Record], Any]] = {
    "effects": lambda row: -int(row.get("ordinal") or 0),
    "legs": lambda row: (row.get("entered") or row.get("left_at") or "", row.get("item") or ""),
    "slas": lambda row: (row.get("ended") is not None, row.get("deadline") or ""),
}


def show(record: Record) -> None:
    """Print a chain with everything that is open about it, its documents and its undo list."""
    typer.secho(f"{clean(record['chain'])}  {standing(record)}", bold=True)
    pairs(_head(record))
    for why in record.get("stuck") or []:
        heading(f"Stuck: {why.get('reason', '')}")
        pairs(stuck_lines(why))
    for title, name, columns, wanted in _SECTIONS:
        rows = [row for row in record.get(name) or [] if wanted(row)]
        if name in _ORDER:
            rows.sort(key=_ORDER[name])
        if rows:
            heading(title)
            table(rows, columns)


def _head(record: Record) -> list[tuple[str, Any]]:
    past = "yes: what happened cannot be taken back without consent" if record.get("pivot") else ""
    gap = "part of the trail is missing; `ltc views heal` reads it again from Temporal" if record.get("gap") else ""
    return [
        ("process", record.get("process")), ("started by", record.get("parent")), ("plan", record.get("plan")),
        ("number", record.get("number")), ("customer", record.get("customer")),
        ("net", amount(record)), ("requested by", record.get("requester")), ("leg", record.get("leg")),
        ("reason", record.get("reason")), ("started", moment(record.get("started"))),
        ("ended", moment(record.get("ended"))), ("rests since", moment(record.get("rests_since"))),
        ("next deadline", moment(record.get("next_deadline"))), ("past the pivot", past), ("gap", gap),
    ]  # fmt: skip


def stuck_lines(why: Record) -> list[tuple[str, Any]]:
    """Return one answer of `ltc stuck` as name and value pairs."""
    worked = why.get("since_working")
    since = _at(why, "since") + (f" ({span(worked)} of working time)" if worked is not None else "")
    return [
        ("at", where(why)), ("what", why.get("detail")), ("since", since), ("rests with", why.get("owner")),
        ("next by itself", _next(why)), ("you may", ", ".join(why.get("allowed") or [])),
    ]  # fmt: skip


def _at(why: Record, name: str) -> str:
    """Return an instant of an answer; retries are in real time and quick, so they are told to the second."""
    return second(why.get(name)) if why.get("clock") == "wall" else moment(why.get(name))


def _next(why: Record) -> str:
    at = _at(why, "next_at")
    return f"{why.get('next') or 'nothing'}{f' at {at}' if at else ''}"
