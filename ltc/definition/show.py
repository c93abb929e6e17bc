"""Says a compiled plan in words: what runs in which order, with every default that was filled in."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.flow import reactions
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    DelayNode,
    Handler,
    Leg,
    ParallelNode,
    Plan,
    Retry,
    TaskNode,
    WaitNode,
)
from ltc.definition.plan_nodes import undo_of
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
    when_words,
)
from ltc.model.phrase import COLON, Phrase, phrase, together
from ltc.model.terms import BillingTerms


def lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that describe a plan; those that are phrases can be said in another language."""
    yield phrase("{process}  plan {digest}  engine level {level}", process=plan.process, digest=plan.digest,
                 level=plan.engine_level)  # fmt: skip
    yield from _titles("", plan.title)
    who = plan.start.requester or phrase("(nobody)")
    said = "starts with {event}, key {key}; requester {requester}"
    yield _in("  ", phrase(said, event=plan.start.event, key=plan.start.key, requester=who))
    for name, source in plan.start.input.items():
        yield f"  {name} = {source}"
    basis = phrase(plan.billing.basis)
    yield _in("  ", phrase("billing by {basis} (+{over} % / -{under} %)", basis=basis, over=plan.billing.over,
                           under=plan.billing.under))  # fmt: skip
    yield from (_in("    ", line) for line in _terms(plan))
    said = "calendar {calendar}, base currency {currency}"
    yield _in("  ", phrase(said, calendar=plan.calendar, currency=plan.currency))
    yield _in("  ", phrase("calls and readings, where nothing else is said: {retry}", retry=retry_words(Retry())))
    yield from (_in("  ", sla_words(one)) for one in plan.slas.values() if one.scope == "chain")
    yield from _parts(plan)


def _parts(plan: Plan) -> Iterator[str]:
    """The tables, legs and handlers, each after an empty line."""
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
        named = ", ".join(plan.keep_open.handlers)
        yield phrase("once completed, open for {span}: {handlers}", span=plan.keep_open.span, handlers=named)


def _in(indent: str, line: str) -> Phrase:
    return together(indent, line)


def _terms(plan: Plan) -> Iterator[Phrase]:
    """What is agreed on billing, beyond its basis and tolerance."""
    terms = BillingTerms.model_validate(plan.billing.terms or {})
    if terms.cash_discount:
        given = terms.cash_discount
        yield phrase("cash discount {rate} % within {days} days", rate=given.rate, days=given.days)
    for part in terms.instalments:
        said = phrase("instalment {name}: {share} %", name=part.name, share=part.share)
        yield together(said, _after(part.after))
    for result in terms.milestones:
        share = f"{result.share} %" if result.share is not None else str(result.amount or "")
        by = phrase(", accepted by {person}", person=result.accepted_by) if result.accepted_by else ""
        said = phrase("milestone {name}: {share}", name=result.name, share=share)
        yield together(said, by, _after(result.after))


def _after(leg: str) -> str:
    return phrase(", after {leg}", leg=leg) if leg else ""


def _handler(plan: Plan, handler: Handler) -> Iterator[str]:
    """An event that may come at any time, and what is done then."""
    during = ", ".join(handler.legs) or phrase("any leg")
    named = phrase(" as {name}", name=handler.result) if handler.result else ""
    match = together(handler.match, phrase(" and "), handler.when) if handler.when else handler.match
    about = phrase("{event}{left} when {match}", event=handler.event, left=named, match=match)
    amended = phrase(", amending {document}", document=handler.amends) if handler.amends else ""
    side = next((leg for leg in plan.sides if leg.id == handler.name), None)
    done = phrase("these steps beside the legs") if side else reaction_words(handler.then)
    said = "{name}, at any time in {legs}: {about} -> {done}{amended}"
    yield phrase(said, name=handler.name, legs=during, about=about, done=done, amended=amended)
    if side:
        yield from _block(plan, side.first, "  ")


def _titles(indent: str, title: dict[str, str]) -> Iterator[str]:
    """What people see, per language, where the author says so."""
    if title:
        yield _in(f"{indent}  ", phrase("shown as {texts}", texts=label_words(title)))


def _leg(plan: Plan, leg: Leg) -> Iterator[str]:
    when = phrase(" when {condition}", condition=leg.when) if leg.when else ""
    yield together(f"{leg.id}:", _each(leg), when)
    yield from _titles("", leg.title)
    for name in leg.slas:
        yield _in("  ", sla_words(plan.slas[name]))
    yield from _block(plan, leg.first, "  ")
    for pivot in plan.pivots:
        if pivot.leg == leg.id:
            item = phrase(", per item") if pivot.per_item else ""
            yield together("  ", phrase("point of no return: after {what}", what=pivot.event or pivot.step), item)


def _each(leg: Leg) -> str:
    """What a looping leg runs for."""
    if leg.loop is None:
        return ""
    if leg.loop.every:
        return together(" ", every_words(leg.loop.every), phrase(", as {name}", name=leg.loop.name))
    begins = phrase("as items appear" if leg.loop.on_item else "when the collection is complete")
    said = " for each {name} in {source} (key {key}), {begins}"
    return phrase(said, name=leg.loop.name, source=leg.loop.source, key=leg.loop.key, begins=begins)


def _block(plan: Plan, first: str, indent: str) -> Iterator[str]:
    at = first
    while at:
        node = plan.nodes[at]
        yield together(indent, f"{node.step}: ", node_words(node))
        yield from _titles(indent, node.title)
        for name in node.slas:
            yield _in(f"{indent}  ", sla_words(plan.slas[name]))
        yield from _inner(plan, node, indent + "  ")
        at = node.next


def _inner(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    if isinstance(node, ApproveNode):
        for level in node.levels:
            yield _in(indent, level_words(level))
            yield from (_in(f"{indent}  ", sla_words(plan.slas[name])) for name in level.slas)
    if isinstance(node, ChooseNode):
        for arm in node.arms:
            asked = phrase("when {condition}", condition=arm.when) if arm.when else phrase("otherwise")
            yield together(indent, asked, ":", "" if arm.first else phrase(" nothing"))
            yield from _block(plan, arm.first, indent + "  ")
    if isinstance(node, ParallelNode):
        for number, first in enumerate(node.branches):
            yield together(indent, phrase("branch {number}", number=number + 1), ":")
            yield from _block(plan, first, indent + "  ")
    yield from _ladder(plan, node, indent)
    if isinstance(node, TaskNode):
        yield from (_in(indent, line) for line in task_lines(node))
    yield from _otherwise(plan, node, indent)


def _otherwise(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    """Say what happens when something goes another way, or is undone."""
    undo = undo_of(node)
    if undo:
        yield _in(indent, phrase("undo: {done}", done=undo_words(undo)))
    if isinstance(node, CallNode | WaitNode | DelayNode | TaskNode) and node.revisit:
        called = call_words(node.revisit_call) if isinstance(node, CallNode) and node.revisit_call else ""
        yield _in(indent, phrase("on a second visit: {done}", done=called or phrase(node.revisit)))
    if isinstance(node, CallNode | WaitNode) and node.retry != Retry():
        yield _in(indent, retry_words(node.retry))
    for key, reaction in reactions(node):
        yield together(indent, when_words(key), COLON, reaction_words(reaction))
        yield from _block(plan, reaction.first, indent + "  ")


def _ladder(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    ladder = node.ladder if isinstance(node, WaitNode) else None
    if ladder is None:
        return
    for level in ladder.levels:
        told = phrase(", tell {whom}", whom=level.notify) if level.notify else ""
        said = phrase("level {name}: {span} after it is due", name=level.name, span=level.after)
        yield together(indent, said, told)
        yield from _block(plan, level.first, indent + "  ")
    promises = phrase(", {count} promises", count=ladder.promises) if ladder.promises else ""
    paused = phrase(", rests while {condition}", condition=ladder.pause_while) if ladder.pause_while else ""
    yield together(indent, phrase("handed over {span} after it is due", span=ladder.hand_over), promises, paused)
