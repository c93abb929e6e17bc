"""Every check of a rehearsal's books passes what the sandbox ERP wrote, and sees the very bug planted for it."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from starter.books import Books
from starter.rehearsal import checks
from starter.rehearsal.billing import billed_as_agreed, returns_are_credited
from starter.rehearsal.endings import ends_show
from tests.support.chains import shipped
from tests.support.planted_books import (
    bill_never_sent,
    billed_twice,
    bought_twice,
    bounced_and_forgotten,
    call_off_never_ordered,
    call_off_ordered_twice,
    carried_at_the_rate_of_the_day,
    complaint_credited_and_forgotten,
    consigned_twice,
    covered_twice,
    dealer_keeps_what_nobody_paid,
    delivery_billed_as_order,
    delivery_never_billed,
    discount_too_large,
    discount_too_late,
    down_payment_kept,
    down_payment_stands,
    fee_beyond_what_was_claimed,
    fee_billed_twice,
    fee_never_billed,
    fee_of_a_notice_taken_back,
    fee_of_another_deal,
    fee_twice,
    forget,
    insured_for_nothing,
    insured_for_the_wrong_sum,
    made_but_never_finished,
    milestone_billed_as_instalment,
    milestone_never_accepted,
    no_credit_note,
    not_deducted,
    not_paid_back,
    notices_in_the_wrong_order,
    old_price,
    over_the_tolerance,
    paid_back_twice,
    payment_entered_twice,
    payment_lost,
    put,
    return_forgotten,
    short_beyond_the_tolerance,
    still_at_the_dealers,
    taken_but_not_delivered,
    whole_order_billed_by_delivery,
    wrong_share,
)
from tests.support.sandbox_books import traded

SHIPPED = ("lead_to_cash", "web_order", "make_to_order", "services", "distributor", "call_off_order", "first_order")
ENDS = {
    chain: SimpleNamespace(ends=ends, number=chain.partition(":")[2])
    for chain, ends in {
        "lead_to_cash:1": "written_off", "web_order:1": "completed", "make_to_order:1": "completed", "services:1": "completed",
        "distributor:1": "completed", "call_off:CO1": "completed", "other:1": "completed",
        "first_order:1": "completed", "first_order:2": "cancelled",
    }.items()
}  # fmt: skip


@pytest.fixture(scope="module")
def plans():
    return {process: shipped(process) for process in SHIPPED}


@pytest.fixture(scope="module")
def every(plans):
    made = [*checks.CHECKS, billed_as_agreed(plans), returns_are_credited(plans), ends_show(ENDS, plans)]
    return {check.__name__: check for check in made}


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Books:
    return asyncio.run(traded(tmp_path_factory.mktemp("books")))


def said(check: Callable[[Books], Any], books: Books) -> list[str]:
    return [f"{subject}: {text}" for subject, text in check(books)]


def test_what_the_erp_wrote_passes_every_check(sound, every) -> None:
    assert {name: found for name, check in every.items() if (found := said(check, sound))} == {}


def test_every_table_that_a_check_reads_is_filled(sound) -> None:
    empty = {name for name, rows in sound.tables.items() if not rows}
    assert empty == set()


PLANTED: tuple[tuple[str, Callable[[Books], None], str], ...] = (
    ("nothing_stands_twice", billed_twice, "erp.post_invoice of DN1 stands 2 times"),
    ("bills_follow_what_was_agreed", billed_twice, "DN1 is billed 2 times"),
    ("billed_is_covered", billed_twice, "delivered and not returned"),
    ("records_show_the_ending", bill_never_sent, "comes to 10584, billed are 4234"),
    ("records_show_the_ending", delivery_never_billed, "billed are 0"),
    ("bank_and_bills_agree", payment_lost, "paid 0, the bank moved 1620"),
    ("documents_are_on_record", payment_lost, "bank.pay made it, it is not among the payments"),
    ("records_show_the_ending", payment_lost, "1620 of INV"),
    ("records_show_the_ending", put("orders", {"id": "SO1"}, shipped=9), "ended written_off, 1 pieces of SO1 never left"),
    ("records_show_the_ending", put("invoices", {"id": "INV2"}, written_off=0), "ended written_off, nothing was written"),
    ("records_show_the_ending", payment_entered_twice, "1620 more came for"),
    ("bank_and_bills_agree", put("invoices", {"id": "INV1"}, paid=0), "paid 0, the bank moved 432"),
    ("documents_are_on_record", forget("bank.pay"), "it is among the payments, and nothing made it"),
    ("bills_are_settled_or_open", bounced_and_forgotten, "paid 864, its documents say 432"),
    ("what_came_back_is_credited", no_credit_note, "came back, 0 credit notes stand for it"),
    ("records_show_the_ending", not_paid_back, "216 of INV3 belong to the customer"),
    ("bank_and_bills_agree", paid_back_twice, "more went back than ever came"),
    ("notices_are_sent_once", fee_twice, "2 notices of level 1 stand, for 100 in fees"),
    ("fees_are_those_of_reminders", fee_billed_twice, "its fee is billed 2 times"),
    ("fees_are_those_of_reminders", fee_of_a_notice_taken_back, "bills the fee of notice DUN"),
    ("fees_are_those_of_reminders", fee_beyond_what_was_claimed, "bills 55 for notice DUN"),
    ("fees_are_those_of_reminders", fee_of_another_deal, "the notice was about SO"),
    ("records_show_the_ending", fee_never_billed, "(50 minor units) was never billed"),
    ("notices_are_sent_once", notices_in_the_wrong_order, "its notices went out in the order [2, 1]"),
    ("goods_at_dealers_are_accounted_for", dealer_keeps_what_nobody_paid, "1 pieces are neither taken nor sent back"),
    ("goods_at_dealers_are_accounted_for", taken_but_not_delivered, "6 said to be taken, 4 delivered"),
    ("goods_at_dealers_are_accounted_for", consigned_twice, "its goods stand 2 times at the dealer's"),
    ("nothing_stands_twice", consigned_twice, "erp.consign_order of SO"),
    ("records_show_the_ending", still_at_the_dealers, "of the consignments is still out"),
    ("stock_is_accounted_for", put("products", {"id": "P1"}, stock=1000), "product P1: 1000 in stock"),
    ("call_offs_are_ordered_once", call_off_ordered_twice, "it is ordered 2 times"),
    ("call_offs_are_ordered_once", call_off_never_ordered, "it is ordered 0 times"),
    ("call_offs_are_ordered_once", old_price, "costs 700, at 110 % of what was agreed 770"),
    ("call_offs_are_ordered_once", put("contracts", {"id": "CT1"}, called=11), "agreed 10, called 11"),
    ("what_is_made_and_bought_adds_up", bought_twice, "lacks 200 of MOTOR, the purchases are for 400"),
    ("what_is_made_and_bought_adds_up", put("purchases", {}, received=150), "150 said to have come, its receipts say 2"),
    ("what_is_made_and_bought_adds_up", put("productions", {}, finished=90), "90 said to be made, the workshop reported"),
    ("what_is_made_and_bought_adds_up", forget("stock.issue"), "0 of part MOTOR used, 100 pieces take 200"),
    ("records_show_the_ending", made_but_never_finished, "of the productions is still released"),
    ("bills_follow_what_was_agreed", whole_order_billed_by_delivery, "bills by delivery, agreed was order"),
    ("bills_follow_what_was_agreed", delivery_billed_as_order, "bills by order, agreed was delivery"),
    ("bills_follow_what_was_agreed", milestone_billed_as_instalment, "bills by instalment, agreed was milestones"),
    ("bills_follow_what_was_agreed", wrong_share, "for delivered, agreed were 6350"),
    ("bills_follow_what_was_agreed", not_deducted, "deducts 0, paid down were 1080"),
    ("records_show_the_ending", down_payment_kept, "ended cancelled, 3240 of INV"),
    ("records_show_the_ending", down_payment_stands, "ended cancelled, erp.post_down_payment of INV"),
    ("records_show_the_ending", complaint_credited_and_forgotten, "comes to 6480, billed are 6380"),
    ("nothing_is_given_up_unsaid", forget("erp.close_short"), "4 are cancelled, and nobody did it"),
    ("goods_are_accounted_for", over_the_tolerance, "ordered 100, shipped 106"),
    ("nothing_is_given_up_unsaid", short_beyond_the_tolerance, "3 are cancelled, and nobody did it"),
    ("discounts_are_earned", discount_too_late, "a discount until 2026-03-01, the money came 2026-03-02"),
    ("discounts_are_earned", discount_too_large, "deducted, agreed were"),
    ("records_show_the_ending", milestone_never_accepted, "milestone build was accepted 0 times"),
    ("billed_is_covered", milestone_never_accepted, "which nobody accepted"),
    ("foreign_money_is_carried_at_the_rate_of_the_bill", carried_at_the_rate_of_the_day, "carried at 778, at 1.10 it is 713"),
    ("records_show_the_ending", insured_for_nothing, "of the covers is still open"),
    ("covers_follow_orders", insured_for_the_wrong_sum, "covers 801, order"),
    ("covers_follow_orders", covered_twice, "it is covered 2 times"),
    ("records_show_the_ending", return_forgotten, "of the return_states is still announced"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("check", "bug", "text"),
    PLANTED,
    ids=[f"{number}-{row[0]}-{row[1].__name__}" for number, row in enumerate(PLANTED)],
)
def test_a_planted_bug_is_seen_by_its_check(sound, every, check: str, bug: Callable[[Books], None], text: str) -> None:
    books = deepcopy(sound)
    bug(books)
    assert any(text in one for one in said(every[check], books)), said(every[check], books)


def test_every_check_has_a_bug_that_it_sees(every) -> None:
    elsewhere = {
        "one_effect_per_key",
        "undone_once",
        "undone_before_what_it_hangs_on",
        "goods_leave_released_orders",
        "exchange_differences_are_apart",
    }  # fmt: skip - planted in test_rehearsal_checks
    assert every.keys() - elsewhere == {row[0] for row in PLANTED}


@pytest.mark.parametrize(
    ("chain", "ends", "text"),
    [
        ("lead_to_cash:1", "cancelled", "ended cancelled, erp.post_invoice of INV2 still stands"),
        ("make_to_order:1", "rejected", "ended rejected, the goods are with the customer"),
        ("services:1", "lost", "ended lost, erp.create_order of SO4 still stands"),
        ("web_order:1", "written_off", "ended written_off, nothing was written off"),
    ],
)
def test_another_ending_shows_otherwise(sound, chain: str, ends: str, text: str) -> None:
    check = ends_show({chain: SimpleNamespace(ends=ends, number="1")})
    assert any(text in one for one in said(check, sound)), said(check, sound)


def test_a_chain_answers_for_the_chains_that_it_started(sound, plans) -> None:
    check = ends_show({"call_off:CO1": SimpleNamespace(ends="completed", number="1")}, plans)
    assert said(check, sound) == []
    books = deepcopy(sound)
    delivery_never_billed(books)
    assert any("billed are 0" in one for one in said(check, books))
    short = ends_show({"call_off:CO": SimpleNamespace(ends="completed", number="1")}, plans)
    assert said(short, books) == []  # another chain's number only begins like it
