"""Intents on record: plan, send under a fence, and how it came out. Each function is one compare-and-set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from ltc.ports.store import DocumentRef, Intent, IntentMismatch
from ltc.store.appending import raise_alarm
from ltc.store.columns import db_now, insert_new
from ltc.store.records import INTENTS
from ltc.store.view_tables import VIEW_TABLES

_I = INTENTS.c
READ_BACK = ""  # in the place of a body's digest: it was lost
_READ_AS = {"certain": "confirmed", "scheduled": "unknown", "unknown": "unknown"}


def _read(row: RowMapping) -> Intent:
    document = DocumentRef(system=row["system"], type=row["type"], id=row["document"]) if row["document"] else None
    return Intent(
        key=row["key"], chain=row["chain"], operation=row["operation"], body_digest=row["body_digest"],
        state=row["state"], attempt=row["attempt"], fence=row["fence"], sent_at=row["sent_at"], document=document,
        result=row["result"], note=row["note"],
    )  # fmt: skip


def get(connection: Connection, key: str, lock: bool = False) -> Intent | None:
    """Return an intent by its effect key; with ``lock``, nobody else changes it before this transaction ends."""
    query = select(INTENTS).where(_I.key == key)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return _read(row) if row else None


def of_chain(connection: Connection, chain: str) -> list[Intent]:
    """Return the intents of a chain in the order they were planned."""
    rows = connection.execute(select(INTENTS).where(_I.chain == chain).order_by(_I.planned_at, _I.key))
    return [_read(row) for row in rows.mappings()]


def plan(connection: Connection, key: str, chain: str, operation: str, body_digest: str) -> Intent:
    """Insert the intent or get the one there, and take a new fence."""
    blank = {"attempt": 0, "fence": 1, "sent_at": None, "settled_at": None, "result": None, "note": ""}
    row = {"key": key, "chain": chain, "operation": operation, "body_digest": body_digest, "state": "planned", **blank}
    document = {"system": "", "type": "", "document": ""}
    if insert_new(connection, INTENTS, {**row, **document, "planned_at": db_now()}):
        return Intent(key=key, chain=chain, operation=operation, body_digest=body_digest, state="planned", fence=1)
    there = get(connection, key, lock=True)
    if there is None or not _fits(there, operation, body_digest):
        was = f"{there.operation} with body {there.body_digest}" if there else "nothing"
        raise IntentMismatch(
            f"effect key {key} of chain {chain} was planned for {was}, now for {operation} with body {body_digest}; "
            "correct the step: a new generation gets a new key"
        )
    connection.execute(update(INTENTS).where(_I.key == key).values(fence=_I.fence + 1, body_digest=body_digest))
    found = get(connection, key)
    assert found is not None
    return found


def _fits(there: Intent, operation: str, body_digest: str) -> bool:
    """Tell whether an intent may be planned again. What was refused, so is absent, may be asked for otherwise."""
    same = there.body_digest in (body_digest, READ_BACK)
    return there.operation == operation and (same or there.state == "absent")


def lost(connection: Connection, chain: str) -> list[dict[str, Any]]:
    """Return the intents that the effects of a chain must have had, by its trail, where none is on record.

    What was done is confirmed, its result is asked for by a probe; of what was under way the outcome is not known. With
    which body it was sent the trail does not say.
    """
    effects, known = VIEW_TABLES["effects"].c, select(_I.key).where(_I.chain == chain)
    query = select(VIEW_TABLES["effects"]).where(effects.chain == chain, effects.status.in_(tuple(_READ_AS)))
    blank = {"attempt": 0, "fence": 1, "sent_at": None, "settled_at": None, "result": None, "note": "read back"}
    return [
        {"key": row["effect"], "chain": chain, "operation": row["op"], "body_digest": READ_BACK,
         "state": _READ_AS[row["status"]], "system": row["system"], "type": row["type"].lower(),
         "document": row["document"], **blank}
        for row in connection.execute(query.where(effects.effect.not_in(known))).mappings()
    ]  # fmt: skip


def put_back(connection: Connection, rows: list[dict[str, Any]]) -> int:
    """Insert intents that were lost; one that is there meanwhile stays. Returns how many were inserted."""
    return sum(insert_new(connection, INTENTS, {**row, "planned_at": db_now()}) for row in rows)


def mark_sent(connection: Connection, key: str, attempt: int, fence: int) -> bool:
    """Say that the request leaves now, if this is the newest fence and nothing may be under way."""
    where = (_I.key == key) & (_I.fence == fence) & _I.state.in_(("planned", "absent"))
    changes: dict[str, Any] = {"state": "sent", "attempt": attempt, "sent_at": db_now(), "settled_at": None}
    return connection.execute(update(INTENTS).where(where).values(**changes)).rowcount == 1


def confirm(connection: Connection, key: str, document: DocumentRef | None, result: dict[str, Any] | None) -> None:
    """Record that the effect took place. Another document under a confirmed key: an effect was done twice."""
    there = get(connection, key, lock=True)
    if there is None:
        raise IntentMismatch(f"effect key {key} was never planned; plan an intent before the effect")
    if there.state == "confirmed":
        if document is not None and there.document is not None and document != there.document:
            detail = {"key": key, "first": there.document.model_dump(), "second": document.model_dump()}
            raise_alarm(connection, there.chain, "effect_twice", detail)
        return
    named = {"system": document.system, "type": document.type, "document": document.id} if document else {}
    connection.execute(
        update(INTENTS).where(_I.key == key).values(state="confirmed", result=result, settled_at=db_now(), **named)
    )


def settle(connection: Connection, key: str, state: str, fence: int | None, note: str = "") -> bool:
    """Mark an intent absent, unknown or with a human; what is confirmed stays so. False: nothing changed."""
    where = (_I.key == key) & (_I.state != "confirmed")
    if fence is not None:
        where &= _I.fence == fence
    changes: dict[str, Any] = {"state": state, "settled_at": db_now(), **({"note": note} if note else {})}
    return connection.execute(update(INTENTS).where(where).values(**changes)).rowcount == 1


def elapsed_since_sent(connection: Connection, key: str) -> timedelta | None:
    """Return the time since the request left, by the database's clock."""
    row = connection.execute(select(_I.sent_at, db_now().label("now")).where(_I.key == key)).first()
    if row is None or row.sent_at is None:
        return None
    elapsed: timedelta = row.now - row.sent_at
    return elapsed
