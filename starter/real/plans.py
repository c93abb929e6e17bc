"""The scenario of the demonstration on real systems: sixty orders, each with how it is to end, fixed before the run."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Literal

from ltc.model.documents import Opportunity
from starter.orderbook import NORTHWIND, OrderBook, load
from starter.scenario import (
    Act,
    Cancellation,
    Instalment,
    OrderPlan,
    Parcel,
    Remedy,
    Scenario,
    ScenarioError,
    read_as,
    write,
)
from starter.stories import FINANCE_FROM, MANAGER_FROM

SCENARIO = NORTHWIND / "real.json"
ORDERS = 60
SEED = 20261122
# What must have occurred by the end of a run of all orders.
KINDS = ("credit_limit", "short_stock", "goods_return", "credit_note", "bounced_payment", "approval", "rejection",
         "send_back", "cancellation", "part_shipment", "part_payment")  # fmt: skip


class RealPlan(OrderPlan):
    """The plan of one order on real systems. Times (``after``, ``days``) are real seconds here.

    ``credit``: the customer's credit limit is exceeded; people lift it or do not. ``bounced``: the first payment comes
    back and is paid again. ``short``: of a product of this order nothing is in stock when it is ordered.
    """

    credit: Literal["", "lifted", "denied"] = ""
    bounced: bool = False
    short: bool = False


class RealScenario(Scenario):
    """The plans of all orders."""

    orders: list[RealPlan]  # type: ignore[assignment]  # the same, with more to say


def read() -> RealScenario:
    """Read the scenario.

    Raises:
        ScenarioError: it is missing or damaged.
    """
    return read_as(RealScenario, SCENARIO)


def cast(book: OrderBook, seed: int = SEED) -> RealScenario:
    """Give sixty orders of the book their stories; the same seed casts the same."""
    dice = random.Random(seed)  # noqa: S311 - a reproducible cast, no secret
    free = list(book.opportunities)
    dice.shuffle(free)
    plans: list[RealPlan] = []
    limited: set[str] = set()  # customers whose credit limit is set belong to one order each
    taken: set[str] = set()
    empty = {product.id for product in book.products.values() if product.stock == 0}
    for story in _STORIES:
        for _ in range(story["count"]):
            order = _fitting(free, story, empty, limited if not story["plan"].get("credit") else limited | taken)
            free.remove(order)
            taken.add(order.customer.id)
            if story["plan"].get("credit"):
                limited.add(order.customer.id)
            plans.append(_plan(order, story, bool(empty & {line.product for line in order.lines})))
    plans += [_plan(order, _PLAIN, False) for order in _plain(free, limited, empty, ORDERS - len(plans))]
    by_turn = _varied(plans)
    ranked = [plan.model_copy(update={"rank": rank}) for rank, plan in enumerate(by_turn)]
    return RealScenario(seed=seed, orders=sorted(ranked, key=lambda plan: plan.number))


def _fitting(free: Sequence[Opportunity], story: dict[str, Any], empty: set[str], barred: set[str]) -> Opportunity:
    fits: Callable[[Opportunity], bool] = story.get("fits", _small)
    for order in free:
        short = bool(empty & {line.product for line in order.lines})
        if order.customer.id not in barred and fits(order) and short == bool(story["plan"].get("short")):
            return order
    raise ScenarioError(f"no order of the book fits the story {story['name']}")


def _plain(free: Sequence[Opportunity], limited: set[str], empty: set[str], count: int) -> list[Opportunity]:
    fine = [o for o in free if o.customer.id not in limited and not empty & {line.product for line in o.lines}]
    return fine[:count]


def _varied(plans: list[RealPlan]) -> list[RealPlan]:
    """Let every beginning of the ranking hold as many stories as it can."""
    rounds: dict[str, int] = {}
    keyed = []
    for place, plan in enumerate(plans):
        rounds[plan.story] = rounds.get(plan.story, 0) + 1
        keyed.append((rounds[plan.story], place, plan))
    return [plan for _, _, plan in sorted(keyed, key=lambda row: row[:2])]


def _plan(order: Opportunity, story: dict[str, Any], short: bool) -> RealPlan:
    fields = {"parcels": [Parcel(share=100, after=1)], "instalments": [Instalment(share=100, days=1)], **story["plan"]}
    return RealPlan(
        number=order.number, rank=0, story=story["name"], outcome=story.get("outcome", "completed"), why=story["why"],
        kinds=list(story.get("kinds", ())), **{**fields, "short": short},
    )  # fmt: skip


def _small(order: Opportunity) -> bool:
    return order.net.minor < MANAGER_FROM * 100


def _middle(order: Opportunity) -> bool:
    return MANAGER_FROM * 100 <= order.net.minor < FINANCE_FROM * 100


def _large(order: Opportunity) -> bool:
    return order.net.minor >= FINANCE_FROM * 100


def _many(order: Opportunity) -> bool:
    """Enough of a product that it can leave in parts."""
    return any(line.quantity >= 10 for line in order.lines) and order.net.minor < FINANCE_FROM * 100


_PLAIN: dict[str, Any] = {"name": "plain", "why": "everything went its way", "plan": {}}
_LATE = [Parcel(share=100, after=600)]
_STORIES: tuple[dict[str, Any], ...] = (
    {"name": "credit_lifted", "count": 3, "why": "credit approved beyond the limit", "kinds": ["credit_limit"],
     "plan": {"credit": "lifted", "acts": [Act(level="confirm.credit", do="approve", after=2)]}},
    {"name": "credit_denied", "count": 2, "why": "credit refused beyond the limit", "outcome": "rejected",
     "kinds": ["credit_limit", "rejection"],
     "plan": {"credit": "denied", "acts": [Act(level="confirm.credit", do="reject", after=2)]}},
    {"name": "short_stock", "count": 5, "why": "waited for goods, then shipped", "kinds": ["short_stock"],
     "fits": lambda order: order.net.minor < FINANCE_FROM * 100, "plan": {"short": True}},
    {"name": "returned", "count": 3, "why": "the customer sent the goods back", "outcome": "cancelled",
     "kinds": ["goods_return", "credit_note", "cancellation"],
     "plan": {"instalments": [], "cancellation": Cancellation(seen="shipped", after=3),
              "remedies": [Remedy(leg="", do="cancel", after=2, consent=True)]}},
    {"name": "bounced", "count": 4, "why": "a payment bounced and was paid again", "kinds": ["bounced_payment"],
     "plan": {"bounced": True, "instalments": [Instalment(share=60, days=1), Instalment(share=100, days=3)]}},
    {"name": "rejected", "count": 2, "why": "the manager rejected", "outcome": "rejected", "fits": _middle,
     "kinds": ["approval", "rejection"], "plan": {"acts": [Act(level="approval.manager", do="reject", after=1)]}},
    {"name": "sent_back", "count": 2, "why": "sent back once, then approved", "fits": _middle,
     "kinds": ["approval", "send_back"],
     "plan": {"acts": [Act(level="approval.manager", do="send_back", after=1),
                       Act(level="approval.manager", do="approve", after=1)]}},
    {"name": "cancelled_early", "count": 2, "why": "the customer cancelled before the approval", "fits": _middle,
     "outcome": "cancelled", "kinds": ["cancellation"],
     "plan": {"acts": [Act(level="approval.manager", do="approve", after=600)],
              "cancellation": Cancellation(seen="draft", after=2)}},
    {"name": "cancelled_released", "count": 3, "why": "the customer cancelled before shipment", "outcome": "cancelled",
     "kinds": ["cancellation"],
     "plan": {"parcels": _LATE, "cancellation": Cancellation(seen="released", after=2)}},
    {"name": "in_parts", "count": 4, "why": "shipped in parts, billed in parts", "kinds": ["part_shipment"],
     "fits": _many, "plan": {"parcels": [Parcel(share=40, after=1), Parcel(share=100, after=2)]}},
    {"name": "instalments", "count": 4, "why": "paid in instalments", "kinds": ["part_payment"],
     "plan": {"instalments": [Instalment(share=30, days=1), Instalment(share=50, days=2),
                              Instalment(share=100, days=2)]}},
    {"name": "approved", "count": 6, "why": "a manager approved", "fits": _middle, "kinds": ["approval"], "plan": {}},
    {"name": "approved_by_finance", "count": 2, "why": "a manager and finance approved", "fits": _large,
     "kinds": ["approval"], "plan": {}},
)  # fmt: skip


if __name__ == "__main__":
    write(cast(load()), SCENARIO)
