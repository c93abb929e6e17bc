"""Each check of a rehearsal passes sound records and catches the bug planted for it."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ltc.model.ids import effect_key
from starter.books import Books, Effect
from starter.outcomes import keys_follow
from starter.rehearsal import checks
from starter.rehearsal.balances import (
    billed_is_covered,
    bills_are_settled_or_open,
    exchange_differences_are_apart,
    goods_are_accounted_for,
    stock_is_accounted_for,
)
from tests.support.chains import shipped

START = datetime(2026, 3, 2, tzinfo=UTC)
CHAIN = "make_to_order:1"


def effect(number: int, operation: str, document: str, **more: Any) -> Effect:
    fields = {"key": f"key{number}", "chain": CHAIN} | more
    system = "crm" if operation.startswith("crm") else "erp"
    return Effect(system, number, START + timedelta(seconds=number), operation, document, **fields)


INVOICE = {"order_id": "SO1", "credited": 0, "credit_note": "", "written_off": 0, "discounted": 0, "part": ""}


def sound() -> Books:
    """Ten pieces for 1000.00: bought and made, shipped from two warehouses, one piece came back.

    Billed are an instalment, a milestone and a delivery; one is paid less its cash discount, one is credited in part.
    """
    books = Books(
        effects=[
            effect(1, "erp.setup", "P", quantity=8, chain=""),
            effect(2, "erp.setup", "part", quantity=6, chain=""),
            effect(3, "crm.qualify_lead", "1"),
            effect(4, "erp.create_order", "SO1"),
            effect(5, "erp.confirm_order", "SO1"),
            effect(6, "supplier.deliver", "RC1", parent="PO1", quantity=4, chain=""),
            effect(7, "stock.issue", "part", parent="MO1", quantity=10),
            effect(8, "workshop.finish", "P", parent="MO1", quantity=5, chain=""),
            effect(9, "erp.release_picks", "RL1", parent="SO1"),
            effect(10, "erp.release_picks", "RL2", parent="SO1"),
            effect(11, "warehouse.ship", "DN1", parent="SO1", quantity=4),
            effect(12, "warehouse.ship", "DN2", parent="SO1", quantity=6),
            effect(13, "erp.post_instalment", "INV1", parent="SO1"),
            effect(14, "erp.post_milestone_invoice", "INV2", parent="SO1"),
            effect(15, "erp.post_invoice", "INV3", parent="DN1"),
            effect(16, "erp.cash_discount", "INV1", parent="INV1", amount_minor=600),
            effect(17, "erp.write_off", "INV3", amount_minor=1_000),
            effect(18, "erp.credit_return", "CN1", parent="INV3", amount_minor=10_000),
        ]
    )
    order = {"id": "SO1", "chain": CHAIN, "gross": 100_000, "state": "confirmed", "release": "RL2", "ordered": 10}
    line = {"line": "1", "product": "P"}
    books.tables = {
        "orders": [{**order, "shipped": 10, "returned": 1, "cancelled": 0, "terms": ""}],
        "order_lines": [{**line, "order_id": "SO1", "quantity": 10, "shipped": 10, "cancelled": 0}],
        "deliveries": [
            {"id": "DN1", "order_id": "SO1", "gross": 40_000, "return_id": "", "lines": [{**line, "quantity": 4}]},
            {"id": "DN2", "order_id": "SO1", "gross": 60_000, "return_id": "", "lines": [{**line, "quantity": 6}]},
        ],
        "returns": [{"id": "GR1", "order_id": "SO1", "quantity": 1}, {"id": "GR2", "order_id": "SO1", "quantity": 2}],
        "return_states": [
            {"id": "GR1", "status": "received", "lines": json.dumps([{**line, "quantity": 1}])},
            {"id": "GR2", "status": "announced", "lines": json.dumps([{**line, "quantity": 2}])},
        ],
        "invoices": [
            {**INVOICE, "id": "INV1", "delivery": "", "kind": "instalment", "gross": 30_000, "paid": 29_400,
             "discounted": 600},
            {**INVOICE, "id": "INV2", "delivery": "", "kind": "milestone", "part": "MS1", "gross": 20_000,
             "paid": 20_000},
            {**INVOICE, "id": "INV3", "delivery": "DN1", "kind": "", "gross": 40_000, "paid": 29_000,
             "credited": 10_000, "written_off": 1_000},
        ],
        "milestones": [{"id": "MS1", "order_id": "SO1", "gross": 20_000, "withdrawn": 0}],
        "payments": [
            {"id": "PAY1", "invoice": "INV1", "amount": 29_400}, {"id": "PAY2", "invoice": "INV2", "amount": 20_000},
            {"id": "PAY3", "invoice": "INV3", "amount": 29_000},
        ],
        "credit_notes": [{"id": "CN1", "invoice": "INV3", "amount": 10_000}],
        "purchases": [{"id": "PO1", "product": "part"}],
        "products": [{"id": "P", "stock": 2}, {"id": "part", "stock": 0}],
        "stock_at": [{"warehouse": "north", "product": "P", "stock": 2}],
    }  # fmt: skip
    return books


MINE = (
    checks.one_effect_per_key,
    checks.nothing_stands_twice,
    checks.undone_once,
    checks.undone_before_what_it_hangs_on,
    checks.goods_leave_released_orders,
    goods_are_accounted_for,
    stock_is_accounted_for,
    billed_is_covered,
    bills_are_settled_or_open,
    exchange_differences_are_apart,
)  # fmt: skip - the others are held against books that the sandbox wrote: test_rehearsal_books


def found(check: Callable[[Books], Any], books: Books) -> list[str]:
    return [f"{subject}: {text}" for subject, text in check(books)]


@pytest.mark.parametrize("check", MINE, ids=lambda check: check.__name__)
def test_sound_records_pass(check) -> None:
    assert found(check, sound()) == []


def change(table: str, number: int, **fields: Any) -> Callable[[Books], None]:
    return lambda books: books.tables[table][number].update(fields)


def add(*effects: Effect) -> Callable[[Books], None]:
    return lambda books: books.effects.extend(effects)


def drop(operation: str) -> Callable[[Books], None]:
    def work(books: Books) -> None:
        books.effects = [one for one in books.effects if one.operation != operation]

    return work


@pytest.mark.parametrize(
    ("check", "bug", "text"),
    [
        (checks.nothing_stands_twice, add(effect(20, "erp.create_order", "SO2")), "erp.create_order stands 2 times"),
        (checks.nothing_stands_twice, add(effect(20, "erp.post_invoice", "INV9", parent="DN1")), "of DN1 stands 2"),
        (checks.undone_before_what_it_hangs_on, add(effect(20, "erp.unconfirm_order", "SO1", undo_of=5)),
         "erp.unconfirm_order came while erp.release_picks still stood"),
        (checks.undone_before_what_it_hangs_on, add(effect(20, "erp.cancel_order", "SO1", undo_of=4)),
         "erp.cancel_order came while erp.confirm_order still stood"),
        (checks.goods_leave_released_orders, drop("erp.release_picks"), "DN1 left while the order was not confirmed"),
        (checks.goods_leave_released_orders, drop("erp.confirm_order"), "DN2 left while the order was not confirmed"),
        (goods_are_accounted_for, change("order_lines", 0, shipped=11), "11 said to be shipped, 10 delivered"),
        (goods_are_accounted_for, change("order_lines", 0, cancelled=1), "ordered 10, shipped 10, cancelled 1"),
        (goods_are_accounted_for, change("orders", 0, returned=3), "returned 3, its documents say 1"),
        (goods_are_accounted_for, change("return_states", 1, status="received"), "returned 1, its documents say 3"),
        (stock_is_accounted_for, change("stock_at", 0, stock=3), "product P: 5 in stock, the documents say 4"),
        (stock_is_accounted_for, drop("supplier.deliver"), "product part: 0 in stock, the documents say -4"),
        (stock_is_accounted_for, drop("workshop.finish"), "product P: 4 in stock, the documents say -1"),
        (stock_is_accounted_for, change("products", 0, stock=-1), "product P: -1 in stock"),
        (billed_is_covered, change("invoices", 2, gross=110_001), "billed 100001, delivered and not returned 100000"),
        (billed_is_covered, change("invoices", 0, gross=80_001), "billed 100001, ordered 100000"),
        (billed_is_covered, change("milestones", 0, withdrawn=1), "bills milestone MS1, which nobody accepted"),
        (billed_is_covered, change("milestones", 0, gross=19_999), "bills 20000 for MS1, accepted were 19999"),
        (bills_are_settled_or_open, change("payments", 0, amount=29_000), "paid 29400, its documents say 29000"),
        (bills_are_settled_or_open, drop("erp.cash_discount"), "discounted 600, its documents say 0"),
        (bills_are_settled_or_open, change("credit_notes", 0, amount=9_000), "credited 10000, its documents say 9000"),
        (bills_are_settled_or_open, drop("erp.write_off"), "written_off 1000, its documents say 0"),
        (bills_are_settled_or_open, change("invoices", 0, gross=29_999), "billed 29999, settled by"),
        (exchange_differences_are_apart, change("invoices", 0, carried=1), "carried 1, its payments say 0"),
        (exchange_differences_are_apart, change("payments", 0, received=7), "received 0, its payments say 7"),
    ],
)  # fmt: skip
def test_a_planted_bug_is_caught(check, bug: Callable[[Books], None], text: str) -> None:
    books = deepcopy(sound())
    bug(books)
    assert any(text in line for line in found(check, books)), found(check, books)


def test_a_key_follows_from_its_place_and_item_alone() -> None:
    chain, items = "lead_to_cash:1", {"lead_to_cash:1": ["DN1"]}
    check = keys_follow(shipped("lead_to_cash"), "here", items)
    good = effect_key("here", chain, "invoice", "DN1", "post_invoice", 0)
    books = Books(effects=[replace(effect(1, "erp.post_invoice", "INV1"), key=good, chain=chain)])
    assert found(check, books) == []
    visit = effect_key("here", chain, "invoice", "DN1", "post_invoice#2", 0)
    books.effects[0] = replace(books.effects[0], key=visit)
    assert found(check, books) == [f"{chain}: erp.post_invoice of INV1 has a key of no place in the deal"]
