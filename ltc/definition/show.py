"""Says a compiled plan in words: what runs in which order, with every default that was filled in."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.flow import reactions
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    Handler,
    Leg,
    ParallelNode,
    Plan,
    Retry,
    TaskNode,
    WaitNode,
)
from ltc.definition.show_tables import table_lines
from ltc.definition.show_tasks import task_lines
from ltc.definition.show_words import (
    call_words,
    every_words,
    label_words,
    level_words,
    node_words,
    reaction_words,
    retry_words,
    sla_words,
    undo_words,
)
from ltc.model.terms import BillingTerms


def lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that describe a plan."""
    yield f"{plan.process}  plan {plan.digest}  engine level {plan.engine_level}"
    yield from _titles("", plan.title)
    yield f"  starts with {plan.start.event}, key {plan.start.key}; requester {plan.start.requester or '(nobody)'}"
    for name, source in plan.start.input.items():
        yield f"  {name} = {source}"
    yield f"  billing by {plan.billing.basis} (+{plan.billing.over} % / -{plan.billing.under} %)"
    yield from _terms(plan)
    yield f"  calendar {plan.calendar}, base currency {plan.currency}"
    yield f"  calls and readings, where nothing else is said: {retry_words(Retry())}"
    yield from (f"  {sla_words(one)}" for one in plan.slas.values() if one.scope == "chain")
    for name, table in plan.tables.items():
        yield ""
        yield from table_lines(name, table)
    for leg in plan.legs:
        yield ""
        yield from _leg(plan, leg)
    for handler in plan.handlers:
        yield ""
        yield from _handler(plan, handler)
    if plan.keep_open:
        yield ""
        yield f"once completed, open for {plan.keep_open.span}: {', '.join(plan.keep_open.handlers)}"


def _terms(plan: Plan) -> Iterator[str]:
    """What is agreed on billing, beyond its basis and tolerance."""
    terms = BillingTerms.model_validate(plan.billing.terms or {})
    if terms.cash_discount:
        yield f"    cash discount {terms.cash_discount.rate} % within {terms.cash_discount.days} days"
    for part in terms.instalments:
        yield f"    instalment {part.name}: {part.share} %{_after(part.after)}"
    for result in terms.milestones:
        share = f"{result.share} %" if result.share is not None else str(result.amount or "")
        by = f", accepted by {result.accepted_by}" if result.accepted_by else ""
        yield f"    milestone {result.name}: {share}{by}{_after(result.after)}"


def _after(leg: str) -> str:
    return f", after {leg}" if leg else ""


def _handler(plan: Plan, handler: Handler) -> Iterator[str]:
    """An event that may come at any time, and what is done then."""
    during = ", ".join(handler.legs) or "any leg"
    named = f" as {handler.result}" if handler.result else ""
    asked = f" and {handler.when}" if handler.when else ""
    amended = f", amending {handler.amends}" if handler.amends else ""
    side = next((leg for leg in plan.sides if leg.id == handler.name), None)
    done = "these steps beside the legs" if side else reaction_words(handler.then)
    about = f"{handler.event}{named} when {handler.match}{asked}"
    yield f"{handler.name}, at any time in {during}: {about} -> {done}{amended}"
    if side:
        yield from _block(plan, side.first, "  ")


def _titles(indent: str, title: dict[str, str]) -> Iterator[str]:
    """What people see, per language, where the author says so."""
    if title:
        yield f"{indent}  shown as {label_words(title)}"


def _leg(plan: Plan, leg: Leg) -> Iterator[str]:
    head = f"{leg.id}:"
    if leg.loop and leg.loop.every:
        head += f" {every_words(leg.loop.every)}, as {leg.loop.name}"
    elif leg.loop:
        begins = "as items appear" if leg.loop.on_item else "when the collection is complete"
        head += f" for each {leg.loop.name} in {leg.loop.source} (key {leg.loop.key}), {begins}"
    yield head + (f" when {leg.when}" if leg.when else "")
    yield from _titles("", leg.title)
    for name in leg.slas:
        yield f"  {sla_words(plan.slas[name])}"
    yield from _block(plan, leg.first, "  ")
    for pivot in plan.pivots:
        if pivot.leg == leg.id:
            yield f"  point of no return: after {pivot.event or pivot.step}{', per item' if pivot.per_item else ''}"


def _block(plan: Plan, first: str, indent: str) -> Iterator[str]:
    at = first
    while at:
        node = plan.nodes[at]
        yield f"{indent}{node.step}: {node_words(node)}"
        yield from _titles(indent, node.title)
        for name in node.slas:
            yield f"{indent}  {sla_words(plan.slas[name])}"
        yield from _inner(plan, node, indent + "  ")
        at = node.next


def _inner(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    if isinstance(node, ApproveNode):
        for level in node.levels:
            yield f"{indent}{level_words(level)}"
            yield from (f"{indent}  {sla_words(plan.slas[name])}" for name in level.slas)
    if isinstance(node, ChooseNode):
        for arm in node.arms:
            yield f"{indent}{'when ' + arm.when if arm.when else 'otherwise'}:{'' if arm.first else ' nothing'}"
            yield from _block(plan, arm.first, indent + "  ")
    if isinstance(node, ParallelNode):
        for number, first in enumerate(node.branches):
            yield f"{indent}branch {number + 1}:"
            yield from _block(plan, first, indent + "  ")
    yield from _ladder(plan, node, indent)
    if isinstance(node, TaskNode):
        yield from (f"{indent}{line}" for line in task_lines(node))
    yield from _otherwise(plan, node, indent)


def _otherwise(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    """Say what happens when something goes another way, or is undone."""
    undo = getattr(node, "undo", None)
    if undo:
        yield f"{indent}undo: {undo_words(undo)}"
    if isinstance(node, CallNode | WaitNode | TaskNode) and node.revisit:
        again = call_words(node.revisit_call) if isinstance(node, CallNode) and node.revisit_call else node.revisit
        yield f"{indent}on a second visit: {again}"
    if isinstance(node, CallNode | WaitNode) and node.retry != Retry():
        yield f"{indent}{retry_words(node.retry)}"
    for key, reaction in reactions(node):
        yield f"{indent}{key.replace('on_refusal.', 'refused ')}: {reaction_words(reaction)}"
        yield from _block(plan, reaction.first, indent + "  ")


def _ladder(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    ladder = node.ladder if isinstance(node, WaitNode) else None
    if ladder is None:
        return
    for level in ladder.levels:
        told = f", tell {level.notify}" if level.notify else ""
        yield f"{indent}level {level.name}: {level.after} after it is due{told}"
        yield from _block(plan, level.first, indent + "  ")
    promises = f", {ladder.promises} promises" if ladder.promises else ""
    paused = f", rests while {ladder.pause_while}" if ladder.pause_while else ""
    yield f"{indent}handed over {ladder.hand_over} after it is due{promises}{paused}"
