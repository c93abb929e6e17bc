"""Compiles handlers, the side lines that they run beside the legs, and how long a completed chain stays open."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.compile_sla import span
from ltc.definition.compile_steps import block
from ltc.definition.nodes import Mapping as Keys
from ltc.definition.nodes import Scalar
from ltc.definition.plan import Handler, KeepOpen, Leg, Loop, Reaction
from ltc.definition.step_names import name_steps


def handlers(build: Build, given: Keys, legs: list[str]) -> list[Handler]:
    """Compile all handlers, in the order of the file: the first that fits takes an event."""
    return [_handler(build, given, name, legs) for name in given.values]


def _handler(build: Build, given: Keys, name: str, legs: list[str]) -> Handler:
    keys, scope = given.mapping(name), f"handler:{name}"
    if name in legs:
        what, line = "a leg", build.places[f"leg:{name}"].line
        build.problems.add("LTC-D065", given.keys[name], word=name, what=what, line=line)
    build.places[scope] = given.keys[name]
    build.places[f"{scope}:as"] = keys.at("as")
    awaited, _ = build.awaited(keys.text("event"), keys, scope, "event")
    when = build.use(keys.values.get("when"), scope, want="bool", where="'when'", event=keys.text("event"))
    return Handler(
        name=name, event=awaited.event, match=awaited.match, subject=awaited.subject,
        legs=_during(build, keys, legs), then=_then(build, keys.mapping("then"), scope), when=when,
        result=keys.text("as"), amends=keys.mapping("then").text("amend"),
    )  # fmt: skip


def _during(build: Build, keys: Keys, legs: list[str]) -> list[str]:
    names = []
    for item in keys.listing("while").items:
        if isinstance(item, Scalar):
            names.append(item.text)
            if item.text not in legs:
                build.problems.add("LTC-D048", item.mark, word=item.text, known=legs)
    return names


def _then(build: Build, keys: Keys, scope: str) -> Reaction:
    for key in ("send_back", "amend", "steps"):
        build.places[f"{scope}:{key}"] = keys.at(key)
    if "cancel" in keys.values:
        return Reaction(kind="cancel", outcome="cancelled")
    if "send_back" in keys.values:
        return Reaction(kind="send_back", leg=keys.text("send_back"), max_rounds=keys.whole("max_rounds", 3))
    return Reaction(kind="steps" if "steps" in keys.values else "hold")


def side_lines(build: Build, given: Keys) -> list[Leg]:
    """Compile the steps of handlers: each is like a looping leg, whose items are the events taken."""
    sides = []
    for name in given.values:
        then = given.mapping(name).mapping("then")
        if "steps" in then.values:
            name_steps(build, then.listing("steps"))
            first = block(build, then.listing("steps"), name, "")
            loop = Loop(source="", name=given.mapping(name).text("as"), key="", on_item=True)
            sides.append(Leg(id=name, loop=loop, first=first))
    return sides


def keep_open(build: Build, keys: Keys, known: list[Handler]) -> KeepOpen | None:
    """Compile how long a completed chain stays open, and for which handlers."""
    length = span(keys, "for")
    if length is None:
        return None
    names = []
    build.places["keep_open"] = keys.mark
    for item in keys.listing("handlers").items:
        word = item.text if isinstance(item, Scalar) else ""
        names.append(word)
        build.places[f"keep_open:{word}"] = item.mark
        if word not in [handler.name for handler in known]:
            build.problems.add("LTC-D170", item.mark, word=word, known=[handler.name for handler in known])
    return KeepOpen(span=length, handlers=names)
