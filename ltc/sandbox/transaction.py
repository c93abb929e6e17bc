"""One change of a sandbox system: its time, its caller, its record of effects and its events, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ltc.model.money import Money
from ltc.sandbox.database import Database
from ltc.sandbox.feed import Feed


@dataclass(frozen=True)
class Caller:
    """Who asks, as the request's headers say: effect key (class C keeps it as reference), chain, attempt."""

    key: str = ""
    chain: str = ""
    attempt: int = 0


@dataclass
class Transaction:
    """What the rules of a system work with. ``now`` is virtual, ``real`` is real; ``recorded`` counts effect rows.

    A command that found nothing to change says so with ``unchanged``.
    """

    database: Database
    feed: Feed
    operation: str
    caller: Caller
    now: datetime
    real: datetime
    recorded: int = 0
    unchanged: bool = False

    def record(
        self, kind: str, document: str, *, parent: str = "", amount: Money | None = None, quantity: int = 0,
        undoes: tuple[str, str] | None = None, operation: str = "",
    ) -> None:  # fmt: skip
        """Write one row of the record of effects.

        Args:
            kind: the document's type.
            document: its id.
            parent: the document it hangs on: the order of a delivery, the invoice of a payment.
            amount: the money it moves.
            quantity: the pieces it moves.
            undoes: the operation and the document whose effect it undoes.
            operation: what did it, when not the operation called: a part of it, which has no key of its own.
        """
        undone = self.last_effect(*undoes) if undoes else None
        key = self.caller.key if operation in ("", self.operation) else ""
        self.database.insert(
            "effects", at_virtual=self.now.isoformat(), at_real=self.real.isoformat(),
            operation=operation or self.operation, key=key, chain=self.caller.chain,
            attempt=self.caller.attempt, document_type=kind, document_id=document, parent=parent,
            amount_minor=amount.minor if amount else 0, currency=amount.currency if amount else "",
            quantity=quantity, undo_of=undone,
        )  # fmt: skip
        self.recorded += 1

    def last_effect(self, operation: str, document: str) -> int | None:
        """Return the number of the newest effect of an operation on a document that nothing has undone yet."""
        found: int | None = self.database.value(
            "SELECT seq FROM effects e WHERE document_id = ? AND operation = ? AND undo_of IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM effects u WHERE u.undo_of = e.seq) ORDER BY seq DESC LIMIT 1",
            document, operation,
        )  # fmt: skip
        return found

    def emit(self, name: str, fields: Mapping[str, Any], facts: Mapping[str, str]) -> None:
        """Add an event to the feed, with this change."""
        self.feed.emit(name, fields, facts, self.now)

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row, or None."""
        return self.database.row(sql, *values)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows."""
        return self.database.rows(sql, *values)

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        return self.database.value(sql, *values)

    def run(self, sql: str, *values: Any) -> None:
        """Run a statement."""
        self.database.run(sql, *values)
