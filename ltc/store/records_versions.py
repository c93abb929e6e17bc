"""The tables of records behind versions: bulk actions, their items, and what systems answered."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from ltc.store.columns import Instant, Json
from ltc.store.records import METADATA

BULKS = Table(
    "bulks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("at", Instant, nullable=False),
)

BULK_ITEMS = Table(
    "bulk_items",
    METADATA,
    Column("bulk", Text, primary_key=True),
    Column("chain", Text, primary_key=True),
    Column("ordinal", Integer, nullable=False),  # the set is frozen, and gone through in this order
    Column("state", Text, nullable=False),  # waiting | done | refused | failed
    Column("message", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at", Instant),
    Index(None, "bulk", "ordinal"),
)

ANSWERS = Table(
    "answers",
    METADATA,
    Column("chain", Text, primary_key=True),
    Column("activity", Text, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("asked", Instant, nullable=False),  # when the call was scheduled, real time
    Column("at", Instant, nullable=False),
    Column("args", Text, nullable=False),  # the digest of the arguments
    Column("result", LargeBinary, nullable=False),  # JSON, deflated
)
