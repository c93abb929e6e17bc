"""Each arm of a choice can be taken; and the bounds that are known of the numbers that conditions compare."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ltc.definition.build import Build
from ltc.definition.decided import Bounds, possible
from ltc.definition.expressions import ExpressionError
from ltc.definition.plan import ChooseNode, FormField, Plan, TaskNode
from ltc.model.money import Money

_Range = tuple[int | None, int | None]


def check_arms(plan: Plan, build: Build) -> None:
    """Complain about arms that the arms before them leave nothing for, and warn of a choice that chooses nothing."""
    bounds = bounds_of(plan)
    for node in plan.nodes.values():
        if isinstance(node, ChooseNode):
            _arms(node, bounds, build)
            if not any(arm.first for arm in node.arms) or not any(arm.when for arm in node.arms):
                why = "whatever holds, the same is done"
                build.problems.warn(
                    "LTC-D120", build.places[node.id], key="choose", why=why, remedy="remove the choice"
                )


def _arms(node: ChooseNode, bounds: Bounds, build: Build) -> None:
    before: list[tuple[str, bool]] = []
    for index, arm in enumerate(node.arms):
        mark = build.places[f"{node.id}:arm:{index}"]
        here = [*before, (arm.when, True)] if arm.when else before
        try:
            # One that is always the same by itself is said already; a fragment's may be settled by what it is handed.
            alone = all(possible([one], bounds) for one in here)
            if index and alone and not mark.used and not possible(here, bounds):
                # An 'otherwise' for what cannot be is a careful author's; an arm with a condition is a slip.
                (build.problems.add if arm.when else build.problems.warn)("LTC-D116", mark)
                return
        except ExpressionError:
            return  # said where expressions are checked
        before = [*before, (arm.when, False)]


def bounds_of(plan: Plan) -> Bounds:
    """Return what is known of numbers, by path: answers within the bounds of their fields, periods that are counted."""
    told: dict[str, _Range] = {}
    for path, (low, high) in _ranges(plan):
        before = told.setdefault(path, (low, high))  # one name may stand for several: the widest counts
        told[path] = (_least(before[0], low), _most(before[1], high))
    return {"size": (0, None), **told}


def table_bounds(plan: Plan) -> Bounds:
    """Return between what the numbers and amounts lie that tables give as they stand: other rows may give others."""
    found: dict[str, _Range] = {}
    for name, table in plan.tables.items():
        rows = [row.then for row in table.rows] + ([table.otherwise] if table.otherwise else [])
        for output, kind in table.outputs.items():
            given = [row[output] for row in rows if output in row]
            if kind == "whole" and given:
                found[f"{name}.{output}"] = (min(given), max(given))
            elif kind == "money" and {one["currency"] for one in given} == {plan.currency}:
                amounts = [one["minor"] for one in given]
                found[f"base({name}.{output})"] = (min(amounts), max(amounts))
    return found


def _ranges(plan: Plan) -> Iterator[tuple[str, _Range]]:
    for leg in plan.legs:
        if leg.loop and leg.loop.every:
            yield f"{leg.loop.name}.number", (1, leg.loop.every.count or None)
    for node in (one for one in plan.nodes.values() if isinstance(one, TaskNode) and one.result):
        for one in node.form:
            yield from _field(f"{node.result}.{one.name}", one, plan.currency)


def _field(path: str, one: FormField, currency: str) -> Iterator[tuple[str, _Range]]:
    """A number is compared as it is, a decimal by its ``scaled`` face, an amount in minor units."""
    try:
        if one.type == "whole":
            yield path, (int(one.low) if one.low else None, int(one.high) if one.high else None)
        elif one.type == "decimal":
            yield f"{path}.scaled", (_scaled(one.low, one.places), _scaled(one.high, one.places))
        elif one.type == "money":
            found = (_minor(one.low), _minor(one.high))
            yield f"{path}.minor", found
            yield f"base({path})", found if one.currency == currency else (None, None)
    except (ValueError, ArithmeticError):
        return  # said where forms are checked


def _scaled(text: str, places: int) -> int | None:
    return int(Decimal(text).scaleb(places)) if text else None


def _minor(text: str) -> int | None:
    return Money.parse(text).minor if text else None


def _least(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)


def _most(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)
