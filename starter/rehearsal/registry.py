"""The registry of a rehearsal's actions: a new one is a small function under ``@action``.

``@action("name")`` above ``async def f(stage, sight, ...)``; further parameters are what a rule may give. It acts only
through the typed client and the sandbox systems' commands, and returns whether it is done: if not, it is tried again.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable


class NotYet(Exception):
    """It cannot be done at this moment: there is no stock, nobody was asked; it is tried again without end."""


Action = Callable[..., Awaitable[bool]]
ACTIONS: dict[str, Action] = {}


def action(*names: str) -> Callable[[Action], Action]:
    """Enter an action into the registry, under one name or several; it gets the name that was used as ``named``."""

    def enter(work: Action) -> Action:
        for name in names:
            ACTIONS[name] = work
        return work

    return enter


def parameters(work: Action) -> dict[str, inspect.Parameter]:
    """Return what a rule may give to an action."""
    known = inspect.signature(work).parameters
    return {name: one for name, one in known.items() if name not in ("stage", "sight", "named", "more")}
