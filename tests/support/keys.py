"""Lists what ``process_defs/schema.json`` accepts, item by item: every key, every word, every form of a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from ltc.definition.compile_reactions import ALLOWED
from ltc.definition.lint_expressions import WAITING
from tests.support.chains import ROOT

# The forms that one pattern of the schema lets an author write. A pattern that is not here fails by name.
FORMS: dict[str, tuple[str, ...]] = {
    r"^([a-z][a-z0-9_]{0,39})$": (),  # names
    r"^([a-z][a-z0-9_-]{0,39})$": (),  # calendars
    r"^([a-z][a-z0-9_.-]*)$": ("after=an event", "after=a step"),
    r"^([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)$": (),  # operations and events
    r"^(([1-9][0-9]? )?(day|week|month|quarter|year)s?)$": tuple(
        f"period={unit}" for unit in ("day", "week", "month", "quarter", "year", "several")
    ),
    r"^(([01][0-9]|2[0-3]):[0-5][0-9])$": ("time",),
    r"^([A-Za-z0-9_-]{1,60}\.csv)$": (),  # a file beside the definition
    r"^([a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39})$": (),  # an output of a table
    r"^([A-Z]{3})$": (),  # currencies
    r"^([a-z0-9]{1,16})$": (),  # kinds of files
    r"^([1-9][0-9]{0,5}(KB|MB))$": ("size=KB", "size=MB"),
    r"^([0-9].*|P.*)$": tuple(f"span={unit}" for unit in ("s", "m", "h", "d", "bm", "bh", "bd", "P")),
    r"^([1-9][0-9]{0,5}[smh])$": ("real time=s", "real time=m", "real time=h"),
    r"^([1-9][0-9]?(\.[0-9]{1,3})?)$": ("factor=whole", "factor=decimal"),
    r"^([1-9][0-9]{0,2}d)$": ("days",),
    r"^(-?[0-9]{1,15}(\.[0-9]{1,4})? [A-Z]{3})$": ("amount",),
    r"^([0-9]{1,4}%)$": ("share",),
    r"^([0-9]{1,3}(\.[0-9]{1,6})?%)$": ("tolerance=whole", "tolerance=decimal"),
    r"^([0-9]{1,4}%|due( *\+.*)?)$": ("rung=share", "rung=due", "rung=due + span"),
    r"^((role|person):[A-Za-z0-9_.@-]{1,64})$": ("who=role", "who=person"),
    r"^((role|person):[A-Za-z0-9_.@-]{1,64}|manager)$": ("reassign=role", "reassign=person", "reassign=manager"),
    r"^([A-Za-z0-9_.@-]{1,64})$": (),  # roles
    r"^((role|person):[A-Za-z0-9_.@-]{1,64}|customer|requester)$": (
        "notify=role", "notify=person", "notify=customer", "notify=requester",
    ),
}  # fmt: skip


@cache
def schema() -> dict[str, Any]:
    """The schema as it is shipped."""
    written: dict[str, Any] = json.loads((ROOT / "process_defs" / "schema.json").read_text(encoding="utf-8"))
    return written


def listed(whole: dict[str, Any] | None = None) -> list[str]:
    """Every item of a schema (of the shipped one) that needs a case, once, in its order.

    A key is ``record.key``, a word ``record.key=word``, one of several ways to write a value ``record.key=(way)``,
    a form of a text as FORMS names it. Two lists of words are not in the schema: whom ``waiting_for`` may name, and
    which reactions each place takes.
    """
    whole = whole or schema()
    found = list(_walk("", whole))
    for name, shape in whole["$defs"].items():
        found += _walk(name, shape)
    for pattern in _patterns(whole):
        found += FORMS.get(pattern, (f"a pattern that FORMS does not know: {pattern}",))
    found += (f"waiting_for={word}" for word in WAITING)
    for place, kinds in ALLOWED.items():
        found += (f"{place}={kind}" for kind in kinds)
    return list(dict.fromkeys(found))


def _walk(at: str, shape: dict[str, Any]) -> Iterator[str]:
    for key, inner in shape.get("properties", {}).items():
        path = f"{at}.{key}" if at else key
        yield path
        yield from _walk(path, inner)
    for word in shape.get("enum", ()):
        yield f"{at}={word}"
    if shape.get("type") == "boolean":
        yield from (f"{at}=true", f"{at}=false")
    for inner in (shape.get("items"), shape.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from _walk(at, inner)
    yield from _ways(at, shape.get("anyOf", []))


def _ways(at: str, ways: list[dict[str, Any]]) -> Iterator[str]:
    for way in ways:
        if way.get("type") == "object":
            known = way["required"][:1]  # records of one choice are told apart by the key that only they have
            yield from _walk(f"{at}.{known[0]}" if known and len(_records(ways)) > 1 else at, way)
            continue
        if "enum" not in way and len(ways) > 1:
            yield f"{at}=({_kind(way)})"
        yield from _walk(at, way)


def _records(ways: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [way for way in ways if way.get("type") == "object"]


def _kind(way: dict[str, Any]) -> str:
    kind = way["type"]
    return "list" if kind == "array" else "number" if kind == "integer" else "text"


def _patterns(node: Any) -> Iterator[str]:
    """Every pattern that a value (not a name that the author chooses) must have."""
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for inner in node.values():
            yield from _patterns(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _patterns(inner)
