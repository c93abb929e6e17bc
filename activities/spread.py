"""Jitter that is the same whenever it is asked for: a part of one for every call and attempt."""

from __future__ import annotations

import hashlib


def part(who: str, attempt: int) -> float:
    """Return a number from 0 up to 1, evenly spread over calls and attempts, always the same for the same ones."""
    drawn = hashlib.blake2b(f"{who}\x1f{attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn) / 2**64
