"""Says once for each system that is away what else every chain that waits for it would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Record = dict[str, Any]
_WAITING = ("retrying", "unknown_outcome")
_WORDS = {"away": "is away", "trying": "is away; one call tries it now", "recovering": "answers again; they come back"}
_LEAST = 2  # one chain speaks for itself


def grouped(found: Sequence[Record], troubled: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Put the rows of chains that wait for the same system into one row, where the first of them stood.

    Args:
        found: the rows, one for each chain and reason.
        troubled: the systems that do not do well, as the workers see them.

    Returns:
        The rows; one that stands for several has their chains under ``chains``.
    """
    ill = {f"system:{one['system']}": one for one in troubled}
    chains: dict[str, dict[str, None]] = {}
    for row in found:
        if row["owner"] in ill and row["reason"] in _WAITING:
            chains.setdefault(row["owner"], {})[row["chain"]] = None
    result: list[Record] = []
    told: set[str] = set()
    for row in found:
        waiting = chains.get(row["owner"], {}) if row["reason"] in _WAITING else {}
        if len(waiting) < _LEAST:
            result.append(row)
        elif row["owner"] not in told:
            told.add(row["owner"])
            result.append(_row(row["owner"], ill[row["owner"]], list(waiting)))
    return result


def _row(owner: str, system: Mapping[str, Any], chains: list[str]) -> Record:
    name, error = system["system"], system["error"]
    return {
        "chain": f"{len(chains)} chains", "reason": "retrying", "leg": "", "item": "", "step": "",
        "since": system["since"], "clock": "wall", "since_working": None, "owner": owner,
        "detail": f"{name} {_WORDS.get(system['state'], 'is away')}" + (f": {error}" if error else ""),
        "next": "one call tries it, then the oldest come first", "next_at": system["next_try"], "allowed": [],
        "chains": chains,
    }  # fmt: skip
