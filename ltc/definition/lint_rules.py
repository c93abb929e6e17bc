"""The rules of approval levels can be met and contradict nothing; rungs about approvals find one."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.plan import ApproveNode, Level, Plan, Rung, Sla

ONE = ("person", "manager_of", "owner_of", "external")  # sources that give one person at most


def check_rule(node: ApproveNode, level: Level, build: Build) -> None:
    """Complain about what a level says that can never come true, or would have no effect."""
    place = f"level:{node.id}:{level.name}"
    alone = any(key in level.source for key in ONE)
    if alone and level.votes > 1 and "person" not in level.source:
        build.problems.add("LTC-D108", build.places[f"{place}:from"], level=level.name, need=level.votes)
    _again(node, level, place, build)
    if f"{place}:on_first_reject" in build.places and level.first_reject == "wait_all":
        whole = level.in_turn or level.percent == 100 or (not level.votes and not level.percent)
        if whole or alone:
            why = "one rejection alone keeps this level from agreeing"
            build.problems.vain(build.places[f"{place}:on_first_reject"], "on_first_reject: wait_all", why)
    if f"{place}:substitutes" in build.places and "external" in level.source:
        build.problems.vain(
            build.places[f"{place}:substitutes"], "substitutes", "the customer has none in the people directory"
        )


def _again(node: ApproveNode, level: Level, place: str, build: Build) -> None:
    at = f"{place}:same_person_again"
    if at not in build.places:
        return
    if level is node.levels[0]:
        build.problems.vain(build.places[at], "same_person_again", "no level comes before this one")
    elif level.again == "ask" and node.four_eyes:
        build.problems.add("LTC-D107", build.places[at])


def check_rungs(plan: Plan, build: Build) -> None:
    """Complain about rungs that ask others or decide where nothing can be open, and about rungs after them."""
    for sla in plan.slas.values():
        decided = False
        for index, rung in enumerate(sla.escalate):
            place = f"{sla.id}:{index}"
            if decided:
                build.problems.add("LTC-D109", build.places[place])
            _rung(plan, sla, rung, place, build)
            decided = decided or bool(rung.decide and _ends(plan, sla))


def _rung(plan: Plan, sla: Sla, rung: Rung, place: str, build: Build) -> None:
    said = [key for key in ("reassign", "decide") if getattr(rung, key)]
    if said and not _approvals(plan, sla):
        build.problems.add("LTC-D110", build.places[f"{place}:{said[0]}"], key=said[0])
    both = [key for key in ("reassign", "decide", "hold") if getattr(rung, key)]
    if len(both) > 1 and "decide" in both:
        other = next(key for key in both if key != "decide")
        build.problems.add("LTC-D111", build.places[f"{place}:decide"], first=other, second="decide")


def _approvals(plan: Plan, sla: Sla) -> list[ApproveNode]:
    """The approvals that can be open under a promise."""
    nodes = [node for node in plan.nodes.values() if isinstance(node, ApproveNode)]
    if sla.scope in ("leg", "item"):
        return [node for node in nodes if node.leg == sla.of.split(".", maxsplit=1)[0]]
    return [node for node in nodes if sla.scope != "chain" and sla.of.split(":")[0] == node.id]


def _ends(plan: Plan, sla: Sla) -> bool:
    """Tell whether a decision ends what the promise is about: a level, or an approval of one level."""
    return sla.scope == "level" or (
        sla.scope == "step" and all(len(node.levels) == 1 for node in _approvals(plan, sla))
    )
