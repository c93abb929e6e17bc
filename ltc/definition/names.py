"""What every name of a definition means, and its type: inputs, results, collections, items of loops."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, create_model

from ltc.definition.build import Build
from ltc.definition.errors import Mark
from ltc.definition.expressions import ExpressionError, ExprType, TypeEnv, check
from ltc.definition.plan import CallNode, DecisionTable, Handler, Leg, Plan, TaskNode, WaitNode
from ltc.definition.task_types import answers_type
from ltc.model.money import Money
from ltc.model.period import Period
from ltc.model.terms import BillingTerms

# Words of the expression language and names that the engine gives; an author cannot use them.
RESERVED = (
    "event", "requester", "waiting_for", "due", "base", "money", "delivered", "has", "all", "exists", "exists_one",
    "map", "filter", "size", "string", "int", "bool", "true", "false", "null", "in", "as", "break", "const",
    "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var",
    "void", "while", "type", "double", "uint", "bytes", "duration", "timestamp", "dyn", "list", "matches",
    "startsWith", "endsWith", "contains",
)  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """What a name is: ``input``, ``result``, ``collection`` or ``item``, its type, and where it was said."""

    what: str
    type: ExprType
    mark: Mark


@dataclass
class Names:
    """Names of the chain, and those that live only inside a looping leg."""

    chain: dict[str, Meaning] = field(default_factory=dict)
    local: dict[str, dict[str, Meaning]] = field(default_factory=dict)

    def at(self, leg: str) -> dict[str, Meaning]:
        """Return the names that may be seen in a leg."""
        return {**self.chain, **self.local.get(leg, {})}


def collect(plan: Plan, build: Build) -> Names:
    """Collect all names; complain when one means two things or is taken by the language."""
    names = Names(local={leg.id: {} for leg in [*plan.legs, *plan.sides] if leg.loop})
    _inputs(plan, build, names)
    if plan.billing.terms is not None:
        agreed = Meaning("what is agreed on billing", ExprType.of(BillingTerms), build.places["billing"])
        names.chain["billing"] = agreed
    amended = {handler.name: handler.amends for handler in plan.handlers}
    for name, table in plan.tables.items():
        _add(build, names.chain, name, Meaning("a table", given(name, table), build.places[f"table:{name}"]))
    for node in plan.nodes.values():
        if isinstance(node, CallNode | WaitNode):
            _leaves(node, build, names, amended.get(node.leg, ""))
        elif isinstance(node, TaskNode) and node.result:
            home = names.local.get(node.leg, names.chain)
            meaning = Meaning("the answers of a task", answers_type(node.form), build.places[f"{node.id}:as"])
            _add(build, home, node.result, meaning)
    for handler in plan.handlers:
        _event(handler, build, names)
    for leg in plan.legs:
        if leg.loop:
            _item(leg, plan, build, names)
    _shadows(build, names)
    return names


def given(name: str, table: DecisionTable) -> ExprType:
    """Return the type of what a table gives: its outputs as fields."""
    return ExprType("message", model=_model(name, tuple(table.outputs.items())))


@lru_cache(maxsize=256)
def _model(name: str, outputs: tuple[tuple[str, str], ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {key: (_OUTPUTS[kind], ...) for key, kind in outputs}
    return create_model(name, **fields)


_OUTPUTS: dict[str, Any] = {
    "text": str, "whole": int, "decimal": Decimal, "money": Money, "condition": bool, "span": str, "who": str,
}  # fmt: skip


def _inputs(plan: Plan, build: Build, names: Names) -> None:
    event = build.world.registry.events.get(plan.start.event)
    env = TypeEnv.of({"event": event.fields} if event else {"event": Any}, plan.currency)
    for name, source in plan.start.input.items():
        try:
            kind = check(source, env)
        except ExpressionError:
            kind = ExprType("dyn")
        _add(build, names.chain, name, Meaning("an input", kind, build.places[f"input:{name}"]))


def _event(handler: Handler, build: Build, names: Names) -> None:
    """The event of a handler has its name in the steps that it runs, else everywhere."""
    if handler.result:
        kind, _ = _reported(handler.event, build)
        mark = build.places[f"handler:{handler.name}:as"]
        _add(build, names.local.get(handler.name, names.chain), handler.result, Meaning("an event", kind, mark))


def _leaves(node: CallNode | WaitNode, build: Build, names: Names, amended: str) -> None:
    single, many = _types(node, build)
    if node.result:
        home = names.local.get(node.leg, names.chain) if node.result != amended else names.chain
        _add(build, home, node.result, Meaning("a result", single, build.places[f"{node.id}:as"]))
    if node.into:
        kind = ExprType("list", item=many)
        _add(build, names.chain, node.into, Meaning("a collection", kind, build.places[f"{node.id}:into"]))
    for number, one in enumerate(node.events if isinstance(node, WaitNode) else ()):
        fields, documents = _reported(one.event, build)
        if one.result:
            mark = build.places[f"{node.id}:{number}:as"]
            _add(build, names.local.get(node.leg, names.chain), one.result, Meaning("a result", fields, mark))
        if one.into:
            kind, mark = ExprType("list", item=documents), build.places[f"{node.id}:{number}:into"]
            _add(build, names.chain, one.into, Meaning("a collection", kind, mark))


def _types(node: CallNode | WaitNode, build: Build) -> tuple[ExprType, ExprType]:
    """Return the type of what a step leaves under ``as:`` and of what it gathers under ``into:``."""
    registry, unknown = build.world.registry, ExprType("dyn")
    if isinstance(node, CallNode):
        operation = registry.operations.get(node.call.op)
        kind = ExprType.of(operation.gives) if operation else unknown
        return kind, kind
    found = [_reported(awaited.event, build) for awaited in node.events]
    single, many = (list(dict.fromkeys(kinds)) for kinds in zip(*found, strict=True))
    if node.tells:
        single = [_any_of(tuple(kind for kind, _ in found))]
    if node.into and len({kind for (_, kind), one in zip(found, node.events, strict=True) if not one.into}) > 1:
        why = "its events report on documents of several kinds"
        build.problems.add("LTC-D058", build.places[f"{node.id}:into"], word=node.step, why=why)
    return (single[0] if len(single) == 1 else unknown), many[0]


@lru_cache(maxsize=256)
def _any_of(kinds: tuple[ExprType, ...]) -> ExprType:
    """Return the type of the fields of one of several events: which it was, and what that one has."""
    fields: dict[str, Any] = {}
    for model in (kind.model for kind in kinds if kind.model is not None):
        for name, one in model.model_fields.items():
            same = name not in fields or fields[name] == one.annotation
            fields[name] = one.annotation if same else Any
    always = [name for name in fields if all(kind.model and name in kind.model.model_fields for kind in kinds)]
    made: dict[str, Any] = {
        name: (kind, ...) if name in always else (kind | None, None) for name, kind in fields.items()
    }
    made["event"] = (str, ...)
    return ExprType.of(create_model("OneOfEvents", **made))


def _reported(name: str, build: Build) -> tuple[ExprType, ExprType]:
    """Return the type of an event's fields, and of the documents that it reports."""
    registry, unknown = build.world.registry, ExprType("dyn")
    event = registry.events.get(name)
    if event is None:
        return unknown, unknown
    read = registry.operations.get(event.read)
    gathered = read.gives.model_fields.get(event.collects) if read else None
    many = ExprType.of(gathered.annotation).item if gathered else None
    return ExprType.of(event.fields), many or unknown


def _item(leg: Leg, plan: Plan, build: Build, names: Names) -> None:
    if leg.loop is None:
        return
    if leg.loop.every:
        mark = build.places[f"loop:{leg.id}:as"]
        _add(build, names.local[leg.id], leg.loop.name, Meaning("an item", ExprType.of(Period), mark))
        return
    if (known := names.chain.get(leg.loop.source)) is not None:
        kind = known.type
    else:
        env = TypeEnv.of({name: meaning.type for name, meaning in names.chain.items()}, plan.currency)
        try:
            kind = check(leg.loop.source, env)
        except ExpressionError:
            kind = ExprType("dyn")
    if kind.kind not in ("list", "dyn"):
        build.problems.add("LTC-D068", build.places[f"loop:{leg.id}"], word=leg.loop.source)
    mark = build.places[f"loop:{leg.id}:as"]
    _add(build, names.local[leg.id], leg.loop.name, Meaning("an item", kind.item or ExprType("dyn"), mark))


def _add(build: Build, home: dict[str, Meaning], name: str, meaning: Meaning) -> None:
    if name in RESERVED:
        build.problems.add("LTC-D056", meaning.mark, word=name)
    before = home.setdefault(name, meaning)
    if before is not meaning and (before.what, before.type) != (meaning.what, meaning.type):
        build.problems.add("LTC-D065", meaning.mark, word=name, what=_said(before), line=before.mark.line)


def _shadows(build: Build, names: Names) -> None:
    seen = dict(names.chain)
    for home in names.local.values():
        for name, meaning in home.items():
            before = seen.setdefault(name, meaning)
            if before is not meaning and (before.type != meaning.type or name in names.chain):
                build.problems.add("LTC-D065", meaning.mark, word=name, what=_said(before), line=before.mark.line)


def _said(meaning: Meaning) -> str:
    return f"{meaning.what} ({meaning.type})"
