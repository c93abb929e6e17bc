"""The invariants over effects and endings that hold for every process, over the systems' own records alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ltc.definition.plan import CallNode, Plan
from ltc.model.ids import effect_key
from starter.books import Books, Effect, Row
from starter.checks import INVERSE, Check, one_effect_per_key, undone_once
from starter.outcomes import GENERATIONS, VISITS
from starter.rehearsal import balances
from starter.rehearsal.shape import ChainPlan

Found = Iterator[tuple[str, str]]
# Of these no two stand of one chain and parent document.
# A milestone has one invoice, too: the ERP refuses a second one; its record only names the order.
SINGLE = (
    "crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.release_delivery", "erp.post_invoice",
    "erp.post_order_invoice", "erp.post_final_invoice", "erp.plan_supply",
)  # fmt: skip
RELEASES = ("erp.release_delivery", "erp.release_picks")
SHIPPED = ("warehouse.ship", "erp.ship_delivery")
BILLS = tuple(name for name, inverse in INVERSE.items() if inverse == "erp.credit_note")
# What stands although its chain was cancelled: goods that were bought stay bought, what was credited stays credited.
MAY_STAND = (
    "erp.confirm_purchase", "erp.create_purchase", "erp.create_production", "erp.release_production",
    "erp.amend_order", "erp.cancel_lines", "erp.accept_return", "erp.credit_return", "erp.credit_part",
    "erp.create_dunning",
)  # fmt: skip


def nothing_stands_twice(books: Books) -> Found:
    """Of one chain no two orders, of one order no two releases, of one delivery no two invoices stand."""
    standing = Counter((one.operation, one.chain, one.parent) for one in _standing(books) if one.operation in SINGLE)
    for (operation, chain, parent), times in standing.items():
        if times > 1 and not (operation == "erp.create_order" and not chain):
            yield chain, f"{operation}{f' of {parent}' if parent else ''} stands {times} times"


def _standing(books: Books) -> list[Effect]:
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
    goods_leave_released_orders, balances.goods_are_accounted_for, balances.stock_is_accounted_for,
    balances.billed_is_covered, balances.bills_are_settled_or_open, balances.exchange_differences_are_apart,
)  # fmt: skip


def ends_show(planned: Mapping[str, ChainPlan]) -> Check:
    """Return the check that the records show what each chain's planned ending promises (chain → plan)."""

    def records_show_the_ending(books: Books) -> Found:
        """Completed: all is billed and settled. Cancelled, rejected, lost: nothing stands, or goods came back."""
        effects, standing = books.chains(), defaultdict(list)
        for one in _standing(books):
            standing[one.chain].append(one)
        orders, invoices = books.by("orders", "chain"), books.by("invoices", "order_id")
        for chain, plan in planned.items():
            mine = orders.get(chain, [])
            bills = [bill for order in mine for bill in invoices.get(order["id"], [])]
            if plan.ends in ("completed", "written_off"):
                yield from _through(plan, mine, bills)
            elif plan.ends in ("cancelled", "rejected", "lost"):
                yield from _undone(plan, standing[chain], effects.get(chain, []), mine)

    return records_show_the_ending


def _through(plan: ChainPlan, orders: list[Row], bills: list[Row]) -> Found:
    for order in orders:
        if order["state"] == "confirmed" and order["release"]:
            left = order["ordered"] - order["cancelled"] - order["shipped"]
            if left > 0:
                yield plan.number, f"ended {plan.ends}, {left} pieces of {order['id']} never left"
    for bill in bills:
        settled = bill["paid"] + bill["written_off"] + bill["credited"] + bill.get("discounted", 0)
        if settled < bill["gross"]:
            yield plan.number, f"ended {plan.ends}, {bill['gross'] - settled} of {bill['id']} are open (minor units)"
    if plan.ends == "written_off" and not any(bill["written_off"] for bill in bills):
        yield plan.number, "ended written_off, nothing was written off"


def _undone(plan: ChainPlan, standing: list[Effect], effects: list[Effect], orders: list[Row]) -> Found:
    out = any(order["shipped"] for order in orders)
    for effect in standing:
        kept = effect.operation in MAY_STAND or (out and effect.operation not in BILLS)
        lead = plan.ends == "lost" and effect.operation == "crm.qualify_lead"
        if not kept and not lead:
            yield plan.number, f"ended {plan.ends}, {effect.operation} of {effect.document_id} still stands"
    if out and not any(effect.operation == "erp.receive_return" for effect in effects):
        back = sum(order["returned"] for order in orders)
        if not back:
            yield plan.number, f"ended {plan.ends}, the goods are with the customer"


def keys_follow(plan: Plan, installation: str, items: Mapping[str, list[str]]) -> Check:
    """Return the check that every effect key of a process follows from its place in the deal alone.

    ``items``: what the loops of each chain ran over.
    """
    steps = [node for node in plan.nodes.values() if isinstance(node, CallNode)]
    undoing = [node for node in plan.nodes.values() if getattr(node, "undo", None)]
    places = list(_places(steps, undoing))

    def keys_follow_from_the_deal(books: Books) -> Found:
        """An effect's key is that of its chain, leg, item, step and generation: a visit or attempt never counts."""
        known: dict[str, set[str]] = {}
        for effect in books.effects:
            chain = effect.chain
            if not effect.key or chain.partition(":")[0] != plan.process:
                continue
            if chain not in known:
                known[chain] = {
                    effect_key(installation, chain, leg, item, step, generation)
                    for leg, step in places
                    for item in ("", *items.get(chain, ()))
                    for generation in range(GENERATIONS)
                }
            if effect.key not in known[chain]:
                yield chain, f"{effect.operation} of {effect.document_id} has a key of no place in the deal"

    keys_follow_from_the_deal.__name__ = f"keys_follow_from_the_deal of {plan.process}"
    return keys_follow_from_the_deal


def _places(steps: list[CallNode], undoing: list[Any]) -> Iterator[tuple[str, str]]:
    for node in steps:
        yield node.leg, node.step
        if node.revisit_call:
            yield from ((node.leg, f"{node.step}~{visit}") for visit in range(2, VISITS))
    for node in undoing:
        yield from ((node.leg, f"{node.step}!{call}") for call in range(len(node.undo.calls)))
