"""What comes in at the doors, on record: starts, inbox, correlation, late events, audit, customer ids."""

from __future__ import annotations

import json
import zlib
from typing import Any

from sqlalchemy import Connection, insert, select, union_all, update

from ltc.model.ids import canonical, digest
from ltc.model.trail import Kind
from ltc.ports.store import DocumentRef, InboxEvent, InboxState, Route, Started, StartRequest
from ltc.store.archive.tables import ARCHIVED, place_of
from ltc.store.columns import ENCODER, Encoded, db_now, insert_new
from ltc.store.reading import fit
from ltc.store.records import AUDIT, CORRELATION, FEEDS, ID_MAP, INBOX, LATE_EVENTS, PLANS, STARTS, TRAIL
from ltc.store.rows import short
from ltc.store.view_tables import VIEW_TABLES


def deflate(value: Any) -> bytes:
    """Write a JSON value (or a text) deflated."""
    return zlib.compress(value.encode() if isinstance(value, str) else canonical(value), 6)


def inflate(packed: bytes) -> Any:
    """Read a JSON value that ``deflate`` wrote."""
    return json.loads(zlib.decompress(packed))


def record_start(connection: Connection, request: StartRequest) -> Started:
    """Insert the start, or find the one under the same business key; the plan is kept once per digest."""
    content = digest(request.input)
    row = {
        "chain": request.chain, "installation": request.installation, "process": request.process, "key": request.key,
        "plan_digest": request.plan_digest, "input_digest": content, "input": deflate(request.input),
        "source": request.source, "actor": request.actor, "at": db_now(), "confirmed": False, "heard": False,
    }  # fmt: skip
    created = insert_new(connection, STARTS, row)
    if created:
        plan = {"digest": request.plan_digest, "process": request.process, "first_used": db_now()}
        texts = {"definition": deflate(request.definition), "plan": deflate(request.plan)}
        insert_new(connection, PLANS, {**plan, **texts})
    there = connection.execute(
        select(STARTS).where(
            ((STARTS.c.installation == request.installation) & (STARTS.c.process == request.process))
            & (STARTS.c.key == request.key)
            | (STARTS.c.chain == request.chain)
        )
    ).one()
    return Started(
        chain=there.chain, created=created, same_input=there.input_digest == content, confirmed=there.confirmed,
        plan_digest=there.plan_digest, at=there.at,
    )  # fmt: skip


def confirm_start(connection: Connection, chain: str) -> None:
    """Record that Temporal has accepted the workflow."""
    connection.execute(update(STARTS).where(STARTS.c.chain == chain).values(confirmed=True))


def known_again(connection: Connection, chain: str, source: str) -> None:
    """Record that a chain whose start was read back is whole, and of which others that were read back it is the parent.

    Those came before it: nobody could tell then who had started them.
    """
    connection.execute(update(STARTS).where(STARTS.c.chain == chain).values(confirmed=True, heard=True))
    at = CORRELATION.c
    mine = select(at.document).where(at.chain == chain, at.system == "chain", at.type == "child")
    orphans = STARTS.c.chain.in_(mine) & (STARTS.c.source == source)
    connection.execute(update(STARTS).where(orphans).values(source=f"chain:{chain}", actor=chain))


def unconfirmed_starts(connection: Connection, limit: int) -> list[StartRequest]:
    """Return starts that were recorded but never confirmed: whoever recorded them may have died."""
    rows = connection.execute(
        select(STARTS, PLANS.c.definition, PLANS.c.plan)
        .join(PLANS, PLANS.c.digest == STARTS.c.plan_digest)
        .where(STARTS.c.confirmed.is_(False))
        .order_by(STARTS.c.at)
        .limit(limit)
    )
    return [_request(row._mapping) for row in rows]


def start_of(connection: Connection, chain: str) -> StartRequest | None:
    """Return what started a chain, with its plan and its input."""
    row = connection.execute(
        select(STARTS, PLANS.c.definition, PLANS.c.plan)
        .join(PLANS, PLANS.c.digest == STARTS.c.plan_digest)
        .where(STARTS.c.chain == chain)
    ).first()
    return _request(row._mapping) if row else None


def _request(row: Any) -> StartRequest:
    return StartRequest(
        chain=row["chain"], installation=row["installation"], process=row["process"], key=row["key"],
        plan_digest=row["plan_digest"], definition=zlib.decompress(row["definition"]).decode(),
        plan=inflate(row["plan"]), input=inflate(row["input"]), source=row["source"], actor=row["actor"],
    )  # fmt: skip


def receive(connection: Connection, event: InboxEvent) -> bool:
    """Insert an event, unique by (source, id)."""
    about = event.document or DocumentRef(system="", type="", id="")
    row = {
        "source": event.source, "event": short(fit(event.id)), "name": fit(event.name), "fields": _fields(event.fields),
        "system": about.system, "type": about.type, "document": short(fit(about.id)), "received": db_now(),
        "state": event.state, "chain": event.chain,
    }  # fmt: skip
    return insert_new(connection, INBOX, row)


def _fields(said: dict[str, Any]) -> Any:
    """Return fields as every database keeps them: what is no character is replaced."""
    text = ENCODER.encode(said)
    return Encoded(text if text.isascii() else text.encode("utf-8", "replace").decode())


def inbox(connection: Connection, state: InboxState, limit: int) -> list[InboxEvent]:
    """Return events in one state, oldest first."""
    rows = connection.execute(
        select(INBOX).where(INBOX.c.state == state).order_by(INBOX.c.received, INBOX.c.event).limit(limit)
    )
    return [_event(row) for row in rows]


def received(connection: Connection, source: str, event: str) -> InboxEvent | None:
    """Return an event of a source, by its id."""
    here = (INBOX.c.source == source) & (INBOX.c.event == short(fit(event)))
    row = connection.execute(select(INBOX).where(here)).first()
    return _event(row) if row else None


def _event(row: Any) -> InboxEvent:
    return InboxEvent(
        source=row.source, id=row.event, name=row.name, fields=row.fields, state=row.state, chain=row.chain,
        document=DocumentRef(system=row.system, type=row.type, id=row.document) if row.document else None,
        received=row.received,
    )  # fmt: skip


def mark_event(connection: Connection, source: str, event: str, state: InboxState, chain: str, why: str) -> None:
    """Record what became of an event; a late one waits for its owner."""
    where = (INBOX.c.source == source) & (INBOX.c.event == event)
    connection.execute(update(INBOX).where(where).values(state=state, chain=chain))
    if state == "late":
        row = {"source": source, "event": event, "chain": chain, "owner": "role:operator", "why": why}
        insert_new(connection, LATE_EVENTS, {**row, "at": db_now(), "closed": None, "closed_by": ""})


def leave_to_people(connection: Connection, chain: str, event: str) -> None:
    """An event that a chain kept to its end, and that nothing took, is late; ``event`` is as the chain knows it."""
    parts = event.split(":")
    for place in range(1, len(parts)):  # a source, or an id there, may hold colons itself
        source, number = ":".join(parts[:place]), ":".join(parts[place:])
        if received(connection, source, number):
            mark_event(connection, source, number, "late", chain, "the chain ended, and nothing had taken it")


def cursor(connection: Connection, source: str) -> str:
    """Return how far a source's feed has been read; empty at its beginning."""
    return connection.execute(select(FEEDS.c.cursor).where(FEEDS.c.source == source)).scalar() or ""


def move_cursor(connection: Connection, source: str, to: str) -> None:
    """Record how far a source's feed has been read."""
    row = {"source": source, "cursor": to, "at": db_now()}
    if not insert_new(connection, FEEDS, row):
        connection.execute(update(FEEDS).where(FEEDS.c.source == source).values(cursor=to, at=db_now()))


def deliver_again(connection: Connection, chain: str) -> int:
    """Make the events that were delivered to a chain new again; return how many there are."""
    where = (INBOX.c.chain == chain) & (INBOX.c.state == "routed")
    return connection.execute(update(INBOX).where(where).values(state="new")).rowcount


def late_events(connection: Connection) -> list[dict[str, Any]]:
    """Return late events that nobody has dealt with yet."""
    rows = connection.execute(
        select(LATE_EVENTS, INBOX.c.name, INBOX.c.fields)
        .join(INBOX, (INBOX.c.source == LATE_EVENTS.c.source) & (INBOX.c.event == LATE_EVENTS.c.event))
        .where(LATE_EVENTS.c.closed.is_(None))
        .order_by(LATE_EVENTS.c.at, LATE_EVENTS.c.event)
    )
    return [dict(row) for row in rows.mappings()]


def close_late_event(connection: Connection, source: str, event: str, actor: str) -> bool:
    """Record that a person has dealt with a late event."""
    table = LATE_EVENTS.c
    where = (table.source == source) & (table.event == event) & table.closed.is_(None)
    done = connection.execute(update(LATE_EVENTS).where(where).values(closed=db_now(), closed_by=actor))
    return done.rowcount == 1


def correlate(connection: Connection, document: DocumentRef, route: Route) -> int:
    """Register a document's chain; events about it that matched nothing are new again."""
    document = document.model_copy(update={"id": short(fit(document.id))})
    row = {"system": document.system, "type": document.type, "document": document.id}
    insert_new(
        connection,
        CORRELATION,
        {**row, "chain": route.chain, "item": fit(route.item), "leg": route.leg, "at": db_now()},
    )
    about = (INBOX.c.system == document.system) & (INBOX.c.type == document.type) & (INBOX.c.document == document.id)
    again = update(INBOX).where(about & (INBOX.c.state == "unmatched")).values(state="new")
    return connection.execute(again).rowcount


def routes(connection: Connection, document: DocumentRef) -> list[Route]:
    """Return where events about a document go."""
    table, name = CORRELATION.c, short(fit(document.id))
    rows = connection.execute(
        select(table.chain, table.leg, table.item)
        .where(table.system == document.system, table.type == document.type, table.document == name)
        .order_by(table.at, table.chain, table.item)
    )
    return [Route(chain=row.chain, leg=row.leg, item=row.item) for row in rows]


def ended_chains(connection: Connection, document: DocumentRef) -> list[str]:
    """Return the chains of a document when every one of them has ended; none while one is open."""
    named = list(dict.fromkeys(route.chain for route in routes(connection, document)))
    chains = VIEW_TABLES["chains"].c
    closed = select(chains.chain).where(chains.chain.in_(named), chains.state == "ended")
    query = union_all(closed, select(ARCHIVED.c.chain).where(ARCHIVED.c.chain.in_(named)))
    ended = {row.chain for row in connection.execute(query)}
    return named if len(ended) == len(named) else []


def heard_event(connection: Connection, chain: str, identity: str) -> bool:
    """Tell whether a chain has heard of an event, by the id it had there (``source:event``), as its trail says."""
    kinds = (Kind.EVENT_KEPT.value, Kind.EVENT_TAKEN.value)
    query = select(TRAIL.c.data).where(TRAIL.c.chain == chain, TRAIL.c.kind.in_(kinds))
    return any(data.get("id") == identity for data in connection.execute(query).scalars())


def archived_at(connection: Connection, chain: str) -> str:
    """Return the file that holds an archived chain; empty when it is in no archive."""
    place = place_of(connection, chain)
    return f"{place['folder']}/{place['file']}" if place else ""


def audit(
    connection: Connection, actor: str, action: str, chain: str, door: str, reason: str, outcome: str,
    detail: dict[str, Any],
) -> None:  # fmt: skip
    """Record an action of a client."""
    row = {"actor": actor, "action": action, "chain": chain, "door": door, "reason": fit(reason), "outcome": outcome}
    connection.execute(insert(AUDIT).values(**row, detail=detail, at=db_now()))


def audited(connection: Connection, chain: str) -> list[dict[str, Any]]:
    """Return the actions of clients on a chain, oldest first."""
    rows = connection.execute(select(AUDIT).where(AUDIT.c.chain == chain).order_by(AUDIT.c.id))
    return [dict(row) for row in rows.mappings()]


def map_customer(connection: Connection, system: str, external: str, customer: str) -> str:
    """Say which customer a system's id means; returns the one on record, which stays."""
    insert_new(connection, ID_MAP, {"system": system, "external": external, "customer": customer, "at": db_now()})
    return customer_of(connection, system, external) or customer


def customer_of(connection: Connection, system: str, external: str) -> str | None:
    """Return the customer that a system's id means."""
    where = (ID_MAP.c.system == system) & (ID_MAP.c.external == external)
    return connection.execute(select(ID_MAP.c.customer).where(where)).scalar()
