"""The balance of a chain: equations between ordered, delivered, billed and paid, over the documents as last read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ltc.core.state import State
from ltc.definition.plan import Plan

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
    deliveries = _newest([doc for doc in documents if _has(doc, "shipped_at", "gross")])
    for order in orders if through else []:
        found += _order(plan, order)
    for invoice in invoices:
        found += _invoice(plan, invoice)
    if plan.billing.basis == "delivery" and deliveries:
        returns = [order for order in orders if order.get("returned")]
        said = "billed <= delivered - returned" if returns else "billed <= delivered"
        found += _billed(plan, said, invoices, deliveries, returns)
    elif plan.billing.basis == "order" and orders:
        found += _billed(plan, "billed <= ordered", invoices, orders, [])
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
    most = Decimal(ordered) * (1 + Decimal(plan.billing.over) / 100)
    least = Decimal(ordered) * (1 - Decimal(plan.billing.under) / 100)
    if least <= shipped + cancelled <= most:
        return []
    return [
        (_leg(plan, "ship"), f"ordered = delivered + cancelled ({order['id']})", str(ordered), str(shipped + cancelled))
    ]


def _invoice(plan: Plan, invoice: dict[str, Any]) -> list[Broken]:
    """Billed = paid + credited + written off + open, in one currency."""
    parts = [invoice[name] for name in ("paid", "credited", "written_off", "open")]
    total = sum(part["minor"] for part in parts)
    if total == invoice["gross"]["minor"] and all(part["currency"] == invoice["gross"]["currency"] for part in parts):
        return []
    said = f"billed = paid + credited + written off + open ({invoice['id']})"
    return [(_leg(plan, "payment"), said, str(invoice["gross"]["minor"]), str(total))]


def _billed(
    plan: Plan, said: str, invoices: list[dict[str, Any]], against: list[dict[str, Any]], returns: list[dict[str, Any]]
) -> list[Broken]:
    """Billed, less what was credited, is at most what it bills for, less what came back, per currency."""
    billed: dict[str, int] = {}
    allowed: dict[str, int] = {}
    for invoice in invoices:
        currency = invoice["gross"]["currency"]
        billed[currency] = billed.get(currency, 0) + invoice["gross"]["minor"] - invoice["credited"]["minor"]
    for document in against:
        currency = document["gross"]["currency"]
        allowed[currency] = allowed.get(currency, 0) + document["gross"]["minor"]
    for order in returns:
        share = order["gross"]["minor"] * order["returned"] // order["ordered"]  # in the biller's favour
        allowed[order["gross"]["currency"]] = allowed.get(order["gross"]["currency"], 0) - share
    return [
        (_leg(plan, "invoice"), f"{said} ({currency})", str(amount), str(allowed.get(currency, 0)))
        for currency, amount in billed.items()
        if amount > allowed.get(currency, 0)
    ]
