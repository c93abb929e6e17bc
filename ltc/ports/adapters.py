"""What an adapter package says of itself, and what it is given to connect with.

An adapter is one package with a value ``ADAPTER``. ltc's own are named in ``ltc.adapters``; others are found by the
entry point group ``ltc.adapters`` of their distribution.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ltc.ports.errors import Misconfigured
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.ports.systems import System

_NONE = SecretStr("")
_MEMBERS = {  # of every port besides its operations: ltc.ports.systems
    "effect_class": "effect_class(operation)", "probe": "probe(operation,key,request)",
    "events": "events(after,limit,wait)", "settle_seconds": "settle_seconds", "aclose": "aclose()",
}  # fmt: skip


@dataclass(frozen=True)
class Connection:
    """Where a system is and how to get in. Secrets stay ``SecretStr`` until they are sent.

    ``timeout`` is in real seconds, to connect and to wait for an answer; ``settle_seconds`` is how long an abandoned
    call may still take effect there. ``classes`` holds what the settings say otherwise than the adapter does.
    ``mapping`` is the folder of field mappings that replace the adapter's own; None: its own. ``options`` are the
    adapter's own settings; one that it does not know is ``Misconfigured``.
    """

    url: str
    token: SecretStr = _NONE
    user: str = ""
    password: SecretStr = _NONE
    database: str = ""
    timeout: float = 2.0
    settle_seconds: float = 3.0
    classes: Mapping[str, EffectClass] = field(default_factory=dict)
    mapping: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Adapter:
    """One outside system: its name, the ports it serves, and how far it has been tried.

    ``ports`` makes the port's implementation from a connection; nothing may be connected to before the first call.
    ``verified`` says against what it has been run: "the vendor's server", or "a fake of its wire protocol".
    ``options`` names the options it takes, each with what it means.
    """

    name: str
    title: str
    ports: Mapping[str, Callable[[Connection], Any]]
    verified: str
    options: Mapping[str, str] = field(default_factory=dict)

    def connect(self, port: str, connection: Connection) -> System:
        """Return the port's implementation.

        Raises:
            KeyError: the adapter does not serve this port.
            Misconfigured: the settings are wrong, or the implementation lacks what every port has.
        """
        made: System = self.ports[port](connection)
        _check(self.name, port, made)
        return made


def _check(name: str, port: str, made: System) -> None:
    kind = type(made).__name__
    for member, form in _MEMBERS.items():
        if not hasattr(made, member):
            raise Misconfigured(f"the adapter {name}: its port {port} ({kind}) has no {form}, which every port has")
    for operation in OPERATIONS.values():
        method = getattr(made, operation.method, None) if operation.port == port else None
        if not callable(method):
            continue  # what a system does not carry out has no method
        form = f"{operation.method}(request{', key' if operation.effect else ''})"
        if not inspect.iscoroutinefunction(method) or not _takes(method, 2 if operation.effect else 1):
            raise Misconfigured(
                f"the adapter {name}: its port {port} ({kind}) must carry {operation.name} out as async {form}"
            )


def _takes(method: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(method).bind(*range(count))
    except TypeError:
        return False
    return True
