"""One package per outside system; they never import each other. Each has a value ``ADAPTER``."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points

from ltc.ports.adapters import Adapter
from ltc.ports.errors import Misconfigured

OURS = ("sandbox", "tryton", "bottlecrm", "odoo", "kingdee")
GROUP = "ltc.adapters"


def names() -> list[str]:
    """Return the names of all adapters that are installed."""
    return sorted({*OURS, *(point.name for point in entry_points(group=GROUP))})


def find(name: str) -> Adapter:
    """Return an adapter by its name: one of ours, or one that another distribution brings.

    Raises:
        Misconfigured: there is none, or its package cannot be used.
    """
    if name in OURS:
        found = importlib.import_module(f"ltc.adapters.{name}").ADAPTER
    else:
        points = entry_points(group=GROUP, name=name)
        if not points:
            raise Misconfigured(f"there is no adapter {name!r}; there are {', '.join(names())}")
        try:
            found = next(iter(points)).load()
        except Exception as error:  # another's package may be broken in any way; it must not break ltc
            raise Misconfigured(f"the adapter {name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, Adapter):
        raise Misconfigured(f"the adapter {name!r} is no ltc.ports.adapters.Adapter")
    return found
