"""Casts the orders of the book in the stories of the scenario, seeded, before any run (`python -m starter.casting`)."""

from __future__ import annotations

import random
from typing import Any

from ltc.model.documents import Opportunity
from starter.orderbook import load
from starter.scenario import SCENARIO, Act, Instalment, OrderPlan, Parcel, Scenario, write
from starter.stories import FINANCE_FROM, MANAGER_FROM, PLAIN, Story, stories

SEED = 20260302


def cast(opportunities: list[Opportunity], seed: int = SEED) -> Scenario:
    """Give each order its story.

    The first order of each story comes first in the ranking, then the second of each, and so on, with plain orders
    between them, so that every beginning of the ranking is varied.

    Raises:
        ValueError: there are too few orders for the stories.
    """
    dice = random.Random(seed)  # noqa: S311 - a reproducible cast, no secret
    free = {order.number: order for order in opportunities}
    roles: list[tuple[str, Story]] = []
    told = stories()
    # The stories that fewest orders fit choose first, or others would take their orders.
    chosen: dict[str, list[str]] = {}
    for story in sorted(told, key=lambda story: story.net[0] - story.net[1]):
        fitting = [number for number, order in free.items() if fits(story, order)]
        if len(fitting) < story.count:
            raise ValueError(f"story {story.name}: {story.count} orders wanted, {len(fitting)} fit")
        chosen[story.name] = dice.sample(fitting, story.count)
        for number in chosen[story.name]:
            del free[number]
    for turn in range(max(story.count for story in told)):
        roles += [(chosen[story.name][turn], story) for story in told if turn < story.count]
    plain = list(free)
    dice.shuffle(plain)
    ranking = _mixed(roles, [(number, PLAIN) for number in plain], lead=len(told))
    by_number = {order.number: order for order in opportunities}
    plans = [_plan(by_number[number], story, rank, seed) for rank, (number, story) in enumerate(ranking)]
    return Scenario(seed=seed, orders=sorted(plans, key=lambda plan: plan.number))


def fits(story: Story, order: Opportunity) -> bool:
    """Tell whether an order's amount fits a story."""
    return story.net[0] * 100 <= order.net.minor < story.net[1] * 100


def _mixed(roles: list[tuple[str, Story]], plain: list[tuple[str, Story]], lead: int) -> list[tuple[str, Story]]:
    """Spread the plain orders among the others, behind the first round of all stories."""
    mixed, rest = roles[:lead], roles[lead:]
    for index in range(max(len(rest), len(plain))):
        mixed += rest[index : index + 1] + plain[index : index + 1]
    return mixed


def _plan(order: Opportunity, story: Story, rank: int, seed: int) -> OrderPlan:
    dice = random.Random(f"{seed}:{order.number}")  # noqa: S311 - a reproducible cast, no secret
    acts = _acts(order, dice)
    fields: dict[str, Any] = {"parcels": _parcels(dice), "instalments": _instalments(dice), **story.plan}
    told = {act.level for act in story.plan.get("acts", ())}
    fields["acts"] = [*story.plan.get("acts", ()), *(act for act in acts if act.level not in told)]
    return OrderPlan(
        number=order.number, rank=rank, story=story.name, outcome=story.outcome, why=story.why,
        kinds=list(story.kinds), early=story.early, **fields,
    )  # fmt: skip


def _acts(order: Opportunity, dice: random.Random) -> list[Act]:
    acts = []
    if order.net.minor >= MANAGER_FROM * 100:
        acts.append(Act(level="approval.manager", do="approve", after=_hours(dice, 0.3, 1.5)))
    if order.net.minor >= FINANCE_FROM * 100:
        acts.append(Act(level="approval.finance", do="approve", after=_hours(dice, 0.2, 0.8)))
    return acts


def _parcels(dice: random.Random) -> list[Parcel]:
    first = Parcel(share=100, after=_hours(dice, 2, 12))
    if dice.random() >= 0.1:
        return [first]
    return [Parcel(share=dice.randint(30, 70), after=first.after), Parcel(share=100, after=_hours(dice, 3, 8))]


def _instalments(dice: random.Random) -> list[Instalment]:
    last = Instalment(share=100, days=_hours(dice, 4, 14))
    if dice.random() >= 0.1:
        return [last]
    return [Instalment(share=dice.randint(20, 60), days=_hours(dice, 1, 4)), last]


def _hours(dice: random.Random, least: float, most: float) -> float:
    return round(dice.uniform(least, most), 1)


def main() -> None:
    """Write the scenario file anew."""
    scenario = cast(load().opportunities)
    write(scenario)
    print(f"{SCENARIO.name}: {len(scenario.orders)} orders, seed {scenario.seed}")


if __name__ == "__main__":
    main()
