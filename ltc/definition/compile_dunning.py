"""Compiles dunning ladders: a wait for the money, with levels from the due date on."""

from __future__ import annotations

from typing import Any

from ltc.definition.build import Build
from ltc.definition.compile_reactions import Block, reaction
from ltc.definition.compile_sla import span
from ltc.definition.errors import Mark
from ltc.definition.nodes import Mapping, Scalar
from ltc.definition.plan import Awaited, Ladder, Rise, Span

# Both say nothing themselves: the claim is read again, with all that was paid.
EVENTS = ("erp.payment_allocated", "erp.receivable_changed")


def awaited(build: Build, step: Mapping, node: str) -> list[Awaited]:
    """Return the events that a ladder listens to; they match the document that it names."""
    mark = step.at("dunning")
    found = []
    for event in EVENTS:
        match = f"event.invoice == {step.text('dunning')}.id"
        keys = Mapping(mark, {"event": Scalar(mark, event, mark), "match": _made(mark, match)})
        found.append(build.awaited(event, keys, node, "event")[0])
    return found


def _made(mark: Mark, text: str) -> Scalar:
    """An expression that stands nowhere as such: what is wrong with it is told where the document is named."""
    return Scalar(mark, text, mark, lines=2)


def until(build: Build, step: Mapping, node: str) -> str:
    """Return the condition that ends a ladder: the document is settled."""
    mark = step.at("dunning")
    return build.use(_made(mark, f"{step.text('dunning')}.settled"), node, want="bool", where="'dunning'")


def ladder(build: Build, step: Mapping, common: dict[str, Any], block: Block) -> Ladder:
    """Compile the levels, their blocks, and the span after which the claim is handed over."""
    node = common["id"]
    mark, name = step.at("dunning"), step.text("dunning")
    build.use(_made(mark, f"{name}.due_date"), node, want="timestamp", where="'dunning'")
    pause = build.use(step.values.get("pause_while"), node, want="bool", where="'pause_while'")
    over = step.mapping("hand_over")
    levels = [_level(build, keys, common, block) for keys in step.listing("levels").mappings()]
    found = Ladder(
        document=name,
        levels=levels,
        pause_while=pause,
        promises=step.whole("promises"),
        hand_over=span(over, "after") or Span(amount=1, unit="d"),
    )
    _rise(build, step, found)
    return found


def hand_over(build: Build, step: Mapping, node: str, block: Block) -> Any:
    """Compile what is done with the claim once all levels were in vain."""
    return reaction(build, step.mapping("hand_over").values.get("then"), "hand_over", node, block)


def _level(build: Build, keys: Mapping, common: dict[str, Any], block: Block) -> Rise:
    node, name = common["id"], keys.text("name")
    build.places[f"{node}:{name}:notify"] = keys.at("notify")
    if "steps" not in keys.values and "notify" not in keys.values:
        build.problems.add("LTC-D152", keys.mark, word=name)
    first = block(build, keys.listing("steps"), common["leg"], node) if "steps" in keys.values else ""
    after = span(keys, "after")
    assert after is not None  # the shape demands it
    return Rise(name=name, after=after, notify=keys.text("notify"), first=first)


_DAYS = {"s": 1 / 86400, "m": 1 / 1440, "h": 1 / 24, "d": 1.0, "bm": 1 / 480, "bh": 1 / 8, "bd": 1.0}


def _rise(build: Build, step: Mapping, found: Ladder) -> None:
    """Levels have names of their own, rise, and come before the hand-over; calendar and working days do not compare."""
    marks = [(keys.at("name"), keys.at("after")) for keys in step.listing("levels").mappings()]
    spans = [(level.name, level.after) for level in found.levels]
    for at, (name, after) in enumerate(spans):
        if name in [other for other, _ in spans[:at]]:
            build.problems.add("LTC-D054", marks[at][0], word=name)
        for before, earlier in spans[:at]:
            if _not_later(after, earlier):
                build.problems.add("LTC-D153", marks[at][1], later=name, earlier=before)
                break
    if any(_not_later(found.hand_over, after) for _, after in spans):
        mark = step.mapping("hand_over").at("after")
        build.problems.add("LTC-D153", mark, later="hand_over", earlier=spans[-1][0])


def _not_later(one: Span, other: Span) -> bool:
    same = one.unit.startswith("b") == other.unit.startswith("b")
    return same and one.amount * _DAYS[one.unit] <= other.amount * _DAYS[other.unit]
