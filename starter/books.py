"""What the sandbox CRM and ERP have on record, read from their own files: the only evidence the checks go by."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_ERP_TABLES = ("orders", "order_lines", "releases", "deliveries", "invoices", "payments", "credit_notes", "returns",
               "products")  # fmt: skip
# What an ERP may keep besides; one that does not has no such table.
_MORE_TABLES = ("return_states", "stock_at", "milestones", "purchases", "receipts", "productions", "reversals",
                "dunnings", "credit_states", "supply_plans", "parts_lists", "kept_stock", "consignments", "covers",
                "contracts", "call_offs")  # fmt: skip


class BooksError(Exception):
    """A system's records cannot be read; the text says which and why."""


@dataclass(frozen=True)
class Effect:
    """One row of a system's append-only record of effects. Amounts in minor units; ``undo_of`` is such a row's seq."""

    system: str
    seq: int
    at_real: datetime
    operation: str
    document_id: str
    key: str = ""
    chain: str = ""
    parent: str = ""
    amount_minor: int = 0
    quantity: int = 0
    undo_of: int | None = None
    at_virtual: str = ""


@dataclass(frozen=True)
class Approval:
    """A decision as the person who made it remembers it."""

    chain: str
    level: str
    actor: str
    decision: str
    at_real: datetime


@dataclass
class Books:
    """The records of both systems, and what the approvers say they decided.

    ``refused_undo``: chains of which a system refuses an inverse at first, as planned. What does not depend on it is
    undone meanwhile.
    """

    effects: list[Effect] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    opportunities: list[Row] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    refused_undo: frozenset[str] = frozenset()

    def table(self, name: str) -> list[Row]:
        """Return the rows of an ERP table."""
        return self.tables.get(name, [])

    def by(self, table: str, column: str) -> dict[str, list[Row]]:
        """Return the rows of an ERP table grouped by a column."""
        return grouped(self.table(table), column)

    def chains(self) -> dict[str, list[Effect]]:
        """Return the effects of each chain in the order they took place."""
        found: dict[str, list[Effect]] = defaultdict(list)
        for effect in sorted(self.effects, key=lambda effect: (effect.at_real, effect.system, effect.seq)):
            if effect.chain:
                found[effect.chain].append(effect)
        return dict(found)


def grouped(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """Return rows grouped by a column."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row[column])].append(row)
    return dict(found)


def read(crm: Path, erp: Path, approvals: Iterable[Approval] = ()) -> Books:
    """Read both systems' files.

    Raises:
        BooksError: a file is missing or is no such system's.
    """
    books = Books(approvals=list(approvals))
    with closing(opened(crm)) as file:
        books.effects += _effects(file, "crm", crm)
        books.opportunities = _rows(file, "opportunities", crm)
    with closing(opened(erp)) as file:
        books.effects += _effects(file, "erp", erp)
        there = {row["name"] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        wanted = (*_ERP_TABLES, *(table for table in _MORE_TABLES if table in there))
        books.tables = {table: _rows(file, table, erp) for table in wanted}
    for delivery in books.table("deliveries"):
        delivery["lines"] = json.loads(delivery["lines"])
    return books


def opened(path: Path) -> sqlite3.Connection:
    """Open a system's file to read it; a running server does not mind.

    Raises:
        BooksError: there is no such file.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise BooksError(f"{path}: {error}") from error
    connection.row_factory = sqlite3.Row
    return connection


def _rows(file: sqlite3.Connection, table: str, path: Path) -> list[Row]:
    try:
        return [dict(row) for row in file.execute(f"SELECT * FROM {table}")]  # noqa: S608 - names are ours
    except sqlite3.Error as error:
        raise BooksError(f"{path}: {error}") from error


def _effects(file: sqlite3.Connection, system: str, path: Path) -> list[Effect]:
    wanted = Effect.__dataclass_fields__.keys() - {"system", "at_real"}
    return [
        Effect(system=system, at_real=datetime.fromisoformat(row["at_real"]), **{name: row[name] for name in wanted})
        for row in _rows(file, "effects", path)
    ]
