"""What an event is matched with is the id of a document of its kind: another's id, or another field, never fits."""

from __future__ import annotations

from ltc.definition.build import Build, Use, subject_of
from ltc.definition.expressions import ExprType
from ltc.definition.names import Names
from ltc.definition.plan import Plan, WaitNode
from ltc.ports.operations import EventType, Registry

_SAME = {"Opportunity": ("Opportunity", "Lead")}  # a lead that was won keeps its id


def check_matches(plan: Plan, build: Build, names: Names) -> None:
    """Complain about a match with another document's id, and warn of one with a field that is no id."""
    for use in build.uses:
        event = build.world.registry.events.get(use.event) if use.where == "'match'" else None
        node = plan.nodes.get(use.scope)
        if event is None or (isinstance(node, WaitNode) and event.refreshes):
            continue  # of a wait's document that is read again the type is held against the name already
        leg = use.scope.removeprefix("handler:") if node is None else node.leg
        _match(use, event, names, leg, build)


def _match(use: Use, event: EventType, names: Names, leg: str, build: Build) -> None:
    parts = subject_of(use.source, event.subject).split(".")
    wanted = _kinds(build.world.registry, event)
    about = names.at(leg).get(parts[0])
    owner = about.type if about else ExprType("dyn")
    for part in parts[1:-1]:
        owner = owner.fields().get(part, ExprType("dyn"))
    if len(parts) < 2 or not wanted or "id" not in owner.fields():
        return
    if parts[-1] == "id" and str(owner) not in wanted:
        build.problems.add("LTC-D069", use.mark, found=owner, event=event.name, wanted=wanted[0])
    elif str(owner) in wanted and parts[-1] != "id":
        why = f"'{event.subject}' of the event is an id, and '{parts[-1]}' is none"
        build.problems.warn(
            "LTC-D120", use.mark, key="match", why=why, remedy=f"compare it with {'.'.join(parts[:-1])}.id"
        )


def _kinds(registry: Registry, event: EventType) -> tuple[str, ...]:
    """Return the names of the documents that an event's subject may be the id of; nothing where that is not known."""
    if event.refreshes and event.read in registry.operations:
        found = str(ExprType.of(registry.operations[event.read].gives.model_fields[event.refreshes].annotation))
    else:
        found = "".join(word.capitalize() for word in event.subject.split("_"))
    known = {one.gives.__name__ for one in registry.operations.values()}
    return _SAME.get(found, (found,)) if found in known else ()
