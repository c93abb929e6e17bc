"""Ties a document that is read again to the collections that a step put it into: both are to be as new."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ltc.definition.plan import AnyNode, Awaited, CallNode, WaitNode


def tie(nodes: Mapping[str, AnyNode], loops: Collection[str]) -> dict[str, AnyNode]:
    """Return the nodes, each awaited event with the collections that hold what its document's name means there.

    Args:
        nodes: all steps by their ids.
        loops: the legs whose names live in their items.
    """
    kept = [
        (node.leg, node.result, node.into)
        for node in nodes.values() if isinstance(node, CallNode) and node.result and node.into
    ]  # fmt: skip

    def tied(one: Awaited, leg: str) -> Awaited:
        found = [
            into for home, name, into in kept
            if name == one.refresh and (home == leg or not {home, leg} & set(loops))
        ]  # fmt: skip
        return one.model_copy(update={"gathered": list(dict.fromkeys(found))}) if found else one

    return {
        name: node.model_copy(update={"events": [tied(one, node.leg) for one in node.events]})
        if isinstance(node, WaitNode)
        else node
        for name, node in nodes.items()
    }
