"""The invariants over effects that hold for every process, over the systems' own records alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from starter.books import Books, Effect
from starter.checks import INVERSE, Check, one_effect_per_key, undone_once
from starter.rehearsal import balances, billing, holdings, on_record

Found = Iterator[tuple[str, str]]
# Of these no two stand of one chain and parent document.
# A milestone has one invoice, too: the ERP refuses a second one; its record only names the order.
SINGLE = (
    "crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.release_delivery", "erp.post_invoice",
    "erp.post_order_invoice", "erp.post_final_invoice", "erp.plan_supply", "erp.consign_order", "erp.insure_credit",
    "erp.create_contract",
)  # fmt: skip
RELEASES = ("erp.release_delivery", "erp.release_picks")
SHIPPED = ("warehouse.ship", "erp.ship_delivery")
# What stands although its chain was cancelled: goods that were bought stay bought, what was credited stays credited.
MAY_STAND = (
    "erp.confirm_purchase", "erp.create_purchase", "erp.create_production", "erp.release_production",
    "erp.amend_order", "erp.cancel_lines", "erp.accept_return", "erp.credit_return", "erp.credit_part",
    "erp.create_dunning",
)  # fmt: skip


def nothing_stands_twice(books: Books) -> Found:
    """Of one chain no two orders, of one order no two releases, of one delivery no two invoices stand."""
    standing = Counter(
        (one.operation, one.chain, one.parent) for one in still_standing(books) if one.operation in SINGLE
    )
    for (operation, chain, parent), times in standing.items():
        if times > 1 and not (operation == "erp.create_order" and not chain):
            yield chain, f"{operation}{f' of {parent}' if parent else ''} stands {times} times"


def still_standing(books: Books) -> list[Effect]:
    """Return the effects that nothing has undone."""
    undone = {(effect.system, effect.undo_of) for effect in books.effects if effect.undo_of is not None}
    return [one for one in books.effects if one.operation in INVERSE and (one.system, one.seq) not in undone]


def undone_before_what_it_hangs_on(books: Books) -> Found:
    """Nothing is undone while something that hangs on its document, or came later to it, still stands."""
    for chain, effects in books.chains().items():
        standing: dict[tuple[str, int], Effect] = {}
        for effect in effects:
            undone = standing.pop((effect.system, effect.undo_of), None) if effect.undo_of is not None else None
            if undone is not None:
                for later in standing.values():
                    if later.system == undone.system and later.seq > undone.seq and _hangs(later, undone):
                        yield chain, f"{effect.operation} came while {later.operation} still stood"
            elif effect.operation in INVERSE:
                standing[effect.system, effect.seq] = effect


def _hangs(later: Effect, on: Effect) -> bool:
    ordered = later.operation not in MAY_STAND and on.operation not in MAY_STAND
    return ordered and on.document_id in (later.parent, later.document_id)


def goods_leave_released_orders(books: Books) -> Found:
    """Goods leave only for orders that are confirmed and released at that moment."""
    state: dict[str, Counter[str]] = defaultdict(Counter)
    for effect in sorted((one for one in books.effects if one.system == "erp"), key=lambda one: one.seq):
        hanging = (*SHIPPED, *RELEASES, "erp.cancel_delivery")
        order = state[effect.parent if effect.operation in hanging else effect.document_id]
        if effect.operation in ("erp.confirm_order", *RELEASES):
            order["release" if effect.operation in RELEASES else "confirm"] += 1
        elif effect.operation in ("erp.unconfirm_order", "erp.cancel_delivery"):
            order["confirm" if effect.operation == "erp.unconfirm_order" else "release"] -= 1
        elif effect.operation in SHIPPED and not (order["confirm"] > 0 and order["release"] > 0):
            yield effect.parent, f"{effect.document_id} left while the order was not confirmed and released"


CHECKS: tuple[Check, ...] = (
    one_effect_per_key, nothing_stands_twice, undone_once, undone_before_what_it_hangs_on,
    goods_leave_released_orders, balances.goods_are_accounted_for, balances.nothing_is_given_up_unsaid,
    balances.stock_is_accounted_for,
    balances.billed_is_covered, balances.bills_are_settled_or_open, balances.exchange_differences_are_apart,
    on_record.documents_are_on_record, on_record.bank_and_bills_agree, billing.discounts_are_earned,
    billing.fees_are_those_of_reminders,
    billing.foreign_money_is_carried_at_the_rate_of_the_bill, holdings.goods_at_dealers_are_accounted_for,
    holdings.call_offs_are_ordered_once, holdings.covers_follow_orders, holdings.what_is_made_and_bought_adds_up,
    holdings.notices_are_sent_once,
)  # fmt: skip
