"""What was agreed on billing is what was billed: by order, delivery, instalment, milestone, less what was paid down."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from ltc.definition.plan import Plan
from ltc.model.money import Money, round_minor
from ltc.model.terms import BillingTerms
from starter.books import Books, Row
from starter.checks import Check

Found = Iterator[tuple[str, str]]
# Kinds of invoices that go with any basis: what is paid down, and what remains.
BEFOREHAND = ("down_payment", "final")
FEE = "dunning_fee"  # billed beside what was ordered


def terms_of(order: Row) -> BillingTerms | None:
    """Return the terms that were agreed for an order, if any were."""
    return BillingTerms.model_validate_json(order["terms"]) if order.get("terms") else None


def billable(lines: list[Row]) -> int:
    """Return what an order comes to, in gross minor units: per line what is out or still to come, half-even."""
    total = 0
    for line in lines:
        pieces = max(line["quantity"] - line["cancelled"], line["shipped"])
        total += round_minor(Decimal(line["gross"] * pieces) / line["quantity"])
    return total


def standing(invoices: list[Row]) -> list[Row]:
    """Return the invoices of an order's price that are not credited in full: a dunning fee is none of it."""
    return [row for row in invoices if row["credited"] < row["gross"] and row.get("kind") != FEE]


def billed_as_agreed(plans: Mapping[str, Plan]) -> Check:
    """Return the check of the basis of billing; what no order's terms say, its process says (process → plan)."""

    def bills_follow_what_was_agreed(books: Books) -> Found:
        """By delivery, by order, in instalments or by milestones, as agreed, each part once and for its amount."""
        lines, invoices = books.by("order_lines", "order_id"), books.by("invoices", "order_id")
        gross = {row["id"]: row["gross"] for row in books.table("deliveries")}
        for order in books.table("orders"):
            bills = standing(invoices.get(order["id"], []))
            terms, plan = terms_of(order), plans.get(str(order["chain"]).partition(":")[0])
            basis = terms.basis if terms else plan.billing.basis if plan else ""
            for bill in bills:
                yield from _kind(bill, terms, basis)
                if bill["delivery"] and bill["gross"] != gross.get(bill["delivery"]):
                    text = f"bills {bill['gross']} for {bill['delivery']}, worth {gross.get(bill['delivery'])}"
                    yield bill["id"], f"{text} (minor units)"
            yield from _parts_once(order, bills)
            yield from _instalments(order, bills, terms, billable(lines.get(order["id"], [])))
            yield from _deducted(bills, billable(lines.get(order["id"], [])))

    return bills_follow_what_was_agreed


def _kind(bill: Row, terms: BillingTerms | None, basis: str) -> Found:
    kind = bill.get("kind", "")
    agreed = "milestones" if basis == "milestone" else "instalments" if terms and terms.instalments else basis
    fits = {
        "milestones": kind == "milestone", "instalments": kind == "instalment", "": True,
        "delivery": kind in BEFOREHAND or (not kind and bool(bill["delivery"])),
        "order": kind in BEFOREHAND or (not kind and not bill["delivery"]),
    }  # fmt: skip
    if not fits[agreed]:
        what = kind or ("delivery" if bill["delivery"] else "order")
        yield bill["id"], f"bills by {what}, agreed was {agreed}"


def _parts_once(order: Row, bills: list[Row]) -> Found:
    parts = Counter((row.get("kind", ""), row.get("part", "") or row["delivery"]) for row in bills)
    for (kind, part), times in parts.items():
        if times > 1 and kind != "down_payment":
            yield order["id"], f"{f'{kind} {part}'.strip() or 'the whole of it'} is billed {times} times"


def _instalments(order: Row, bills: list[Row], terms: BillingTerms | None, worth: int) -> Found:
    """An instalment is its share of what the order comes to; that may have moved by the tolerance since."""
    shares = {one.name: one.share for one in terms.instalments} if terms else {}
    mine = [bill for bill in bills if bill.get("kind") == "instalment"]
    for bill in mine:
        if bill["part"] not in shares:
            yield bill["id"], f"bills {bill['part']}, which nobody agreed on"
            continue
        due = round_minor(worth * shares[bill["part"]] / 100)
        slack = round_minor(order["gross"] * max(terms.tolerance.over, terms.tolerance.under) / 100) if terms else 0
        if abs(bill["gross"] - due) > slack + len(shares):
            yield bill["id"], f"bills {bill['gross']} for {bill['part']}, agreed were {due} (minor units)"
    whole = sum(bill["gross"] for bill in mine)
    if shares and len(mine) == len(shares) and whole != worth:
        yield order["id"], f"its instalments come to {whole}, the order to {worth} (minor units)"


def _deducted(bills: list[Row], worth: int) -> Found:
    down = sum(bill["gross"] - bill["credited"] for bill in bills if bill.get("kind") == "down_payment")
    for bill in bills:
        if bill.get("kind") == "final":
            if bill["deducted"] != down:
                yield bill["id"], f"deducts {bill['deducted']}, paid down were {down} (minor units)"
            if bill["gross"] + bill["deducted"] != worth:
                yield bill["id"], f"bills {bill['gross']} after {bill['deducted']}, the order comes to {worth}"


def fees_are_those_of_reminders(books: Books) -> Found:
    """Every bill of a fee is of a notice that stands, of the same order, for what it claims, once."""
    notices = {row["id"]: row for row in books.table("dunnings")}
    orders = {row["id"]: row["order_id"] for row in books.table("invoices")}
    bills = [row for row in books.table("invoices") if row.get("kind") == FEE and row["credited"] < row["gross"]]
    for notice, times in Counter(bill["part"] for bill in bills).items():
        if times > 1:
            yield notice, f"its fee is billed {times} times"
    for bill in bills:
        notice = notices.get(bill["part"])
        if notice is None or notice["status"] == "cancelled":
            yield bill["id"], f"bills the fee of notice {bill['part']}, which does not stand"
        elif bill["gross"] != notice["fee"]:
            yield bill["id"], f"bills {bill['gross']} for notice {notice['id']}, claimed were {notice['fee']}"
        elif bill["order_id"] != orders[notice["invoice"]]:
            yield bill["id"], f"bills order {bill['order_id']}, the notice was about {orders[notice['invoice']]}"


def unbilled_fee(bills: list[Row], books: Books) -> str:
    """Tell which fee that a notice claims was never billed; nothing when all are."""
    mine, billed = {bill["id"] for bill in bills}, {bill["part"] for bill in bills if bill.get("kind") == FEE}
    for notice in books.table("dunnings"):
        claimed = notice["fee"] and notice["status"] != "cancelled" and notice["invoice"] in mine
        if claimed and notice["id"] not in billed:
            return f"the fee of notice {notice['id']} ({notice['fee']} minor units) was never billed"
    return ""


def discounts_are_earned(books: Books) -> Found:
    """A cash discount is what was agreed at most, and the money that earns it came in time."""
    payments = books.by("payments", "invoice")
    for bill in books.table("invoices"):
        if not bill.get("discounted"):
            continue
        most = Money(minor=bill["gross"] - bill["credited"], currency=bill["currency"])
        allowed = most.part(Decimal(bill["discount_rate"] or 0)).minor
        if bill["discounted"] > allowed:
            yield bill["id"], f"{bill['discounted']} deducted, agreed were {allowed} (minor units)"
        came = max((str(row["received_at"]) for row in payments.get(bill["id"], []) if row["amount"] > 0), default="")
        if not came or datetime.fromisoformat(came) > datetime.fromisoformat(bill["discount_until"]):
            yield bill["id"], f"a discount until {bill['discount_until'][:10]}, the money came {came[:10] or 'never'}"


def foreign_money_is_carried_at_the_rate_of_the_bill(books: Books) -> Found:
    """Per payment in another currency: carried in the books at its invoice's rate; the rest is a difference apart."""
    invoices = {row["id"]: row for row in books.table("invoices")}
    for row in books.table("payments"):
        bill = invoices[row["invoice"]]
        if not bill.get("books") or not row["amount"]:
            continue
        amount = Money(minor=row["amount"], currency=row["currency"])
        due = amount.converted(Decimal(bill["rate"]), bill["books"]).minor
        if row["carried"] != due:
            yield row["id"], f"{amount} carried at {row['carried']}, at {bill['rate']} it is {due} (minor units)"
        if not row["received"]:
            yield row["id"], f"{amount} brought nothing in {bill['books']}"


def returns_are_credited(plans: Mapping[str, Plan]) -> Check:
    """Return the check that goods that came back are credited, where the process credits them (process → plan)."""

    def what_came_back_is_credited(books: Books) -> Found:
        """Per goods return one credit note; of goods that came back as a whole every invoice is credited in full."""
        orders = {row["id"]: row for row in books.table("orders")}
        states = {row["id"]: row["status"] for row in books.table("return_states")}
        amounts = {row["id"]: row["amount"] for row in books.table("credit_notes")}
        notes = Counter(row["goods_return"] for row in books.table("credit_states") if amounts[row["id"]])
        for back in books.table("returns"):
            plan = plans.get(str(orders[back["order_id"]]["chain"]).partition(":")[0])
            credits = plan is not None and "erp.credit_return" in plan.operations
            if states.get(back["id"]) == "received" and credits and notes[back["id"]] != 1:
                yield back["id"], f"came back, {notes[back['id']]} credit notes stand for it"
            elif back["id"] not in states:
                yield from _whole(books, back)

    return what_came_back_is_credited


def _whole(books: Books, back: Row) -> Found:
    came = [row["id"] for row in books.table("deliveries") if row["return_id"] == back["id"]]
    for bill in books.table("invoices"):
        left = bill["gross"] - bill["credited"]
        if bill["delivery"] in came and left:
            yield back["id"], f"came back, {left} of {bill['id']} are not credited (minor units)"


def all_is_billed(order: Row, lines: list[Row], bills: list[Row], deliveries: list[Row], books: Books) -> str:
    """Tell what of a completed order was never billed, or was billed beyond it; nothing when it is even.

    A reminder's fee is no part of it. What a complaint was credited was billed all the same.
    """
    bills = [bill for bill in bills if bill.get("kind") != FEE]
    later = ("erp.credit_return", "erp.credit_part")
    notes = {row["id"] for row in books.table("credit_states") if row["operation"] in later}
    mine = {bill["id"] for bill in bills}
    back = sum(row["amount"] for row in books.table("credit_notes") if row["id"] in notes and row["invoice"] in mine)
    billed = sum(bill["gross"] - bill["credited"] for bill in bills) + back
    by_delivery = any(bill["delivery"] for bill in bills)
    out = sum(row["gross"] for row in deliveries if not row["return_id"])
    due = out if by_delivery else billable(lines)
    return f"{order['id']} comes to {due}, billed are {billed} (minor units)" if billed != due else ""


def kept_money(bills: list[Row]) -> str:
    """Tell what belongs to the customer and was not paid back; nothing when there is none."""
    for bill in bills:
        settled = bill["paid"] + bill["credited"] + bill["written_off"] + bill.get("discounted", 0)
        if bill["credited"] and settled > bill["gross"]:
            return f"{settled - bill['gross']} of {bill['id']} belong to the customer (minor units)"
    return ""


def shares(order: Row) -> list[str]:
    """Return the names of the milestones that were agreed for an order."""
    return [one["name"] for one in json.loads(order.get("terms") or "{}").get("milestones", [])]
