"""Whom a ``from:`` means on this chain: its expressions evaluated, ready to be held against the people directory."""

from __future__ import annotations

from typing import Any

from ltc.core.turn import ChainError, Turn

EXPRESSIONS = ("manager_of", "owner_of", "scope", "table")


def whom(turn: Turn, source: dict[str, Any], leg: str, item: str) -> dict[str, Any]:
    """Return a source with its expressions evaluated.

    A document stands for its id; ``table`` is a text such as a decision table gives: ``role:x`` or ``person:x``.

    Raises:
        ChainError: an expression cannot be evaluated, or names nobody.
    """
    asked = dict(source)
    for key in EXPRESSIONS:
        if key in asked:
            found = turn.value(asked[key], leg, item)
            asked[key] = found.get("id") if isinstance(found, dict) else found
            if key != "manager_of" and not (isinstance(asked[key], str) and asked[key]):
                raise ChainError(f"{source[key]}: gives no text to ask people by")
    if "table" in asked:
        kind, _, name = asked.pop("table").partition(":")
        if kind not in ("role", "person") or not name:
            raise ChainError(f"{source['table']}: gives {kind[:40]!r}; write role:NAME or person:NAME")
        asked[kind] = name
    return asked
