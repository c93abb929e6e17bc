"""Ties a document that is read again to the collections that a step put it into: both are to be as new."""

from __future__ import annotations

from ltc.definition.plan import Awaited, CallNode, Plan, WaitNode

_Kept = list[tuple[str, str, str]]  # leg, name, collection: what a call leaves under a name and gathers besides


def tie(plan: Plan) -> Plan:
    """Return a plan whose awaited events name the collections that hold what their document's name means there."""
    loops = [leg.id for leg in (*plan.legs, *plan.sides) if leg.loop]  # their names live in their items
    calls = [node for node in plan.nodes.values() if isinstance(node, CallNode)]
    kept = [(node.leg, node.result, node.into) for node in calls if node.result and node.into]
    nodes = {
        name: node.model_copy(update={"events": [_tied(one, node.leg, kept, loops) for one in node.events]})
        if isinstance(node, WaitNode)
        else node
        for name, node in plan.nodes.items()
    }
    return plan.model_copy(update={"nodes": nodes})


def _tied(one: Awaited, leg: str, kept: _Kept, loops: list[str]) -> Awaited:
    found = [
        into for home, name, into in kept
        if name == one.refresh and (home == leg or not {home, leg} & set(loops))
    ]  # fmt: skip
    return one.model_copy(update={"gathered": list(dict.fromkeys(found))}) if found else one
