"""Invoices, payments, credit notes and write-offs of the sandbox ERP."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from pydantic import Field

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.requests_billing import WriteOff
from ltc.sandbox.erp.documents import (
    credit_note_of,
    delivery_of,
    find,
    order_facts,
    payment_of,
)
from ltc.sandbox.erp.dunning import with_claim
from ltc.sandbox.erp.invoices import FEE, discount_now, invoice_of, open_of, post, receive
from ltc.sandbox.refusals import Refusal, not_found
from ltc.sandbox.transaction import Transaction


class Allocation(Value):
    """A part of the money received, for one invoice; ``minor`` units of the invoice's currency."""

    invoice: d.DocumentId
    minor: int = Field(gt=0)


class Pay(Value):
    """Money that the bank received: one transfer, for one invoice or for several."""

    allocations: list[Allocation] = Field(min_length=1)


class Transfer(Value):
    """One transfer of a customer with the invoices it names; ``minor`` units of their currency."""

    minor: int = Field(gt=0)
    invoices: list[d.DocumentId] = Field(min_length=1)


class Payments(Value):
    """The payments that came of it, one per invoice."""

    payments: list[d.Payment]


class Refund(Value):
    """Money that goes back to the customer of an invoice."""

    invoice: d.DocumentId
    minor: int = Field(gt=0)


def post_invoice(tx: Transaction, asked: op.DeliveryId) -> d.Invoice:
    """Bill a delivery. Refused: ``not_found``, ``already_invoiced``, ``returned`` (the goods came back)."""
    row = find(tx, "deliveries", asked.delivery)
    if row["return_id"]:
        raise Refusal("returned", f"delivery {row['id']} came back as {row['return_id']}", row["id"])
    _refuse_billed(tx, row["order_id"], row["id"])
    delivery = delivery_of(row)
    number = post(tx, row["order_id"], delivery=row["id"], net=delivery.net.minor, gross=delivery.gross.minor)
    return invoice_of(find(tx, "invoices", number))


def post_order_invoice(tx: Transaction, asked: op.OrderId) -> d.Invoice:
    """Bill a whole order, shipped or not. Refused: ``not_confirmed``, ``already_invoiced``."""
    order = find(tx, "orders", asked.order)
    if order["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {order['id']} is {order['state']}, not confirmed", order["id"])
    _refuse_billed(tx, order["id"], "")
    return invoice_of(find(tx, "invoices", post(tx, order["id"], net=order["net"], gross=order["gross"])))


def get_invoice(tx: Transaction, asked: op.InvoiceId) -> d.Invoice:
    """Read an invoice and how much of it is paid."""
    return with_claim(tx, invoice_of(find(tx, "invoices", asked.invoice)))


def credit_note(tx: Transaction, asked: op.InvoiceId) -> d.CreditNote:
    """Credit an invoice in full, paid or not: what was paid becomes the customer's balance.

    Refused: ``already_credited``.
    """
    row = find(tx, "invoices", asked.invoice)
    if row["credit_note"]:
        raise Refusal("already_credited", f"invoice {row['id']} is credited already", row["id"])
    left = row["gross"] - row["written_off"] - row["discounted"] - row["credited"]
    amount = Money(minor=left, currency=row["currency"])
    number = tx.database.next_id("CN")
    tx.database.insert(
        "credit_notes", id=number, invoice=row["id"], amount=amount.minor, currency=amount.currency,
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.run(
        "UPDATE invoices SET credited = credited + ?, credit_note = ?, version = version + 1 WHERE id = ?",
        amount.minor, number, row["id"],
    )  # fmt: skip
    tx.record("CreditNote", number, parent=row["id"], amount=amount, undoes=(_billed_by(row), row["id"]))
    return credit_note_of(find(tx, "credit_notes", number))


def write_off(tx: Transaction, asked: WriteOff) -> d.Invoice:
    """Give up what is still open of an invoice. Refused: ``nothing_open``, ``more_than_allowed``."""
    row = find(tx, "invoices", asked.invoice)
    rest = open_of(row)
    if rest <= 0:
        raise Refusal("nothing_open", f"nothing of invoice {row['id']} is open", row["id"])
    amount = Money(minor=rest, currency=row["currency"])
    if asked.most is not None and (asked.most.currency != amount.currency or rest > asked.most.minor):
        raise Refusal("more_than_allowed", f"{amount} of invoice {row['id']} are open, not {asked.most}", row["id"])
    tx.run("UPDATE invoices SET written_off = written_off + ?, version = version + 1 WHERE id = ?", rest, row["id"])
    tx.record("Invoice", row["id"], parent=row["order_id"], amount=amount)
    return invoice_of(find(tx, "invoices", row["id"]))


def watch_payments(tx: Transaction, asked: op.InvoiceId) -> op.PaymentStatus:
    """Read an invoice and everything received for it so far."""
    invoice = with_claim(tx, invoice_of(find(tx, "invoices", asked.invoice)))
    rows = tx.rows("SELECT * FROM payments WHERE invoice = ? ORDER BY rowid", asked.invoice)
    return op.PaymentStatus(invoice=invoice, payments=[payment_of(row) for row in rows if row["amount"]])


def pay(tx: Transaction, asked: Pay) -> Payments:
    """The bank received money; ``erp.payment_allocated`` goes on the feed for each invoice.

    Part payments and over-payments are taken as they come. Refused: ``not_found``.
    """
    number = tx.database.next_id("TR")
    return Payments(payments=[allocate(tx, one.invoice, one.minor, number) for one in asked.allocations])


def transfer(tx: Transaction, asked: Transfer) -> Payments:
    """The bank received one amount for several invoices: split over them in the order they are named.

    Each gets what is open of it (less the cash discount while the time for that runs, if only so the money suffices);
    what is left over is an over-payment of the last. Refused: ``not_found``, ``currency_mismatch``, ``same_twice``.
    """
    rows = [find(tx, "invoices", number) for number in asked.invoices]
    if len({row["currency"] for row in rows}) > 1:
        raise Refusal("currency_mismatch", "the invoices are in several currencies", rows[0]["id"])
    if len({row["id"] for row in rows}) < len(rows):
        raise Refusal("same_twice", "an invoice is named twice", rows[0]["id"])
    number, left, made = tx.database.next_id("TR"), asked.minor, []
    short = left < sum(max(open_of(row), 0) for row in rows)
    for row in rows:
        wanted = max(open_of(row) - (discount_now(tx, row) if short else 0), 0)
        part = left if row is rows[-1] else min(wanted, left)
        if part > 0:
            made.append(allocate(tx, row["id"], part, number))
        left -= max(part, 0)
    return Payments(payments=made)


def refund(tx: Transaction, asked: Refund) -> d.Payment:
    """Money goes back to the customer: a payment below zero. Refused: ``more_than_balance``."""
    row = find(tx, "invoices", asked.invoice)
    if asked.minor > -open_of(row):
        raise Refusal("more_than_balance", f"invoice {row['id']}: the customer's balance is {-open_of(row)}", row["id"])
    return allocate(tx, row["id"], -asked.minor)


def exchange_rate(tx: Transaction, asked: op.Currencies) -> d.Rate:
    """Read the rate between two currencies as of now. Refused: ``not_found``."""
    found = "1" if asked.source == asked.target else None
    found = found or tx.value("SELECT rate FROM rates WHERE source = ? AND target = ?", asked.source, asked.target)
    if found is None:
        raise not_found("rate", f"{asked.source}/{asked.target}")
    return d.Rate(source=asked.source, target=asked.target, rate=Decimal(found), on=tx.now)


def allocate(tx: Transaction, invoice: str, minor: int, transfer: str = "", operation: str = "") -> d.Payment:
    """Enter a payment of ``minor`` units for an invoice, with its event; below zero it is a refund."""
    row = find(tx, "invoices", invoice)
    number = tx.database.next_id("PAY")
    carried, received = receive(tx, row, minor)
    tx.database.insert(
        "payments", id=number, invoice=row["id"], amount=minor, currency=row["currency"],
        received_at=tx.now.isoformat(), carried=carried, received=received, transfer=transfer,
    )  # fmt: skip
    amount = Money(minor=minor, currency=row["currency"])
    tx.record("Payment", number, parent=row["id"], amount=amount, operation=operation)
    order = find(tx, "orders", row["order_id"])
    facts = {**order_facts(order), "invoice": row["id"]}
    tx.emit("erp.payment_allocated", {"invoice": row["id"], "payment": number}, facts)
    return payment_of(find(tx, "payments", number))


def _refuse_billed(tx: Transaction, order: str, delivery: str) -> None:
    """Refuse to bill twice: an invoice stands for this delivery or its order; for an order, for any part of it."""
    standing = tx.value(
        "SELECT id FROM invoices WHERE order_id = ? AND credit_note = '' AND kind <> ?"
        " AND (? = '' OR delivery IN ('', ?))", order, FEE, delivery, delivery,
    )  # fmt: skip
    if standing:
        what = f"delivery {delivery}" if delivery else f"order {order}"
        raise Refusal("already_invoiced", f"{what} is billed by invoice {standing}", standing)


def _billed_by(row: sqlite3.Row) -> str:
    by_kind = {
        "down_payment": "erp.post_down_payment", "instalment": "erp.post_instalment", "final": "erp.post_final_invoice",
        "milestone": "erp.post_milestone_invoice", FEE: "erp.post_dunning_fee",
    }  # fmt: skip
    return by_kind.get(row["kind"]) or ("erp.post_invoice" if row["delivery"] else "erp.post_order_invoice")
