"""The pieces of a compiled plan in words: what a step does, how it is undone, what is promised, how long."""

from __future__ import annotations

from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    Call,
    CallNode,
    DelayNode,
    EndNode,
    Every,
    Level,
    ParallelNode,
    Reaction,
    Retry,
    Rung,
    Sla,
    Span,
    TaskNode,
    Undo,
    WaitNode,
)
from ltc.model.phrase import COLON, COMMA, Phrase, listed, phrase, together


def label_words(texts: dict[str, str]) -> str:
    """Say what people see in each language."""
    return ", ".join(f"{words} ({language})" for language, words in texts.items())


def node_words(node: AnyNode) -> Phrase:
    """Say in a few words what a step does."""
    if isinstance(node, CallNode):
        return phrase("call {call}{left}", call=call_words(node.call), left=_left(node.result, node.into))
    if isinstance(node, WaitNode):
        return wait_words(node)
    if isinstance(node, DelayNode):
        return delay_words(node)
    if isinstance(node, ApproveNode):
        bound = phrase(", bound to {fields}", fields=", ".join(node.binds)) if node.binds else ""
        eyes = phrase(", four eyes") if node.four_eyes else ""
        return together(phrase("approve {document}", document=node.subject), bound, eyes)
    if isinstance(node, TaskNode):
        claim = phrase(", to be claimed") if node.claim else ""
        asked = phrase("task for {whom}", whom=_whom(node.source))
        return together(asked, claim, _within(node.within), _left(node.result, ""))
    if isinstance(node, ParallelNode):
        rest = phrase("cancel the rest" if node.rest == "cancel" else "keep the rest")
        said = "in parallel, {need} of {all} must end, then {rest}"
        return phrase(said, need=node.need, all=len(node.branches), rest=rest)
    return end_words(node.outcome, node.reason) if isinstance(node, EndNode) else phrase("choose")


def end_words(outcome: str, reason: str) -> Phrase:
    """Say how a chain ends, and why."""
    said = phrase("end {outcome}", outcome=phrase(outcome))
    return together(said, COLON, reason) if reason else said


def call_words(call: Call) -> str:
    """Say what is called with which arguments."""
    return f"{call.op}({', '.join(f'{name} = {source}' for name, source in call.args.items())})"


def wait_words(node: WaitNode) -> Phrase:
    """Say what is waited for, whose it is, how long, and how often it is read."""
    read, left = phrase(", read every {often}", often=node.poll), _left(node.result, node.into)
    if node.ladder:
        return together(phrase("dun {document}", document=node.ladder.document), read, left)
    events = listed(
        (phrase("{event}{left} when {match}", event=one.event, left=_left(one.result, one.into), match=one.match)
         for one in node.events),
        phrase(" or "),
    )  # fmt: skip
    until = phrase(" until {condition}", condition=node.until) if node.until else ""
    told = {"customer": ", it is up to the customer", "others": ", it is up to the others"}
    whose = phrase(told[node.waits_for]) if node.waits_for else ""
    return together(phrase("wait for {events}", events=events), until, whose, _within(node.within), read, left)


def delay_words(node: DelayNode) -> Phrase:
    """Say for how long nothing is done, or until when."""
    if not node.due:
        return phrase("delay {span}", span=node.span)
    return phrase("delay until {due} + {span}" if node.span else "delay until {due}", due=node.due, span=node.span)


def _within(span: Span | None) -> str:
    return phrase(", within {span}", span=span) if span else ""


def retry_words(retry: Retry) -> Phrase:
    """Say how a call is retried, in real seconds."""
    return phrase(
        "tried again after {first} s, each pause {factor} times the last, at most {most} s; held after {give_up} s; "
        "one try takes at most {attempt} s",
        first=f"{retry.first:g}", factor=f"{retry.factor:g}", most=f"{retry.most:g}", give_up=f"{retry.give_up:g}",
        attempt=f"{retry.attempt:g}",
    )  # fmt: skip


def _left(result: str, into: str) -> Phrase:
    named = phrase(" as {name}", name=result) if result else ""
    return together(named, phrase(" into {name}", name=into) if into else "")


def level_words(level: Level) -> Phrase:
    """Say who decides at a level, and by which rule."""
    more = [phrase(", no substitutes")] if not level.substitutes else []
    more += [phrase(", earlier agreements count")] if level.again == "skip" else []
    more += [phrase(", all are heard")] if level.first_reject == "wait_all" else []
    if level.silence:
        told = phrase(level.silence.then)
        more.append(phrase(", {decision} after {span} of silence", decision=told, span=level.silence.after))
    if level.when:
        more.append(phrase(" when {condition}", condition=level.when))
    said = phrase("level {name}: {whom}, {rule}", name=level.name, whom=_whom(level.source), rule=_rule(level))
    return together(said, *more)


def _rule(level: Level) -> Phrase:
    if level.percent:
        return phrase("{percent} % of them", percent=level.percent)
    if level.in_turn:
        return phrase("one after another")
    if level.votes < 2:
        return phrase("any one" if level.votes else "all")
    return phrase("{votes} votes", votes=level.votes)


def _whom(source: dict[str, object]) -> Phrase:
    found = [(kind, name) for kind, name in source.items() if (kind, name) != ("up", 1)]
    return listed(together(phrase(kind), " ", str(name)) for kind, name in found)


def undo_words(undo: Undo) -> str:
    """Say how an effect is undone."""
    calls = listed((call_words(call) for call in undo.calls), phrase(", then "))
    if undo.kind == "call":
        return calls
    if undo.kind == "none":
        return phrase("nothing ({reason})", reason=undo.reason)
    consent = phrase("; with consent {calls}", calls=calls) if calls else ""
    return together(phrase("irreversible ({reason})", reason=undo.reason), consent)


def reaction_words(reaction: Reaction) -> Phrase:
    """Say what a reaction does."""
    if reaction.kind == "end":
        return end_words(reaction.outcome, reaction.reason)
    if reaction.kind == "send_back":
        return phrase("send back to {leg}, at most {rounds} times", leg=reaction.leg, rounds=reaction.max_rounds)
    if reaction.kind == "steps":
        if not reaction.retry:
            return phrase("these steps, then go on")
        given = ", ".join(f"{name} = {value}" for name, value in reaction.override.items())
        return phrase("these steps, then call again with {arguments}", arguments=given)
    if reaction.kind == "compensate":
        return phrase("compensate, ends {outcome}", outcome=phrase(reaction.outcome))
    return phrase(reaction.kind)


def when_words(key: str, refused: str = "refused {reason}") -> Phrase:
    """Say when a reaction sets in: ``refused credit_limit``, or the key that it stands under."""
    reason = key.removeprefix("on_refusal.")
    return phrase(key) if reason == key else phrase(refused, reason=reason)


def sla_words(sla: Sla) -> Phrase:
    """Say what is promised, under which name, and of what: the place itself, or each of its items."""
    name = sla.id.split(":")[{"chain": 1, "level": 3}.get(sla.scope, 2) :]
    told = together(phrase("promised"), *(f" {word}" for word in name))
    each = phrase(" for each") if sla.scope == "item" else ""
    target = phrase(" due at {due}", due=sla.due) if sla.due else phrase(" within {span}", span=sla.target or sla.table)
    calendar = phrase(" (calendar {calendar})", calendar=sla.calendar)
    warn = phrase(", warn at {share}%", share=sla.warn_at) if sla.warn_at else ""
    pause = phrase(", paused while {condition}", condition=sla.pause_while) if sla.pause_while else ""
    rungs = [together(COMMA, _rung(rung)) for rung in sla.escalate]
    return together(told, each, target, calendar, warn, pause, *rungs)


def _rung(rung: Rung) -> Phrase:
    at = f"{rung.percent}%" if rung.offset is None else f"due + {rung.offset}"
    told = [phrase("tell {whom}", whom=rung.notify)] if rung.notify else []
    told += [phrase("ask {whom} instead", whom=rung.reassign)] if rung.reassign else []
    told += [phrase(rung.decide)] if rung.decide else []
    told += [phrase("hold")] if rung.hold else []
    return phrase("at {instant} {done}", instant=at, done=listed(told, phrase(" and ")))


def every_words(every: Every) -> Phrase:
    """Say when a recurring leg runs."""
    unit = phrase(f"{every.unit}s" if every.each > 1 else every.unit)
    told = [phrase("every {number} {unit}", number=every.each, unit=unit)]
    told += [phrase(" on {day}", day=every.on)] if every.on else []
    told.append(phrase(" at {time}", time=f"{every.at // 60:02d}:{every.at % 60:02d}"))
    told += [phrase(" from {instant}", instant=every.since)] if every.since else []
    told += [phrase(", {count} times", count=every.count)] if every.count else []
    told += [phrase(", until {instant}", instant=every.until)] if every.until else []
    told += [phrase(", while {condition}", condition=every.while_)] if every.while_ else []
    told += (
        [phrase(", until {event} comes, when {match}", event=every.stop, match=every.stop_match)] if every.stop else []
    )
    rules = phrase("; overlap {overlap}, missed {missed}", overlap=phrase(every.overlap), missed=phrase(every.missed))
    return together(*told, rules)
