"""Payments that clerks enter into the sandbox ERP, and payments that bounce."""

from __future__ import annotations

import sqlite3

from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.sandbox.erp.billing import allocate
from ltc.sandbox.erp.documents import find, order_facts, payment_of
from ltc.sandbox.erp.invoices import open_of, take_back
from ltc.sandbox.refusals import Refusal, not_found
from ltc.sandbox.transaction import Transaction


def register_payment(tx: Transaction, asked: op.RegisterPayment) -> d.Payment:
    """Enter money received for an invoice; ``erp.payment_allocated`` goes on the feed. More than is open is taken.

    Refused: ``already_settled``, ``currency_mismatch``, ``bad_amount`` (nothing, or below zero).
    """
    row = find(tx, "invoices", asked.invoice)
    if asked.amount.currency != row["currency"]:
        raise Refusal("currency_mismatch", f"invoice {row['id']} is in {row['currency']}", row["id"])
    if asked.amount.minor <= 0:
        raise Refusal("bad_amount", f"{asked.amount} is no payment; money goes back by a refund", row["id"])
    if open_of(row) <= 0:
        raise Refusal("already_settled", f"nothing of invoice {row['id']} is open", row["id"])
    payment = allocate(tx, row["id"], asked.amount.minor)
    if asked.reference:
        tx.database.insert("bank_references", payment=payment.id, reference=asked.reference)
    return payment


def reverse_payment(tx: Transaction, asked: op.PaymentId) -> d.Payment:
    """Undo a payment that bounced: nothing is left of it and its invoice is open again; the feed says so.

    Refused: ``already_reversed``, ``is_refund`` (money that went back to the customer cannot bounce).
    """
    row = find(tx, "payments", asked.payment)
    if row["invoice"] != asked.invoice:
        raise not_found(f"payment for invoice {asked.invoice}", asked.payment)
    if tx.row("SELECT 1 FROM reversals WHERE payment = ?", row["id"]):
        raise Refusal("already_reversed", f"payment {row['id']} was reversed before", row["id"])
    if row["amount"] <= 0:
        raise Refusal("is_refund", f"payment {row['id']} is a refund; enter a payment instead", row["id"])
    return _reverse(tx, row)


def _reverse(tx: Transaction, row: sqlite3.Row) -> d.Payment:
    amount = Money(minor=row["amount"], currency=row["currency"])
    tx.database.insert("reversals", payment=row["id"], amount=amount.minor, reversed=tx.now.isoformat())
    tx.run("UPDATE payments SET amount = 0 WHERE id = ?", row["id"])
    take_back(tx, find(tx, "invoices", row["invoice"]), row)
    entered = "erp.register_payment" if tx.last_effect("erp.register_payment", row["id"]) else "bank.pay"
    tx.record("Payment", row["id"], parent=row["invoice"], amount=amount, undoes=(entered, row["id"]))
    invoice = find(tx, "invoices", row["invoice"])
    facts = {**order_facts(find(tx, "orders", invoice["order_id"])), "invoice": invoice["id"]}
    told = {"order": invoice["order_id"], "invoice": invoice["id"], "payment": row["id"]}
    tx.emit("erp.payment_reversed", told, facts)
    return payment_of(find(tx, "payments", row["id"])).model_copy(update={"version": 2})
