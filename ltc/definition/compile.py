"""Compiles a definition into the plan that chains run: defaults filled in, operations pinned, a digest to name it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ltc.definition.build import Build, World
from ltc.definition.compile_billing import billing, heard
from ltc.definition.compile_every import every
from ltc.definition.compile_gathered import tie
from ltc.definition.compile_handlers import handlers, keep_open, side_lines
from ltc.definition.compile_sla import sla
from ltc.definition.compile_steps import block
from ltc.definition.compile_tables import tables
from ltc.definition.currencies import CURRENCIES
from ltc.definition.errors import DefinitionError, Mark, Problems
from ltc.definition.fragments import expand
from ltc.definition.neighbours import Folder
from ltc.definition.nodes import Mapping as Keys
from ltc.definition.nodes import texts
from ltc.definition.plan import (
    CallNode,
    Leg,
    Loop,
    Pivot,
    Plan,
    StartSpec,
    TaskNode,
    WaitNode,
)
from ltc.definition.reader import read
from ltc.definition.schema_check import check
from ltc.definition.step_names import count_steps, name_steps
from ltc.model.ids import digest
from ltc.ports.operations import Registry

MAX_LEGS, MAX_STEPS, MAX_INPUTS = 40, 150, 40
MAX_EXPRESSIONS, MAX_EXPRESSION_TEXT = 200, 10_000


@dataclass(frozen=True)
class Compiled:
    """A plan together with what the lint needs: the places of things and every expression in it."""

    plan: Plan
    build: Build


def load(
    source: Path | str,
    registry: Registry | None = None,
    people_roles: Mapping[str, Collection[str]] | None = None,
    effect_classes: Mapping[str, str] | None = None,
    calendars: Mapping[str, int] | None = None,
) -> Plan:
    """Read, check and compile a definition.

    Args:
        source: a path, or the text itself.
        registry: the operations and events there are.
        people_roles: roles with their members; None leaves people unchecked.
        effect_classes: what each operation's system offers against doing it twice; default A.
        calendars: the calendars there are, with working minutes a day; None leaves them unchecked.

    Raises:
        DefinitionError: something is wrong with it; says everything that is.
    """
    world = World(registry or Registry(), effect_classes or {}, people_roles, calendars)
    return load_checked(source, world).plan


def load_checked(source: Path | str, world: World) -> Compiled:
    """Read, check, compile and lint a definition.

    Raises:
        DefinitionError: something is wrong with it.
    """
    from ltc.definition.lint import lint

    if world.folder is None and isinstance(source, Path):
        world = replace(world, folder=Folder(source.parent))
    compiled = compile_tree(*read_source(source), world)
    _limit_expressions(compiled.build)
    compiled.build.problems.stop()  # a word that does not exist would only make more complaints
    lint(compiled.plan, compiled.build)
    compiled.build.problems.stop()
    return compiled


def read_source(source: Path | str) -> tuple[Keys, str]:
    """Read a file, or text, into a tree; returns the tree and the name for complaints.

    Raises:
        DefinitionError: it cannot be read.
    """
    if isinstance(source, str):
        return read(source), "definition"
    try:
        data = source.read_bytes()
    except OSError as error:
        problem = Problems(str(source)).problem("LTC-D016", Mark(), path=source.name, problem=error.strerror)
        raise DefinitionError([problem]) from None
    return read(data, str(source)), str(source)


def compile_tree(tree: Keys, file: str, world: World) -> Compiled:
    """Compile a tree that was read.

    Raises:
        DefinitionError: the tree is not of the language, or names what does not exist.
    """
    build = Build(world, Problems(file), folder=_folder(file) or world.beside)
    if "fragment" in tree.values and "process" not in tree.values:
        build.problems.add("LTC-D159", tree.keys["fragment"], name=tree.text("fragment") or "…")
        build.problems.stop()
    tree = expand(tree, build.folder, build.problems)
    check(tree, build.problems)
    build.problems.stop()
    _limit(build, tree)
    return Compiled(_plan(build, tree), build)


def _folder(file: str) -> Path | None:
    path = Path(file)
    return path.parent if path.is_file() else None


def _limit(build: Build, tree: Keys) -> None:
    """Refuse a definition that is too large to be looked at by anyone, before it costs time."""
    legs = tree.mapping("legs")
    steps = 0
    for name in legs.values:
        steps += count_steps(legs.mapping(name).listing("steps"))
    for name in tree.mapping("handlers").values:
        steps += count_steps(tree.mapping("handlers").mapping(name).mapping("then").listing("steps"))
    for what, found, limit in (("legs", len(legs.values), MAX_LEGS), ("steps", steps, MAX_STEPS)):
        if found > limit:
            build.problems.add("LTC-D017", legs.mark, what=what, limit=limit)
    inputs = tree.mapping("start").mapping("input")
    if len(inputs.values) > MAX_INPUTS:
        build.problems.add("LTC-D017", inputs.mark, what="inputs", limit=MAX_INPUTS)
    build.problems.stop()


def _limit_expressions(build: Build) -> None:
    """Each expression costs about half a millisecond to check, and its length counts, too."""
    length = 0
    for number, use in enumerate(build.uses):
        length += len(use.source)
        if number >= MAX_EXPRESSIONS or length > MAX_EXPRESSION_TEXT:
            build.problems.add(
                "LTC-D017",
                use.mark,
                what="expressions, or characters in them",
                limit=f"{MAX_EXPRESSIONS} or {MAX_EXPRESSION_TEXT}",
            )
            return


def _plan(build: Build, tree: Keys) -> Plan:
    build.calendar, build.process = tree.text("calendar"), tree.text("process")
    build.check_calendar(build.calendar, tree.at("calendar"))
    build.currency = currency = tree.text("currency")
    if currency not in CURRENCIES:
        build.problems.add("LTC-D046", tree.at("currency"), word=currency, known=CURRENCIES)
    decided = tables(build, tree.mapping("tables"))
    sla(build, tree.values.get("sla"), "chain", "chain", "", "chain")
    agreed = billing(build, tree.mapping("billing"))
    legs = _legs(build, tree.mapping("legs"))
    plan = Plan(
        process=tree.text("process"),
        title=texts(tree.values.get("title")),
        currency=currency,
        calendar=build.calendar,
        start=_start(build, tree.mapping("start")),
        billing=heard(build, agreed),
        legs=legs,
        nodes=build.nodes,
        slas=build.slas,
        handlers=(found := handlers(build, tree.mapping("handlers"), [leg.id for leg in legs])),
        sides=side_lines(build, tree.mapping("handlers")),
        keep_open=keep_open(build, tree.mapping("keep_open"), found),
        pivots=_pivots(build, tree.mapping("legs")),
        operations=build.operations,
        events=build.events,
        tables=decided,
        collections=build.collections,
        tells_rests=True,
    )
    plan = tie(plan)
    return plan.model_copy(update={"digest": digest(plan.model_dump(mode="json", exclude={"digest"}))})


def _start(build: Build, keys: Keys) -> StartSpec:
    event = keys.text("event")
    build.event(event, keys.at("event"))
    given = keys.mapping("input")
    build.places["input"] = given.mark
    for name, mark in given.keys.items():
        build.places[f"input:{name}"] = mark
    return StartSpec(
        event=event,
        key=build.use(keys.values.get("key"), "start", want="string", where="'key'", event=event),
        input={name: build.use(value, "start", event=event) for name, value in given.values.items()},
        requester=build.use(keys.values.get("requester"), "start", want="string", where="'requester'", event=event),
    )


def _legs(build: Build, given: Keys) -> list[Leg]:
    legs = []
    for name in given.values:
        keys = given.mapping(name)
        build.places[f"leg:{name}"] = given.keys[name]
        name_steps(build, keys.listing("steps"))
        when = build.use(keys.values.get("when"), f"leg:{name}", want="bool", where="'when'")
        if when:
            build.places[f"leg:{name}:when"] = keys.at("when")
        loop = _loop(build, name, keys.mapping("for_each")) if "for_each" in keys.values else None
        over = keys.mapping("every" if "every" in keys.values else "for_each")
        if "every" in keys.values:
            if loop is not None:
                build.problems.add(
                    "LTC-D027", keys.keys["every"], where=f"leg '{name}'", first="for_each", second="every"
                )
            loop = every(build, name, over)
        slas = sla(build, keys.values.get("sla"), f"leg:{name}", "leg", name, f"within:{name}")
        each = sla(build, over.values.get("sla"), f"item:{name}", "item", name, f"item:{name}")
        first = block(build, keys.listing("steps"), name, "")
        heading = texts(keys.values.get("title"))
        legs.append(Leg(id=name, title=heading, when=when, loop=loop, first=first, slas=[*slas, *each]))
    return legs


def _loop(build: Build, leg: str, keys: Keys) -> Loop:
    build.places[f"loop:{leg}"] = keys.at("in")
    build.places[f"loop:{leg}:as"] = keys.at("as")
    build.places[f"loop:{leg}:key"] = keys.at("key")
    build.places[f"loop:{leg}:starts"] = keys.at("starts")
    return Loop(
        source=build.use(keys.values.get("in"), f"leg:{leg}", want="list", where="'in'"),
        name=keys.text("as"),
        key=build.use(keys.values.get("key"), f"item:{leg}", want="string", where="'key'"),
        on_item=keys.text("starts") == "on_item",
    )


def _pivots(build: Build, legs: Keys) -> list[Pivot]:
    found = []
    for name in legs.values:
        keys = legs.mapping(name).mapping("pivot")
        if not keys.values:
            continue
        after = keys.text("after")
        nodes = [node for node in build.nodes.values() if node.leg == name]
        waits = [node for node in nodes if isinstance(node, WaitNode)]
        events = [event.event for node in waits for event in node.events if node.into or event.into]
        steps = [node.step for node in nodes if isinstance(node, CallNode | TaskNode)]
        if after not in events and after not in steps:
            build.problems.add("LTC-D051", keys.at("after"), word=after, known=[*events, *steps])
        per_item = keys.text("per", "chain") == "item"
        build.places[f"pivot:{name}:per"] = keys.at("per")
        event, step = (after, "") if after in events else ("", after)
        found.append(Pivot(leg=name, event=event, step=step, per_item=per_item))
    return found
