"""The trail: the ordered record of everything that happened to a chain, and its compact wire form."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
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
    TASK_OPENED = "task_opened"  # task, subject, level, levels, source, votes, digest, figures
    TASK_OFFERED = "task_offered"  # task, level, candidates: the people who may decide
    DECIDED = "decided"  # task, level, actor, decision, id, comment, door (update|signal)
    TASK_CLOSED = "task_closed"  # task, result (approved|rejected|sent_back|reopened|cancelled)
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
    ENDED = "ended"  # outcome, reason


_KINDS = list(Kind)
_CODES = {kind: number for number, kind in enumerate(_KINDS)}
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
# Words that entries are full of: a preset dictionary makes short payloads half as long. Append only.
_DICTIONARY = (
    b'"minor":"currency":"USD""CNY""reason":"message":"actor":"decision":"approve""candidates":"digest":"figures":'
    b'"lead""approval""confirm""invoice""collection""shipment""order""system":"erp""crm""type":"version":1'
    b'"role:finance""role:manager""deadline":"warn":"budget":"planned":"customer.resolve""crm.qualify_lead"'
    b'"erp.create_order""erp.confirm_order""erp.release_delivery""erp.post_invoice""erp.watch_shipments"'
    b'"erp.watch_payments""mode":"do""mode":"read""op":"erp.{"document":{"id":"effect":"sla":"on":"value":true'
    b'{"sla":"leg:{"op":"","mode":"","effect":"","system":"erp","type":"Order","id":"'
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


def _ms(moment: datetime) -> int:
    return round((moment - _EPOCH) / timedelta(milliseconds=1))


def pack(entries: list[Entry]) -> bytes:
    """Write entries in the compact form that rides in activity headers (delta-coded, deflated)."""
    rows: list[list[Any]] = []
    at = wall = 0
    for entry in entries:
        now, real = _ms(entry.at), _ms(entry.wall)
        rows.append(
            [_CODES[entry.kind], now - at, real - wall, entry.leg, entry.item, entry.step, entry.visit, entry.data]
        )
        at, wall = now, real
    body = [entries[0].seq if entries else 0, rows]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return packer.compress(raw) + packer.flush()


def pack_within(entries: list[Entry], limit: int) -> bytes:
    """Pack as many entries, oldest first, as fit into ``limit`` bytes; the rest ride on a later activity."""
    packed = pack(entries)
    while len(packed) > limit and len(entries) > 1:
        entries = entries[: len(entries) // 2]
        packed = pack(entries)
    return packed


def unpack(packed: bytes) -> list[Entry]:
    """Read what ``pack`` wrote: entries with consecutive sequence numbers."""
    first, rows = json.loads(zlib.decompressobj(-15, _DICTIONARY).decompress(packed))
    entries = []
    at = wall = 0
    for offset, (code, now, real, leg, item, step, visit, data) in enumerate(rows):
        at, wall = at + now, wall + real
        entries.append(
            Entry(
                seq=first + offset, at=_EPOCH + timedelta(milliseconds=at), wall=_EPOCH + timedelta(milliseconds=wall),
                kind=_KINDS[code], leg=leg, item=item, step=step, visit=visit, data=data,
            )
        )  # fmt: skip
    return entries
