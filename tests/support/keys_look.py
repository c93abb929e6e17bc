"""Where a case looks: the path, the trail, what was sent, the diagram, what a chain starts with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ltc.core.commands import Schedule
from ltc.core.simulation import Simulation
from ltc.definition.diagram import mermaid
from ltc.definition.plan import Plan
from ltc.definition.show import lines
from ltc.model.trail import Entry, Kind
from tests.support.keys_case import Look, Seen


def way(*words: str) -> Look:
    """The lines of the path that hold one of the words."""
    return lambda seen: [line for line in _chain(seen).path() if any(word in line for word in words)]


def trail(kind: Kind, *fields: str, only: str = "") -> Look:
    """What the entries of a kind say; one value each when one field is asked for.

    ``only`` keeps entries in which this text stands somewhere.
    """

    def look(seen: Seen) -> list[Any]:
        found = [one for one in _chain(seen).trail if one.kind is kind and only in f"{one.leg} {one.step} {one.data}"]
        said = [tuple(_field(one, name) for name in fields) for one in found]
        return [one[0] for one in said] if len(fields) == 1 else said

    return look


def sent(activity: str, *path: str) -> Look:
    """What the activities of a type were scheduled with, at a path of the payload."""

    def look(seen: Seen) -> list[Any]:
        return [_inside(command.payload, path) for command in _sent(seen, activity)]

    return look


def retried(activity: str, *fields: str) -> Look:
    """How the first activity of a type is retried, in seconds."""

    def look(seen: Seen) -> list[float]:
        first = _sent(seen, activity)[0]
        return [getattr(first.retry, name) for name in fields]

    return look


def ends(seen: Seen) -> str:
    """How the chain ended and why, or why it is held."""
    chain = _chain(seen)
    if chain.finished is not None:
        return f"{chain.finished.outcome}: {chain.finished.reason}"
    return "held: " + ", ".join(hold.reason for hold in chain.state.holds)


def drawn(text: str, language: str = "en") -> Look:
    """Tell whether a text stands in the diagram."""
    return lambda seen: text in mermaid(_plan(seen), language)


def shown(text: str) -> Look:
    """The lines of ``ltc def show`` that hold a text."""
    return lambda seen: [line.strip() for line in lines(_plan(seen)) if text in line]


def starts(name: str) -> Look:
    """What the definition makes of the event that starts a chain: key, requester, values."""
    return lambda seen: getattr(seen.start, name)


def all_of(*looks: Look) -> Look:
    """Several looks at once."""
    return lambda seen: [look(seen) for look in looks]


def _chain(seen: Seen) -> Simulation:
    assert seen.chain is not None, f"refused: {seen.codes}"
    return seen.chain


def _plan(seen: Seen) -> Plan:
    assert seen.plan is not None, f"refused: {seen.codes}"
    return seen.plan


def _sent(seen: Seen, activity: str) -> list[Schedule]:
    return [command for command in _chain(seen).schedules if command.name == activity]


def _field(entry: Entry, name: str) -> Any:
    """A field of the data, or one that every entry has; an instant as ``03-02 17:00``."""
    value = entry.data[name] if name in entry.data else getattr(entry, name, None)
    if name in ("deadline", "warn") and isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value:%m-%d %H:%M}" if isinstance(value, datetime) else value


def _inside(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[int(name)] if isinstance(value, list) else value.get(name)
    return value
