"""What travels beside a call without being an argument of it."""

from __future__ import annotations

from contextvars import ContextVar

CURRENT_CHAIN: ContextVar[str] = ContextVar("ltc_current_chain", default="")
"""The chain on whose behalf a port is called; empty outside a chain. Adapters may pass it on as a header."""

CURRENT_ATTEMPT: ContextVar[int] = ContextVar("ltc_current_attempt", default=0)
"""Which attempt at the call this is, from 1; 0 when the caller does not say. For records only: never part of a key."""
