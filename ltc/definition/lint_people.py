"""Approvers exist, are enough, and are not only the person who asks."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.errors import Mark
from ltc.definition.lint_rules import check_rule, check_rungs
from ltc.definition.plan import ApproveNode, Level, Plan, WaitNode


def check_people(plan: Plan, build: Build) -> None:
    """Complain about roles and people that nobody knows, and levels that cannot come to a decision."""
    for node in plan.nodes.values():
        if isinstance(node, ApproveNode):
            for level in node.levels:
                _level(node, level, build)
                check_rule(node, level, build)
    for sla in plan.slas.values():
        for index, rung in enumerate(sla.escalate):
            _told(rung.notify, f"{sla.id}:{index}:notify", plan, build)
            kind, _, name = rung.reassign.partition(":")
            known_people(kind, name, build.places[f"{sla.id}:{index}:reassign"], build)
    for waits in plan.nodes.values():
        for rise in waits.ladder.levels if isinstance(waits, WaitNode) and waits.ladder else ():
            _told(rise.notify, f"{waits.id}:{rise.name}:notify", plan, build)
    check_rungs(plan, build)


def _told(notify: str, place: str, plan: Plan, build: Build) -> None:
    """Whoever is told is known, and a requester is said."""
    kind, _, name = notify.partition(":")
    known_people(kind, name, build.places[place], build)
    if kind == "requester" and not plan.start.requester:
        build.problems.add("LTC-D102", build.places[place])


def known_people(kind: str, name: str, mark: Mark, build: Build) -> bool:
    """Complain about a role or a person that nobody knows; tells whether it is known."""
    roles = build.world.roles
    if roles is None:
        return False
    if kind == "role" and name not in roles:
        build.problems.add("LTC-D044", mark, word=name, known=roles)
        return False
    people = list(dict.fromkeys(person for members in roles.values() for person in members))
    if kind == "person" and name not in people:
        build.problems.add("LTC-D045", mark, word=name, known=people)
        return False
    return True


def known_person(text: str, mark: Mark, build: Build) -> None:
    """Complain about a ``role:NAME`` or ``person:NAME`` that nobody knows."""
    kind, _, name = text.partition(":")
    known_people(kind, name, mark, build)


def _level(node: ApproveNode, level: Level, build: Build) -> None:
    mark = build.places[f"level:{node.id}:{level.name}:from"]
    kind, name = next(
        ((kind, str(level.source[kind])) for kind in ("role", "person") if kind in level.source), ("", "")
    )
    if not kind or not known_people(kind, name, mark, build):
        return
    have = 1 if kind == "person" else len((build.world.roles or {})[name])
    need = level.votes or 1
    if have < need:
        build.problems.add("LTC-D100", mark, word=name, have=have, level=level.name, need=need)
    elif node.four_eyes and kind == "role" and level.again == "ask" and have < need + 1 + _spent(node, level):
        build.problems.add("LTC-D101", mark, word=name, level=level.name)


def _spent(node: ApproveNode, level: Level) -> int:
    """Return how many members have decided at earlier levels, which four eyes keep out of this one."""
    earlier = node.levels[: node.levels.index(level)]
    return sum(one.votes or 1 for one in earlier if one.source == level.source)
