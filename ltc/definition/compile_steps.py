"""Compiles the steps of a leg into flat nodes with pointers to what comes next and what encloses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ltc.definition import compile_dunning, compile_start
from ltc.definition.build import Build
from ltc.definition.compile_people import levels, people
from ltc.definition.compile_reactions import reaction, undo
from ltc.definition.compile_retry import retry
from ltc.definition.compile_sla import sla, span
from ltc.definition.compile_tasks import task
from ltc.definition.nodes import Listing, Mapping, texts
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    Arm,
    Awaited,
    CallNode,
    ChooseNode,
    DelayNode,
    EndNode,
    ParallelNode,
    Span,
    WaitNode,
)
from ltc.definition.step_names import kind_of


def block(build: Build, steps: Listing, leg: str, up: str) -> str:
    """Compile a block of steps and return the id of the first; an empty block gives an empty id."""
    found = list(steps.mappings())
    ids = [f"{leg}.{build.names.get(step.mark, kind_of(step))}" for step in found]
    for index, step in enumerate(found):
        node = ids[index]
        build.places[node] = step.mark
        build.nodes[node] = _PLACEHOLDER  # keeps the order of the file: nested steps come after their owner
        common = {
            "id": node, "leg": leg, "step": node.split(".", 1)[1], "title": texts(step.values.get("title")),
            "next": ids[index + 1] if index + 1 < len(ids) else "", "up": up,
            "slas": sla(build, step.values.get("sla"), f"step:{node}", "step", node, node),
        }  # fmt: skip
        compiled: AnyNode = _COMPILERS[kind_of(step)](build, step, common)
        build.nodes[node] = compiled
    return ids[0] if ids else ""


def _call(build: Build, step: Mapping, common: dict[str, Any]) -> CallNode:
    node = common["id"]
    build.owners[node] = step.text("call")
    visit = step.values.get("on_revisit")
    again = isinstance(visit, Mapping)
    if visit is not None:
        build.places[f"{node}:on_revisit"] = visit.at("call") if isinstance(visit, Mapping) else visit.mark
    _leaves(build, step, node)
    return CallNode(
        **common,
        call=build.call(step, node),
        result=step.text("as"),
        into=step.text("into"),
        undo=undo(build, step.values.get("undo"), node),
        on_refusal=_refusals(build, step, node, step.text("call")),
        revisit="call" if again else ("skip" if visit else ""),
        revisit_call=build.call(visit, f"undo:{node}") if isinstance(visit, Mapping) else None,
        retry=retry(build, step),
    )


def _refusals(build: Build, step: Mapping, node: str, op: str) -> dict[str, Any]:
    given = step.mapping("on_refusal")
    known = (*build.world.registry.refusals.get(op, ()), "default")
    found = {}
    for reason, source in given.values.items():
        if reason not in known:
            build.problems.add("LTC-D049", given.keys[reason], op=op, word=reason, known=known)
        found[reason] = reaction(build, source, f"on_refusal.{reason}", node, block)
    found.setdefault("default", reaction(build, None, "on_refusal", node, block))
    return found


def _leaves(build: Build, step: Mapping, node: str) -> None:
    """Note where a step says what it leaves, and which collection it fills."""
    for key in ("as", "into"):
        if key in step.values:
            build.places[f"{node}:{key}"] = step.at(key)
    if (name := step.text("into")) and name not in build.collections:
        build.collections.append(name)


def _wait(build: Build, step: Mapping, common: dict[str, Any]) -> WaitNode:
    node = common["id"]
    _leaves(build, step, node)
    waits_for: Any = step.text("waits_for")
    for key in ("on_revisit", "poll", "retry", "waits_for"):
        if key in step.values:
            build.places[f"{node}:{key}"] = step.at(key)
    return WaitNode(
        **common,
        events=_events(build, step, node),
        until=build.use(step.values.get("until"), node, want="bool", where="'until'"),
        result=step.text("as"),
        into=step.text("into"),
        tells=bool(step.text("as")) and isinstance(step.values["wait"], Listing),
        within=span(step, "within"),
        on_timeout=reaction(build, step.values.get("on_timeout"), "on_timeout", node, block),
        poll=span(step, "poll") or Span(amount=1, unit="d"),
        undo=undo(build, step.values.get("undo"), node),
        revisit="skip" if step.text("on_revisit") == "skip" else "",
        retry=retry(build, step),
        waits_for=waits_for,
    )


def _delay(build: Build, step: Mapping, common: dict[str, Any]) -> DelayNode:
    node, given = common["id"], step.values["delay"]
    if "on_revisit" in step.values:
        build.places[f"{node}:on_revisit"] = step.at("on_revisit")
    revisit: Any = step.text("on_revisit")
    if not isinstance(given, Mapping):
        return DelayNode(**common, span=span(step, "delay"), revisit=revisit)
    due = build.use(given.values.get("due"), node, want="timestamp", where="'due'")
    return DelayNode(**common, span=span(given, "after"), due=due, revisit=revisit)


def _start(build: Build, step: Mapping, common: dict[str, Any]) -> CallNode:
    """A chain is started by a call; what follows that call is the wait for its end."""
    _leaves(build, step, common["id"])
    call, wait = compile_start.start(build, step, common, retry(build, step), _refusals)
    if wait is not None:
        build.nodes[wait.id] = wait
    return call


def _dunning(build: Build, step: Mapping, common: dict[str, Any]) -> WaitNode:
    """A ladder is a wait for the money whose time-out is the hand-over, and whose levels come before it."""
    node = common["id"]
    _leaves(build, step, node)
    for key in ("poll", "retry"):
        if key in step.values:
            build.places[f"{node}:{key}"] = step.at(key)
    return WaitNode(
        **common,
        events=compile_dunning.awaited(build, step, node),
        until=compile_dunning.until(build, step, node),
        into=step.text("into"),
        ladder=compile_dunning.ladder(build, step, common, block),
        on_timeout=compile_dunning.hand_over(build, step, node, block),
        poll=span(step, "poll") or Span(amount=1, unit="d"),
        undo=undo(build, step.values.get("undo"), node),
        retry=retry(build, step),
    )


def _once(build: Build, before: list[Awaited], awaited: Awaited, keys: Mapping) -> None:
    """Complain about an event that an alternative before it always takes."""
    if awaited.event and (awaited.event, awaited.subject) in [(one.event, one.subject) for one in before]:
        twice, remedy = "it is waited for already", "keep one of them, or match another document"
        build.problems.vain(keys.mark, awaited.event, twice, remedy)


def _events(build: Build, step: Mapping, node: str) -> list[Awaited]:
    source = step.values["wait"]
    many = list(source.mappings()) if isinstance(source, Listing) else [step]
    key = "event" if isinstance(source, Listing) else "wait"
    if key == "wait" and "match" not in step.values:
        build.problems.add("LTC-D022", step.mark, key="match", where="a 'wait' step", doc="event.FIELD == NAME.id")
        build.event(step.text("wait"), step.at("wait"))
        return [Awaited(event=step.text("wait"), match="", subject="")]
    if key == "event" and "match" in step.values:
        build.problems.add(
            "LTC-D020", step.keys["match"], word="match", where="a wait for several events", known=("event",)
        )
    events: list[Awaited] = []
    for keys in many:
        awaited, found = build.awaited(keys.text(key), keys, node, key)
        _once(build, events, awaited, keys)
        if keys is not step:
            _leaves(build, keys, f"{node}:{len(events)}")
            awaited = awaited.model_copy(update={"result": keys.text("as"), "into": keys.text("into")})
        events.append(awaited)
        told = keys if "into" in keys.values else step
        if found and told.text("into") and not found.collects:
            why = "the event reports on no list of documents"
            build.problems.add("LTC-D058", told.at("into"), word=found.name, why=why)
    return events


def _approve(build: Build, step: Mapping, common: dict[str, Any]) -> ApproveNode:
    node = common["id"]
    build.places[f"{node}:subject"] = step.at("approve")
    back = step.values.get("on_send_back")
    binds = [build.use(bind, node, where="'binds'") for bind in step.listing("binds").items]
    for index, bind in enumerate(step.listing("binds").items):
        build.places[f"{node}:bind:{index}"] = bind.mark
    return ApproveNode(
        **common,
        subject=step.text("approve"),
        binds=binds,
        four_eyes=step.flag("four_eyes", True),
        levels=levels(build, step.listing("levels"), node),
        none_found=reaction(build, step.values.get("none_found"), "none_found", node, block),
        on_reject=reaction(build, step.values.get("on_reject"), "on_reject", node, block),
        on_send_back=reaction(build, back, "on_send_back", node, block) if back else None,
    )


def _choose(build: Build, step: Mapping, common: dict[str, Any]) -> ChooseNode:
    node, arms = common["id"], []
    given = list(step.listing("choose").mappings())
    for index, keys in enumerate(given):
        if "otherwise" in keys.values and index + 1 < len(given):
            build.problems.add("LTC-D055", keys.mark)
        when = build.use(keys.values.get("when"), node, want="bool", where="'when'")
        steps = keys.listing("otherwise" if "otherwise" in keys.values else "steps")
        build.places[f"{node}:arm:{index}"] = keys.mark
        arms.append(Arm(when=when, first=block(build, steps, common["leg"], node)))
    return ChooseNode(**common, arms=arms)


def _parallel(build: Build, step: Mapping, common: dict[str, Any]) -> ParallelNode:
    given = list(step.listing("parallel").mappings())
    branches = [block(build, keys.listing("steps"), common["leg"], common["id"]) for keys in given]
    join = step.text("join", "all")
    need = {"all": len(branches), "any": 1}.get(join) or int(join)
    if need > len(branches):
        build.problems.add("LTC-D029", step.at("join"), word=join, low=1, high=len(branches), where="'join'")
    if "rest" in step.values:
        build.places[f"{common['id']}:rest"] = step.at("rest")
    return ParallelNode(
        **common, branches=branches, need=need, rest="keep" if step.text("rest") == "keep" else "cancel"
    )


def _end(build: Build, step: Mapping, common: dict[str, Any]) -> EndNode:
    reason = build.use(step.values.get("reason"), common["id"], want="string", where="'reason'")
    return EndNode.model_validate({**common, "outcome": step.text("end"), "reason": reason})


_PLACEHOLDER = EndNode(id="", leg="", step="", outcome="completed")
_COMPILERS: dict[str, Callable[[Build, Mapping, dict[str, Any]], AnyNode]] = {
    "call": _call,
    "wait": _wait,
    "delay": _delay,
    "approve": _approve,
    "task": lambda build, step, common: task(build, step, common, people, block),
    "choose": _choose,
    "parallel": _parallel,
    "end": _end,
    "dunning": _dunning,
    "start": _start,
}
