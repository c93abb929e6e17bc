"""Over- and under-delivery in the sandbox ERP: how much of a line may go, and when less counts as all of it."""

from __future__ import annotations

import sqlite3
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ltc.sandbox.erp.invoices import terms_of
from ltc.sandbox.transaction import Transaction


def most_of(order: sqlite3.Row, line: sqlite3.Row) -> int:
    """Return how many pieces of an order line may still go: what is open, and what may be delivered beyond it."""
    wanted = line["quantity"] - line["cancelled"]
    over = terms_of(order).tolerance.over
    most = (wanted * (1 + over / 100)).to_integral_value(ROUND_FLOOR) if not line["cancelled"] else Decimal(wanted)
    return int(most) - int(line["shipped"])


def complete(tx: Transaction, order: sqlite3.Row) -> None:
    """Cancel the rest of lines that are short by no more than the tolerance; nothing of them is to come any more."""
    under = terms_of(order).tolerance.under
    rest = 0
    for line in tx.rows(
        "SELECT * FROM order_lines WHERE order_id = ? AND shipped > 0 AND quantity > shipped + cancelled", order["id"]
    ):
        least = (line["quantity"] * (1 - under / 100)).to_integral_value(ROUND_CEILING)
        if under and line["shipped"] + line["cancelled"] >= least:
            left = line["quantity"] - line["shipped"] - line["cancelled"]
            rest += left
            tx.run(
                "UPDATE order_lines SET cancelled = cancelled + ? WHERE order_id = ? AND line = ?",
                left, order["id"], line["line"],
            )  # fmt: skip
    if rest:
        tx.run("UPDATE orders SET cancelled = cancelled + ? WHERE id = ?", rest, order["id"])


def anything_open(tx: Transaction, order: str) -> bool:
    """Tell whether anything of an order is still to be delivered."""
    sql = "SELECT 1 FROM order_lines WHERE order_id = ? AND quantity > shipped + cancelled"
    return tx.row(sql, order) is not None
