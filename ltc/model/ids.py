"""Identities: effect keys, activity ids, digests. All are pure functions of their arguments."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """Write a JSON value in one way only: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """Return a short digest (96 bits, base32) of a JSON value."""
    return base64.b32encode(hashlib.sha256(canonical(value)).digest()[:12]).decode().rstrip("=")


def effect_key(installation: str, chain: str, leg: str, item: str, step: str, generation: int) -> str:
    """Return the key of an effect: 20 characters, fit for a reference field a human reads.

    Neither visit nor attempt is part of it, so that a step visited again keeps its effect; a new generation
    begins only after the previous effect is proved absent or undone, or by a human's word.
    """
    parts = "\x1f".join((installation, chain, leg, item, step, str(generation)))
    return base64.b32encode(hashlib.sha256(parts.encode()).digest())[:20].decode()


def place(leg: str, item: str, step: str) -> str:
    """Return where a step stands: ``leg[item].step``, or ``leg.step`` outside a loop."""
    return f"{leg}[{item}].{step}" if item else f"{leg}.{step}"


def activity_id(leg: str, item: str, step: str, visit: int) -> str:
    """Return ``leg[item].step#visit``: makes re-ordered definitions fail their replay."""
    return f"{place(leg, item, step)}#{visit}"
