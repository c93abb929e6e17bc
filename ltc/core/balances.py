"""The balance of a chain: equations between ordered, delivered, billed and paid, over the documents as last read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ltc.core.state import State
from ltc.definition.plan import Plan
from ltc.model.money import round_minor

Broken = tuple[str, str, str, str]  # leg, equation, left, right


def broken(plan: Plan, state: State, *, through: bool = True) -> list[Broken]:
    """Return the equations that do not hold, with the leg that breaks each.

    ``through``: all legs are, so that nothing ordered may still be open. Documents that cannot be reckoned with
    (people may supply any) break the balance, too.
    """
    try:
        return _broken(plan, state, through)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return [(plan.legs[-1].id, "the documents can be reckoned with", type(error).__name__, str(error)[:100])]


def _broken(plan: Plan, state: State, through: bool) -> list[Broken]:
    documents = [*state.results.values(), *(doc for items in state.collections.values() for doc in items.values())]
    documents += [doc for leg in state.legs.values() for left in leg.results.values() for doc in left.values()]
    found: list[Broken] = []
    orders = _newest([doc for doc in documents if _has(doc, "ordered", "shipped", "cancelled")])
    invoices = _newest([doc for doc in documents if _has(doc, "open", "paid", "credited", "gross")])
    bills = [one for one in invoices if one.get("kind") != "dunning_fee"]  # a fee is no price of what was ordered
    deliveries = _newest([doc for doc in documents if _has(doc, "shipped_at", "gross")])
    for order in orders if through else []:
        found += _order(plan, order)
    for invoice in invoices:
        found += _invoice(plan, invoice)
    if plan.billing.basis == "delivery" and deliveries:
        returns = [order for order in orders if order.get("returned")]
        said = "billed <= delivered - returned" if returns else "billed <= delivered"
        found += _billed(plan, said, bills, deliveries, returns)
    elif plan.billing.basis == "order" and orders:
        found += _billed(plan, "billed <= ordered", bills, _with_over(plan, orders), [])
    elif plan.billing.basis == "milestone":
        accepted = _newest([doc for doc in documents if _has(doc, "accepted_at", "amount")])
        found += _milestones(plan, bills, accepted, through)
    return found


def _with_over(plan: Plan, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Orders at what may be billed of them: what was delivered beyond them, within the tolerance, counts."""
    most = 1 + Decimal(plan.billing.over) / 100
    return [
        {**order, "gross": {**order["gross"], "minor": round_minor(order["gross"]["minor"] * most)}}
        if order["shipped"] > order["ordered"]
        else order
        for order in orders
    ]


def _milestones(
    plan: Plan, invoices: list[dict[str, Any]], accepted: list[dict[str, Any]], through: bool
) -> list[Broken]:
    """Billed, less what was credited, is what was accepted, per currency; on the way there it may be less."""
    billed, agreed = _sums(invoices, "gross", "credited"), _sums(accepted, "amount")
    return [
        (_leg(plan, "invoice"), f"billed = accepted milestones ({currency})", str(billed.get(currency, 0)),
         str(agreed.get(currency, 0)))
        for currency in sorted({*billed, *agreed})
        if billed.get(currency, 0) > agreed.get(currency, 0)
        or (through and billed.get(currency, 0) != agreed.get(currency, 0))
    ]  # fmt: skip


def _sums(documents: list[dict[str, Any]], plus: str, minus: str = "") -> dict[str, int]:
    """Add an amount of documents up, less another one of theirs; by currency, in minor units."""
    found: dict[str, int] = {}
    for document in documents:
        currency = document[plus]["currency"]
        found[currency] = found.get(currency, 0) + document[plus]["minor"] - (document[minus]["minor"] if minus else 0)
    return found


def _has(document: Any, *fields: str) -> bool:
    return isinstance(document, dict) and all(field in document for field in fields)


def _newest(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One of each document: the version read last wins."""
    newest: dict[str, dict[str, Any]] = {}
    for document in documents:
        known = newest.get(document["id"])
        if known is None or known.get("version", 0) <= document.get("version", 0):
            newest[document["id"]] = document
    return list(newest.values())


def _leg(plan: Plan, *words: str) -> str:
    """The leg that an equation speaks of: the last whose steps call or await one of these operations."""
    for leg in reversed(plan.legs):
        for node in plan.nodes.values():
            named = [one.event for one in getattr(node, "events", [])] + [
                getattr(getattr(node, "call", None), "op", "")
            ]
            if node.leg == leg.id and any(word in name for word in words for name in named):
                return leg.id
    return plan.legs[-1].id


def _order(plan: Plan, order: dict[str, Any]) -> list[Broken]:
    """Ordered = delivered + cancelled once nothing is open, within the tolerance for over- and under-delivery."""
    ordered, shipped, cancelled = order["ordered"], order["shipped"], order["cancelled"]
    if plan.billing.basis == "milestone" and not shipped:
        return []  # a service: what was accepted stands for what was delivered
    most = Decimal(ordered) * (1 + Decimal(plan.billing.over) / 100)
    least = Decimal(ordered) * (1 - Decimal(plan.billing.under) / 100)
    if least <= shipped + cancelled <= most:
        return [one for line in order.get("by_line") or [] for one in _line(plan, order, line)]
    return [
        (_leg(plan, "ship"), f"ordered = delivered + cancelled ({order['id']})", str(ordered), str(shipped + cancelled))
    ]


def _line(plan: Plan, order: dict[str, Any], line: dict[str, Any]) -> list[Broken]:
    """The same of one line, where the system says how far it is: too much of one makes up for no other."""
    ordered, there = line["ordered"], line["shipped"] + line["cancelled"]
    if there * 100 >= ordered * (100 - Decimal(plan.billing.under)):
        return []
    said = f"ordered = delivered + cancelled ({order['id']} line {line['line']})"
    return [(_leg(plan, "ship"), said, str(ordered), str(there))]


def _invoice(plan: Plan, invoice: dict[str, Any]) -> list[Broken]:
    """Billed = paid + credited + discounted + written off + open, in one currency; exchange differences apart."""
    parts = [invoice[name] for name in ("paid", "credited", "written_off", "open")]
    if invoice.get("discounted"):
        parts.append(invoice["discounted"])
    total = sum(part["minor"] for part in parts)
    found = _exchange(plan, invoice)
    if total == invoice["gross"]["minor"] and all(part["currency"] == invoice["gross"]["currency"] for part in parts):
        return found
    discounted = " + discounted" if invoice.get("discounted") else ""
    said = f"billed = paid + credited{discounted} + written off + open ({invoice['id']})"
    return [*found, (_leg(plan, "payment"), said, str(invoice["gross"]["minor"]), str(total))]


def _exchange(plan: Plan, invoice: dict[str, Any]) -> list[Broken]:
    """In the books' currency: what payments brought = what they were carried at + the exchange difference."""
    booked = invoice.get("exchange")
    if not booked:
        return []
    came = booked["received"]["minor"]
    carried = booked["carried"]["minor"] + booked["difference"]["minor"]
    if came == carried and len({booked[name]["currency"] for name in ("received", "carried", "difference")}) == 1:
        return []
    said = f"received = carried + exchange difference ({invoice['id']})"
    return [(_leg(plan, "payment"), said, str(came), str(carried))]


def _billed(
    plan: Plan, said: str, invoices: list[dict[str, Any]], against: list[dict[str, Any]], returns: list[dict[str, Any]]
) -> list[Broken]:
    """Billed, less what was credited, is at most what it bills for, less what came back, per currency."""
    billed, allowed = _sums(invoices, "gross", "credited"), _sums(against, "gross")
    for order in returns:
        share = order["gross"]["minor"] * order["returned"] // order["ordered"]  # in the biller's favour
        allowed[order["gross"]["currency"]] = allowed.get(order["gross"]["currency"], 0) - share
    return [
        (_leg(plan, "invoice"), f"{said} ({currency})", str(amount), str(allowed.get(currency, 0)))
        for currency, amount in billed.items()
        if amount > allowed.get(currency, 0)
    ]
