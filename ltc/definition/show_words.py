"""The pieces of a compiled plan in words: what a step does, how it is undone, what is promised, how long."""

from __future__ import annotations

from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    Call,
    CallNode,
    EndNode,
    Every,
    Level,
    ParallelNode,
    Reaction,
    Retry,
    Rung,
    Sla,
    TaskNode,
    Undo,
    WaitNode,
)


def label_words(texts: dict[str, str]) -> str:
    """Say what people see in each language."""
    return ", ".join(f"{words} ({language})" for language, words in texts.items())


def node_words(node: AnyNode) -> str:
    """Say in a few words what a step does."""
    if isinstance(node, CallNode):
        return f"call {call_words(node.call)}{_left(node.result, node.into)}"
    if isinstance(node, WaitNode):
        return wait_words(node)
    if isinstance(node, ApproveNode):
        bound = f", bound to {', '.join(node.binds)}" if node.binds else ""
        return f"approve {node.subject}{bound}{', four eyes' if node.four_eyes else ''}"
    if isinstance(node, TaskNode):
        within = f", within {node.within}" if node.within else ""
        return f"task for {_whom(node.source)}{', to be claimed' if node.claim else ''}{within}{_left(node.result, '')}"
    if isinstance(node, ParallelNode):
        return f"in parallel, {node.need} of {len(node.branches)} must end, then {node.rest} the rest"
    if isinstance(node, EndNode):
        return f"end {node.outcome}{': ' + node.reason if node.reason else ''}"
    return "choose"


def call_words(call: Call) -> str:
    """Say what is called with which arguments."""
    return f"{call.op}({', '.join(f'{name} = {source}' for name, source in call.args.items())})"


def wait_words(node: WaitNode) -> str:
    """Say what is waited for, whose it is, how long, and how often it is read."""
    read = f", read every {node.poll}"
    if node.ladder:
        return f"dun {node.ladder.document}{read}{_left(node.result, node.into)}"
    events = " or ".join(f"{one.event}{_left(one.result, one.into)} when {one.match}" for one in node.events)
    until = f" until {node.until}" if node.until else ""
    whose = f", it is up to the {node.waits_for}" if node.waits_for else ""
    within = f", within {node.within}" if node.within else ""
    return f"wait for {events}{until}{whose}{within}{read}{_left(node.result, node.into)}"


def retry_words(retry: Retry) -> str:
    """Say how a call is retried, in real seconds."""
    pauses = f"after {retry.first:g} s, each pause {retry.factor:g} times the last, at most {retry.most:g} s"
    return f"tried again {pauses}; held after {retry.give_up:g} s; one try takes at most {retry.attempt:g} s"


def _left(result: str, into: str) -> str:
    return (f" as {result}" if result else "") + (f" into {into}" if into else "")


def level_words(level: Level) -> str:
    """Say who decides at a level, and by which rule."""
    source = _whom(level.source)
    rule = "all" if level.votes == 0 else ("any one" if level.votes == 1 else f"{level.votes} votes")
    rule = f"{level.percent} % of them" if level.percent else "one after another" if level.in_turn else rule
    more = [", no substitutes"] if not level.substitutes else []
    more += [", earlier agreements count"] if level.again == "skip" else []
    more += [", all are heard"] if level.first_reject == "wait_all" else []
    if level.silence:
        more.append(f", {level.silence.then} after {level.silence.after} of silence")
    return f"level {level.name}: {source}, {rule}{''.join(more)}{' when ' + level.when if level.when else ''}"


def _whom(source: dict[str, object]) -> str:
    return ", ".join(f"{kind} {name}" for kind, name in source.items() if (kind, name) != ("up", 1))


def undo_words(undo: Undo) -> str:
    """Say how an effect is undone."""
    calls = ", then ".join(call_words(call) for call in undo.calls)
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
    """Say what is promised, under which name, and of what: the place itself, or each of its items."""
    name = sla.id.split(":")[{"chain": 1, "level": 3}.get(sla.scope, 2) :]
    target = f"due at {sla.due}" if sla.due else f"within {sla.target or sla.table}"
    warn = f", warn at {sla.warn_at}%" if sla.warn_at else ""
    pause = f", paused while {sla.pause_while}" if sla.pause_while else ""
    rungs = "".join(f", {_rung(rung)}" for rung in sla.escalate)
    told = f"{' '.join(['promised', *name])}{' for each' if sla.scope == 'item' else ''}"
    return f"{told} {target} (calendar {sla.calendar}){warn}{pause}{rungs}"


def _rung(rung: Rung) -> str:
    at = f"{rung.percent}%" if rung.offset is None else f"due + {rung.offset}"
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
    told += f", until {every.stop} comes, when {every.stop_match}" if every.stop else ""
    return f"{told}; overlap {every.overlap}, missed {every.missed}"
