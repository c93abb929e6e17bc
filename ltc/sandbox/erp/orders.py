"""Orders of the sandbox ERP: from draft to confirmed and back, and what may not be."""

from __future__ import annotations

import sqlite3

from ltc.model import documents as d
from ltc.model.money import MOST_MINOR
from ltc.ports import operations as op
from ltc.sandbox.erp.credit import check_credit
from ltc.sandbox.erp.documents import find, lines_json, order_of
from ltc.sandbox.erp.stock import check_products
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


def create_order(tx: Transaction, asked: op.CreateOrder) -> d.Order:
    """Create a draft order; nothing is planned before it is confirmed.

    Refused: ``unknown_customer``, ``blocked_customer``, ``unknown_product``, ``currency_mismatch``, ``no_lines``,
    ``bad_amounts``.
    """
    customer = tx.row("SELECT * FROM customers WHERE id = ?", asked.customer)
    if customer is None:
        raise Refusal("unknown_customer", f"there is no customer {asked.customer}", asked.customer)
    if customer["blocked"]:
        raise Refusal("blocked_customer", f"customer {customer['id']} is blocked", customer["id"])
    check_lines(tx, asked.lines, customer["currency"])
    number = tx.database.next_id("SO")
    tx.database.insert(
        "orders", id=number, version=1, customer=customer["id"], currency=customer["currency"],
        lines=lines_json(asked.lines), **totals(asked.lines), state="draft", shipped=0, returned=0, cancelled=0,
        release="", reference=tx.caller.key, chain=tx.caller.chain, entered=tx.now.isoformat(),
        at_real=tx.real.isoformat(),
    )  # fmt: skip
    _write_lines(tx, number, asked.lines)
    return _done(tx, number)


def update_order(tx: Transaction, asked: op.UpdateOrder) -> d.Order:
    """Give a draft order new lines. Refused: ``not_draft``, and what refuses new lines of an order."""
    row = _draft(tx, asked.order)
    check_lines(tx, asked.lines, row["currency"])
    sums = totals(asked.lines)
    tx.run(
        "UPDATE orders SET lines = ?, net = ?, tax = ?, gross = ?, ordered = ?, version = version + 1 WHERE id = ?",
        lines_json(asked.lines), sums["net"], sums["tax"], sums["gross"], sums["ordered"], row["id"],
    )  # fmt: skip
    tx.run("DELETE FROM order_lines WHERE order_id = ?", row["id"])
    _write_lines(tx, row["id"], asked.lines)
    return _done(tx, row["id"])


def get_order(tx: Transaction, asked: op.OrderId) -> d.Order:
    """Read an order; its quantities are absolute totals, its status is derived."""
    return order_of(tx, asked.order)


def confirm_order(tx: Transaction, asked: op.ConfirmOrder) -> d.Order:
    """Confirm a draft order: it is planned, and counts against the customer's credit limit.

    Refused: ``already_confirmed``, ``cancelled``, ``credit_limit`` (unless ``override`` says so), ``discontinued``,
    ``out_of_stock`` (only of products that may not be back-ordered), ``bad_override``.
    """
    row = find(tx, "orders", asked.order)
    if row["state"] == "confirmed":
        raise Refusal("already_confirmed", f"order {row['id']} is confirmed already", row["id"])
    if row["state"] == "cancelled":
        raise Refusal("cancelled", f"order {row['id']} is cancelled", row["id"])
    if asked.override not in ("", "credit_limit"):
        raise Refusal("bad_override", f"{asked.override!r} cannot be overridden; credit_limit can", row["id"])
    check_products(tx, row)
    if not asked.override:
        check_credit(tx, row)
    _state(tx, row, "confirmed")
    return _done(tx, row["id"])


def unconfirm_order(tx: Transaction, asked: op.OrderId) -> d.Order:
    """Make a confirmed order a draft again.

    Refused: ``not_confirmed``, ``already_shipped`` (goods are out), ``released`` (cancel the release first),
    ``invoiced`` (credit the invoices first).
    """
    row = find(tx, "orders", asked.order)
    if row["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {row['id']} is {row['state']}, not confirmed", row["id"])
    refuse_shipped(row)
    if row["release"]:
        raise Refusal("released", f"order {row['id']} is released as {row['release']}; cancel that first", row["id"])
    refuse_invoiced(tx, row)
    _state(tx, row, "draft")
    return _done(tx, row["id"], undoes="erp.confirm_order")


def cancel_order(tx: Transaction, asked: op.OrderId) -> d.Order:
    """Cancel a draft order.

    Refused: ``already_cancelled``, ``already_shipped`` (goods are out), ``still_confirmed`` (unconfirm it first),
    ``invoiced`` (credit the invoices first).
    """
    row = find(tx, "orders", asked.order)
    if row["state"] == "cancelled":
        raise Refusal("already_cancelled", f"order {row['id']} is cancelled already", row["id"])
    refuse_shipped(row)
    refuse_invoiced(tx, row)
    if row["state"] != "draft":
        raise Refusal("still_confirmed", f"order {row['id']} is confirmed; unconfirm it first", row["id"])
    tx.run("UPDATE orders SET cancelled = ordered WHERE id = ?", row["id"])
    tx.run("UPDATE order_lines SET cancelled = quantity - shipped WHERE order_id = ?", row["id"])
    _state(tx, row, "cancelled")
    return _done(tx, row["id"], undoes="erp.create_order")


def refuse_shipped(row: sqlite3.Row) -> None:
    """Refuse when goods of an order are out and have not come back."""
    if row["shipped"] > row["returned"]:
        raise Refusal("already_shipped", f"order {row['id']}: {row['shipped'] - row['returned']} are out", row["id"])


def refuse_invoiced(tx: Transaction, row: sqlite3.Row) -> None:
    """Refuse when an invoice of an order stands."""
    standing = tx.value("SELECT id FROM invoices WHERE order_id = ? AND credit_note = ''", row["id"])
    if standing:
        raise Refusal("invoiced", f"order {row['id']}: invoice {standing} stands; credit it first", standing)


def _draft(tx: Transaction, number: str) -> sqlite3.Row:
    row = find(tx, "orders", number)
    if row["state"] != "draft":
        raise Refusal("not_draft", f"order {number} is {row['state']}, not a draft", number)
    return row


def _state(tx: Transaction, row: sqlite3.Row, state: str) -> None:
    tx.run("UPDATE orders SET state = ?, version = version + 1 WHERE id = ?", state, row["id"])


def _done(tx: Transaction, number: str, undoes: str = "") -> d.Order:
    order = order_of(tx, number)
    undone = (undoes, number) if undoes else None
    tx.record("Order", number, amount=order.gross, quantity=order.ordered, undoes=undone)
    return order


def check_lines(tx: Transaction, lines: list[d.Line], currency: str) -> None:
    """Refuse lines that cannot be an order's."""
    if not lines or len({line.id for line in lines}) != len(lines):
        raise Refusal("no_lines", "an order needs lines, each with an id of its own")
    for line in lines:
        if tx.row("SELECT 1 FROM products WHERE id = ?", line.product) is None:
            raise Refusal("unknown_product", f"line {line.id}: there is no product {line.product}", line.product)
        if {one.currency for one in (line.unit_price, line.net, line.tax, line.gross)} != {currency}:
            raise Refusal("currency_mismatch", f"line {line.id}: the customer's currency is {currency}", line.id)
        if line.net.minor + line.tax.minor != line.gross.minor:
            raise Refusal("bad_amounts", f"line {line.id}: net {line.net} + tax {line.tax} must be gross", line.id)
        if min(line.unit_price.minor, line.net.minor, line.tax.minor) < 0:
            raise Refusal("bad_amounts", f"line {line.id}: no amount of an order is negative", line.id)
    sums = totals(lines)
    if sums["gross"] > MOST_MINOR or sums["ordered"] > d.MOST_PIECES:
        raise Refusal("bad_amounts", "the lines come to more than an order can be")


def totals(lines: list[d.Line]) -> dict[str, int]:
    """Return the sums of lines: money in minor units, pieces."""
    return {
        "net": sum(line.net.minor for line in lines),
        "tax": sum(line.tax.minor for line in lines),
        "gross": sum(line.gross.minor for line in lines),
        "ordered": sum(line.quantity for line in lines),
    }


def _write_lines(tx: Transaction, number: str, lines: list[d.Line]) -> None:
    for line in lines:
        tx.database.insert(
            "order_lines", order_id=number, line=line.id, product=line.product, quantity=line.quantity,
            net=line.net.minor, gross=line.gross.minor, shipped=0, cancelled=0,
        )  # fmt: skip
