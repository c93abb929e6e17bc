"""The path of a chain: what it did, in order, without names of items, people, documents and instants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from ltc.model.trail import Entry

Stop = tuple[str, str, str, str]  # leg, step, outcome, decision
LONGEST = 12  # stops; longer stretches that repeat are told in full


def _plain(word: str, field: str = "") -> Callable[[dict[str, Any]], tuple[str, str]]:
    return lambda data: (f"{word} {data.get(field, '')}".strip(), "")


_OUTCOMES: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "done": lambda data: (f"{data.get('mode')} {data.get('op')}", ""),
    "refused": _plain("refused", "reason"),
    "failed": _plain("failed", "error"),
    "probed": lambda data: ("found" if data.get("found") else "absent", ""),
    "revisited": _plain("revisited", "how"),
    "decided": lambda data: (f"{data.get('level')} by {data.get('door')}", str(data.get("decision"))),
    "task_acted": lambda data: (f"acted by {data.get('door')}", str(data.get("action"))),
    "task_closed": _plain("task", "result"),
    "sent_back": _plain("sent back to", "to"),
    "timed_out": _plain("timed out"),
    "delayed": _plain("delayed"),
    "delay_over": _plain("delay over"),
    "event_kept": _plain("kept", "event"),
    "event_taken": _plain("took", "event"),
    "held": _plain("held", "reason"),
    "released": _plain("released", "hold"),
    "intervened": lambda data: ("intervened", str(data.get("action"))),
    "leg_skipped": _plain("skipped"),
    "pivot": _plain("pivot"),
    "sla_warned": _plain("warned"),
    "sla_breached": _plain("breached"),
    "sla_escalated": _plain("escalated"),
    "sla_paused": _plain("paused"),
    "sla_resumed": _plain("resumed"),
    "sla_extended": _plain("extended"),
    "rate": _plain("rate", "target"),
    "compensating": _plain("compensating"),
    "undone": _plain("undone", "op"),
    "stands": _plain("stands", "op"),
    "remains": _plain("remains", "op"),
    "balance": _plain("balance", "equation"),
    "continued": _plain("continued"),
    "ended": _plain("ended", "outcome"),
    "migrated": lambda data: ("moved back" if data.get("back") else "moved", ""),
    "recalendared": _plain("recalendared"),
    "sla_moved": _plain("due otherwise", "sla"),
}


def stops(entries: Iterable[Entry]) -> list[Stop]:
    """Return every stop that a trail tells of, in order."""
    found = []
    for entry in entries:
        tell = _OUTCOMES.get(entry.kind.value)
        if tell is not None:
            found.append((entry.leg, entry.step, *tell(entry.data)))
    return found


def path(entries: Iterable[Entry]) -> list[Stop]:
    """Return the stops of a trail with adjacent repeats collapsed, so that the number of parts makes no path."""
    way = stops(entries)
    for length in range(1, LONGEST + 1):
        way = _collapsed(way, length)
    return way


def _collapsed(way: list[Stop], length: int) -> list[Stop]:
    kept: list[Stop] = []
    for stop in way:
        kept.append(stop)
        if len(kept) >= 2 * length and kept[-length:] == kept[-2 * length : -length]:
            del kept[-length:]
    return kept


def signature(definition: str, way: list[Stop]) -> str:
    """Return a short name of a path of a definition."""
    return hashlib.sha256(json.dumps([definition, way]).encode()).hexdigest()[:12]
