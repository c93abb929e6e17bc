"""Handlers: where they send back to, what they amend, what stays open for them, and whether they ever get an event."""

from __future__ import annotations

from collections.abc import Callable

from ltc.definition.build import Build
from ltc.definition.decided import possible
from ltc.definition.errors import Mark
from ltc.definition.expressions import ExpressionError
from ltc.definition.names import Names
from ltc.definition.plan import CallNode, Handler, Plan, WaitNode


def check_handlers(plan: Plan, build: Build, names: Names) -> None:
    """Complain about handlers that could not do what they say."""
    for handler in plan.handlers:
        if handler.then.kind == "send_back":
            _sends_back(handler, plan, build)
        if handler.amends:
            _amends(handler, plan, build, names)
    _shadowed(plan, build)
    _kept_open(plan, build)


def _sends_back(handler: Handler, plan: Plan, build: Build) -> None:
    """It leads to a leg before those it works in; no loop is left; each effect passed says what a second visit does."""
    order = [leg.id for leg in plan.legs]
    mark, to = build.places[f"handler:{handler.name}:send_back"], handler.then.leg
    loops = [leg.id for leg in plan.legs if leg.loop]
    during = [leg for leg in handler.legs if leg in order] or order
    if to not in order:
        build.problems.add("LTC-D048", mark, word=to, known=order)
        return
    passed = order[order.index(to) : max(order.index(leg) for leg in during) + 1]
    if any(leg in loops for leg in passed):
        build.problems.add("LTC-D089", mark)
    elif handler.legs and min(order.index(leg) for leg in during) < order.index(to):
        build.problems.add("LTC-D088", mark, word=to, known=order[: min(order.index(leg) for leg in during) + 1])
    else:
        _passed(handler, passed, plan, build)


def _passed(handler: Handler, legs: list[str], plan: Plan, build: Build) -> None:
    for node in plan.nodes.values():
        if node.leg not in legs:
            continue
        pinned = plan.operations.get(node.call.op) if isinstance(node, CallNode) else None
        silent = isinstance(node, CallNode) and not node.revisit and pinned is not None and pinned.effect
        if silent or (isinstance(node, WaitNode) and f"{node.id}:on_revisit" not in build.places):
            build.problems.add("LTC-D087", build.places[node.id], step=node.step, by=handler.name)


def _amends(handler: Handler, plan: Plan, build: Build, names: Names) -> None:
    """What is amended is a document of the chain, and one of the steps leaves it anew."""
    mark, name = build.places[f"handler:{handler.name}:amend"], handler.amends
    steps = [node for node in plan.nodes.values() if isinstance(node, CallNode | WaitNode) and node.result == name]
    if not any(node.leg == handler.name for node in steps):
        build.problems.add("LTC-D173", mark, word=handler.name, name=name)
    elif not any(node.leg in [leg.id for leg in plan.legs] for node in steps):
        build.problems.add("LTC-D061", mark, word=name, known=list(names.chain))
    elif not {"id", "version"} <= set(names.chain[name].type.fields()):
        build.problems.add("LTC-D067", mark, word=name)


def _shadowed(plan: Plan, build: Build) -> None:
    """An earlier handler that takes every event which a later one, a wait or a ``stop`` would, leaves none over."""
    for index, later in enumerate(plan.handlers):
        for first in plan.handlers[:index]:
            kept = plan.keep_open.handlers if plan.keep_open else []
            if _covers(first, later.legs) and _same(first, later.event, later.subject, later.when):
                if later.name in kept and first.name not in kept:
                    continue
                remedy = "give the earlier one 'when:' or other legs in 'while:'"
                add = build.problems.warn if first.when else build.problems.add
                _taken(add, build.places[f"handler:{later.name}"], later.name, first, remedy)
                break
    for node in plan.nodes.values():
        for one in node.events if isinstance(node, WaitNode) else ():
            firsts = [first for first in plan.handlers if _same(first, one.event, one.subject, "")]
            _never_heard(build, node.id, node.step, firsts, node.leg)
    for leg in plan.legs:
        every = leg.loop.every if leg.loop else None
        if every and every.stop:
            stops = (every.stop, every.stop_match, "")
            firsts = [first for first in plan.handlers if (first.event, first.match, first.when) == stops]
            _never_heard(build, f"loop:{leg.id}", "stop", firsts, leg.id)


def _never_heard(build: Build, place: str, word: str, firsts: list[Handler], leg: str) -> None:
    """Handlers come before waits: what one of them always takes never ends a wait."""
    for first in firsts:
        if first.name != leg and _covers(first, [leg]):
            remedy = "give the handler 'when:' or other legs in 'while:'"
            _taken(build.problems.warn, build.places[place], word, first, remedy)
            return


def _covers(first: Handler, legs: list[str]) -> bool:
    return not first.legs or bool(legs and all(leg in first.legs for leg in legs))


def _same(first: Handler, event: str, subject: str, when: str) -> bool:
    """Tell whether a handler takes all events of another: of the same document, and whenever the other would."""
    if (first.event, first.subject) != (event, subject):
        return False
    try:
        return not first.when or not possible([(first.when, False), *([(when, True)] if when else [])], {})
    except ExpressionError:
        return False  # said where expressions are checked


def _taken(add: Callable[..., None], mark: Mark, word: str, first: Handler, remedy: str) -> None:
    add("LTC-D172", mark, word=word, first=first.name, event=first.event, remedy=remedy)


def _kept_open(plan: Plan, build: Build) -> None:
    for name in plan.keep_open.handlers if plan.keep_open else ():
        handler = next((one for one in plan.handlers if one.name == name), None)
        if handler is not None and handler.then.kind in ("cancel", "send_back"):
            what = "cancel" if handler.then.kind == "cancel" else "send back"
            build.problems.add("LTC-D171", build.places[f"keep_open:{name}"], word=name, what=what)
    if plan.keep_open is not None and "keep_open" in [leg.id for leg in plan.legs]:
        build.problems.add("LTC-D056", build.places["leg:keep_open"], word="keep_open")
