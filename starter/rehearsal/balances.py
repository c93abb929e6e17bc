"""The balances of a rehearsal: goods and money by every basis of billing, over the systems' own records alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from ltc.model.money import round_minor
from starter.books import Books, Row

Found = Iterator[tuple[str, str]]
# What an effect adds to the stock of a product; the product is the document, or is named by the parent's document.
IN = ("erp.setup", "warehouse.replenish", "stock.return", "workshop.finish")
OUT = ("stock.issue",)
GIVES_UP = (
    "erp.cancel_lines", "erp.amend_order", "erp.revert_amendment", "erp.close_short", "warehouse.close_short",
    "consignment.send_back",
)  # fmt: skip


def goods_are_accounted_for(books: Books) -> Found:
    """Per order line: ordered = delivered + open + cancelled, within the tolerance; the totals are those of lines."""
    delivered: Counter[tuple[str, str]] = Counter()
    for delivery in books.table("deliveries"):
        for line in delivery["lines"]:
            delivered[delivery["order_id"], line["line"]] += line["quantity"]
    orders = {row["id"]: row for row in books.table("orders")}
    sums: dict[str, Counter[str]] = {number: Counter() for number in orders}
    for line in books.table("order_lines"):
        number, place = line["order_id"], f"{line['order_id']} line {line['line']}"
        if line["shipped"] != delivered[number, line["line"]]:
            yield place, f"{line['shipped']} said to be shipped, {delivered[number, line['line']]} delivered"
        most = int(line["quantity"] * (1 + _tolerance(orders[number], "over") / 100))  # whole pieces, never rounded up
        if line["shipped"] + line["cancelled"] > most:
            yield place, f"ordered {line['quantity']}, shipped {line['shipped']}, cancelled {line['cancelled']}"
        sums[number].update(ordered=line["quantity"], shipped=line["shipped"], cancelled=line["cancelled"])
    for number, back in _returned(books).items():
        sums[number]["returned"] += back
    for number, order in orders.items():
        for total in ("ordered", "shipped", "cancelled", "returned"):
            if order[total] != sums[number][total]:
                yield number, f"{total} {order[total]}, its documents say {sums[number][total]}"


def _tolerance(order: Row, which: str) -> Decimal:
    terms = json.loads(order.get("terms") or "{}")
    return Decimal(str((terms.get("tolerance") or {}).get(which, 0)))


def _returned(books: Books) -> Counter[str]:
    """Count the pieces that came back, by order: of an announced return only what the warehouse took in."""
    states = {row["id"]: row["status"] for row in books.table("return_states")}
    found: Counter[str] = Counter()
    for row in books.table("returns"):
        if states.get(row["id"], "received") == "received":
            found[row["order_id"]] += row["quantity"]
    return found


def stock_is_accounted_for(books: Books) -> Found:
    """Per product, over all warehouses: what came in − what left + what came back = what is there, never below 0."""
    expected: Counter[str] = Counter()
    purchased = {row["id"]: row["product"] for row in books.table("purchases")}
    for effect in books.effects:
        if effect.operation in IN:
            expected[effect.document_id] += effect.quantity
        elif effect.operation in OUT:
            expected[effect.document_id] -= effect.quantity
        elif effect.operation == "supplier.deliver":
            expected[purchased[effect.parent]] += effect.quantity
    expected.subtract(_left(books))
    expected.subtract(_at_dealers(books))
    there: Counter[str] = Counter()
    for row in (*books.table("products"), *books.table("stock_at")):
        product = str(row.get("product", row.get("id", "")))
        there[product] += row["stock"]
        if row["stock"] < 0:
            yield f"product {product}", f"{row['stock']} in stock"
    for product in there.keys() | expected.keys():
        if there[product] != expected[product]:
            yield f"product {product}", f"{there[product]} in stock, the documents say {expected[product]}"


def _left(books: Books) -> Counter[str]:
    """Count the pieces of each product that are with customers."""
    found: Counter[str] = Counter()
    for delivery in books.table("deliveries"):
        if not delivery["return_id"]:
            for line in delivery["lines"]:
                found[line["product"]] += line["quantity"]
    for state in books.table("return_states"):
        if state["status"] == "received":
            for line in json.loads(state["lines"]):
                found[line["product"]] -= line["quantity"]
    return found


def _at_dealers(books: Books) -> Counter[str]:
    """Count the pieces of each product that lie at a dealer's, neither taken nor sent back."""
    out = {row["order_id"] for row in books.table("consignments") if row["status"] == "out"}
    found: Counter[str] = Counter()
    for line in books.table("order_lines"):
        if line["order_id"] in out:
            found[line["product"]] += max(line["quantity"] - line["shipped"] - line["cancelled"], 0)
    return found


def nothing_is_given_up_unsaid(books: Books) -> Found:
    """Of a confirmed order is cancelled only what somebody cancelled, or what is missing within the tolerance."""
    said = {one.document_id for one in books.effects if one.operation in GIVES_UP}
    said |= {one.parent for one in books.effects if one.operation in GIVES_UP}
    for order in books.table("orders"):
        if order["state"] == "confirmed" and order["id"] not in said:
            for line in books.by("order_lines", "order_id").get(order["id"], []):
                if line["cancelled"] > int(line["quantity"] * _tolerance(order, "under") / 100):
                    yield f"{order['id']} line {line['line']}", f"{line['cancelled']} are cancelled, and nobody did it"


def billed_is_covered(books: Books) -> Found:
    """Billed ≤ delivered − returned (by delivery), ≤ ordered (by order and in parts), = accepted (by milestone)."""
    deliveries = books.by("deliveries", "order_id")
    orders = {row["id"]: row for row in books.table("orders")}
    milestones = {row["id"]: row for row in books.table("milestones")}
    for number, invoices in books.by("invoices", "order_id").items():
        standing = [(row, row["gross"] - row["credited"]) for row in invoices if row.get("kind") != "dunning_fee"]
        out = sum(row["gross"] for row in deliveries.get(number, []) if not row["return_id"])
        billed = sum(left for row, left in standing if row["delivery"])
        if billed > out:
            yield number, f"billed {billed}, delivered and not returned {out} (minor units)"
        whole = sum(left for row, left in standing if not row["delivery"])
        most = round_minor(orders[number]["gross"] * (1 + _tolerance(orders[number], "over") / 100))
        if whole > most:
            yield number, f"billed {whole}, ordered {most} with what may go beyond it (minor units)"
        for row, left in standing:
            if row.get("kind") == "milestone" and left:
                yield from _of_milestone(row, left, milestones.get(row["part"]))


def _of_milestone(invoice: Row, left: int, milestone: Row | None) -> Found:
    if milestone is None or milestone["withdrawn"]:
        yield invoice["id"], f"bills milestone {invoice['part']}, which nobody accepted"
    elif left > milestone["gross"]:
        yield invoice["id"], f"bills {left} for {invoice['part']}, accepted were {milestone['gross']} (minor units)"


def bills_are_settled_or_open(books: Books) -> Found:
    """Per invoice: billed = paid + credited + discounted + written off + open, each term as its own documents say."""
    paid, credited = books.by("payments", "invoice"), books.by("credit_notes", "invoice")
    reversed_ = {row["payment"] for row in books.table("reversals")}
    given = _given_up(books)
    for invoice in books.table("invoices"):
        number = invoice["id"]
        terms = {
            "paid": sum(row["amount"] for row in paid.get(number, []) if row["id"] not in reversed_),
            "credited": sum(row["amount"] for row in credited.get(number, [])),
            "discounted": given["erp.cash_discount", number], "written_off": given["erp.write_off", number],
        }  # fmt: skip
        for term, amount in terms.items():
            if invoice.get(term, 0) != amount:
                yield number, f"{term} {invoice.get(term, 0)}, its documents say {amount} (minor units)"
        lost = terms["discounted"] + terms["written_off"]
        if terms["credited"] + lost > invoice["gross"] or (lost and terms["paid"] + lost > invoice["gross"]):
            yield number, f"billed {invoice['gross']}, settled by {terms} (minor units)"


def exchange_differences_are_apart(books: Books) -> Found:
    """Per invoice, in the books' currency: what it carries and received is what its payments say."""
    payments = books.by("payments", "invoice")
    reversed_ = {row["payment"] for row in books.table("reversals")}
    for invoice in books.table("invoices"):
        standing = [row for row in payments.get(invoice["id"], []) if row["id"] not in reversed_]
        for term in ("carried", "received"):
            said = sum(row.get(term, 0) for row in standing)
            if invoice.get(term, 0) != said:
                yield invoice["id"], f"{term} {invoice.get(term, 0)}, its payments say {said} (minor units)"


def _given_up(books: Books) -> Counter[tuple[str, str]]:
    """Sum up discounts and write-offs that stand, by operation and invoice."""
    undone = {effect.undo_of for effect in books.effects if effect.undo_of is not None and effect.system == "erp"}
    found: Counter[tuple[str, str]] = Counter()
    for effect in books.effects:
        if effect.operation in ("erp.cash_discount", "erp.write_off") and effect.seq not in undone:
            found[effect.operation, effect.document_id] += effect.amount_minor
    return found
