"""Follows every way through a definition: which names are surely set, perhaps set, or set beside, before each step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ltc.definition.build import Build
from ltc.definition.guards import told
from ltc.definition.plan import (
    SCHEDULES,
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    DelayNode,
    Leg,
    ParallelNode,
    Plan,
    Reaction,
    TaskNode,
    WaitNode,
)
from ltc.definition.plan_nodes import collections_of, results_of


@dataclass(frozen=True)
class Known:
    """What is set at a point.

    ``beside``: names that other branches of a parallel set at the same time. ``asked``: fields that a condition on the
    way here asked for with has(), so that they need not be asked for again.
    """

    sure: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    def plus(self, *names: str) -> Known:
        """Return this with names that are surely set now."""
        given = frozenset(name for name in names if name)
        return replace(self, sure=self.sure | given, maybe=self.maybe | given, asked=self.unlike(given))

    def perhaps(self, *names: str) -> Known:
        """Return this with names that may be set now."""
        given = frozenset(name for name in names if name)
        return replace(self, maybe=self.maybe | given, asked=self.unlike(given))

    def unlike(self, names: Iterable[str]) -> frozenset[str]:
        """Return what was asked for of other names: what a name leaves anew may lack what it had."""
        return frozenset(path for path in self.asked if path.split(".")[0] not in names)

    def told(self, paths: frozenset[str]) -> Known:
        """Return this where a condition told that these fields are there."""
        return replace(self, sure=self.sure | {path.split(".")[0] for path in paths}, asked=self.asked | paths)


Way = Known | None  # None: no way leads here


def join(*ways: Way) -> Way:
    """Return what is known where ways meet."""
    found = [way for way in ways if way is not None]
    if not found:
        return None
    sure = frozenset.intersection(*(way.sure for way in found))
    asked = frozenset.intersection(*(way.asked for way in found))
    return Known(sure, frozenset().union(*(way.maybe for way in found)), found[0].beside, asked)


@dataclass
class Flow:
    """What is known before each step (by its id), at the entry of each leg (``leg:``), and of its items (``item:``)."""

    plan: Plan
    build: Build
    known: dict[str, Known] = field(default_factory=dict)

    def block(self, first: str, way: Way) -> Way:
        """Follow a block from its first step; return what is known at its end."""
        at = first
        while at:
            node = self.plan.nodes[at]
            if way is None:
                self.build.problems.add("LTC-D086", self.build.places[at])
                return None
            self.known[at] = way
            way = self.step(node, way)
            at = node.next
        return way

    def step(self, node: AnyNode, way: Known) -> Way:
        """Follow one step and everything inside it."""
        if isinstance(node, CallNode):
            return self.call(node, way)
        if isinstance(node, WaitNode):
            after = way.perhaps(*results_of(node)) if node.until else way.perhaps(*results_of(node)).plus(node.result)
            for level in node.ladder.levels if node.ladder else ():
                self.block(level.first, way)
                after = after.perhaps(*self.sets(level.first))
            return join(after, self.reaction(node.on_timeout, way))
        if isinstance(node, DelayNode):
            return way
        if isinstance(node, TaskNode):
            return join(way.plus(node.result), *(self.again(node, one, way) for _, one in reactions(node)))
        if isinstance(node, ApproveNode):
            rejected = self.reaction(node.on_reject, way)
            if node.on_reject.kind == "steps" and not node.on_reject.retry and rejected is not None:
                self.build.problems.add("LTC-D096", self.build.places[f"{node.id}:on_reject"])
            return join(way, self.reaction(node.none_found, way))
        if isinstance(node, ChooseNode):
            return self.choose(node, way)
        return self.parallel(node, way) if isinstance(node, ParallelNode) else None

    def choose(self, node: ChooseNode, way: Known) -> Way:
        """An arm is taken where its condition held, and those before it did not."""
        ends: list[Way] = []
        rest = way
        for arm in node.arms:
            held, not_held = told(arm.when)
            ends.append(self.block(arm.first, rest.told(held)))
            rest = rest.told(not_held)
        return join(*ends) if any(not arm.when for arm in node.arms) else join(rest, *ends)

    def call(self, node: CallNode, way: Known) -> Way:
        """A call leaves its result, unless a refusal was answered by going on without it."""
        ways: list[Way] = [way.plus(node.result)]
        for reaction in node.on_refusal.values():
            after = self.reaction(reaction, way)
            ways.append(after.plus(node.result) if after is not None and reaction.retry else after)
        return join(*ways)

    def again(self, node: TaskNode, reaction: Reaction, way: Known) -> Way:
        """What is known after a reaction of a task: one that asks again leads to its answers."""
        after = self.reaction(reaction, way)
        return after.plus(node.result) if after is not None and reaction.retry else after

    def reaction(self, reaction: Reaction, way: Known) -> Way:
        """Follow a reaction; None when the chain does not go on here after it."""
        if reaction.kind == "skip":
            return way
        return self.block(reaction.first, way) if reaction.kind == "steps" else None

    def parallel(self, node: ParallelNode, way: Known) -> Way:
        """Branches see nothing of each other; which names are sure afterwards depends on ``join``."""
        sets = [frozenset(self.sets(first)) for first in node.branches]
        ends: list[Way] = []
        for index, first in enumerate(node.branches):
            others = frozenset().union(*(names for at, names in enumerate(sets) if at != index))
            for name in sorted(sets[index] & others):
                self.build.problems.add("LTC-D064", self.build.places[first], word=name)
            ends.append(self.block(first, replace(way, beside=way.beside | others)))
        going_on = [end for end in ends if end is not None]
        if len(going_on) < node.need:
            return None
        maybe = way.maybe.union(*(end.maybe for end in going_on))
        sure = way.sure.union(*(end.sure for end in going_on)) if node.need == len(ends) else way.sure
        return Known(sure, maybe, way.beside, way.unlike(frozenset().union(*sets)))

    def sets(self, first: str) -> Iterable[str]:
        """Return the results that a block leaves, with everything inside it."""
        for node in self.inside(first):
            if isinstance(node, CallNode | WaitNode | TaskNode):
                yield from results_of(node)

    def inside(self, first: str) -> Iterable[AnyNode]:
        """Return the steps of a block and everything inside them."""
        at = first
        while at:
            node = self.plan.nodes[at]
            yield node
            for inner in blocks(node):
                yield from self.inside(inner)
            at = node.next


def blocks(node: AnyNode) -> list[str]:
    """Return the first steps of all blocks inside a step, those of its reactions among them."""
    if isinstance(node, ChooseNode):
        firsts = [arm.first for arm in node.arms]
    elif isinstance(node, ParallelNode):
        firsts = list(node.branches)
    else:
        firsts = [reaction.first for _, reaction in reactions(node)]
        ladder = node.ladder if isinstance(node, WaitNode) else None
        firsts += [level.first for level in ladder.levels] if ladder else []
    return [first for first in firsts if first]


def reactions(node: AnyNode) -> list[tuple[str, Reaction]]:
    """Return the reactions of a step by the key they stand under."""
    if isinstance(node, CallNode):
        return [(f"on_refusal.{reason}", reaction) for reason, reaction in node.on_refusal.items()]
    if isinstance(node, WaitNode):
        return [("hand_over" if node.ladder else "on_timeout", node.on_timeout)]
    if isinstance(node, ApproveNode):
        found = [("none_found", node.none_found), ("on_reject", node.on_reject)]
        return [*found, ("on_send_back", node.on_send_back)] if node.on_send_back else found
    if isinstance(node, TaskNode):
        found = [("on_timeout", node.on_timeout), ("none_found", node.none_found)]
        return [*found, ("on_reject", node.on_reject)] if node.on_reject else found
    return []


def follow(plan: Plan, build: Build) -> Flow:
    """Follow all ways from the start through every leg."""
    flow = Flow(plan, build)
    always = [
        *plan.start.input,
        *(["billing"] if plan.billing.terms is not None else []),
        *plan.collections,
        *(["requester"] if plan.start.requester else []),
    ]
    start = Known().plus(*always).perhaps(*(one.result for one in plan.handlers if one.then.kind != "steps"))
    flow.known["chain"] = start
    way: Way = start
    for leg in plan.legs:
        if way is None:
            build.problems.add("LTC-D086", build.places[f"leg:{leg.id}"])
            break
        way = _leg(flow, leg, way)
    for side in plan.sides:
        _side(flow, side, way)
    build.asked.update({scope: known.asked for scope, known in flow.known.items()})
    return flow


def _side(flow: Flow, side: Leg, end: Way) -> None:
    """A handler's steps may run while any of its legs does, or once the chain has completed: what is sure is sure then.

    What they amend exists: the event is kept until it does.
    """
    plan, known = flow.plan, flow.known
    handler = next(one for one in plan.handlers if one.name == side.id)
    entries: list[Way] = [known.get(f"leg:{leg}") for leg in handler.legs] or [known["chain"]]
    if plan.keep_open is not None and side.id in plan.keep_open.handlers and handler.legs:
        entries.append(end)
    way = join(*entries)
    if way is None:
        return  # none of its legs is reached: said already
    left = [
        name
        for node in plan.nodes.values()
        if isinstance(node, CallNode | WaitNode | TaskNode)
        for name in results_of(node)
    ]
    inside = way.plus(handler.amends, handler.result).perhaps(*(end.maybe if end else ()), *left)
    flow.block(side.first, inside)


def _leg(flow: Flow, leg: Leg, way: Known) -> Way:
    entry = way
    if leg.loop and leg.loop.on_item:
        entry = _beside_source(flow, leg, way)
    flow.known[f"leg:{leg.id}"] = entry
    entered = entry.told(told(leg.when)[0])
    if leg.loop is None:
        after = flow.block(leg.first, entered)
        return join(way, after) if leg.when else after
    inside = entered.plus(leg.loop.name)
    flow.known[f"item:{leg.id}"] = inside
    flow.block(leg.first, inside)
    return way


def _beside_source(flow: Flow, leg: Leg, way: Known) -> Known:
    """An on_item leg may begin as soon as its source is being filled: only what was set before that is sure."""
    source = leg.loop.source if leg.loop else ""
    if source in SCHEDULES:
        return _beside_legs(flow, leg, way)
    steps = (node for node in flow.plan.nodes.values() if isinstance(node, CallNode | WaitNode))
    met = join(*(flow.known.get(node.id) for node in steps if source in collections_of(node)))
    if met is None:
        return way
    return Known(met.sure & way.maybe, way.maybe)


def _beside_legs(flow: Flow, leg: Leg, way: Known) -> Known:
    """What falls due after a leg is billed beside what comes later: only what was set by then is sure."""
    order = [one.id for one in flow.plan.legs]
    parts = (flow.plan.billing.terms or {}).get(source_of(leg), [])
    known: list[Way] = [way]
    for part in parts:
        if part["after"] in order[: order.index(leg.id)]:
            following = order[order.index(part["after"]) + 1]
            known.append(flow.known.get(f"leg:{following}", way))
    met = join(*known)
    return Known(met.sure & way.maybe, way.maybe) if met is not None else way


def source_of(leg: Leg) -> str:
    """Return which list of ``billing:`` a leg loops over."""
    return leg.loop.source.split(".")[-1] if leg.loop else ""
