"""What a compilation gathers on its way: nodes, SLAs, pins, and where every expression stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from ltc.definition.delivered import written_out
from ltc.definition.errors import Mark, Problems, nearest
from ltc.definition.neighbours import Folder
from ltc.definition.nodes import Mapping as Keys
from ltc.definition.nodes import Scalar, Source
from ltc.definition.plan import AnyNode, Awaited, Call, PinnedEvent, PinnedOperation, Sla
from ltc.model.messages import call_queue
from ltc.ports.operations import EventType, Operation, Registry


@dataclass(frozen=True)
class World:
    """What a definition is held against. ``None`` means: not known here, so not checked.

    ``roles`` maps a role to its members; ``calendars`` maps a calendar to its working minutes a day; ``folder``
    holds the definitions beside this one.
    """

    registry: Registry = field(default_factory=Registry)
    effect_classes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Collection[str]] | None = None
    calendars: Mapping[str, int] | None = None
    beside: Path | None = None  # where the files beside a definition given as text lie
    folder: Folder | None = None


@dataclass(frozen=True)
class Use:
    """One expression: its text, where it stands, whose names it may use and what it must give.

    ``scope``: a node's id (before it runs), or ``after:<node>``, ``leg:<leg>``, ``item:<leg>``, ``handler:<name>``,
    ``chain``, ``start``. ``want`` is a type name of expressions.check or the annotation of an operation's field.
    """

    source: str
    mark: Mark
    exact: bool
    scope: str
    want: Any = "any"
    where: str = ""
    event: str = ""
    extra: tuple[str, ...] = ()


@dataclass
class Build:
    """The compilation of one definition."""

    world: World
    problems: Problems
    calendar: str = ""
    currency: str = ""
    process: str = ""
    under: str = "0"  # the tolerance that delivered() asks for, in percent
    nodes: dict[str, AnyNode] = field(default_factory=dict)
    slas: dict[str, Sla] = field(default_factory=dict)
    operations: dict[str, PinnedOperation] = field(default_factory=dict)
    events: dict[str, PinnedEvent] = field(default_factory=dict)
    collections: list[str] = field(default_factory=list)
    places: dict[str, Mark] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    names: dict[Mark, str] = field(default_factory=dict)
    asks: dict[str, dict[str, Use]] = field(default_factory=dict)  # a table -> its inputs' expressions
    people: list[tuple[str, Mark]] = field(default_factory=list)  # whom tables name, and where
    folder: Path | None = None  # where the definition lies; None when it was given as text
    asked: dict[str, frozenset[str]] = field(default_factory=dict)  # scope -> fields that are there
    owners: dict[str, str] = field(default_factory=dict)  # a call step -> its operation

    def use(self, node: Source | None, scope: str, **more: Any) -> str:
        """Note an expression and return its text; an absent one is empty."""
        if not isinstance(node, Scalar):
            return ""
        text = " ".join(node.text.split()) if node.lines > 1 else node.text
        said, text = text, written_out(text, self.under)
        self.uses.append(Use(text, node.start, node.lines == 1 and text == said, scope, **more))
        return text

    def check_calendar(self, name: str, mark: Mark) -> None:
        """Complain if the calendars are known and this is none of them."""
        if self.world.calendars is not None and name not in self.world.calendars:
            self.problems.add("LTC-D047", mark, word=name, known=self.world.calendars)

    def operation(self, name: str, mark: Mark) -> Operation | None:
        """Return an operation and pin it; complain if there is none."""
        found = self.world.registry.operations.get(name)
        if found is None:
            known = self.world.registry.operations
            self.problems.add("LTC-D040", mark, word=name, known=_like(name, known))
            return None
        if name not in self.operations:
            if self.world.effect_classes.get(name) == "":
                self.problems.add("LTC-D099", mark, word=name, port=found.port)
            self.operations[name] = pin(found, self.world.effect_classes)
        return found

    def event(self, name: str, mark: Mark) -> EventType | None:
        """Return an event type and pin it, with the operation it is read again with."""
        found = self.world.registry.events.get(name)
        if found is None:
            self.problems.add("LTC-D041", mark, word=name, known=self.world.registry.events)
            return None
        takes = ""
        if found.read:
            read = self.operation(found.read, mark)
            takes = next(iter(read.takes.model_fields)) if read else ""
        self.events[name] = PinnedEvent(
            subject=found.subject,
            read=found.read,
            read_takes=takes,
            refreshes=found.refreshes,
            collects=found.collects,
            by=found.by,
        )
        return found

    def call(self, keys: Keys, scope: str, what: str = "call") -> Call:
        """Compile ``call`` and ``with``: each argument known, none missing."""
        name = keys.text(what)
        operation = self.operation(name, keys.at(what))
        given = keys.mapping("with")
        fields = operation.takes.model_fields if operation else {}
        args = {}
        for key, value in given.values.items():
            args[key] = self.use(value, scope, want=_annotation(fields.get(key)), where=f"'{key}' of {name}")
            if operation and key not in fields:
                self.problems.add("LTC-D042", given.keys[key], op=name, word=key, known=fields)
        for key, info in fields.items():
            if info.is_required() and key not in given.values:
                near = nearest(key, given.values)
                self.problems.add("LTC-D043", keys.at(what), op=name, word=key, near=near)
        return Call(op=name, args=args)

    def awaited(self, event: str, keys: Keys, scope: str, name_key: str) -> tuple[Awaited, EventType | None]:
        """Compile one awaited event: its match must have the form ``event.FIELD == expression``."""
        found = self.event(event, keys.at(name_key))
        match = self.use(keys.values.get("match"), scope, want="bool", where="'match'", event=event)
        subject = subject_of(match, found.subject) if found else ""
        self.places[f"{scope}:match"] = keys.at("match")
        if found and not subject:
            self.problems.add("LTC-D057", keys.at("match"), subject=found.subject)
        root = subject.removesuffix(".id")
        refresh = root if found and found.refreshes and root.isidentifier() and root != subject else ""
        return Awaited(event=event, match=match, subject=subject, refresh=refresh), found


def pin(operation: Operation, classes: Mapping[str, str]) -> PinnedOperation:
    """Pin what a chain needs to know of an operation for as long as it runs."""
    gives = operation.gives
    document = gives.__name__ if {"id", "version"} <= set(gives.model_fields) else ""
    return PinnedOperation(
        effect=operation.effect, inverse=operation.inverse,
        effect_class=(classes.get(operation.name) or "A") if operation.effect else "A",
        queue=call_queue(operation.port), version=operation.version, takes=list(operation.takes.model_fields),
        document=document,
    )  # fmt: skip


def _annotation(field: FieldInfo | None) -> Any:
    return field.annotation if field else "any"


def _like(name: str, known: Mapping[str, Any]) -> list[str]:
    """Return the operations of the same port if there is such a port, else all: a list short enough to read."""
    same = [word for word in known if word.split(".")[0] == name.split(".")[0]]
    return same or list(known)


def subject_of(match: str, field_name: str) -> str:
    """Return the side of ``event.FIELD == expression`` (either way round) that is not the event's."""
    sides = [side.strip() for side in match.split("==")]
    wanted = f"event.{field_name}"
    if len(sides) != 2 or wanted not in sides or sides[0] == sides[1]:
        return ""
    other = sides[1] if sides[0] == wanted else sides[0]
    plain = other.replace(".", "").replace("_", "").isalnum()
    return other if plain and not other.startswith("event.") else ""
