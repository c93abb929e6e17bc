"""Proves of decision tables: no gap, no overlap where one row must hold, no row that never counts, no table in vain.

Each input's values fall into regions between which no cell distinguishes. A set of rows that hold together is a bit
mask; going through the inputs, only masks that differ are kept, each with an example.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from ltc.definition.build import Build
from ltc.definition.cells import shown, within
from ltc.definition.expressions import names
from ltc.definition.lint_people import known_person
from ltc.definition.plan import DecisionTable, Plan
from ltc.definition.plan_tables import ORDERED, Cell, TableInput
from ltc.definition.syntax import ExpressionError

MOST = 20_000  # masks looked at
Regions = list[tuple[int, str]]  # (rows that hold there, an example)


def check_tables(plan: Plan, build: Build) -> None:
    """Complain about what a table leaves open, says twice, or says in vain."""
    read = _read(build)
    for name, table in plan.tables.items():
        if name not in read:
            why, remedy = "no expression reads it", f"read {name}.{next(iter(table.outputs))} somewhere, or remove it"
            build.problems.vain(build.places[f"table:{name}"], name, why, remedy)
        _rows(name, table, build)
    for text, mark in build.people:
        known_person(text, mark, build)


def _read(build: Build) -> list[str]:
    found: list[str] = []
    for use in build.uses:
        try:
            found += names(use.source)
        except ExpressionError:
            continue  # said where it is checked
    return found


def _rows(name: str, table: DecisionTable, build: Build) -> None:
    masks = _masks(table)
    if masks is None:
        build.problems.add("LTC-D137", build.places[f"table:{name}"], word=name)
        return
    if masks.get(0) is not None and table.otherwise is None:
        build.problems.add("LTC-D138", build.places[f"table:{name}"], word=name, example=masks[0])
    if 0 not in masks and table.otherwise is not None:
        why = "some row holds for every input"
        build.problems.vain(build.places[f"table:{name}:otherwise"], "otherwise", why)
    if table.hit == "first":
        _unreached(name, table, masks, build)
    else:
        _overlaps(name, table, masks, build)


def _unreached(name: str, table: DecisionTable, masks: dict[int, str], build: Build) -> None:
    for at in range(len(table.rows)):
        if not any(mask & (1 << at) and not mask & ((1 << at) - 1) for mask in masks):
            build.problems.add("LTC-D139", build.places[f"table:{name}:row:{at}"])


def _overlaps(name: str, table: DecisionTable, masks: dict[int, str], build: Build) -> None:
    told: dict[int, None] = {}
    for mask, example in masks.items():
        hits = [at for at in range(len(table.rows)) if mask & (1 << at)]
        for at in hits[1:]:
            differs = table.hit == "unique" or table.rows[at].then != table.rows[hits[0]].then
            if differs and at not in told:
                told[at] = None
                build.problems.add(
                    "LTC-D140", build.places[f"table:{name}:row:{at}"], row=at + 1, other=hits[0] + 1,
                    hit=table.hit, example=example,
                )  # fmt: skip


def _masks(table: DecisionTable) -> dict[int, str] | None:
    """Return every set of rows that hold together, with an example; None if there are too many to look at."""
    masks = {(1 << len(table.rows)) - 1: ""}
    for key, one in table.inputs.items():
        cells = [row.when.get(key) for row in table.rows]
        regions = _ordered(cells, one) if one.type in ORDERED else _plain(cells, one.type)
        found: dict[int, str] = {}
        for mask, example in masks.items():
            for region, value in regions:
                found.setdefault(mask & region, f"{example}, {key} {value}" if example else f"{key} {value}")
        if len(found) > MOST:
            return None
        masks = found
    return masks


def _mask(cells: list[Cell | None], holds: list[bool]) -> int:
    return sum(1 << at for at, cell in enumerate(cells) if cell is None or holds[at] != cell.but_not)


def _plain(cells: list[Cell | None], kind: str) -> Regions:
    named = dict.fromkeys(part.equals or "" for cell in cells if cell for part in cell.parts)
    values = ["true", "false"] if kind == "condition" else [*named, None]
    named_by: dict[str | None, int] = {}
    for at, cell in enumerate(cells):
        for part in cell.parts if cell is not None else ():
            named_by[part.equals] = named_by.get(part.equals, 0) | 1 << at
    turned = sum(1 << at for at, cell in enumerate(cells) if cell is None or cell.but_not)  # hold unless they name it
    return [(named_by.get(value, 0) ^ turned, "anything else" if value is None else f"'{value}'") for value in values]


def _ordered(cells: list[Cell | None], given: TableInput) -> Regions:
    kind, in_base = given.type, given.source.startswith(("base(", "money("))
    parts = [part for cell in cells if cell for part in cell.parts]
    found: Regions = []
    for currency in dict.fromkeys(part.currency for part in parts):
        bounds = sorted({Decimal(b) for p in parts if p.currency == currency for b in (p.low, p.high) if b is not None})
        values = _between(bounds, whole=kind != "decimal")
        masks = _spread(cells, currency, values)
        found += [(mask, shown(value, kind, currency)) for mask, value in zip(masks, values, strict=True)]
    if (kind == "money" and not in_base) or not parts:
        found.append((_mask(cells, [False] * len(cells)), "in another currency" if parts else "anything"))
    return found


def _spread(cells: list[Cell | None], currency: str, values: list[Decimal]) -> list[int]:
    """Return for each of the rising values the rows that hold there."""
    masks, everywhere = [0] * len(values), range(len(values))
    held: Iterable[int]
    for at, cell in enumerate(cells):
        held = everywhere if cell is None else dict.fromkeys(_stretches(cell, currency, values))
        if cell is not None and cell.but_not:
            held = [where for where in everywhere if where not in held]
        for where in held:
            masks[where] |= 1 << at
    return masks


def _stretches(cell: Cell, currency: str, values: list[Decimal]) -> Iterator[int]:
    """Return the places of the values that a cell takes: a stretch for each of its parts, found by its ends."""
    for part in cell.parts:
        if part.currency == currency:
            first = 0 if part.low is None else bisect_left(values, Decimal(part.low))
            last = len(values) if part.high is None else bisect_right(values, Decimal(part.high))
            yield from (at for at in range(first, last) if first < at < last - 1 or within(part, values[at]))


def _between(bounds: list[Decimal], *, whole: bool) -> list[Decimal]:
    """Return one value of each region: below all bounds, each bound, between two, above all."""
    found = [bounds[0] - 1]
    for low, high in pairwise(bounds):
        found.append(low)
        if not whole or high - low > 1:
            found.append(low + 1 if whole else (low + high) / 2)
    return [*found, bounds[-1], bounds[-1] + 1]
