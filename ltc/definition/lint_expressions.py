"""Checks every expression: known names, set before they are read, right types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ltc.definition.build import Build, Use
from ltc.definition.compared import compared, constant, place_of
from ltc.definition.decided import Bounds, possible
from ltc.definition.errors import Mark
from ltc.definition.expressions import EvaluationError, ExpressionError, ExprType, TypeEnv, Want, asked, check, names
from ltc.definition.flow import Flow, Known
from ltc.definition.lint_arms import bounds_of
from ltc.definition.lint_table_uses import TableUses
from ltc.definition.names import Meaning, Names
from ltc.definition.plan import CallNode, Plan, TaskNode, WaitNode
from ltc.definition.plan_nodes import results_of
from ltc.definition.schema_common import OUTCOMES
from ltc.ports.chains import Child

_SIMPLE: dict[str, Want] = {"bool": "bool", "string": "string", "int": "int", "timestamp": "timestamp"}
WAITING = ("operator", "approver", "person", "event", "customer", "system")  # what the engine says of whom it awaits
CONDITIONS = ("'when'", "'until'", "'while'", "'pause_while'")
_REQUESTER = Meaning("the requester", ExprType("string"), Mark())


@dataclass
class Expressions:
    """The check of all expressions of one definition."""

    plan: Plan
    build: Build
    names: Names
    flow: Flow

    @cached_property
    def tables(self) -> TableUses:
        """The check of tables where they are used."""
        return TableUses(self.plan, self.build)

    @cached_property
    def bounds(self) -> Bounds:
        """What is known of the numbers that conditions ask about."""
        return bounds_of(self.plan)

    def check_all(self) -> None:
        """Complain about every expression that could not be evaluated on a running chain."""
        for use in self.build.uses:
            self.check(use)

    def check(self, use: Use) -> None:
        """Check one expression."""
        known = self.known(use)
        if known is None:
            return  # nothing leads here: said already
        visible = self.visible(use)
        try:
            used, guarded = names(use.source), {path.split(".")[0] for path in asked(use.source)}
        except ExpressionError as error:
            self.wrong(use, error)
            return
        self.waiting(use)
        self.given(use, visible)
        checked = [self.name(use, name, visible, known, name in guarded) for name in used]
        if all(checked):
            self.types(use, visible)

    def always(self, use: Use) -> None:
        """Complain about a condition that comes out the same whatever happens."""
        try:
            value = constant(use.source, self.plan.currency)
        except EvaluationError:
            self.build.problems.add("LTC-D060", use.mark, problem="it can never be worked out", where=use.where)
            return
        if not value and not possible([(use.source, True)], self.bounds):
            value = "false"
        if not value and not possible([(use.source, False)], self.bounds):
            value = "true"
        if value:
            self.build.problems.add("LTC-D090", use.mark, word=use.where.strip("'"), value=value)

    def known(self, use: Use) -> Known | None:
        """Return what is set where an expression is evaluated; None if nothing leads there."""
        kind, _, where = use.scope.partition(":")
        if kind == "start":
            return Known()
        if kind == "handler":
            every = Known().plus(*self.names.chain)
            return every.plus("requester") if self.plan.start.requester else every
        if kind == "undo":
            return self.after(where)
        return self.flow.known.get(f"leg:{where}" if kind == "within" else use.scope)

    def after(self, node_id: str) -> Known | None:
        """What is set once a step took effect: its own result, too."""
        node, before = self.plan.nodes[node_id], self.flow.known.get(node_id)
        if before is None or not isinstance(node, CallNode | WaitNode | TaskNode):
            return before
        after = before.perhaps(*results_of(node))
        return after if isinstance(node, WaitNode) and node.until else after.plus(node.result)

    def visible(self, use: Use) -> dict[str, Meaning]:
        """Return every name with a meaning where an expression stands, set or not."""
        kind, _, where = use.scope.partition(":")
        if kind == "start":
            found: dict[str, Meaning] = {}
        elif kind in ("leg", "within") or use.scope in ("chain",) or kind == "handler":
            found = {**self.names.chain, "requester": _REQUESTER}
        else:
            leg = where if kind == "item" else (where if kind == "undo" else use.scope).split(".")[0]
            found = {**self.names.at(leg), "requester": _REQUESTER}
        if use.event:
            event = self.build.world.registry.events.get(use.event)
            found["event"] = Meaning("the event", ExprType.of(event.fields if event else Any), use.mark)
        for extra in use.extra:
            found[extra] = Meaning("given", ExprType("string"), use.mark)
        return found

    def name(self, use: Use, name: str, visible: dict[str, Meaning], known: Known, guarded: bool) -> bool:
        """Check one name of an expression; tells whether its type can be checked."""
        add, mark = self.build.problems.add, self.place(use, name)
        if name not in visible:
            add("LTC-D061", mark, word=name, known=list(visible))
            return False
        if visible[name].what == "a table":
            return self.tables.used(use, name, visible, known, mark)
        if name == "event" or name in use.extra or name in known.sure:
            return True
        if name == "requester":
            add("LTC-D102", mark)
        elif name in known.beside:
            add("LTC-D064", mark, word=name)
        elif use.scope.startswith("undo:") and not guarded:
            add("LTC-D082", mark, word=name)
        elif name not in known.maybe and not guarded:
            add("LTC-D062", mark, word=name, line=visible[name].mark.line)
        elif not guarded:
            field = next(iter(visible[name].type.fields()), "id")
            add("LTC-D063", mark, word=name, field=field, also=self.later(use, name))
        return True

    def later(self, use: Use, name: str) -> str:
        """Say in which legs a handler may read a name unasked; empty for all that is no handler."""
        side = use.scope.removeprefix("undo:").split(".")[0]
        if side not in [leg.id for leg in self.plan.sides]:
            return ""
        states = ((leg.id, self.flow.known.get(f"leg:{leg.id}")) for leg in self.plan.legs)
        legs = ", ".join(leg for leg, known in states if known is not None and name in known.sure)
        return f"; or let the handler work in these legs only: while: [{legs}]" if legs else ""

    def waiting(self, use: Use) -> None:
        """A comparison of waiting_for with a word that it never is would silently never hold."""
        for one in compared(use.source):
            if one.path == "waiting_for" and one.word not in (*WAITING, ""):
                self.build.problems.add("LTC-D071", place_of(use, one), word=one.word, known=WAITING)

    def given(self, use: Use, visible: dict[str, Meaning]) -> None:
        """A comparison with a word that a table never gives, or with no outcome, would silently never hold."""
        for one in compared(use.source):
            name, _, field = one.path.partition(".")
            words = self.tables.words(name, field)
            if words and one.word not in words:
                self.build.problems.add("LTC-D112", place_of(use, one), word=one.word, table=one.path, known=words)
            model = visible[name].type.model if name in visible else None
            if model is Child and field == "outcome" and one.word not in (*OUTCOMES, ""):
                self.build.problems.add("LTC-D024", place_of(use, one), word=one.word, where=one.path, known=OUTCOMES)

    def types(self, use: Use, visible: dict[str, Meaning]) -> None:
        """Check the types of an expression."""
        env = TypeEnv.of({name: meaning.type for name, meaning in visible.items()}, self.plan.currency)
        want = use.want
        try:
            kind = check(use.source, env, _SIMPLE.get(str(want), "any"))
        except ExpressionError as error:
            self.wrong(use, error)
            return
        if use.where in CONDITIONS and not use.mark.used:  # a fragment's condition may be settled by what it is handed
            self.always(use)
        if want in ("span", "who"):
            self.tables.column(use, want)
        elif use.where == "'table'" and use.source.split(".")[0] in self.plan.tables:
            self.tables.column(use, "who")
        elif use.where == "'owner_of'" and kind.kind not in ("string", "dyn") and "id" not in kind.fields():
            self.build.problems.add("LTC-D066", use.mark, where=use.where, wanted="a document or an id", found=kind)
        elif not isinstance(want, str):
            wanted = ExprType.of(want)
            if not wanted.accepts(kind):
                self.build.problems.add("LTC-D066", use.mark, where=use.where, wanted=wanted, found=kind)

    def place(self, use: Use, name: str) -> Mark:
        """Return where a name stands in an expression."""
        found = re.search(rf"(?<![\w.'\"]){re.escape(name)}\b", use.source)
        return self.column(use, found.start() + 1 if found else 1)

    def column(self, use: Use, column: int) -> Mark:
        """Return the place in the file of a column of an expression."""
        return replace(use.mark, column=use.mark.column + column - 1) if use.exact else use.mark

    def wrong(self, use: Use, error: ExpressionError) -> None:
        """Pass on what the expressions' own check says."""
        mark = self.column(use, error.column)
        self.build.problems.add("LTC-D060", mark, problem=error.message, near=error.nearest, where=use.where or "this")


def check_documents(plan: Plan, build: Build, names: Names, flow: Flow) -> None:
    """Approvals decide on documents; waits are about documents of the kind that their event reports on."""
    for node in plan.nodes.values():
        if node.kind == "approve":
            _subject(node.id, node.leg, node.subject, build, names, flow)
            for index, bind in enumerate(node.binds):
                if node.subject in names.at(node.leg) and not re.fullmatch(rf"{re.escape(node.subject)}\.\w+", bind):
                    mark = build.places[f"{node.id}:bind:{index}"]
                    build.problems.add("LTC-D070", mark, word=bind, subject=node.subject)
        elif node.kind == "wait":
            _about(node, build, names)


def _subject(node: str, leg: str, subject: str, build: Build, names: Names, flow: Flow) -> None:
    mark, visible, known = build.places[f"{node}:subject"], names.at(leg), flow.known.get(node)
    if subject not in visible:
        build.problems.add("LTC-D061", mark, word=subject, known=list(visible))
    elif not {"id", "version"} <= set(visible[subject].type.fields()):
        build.problems.add("LTC-D067", mark, word=subject)
    elif known is not None and subject not in known.sure:
        build.problems.add("LTC-D062", mark, word=subject, line=visible[subject].mark.line)


def _about(node: WaitNode, build: Build, names: Names) -> None:
    registry, visible = build.world.registry, names.at(node.leg)
    for awaited in node.events:
        event = registry.events.get(awaited.event)
        read = registry.operations.get(event.read) if event else None
        if not awaited.match or event is None or read is None or event.refreshes not in read.gives.model_fields:
            continue
        wanted = ExprType.of(read.gives.model_fields[event.refreshes].annotation)
        meaning = visible.get(awaited.refresh)
        if not awaited.refresh or (meaning and not wanted.accepts(meaning.type)):
            mark = build.places[f"{node.id}:match"]
            found = meaning.type if meaning else f"'{awaited.subject}'"
            build.problems.add("LTC-D069", mark, found=found, event=awaited.event, wanted=wanted)
