"""What a sandbox system is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from ltc.model.clock import VirtualClock
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.sandbox.faults import FaultRule

SystemName = Literal["crm", "erp"]
DEFAULT_CLASSES: Mapping[str, EffectClass] = {
    operation.name: EffectClass.C
    if operation.name in ("erp.create_order", "erp.post_invoice", "erp.release_delivery")
    else EffectClass.A
    for operation in OPERATIONS.values()
    if operation.effect
}


@dataclass(frozen=True)
class SandboxSettings:
    """Settings of one sandbox system.

    ``token``: callers must bring it as a bearer token; empty means anyone may call (loopback only).
    ``index_lag``: how old, in real seconds, a document must be before a search by reference sees it; listings see it
    at once. ``seed`` decides the replenishment schedule. ``data`` is a file of master data, loaded at start.
    """

    system: SystemName
    database: Path | str = ":memory:"
    clock: VirtualClock | None = None
    faults: tuple[FaultRule, ...] = ()
    classes: Mapping[str, EffectClass] = field(default_factory=dict)
    seed: int = 1
    token: SecretStr = field(default_factory=lambda: SecretStr(""))
    index_lag: float = 0.0
    data: Path | None = None

    def effect_class(self, operation: str) -> EffectClass:
        """Return how an operation is served; what is not said is as in ``DEFAULT_CLASSES``, commands are A."""
        return self.classes.get(operation) or DEFAULT_CLASSES.get(operation, EffectClass.A)


def parse_class(text: str, system: SystemName) -> tuple[str, EffectClass]:
    """Read ``erp.create_order=C``, for the system that carries it out.

    Raises:
        ValueError: no such effect, or a class the sandbox does not serve.
    """
    name, _, letter = text.partition("=")
    ports = ("erp", "customer") if system == "erp" else ("crm",)  # the ERP knows the customers
    effects = [effect for effect in DEFAULT_CLASSES if effect.split(".")[0] in ports]
    if name not in effects:
        raise ValueError(f"effect class {text!r}: the {system} has no effect {name!r}; it has {', '.join(effects)}")
    if letter not in (EffectClass.A, EffectClass.C):
        raise ValueError(f"effect class {text!r}: the sandbox serves A and C; write {name}=A or {name}=C")
    return name, EffectClass(letter)
