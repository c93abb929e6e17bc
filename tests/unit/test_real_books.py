"""What Tryton's own records say, set side by side: sound ones pass the checks, each planted bug is caught."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from starter import checks
from starter.books import Books
from starter.outcomes import fates
from starter.real.books import TrytonBooks
from starter.real.judge import CHECKS, notes_once, one_deal_per_order

AT = dict(
    zip(("year", "month", "day", "hour", "minute", "second", "microsecond"), (2026, 3, 2, 9, 0, 0, 0), strict=True)
)
Tables = dict[str, list[dict[str, Any]]]


def tables() -> Tables:
    """Two pieces of one product at 5.00, shipped, billed and paid."""
    sale = {"id": 1, "reference": "KEY", "state": "done", "untaxed_amount": Decimal(10), "total_amount": Decimal(10),
            "origin": None, "create_date": AT, "shipments": [3]}  # fmt: skip
    line = {"id": 2, "sale": 1, "quantity": 2.0, "unit_price": Decimal(5), "moves_ignored": []}
    bought = {"id": 5, "state": "done", "quantity": 9.0, "origin": None, "shipment": None, "product.": {"code": "P"},
              "from_location.": {"type": "lost_found"}, "to_location.": {"type": "storage"}, "create_date": AT}  # fmt: skip
    shipped = {**bought, "id": 6, "quantity": 2.0, "origin": "sale.line,2", "shipment": "stock.shipment.out,3",
               "from_location.": {"type": "storage"}, "to_location.": {"type": "customer"}}  # fmt: skip
    bill = {"id": 7, "number": "1", "state": "paid", "total_amount": Decimal(10), "amount_to_pay": Decimal(0), "sales": [1],
            "shipments": [3], "origin_invoices": [], "payment_lines": [8], "create_date": AT}  # fmt: skip
    return {
        "sale.sale": [sale], "sale.line": [line], "stock.move": [bought, shipped], "account.invoice": [bill],
        "account.move.line": [{"id": 8, "credit": Decimal(10), "debit": Decimal(0), "move": 9}],
        "stock.location": [{"id": 3, "code": "STO"}], "product": [{"id": 1, "code": "P", "quantity": 7.0}],
    }  # fmt: skip


class Rpc:
    """Gives tables; it filters what the reader asks by state and id."""

    def __init__(self, given: Tables) -> None:
        self.given = given

    async def find(self, model: str, domain: list[Any], fields: Any) -> list[dict[str, Any]]:
        rows = self.given[model]
        for field, operator, value in domain:
            if field in ("state", "id"):
                rows = [row for row in rows if (row[field] in value if operator == "in" else row[field] == value)]
        return rows

    async def call(self, method: str, *params: Any, context: Any = None) -> list[dict[str, Any]]:
        return self.given["product"]


async def broken(given: Tables) -> set[str]:
    books: Books = await TrytonBooks(Rpc(given), {"KEY": "p:1", "KEY2": "p:1"}).read()  # type: ignore[arg-type]
    return {name for name, found in checks.run(books, CHECKS).items() if found}


async def test_sound_records_pass() -> None:
    assert await broken(tables()) == set()


def _second_order(given: Tables) -> None:
    given["sale.sale"].append({**given["sale.sale"][0], "id": 20})


def _second_generation(given: Tables) -> None:
    given["sale.sale"].append({**given["sale.sale"][0], "id": 20, "reference": "KEY2"})


def _second_invoice(given: Tables) -> None:
    given["account.invoice"].append({**given["account.invoice"][0], "id": 21, "payment_lines": []})


def _shipped_twice(given: Tables) -> None:
    given["stock.move"].append({**given["stock.move"][1], "id": 22})


def _paid_nothing(given: Tables) -> None:
    given["account.invoice"][0]["payment_lines"] = []


def _paid_twice(given: Tables) -> None:
    given["account.invoice"][0]["payment_lines"] = [8, 8]


def _stock_vanished(given: Tables) -> None:
    given["product"][0]["quantity"] = 6.0


def _never_approved(given: Tables) -> None:
    given["sale.sale"][0]["untaxed_amount"] = Decimal(2000)


@pytest.mark.parametrize(
    ("plant", "check"),
    [
        (_second_order, "one_effect_per_key"), (_second_generation, "no_duplicate_documents"),
        (_second_invoice, "no_duplicate_documents"), (_shipped_twice, "ordered_is_accounted_for"),
        (_second_invoice, "billed_is_delivered"), (_paid_nothing, "billed_is_settled_or_open"),
        (_paid_twice, "billed_is_settled_or_open"), (_stock_vanished, "stock_is_accounted_for"),
        (_never_approved, "approved_before_confirmed"),
    ],
)  # fmt: skip
async def test_each_planted_bug_is_caught(plant: Callable[[Tables], None], check: str) -> None:
    given = tables()
    plant(given)
    assert check in await broken(given)


def test_the_crm_holds_each_deal_and_each_note_once() -> None:
    deal = {"id": "1", "stage": "won", "notes": ["A", "B"]}
    assert not list(one_deal_per_order(Books(opportunities=[deal])))
    assert list(one_deal_per_order(Books(opportunities=[deal, deal])))
    assert not list(notes_once(Books(opportunities=[deal])))
    assert list(notes_once(Books(opportunities=[{**deal, "notes": ["A", "A"]}])))


async def test_what_each_parcel_rounds_for_itself_is_no_difference() -> None:
    """1 + 2 pieces at 1.6675: parcels of 1.67 and 3.34 (3.335, half to even), an order of 5.00."""
    given = tables()
    given["sale.line"][0].update(quantity=3.0, unit_price=Decimal("1.6675"))
    given["sale.sale"][0].update(untaxed_amount=Decimal("5.00"), total_amount=Decimal("5.00"))
    first = {**given["stock.move"][1], "quantity": 1.0}
    given["stock.move"][1:] = [first, {**first, "id": 30, "quantity": 2.0, "shipment": "stock.shipment.out,4"}]
    given["product"][0]["quantity"] = 6.0
    bill = {**given["account.invoice"][0], "total_amount": Decimal("1.67")}
    other = {**bill, "id": 31, "total_amount": Decimal("3.34"), "shipments": [4], "payment_lines": [32]}
    given["account.invoice"] = [bill, other]
    paid = {"debit": Decimal(0), "move": 9}
    given["account.move.line"] = [
        {"id": 8, "credit": Decimal("1.67"), **paid},
        {"id": 32, "credit": Decimal("3.34"), **paid},
    ]
    books: Books = await TrytonBooks(Rpc(given), {"KEY": "p:1"}).read()  # type: ignore[arg-type]
    books.opportunities = [{"id": "1", "stage": "won"}]
    assert {name for name, found in checks.run(books, CHECKS).items() if found} == set()
    assert fates(books) == {"1": "completed"}
    other["total_amount"] = Decimal("3.38")
    assert {
        name
        for name, found in checks.run((await TrytonBooks(Rpc(given), {"KEY": "p:1"}).read()), CHECKS).items()
        if found
    }  # type: ignore[arg-type]


async def test_goods_that_came_back_are_accounted_for() -> None:
    given = tables()
    given["sale.sale"].append({**given["sale.sale"][0], "id": 40, "reference": "", "origin": "sale.sale,1"})
    given["sale.line"].append({**given["sale.line"][0], "id": 41, "sale": 40, "quantity": -2.0})
    back = {**given["stock.move"][1], "id": 42, "origin": "sale.line,41", "from_location.": {"type": "customer"},
            "to_location.": {"type": "storage"}}  # fmt: skip
    given["stock.move"].append(back)
    books: Books = await TrytonBooks(Rpc(given), {"KEY": "p:1"}).read()  # type: ignore[arg-type]
    assert [row["quantity"] for row in books.table("returns")] == [2]
    assert "ordered_is_accounted_for" not in {name for name, found in checks.run(books, CHECKS).items() if found}
