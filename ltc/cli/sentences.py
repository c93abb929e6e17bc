"""Trail entries in words, one sentence each; runs of tries and re-reads of one step told as one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ltc.cli.pieces import after, answer, detailed, document, joined, listed, money
from ltc.cli.text import moment, span
from ltc.wording import fill, foreign, label, say_value

Data = dict[str, Any]
Record = dict[str, Any]
_TRIES = ("scheduled", "failed", "unknown", "probed", "done")


_MODES = {"do": "call", "read": "read", "probe": "probe", "undo": "undo", "notice": "tell"}


def _scheduled(data: Data) -> str:
    return f"{label(_MODES.get(str(data.get('mode')), 'call'))} {data.get('op', '')}"


def _done(data: Data) -> str:
    return joined(
        f"{data.get('op', '')} {label('read' if data.get('mode') == 'read' else 'done')}",
        document(data.get("document")),
    )


def _probed(data: Data) -> str:
    found = "it took effect" if data.get("found") else "it did not take effect"
    return joined(f"{data.get('op', '')} probed: {found}", document(data.get("document")))


_ACTED = {
    "claim": "claimed the task", "release": "released the task", "save": "saved", "complete": "did the task",
    "reject": "declined the task",
}  # fmt: skip


def _task_acted(data: Data) -> str:
    ticks, values = data.get("ticks") or {}, data.get("values") or {}
    ticked = [
        fill("{name} by {by}", name=name, by=one.get("by", "?")) for name, one in ticks.items() if isinstance(one, dict)
    ]
    return joined(
        f"{data.get('actor', '?')} {label(_ACTED.get(str(data.get('action')), str(data.get('action'))))}",
        detailed({name: answer(value) for name, value in values.items()}), after("ticked", listed(ticked)),
        data.get("comment"),
    )  # fmt: skip


def _task_opened(data: Data) -> str:
    who = data.get("candidates")
    people = listed(who) if not isinstance(who, dict) else "; ".join(f"{k}: {listed(v)}" for k, v in who.items())
    if data.get("what") == "task":
        return joined(f"task opened: {data.get('subject', '')}", after("at most to", moment(data.get("deadline"))))
    return joined(
        f"approval opened: {data.get('subject', '')}", after("level", data.get("level")), after("asked", people)
    )


def _task_offered(data: Data) -> str:
    stands_for = data.get("standing") or {}
    people = [
        fill("{name} (for {others})", name=one, others=listed(stands_for[one])) if stands_for.get(one) else str(one)
        for one in data.get("candidates") or []
    ]
    return joined(
        f"offered to {listed(people) or label('nobody')}", after("level", data.get("level")),
        after("then", listed(data.get("queue"))),
        fill("{need} must agree", need=data["need"]) if data.get("need") else "",
    )  # fmt: skip


def _decided(data: Data) -> str:
    said = {"approve": "approved", "reject": "rejected", "send_back": "sent back"}
    verb = said.get(str(data.get("decision")), str(data.get("decision")))
    return joined(f"{data.get('actor', '?')} {label(verb)}", after("at level", data.get("level")), data.get("comment"),
        after("attached", answer(data["files"]) if data.get("files") else ""),
    )  # fmt: skip


def _sla(verb: str) -> Callable[[Data], str]:
    def told(data: Data) -> str:
        lag = data.get("lag")
        if data.get("why"):
            return f"SLA {data.get('sla', '')} {data['why']}"
        return joined(
            f"{label('SLA')} {data.get('sla', '')} {label(verb)}",
            after("due", moment(data.get("deadline"))),
            after("rung", data.get("rung")),
            after("told", listed(data.get("notify"))),
            after("used", span(data["used"])) if data.get("used") is not None else "",
            after("late", span(data["late"])) if data.get("late") else "",
            f"engine lag {lag:.1f} s" if isinstance(lag, (int, float)) and lag >= 1 else "",
        )

    return told


def _intervened(data: Data) -> str:
    claim = " (asserted)" if data.get("asserted") else ""
    return joined(f"{data.get('actor', '?')}{claim}: {data.get('action', '')}", data.get("reason"))


def _started(data: Data) -> str:
    return joined(
        f"{data.get('process', 'chain')} started", after("number", data.get("number")),
        after("for", data.get("customer")), money(data.get("net")), after("requested by", data.get("requester")),
    )  # fmt: skip


def _fields(heading: str, *names: str) -> Callable[[Data], str]:
    """Say a label, then the named fields that are there."""

    def told(data: Data) -> str:
        said = [money(data.get(name)) if isinstance(data.get(name), dict) else listed(data.get(name)) for name in names]
        mark = "：" if foreign() else ": "
        return f"{label(heading)}{mark}{joined(*said)}" if joined(*said) else label(heading)

    return told


_HOW = {"steps": "beside the legs", "send_back": "back", "hold": "no further: a person decides"}

_SENTENCES: dict[str, Callable[[Data], str]] = {
    "chain_started": _started,
    "leg_entered": _fields("leg entered"),
    "leg_skipped": _fields("leg skipped", "why"),
    "leg_left": _fields("leg left"),
    "item_opened": _fields("item opened"),
    "item_closed": _fields("item closed"),
    "dunned": lambda data: joined(
        f"dunning level {data.get('number', '')}: {data.get('level', '')}", after("due", moment(data.get("due"))),
        after("late", span(data["late"])) if data.get("late") else "",
    ),
    "dunning_paused": lambda data: joined(
        f"dunning rests: {data.get('why', '')}", after("until", moment(data.get("until"))),
    ),
    "dunning_resumed": _fields("dunning goes on", "why"),
    "item_skipped": _fields("period left out", "why"),
    "periods_ended": _fields("no further period begins", "why"),
    "condition": lambda data: fill(
        "{on} is {value}", on=data.get("on", "condition"), value=str(data.get("value")).lower(),
    ),
    "scheduled": _scheduled,
    "done": _done,
    "refused": lambda data: f"{data.get('op', '')} refused: {joined(data.get('reason'), data.get('message'))}",
    "failed": lambda data: f"{data.get('op', '')} failed: {joined(data.get('error'), data.get('message'))}",
    "unknown": lambda data: f"{data.get('op', '')}: outcome unknown, a probe follows",
    "probed": _probed,
    "revisited": _fields("step visited again", "how"),
    "waiting": lambda data: joined(
        f"waits for {listed(data.get('events'))}", after("until", data.get("until")),
        after("at most to", moment(data.get("deadline"))),
    ),
    "event_kept": _fields("event kept, nobody waits for it yet", "event", "id"),
    "event_taken": _fields("event taken", "event", "id"),
    "timed_out": _fields("waited too long"),
    "delayed": lambda data: f"delayed until {moment(data.get('until'))}",
    "delay_over": _fields("the delay is over"),
    "document": lambda data: f"{document(data)} read again: it changed",
    "task_opened": _task_opened,
    "task_offered": _task_offered,
    "decided": _decided,
    "task_acted": _task_acted,
    "task_handed": _fields("others are asked", "how", "actor", "to", "candidates", "why"),
    "silence": lambda data: joined(f"silence means {data.get('then', '')}", after("at", moment(data.get("deadline")))),
    "task_closed": _fields("task closed", "result"),
    "sent_back": lambda data: joined(f"sent back to {data.get('to', '')}", after("round", data.get("round"))),
    "rate": lambda data: f"1 {data.get('source', '')} = {data.get('rate', '')} {data.get('target', '')}",
    "sla_started": _sla("started"),
    "sla_paused": _sla("paused"),
    "sla_resumed": _sla("resumed"),
    "sla_warned": _sla("warns"),
    "sla_breached": _sla("BREACHED"),
    "sla_escalated": _sla("escalated"),
    "sla_ended": _sla("ended"),
    "sla_extended": _sla("extended"),
    "sla_moved": lambda data: joined(
        f"SLA {data.get('sla', '')} is due {moment(data.get('deadline')) or 'when it runs again'}",
        after("before", moment(data.get("was"))), data.get("why"),
    ),
    "wait_moved": lambda data: joined(
        f"waits at most to {moment(data.get('deadline'))}", after("before", moment(data.get("was"))),
    ),
    "migrated": lambda data: joined(
        f"{data.get('actor', '?')} {'went back' if data.get('back') else 'moved the chain'} to plan",
        data.get("plan"),
        after("from", data.get("was")), data.get("reason"),
        after("renamed", detailed(data.get("renames"))),
    ),
    "recalendared": lambda data: joined(
        f"{data.get('actor', '?')} renewed the calendars",
        joined(*(f"{name} {' → '.join(map(str, one))}" for name, one in (data.get("calendars") or {}).items())),
        data.get("reason"),
    ),
    "notified": lambda data: fill("told {to}: {about}", to=listed(data.get("to")), about=data.get("about", "")),
    "pivot": _fields("point of no return", "what"),
    "held": lambda data: joined(
        f"{label('HELD')}: {data.get('reason', '')}", after("rests with", data.get("owner")),
        detailed(data.get("detail")),
    ),
    "released": _fields("released by", "actor"),
    "intervened": _intervened,
    "compensating": _fields("compensation begins", "why"),
    "undone": lambda data: joined(
        f"{data.get('op', '')} undone", after("by", listed(data.get("by"))), document(data.get("document")),
    ),
    "stands": _fields("effect stands", "op", "why"),
    "remains": _fields("effect REMAINS, a person must undo it", "op", "why"),
    "balance": lambda data: (
        f"does not balance: {data.get('equation', '')}: {money(data.get('left'))} ≠ {money(data.get('right'))}"
    ),
    "rested": _fields("came to rest", "state"),
    "continued": _fields("history continued in a new run"),
    "handled": lambda data: joined(
        f"handler {data.get('handler', '')} takes {data.get('event', '')}",
        after("and goes", label(_HOW.get(str(data.get("then")), ""))),
    ),
    "amended": lambda data: joined(
        f"{data.get('document', '')} amended", after("asked for again:", listed(data.get("reopened"))),
        after("stands:", listed(data.get("kept"))),
    ),
    "kept_open": lambda data: joined(
        "completed; kept open", after("to", moment(data.get("until"))), after("for", listed(data.get("handlers"))),
    ),
    "forged": lambda data: joined(
        f"what {data.get('actor', '?')} sent was NOT taken: its signature does not hold", data.get("problem"),
    ),
    "not_taken": lambda data: joined(
        f"what {data.get('actor', '?')} sent by signal was NOT taken", data.get("why"),
    ),
    "ended": lambda data: f"{label('ENDED')} {joined(data.get('outcome'), data.get('reason'))}",
}  # fmt: skip


def sentence(record: Record) -> str:
    """Return what an entry says, in one line."""
    kind = str(record.get("kind"))
    told = _SENTENCES.get(kind)
    data = record.get("data") or {}
    return say_value(told(data)) if told else joined(kind, listed([f"{name} {value}" for name, value in data.items()]))


def where(record: Record) -> str:
    """Return where an entry stands: ``leg[item].step#visit``."""
    item = f"[{record['item']}]" if record.get("item") else ""
    step = f".{record['step']}" if record.get("step") else ""
    visit = f"#{record['visit']}" if (record.get("visit") or 0) > 1 else ""
    return f"{record.get('leg') or ''}{item}{step}{visit}"


def _try_of(record: Record) -> tuple[str, ...] | None:
    data = record.get("data") or {}
    if record.get("kind") not in _TRIES or not record.get("step"):
        return None
    return (str(record.get("leg")), str(record.get("item")), str(record.get("step")), str(data.get("op")))


def collapse(records: Iterable[Record]) -> list[Record]:
    """Return the entries, each run of tries of one step made one: its last entry, with ``tries`` and ``first_seq``.

    ``records`` are in order, oldest first; so is what is returned.
    """
    told: list[Record] = []
    last: tuple[str, ...] | None = None
    for record in records:
        key = _try_of(record)
        tried = int(record.get("kind") == "scheduled")
        if key is not None and key == last:
            before = told[-1]
            told[-1] = {**record, "tries": before["tries"] + tried, "first_seq": before["first_seq"]}
        else:
            told.append({**record, "tries": tried, "first_seq": record.get("seq")})
        last = key
    return told
