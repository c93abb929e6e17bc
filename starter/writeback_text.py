"""What an entry of the trail says to sales: the leg, the outcome, the document, and one sentence about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ltc.model.trail import Kind
from ltc.ports.operations import OPERATIONS
from ltc.ports.requests import LogProgress
from ltc.store.reading import Line

_DONE = {
    # What sales call it when an operation has taken effect.
    "erp.create_order": "order {id} entered", "erp.update_order": "order {id} changed",
    "erp.cancel_order": "order {id} cancelled", "erp.confirm_order": "order {id} confirmed",
    "erp.unconfirm_order": "order {id} is a draft again", "erp.release_delivery": "{id} released to the warehouse",
    "erp.cancel_delivery": "release {id} taken back", "erp.ship_delivery": "delivery {id} shipped",
    "erp.receive_return": "goods came back: return {id}", "erp.post_invoice": "invoice {id} posted",
    "erp.post_order_invoice": "invoice {id} posted", "erp.credit_note": "credit note {id} posted",
    "erp.write_off": "the rest of invoice {id} is written off", "erp.register_payment": "payment {id} entered",
    "erp.reverse_payment": "payment {id} reversed",
}  # fmt: skip
_COLLECTED = {"deliveries": "delivery {id} shipped", "payments": "payment {id} received"}
_READ_AGAIN = {"invoice": "payments for invoice {id} changed"}
_TASKS = {"approved": "approved", "rejected": "rejected", "sent_back": "sent back", "reopened": "to be approved again"}
Said = tuple[str, str]  # the outcome, and the document that came of it


def progress_of(entry: Line, opportunity: str) -> LogProgress | None:
    """Return what the CRM is told of an entry; None when it is nothing to sales."""
    found = _SAID[entry.kind](entry) if entry.kind in _SAID else None
    if found is None:
        return None
    outcome, document = found
    leg = entry.leg or "order chain"
    where = f"{leg} ({entry.item})" if entry.item else leg
    return LogProgress(
        opportunity=opportunity, leg=leg, outcome=outcome, document=document, text=f"{where}: {outcome}"
    )  # fmt: skip


def _of(entry: Line, name: str) -> str:
    return str(entry.data.get(name) or "")


def _done(entry: Line) -> Said | None:
    operation = OPERATIONS.get(_of(entry, "op"))
    if operation is None or not operation.effect or operation.port == "crm" or _of(entry, "mode") not in ("do", "undo"):
        return None  # the CRM knows what was done in the CRM; what is read is no outcome
    document = entry.data.get("document")
    identity = str(document.get("id") or "") if isinstance(document, dict) else ""
    return _DONE.get(operation.name, f"{operation.method} {{id}}").format(id=identity).strip(), identity


def _document(entry: Line) -> Said | None:
    kind, identity = _of(entry, "type"), _of(entry, "id")
    known = {**_COLLECTED, **(_READ_AGAIN if entry.data.get("version", 0) != 1 else {})}
    return (known[kind].format(id=identity), identity) if kind in known else None


def _held(entry: Line) -> Said:
    owner = _of(entry, "owner")
    return f"held: {_of(entry, 'reason')}" + (f", with {owner}" if owner else ""), ""


def _ended(entry: Line) -> Said:
    reason = _of(entry, "reason")
    return _of(entry, "outcome") + (f": {reason}" if reason else ""), ""


def _task(entry: Line) -> Said | None:
    result = _TASKS.get(_of(entry, "result"))
    return (result, "") if result else None


_SAID: dict[Kind, Callable[[Line], Said | None]] = {
    Kind.LEG_LEFT: lambda entry: ("done", ""),
    Kind.LEG_SKIPPED: lambda entry: ("not needed", ""),
    Kind.ITEM_CLOSED: lambda entry: ("done", entry.item),
    Kind.DONE: _done,
    Kind.DOCUMENT: _document,
    Kind.REFUSED: lambda entry: (f"refused: {_of(entry, 'reason')}", ""),
    Kind.TASK_CLOSED: _task,
    Kind.SENT_BACK: lambda entry: (f"sent back to {_of(entry, 'to')}", ""),
    Kind.HELD: _held,
    Kind.RELEASED: lambda entry: ("goes on", ""),
    Kind.COMPENSATING: lambda entry: (f"being undone: {_of(entry, 'why')}", ""),
    Kind.UNDONE: lambda entry: (f"undone: {_of(entry, 'op')}", ""),
    Kind.REMAINS: lambda entry: (f"could not be undone: {_of(entry, 'op')}", ""),
    Kind.ENDED: _ended,
}


def content(entry: Line) -> list[Any]:
    """Return what makes an entry this entry: the same outcome at the same place of the trail has the same note."""
    return [entry.seq, entry.kind.value, entry.leg, entry.item, entry.step, entry.visit, entry.data]
