"""The check of the endings: the systems' own records show what each chain's planned ending promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ltc.definition.plan import Plan
from starter.books import Books, Effect, Row
from starter.checks import Check
from starter.rehearsal.billing import all_is_billed, kept_money, shares, unbilled_fee
from starter.rehearsal.checks import MAY_STAND, still_standing
from starter.rehearsal.holdings import at_dealer
from starter.rehearsal.on_record import BILLS
from starter.rehearsal.shape import ChainPlan

Found = Iterator[tuple[str, str]]
PAYS_BACK = ("erp.refund", "erp.credit_and_refund")
UNDER_WAY = {
    "productions": ("planned", "released"), "purchases": ("draft", "confirmed", "partly_received"),
    "consignments": ("out",), "covers": ("open",), "contracts": ("open",), "return_states": ("announced",),
}  # fmt: skip


def ends_show(planned: Mapping[str, ChainPlan], plans: Mapping[str, Plan] | None = None) -> Check:
    """Return the check that the records show what each chain's planned ending promises (chain → plan).

    ``plans``: the process's definitions: which of them pay money back.
    """

    def records_show_the_ending(books: Books) -> Found:
        """Completed: all is billed and settled. Cancelled, rejected, lost: nothing stands, or goods came back."""
        effects, standing = books.chains(), defaultdict(list)
        for one in still_standing(books):
            standing[one.chain].append(one)
        by_chain, invoices = books.by("orders", "chain"), books.by("invoices", "order_id")
        for chain, plan in planned.items():
            orders = [order for one in _family(chain, by_chain) for order in by_chain[one]]
            bills = [bill for order in orders for bill in invoices.get(order["id"], [])]
            if plan.ends in ("completed", "written_off"):
                yield from _through(plan, orders, bills, books)
            elif plan.ends in ("cancelled", "rejected", "lost"):
                yield from _undone(plan, standing[chain], effects.get(chain, []), orders)
            yield from _under_way(plan, chain, orders, books)
            process = (plans or {}).get(chain.partition(":")[0])
            if process:
                yield from _owed(plan, process, bills, books)

    return records_show_the_ending


def _owed(plan: ChainPlan, process: Plan, bills: list[Row], books: Books) -> Found:
    """What the process itself pays back, or bills besides, is paid back and billed."""
    if any(name in process.operations for name in PAYS_BACK) and (text := kept_money(bills)):
        yield plan.number, f"ended {plan.ends}, {text}"
    fees = plan.ends == "completed" and "erp.post_dunning_fee" in process.operations
    if fees and (text := unbilled_fee(bills, books)):
        yield plan.number, f"ended {plan.ends}, {text}"


def _family(chain: str, chains: Mapping[str, object]) -> list[str]:
    """Return a chain, and the chains that it started: their business keys begin with its own and a hyphen."""
    number = chain.partition(":")[2]
    return [one for one in chains if one == chain or one.partition(":")[2].startswith(f"{number}-")]


def _through(plan: ChainPlan, orders: list[Row], bills: list[Row], books: Books) -> Found:
    for order in orders:
        if order["state"] == "confirmed" and order["release"]:
            left = order["ordered"] - order["cancelled"] - order["shipped"]
            if left > 0:
                yield plan.number, f"ended {plan.ends}, {left} pieces of {order['id']} never left"
        if order["state"] == "confirmed" and plan.ends == "completed":
            yield from _even(plan, order, [bill for bill in bills if bill["order_id"] == order["id"]], books)
    for bill in bills:
        settled = bill["paid"] + bill["written_off"] + bill["credited"] + bill.get("discounted", 0)
        if settled < bill["gross"]:
            yield plan.number, f"ended {plan.ends}, {bill['gross'] - settled} of {bill['id']} are open (minor units)"
        if settled > bill["gross"] and not bill["credited"]:
            yield plan.number, f"ended {plan.ends}, {settled - bill['gross']} more came for {bill['id']} (minor units)"
    if plan.ends == "written_off" and not any(bill["written_off"] for bill in bills):
        yield plan.number, "ended written_off, nothing was written off"


def _even(plan: ChainPlan, order: Row, bills: list[Row], books: Books) -> Found:
    lines, deliveries = books.by("order_lines", "order_id"), books.by("deliveries", "order_id")
    if text := all_is_billed(order, lines.get(order["id"], []), bills, deliveries.get(order["id"], []), books):
        yield plan.number, f"ended completed, {text}"
    accepted = [one["name"] for one in books.by("milestones", "order_id").get(order["id"], []) if not one["withdrawn"]]
    for name in shares(order):
        if accepted.count(name) != 1:
            yield plan.number, f"ended completed, milestone {name} was accepted {accepted.count(name)} times"


def _under_way(plan: ChainPlan, chain: str, orders: list[Row], books: Books) -> Found:
    """Nothing is left to come; what is written off stays insured: the insurer pays for it."""
    mine = {order["id"]: order for order in orders}
    back = {row["id"]: row["order_id"] for row in books.table("returns")}
    for table, states in UNDER_WAY.items():
        if table == "covers" and plan.ends == "written_off":
            continue
        for row in books.table(table):
            order = mine.get(back.get(row["id"], "") if table == "return_states" else row.get("order_id", ""))
            if row["status"] not in states or (order is None and row.get("chain") != chain):
                continue
            if table != "consignments" or (order and at_dealer(row, order)):  # all taken: it stays out for good
                yield plan.number, f"ended {plan.ends}, {row['id']} of the {table} is still {row['status']}"


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
