"""Why a chain does not move, as far as machines are concerned: calls under way, the engine itself, undoing; pure."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.model.ids import place
from ltc.model.messages import CHAINS_QUEUE, NOTICES_QUEUE, call_queue
from ltc.store.rows import Key, Row
from ltc.store.stuck_facts import OPERATORS, Asked, PendingActivity, Stuck, held_at, say, sent_once, where_of

_NEXT = {
    "failing": "the workflow task is tried again; it goes on once a repaired worker runs",
    "cut_short": "the sweep of a worker takes it up again and undoes what took effect",
    "lost": "",
}


def faults(asked: Asked) -> Iterator[Stuck]:
    """The engine's own faults: a workflow task that keeps failing, a chain that was cut short or lost."""
    for one in asked.failures:
        tried = f"{one.cause} ({one.attempt} tries)" if one.kind == "failing" else one.cause
        yield say(
            asked, "engine_fault", one.since, clock="wall", owner=OPERATORS, detail=tried,
            next=_NEXT[one.kind], allowed=["relaunch"] if one.kind == "lost" else [],
        )  # fmt: skip


def unheard(asked: Asked) -> Iterator[Stuck]:
    """A chain that was started and has left no trail: nobody works on chains."""
    if asked.pollers.get(CHAINS_QUEUE, 1) == 0:
        yield say(
            asked, "no_worker", asked.started, clock="wall", owner=OPERATORS,
            detail=f"nobody works on queue {CHAINS_QUEUE}", next="a worker that starts takes it", allowed=[],
        )  # fmt: skip


def flights(asked: Asked) -> Iterator[Stuck]:
    """What is under way: nobody to do it, tried again and again, or with an outcome that nobody knows."""
    told: list[Key] = []
    for one in asked.pending:
        key, row = _step_of(asked, one)
        stuck = _flight(asked, one, row)
        if stuck is not None:
            told += [key] if key else []
            yield stuck
    for key, row in asked.view.each("steps"):
        if row["state"] == "unknown" and key not in told:
            yield _unknown(asked, key, row)
    if not asked.pending:
        yield from _unpolled(asked)


def _step_of(asked: Asked, pending: PendingActivity) -> tuple[Key | None, Row | None]:
    at = pending.id.split("#", 1)[0]
    for key, row in asked.view.each("steps"):
        if place(str(key[0]), str(key[1]), str(key[2])) == at and key[3] == pending.operation:
            return key, row
    return None, None


def _spot(pending: PendingActivity) -> dict[str, str]:
    """Read leg, item and step of an activity id ``leg[item].step#visit``."""
    at, _, _ = pending.id.partition("#")
    head, _, step = at.rpartition(".")
    leg, _, item = head.partition("[")
    return {"leg": leg, "item": item.removesuffix("]"), "step": step}


def _flight(asked: Asked, one: PendingActivity, row: Row | None) -> Stuck | None:
    where = _spot(one)
    since = (row["since_wall"] if row else None) or one.scheduled
    unknown = row is not None and (row["unknowns"] > 0 or row["mode"] == "probe")
    system = f"system:{one.operation.split('.', 1)[0]}"
    if asked.pollers.get(one.queue, 1) == 0:
        return say(
            asked, "no_worker", since, clock="wall", **where, owner=OPERATORS,
            detail=f"nobody works on queue {one.queue}", next="a worker that starts takes it", allowed=["cancel"],
        )  # fmt: skip
    if one.attempt <= 1:
        return None
    detail = f"{one.operation}: {one.attempt} attempts; {one.last_error}".removesuffix("; ")
    kind = "compensating" if row and row["mode"] == "undo" else "unknown_outcome" if unknown else "retrying"
    return say(
        asked, kind, since, clock="wall", **where, owner=system, detail=detail,
        next="it is probed again" if kind == "unknown_outcome" else "it is tried again", next_at=one.next_try,
        allowed=[] if kind == "compensating" else ["hold", "cancel"],
    )  # fmt: skip


def _unknown(asked: Asked, key: Key, row: Row) -> Stuck:
    where = {"leg": str(key[0]), "item": str(key[1]), "step": str(key[2])}
    held = held_at(asked, where)
    system = f"system:{str(key[3]).split('.', 1)[0]}"
    once = any(sent_once(one) and where_of(one) == where for _, one in asked.view.each("holds"))
    by_hand = ["skip", "correct"] if once else ["retry", "skip", "correct"]
    return say(
        asked, "unknown_outcome", row["since"], **where, owner=OPERATORS if held else system,
        detail=f"{key[3]} may or may not have taken effect (effect {row['effect']})",
        next="" if held else "it is probed", allowed=by_hand if held else ["hold", "cancel"],
    )  # fmt: skip


def _unpolled(asked: Asked) -> Iterator[Stuck]:
    """Without Temporal's word on pending activities: a step in flight whose queue nobody polls."""
    for key, row in asked.view.each("steps"):
        queue = NOTICES_QUEUE if row["mode"] == "notice" else call_queue(str(key[3]).split(".", 1)[0])
        if asked.pollers.get(queue, 1) == 0:
            yield say(
                asked, "no_worker", row["since_wall"], clock="wall", leg=str(key[0]), item=str(key[1]),
                step=str(key[2]),
                owner=OPERATORS, detail=f"nobody works on queue {queue}", next="a worker that starts takes it",
                allowed=["cancel"],
            )  # fmt: skip


def compensating(asked: Asked) -> Iterator[Stuck]:
    """What took effect is being undone."""
    since = asked.view.head["compensating_since"]
    if since is None or any(row["released"] is None for _, row in asked.view.each("holds")):
        return
    left = [row["op"] for _, row in asked.view.each("effects") if row["status"] in ("certain", "unknown", "scheduled")]
    yield say(
        asked, "compensating", since, owner="the chain itself",
        detail=f"{len(left)} effects still to be undone" + (f", next of {left[-1]}" if left else ""),
        next="the next effect is undone", allowed=[],
    )  # fmt: skip
