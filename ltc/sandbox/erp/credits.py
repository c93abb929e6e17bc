"""Partial credit notes and refunds of the sandbox ERP."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal

from ltc.model import documents as d
from ltc.model.money import Money, round_minor
from ltc.ports import operations as op
from ltc.sandbox.erp.billing import allocate, credit_note
from ltc.sandbox.erp.documents import credit_note_of, find
from ltc.sandbox.erp.invoices import open_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


def credit_return(tx: Transaction, asked: op.CreditReturn) -> d.CreditNote:
    """Credit an invoice with what came back of the goods that it bills, at the order's prices.

    Refused: ``not_received``, ``already_credited``, ``not_billed`` (nothing of it is on this invoice, or all of it is
    credited already).
    """
    invoice, back = find(tx, "invoices", asked.invoice), find(tx, "returns", asked.goods_return)
    state = tx.row("SELECT * FROM return_states WHERE id = ?", back["id"])
    if state is None or state["status"] != "received":
        raise Refusal("not_received", f"goods return {back['id']} is not received", back["id"])
    known = tx.value(
        "SELECT s.id FROM credit_states s JOIN credit_notes c ON c.id = s.id"
        " WHERE s.goods_return = ? AND c.invoice = ? AND c.amount > 0", back["id"], invoice["id"],
    )  # fmt: skip
    if known:
        raise Refusal("already_credited", f"goods return {back['id']} is credited by {known}", known)
    amount = min(_worth(tx, invoice, json.loads(state["lines"])), _creditable(invoice))
    if back["order_id"] != invoice["order_id"] or amount <= 0:
        raise Refusal("not_billed", f"nothing of {back['id']} is left to credit on {invoice['id']}", invoice["id"])
    return _credit(tx, invoice, amount, back["id"])


def credit_cancelled(tx: Transaction, asked: op.InvoiceId) -> d.CreditNote:
    """Credit the invoice of a whole order with what was cancelled of it since. Refused: ``nothing_cancelled``."""
    invoice = find(tx, "invoices", asked.invoice)
    lines = tx.rows("SELECT * FROM order_lines WHERE order_id = ? AND cancelled > 0", invoice["order_id"])
    worth = sum(round_minor(Decimal(row["gross"] * row["cancelled"]) / row["quantity"]) for row in lines)
    done = tx.value(
        "SELECT COALESCE(SUM(c.amount), 0) FROM credit_notes c JOIN credit_states s ON s.id = c.id"
        " WHERE c.invoice = ? AND s.operation = ?", invoice["id"], tx.operation,
    )  # fmt: skip
    amount = min(worth - done, _creditable(invoice))
    if invoice["delivery"] or amount <= 0:
        raise Refusal("nothing_cancelled", f"nothing cancelled is billed by {invoice['id']}", invoice["id"])
    return _credit(tx, invoice, amount, "")


def credit_and_refund(tx: Transaction, asked: op.InvoiceId) -> d.CreditNote:
    """Take an invoice back wholly: what is left of it is credited, and what was paid goes back with it.

    In one: money that went back first would leave the invoice open, and be paid again. Refused: ``already_credited``.
    """
    note = credit_note(tx, asked)
    balance = -open_of(find(tx, "invoices", asked.invoice))
    if balance > 0:
        allocate(tx, asked.invoice, -balance, operation="erp.refund")
    return note


def credit_part(tx: Transaction, asked: op.CreditPart) -> d.CreditNote:
    """Credit an invoice by an amount. Refused: ``more_than_billed``, ``currency_mismatch``, ``bad_amount``."""
    invoice = find(tx, "invoices", asked.invoice)
    if asked.amount.currency != invoice["currency"]:
        raise Refusal("currency_mismatch", f"invoice {invoice['id']} is in {invoice['currency']}", invoice["id"])
    if asked.amount.minor <= 0:
        raise Refusal("bad_amount", f"{asked.amount} is nothing to credit", invoice["id"])
    if asked.amount.minor > _creditable(invoice):
        raise Refusal("more_than_billed", f"invoice {invoice['id']}: less than {asked.amount} is left", invoice["id"])
    return _credit(tx, invoice, asked.amount.minor, "")


def cancel_credit(tx: Transaction, asked: op.CreditNoteId) -> d.CreditNote:
    """Take a partial credit note back: nothing is left of it. Refused: ``already_cancelled``, ``whole_credit``."""
    row = find(tx, "credit_notes", asked.credit_note)
    state = tx.row("SELECT * FROM credit_states WHERE id = ?", row["id"])
    if state is None:
        raise Refusal("whole_credit", f"credit note {row['id']} takes a whole invoice back; bill it again", row["id"])
    if not row["amount"]:
        raise Refusal("already_cancelled", f"credit note {row['id']} is cancelled already", row["id"])
    amount = Money(minor=row["amount"], currency=row["currency"])
    tx.run("UPDATE credit_notes SET amount = 0 WHERE id = ?", row["id"])
    tx.run("UPDATE credit_states SET version = version + 1 WHERE id = ?", row["id"])
    tx.run(
        "UPDATE invoices SET credited = credited - ?, version = version + 1 WHERE id = ?", amount.minor, row["invoice"]
    )
    tx.record("CreditNote", row["id"], parent=row["invoice"], amount=amount, undoes=(state["operation"], row["id"]))
    return one(tx, row["id"])


def refund(tx: Transaction, asked: op.RefundPayment) -> d.Payment:
    """Money goes back to the customer; without an amount, the whole balance.

    Refused: ``nothing_due``, ``more_than_balance``, ``currency_mismatch``.
    """
    row = find(tx, "invoices", asked.invoice)
    balance = -open_of(row)
    if balance <= 0:
        raise Refusal("nothing_due", f"invoice {row['id']}: nothing is due to the customer", row["id"])
    if asked.amount is not None and asked.amount.currency != row["currency"]:
        raise Refusal("currency_mismatch", f"invoice {row['id']} is in {row['currency']}", row["id"])
    minor = balance if asked.amount is None else asked.amount.minor
    if not 0 < minor <= balance:
        raise Refusal("more_than_balance", f"invoice {row['id']}: the customer's balance is {balance}", row["id"])
    return allocate(tx, row["id"], -minor)


def one(tx: Transaction, number: str) -> d.CreditNote:
    """Return a credit note; its version is 2 when it was taken back."""
    version = tx.value("SELECT version FROM credit_states WHERE id = ?", number) or 1
    return credit_note_of(find(tx, "credit_notes", number)).model_copy(update={"version": version})


def _creditable(invoice: sqlite3.Row) -> int:
    return int(invoice["gross"] - invoice["credited"] - invoice["written_off"] - invoice["discounted"])


def _worth(tx: Transaction, invoice: sqlite3.Row, back: list[dict[str, object]]) -> int:
    """What came back, at the order's prices, rounded half-even per line; of a delivery's invoice only what it holds."""
    billed: dict[str, int] = {}
    if invoice["delivery"]:
        lines = json.loads(tx.value("SELECT lines FROM deliveries WHERE id = ?", invoice["delivery"]))
        billed = {line["line"]: line["quantity"] for line in lines}
    total = 0
    for part in back:
        row = tx.row("SELECT * FROM order_lines WHERE order_id = ? AND line = ?", invoice["order_id"], part["line"])
        count = int(str(part["quantity"]))
        count = min(count, billed.get(str(part["line"]), 0)) if billed else count
        if row is not None:
            total += round_minor(Decimal(row["gross"] * count) / row["quantity"])
    return total


def _credit(tx: Transaction, invoice: sqlite3.Row, minor: int, goods_return: str) -> d.CreditNote:
    amount, number = Money(minor=minor, currency=invoice["currency"]), tx.database.next_id("CN")
    tx.database.insert(
        "credit_notes", id=number, invoice=invoice["id"], amount=minor, currency=amount.currency,
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.database.insert("credit_states", id=number, operation=tx.operation, goods_return=goods_return, version=1)
    tx.run("UPDATE invoices SET credited = credited + ?, version = version + 1 WHERE id = ?", minor, invoice["id"])
    tx.record("CreditNote", number, parent=invoice["id"], amount=amount)
    return one(tx, number)
