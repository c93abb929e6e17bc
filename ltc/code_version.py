"""Which code runs chains here: a short digest of its files, so that two workers of different code can be told apart."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_RUNS_CHAINS = ("ltc/model", "ltc/definition", "ltc/core", "ltc/ports", "workflows", "activities")
MARK = "#"  # stands between who a worker is and what code it runs, in the name it gives Temporal


@cache
def code() -> str:
    """Return six letters that differ where the engine's code does, whatever the version is called."""
    found = hashlib.sha256()
    for folder in _RUNS_CHAINS:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            found.update(f"{path.relative_to(_ROOT).as_posix()}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:6]


def marked(identity: str) -> str:
    """Return the name of a worker with the code that it runs."""
    return f"{identity}{MARK}{code()}"


def code_of(identity: str) -> str:
    """Return the code that a worker of this name runs; empty when it does not say."""
    return identity.rpartition(MARK)[2] if MARK in identity else ""
