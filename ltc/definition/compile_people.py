"""Compiles whom a step asks, and by which rule they come to a decision."""

from __future__ import annotations

from typing import Any

from ltc.definition.build import Build
from ltc.definition.compile_sla import sla, span
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.plan import Level, Silence


def people(build: Build, source: Source | None, scope: str) -> dict[str, Any]:
    """Compile a ``from:`` (or ``assign:``) into a source; its expressions see the names of ``scope``."""
    if not isinstance(source, Mapping):
        kind, _, name = source.text.partition(":") if isinstance(source, Scalar) else ("role", "", "")
        return {kind: name}
    if "manager_of" in source.values:
        return {"manager_of": _said(build, source, "manager_of", scope), "up": source.whole("up", 1)}
    if "owner_of" in source.values:
        found = {"owner_of": build.use(source.values["owner_of"], scope, where="'owner_of'")}
        return {**found, "kind": source.text("kind")} if "kind" in source.values else found
    if "table" in source.values:
        return {"table": _said(build, source, "table", scope)}
    if "external" in source.values:
        return {"external": source.text("external")}
    role = {"role": source.text("role")}
    return {**role, "scope": build.use(source.values.get("scope"), scope, where="'scope'")}


def _said(build: Build, source: Mapping, key: str, scope: str) -> str:
    return build.use(source.values.get(key), scope, want="string", where=f"'{key}'")


def levels(build: Build, given: Listing, node: str) -> list[Level]:
    """Compile the levels of an approval."""
    found: list[Level] = []
    for keys in given.mappings():
        name = keys.text("name")
        if name in [level.name for level in found]:
            build.problems.add("LTC-D054", keys.at("name"), word=name)
        found.append(_level(build, keys, node, name))
    return found


def _level(build: Build, keys: Mapping, node: str, name: str) -> Level:
    place = f"level:{node}:{name}"
    for key in ("from", "rule", "same_person_again", "on_first_reject", "substitutes", "silence"):
        if key in keys.values:
            build.places[f"{place}:{key}"] = keys.at(key)
    rule = keys.values.get("rule")
    return Level(
        name=name,
        when=build.use(keys.values.get("when"), node, want="bool", where="'when'"),
        source=people(build, keys.values.get("from"), node),
        votes=_votes(rule),
        percent=rule.whole("percent", 0) if isinstance(rule, Mapping) else 0,
        in_turn=isinstance(rule, Scalar) and rule.text == "sequence",
        again="skip" if keys.text("same_person_again") == "skip" else "ask",
        first_reject="wait_all" if keys.text("on_first_reject") == "wait_all" else "stop",
        substitutes=keys.flag("substitutes", True),
        silence=_silence(keys.values.get("silence")),
        slas=sla(build, keys.values.get("sla"), place, "level", f"{node}:{name}", node),
    )


def _votes(source: Source | None) -> int:
    """Return how many must agree; 0 means all."""
    if isinstance(source, Mapping):
        return source.whole("votes", 1) if "votes" in source.values else 0
    return 0 if isinstance(source, Scalar) and source.text in ("all", "sequence") else 1


def _silence(source: Source | None) -> Silence | None:
    if not isinstance(source, Mapping):
        return None
    after = span(source, "after")
    assert after is not None
    return Silence(after=after, then="reject" if source.text("then") == "reject" else "approve")
