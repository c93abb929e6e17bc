"""The lines of a path: which of them a case means, and whether such a line could come at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ltc.definition.errors import Mark, Problems
from ltc.definition.nodes import Scalar
from ltc.definition.plan import ApproveNode, Plan, WaitNode
from ltc.definition.schema_common import OUTCOMES

_ITEM = re.compile(r"\[[^\]]*\]")
_PLACE = re.compile(r"([a-z][a-z0-9_]*)(?:\[.*?\])?(?:\.([a-z][a-z0-9_-]*))?(?: |$)")
_PROMISES = ("warned", "breached", "escalated")
_CHAIN = ("pivot", *_PROMISES, "kept", "compensating", "ended", "chain", "balance", "forged")
_OF_LEGS = ("entered", "skipped", "opened", "left", "periods", "held", "released", "took", "handles")
_OF_STEPS = (
    "do", "read", "undo", "refused", "asks", "opens", "claimed", "released", "saved", "completed", "declined", "dunned",
    "dunning", "sent", "revisited", "probed", "held", "timed", "amends", "undone", "stands", "remains", "took",
    "delayed",
)  # fmt: skip


def means(wanted: str, line: str) -> bool:
    """Tell whether a line that a case names is this one: all of it or its beginning, of one item or of any."""
    bare = line if "[" in wanted else _ITEM.sub("", line)
    return bare == wanted or bare.startswith(f"{wanted} ")


def differing(path: Sequence[str], wanted: Sequence[str], unwanted: Sequence[str]) -> list[str]:
    """Say which lines did not come in this order, others between them, and which came that must not."""
    differences, at = [], 0
    for line in wanted:
        found = next((index for index in range(at, len(path)) if means(line, path[index])), None)
        if found is None:
            where = " at this point" if any(means(line, one) for one in path) else ""
            differences.append(f"path: {line!r} did not come{where}")
        else:
            at = found + 1
    return differences + [f"never: {line!r} came" for line in unwanted if any(means(line, one) for one in path)]


def check_line(item: Scalar, plan: Plan, problems: Problems) -> None:
    """Complain about a line that could never come, whatever happened: as one of ``never`` it would show nothing."""
    found = _PLACE.match(item.text)
    sides = {leg.id for leg in plan.sides} | {one.name for one in plan.handlers}
    places = [*(leg.id for leg in plan.legs), *sorted(sides)]
    rest = item.text[found.end() :].split() if found else []
    if found is None or (found[1] not in places and found[1] not in _CHAIN):
        check_known(problems, "leg or handler", found[1] if found else item.text, item.mark, places)
    elif found[1] in _CHAIN and found[1] not in places:
        _chain(found[1], rest, item, plan, problems)
    elif found[2]:
        _step(f"{found[1]}.{found[2]}", rest, item, plan, problems)
    elif rest:
        _word(rest[0], _OF_LEGS, item, problems)


def _chain(word: str, rest: list[str], item: Scalar, plan: Plan, problems: Problems) -> None:
    """What the chain as a whole tells: its promises by their ids, its outcomes."""
    if word in _PROMISES and rest:
        check_known(problems, "promise", rest[0], item.mark, list(plan.slas))
    elif word == "ended" and rest:
        _word(rest[0], OUTCOMES, item, problems)


def _step(node: str, rest: list[str], item: Scalar, plan: Plan, problems: Problems) -> None:
    leg, step = node.split(".", 1)
    steps = {one.step: one for one in plan.nodes.values() if one.leg == leg}
    if step not in steps:
        check_known(problems, "such step:", step, item.mark, list(steps))
        return
    if not rest:
        return
    one = steps[step]
    levels = [level.name for level in one.levels] if isinstance(one, ApproveNode) else []
    rises = [rise.name for rise in one.ladder.levels] if isinstance(one, WaitNode) and one.ladder else []
    _word(rest[0], (*_OF_STEPS, *levels), item, problems)
    known = {
        "do": ("lasting effect", list(plan.operations)), "read": ("call of", list(plan.operations)),
        "asks": ("approval level", levels), "took": ("event", list(plan.events)), "dunned": ("level", rises),
    }.get(rest[0])  # fmt: skip
    if known and len(rest) > 1:
        check_known(problems, known[0], rest[1], item.mark, known[1])


def check_word(problems: Problems, item: Scalar, known: Sequence[str], where: str) -> None:
    """Complain about a word that means nothing at its place."""
    if item.text not in known:
        problems.add("LTC-D024", item.mark, word=item.text, where=where, known=[word for word in known if word])


def check_known(problems: Problems, what: str, word: str, mark: Mark, known: Iterable[str]) -> None:
    """Complain about a name of something that the process does not have."""
    known = list(dict.fromkeys(known))
    if word not in known:
        problems.add("LTC-D190", mark, what=what, word=word, known=known)


def _word(word: str, known: Sequence[str], item: Scalar, problems: Problems) -> None:
    if word not in known:
        problems.add("LTC-D024", item.mark, word=word, where="a line of the path", known=known)
