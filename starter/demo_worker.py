"""The demonstration's worker: `worker.py`, with its probes counted and, when told so, one bug planted."""

from __future__ import annotations

import os
import runpy
import time
from pathlib import Path

from pydantic import BaseModel

PLANT = "LTC_PLANT"
PROBES = "LTC_PROBES"


def main() -> None:
    """Plant, count, and become the worker."""
    from starter.installation import ROOT

    plant = os.environ.get(PLANT)
    if plant:
        from starter.planted import BUGS

        BUGS[plant]()
    if PROBES in os.environ:
        _count_probes(Path(os.environ[PROBES]))
    runpy.run_path(str(ROOT / "worker.py"), run_name="__main__")


def _count_probes(log: Path) -> None:
    """Write a line for each probe of an effect: when, which operation, whether it was found."""
    from ltc.adapters.sandbox.base import SandboxAdapter

    sound = SandboxAdapter.probe

    async def probe(self: SandboxAdapter, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        found = await sound(self, operation, key, request)
        with log.open("a") as file:
            file.write(f"{time.time():.3f} {operation} {'found' if found is not None else 'absent'}\n")
        return found

    SandboxAdapter.probe = probe  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
