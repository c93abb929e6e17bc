"""Says a compiled plan in words: what runs in which order, with every default that was filled in."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.flow import reactions
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    EndNode,
    Every,
    Leg,
    Level,
    ParallelNode,
    Plan,
    Reaction,
    Rung,
    Sla,
    Span,
    TaskNode,
    Undo,
    WaitNode,
)
from ltc.definition.show_tasks import task_lines


def lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that describe a plan."""
    yield f"{plan.process}  plan {plan.digest}  engine level {plan.engine_level}"
    yield from _titles("", plan.title)
    yield f"  starts with {plan.start.event}, key {plan.start.key}; requester {plan.start.requester or '(nobody)'}"
    for name, source in plan.start.input.items():
        yield f"  {name} = {source}"
    yield f"  billing by {plan.billing.basis} (+{plan.billing.over} % / -{plan.billing.under} %)"
    yield f"  calendar {plan.calendar}, base currency {plan.currency}"
    if "chain" in plan.slas:
        yield f"  {sla_words(plan.slas['chain'])}"
    for leg in plan.legs:
        yield ""
        yield from _leg(plan, leg)
    for handler in plan.handlers:
        during = ", ".join(handler.legs) or "any leg"
        yield ""
        yield f"at any time in {during}: {handler.event} when {handler.match} -> {handler.then.kind}"


def _titles(indent: str, title: dict[str, str]) -> Iterator[str]:
    """What people see, per language, where the author says so."""
    if title:
        yield f"{indent}  shown as {', '.join(f'{words} ({language})' for language, words in title.items())}"


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
            yield f"{indent}{_level(level)}"
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
        yield f"{indent}on a second visit: {_call(node) if isinstance(node, CallNode) else node.revisit}"
    for key, reaction in reactions(node):
        yield f"{indent}{key.replace('on_refusal.', 'refused ')}: {reaction_words(reaction)}"
        yield from _block(plan, reaction.first, indent + "  ")


def _ladder(plan: Plan, node: AnyNode, indent: str) -> Iterator[str]:
    ladder = node.ladder if isinstance(node, WaitNode) else None
    if ladder is None:
        return
    for level in ladder.levels:
        told = f", tell {level.notify}" if level.notify else ""
        yield f"{indent}level {level.name}: {span_words(level.after)} after it is due{told}"
        yield from _block(plan, level.first, indent + "  ")
    promises = f", {ladder.promises} promises" if ladder.promises else ""
    paused = f", rests while {ladder.pause_while}" if ladder.pause_while else ""
    yield f"{indent}handed over {span_words(ladder.hand_over)} after it is due{promises}{paused}"


def _call(node: CallNode) -> str:
    return f"call {node.revisit_call.op}" if node.revisit_call else "skip"


def node_words(node: AnyNode) -> str:
    """Say in a few words what a step does."""
    if isinstance(node, CallNode):
        args = ", ".join(f"{name} = {source}" for name, source in node.call.args.items())
        return f"call {node.call.op}({args}){_left(node.result, node.into)}"
    if isinstance(node, WaitNode) and node.ladder:
        return f"dun {node.ladder.document}{_left(node.result, node.into)}"
    if isinstance(node, WaitNode):
        events = " or ".join(f"{one.event}{_left(one.result, one.into)}" for one in node.events)
        until = f" until {node.until}" if node.until else ""
        within = f", within {span_words(node.within)}" if node.within else ""
        return f"wait for {events}{until}{within}, read every {span_words(node.poll)}{_left(node.result, node.into)}"
    if isinstance(node, ApproveNode):
        bound = f", bound to {', '.join(node.binds)}" if node.binds else ""
        return f"approve {node.subject}{bound}{', four eyes' if node.four_eyes else ''}"
    if isinstance(node, TaskNode):
        within = f", within {span_words(node.within)}" if node.within else ""
        return f"task for {_whom(node.source)}{', to be claimed' if node.claim else ''}{within}{_left(node.result, '')}"
    if isinstance(node, ParallelNode):
        return f"in parallel, {node.need} of {len(node.branches)} must end, then {node.rest} the rest"
    if isinstance(node, EndNode):
        return f"end {node.outcome}{': ' + node.reason if node.reason else ''}"
    return "choose"


def _left(result: str, into: str) -> str:
    return (f" as {result}" if result else "") + (f" into {into}" if into else "")


def _level(level: Level) -> str:
    source = _whom(level.source)
    rule = "all" if level.votes == 0 else ("any one" if level.votes == 1 else f"{level.votes} votes")
    rule = f"{level.percent} % of them" if level.percent else "one after another" if level.in_turn else rule
    more = [", no substitutes"] if not level.substitutes else []
    more += [", earlier agreements count"] if level.again == "skip" else []
    more += [", all are heard"] if level.first_reject == "wait_all" else []
    if level.silence:
        more.append(f", {level.silence.then} after {span_words(level.silence.after)} of silence")
    return f"level {level.name}: {source}, {rule}{''.join(more)}{' when ' + level.when if level.when else ''}"


def _whom(source: dict[str, object]) -> str:
    return ", ".join(f"{kind} {name}" for kind, name in source.items() if (kind, name) != ("up", 1))


def undo_words(undo: Undo) -> str:
    """Say how an effect is undone."""
    calls = ", then ".join(call.op for call in undo.calls)
    if undo.kind == "call":
        return calls
    if undo.kind == "none":
        return f"nothing ({undo.reason})"
    return f"irreversible ({undo.reason}){'; with consent ' + calls if calls else ''}"


def reaction_words(reaction: Reaction) -> str:
    """Say what a reaction does."""
    if reaction.kind == "end":
        return f"end {reaction.outcome}{': ' + reaction.reason if reaction.reason else ''}"
    if reaction.kind == "send_back":
        return f"send back to {reaction.leg}, at most {reaction.max_rounds} times"
    if reaction.kind == "steps":
        given = ", ".join(f"{name} = {value}" for name, value in reaction.override.items())
        return f"these steps, then {'call again with ' + given if reaction.retry else 'go on'}"
    return f"compensate, ends {reaction.outcome}" if reaction.kind == "compensate" else reaction.kind


def sla_words(sla: Sla) -> str:
    """Say what is promised."""
    target = f"due at {sla.due}" if sla.due else f"within {span_words(sla.target)}"
    warn = f", warn at {sla.warn_at}%" if sla.warn_at else ""
    pause = f", paused while {sla.pause_while}" if sla.pause_while else ""
    rungs = "".join(f", {_rung(rung)}" for rung in sla.escalate)
    return f"promised {target} (calendar {sla.calendar}){warn}{pause}{rungs}"


def _rung(rung: Rung) -> str:
    at = f"{rung.percent}%" if rung.offset is None else f"due + {span_words(rung.offset)}"
    told = [f"tell {rung.notify}"] if rung.notify else []
    told += [f"ask {rung.reassign} instead"] if rung.reassign else []
    told += [rung.decide] if rung.decide else []
    return f"at {at} {' and '.join([*told, *(['hold'] if rung.hold else [])])}"


def every_words(every: Every) -> str:
    """Say when a recurring leg runs."""
    told = f"every {every.each} {every.unit}{'s' if every.each > 1 else ''}{f' on {every.on}' if every.on else ''}"
    told += f" at {every.at // 60:02d}:{every.at % 60:02d}"
    told += f" from {every.since}" if every.since else ""
    told += f", {every.count} times" if every.count else ""
    told += f", until {every.until}" if every.until else ""
    told += f", while {every.while_}" if every.while_ else ""
    told += f", until {every.stop} comes" if every.stop else ""
    return f"{told}; overlap {every.overlap}, missed {every.missed}"


def span_words(span: Span | None) -> str:
    """Write a span as an author would."""
    return f"{span.amount}{span.unit}" if span else ""
