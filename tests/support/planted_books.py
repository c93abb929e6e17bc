"""Bugs to plant into the books of a sandbox ERP, each as a function that changes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starter.books import Books


def of(books: Books, table: str, **wanted: Any) -> dict[str, Any]:
    """Return the first row of a table that is just so."""
    return next(row for row in books.table(table) if all(row[name] == value for name, value in wanted.items()))


def order_of(books: Books, chain: str) -> str:
    return str(of(books, "orders", chain=chain)["id"])


def bill_of(books: Books, chain: str, number: int = 0) -> dict[str, Any]:
    return books.by("invoices", "order_id")[order_of(books, chain)][number]


def again(books: Books, table: str, row: dict[str, Any], **changed: Any) -> None:
    """Add a document a second time, with the effect that made it, under another key."""
    copy = {**row, "id": f"{row['id']}-again", **changed}
    books.tables[table].append(copy)
    effect = next(one for one in books.effects if one.document_id == row["id"] and not one.undo_of)
    books.effects.append(replace(effect, seq=9999, document_id=copy["id"], key="another"))


def without(books: Books, table: str, row: dict[str, Any]) -> None:
    """Take a document and every trace of what made it away."""
    books.tables[table] = [one for one in books.table(table) if one is not row]
    books.effects = [one for one in books.effects if one.document_id != row["id"]]


def forget(operation: str, number: int = 0) -> Callable[[Books], None]:
    def work(books: Books) -> None:
        lost = [one for one in books.effects if one.operation == operation][number]
        books.effects = [one for one in books.effects if one is not lost]

    return work


def put(table: str, where: dict[str, Any], **changed: Any) -> Callable[[Books], None]:
    return lambda books: of(books, table, **where).update(changed)


def billed_twice(books: Books) -> None:
    again(books, "invoices", bill_of(books, "lead_to_cash:1"))


def bill_never_sent(books: Books) -> None:
    without(books, "invoices", bill_of(books, "make_to_order:1", 1))


def delivery_never_billed(books: Books) -> None:
    bill = bill_of(books, "call_off_order:CO1-2")
    books.tables["payments"] = [row for row in books.table("payments") if row["invoice"] != bill["id"]]
    without(books, "invoices", bill)


def payment_lost(books: Books) -> None:
    """The bank received it, the ERP never learnt of it: neither document nor sum."""
    bill = bill_of(books, "services:1")
    books.tables["payments"] = [row for row in books.table("payments") if row["invoice"] != bill["id"]]
    bill["paid"] = 0


def payment_entered_twice(books: Books) -> None:
    bill = bill_of(books, "services:1")
    again(books, "payments", of(books, "payments", invoice=bill["id"]))
    bill["paid"] *= 2


def bounced_and_forgotten(books: Books) -> None:
    """The payment that bounced still counts."""
    one = books.tables["reversals"][0]
    of(books, "invoices", id=of(books, "payments", id=one["payment"])["invoice"])["paid"] += one["amount"]


def no_credit_note(books: Books) -> None:
    note = of(books, "credit_states", operation="erp.credit_return")
    books.tables["credit_states"].remove(note)
    without(books, "credit_notes", of(books, "credit_notes", id=note["id"]))


def _kept(books: Books, chain: str) -> None:
    """What was paid is not paid back."""
    bill = bill_of(books, chain)
    back = next(row for row in books.table("payments") if row["invoice"] == bill["id"] and row["amount"] < 0)
    bill["paid"] -= back["amount"]
    without(books, "payments", back)


def not_paid_back(books: Books) -> None:
    _kept(books, "web_order:1")


def paid_back_twice(books: Books) -> None:
    bill = bill_of(books, "web_order:1")
    books.effects += [
        replace(one, seq=9000 + turn, key=f"again{turn}")
        for turn in range(9) for one in books.effects if one.operation == "erp.refund"
    ]  # fmt: skip
    bill["paid"] = -1


def fee_twice(books: Books) -> None:
    again(books, "dunnings", of(books, "dunnings", level=1))


def fee_bill(books: Books) -> dict[str, Any]:
    return of(books, "invoices", kind="dunning_fee")


def fee_billed_twice(books: Books) -> None:
    again(books, "invoices", fee_bill(books))


def fee_of_a_notice_taken_back(books: Books) -> None:
    of(books, "dunnings", id=fee_bill(books)["part"])["status"] = "cancelled"


def fee_beyond_what_was_claimed(books: Books) -> None:
    fee_bill(books)["gross"] += 5


def fee_of_another_deal(books: Books) -> None:
    fee_bill(books)["order_id"] = order_of(books, "services:1")


def fee_never_billed(books: Books) -> None:
    bill = fee_bill(books)
    books.tables["payments"] = [row for row in books.table("payments") if row["invoice"] != bill["id"]]
    without(books, "invoices", bill)


def notices_in_the_wrong_order(books: Books) -> None:
    first, second = books.tables["dunnings"][:2]
    first["level"], second["level"] = 2, 1
    second["sent_at"] = "2026-04-01T09:00:00+00:00"


def dealer_keeps_what_nobody_paid(books: Books) -> None:
    """What was sent back is neither stock again nor cancelled: neither sold nor returned."""
    order = of(books, "orders", chain="distributor:1")
    order["cancelled"] -= 1
    of(books, "order_lines", order_id=order["id"])["cancelled"] -= 1


def taken_but_not_delivered(books: Books) -> None:
    of(books, "consignments", order_id=order_of(books, "distributor:1"))["withdrawn"] += 2


def consigned_twice(books: Books) -> None:
    again(books, "consignments", of(books, "consignments", order_id=order_of(books, "distributor:2")))


def still_at_the_dealers(books: Books) -> None:
    """The chain is completed, the goods lie at the dealer's, and nobody asks for them."""
    row = of(books, "consignments", order_id=order_of(books, "distributor:1"))
    row |= {"status": "out", "quantity": row["quantity"] + 3}


def call_off_ordered_twice(books: Books) -> None:
    again(books, "orders", of(books, "orders", chain="call_off_order:CO1-1"))


def call_off_never_ordered(books: Books) -> None:
    of(books, "orders", chain="call_off_order:CO1-2")["chain"] = "call_off_order:lost"


def old_price(books: Books) -> None:
    """The second call-off costs what the first one did."""
    call = books.tables["call_offs"][1]
    lines = json.loads(call["lines"])
    for one in lines:
        one["net"]["minor"] = 700
    call["lines"] = json.dumps(lines)


def bought_twice(books: Books) -> None:
    again(books, "purchases", books.tables["purchases"][0], received=0)


def whole_order_billed_by_delivery(books: Books) -> None:
    bill_of(books, "web_order:1")["delivery"] = books.tables["deliveries"][0]["id"]


def delivery_billed_as_order(books: Books) -> None:
    bill_of(books, "lead_to_cash:1")["delivery"] = ""


def milestone_billed_as_instalment(books: Books) -> None:
    bill_of(books, "services:1")["kind"] = "instalment"


def wrong_share(books: Books) -> None:
    """The down payment bills sixty percent, the part on delivery thirty."""
    first, second = (bill_of(books, "make_to_order:1", number) for number in (0, 1))
    first["part"], second["part"] = second["part"], first["part"]


def not_deducted(books: Books) -> None:
    bill = bill_of(books, "other:1", 1)
    bill |= {"gross": bill["gross"] + bill["deducted"], "deducted": 0}


def over_the_tolerance(books: Books) -> None:
    order = of(books, "orders", chain="make_to_order:1")
    of(books, "order_lines", order_id=order["id"])["shipped"] = 106


def short_beyond_the_tolerance(books: Books) -> None:
    order = of(books, "orders", chain="make_to_order:1")
    of(books, "order_lines", order_id=order["id"]).update(shipped=97, cancelled=3)


def discount_too_late(books: Books) -> None:
    bill_of(books, "make_to_order:1")["discount_until"] = "2026-03-01T00:00:00+00:00"


def discount_too_large(books: Books) -> None:
    bill_of(books, "make_to_order:1")["discounted"] += 100


def milestone_never_accepted(books: Books) -> None:
    without(books, "milestones", of(books, "milestones", name="build"))


def carried_at_the_rate_of_the_day(books: Books) -> None:
    row = of(books, "payments", invoice=bill_of(books, "web_order:1")["id"])
    row["carried"] = row["received"]


def insured_for_nothing(books: Books) -> None:
    of(books, "covers", order_id=order_of(books, "distributor:1"))["status"] = "open"


def insured_for_the_wrong_sum(books: Books) -> None:
    of(books, "covers", order_id=order_of(books, "distributor:2"))["amount"] += 1


def covered_twice(books: Books) -> None:
    again(books, "covers", of(books, "covers", order_id=order_of(books, "distributor:2")))


def return_forgotten(books: Books) -> None:
    books.tables["return_states"][0]["status"] = "announced"


def made_but_never_finished(books: Books) -> None:
    books.tables["productions"][0]["status"] = "released"


def down_payment_kept(books: Books) -> None:
    """The order is taken back, and what was paid down is not."""
    _kept(books, "first_order:2")


def down_payment_stands(books: Books) -> None:
    """The order is taken back, and the bill of its down-payment is not."""
    bill = bill_of(books, "first_order:2")
    note = of(books, "credit_notes", invoice=bill["id"])
    without(books, "credit_notes", note)


def complaint_credited_and_forgotten(books: Books) -> None:
    """The final invoice bills less by what it should have credited."""
    bill = bill_of(books, "first_order:1", 1)
    bill["gross"] -= 100
    bill["credited"] = 0
    without(books, "credit_notes", of(books, "credit_notes", invoice=bill["id"]))
