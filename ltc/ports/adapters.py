"""What an adapter package says of itself, and what it is given to connect with.

An adapter is one package with a value ``ADAPTER``. ltc's own are named in ``ltc.adapters``; others are found by the
entry point group ``ltc.adapters`` of their distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ltc.ports.operations import EffectClass
from ltc.ports.systems import System

_NONE = SecretStr("")


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
        """
        made: System = self.ports[port](connection)
        return made
