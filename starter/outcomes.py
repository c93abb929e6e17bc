"""What became of each order, as the systems' own records tell it; and whether the effect keys follow from the deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ltc.definition.plan import CallNode, Plan
from ltc.definition.plan_nodes import undo_of
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


def keys_follow(plan: Plan, installation: str, items: Mapping[str, list[str]]) -> Check:
    """Return the check that every effect key of a process follows from its place in the deal alone.

    ``items``: what the loops of each chain ran over.
    """
    places = list(_places(plan))

    def keys_follow_from_the_deal(books: Books) -> Iterator[tuple[str, str]]:
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

    return keys_follow_from_the_deal


def _places(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give each leg and step that a key may be of: of a call, of one made otherwise when revisited, of an undo."""
    for node in plan.nodes.values():
        if isinstance(node, CallNode):
            yield node.leg, node.step
            if node.revisit_call:
                yield from ((node.leg, f"{node.step}~{visit}") for visit in range(2, VISITS))
        undo = undo_of(node)
        if undo:
            yield from ((node.leg, f"{node.step}!{call}") for call in range(len(undo.calls)))


def items_of(books: Books) -> dict[str, list[str]]:
    """Return by chain what its loops run over: deliveries and invoices, warehouses, runs of a handler."""
    found: dict[str, list[str]] = {}
    chains = {row["id"]: row["chain"] for row in books.table("orders")}
    for chain in {effect.chain for effect in books.effects}:
        found[chain] = list(_ELSEWHERE)
    for table in ("deliveries", "invoices"):
        for row in books.table(table):
            found.setdefault(chains.get(row["order_id"], ""), []).append(row["id"])
    return found


# Items that are no documents: warehouses, and the how-manieth run of a handler.
_ELSEWHERE = ("main", "south", "1", "2", "3")
