"""Finds out who is asked: what ``from:`` says, held against the people directory, substitutes followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ltc.model.messages import CUSTOMER
from ltc.ports.errors import Misconfigured
from ltc.ports.people import People


@dataclass(frozen=True)
class Asked:
    """Who is asked, in the directory's order. ``standing``: who of them is asked for whom."""

    people: list[str] = field(default_factory=list)
    standing: dict[str, list[str]] = field(default_factory=dict)


async def approvers(people: People, source: Mapping[str, Any], at: datetime, substitutes: bool = True) -> Asked:
    """Find out whom a source means at an instant.

    Args:
        people: the directory.
        source: ``from:`` as the plan has it, its expressions already evaluated.
        at: business time; substitutes stand in from day to day.
        substitutes: whether an absent person is replaced; somebody who has left is never asked.

    Raises:
        Misconfigured: the source is of no known form.
        Unavailable: the directory is away.
    """
    if "external" in source:
        return Asked([CUSTOMER])
    standing: dict[str, list[str]] = {}
    for one in await _meant(people, source):
        known = await people.person(one)
        if known is None or not (known.active or substitutes):
            continue
        found = await people.stand_in(one, at, str(source.get("role", ""))) if substitutes else one
        if found:
            standing.setdefault(found, []).append(one)
    replaced = {found: whom for found, whom in standing.items() if found not in whom}
    return Asked(list(standing), replaced)


async def _meant(people: People, source: Mapping[str, Any]) -> list[str]:
    if "role" in source:
        return await people.members(str(source["role"]), str(source.get("scope") or ""))
    if "person" in source:
        return [str(source["person"])]
    if "people" in source:
        return [str(one) for one in source["people"]]
    if "managers" in source:
        found = [await people.manager_of(str(one), int(source.get("up") or 1)) for one in source["managers"]]
    elif "manager_of" in source:
        found = [await people.manager_of(str(source["manager_of"]), int(source.get("up") or 1))]
    elif "owner_of" in source:
        found = [await people.owner_of(str(source["owner_of"]), str(source.get("kind") or ""))]
    else:
        raise Misconfigured(f"people are asked in an unknown way: {', '.join(sorted(source))}")
    return [one for one in dict.fromkeys(found) if one]
