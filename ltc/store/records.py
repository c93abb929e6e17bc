"""The tables of records: never dropped, backed up."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy import UniqueConstraint as Unique

from ltc.store.columns import Instant, Json

METADATA = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)
ID = Text


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="")


def _where_not(name: str, column: str, flag: str) -> Index:
    """An index of the rows whose flag is not set: few, and looked for often."""
    return Index(name, column, sqlite_where=text(f"{flag} IS 0"), postgresql_where=text(f"{flag} IS false"))


PLANS = Table(
    "plans",
    METADATA,
    Column("digest", ID, primary_key=True),
    Column("process", ID, nullable=False),
    Column("definition", LargeBinary, nullable=False),  # the YAML text, deflated
    Column("plan", LargeBinary, nullable=False),  # the compiled plan as JSON, deflated
    Column("first_used", Instant, nullable=False),
)

STARTS = Table(
    "starts",
    METADATA,
    Column("chain", ID, primary_key=True),
    Column("installation", ID, nullable=False),
    Column("process", ID, nullable=False),
    Column("key", ID, nullable=False),
    Column("plan_digest", ID, nullable=False),
    Column("input_digest", ID, nullable=False),
    Column("input", LargeBinary, nullable=False),  # JSON, deflated: a start that was recorded can be carried out
    Column("source", ID, nullable=False),
    Column("actor", ID, nullable=False),
    Column("at", Instant, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("heard", Boolean, nullable=False, default=False),  # whether the chain has left a trail
    Unique("installation", "process", "key"),
    _where_not("ix_starts_unconfirmed", "at", "confirmed"),
    _where_not("ix_starts_unheard", "chain", "heard"),
)

INTENTS = Table(
    "intents",
    METADATA,
    Column("key", ID, primary_key=True),
    Column("chain", ID, nullable=False, index=True),
    Column("operation", ID, nullable=False),
    Column("body_digest", ID, nullable=False),
    Column("state", ID, nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("settled_at", Instant),
    Column("system", ID, nullable=False, default=""),
    Column("type", ID, nullable=False, default=""),
    Column("document", ID, nullable=False, default=""),
    Column("result", Json),
    _text("note"),
)

INBOX = Table(
    "inbox",
    METADATA,
    Column("source", ID, primary_key=True),
    Column("event", ID, primary_key=True),
    Column("name", ID, nullable=False),
    Column("fields", Json, nullable=False),
    Column("system", ID, nullable=False),
    Column("type", ID, nullable=False),
    Column("document", ID, nullable=False),
    Column("received", Instant, nullable=False),
    Column("state", ID, nullable=False),
    Column("chain", ID, nullable=False),
    Index(None, "state", "received"),
    Index(None, "system", "type", "document"),
    Index(None, "chain"),
)

CORRELATION = Table(
    "correlation",
    METADATA,
    Column("system", ID, primary_key=True),
    Column("type", ID, primary_key=True),
    Column("document", ID, primary_key=True),
    Column("chain", ID, primary_key=True),
    Column("item", ID, primary_key=True),
    Column("leg", ID, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "chain"),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("chain", ID, primary_key=True),
    Column("run", ID, primary_key=True),
    Column("number", Integer, nullable=False),  # the order in which runs were first seen
    Column("started", Instant),  # when the run began, if its writer said so
    Column("seen", Instant, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
)

TRAIL = Table(
    "trail",
    METADATA,
    Column("chain", ID, primary_key=True),
    Column("run", ID, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("wall", Instant, nullable=False),
    Column("kind", ID, nullable=False),
    Column("leg", ID, nullable=False),
    Column("item", ID, nullable=False),
    Column("step", ID, nullable=False),
    Column("visit", Integer, nullable=False),
    Column("data", Json, nullable=False),
    Column("digest", ID, nullable=False),
    Column("superseded", Boolean, nullable=False),
    sqlite_with_rowid=False,  # rows lie in the order of their key: a chain's trail side by side
)

ALARMS = Table(
    "alarms",
    METADATA,
    Column("id", ID, primary_key=True),  # digest of chain, kind and detail: the same alarm once
    Column("chain", ID, nullable=False, index=True),
    Column("kind", ID, nullable=False),
    Column("detail", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("closed", Instant),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", ID, nullable=False),
    Column("action", ID, nullable=False),
    Column("chain", ID, nullable=False, index=True),
    Column("door", ID, nullable=False),
    _text("reason"),
    _text("outcome"),
    Column("detail", Json, nullable=False),
)

LATE_EVENTS = Table(
    "late_events",
    METADATA,
    Column("source", ID, primary_key=True),
    Column("event", ID, primary_key=True),
    Column("chain", ID, nullable=False, index=True),
    Column("owner", ID, nullable=False),
    _text("why"),
    Column("at", Instant, nullable=False),
    Column("closed", Instant),
    Column("closed_by", ID, nullable=False, default=""),
)

FEEDS = Table(
    "feeds",
    METADATA,
    Column("source", ID, primary_key=True),
    Column("cursor", ID, nullable=False),  # how far the source's feed of events has been read
    Column("at", Instant, nullable=False),
)

ID_MAP = Table(
    "id_map",
    METADATA,
    Column("system", ID, primary_key=True),
    Column("external", ID, primary_key=True),
    Column("customer", ID, nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

WRITEBACKS = Table(
    "writebacks",
    METADATA,
    Column("chain", ID, primary_key=True),
    Column("opportunity", ID, nullable=False),  # the deal in the CRM; empty: the chain has none
    Column("run", ID, nullable=False),
    Column("seq", Integer, nullable=False),  # the last entry of the trail that the CRM knows of
    Column("sending", ID, nullable=False),  # the key of the note that left and is not known to be there
    Column("sent_at", Instant),
    Column("owner", ID, nullable=False),  # the process that has the chain in hand, until when
    Column("until", Instant),
    Column("tries", Integer, nullable=False),
    Column("next_try", Instant),
    _text("trouble"),
    Column("finished", Boolean, nullable=False),  # the chain has ended and the CRM knows all of it
    Index(None, "finished"),
)

REFOLD_PARTS = Table(  # a refold of all views under way; empty otherwise
    "refold_parts",
    METADATA,
    Column("first", Text, primary_key=True),  # the first chain of the part
    Column("last", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | done
    Column("chains", Integer, nullable=False),
)
