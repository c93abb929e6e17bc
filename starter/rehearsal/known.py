"""All kinds of sights and all actions of a rehearsal: who adds a file of them names it here."""

from __future__ import annotations

import inspect

from starter.rehearsal import actions, sights, tasks, trade
from starter.rehearsal.registry import ACTIONS, parameters
from starter.rehearsal.shape import Rule
from starter.rehearsal.sights import SOURCES, Sight
from starter.rehearsal.stage import Stage

FILES = (actions, sights, tasks, trade)  # importing them is what enters their kinds
SIGHTS = SOURCES


def check_rule(rule: Rule) -> None:
    """Check that a rule names a kind of sight and an action that exist, and what that action takes.

    Raises:
        ValueError: it does not; the text says what there is.
    """
    if rule.kind not in SIGHTS:
        raise ValueError(f"when: {rule.when!r}: nobody sees {rule.kind!r}; there are {', '.join(sorted(SIGHTS))}")
    if rule.do not in ACTIONS:
        raise ValueError(f"do: there is no action {rule.do!r}; there are {', '.join(sorted(ACTIONS))}")
    takes = parameters(ACTIONS[rule.do])
    anything = "more" in inspect.signature(ACTIONS[rule.do]).parameters
    unknown = [name for name in rule.args if name not in takes and not anything]
    if unknown:
        given = ", ".join(takes) or "nothing"
        raise ValueError(f"do: {rule.do} takes no {unknown[0]!r}; it takes {given}")
    missing = [name for name, one in takes.items() if one.default is one.empty and name not in rule.args]
    if missing:
        raise ValueError(f"do: {rule.do} needs {missing[0]!r}")


async def perform(stage: Stage, sight: Sight, rule: Rule) -> bool:
    """Do what a rule says about a sight; tell whether it is done."""
    work = ACTIONS[rule.do]
    named = {"named": rule.do} if "named" in inspect.signature(work).parameters else {}
    return await work(stage, sight, **named, **rule.args)
