"""Compiles steps that start another chain: a call under the child's business key, and a wait for how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ltc.definition.build import Build
from ltc.definition.errors import Mark
from ltc.definition.neighbours import cycle
from ltc.definition.nodes import Mapping, Scalar
from ltc.definition.plan import Awaited, Call, CallNode, Retry, Undo, WaitNode

Refusals = Callable[[Build, Mapping, str, str], dict[str, Any]]
START, ENDED = "chain.start", "chain.ended"


def start(
    build: Build, step: Mapping, common: dict[str, Any], retry: Retry, refusals: Refusals
) -> tuple[CallNode, WaitNode | None]:
    """Compile the call and, with ``wait: end``, the wait that follows it."""
    node, given, result = common["id"], step.mapping("start"), step.text("as")
    build.owners[node] = START
    build.operation(START, given.at("process"))
    waits = given.text("wait", "end") == "end"
    call = CallNode(
        **{**common, "next": f"{node}-end" if waits else common["next"], "slas": [] if waits else common["slas"]},
        call=Call(op=START, args=_args(build, given, node)),
        result=result,
        into=step.text("into"),
        undo=_undo(build, step, node),
        on_refusal=refusals(build, step, node, START),
        revisit="skip",
        retry=retry,
    )
    return call, _wait(build, step, common, result) if waits else None


def _args(build: Build, given: Mapping, node: str) -> dict[str, str]:
    args = {"process": f"'{given.text('process')}'"}
    if "key" in given.values:
        args["key"] = build.use(given.values["key"], node, want="string", where="'key'")
    fields = _fields(build, given)
    inputs = given.mapping("input")
    for name, value in inputs.values.items():
        known = fields.get(name) if fields is not None else None
        want: Any = known.annotation if known is not None else "any"
        args[f"input.{name}"] = build.use(value, node, want=want, where=f"'{name}' of {given.text('process')}")
        if fields is not None and known is None:
            build.problems.add("LTC-D155", inputs.keys[name], word=name, process=given.text("process"), known=fields)
    for name, field in (fields or {}).items():
        if field.is_required() and name not in inputs.values:
            build.problems.add("LTC-D156", inputs.mark, word=name, process=given.text("process"))
    return args


def _fields(build: Build, given: Mapping) -> dict[str, FieldInfo] | None:
    """The fields of the event that the child starts with; None where the definitions are not known."""
    if build.world.folder is None:
        return None
    known, process = build.world.folder.processes, given.text("process")
    if process not in known and process != build.process:
        build.problems.add("LTC-D154", given.at("process"), word=process, known=known)
        return None
    if way := cycle(build.process, (process,), known):
        build.problems.add("LTC-D157", given.at("process"), way=" → ".join(way))
        return None
    event = build.world.registry.events.get(known[process].event)
    model: type[BaseModel] | None = event.fields if event else None
    return model.model_fields if model else None


def _undo(build: Build, step: Mapping, node: str) -> Undo:
    given, mark = step.mapping("start"), step.at("as")
    policy = given.text("on_cancel", "cancel")
    build.places[f"{node}:undo"] = given.at("on_cancel")
    if policy == "leave":
        return Undo(kind="none", reason="the chain that it started goes on by itself")
    op = "chain.cancel" if policy == "cancel" else "chain.require_ended"
    build.operation(op, mark)
    build.places[f"undo:{node}:0"] = mark
    return Undo(kind="call", calls=[Call(op=op, args={"child": _name(build, step, mark, f"undo:{node}")})])


def _name(build: Build, step: Mapping, mark: Mark, scope: str) -> str:
    return build.use(Scalar(mark, f"{step.text('as')}.id", mark), scope, want="string", where="'as'")


def _wait(build: Build, step: Mapping, common: dict[str, Any], result: str) -> WaitNode:
    node, mark = f"{common['id']}-end", step.at("as")
    match = f"event.child == {result}.id"
    build.places[node] = build.places[f"{node}:on_revisit"] = mark
    keys = Mapping(mark, {"event": Scalar(mark, ENDED, mark), "match": Scalar(mark, match, mark)})
    awaited: Awaited = build.awaited(ENDED, keys, node, "event")[0]
    return WaitNode(
        **{**common, "id": node, "step": f"{common['step']}-end"},
        events=[awaited],
        until=build.use(Scalar(mark, f"{result}.ended", mark), node, want="bool", where="'as'"),
        revisit="skip",
    )
