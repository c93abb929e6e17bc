"""The trail: the ordered record of everything that happened to a chain, and its compact wire form."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import Field

from ltc.model.base import Value


class Kind(StrEnum):
    """What an entry says. ``data`` holds the fields named here (absent ones are empty)."""

    CHAIN_STARTED = "chain_started"  # process, plan, requester, customer, net {minor,currency}, number
    LEG_ENTERED = "leg_entered"
    LEG_SKIPPED = "leg_skipped"  # why
    LEG_LEFT = "leg_left"
    ITEM_OPENED = "item_opened"
    ITEM_CLOSED = "item_closed"
    CONDITION = "condition"  # on, value: the result of each condition evaluated
    SCHEDULED = "scheduled"  # op, mode (do|read|probe|undo|notice), effect
    DONE = "done"  # op, mode, document {system,type,id,version}
    REFUSED = "refused"  # op, reason, message
    FAILED = "failed"  # op, error, message
    UNKNOWN = "unknown"  # op, effect: outcome not known, a probe follows
    PROBED = "probed"  # op, effect, found, document
    REVISITED = "revisited"  # how (call|skip)
    WAITING = "waiting"  # events, until, deadline
    EVENT_KEPT = "event_kept"  # event, id: arrived, nobody waits for it yet
    EVENT_TAKEN = "event_taken"  # event, id
    TIMED_OUT = "timed_out"
    DOCUMENT = "document"  # system, type, id, version, data (digest): a document was read again and changed
    TASK_OPENED = "task_opened"  # task, subject, level, levels, source, votes, digest, figures, rule; of a task: what
    TASK_OFFERED = "task_offered"  # task, level, candidates, queue, standing, need: who may decide, who follows
    DECIDED = "decided"  # task, level, actor, decision, id, comment, door, files (update|signal|automatic)
    TASK_CLOSED = (
        "task_closed"  # task, result (approved|rejected|sent_back|reopened|completed|declined|timed_out|cancelled)
    )
    SENT_BACK = "sent_back"  # to, round
    RATE = "rate"  # source, target, rate, on
    SLA_STARTED = "sla_started"  # sla, on, deadline, warn, budget, planned
    SLA_PAUSED = "sla_paused"  # sla
    SLA_RESUMED = "sla_resumed"  # sla, deadline
    SLA_WARNED = "sla_warned"  # sla, lag (seconds of engine lag, real time)
    SLA_BREACHED = "sla_breached"  # sla, lag
    SLA_ESCALATED = "sla_escalated"  # sla, rung, notify, hold, lag
    SLA_ENDED = "sla_ended"  # sla, used (seconds), late (seconds)
    SLA_EXTENDED = "sla_extended"  # sla, by, deadline
    NOTIFIED = "notified"  # to, about
    PIVOT = "pivot"  # what
    HELD = "held"  # reason, owner, detail, scope (chain|leg|item)
    RELEASED = "released"  # actor
    INTERVENED = "intervened"  # action, actor, asserted, reason, detail
    COMPENSATING = "compensating"  # why, entries
    UNDONE = "undone"  # op, effect, by, document
    STANDS = "stands"  # op, effect, why
    REMAINS = "remains"  # op, effect, why: needs a human
    BALANCE = "balance"  # leg, equation, left, right: an equation that does not hold
    RESTED = "rested"  # state, leg
    CONTINUED = "continued"
    ENDED = "ended"  # outcome, reason, news: ids of events that nothing took and people must hear of
    ITEM_SKIPPED = "item_skipped"  # why (missed|overlap): a period of a recurring leg that is left out
    DUNNED = "dunned"  # level, number, due, late (seconds): a level of a dunning ladder was taken
    DUNNING_PAUSED = "dunning_paused"  # why (dispute|block|promise|pause_while), until
    DUNNING_RESUMED = "dunning_resumed"  # why
    PERIODS_ENDED = "periods_ended"  # why (count|until|while|an event), count: no period begins any more
    MIGRATED = "migrated"  # was, plan (digests), actor, reason, renames, back
    RECALENDARED = "recalendared"  # calendars {name: [was, now]}, actor, reason
    SLA_MOVED = "sla_moved"  # sla, was, deadline, warn, why
    WAIT_MOVED = "wait_moved"  # was, deadline
    TASK_ACTED = "task_acted"  # task, action (claim|release|save|complete|reject), actor, id, comment, values, ticks
    HANDLED = "handled"  # handler, event, id, then (send_back|hold|steps), why: what became of an event
    AMENDED = "amended"  # handler, document, reopened, kept: approvals whose bound fields changed, and those that stand
    KEPT_OPEN = "kept_open"  # until, handlers: completed, and open for what may still come
    FORGED = "forged"  # task, actor, decision or act, id, problem: it came by signal, and its signature does not hold
    TASK_HANDED = "task_handed"  # task, level, how, actor, to, candidates, comment, why: others are asked, or again
    SILENCE = "silence"  # task, level, then, deadline: what happens by itself when nobody decides
    NOT_TAKEN = "not_taken"  # task, actor, decision or act, id, why: it came by signal, whose sender hears no answer
    DELAYED = "delayed"  # until: nothing is done before
    DELAY_OVER = "delay_over"


RESTS = "rests: "  # what `until` of a waiting entry begins with when a ladder reminds nobody; why follows

_KINDS = list(Kind)
_CODES = {kind: number for number, kind in enumerate(_KINDS)}
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
# How much memory deflating takes (zlib's memLevel). With 9, what is packed here comes out the same; but away from the
# main thread the C library gives so much memory back to the kernel each time, and getting it again costs ten packings.
MEMORY = 8
# Instants among an entry's data travel as milliseconds from its own.
_INSTANTS = ("deadline", "warn")
# Words that entries are full of: a preset dictionary makes short payloads half as long. Append only (at the front).
_DICTIONARY = (
    b'"minor":"currency":"USD""CNY""reason":"message":"actor":"decision":"approve""candidates":["digest":"figures":'
    b'"customer.resolve""crm.qualify_lead""erp.create_order""erp.confirm_order""erp.release_delivery""erp.post_invoice"'
    b'"erp.watch_shipments""erp.watch_payments","role:finance""role:manager","source":{"role":"votes":1,"levels":["'
    b'"door":"update","comment":"task":"result":"approved""opened":"level":"manager","on":"until","value":false'
    b'"outcome":"completed","running","leg":"state":"process":"lead_to_cash","plan":"requester":"customer":"number":'
    b'[[0,0,0,"","","",0,{"version":1}}],[10,0,0,"approval""confirm""collection""shipment",{"mode":"read","used":0,"late":0.0'
    b'"}],[1,0,0,"lead","","",0,{}],[3,0,0,"invoice","","",0,{}],[24,0,0,"order","","",0,{"sla":"leg:'
    b'"}],[17,0,0,"","","",0,{"sla":"leg:","on":"","deadline":3600000,"budget":3600}],[7,0,0,"lead","","",1,{"op":"erp.'
    b'","mode":"do","document":{"system":"erp","type":"Order","id":"SO-","version":1}}],[7,0,0,"order","","",1,{"op":"'
    b'","mode":"do","effect":"'
)


class Entry(Value):
    """One entry. ``at`` is business time (virtual in the demo), ``wall`` is real time; both UTC."""

    seq: int
    at: datetime
    wall: datetime
    kind: Kind
    leg: str = ""
    item: str = ""
    step: str = ""
    visit: int = 0
    data: dict[str, Any] = Field(default_factory=dict)


@lru_cache(maxsize=4096)
def _ms(moment: datetime) -> int:
    """Count milliseconds; the entries of a step share their instants, and many steps their deadlines."""
    return round((moment - _EPOCH) / timedelta(milliseconds=1))


@lru_cache(maxsize=4096)
def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def _outward(data: dict[str, Any], at: int) -> dict[str, Any]:
    return {
        name: _ms(datetime.fromisoformat(value)) - at if name in _INSTANTS else value for name, value in data.items()
    }


def _inward(data: dict[str, Any], at: int) -> dict[str, Any]:
    return {name: _moment(at + value).isoformat() if name in _INSTANTS else value for name, value in data.items()}


def pack(entries: list[Entry]) -> bytes:
    """Write entries in the compact form that rides in activity headers (delta-coded, deflated)."""
    rows: list[list[Any]] = []
    before = 0
    for entry in entries:
        at = _ms(entry.at)
        row = [_CODES[entry.kind], at - before, _ms(entry.wall) - at]
        rows.append([*row, entry.leg, entry.item, entry.step, entry.visit, _outward(entry.data, at)])
        before = at
    body = [entries[0].seq if entries else 0, rows]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, MEMORY, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    return packer.compress(_ENCODER.encode(body).encode()) + packer.flush()


def pack_within(entries: list[Entry], limit: int) -> bytes:
    """Pack as many entries, oldest first, as fit into ``limit`` bytes; the rest ride on a later activity."""
    return pack_upto(entries, limit)[0]


def pack_upto(entries: list[Entry], limit: int) -> tuple[bytes, int]:
    """Pack as many entries, oldest first, as fit into ``limit`` bytes (one at least); tell the last one's number."""
    packed = pack(entries)
    while len(packed) > limit and len(entries) > 1:
        entries = entries[: len(entries) // 2]
        packed = pack(entries)
    return packed, entries[-1].seq if entries else 0


def unpack(packed: bytes) -> list[Entry]:
    """Read what ``pack`` wrote: entries with consecutive sequence numbers."""
    first, rows = json.loads(zlib.decompressobj(-15, _DICTIONARY).decompress(packed))
    entries = []
    at = 0
    for offset, (code, later, wall, leg, item, step, visit, data) in enumerate(rows):
        at += later
        entries.append(
            Entry(
                seq=first + offset, at=_moment(at), wall=_moment(at + wall),
                kind=_KINDS[code], leg=leg, item=item, step=step, visit=visit, data=_inward(data, at),
            )
        )  # fmt: skip
    return entries
