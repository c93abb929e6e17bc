"""What became of each order, as the systems' own records tell it; and whether the effect keys follow from the deals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ltc.definition.plan import CallNode, Plan
from ltc.model.ids import effect_key
from starter.books import Books, Row, grouped
from starter.checks import Check

GENERATIONS = 4  # more are never needed in the demonstration
VISITS = 8


def chain_id(process: str, number: str) -> str:
    """Return the chain of an order."""
    return f"{process}:{number}"


def fates(books: Books) -> dict[str, str]:
    """Return for each opportunity what the records say: completed, written_off, returned, nothing, kept_lead, open.

    ``returned``: all goods came back and every invoice is credited. ``nothing``: no effect stands. ``kept_lead``:
    only the qualified lead stands.
    """
    orders = grouped(books.table("orders"), "chain")
    invoices = books.by("invoices", "order_id")
    return {row["id"]: _fate(row, _of(orders, row["id"]), invoices) for row in books.opportunities}


def _of(orders: dict[str, list[Row]], number: str) -> list[Row]:
    return [row for chain, rows in orders.items() if chain.rpartition(":")[2] == number for row in rows]


def _fate(opportunity: Row, orders: list[Row], invoices: dict[str, list[Row]]) -> str:
    live = [order for order in orders if order["state"] != "cancelled"]
    if not live:
        return "nothing" if opportunity["stage"] in ("reopened", "won", "open") else "kept_lead"
    if all(order["shipped"] and order["returned"] == order["shipped"] for order in live):
        return (
            "returned"
            if all(bill["credit_note"] for order in live for bill in invoices.get(order["id"], []))
            else "open"
        )
    bills = [bill for order in live for bill in invoices.get(order["id"], [])]
    shipped = all(order["shipped"] == order["ordered"] - order["cancelled"] for order in live)
    off = abs(sum(bill["gross"] for bill in bills) - sum(order["gross"] for order in live))
    billed = off <= sum(order.get("rounding", 0) for order in live)  # each parcel's lines are rounded by themselves
    settled = all(bill["paid"] + bill["written_off"] + bill["credited"] == bill["gross"] for bill in bills)
    if not (shipped and billed and settled):
        return "open"
    return "written_off" if any(bill["written_off"] for bill in bills) else "completed"


# How each way to end shows in the records.
SHOWS = {
    "completed": ("completed",), "written_off": ("written_off",), "lost": ("kept_lead", "nothing"),
    "cancelled": ("nothing", "returned"), "rejected": ("nothing",),
}  # fmt: skip


def ends_as_told(endings: dict[str, str]) -> Check:
    """Return the check that the records agree with how the chains say they ended (order number → outcome)."""

    def ends_as_the_chain_says(books: Books) -> Iterator[tuple[str, str]]:
        """What stands in the systems is what the chain's end promises."""
        found = fates(books)
        for number, outcome in endings.items():
            fate = found.get(number, "unknown to the CRM")
            if fate not in SHOWS.get(outcome, ()):
                yield number, f"ended {outcome or 'not at all'}, the records say: {fate}"

    return ends_as_the_chain_says


def keys_follow(plan: Plan, installation: str) -> Check:
    """Return the check that every effect key follows from its place in the deal alone."""
    steps = [node for node in plan.nodes.values() if isinstance(node, CallNode)]
    undoing = [node for node in plan.nodes.values() if getattr(node, "undo", None)]

    def keys_follow_from_the_deal(books: Books) -> Iterator[tuple[str, str]]:
        """An effect's key is that of its chain, leg, item, step and generation: a visit or attempt never counts."""
        items = _items(books)
        known: dict[str, set[str]] = {}
        for effect in books.effects:
            if not effect.key or effect.chain.partition(":")[0] != plan.process:
                continue
            if effect.chain not in known:
                known[effect.chain] = set(_keys(steps, undoing, installation, effect.chain, items[effect.chain]))
            if effect.key not in known[effect.chain]:
                yield effect.chain, f"{effect.operation} of {effect.document_id} has a key of no place in the deal"

    return keys_follow_from_the_deal


def _items(books: Books) -> dict[str, list[str]]:
    """The documents that loops run over, by chain: deliveries and invoices."""
    chains = {row["id"]: row["chain"] for row in books.table("orders")}
    found: dict[str, list[str]] = defaultdict(list)
    for table in ("deliveries", "invoices"):
        for row in books.table(table):
            found[chains.get(row["order_id"], "")].append(row["id"])
    return found


# Items that are no documents: warehouses, and the how-manieth run of a handler.
_ELSEWHERE = ("main", "south", "1", "2", "3")


def _keys(steps: list[CallNode], undoing: list[Any], installation: str, chain: str, items: list[str]) -> Iterator[str]:
    places = [(node.leg, node.step) for node in steps]
    places += [(node.leg, f"{node.step}~{visit}") for node in steps if node.revisit_call for visit in range(2, VISITS)]
    places += [(node.leg, f"{node.step}!{call}") for node in undoing for call in range(len(node.undo.calls))]
    for leg, step in places:
        for item in ("", *items, *_ELSEWHERE):
            for generation in range(GENERATIONS):
                yield effect_key(installation, chain, leg, item, step, generation)
