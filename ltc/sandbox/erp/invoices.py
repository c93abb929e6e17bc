"""Invoices of the sandbox ERP as documents: posting one, its cash discount, and what foreign money came to."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ltc.model import documents as d
from ltc.model.money import Money
from ltc.model.terms import BillingTerms
from ltc.sandbox.refusals import not_found
from ltc.sandbox.transaction import Transaction

FEE = "dunning_fee"  # the kind of an invoice that bills no part of an order


def open_of(row: sqlite3.Row) -> int:
    """Return what is open of an invoice, in minor units; below zero when too much was paid."""
    return int(row["gross"] - row["paid"] - row["credited"] - row["discounted"] - row["written_off"])


def invoice_of(row: sqlite3.Row) -> d.Invoice:
    """Return an invoice."""
    amounts: dict[str, Any] = {
        name: Money(minor=row[name], currency=row["currency"])
        for name in ("net", "tax", "gross", "paid", "credited", "written_off", "discounted")
    }
    if row["deducted"]:
        amounts["deducted"] = Money(minor=row["deducted"], currency=row["currency"])
    if row["discount_until"]:
        amounts["discount"] = Money(minor=discount_of(row), currency=row["currency"])
        amounts["discount_until"] = datetime.fromisoformat(row["discount_until"])
    rest = open_of(row)
    return d.Invoice(
        id=row["id"], version=row["version"], order=row["order_id"], delivery=row["delivery"], **amounts,
        open=Money(minor=rest, currency=row["currency"]), settled=rest <= 0,
        due_date=datetime.fromisoformat(row["due_date"]), kind=row["kind"], part=row["part"], exchange=_exchange(row),
    )  # fmt: skip


def discount_of(row: sqlite3.Row) -> int:
    """Return what may be deducted for paying in time: a share of what stands of the invoice, half-even."""
    standing = Money(minor=row["gross"] - row["credited"], currency=row["currency"])
    return standing.part(Decimal(row["discount_rate"])).minor if row["discount_rate"] else 0


def discount_now(tx: Transaction, row: sqlite3.Row) -> int:
    """Return what may be deducted by a payment of today: nothing once the time is over."""
    in_time = row["discount_until"] and tx.now <= datetime.fromisoformat(row["discount_until"])
    return discount_of(row) if in_time else 0


def _exchange(row: sqlite3.Row) -> d.Exchange | None:
    if not row["books"]:
        return None
    carried, received = (Money(minor=row[name], currency=row["books"]) for name in ("carried", "received"))
    return d.Exchange(rate=Decimal(row["rate"]), carried=carried, received=received, difference=received - carried)


def post(
    tx: Transaction, order: str, *, net: int, gross: int, delivery: str = "", kind: str = "", part: str = "",
    deducted: int = 0,
) -> str:  # fmt: skip
    """Post an invoice of an order by the terms agreed for it; return its number."""
    buyer = tx.row(
        "SELECT c.id, c.terms_days, o.currency, o.terms FROM orders o JOIN customers c ON c.id = o.customer"
        " WHERE o.id = ?", order,
    )  # fmt: skip
    if buyer is None:
        raise not_found("order", order)
    number = tx.database.next_id("INV")
    tx.database.insert(
        "invoices", id=number, version=1, order_id=order, delivery=delivery, customer=buyer["id"],
        currency=buyer["currency"], net=net, tax=gross - net, gross=gross, paid=0, credited=0, written_off=0,
        credit_note="", due_date=(tx.now + timedelta(days=buyer["terms_days"])).isoformat(), reference=tx.caller.key,
        at_real=tx.real.isoformat(), posted=tx.now.isoformat(), kind=kind, part=part, deducted=deducted,
        **({} if kind == FEE else _discount(tx, terms_of(buyer))), **_rate(tx, buyer["currency"]),
    )  # fmt: skip
    tx.record("Invoice", number, parent=delivery or order, amount=Money(minor=gross, currency=buyer["currency"]))
    return number


def terms_of(order: sqlite3.Row) -> BillingTerms:
    """Return the terms agreed for an order; without any, plain ones."""
    return BillingTerms.model_validate_json(order["terms"]) if order["terms"] else BillingTerms()


def _discount(tx: Transaction, terms: BillingTerms) -> dict[str, str]:
    granted = terms.cash_discount
    if granted is None:
        return {}
    return {
        "discount_rate": str(granted.rate), "discount_until": (tx.now + timedelta(days=granted.days)).isoformat(),
    }  # fmt: skip


def _rate(tx: Transaction, currency: str) -> dict[str, str]:
    books = tx.value("SELECT currency FROM books")
    rate = books_rate(tx, currency)
    return {"books": books, "rate": str(rate)} if rate is not None else {}


def books_rate(tx: Transaction, currency: str) -> Decimal | None:
    """Return how many units of the books' currency one unit of another is worth now; None without such a rate."""
    books = tx.value("SELECT currency FROM books")
    if books is None or books == currency:
        return None
    rate = tx.value("SELECT rate FROM rates WHERE source = ? AND target = ?", currency, books)
    return Decimal(rate) if rate is not None else None


def receive(tx: Transaction, row: sqlite3.Row, minor: int) -> tuple[int, int]:
    """Enter money for an invoice: what it comes to in the books, and the discount it earns by being in time.

    Returns:
        What the payment is carried at (the invoice's rate) and what it brings (today's), in the books' minor units.
    """
    carried = received = 0
    rate = books_rate(tx, row["currency"]) if row["books"] else None
    if rate is not None:
        amount = Money(minor=minor, currency=row["currency"])
        carried = amount.converted(Decimal(row["rate"]), row["books"]).minor
        received = amount.converted(rate, row["books"]).minor
    tx.run(
        "UPDATE invoices SET paid = paid + ?, carried = carried + ?, received = received + ?, version = version + 1"
        " WHERE id = ?", minor, carried, received, row["id"],
    )  # fmt: skip
    rest = open_of(row) - minor
    if minor > 0 and 0 < rest <= discount_now(tx, row):
        tx.run("UPDATE invoices SET discounted = ? WHERE id = ?", rest, row["id"])
        amount = Money(minor=rest, currency=row["currency"])
        tx.record("CashDiscount", row["id"], parent=row["id"], amount=amount, operation="erp.cash_discount")
    return carried, received


def take_back(tx: Transaction, row: sqlite3.Row, payment: sqlite3.Row) -> None:
    """A payment is no more: what it came to in the books goes, and the discount that it earned."""
    tx.run(
        "UPDATE invoices SET paid = paid - ?, carried = carried - ?, received = received - ?, discounted = 0,"
        " version = version + 1 WHERE id = ?", payment["amount"], payment["carried"], payment["received"], row["id"],
    )  # fmt: skip
    if row["discounted"]:
        amount = Money(minor=row["discounted"], currency=row["currency"])
        tx.record("CashDiscount", row["id"], parent=row["id"], amount=amount, undoes=("erp.cash_discount", row["id"]))
