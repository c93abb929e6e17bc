"""The rigs of ltc's own adapters; other distributions bring theirs by the entry point group ``ltc.contract``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from ltc.contract.base_rig import BaseRig
from ltc.contract.building import Samples
from ltc.ports.adapters import Adapter, Connection
from ltc.ports.errors import Misconfigured

GROUP = "ltc.contract"
_OURS = ("sandbox", "tryton", "bottlecrm", "odoo", "kingdee")


def rig_for(adapter: Adapter, connections: Mapping[str, Connection], samples: Samples | None = None) -> BaseRig:
    """Return the rig of an adapter: ours, one that an entry point ``NAME = module:Rig`` names, or the base rig.

    Raises:
        Misconfigured: the entry point cannot be loaded.
    """
    make: Callable[..., BaseRig] = BaseRig
    if adapter.name in _OURS:
        make = importlib.import_module(f"ltc.contract.rigs.{adapter.name}").RIG
    else:
        for point in entry_points(group=GROUP, name=adapter.name):
            make = _load(point)
    return make(adapter, connections, samples)


def _load(point: Any) -> Callable[..., BaseRig]:
    try:
        made: Callable[..., BaseRig] = point.load()
    except Exception as error:  # another's package may be broken in any way
        why = f"{type(error).__name__}: {error}"
        raise Misconfigured(f"the rig {point.value} of the adapter {point.name} cannot be loaded: {why}") from error
    return made
