"""The checks of the demonstration: each an invariant over the systems' own records, each naming what breaks it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ltc.ports.operations import OPERATIONS
from starter.books import Approval, Books, Effect, Row
from starter.scenario import PlannedFault
from starter.stories import FINANCE_FROM, MANAGER_FROM

# What goes on several times of one document and comes back by a document of its own: goods, and money.
OUT_AND_IN = ("erp.ship_delivery", "erp.register_payment")
# Each effect that can be undone by its inverse alone.
INVERSE = {
    name: op.inverse for name, op in OPERATIONS.items() if op.inverse not in ("", name) and name not in OUT_AND_IN
}
# The same undoing by another word: an invoice taken back together with its money.
ALSO = {"erp.credit_and_refund": "erp.credit_note"}
# What may rightly stand several times of one document: a release per warehouse, changes, what comes back in parts.
SEVERAL = ("erp.release_picks", "erp.amend_order", "erp.cancel_lines", "erp.accept_return", "erp.credit_return",
           "erp.credit_part", "erp.credit_cancelled")  # fmt: skip
UNDOING = frozenset(INVERSE.values())
BILLING = ("erp.post_invoice", "erp.post_order_invoice")
VOTES = 2


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold: which, of what, and how."""

    check: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: {self.text}"


def refuses_undo(fault: PlannedFault) -> bool:
    """Tell whether a planned fault is the refusal of an inverse."""
    return fault.fault == "refuse" and fault.operation in UNDOING


Check = Callable[[Books], Iterator[tuple[str, str]]]


def one_effect_per_key(books: Books) -> Iterator[tuple[str, str]]:
    """No operation took effect twice under one key."""
    seen = Counter((effect.operation, effect.key) for effect in books.effects if effect.key)
    for (operation, key), times in seen.items():
        if times > 1:
            yield key, f"{operation} took effect {times} times under this key"


def no_duplicate_documents(books: Books) -> Iterator[tuple[str, str]]:
    """Of one chain, no two orders, of one order no two releases, of one delivery no two invoices stand."""
    undone = {(effect.system, effect.undo_of) for effect in books.effects if effect.undo_of is not None}
    standing = Counter(
        (effect.operation, effect.chain, effect.parent)
        for effect in books.effects
        if effect.operation in INVERSE and effect.operation not in SEVERAL and (effect.system, effect.seq) not in undone
    )
    for (operation, chain, parent), times in standing.items():
        if times > 1:
            yield chain, f"{operation}{f' of {parent}' if parent else ''} stands {times} times"


def undone_newest_first(books: Books) -> Iterator[tuple[str, str]]:
    """What is undone is always the newest effect that still stands, unless its undoing was refused at first."""
    for chain, effects in books.chains().items():
        if chain in books.refused_undo:
            continue
        standing: list[Effect] = []
        for effect in effects:
            if effect.operation in INVERSE:
                standing.append(effect)
            elif _undoing(effect) in UNDOING and standing:
                newest = standing.pop()
                if INVERSE[newest.operation] != _undoing(effect):
                    yield chain, f"{effect.operation} came while {newest.operation} still stood"


def _undoing(effect: Effect) -> str:
    return ALSO.get(effect.operation, effect.operation)


def undone_once(books: Books) -> Iterator[tuple[str, str]]:
    """Every inverse undoes one effect that took place, and no effect is undone twice."""
    seen: Counter[tuple[str, int]] = Counter()
    for effect in books.effects:
        if effect.operation in UNDOING and effect.undo_of is None:
            yield effect.chain or effect.document_id, f"{effect.operation} of {effect.document_id} undid nothing"
        if effect.undo_of is not None:
            seen[effect.system, effect.undo_of] += 1
    for (system, seq), times in seen.items():
        if times > 1:
            yield f"{system} effect {seq}", f"was undone {times} times"


def undone_wholly(books: Books) -> Iterator[tuple[str, str]]:
    """A chain that began to undo has undone all; once goods were out, its invoices and the goods, the rest stands."""
    for chain, effects in books.chains().items():
        if not any(effect.operation in UNDOING for effect in effects):
            continue
        undone = {(effect.system, effect.undo_of) for effect in effects}
        returned = any(effect.operation == "erp.receive_return" for effect in effects)
        wanted = BILLING if returned else INVERSE
        left = [one for one in effects if one.operation in wanted and (one.system, one.seq) not in undone]
        for effect in left:
            yield chain, f"{effect.operation} of {effect.document_id} still stands though the chain was undone"


def ordered_is_accounted_for(books: Books) -> Iterator[tuple[str, str]]:
    """Per order line: ordered = delivered + open + cancelled; the order's totals are those of its documents."""
    delivered: Counter[tuple[str, str]] = Counter()
    for delivery in books.table("deliveries"):
        for line in delivery["lines"]:
            delivered[delivery["order_id"], line["line"]] += line["quantity"]
    for line in books.table("order_lines"):
        place = f"{line['order_id']} line {line['line']}"
        if line["shipped"] != delivered[line["order_id"], line["line"]]:
            yield place, f"{line['shipped']} said to be shipped, {delivered[line['order_id'], line['line']]} delivered"
        if line["quantity"] - line["shipped"] - line["cancelled"] < 0:
            yield place, f"ordered {line['quantity']}, shipped {line['shipped']}, cancelled {line['cancelled']}"
    lines, returns = books.by("order_lines", "order_id"), books.by("returns", "order_id")
    announced, taken_in = _returns(books)
    for order in books.table("orders"):
        of_lines = {"ordered": "quantity", "shipped": "shipped", "cancelled": "cancelled"}
        sums = {total: sum(line[part] for line in lines.get(order["id"], [])) for total, part in of_lines.items()}
        came = sum(row["quantity"] for row in returns.get(order["id"], []) if row["id"] not in announced)
        sums["returned"] = came + taken_in[order["id"]]
        for total, amount in sums.items():
            if order[total] != amount:
                yield order["id"], f"{total} {order[total]}, its documents say {amount}"


def _returns(books: Books) -> tuple[set[str], Counter[str]]:
    """Return the goods returns that were agreed beforehand, and how much the warehouse took in of each order."""
    announced = {effect.document_id for effect in books.effects if effect.operation == "erp.accept_return"}
    taken_in: Counter[str] = Counter()
    for effect in books.effects:
        if effect.operation == "warehouse.take_in" and effect.parent:
            taken_in[effect.parent] += effect.quantity
    return announced, taken_in


def billed_is_delivered(books: Books) -> Iterator[tuple[str, str]]:
    """Billed ≤ delivered − returned, per order; an invoice of a whole order ≤ ordered."""
    deliveries = books.by("deliveries", "order_id")
    for number, invoices in books.by("invoices", "order_id").items():
        out = sum(row["gross"] for row in deliveries.get(number, []) if not row["return_id"])
        by_delivery = sum(row["gross"] - row["credited"] for row in invoices if row["delivery"])
        if by_delivery > out:
            yield number, f"billed {by_delivery}, delivered and not returned {out} (minor units)"
        whole = sum(row["gross"] - row["credited"] for row in invoices if not row["delivery"])
        ordered = sum(row["gross"] for row in books.table("orders") if row["id"] == number)
        if whole > ordered:
            yield number, f"billed {whole}, ordered {ordered} (minor units)"


def billed_is_settled_or_open(books: Books) -> Iterator[tuple[str, str]]:
    """Per invoice: billed = paid + credited + written off + open, each term as its own documents say."""
    paid, credited = books.by("payments", "invoice"), books.by("credit_notes", "invoice")
    written_off: Counter[str] = Counter()
    for effect in books.effects:
        if effect.operation == "erp.write_off":
            written_off[effect.document_id] += effect.amount_minor
    for invoice in books.table("invoices"):
        number = invoice["id"]
        terms = {
            "paid": sum(row["amount"] for row in paid.get(number, [])),
            "credited": sum(row["amount"] for row in credited.get(number, [])),
            "written_off": written_off[number],
        }
        for term, amount in terms.items():
            if invoice[term] != amount:
                yield number, f"{term} {invoice[term]}, its documents say {amount} (minor units)"
        if sum(terms.values()) > invoice["gross"]:
            yield number, f"billed {invoice['gross']}, settled by {sum(terms.values())} (minor units)"


def shipped_is_confirmed(books: Books) -> Iterator[tuple[str, str]]:
    """Goods leave only for orders that are confirmed and released at that moment."""
    state: dict[str, set[str]] = defaultdict(set)
    for effect in sorted((one for one in books.effects if one.system == "erp"), key=lambda one: one.seq):
        order = effect.parent if effect.operation in _OF_PARENT else effect.document_id
        if effect.operation in INVERSE:
            state[order].add(effect.operation)
        for name, inverse in INVERSE.items():
            if effect.operation == inverse:
                state[order].discard(name)
        released = {"erp.release_delivery", "erp.release_picks"} & state[order]
        if effect.operation == "warehouse.ship" and not ("erp.confirm_order" in state[order] and released):
            yield order, f"{effect.document_id} left while the order was not confirmed and released"


_OF_PARENT = ("warehouse.ship", "erp.release_delivery", "erp.release_picks", "erp.cancel_delivery")


def approved_before_confirmed(books: Books) -> Iterator[tuple[str, str]]:
    """No order is confirmed before those who must approve it did: a manager, and from 5000 USD two of finance."""
    decided: dict[str, list[Approval]] = defaultdict(list)
    for approval in books.approvals:
        decided[approval.chain].append(approval)
    orders = {row["id"]: row for row in books.table("orders")}
    for effect in books.effects:
        if effect.operation != "erp.confirm_order" or effect.document_id not in orders:
            continue
        before = [one for one in decided[effect.chain] if one.at_real <= effect.at_real]
        for problem in _missing_approvals(orders[effect.document_id], before):
            late = ", ".join(f"{one.actor} at {one.at_real:%H:%M:%S.%f}" for one in decided[effect.chain])
            yield effect.chain, f"{problem} at {effect.at_real:%H:%M:%S.%f}; decided: {late or 'never'}"


def _missing_approvals(order: Row, before: Iterable[Approval]) -> Iterator[str]:
    yes: dict[str, set[str]] = defaultdict(set)
    for one in before:
        if one.decision == "approve":
            yes[one.level].add(one.actor)
    if order["net"] >= MANAGER_FROM * 100 and not yes["manager"]:
        yield f"order {order['id']} was confirmed without a manager's approval"
    finance = yes["finance"] - yes["manager"]
    if order["net"] >= FINANCE_FROM * 100 and len(finance) < VOTES:
        yield f"order {order['id']} was confirmed with {len(finance)} of {VOTES} votes of finance"


def stock_is_accounted_for(books: Books) -> Iterator[tuple[str, str]]:
    """Per product: what came in − what left + what came back = what is there, and never less than nothing."""
    expected: Counter[str] = Counter()
    for effect in books.effects:
        if effect.operation in ("erp.setup", "warehouse.replenish", "warehouse.take_in") and not effect.parent:
            expected[effect.document_id] += effect.quantity
    for delivery in books.table("deliveries"):
        if not delivery["return_id"]:
            for line in delivery["lines"]:
                expected[line["product"]] -= line["quantity"]
    elsewhere: Counter[str] = Counter()
    for row in books.tables.get("stock_at", []):
        elsewhere[row["product"]] += row["stock"]
    for product in books.table("products"):
        there = product["stock"] + elsewhere[product["id"]]
        if there != expected[product["id"]] or product["stock"] < 0:
            yield f"product {product['id']}", f"{there} in stock, the documents say {expected[product['id']]}"


CHECKS: tuple[Check, ...] = (
    one_effect_per_key, no_duplicate_documents, undone_newest_first, undone_once, undone_wholly,
    ordered_is_accounted_for, billed_is_delivered, billed_is_settled_or_open, shipped_is_confirmed,
    approved_before_confirmed, stock_is_accounted_for,
)  # fmt: skip


def run(books: Books, checks: Iterable[Check] = CHECKS) -> dict[str, list[Violation]]:
    """Run checks; return for each, by name, what breaks it."""
    return {
        check.__name__: [Violation(check.__name__, subject, text) for subject, text in check(books)] for check in checks
    }
