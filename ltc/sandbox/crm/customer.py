"""What the customer of a won deal may still want: other lines, fewer lines, to send goods back."""

from __future__ import annotations

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.ports import operations as op
from ltc.sandbox.crm.rules import event_facts, find, opportunity_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


def change(tx: Transaction, asked: op.OrderChanged) -> d.Opportunity:
    """The customer wants other lines; ``crm.order_changed`` goes on the feed. Refused: ``cancelled``, ``no_lines``."""
    if not asked.lines:
        raise Refusal("no_lines", "an order without lines is a cancelled one", asked.opportunity)
    return _say(tx, "crm.order_changed", asked.opportunity, asked)


def cancel_lines(tx: Transaction, asked: op.LinesCancelled) -> d.Opportunity:
    """Lines are cancelled; ``crm.lines_cancelled`` goes on the feed. Refused: ``cancelled``, ``unknown_line``."""
    known = [line.id for line in opportunity_of(find(tx, asked.opportunity)).lines]
    unknown = [line for line in asked.lines if line not in known]
    if unknown or not asked.lines:
        raise Refusal("unknown_line", f"the deal has no line {', '.join(unknown)}", asked.opportunity)
    return _say(tx, "crm.lines_cancelled", asked.opportunity, asked)


def announce_return(tx: Transaction, asked: op.ReturnAnnounced) -> d.Opportunity:
    """The customer wants to send goods back; ``crm.return_announced`` goes on the feed. Refused: ``cancelled``."""
    return _say(tx, "crm.return_announced", asked.opportunity, asked)


def _say(tx: Transaction, event: str, opportunity: str, said: Value) -> d.Opportunity:
    row = find(tx, opportunity)
    if row["cancelled"] is not None:
        raise Refusal("cancelled", f"opportunity {row['id']} was cancelled", row["id"])
    tx.run("UPDATE opportunities SET version = version + 1 WHERE id = ?", row["id"])
    tx.record("Opportunity", row["id"])
    tx.emit(event, said.model_dump(mode="json"), event_facts(row["id"]))
    return opportunity_of(find(tx, row["id"]))
