"""Billing by agreed terms in the sandbox ERP: down-payments, instalments, milestones, the final invoice."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal

from ltc.model import documents as d
from ltc.model.money import Money, round_minor
from ltc.model.terms import BillingTerms, MilestoneTerm
from ltc.ports import operations as op
from ltc.ports import requests_billing as ask
from ltc.sandbox.erp.documents import find, order_of
from ltc.sandbox.erp.invoices import FEE, invoice_of, post, terms_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

_WHOLE = Decimal(100)
# Milestones, each with the invoice that stands for it.
MILESTONES = (
    "(SELECT m.rowid, m.*, COALESCE((SELECT i.id FROM invoices i WHERE i.kind = 'milestone' AND i.part = m.id"
    " AND i.credited < i.gross), '') AS bill FROM milestones m)"
)


def agree_terms(tx: Transaction, asked: ask.AgreeTerms) -> d.Order:
    """Keep the terms that an order is shipped and billed by; agreed anew they replace what was agreed before.

    Refused: ``cancelled``, ``already_released``, ``already_invoiced``, ``bad_terms`` (shares that are not 100 % in
    all, amounts that are not the order's, a name twice).
    """
    row = find(tx, "orders", asked.order)
    if row["state"] == "cancelled":
        raise Refusal("cancelled", f"order {row['id']} is cancelled", row["id"])
    if row["release"]:
        raise Refusal("already_released", f"order {row['id']} is released as {row['release']}", row["release"])
    billed = standing(tx, row["id"])
    if billed:
        raise Refusal("already_invoiced", f"order {row['id']} is billed by {billed[0]['id']}", billed[0]["id"])
    _check(asked.terms, row)
    tx.run("UPDATE orders SET terms = ?, version = version + 1 WHERE id = ?", asked.terms.model_dump_json(), row["id"])
    tx.record("Order", row["id"])
    return order_of(tx, row["id"])


def post_down_payment(tx: Transaction, asked: ask.PostDownPayment) -> d.Invoice:
    """Bill a part of an order before it is delivered; the final invoice deducts it.

    Refused: ``not_confirmed``, ``bad_amount`` (neither or both of share and amount, or nothing),
    ``currency_mismatch``, ``more_than_ordered`` (with what is billed already).
    """
    row = _confirmed(tx, asked.order)
    if (asked.share is None) == (asked.amount is None):
        raise Refusal("bad_amount", "a down-payment is a share or an amount", row["id"])
    if asked.amount is not None and asked.amount.currency != row["currency"]:
        raise Refusal("currency_mismatch", f"order {row['id']} is in {row['currency']}", row["id"])
    net, gross = billable(tx, row)
    part = asked.amount.minor if asked.amount else _share(gross, asked.share)
    if part <= 0:
        raise Refusal("bad_amount", f"a down-payment of {part} is none", row["id"])
    if part + _billed(tx, row["id"])[1] > gross:
        raise Refusal("more_than_ordered", f"order {row['id']} comes to {gross}, less than is to be billed", row["id"])
    part_net = round_minor(Decimal(net * part) / gross)
    return _posted(tx, post(tx, row["id"], net=part_net, gross=part, kind="down_payment"))


def post_instalment(tx: Transaction, asked: ask.PostInstalment) -> d.Invoice:
    """Bill an instalment that was agreed: its share of the order half-even; the one billed last gets the rest.

    Refused: ``not_confirmed``, ``unknown_instalment``, ``already_invoiced``, ``nothing_left``.
    """
    row = _confirmed(tx, asked.order)
    agreed = {one.name: one.share for one in terms_of(row).instalments}
    if asked.instalment not in agreed:
        known = ", ".join(agreed) or "none"
        raise Refusal("unknown_instalment", f"order {row['id']} has no {asked.instalment}; agreed: {known}", row["id"])
    done = {one["part"]: one["id"] for one in standing(tx, row["id"], "instalment")}
    if asked.instalment in done:
        text = f"instalment {asked.instalment} of order {row['id']} is billed by {done[asked.instalment]}"
        raise Refusal("already_invoiced", text, done[asked.instalment])
    net, gross = billable(tx, row)
    if len(done) == len(agreed) - 1:
        before = _billed(tx, row["id"])
        net, gross = net - before[0], gross - before[1]
    else:
        share = agreed[asked.instalment]
        net, gross = _share(net, share), _share(gross, share)
    if gross <= 0:
        raise Refusal("nothing_left", f"nothing of order {row['id']} is left to bill", row["id"])
    return _posted(tx, post(tx, row["id"], net=net, gross=gross, kind="instalment", part=asked.instalment))


def post_final_invoice(tx: Transaction, asked: op.OrderId) -> d.Invoice:
    """Bill what an order comes to (what was delivered of it and what is still open) less what was billed before.

    Refused: ``not_confirmed``, ``already_invoiced`` (a final or a plain invoice stands), ``nothing_left``.
    """
    row = _confirmed(tx, asked.order)
    for one in standing(tx, row["id"]):
        if one["kind"] in ("", "final"):
            raise Refusal("already_invoiced", f"order {row['id']} is billed by {one['id']}", one["id"])
    (net, gross), before = billable(tx, row), _billed(tx, row["id"])
    if gross <= before[1]:
        raise Refusal("nothing_left", f"nothing of order {row['id']} is left to bill", row["id"])
    net, gross = net - before[0], gross - before[1]
    return _posted(tx, post(tx, row["id"], net=net, gross=gross, kind="final", deducted=before[1]))


# Milestones


def accept_milestone(tx: Transaction, asked: ask.AcceptMilestone) -> d.Milestone:
    """The customer accepts a milestone; what was agreed for it may be billed.

    Refused: ``not_confirmed``, ``unknown_milestone``, ``already_accepted``, ``not_yours`` (somebody else accepts it).
    """
    row = _confirmed(tx, asked.order)
    agreed = {one.name: one for one in terms_of(row).milestones}
    if asked.milestone not in agreed:
        known = ", ".join(agreed) or "none"
        raise Refusal("unknown_milestone", f"order {row['id']} has no {asked.milestone}; agreed: {known}", row["id"])
    if agreed[asked.milestone].accepted_by not in ("", asked.accepted_by):
        text = f"{asked.milestone} is accepted by {agreed[asked.milestone].accepted_by}, not by {asked.accepted_by}"
        raise Refusal("not_yours", text, row["id"])
    done = tx.rows("SELECT * FROM milestones WHERE order_id = ? AND withdrawn = 0", row["id"])
    if asked.milestone in [one["name"] for one in done]:
        raise Refusal("already_accepted", f"milestone {asked.milestone} of {row['id']} is accepted already", row["id"])
    last = len(done) == len(agreed) - 1
    net, gross = _worth(tx, row, agreed[asked.milestone], done if last else None)
    number = tx.database.next_id("MS")
    tx.database.insert(
        "milestones", id=number, version=1, order_id=row["id"], name=asked.milestone, net=net, gross=gross,
        currency=row["currency"], accepted_by=asked.accepted_by, accepted_at=tx.now.isoformat(), withdrawn=0,
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.record("Milestone", number, parent=row["id"], amount=Money(minor=gross, currency=row["currency"]))
    return _milestone(tx, number)


def withdraw_acceptance(tx: Transaction, asked: ask.MilestoneId) -> d.Milestone:
    """Take the acceptance of a milestone back. Refused: ``already_withdrawn``, ``invoiced`` (credit that first)."""
    row = find(tx, "milestones", asked.milestone)
    if row["withdrawn"]:
        raise Refusal("already_withdrawn", f"the acceptance of {row['id']} was withdrawn before", row["id"])
    if bill := _milestone_bill(tx, row["id"]):
        raise Refusal("invoiced", f"milestone {row['id']} is billed by {bill}; credit that first", bill)
    tx.run("UPDATE milestones SET withdrawn = 1, version = version + 1 WHERE id = ?", row["id"])
    tx.record("Milestone", row["id"], parent=row["order_id"], undoes=("erp.accept_milestone", row["id"]))
    return _milestone(tx, row["id"])


def post_milestone_invoice(tx: Transaction, asked: ask.MilestoneId) -> d.Invoice:
    """Bill an accepted milestone. Refused: ``not_accepted`` (it was withdrawn), ``already_invoiced``."""
    row = find(tx, "milestones", asked.milestone)
    if row["withdrawn"]:
        raise Refusal("not_accepted", f"the acceptance of milestone {row['id']} was withdrawn", row["id"])
    if bill := _milestone_bill(tx, row["id"]):
        raise Refusal("already_invoiced", f"milestone {row['id']} is billed by {bill}", bill)
    number = post(tx, row["order_id"], net=row["net"], gross=row["gross"], kind="milestone", part=row["id"])
    tx.run("UPDATE milestones SET version = version + 1 WHERE id = ?", row["id"])
    return _posted(tx, number)


def milestone_of(row: sqlite3.Row) -> d.Milestone:
    """Return a milestone; nothing of one whose acceptance was withdrawn may be billed."""
    gross = 0 if row["withdrawn"] else row["gross"]
    return d.Milestone(
        id=row["id"], version=row["version"], order=row["order_id"], name=row["name"],
        amount=Money(minor=gross, currency=row["currency"]), accepted_by=row["accepted_by"],
        accepted_at=datetime.fromisoformat(row["accepted_at"]), invoice=row["bill"],
    )  # fmt: skip


# What there is to bill


def standing(tx: Transaction, order: str, kind: str | None = None) -> list[sqlite3.Row]:
    """Return the invoices of an order that are not credited in full, oldest first; of one kind if it is said."""
    rows = tx.rows(
        "SELECT * FROM invoices WHERE order_id = ? AND credited < gross AND kind <> ? ORDER BY rowid", order, FEE
    )
    return [row for row in rows if kind is None or row["kind"] == kind]


def billable(tx: Transaction, order: sqlite3.Row) -> tuple[int, int]:
    """Return what an order comes to, net and gross: per line what is out or still to come, half-even."""
    net = gross = 0
    for line in tx.rows("SELECT * FROM order_lines WHERE order_id = ?", order["id"]):
        pieces = max(line["quantity"] - line["cancelled"], line["shipped"])
        net += round_minor(Decimal(line["net"] * pieces) / line["quantity"])
        gross += round_minor(Decimal(line["gross"] * pieces) / line["quantity"])
    return net, gross


def _billed(tx: Transaction, order: str) -> tuple[int, int]:
    rows = standing(tx, order)
    gross = sum(row["gross"] - row["credited"] for row in rows)
    return sum(row["net"] - round_minor(Decimal(row["net"] * row["credited"]) / row["gross"]) for row in rows), gross


def _share(total: int, percent: Decimal | None) -> int:
    return round_minor(total * (percent or Decimal(0)) / _WHOLE)


def _worth(
    tx: Transaction, order: sqlite3.Row, term: MilestoneTerm, others: list[sqlite3.Row] | None
) -> tuple[int, int]:
    """Return what a milestone is worth, net and gross; the last one accepted gets the rest after ``others``."""
    net, gross = billable(tx, order)
    if others is not None:
        return net - sum(one["net"] for one in others), gross - sum(one["gross"] for one in others)
    if term.amount is not None:
        return round_minor(Decimal(net * term.amount.minor) / gross), term.amount.minor
    return _share(net, term.share), _share(gross, term.share)


def _milestone(tx: Transaction, number: str) -> d.Milestone:
    row = tx.row(f"SELECT * FROM {MILESTONES} WHERE id = ?", number)  # noqa: S608
    assert row is not None
    return milestone_of(row)


def _milestone_bill(tx: Transaction, number: str) -> str:
    return str(tx.value(f"SELECT bill FROM {MILESTONES} WHERE id = ?", number))  # noqa: S608


def _confirmed(tx: Transaction, number: str) -> sqlite3.Row:
    row = find(tx, "orders", number)
    if row["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {row['id']} is {row['state']}, not confirmed", row["id"])
    return row


def _posted(tx: Transaction, number: str) -> d.Invoice:
    return invoice_of(find(tx, "invoices", number))


def _check(terms: BillingTerms, order: sqlite3.Row) -> None:
    """Refuse terms that cannot come to the whole order."""
    for what, names, total in (
        ("instalments", [one.name for one in terms.instalments], _percent([one.share for one in terms.instalments])),
        ("milestones", [one.name for one in terms.milestones], _percent([one.share for one in terms.milestones])),
    ):
        if len(set(names)) != len(names) or total not in (None, _WHOLE):
            raise Refusal("bad_terms", f"the {what} have a name twice, or make {total} % and not 100 %", order["id"])
    amounts = [one.amount for one in terms.milestones if one.amount is not None]
    if amounts and len(amounts) != len(terms.milestones):
        raise Refusal("bad_terms", "milestones say shares, or all of them amounts", order["id"])
    wrong = [one for one in amounts if one.currency != order["currency"]]
    if amounts and (wrong or sum(one.minor for one in amounts) != order["gross"]):
        raise Refusal("bad_terms", "the milestones' amounts do not make the order's gross amount", order["id"])


def _percent(shares: list[Decimal | None]) -> Decimal | None:
    said = [share for share in shares if share is not None]
    return sum(said, Decimal(0)) if said else None
