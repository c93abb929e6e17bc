"""Each check passes sound records and catches the bug planted for it."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ltc.model.ids import effect_key
from starter import checks
from starter.books import Approval, Books, Effect
from starter.outcomes import ends_as_told, fates, items_of, keys_follow

START = datetime(2026, 3, 2, tzinfo=UTC)
CHAIN = "lead_to_cash:1"


def effect(number: int, operation: str, document: str, **more: object) -> Effect:
    key = "" if operation.startswith(("warehouse", "bank", "erp.setup")) else f"key{number}"
    fields = {"key": key, "chain": CHAIN} | more
    system = "crm" if operation.startswith("crm") else "erp"
    return Effect(system, number, START + timedelta(seconds=number), operation, document, **fields)


def sound() -> Books:
    """One order of 10 pieces for 2000.00: approved, shipped in two parts, billed, one part paid, one written off."""
    books = Books(
        effects=[
            effect(1, "erp.setup", "P", quantity=10, chain=""),
            effect(2, "crm.qualify_lead", "1"),
            effect(3, "erp.create_order", "SO1", amount_minor=200_000),
            effect(4, "erp.confirm_order", "SO1"),
            effect(5, "erp.release_delivery", "RL1", parent="SO1"),
            effect(6, "warehouse.ship", "DN1", parent="SO1", quantity=4),
            effect(7, "erp.post_invoice", "INV1", parent="DN1"),
            effect(8, "warehouse.ship", "DN2", parent="SO1", quantity=6),
            effect(9, "erp.post_invoice", "INV2", parent="DN2"),
            effect(10, "bank.pay", "PAY1", parent="INV1"),
            effect(11, "erp.write_off", "INV2", amount_minor=120_000),
        ],
        approvals=[Approval(CHAIN, "manager", "boss", "approve", START + timedelta(seconds=3.5))],
        opportunities=[{"id": "1", "stage": "qualified"}],
    )
    order = {"id": "SO1", "chain": CHAIN, "net": 200_000, "gross": 200_000, "state": "confirmed", "ordered": 10}
    invoice = {"order_id": "SO1", "credited": 0, "credit_note": ""}
    line = {"line": "1", "product": "P"}
    books.tables = {
        "orders": [{**order, "shipped": 10, "returned": 0, "cancelled": 0}],
        "order_lines": [{**line, "order_id": "SO1", "quantity": 10, "shipped": 10, "cancelled": 0}],
        "deliveries": [
            {"id": "DN1", "order_id": "SO1", "gross": 80_000, "return_id": "", "lines": [{**line, "quantity": 4}]},
            {"id": "DN2", "order_id": "SO1", "gross": 120_000, "return_id": "", "lines": [{**line, "quantity": 6}]},
        ],
        "invoices": [
            {**invoice, "id": "INV1", "delivery": "DN1", "gross": 80_000, "paid": 80_000, "written_off": 0},
            {**invoice, "id": "INV2", "delivery": "DN2", "gross": 120_000, "paid": 0, "written_off": 120_000},
        ],
        "payments": [{"id": "PAY1", "invoice": "INV1", "amount": 80_000}],
        "products": [{"id": "P", "stock": 0}],
    }
    return books


def undone() -> Books:
    """The order was cancelled before shipment: everything undone, newest first."""
    books = sound()
    del books.effects[5:]
    books.effects += [
        effect(12, "erp.cancel_delivery", "RL1", parent="SO1", undo_of=5),
        effect(13, "erp.unconfirm_order", "SO1", undo_of=4),
        effect(14, "erp.cancel_order", "SO1", undo_of=3),
        effect(15, "crm.reopen_lead", "1", undo_of=2),
    ]
    books.opportunities[0]["stage"] = "reopened"
    books.tables["orders"][0] |= {"state": "cancelled", "shipped": 0, "cancelled": 10}
    books.tables["order_lines"][0] |= {"shipped": 0, "cancelled": 10}
    books.tables["products"][0]["stock"] = 10
    for table in ("deliveries", "invoices", "payments"):
        books.tables[table] = []
    return books


def returned() -> Books:
    """All goods came back after they were billed; what was done before they left stands."""
    books = sound()
    del books.effects[9:]
    books.effects += [
        effect(12, "erp.credit_note", "CN2", parent="INV2", undo_of=9),
        effect(13, "erp.credit_note", "CN1", parent="INV1", undo_of=7),
        effect(14, "erp.receive_return", "GR1", parent="SO1", quantity=10, undo_of=8),
    ]
    books.tables["orders"][0]["returned"] = 10
    books.tables["returns"] = [{"id": "GR1", "order_id": "SO1", "quantity": 10}]
    books.tables["credit_notes"] = []
    for delivery, invoice in zip(books.tables["deliveries"], books.tables["invoices"], strict=True):
        delivery["return_id"] = "GR1"
        invoice |= {"paid": 0, "written_off": 0, "credited": invoice["gross"], "credit_note": "CN"}
        books.tables["credit_notes"].append({"invoice": invoice["id"], "amount": invoice["gross"]})
    books.tables["payments"] = []
    books.tables["products"][0]["stock"] = 10
    return books


@pytest.mark.parametrize(
    "books", [sound(), undone(), returned(), Books()], ids=["sound", "undone", "returned", "empty"]
)
def test_sound_records_pass_every_check(books: Books) -> None:
    assert {name: found for name, found in checks.run(books).items() if found} == {}


def broken_by(books: Books, check: str) -> str:
    found = checks.run(books)
    assert found[check], f"{check} saw nothing; others: {[name for name, bad in found.items() if bad]}"
    return str(found[check][0])


def test_an_effect_that_took_place_twice_under_one_key() -> None:
    books = sound()
    books.effects.append(replace(books.effects[2], seq=99, document_id="SO2"))
    assert "erp.create_order took effect 2 times" in broken_by(books, "one_effect_per_key")


@pytest.mark.parametrize("number", [2, 4, 6])
def test_a_document_created_again_under_another_key(number: int) -> None:
    books = sound()
    books.effects.append(replace(books.effects[number], seq=99, document_id="again", key="other"))
    assert "stands 2 times" in broken_by(books, "no_duplicate_documents")


def test_created_again_after_it_was_undone_is_sound() -> None:
    books = undone()
    books.effects.append(effect(20, "crm.qualify_lead", "1"))
    assert not checks.run(books)["no_duplicate_documents"]


def test_undone_in_the_wrong_order() -> None:
    books = undone()
    last, first = books.effects[-1], books.effects[-4]
    books.effects[-1] = replace(last, at_real=first.at_real)
    books.effects[-4] = replace(first, at_real=last.at_real)
    assert "crm.reopen_lead came while erp.release_delivery still stood" in broken_by(books, "undone_newest_first")


def test_undone_twice_and_undone_what_never_was() -> None:
    books = undone()
    books.effects.append(replace(books.effects[-1], seq=99))
    assert "was undone 2 times" in broken_by(books, "undone_once")
    books = undone()
    books.effects.append(replace(books.effects[-1], seq=99, undo_of=None))
    assert "undid nothing" in broken_by(books, "undone_once")


def test_undone_in_part() -> None:
    books = undone()
    del books.effects[-1]
    assert "crm.qualify_lead of 1 still stands" in broken_by(books, "undone_wholly")


def test_an_invoice_that_stands_though_the_goods_came_back() -> None:
    books = returned()
    del books.effects[-3]
    assert "erp.post_invoice of INV2 still stands" in broken_by(books, "undone_wholly")


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "check"),
    [
        ("order_lines", 0, "shipped", 9, "ordered_is_accounted_for"),
        ("order_lines", 0, "quantity", 9, "ordered_is_accounted_for"),
        ("orders", 0, "returned", 1, "ordered_is_accounted_for"),
        ("orders", 0, "cancelled", 1, "ordered_is_accounted_for"),
        ("deliveries", 0, "return_id", "GR1", "billed_is_delivered"),
        ("invoices", 0, "gross", 80_001, "billed_is_delivered"),
        ("invoices", 0, "paid", 79_999, "billed_is_settled_or_open"),
        ("invoices", 1, "written_off", 0, "billed_is_settled_or_open"),
        ("invoices", 0, "gross", 79_999, "billed_is_settled_or_open"),
        ("payments", 0, "amount", 1, "billed_is_settled_or_open"),
        ("products", 0, "stock", 1, "stock_is_accounted_for"),
        ("products", 0, "stock", -1, "stock_is_accounted_for"),
    ],
)
def test_a_figure_that_does_not_add_up(table: str, row: int, column: str, value: object, check: str) -> None:
    books = sound()
    books.tables[table][row][column] = value
    broken_by(books, check)


def test_an_order_invoice_beyond_what_was_ordered() -> None:
    books = sound()
    for invoice in books.tables["invoices"]:
        invoice["delivery"] = ""
    assert not checks.run(books)["billed_is_delivered"]
    books.tables["invoices"][0]["gross"] += 1
    assert "ordered 200000" in broken_by(books, "billed_is_delivered")


@pytest.mark.parametrize("missing", [3, 4])
def test_goods_that_left_unconfirmed_or_unreleased(missing: int) -> None:
    books = sound()
    del books.effects[missing]
    assert "DN1 left while" in broken_by(books, "shipped_is_confirmed")


def test_goods_that_left_after_the_release_was_taken_back() -> None:
    books = undone()
    books.effects.append(effect(20, "warehouse.ship", "DN1", parent="SO1"))
    broken_by(books, "shipped_is_confirmed")


@pytest.mark.parametrize(
    "approvals",
    [
        [],
        [("manager", "boss", "reject", 3.5)],
        [("manager", "boss", "approve", 5)],
    ],
    ids=["none", "rejected", "too late"],
)
def test_confirmed_without_the_manager(approvals: list[tuple[str, str, str, float]]) -> None:
    books = sound()
    books.approvals = [
        Approval(CHAIN, level, who, what, START + timedelta(seconds=at)) for level, who, what, at in approvals
    ]
    assert "without a manager" in broken_by(books, "approved_before_confirmed")


@pytest.mark.parametrize(
    ("finance", "fine"), [(["ann", "bob"], True), (["ann", "ann"], False), (["ann", "boss"], False)]
)
def test_two_votes_of_finance_are_two_other_people(finance: list[str], fine: bool) -> None:
    books = sound()
    books.tables["orders"][0]["net"] = 500_000
    at = START + timedelta(seconds=3.5)
    books.approvals += [Approval(CHAIN, "finance", who, "approve", at) for who in finance]
    assert bool(checks.run(books)["approved_before_confirmed"]) is not fine


def test_the_fate_of_an_order_is_read_from_the_records() -> None:
    assert fates(sound()) == {"1": "written_off"}
    assert fates(undone()) == {"1": "nothing"}
    assert fates(returned()) == {"1": "returned"}
    books = sound()
    books.tables["invoices"][1]["written_off"], books.tables["invoices"][1]["paid"] = 0, 120_000
    assert fates(books) == {"1": "completed"}
    books.tables["invoices"].pop()
    assert fates(books) == {"1": "open"}
    books = undone()
    books.opportunities[0]["stage"] = "qualified"
    assert fates(books) == {"1": "kept_lead"}


def test_an_end_that_the_records_do_not_show() -> None:
    assert not list(ends_as_told({"1": "written_off"})(sound()))
    [(subject, text)] = ends_as_told({"1": "completed"})(sound())
    assert (subject, text) == ("1", "ended completed, the records say: written_off")
    assert list(ends_as_told({"2": "completed"})(sound()))
    assert list(ends_as_told({"1": "cancelled"})(sound()))


def test_a_check_per_invariant_and_each_says_what_it_holds() -> None:
    assert len(checks.CHECKS) == 11
    assert all(check.__doc__ for check in checks.CHECKS)
    assert deepcopy(sound()) == sound()


def test_keys_follow_from_the_deal(plan) -> None:
    books = Books(effects=[replace(effect(1, "erp.create_order", "SO1"), key=key("create_order"))])
    assert not list(keys_follow(plan, "ltc", items_of(books))(books))
    assert list(keys_follow(plan, "other", items_of(books))(books))
    books.effects = [replace(books.effects[0], key=key("create_order#2"))]
    [(subject, text)] = keys_follow(plan, "ltc", items_of(books))(books)
    assert subject == CHAIN
    assert "erp.create_order of SO1" in text


def key(step: str) -> str:
    return effect_key("ltc", CHAIN, "order", "", step, 0)


@pytest.fixture
def plan():
    from ltc.definition.plan import Call, CallNode, Leg, Plan, StartSpec

    node = CallNode(id="order.create_order", leg="order", step="create_order", call=Call(op="erp.create_order"))
    return Plan(
        process="lead_to_cash", currency="USD", calendar="cn", start=StartSpec(key="1", input={}),
        legs=[Leg(id="order", first=node.id)], nodes={node.id: node},
    )  # fmt: skip
