"""Credit limits of the sandbox ERP."""

from __future__ import annotations

import sqlite3

from ltc.model.money import Money
from ltc.sandbox.erp.invoices import FEE
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


def exposure(tx: Transaction, customer: str) -> int:
    """Return what a customer owes or will owe, in minor units: open invoices + confirmed orders not billed yet."""
    invoices = tx.value(
        "SELECT COALESCE(SUM(MAX(gross - paid - credited - discounted - written_off, 0)), 0) FROM invoices"
        " WHERE customer = ?",
        customer,
    )
    unbilled = tx.value(
        "SELECT COALESCE(SUM(MAX(o.gross - (SELECT COALESCE(SUM(i.gross - i.credited), 0) FROM invoices i"
        " WHERE i.order_id = o.id AND i.kind <> ?), 0)), 0) FROM orders o WHERE o.customer = ?"
        " AND o.state = 'confirmed'",
        FEE,
        customer,
    )
    return int(invoices + unbilled)


def check_credit(tx: Transaction, order: sqlite3.Row) -> None:
    """Refuse an order that would take its customer over the credit limit; no limit means no check."""
    limit = tx.value("SELECT credit_limit FROM customers WHERE id = ?", order["customer"])
    if limit is None:
        return
    owed = exposure(tx, order["customer"]) + order["gross"]
    if owed > limit:
        over = Money(minor=owed - limit, currency=order["currency"])
        raise Refusal(
            "credit_limit", f"order {order['id']} exceeds the limit of {order['customer']} by {over}", order["id"]
        )
