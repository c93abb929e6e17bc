"""The stories an order can live through in the demonstration: what is special about it, and how often it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starter.scenario import Act, Cancellation, Instalment, Outcome, Parcel, PlannedFault, Remedy

MANAGER_FROM = 1_000  # USD net: a manager decides
FINANCE_FROM = 5_000  # USD net: two votes of finance decide as well
# Real seconds that a kind of fault takes; after those of late_commit an abandoned call still takes effect.
SECONDS = {"late_commit": 0.7, "slow": 0.5, "busy": 0.3, "out_of_order_event": 1.0}
FORWARD = (
    "crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.release_delivery", "erp.post_invoice",
)  # fmt: skip
UNKNOWN = ("lost_reply", "5xx_after", "late_commit")
# Faults that leave nothing behind; the outcome of the last two is not known to the caller either.
HARMLESS = ("busy", "slow", "timeout", "5xx_before")
READS = ("customer.resolve", "erp.watch_shipments", "erp.watch_payments")


@dataclass(frozen=True)
class Story:
    """One kind of fate.

    Attributes:
        name: what the scenario and the report call it.
        count: how many of the 830 orders live through it.
        why: the reason for the end, in a few words.
        outcome: how the chain ends.
        kinds: which of the scenario's KINDS it shows.
        net: from and below which net amount (USD) an order fits.
        early: it takes long, so it is sent early.
        plan: the fields of the order's plan that the story sets.
    """

    name: str
    count: int
    why: str
    outcome: Outcome = "completed"
    kinds: tuple[str, ...] = ()
    net: tuple[int, int] = (0, 1_000_000)
    early: bool = False
    plan: dict[str, Any] = field(default_factory=dict)


def fault(operation: str, kind: str, **more: Any) -> PlannedFault:
    """Return a planned fault with the seconds that its kind needs."""
    return PlannedFault(operation=operation, fault=kind, **{"seconds": SECONDS.get(kind, 0.0), **more})


def refuse(operation: str, reason: str, **more: Any) -> PlannedFault:
    """Return a planned business refusal."""
    return PlannedFault(operation=operation, fault="refuse", reason=reason, **more)


def _leg_of(operation: str) -> str:
    return {
        "crm.qualify_lead": "lead", "customer.resolve": "lead", "erp.create_order": "order",
        "erp.confirm_order": "confirm", "erp.release_delivery": "shipment", "erp.watch_shipments": "shipment",
        "erp.post_invoice": "invoice", "erp.watch_payments": "collection",
    }[operation]  # fmt: skip


def _unknown_outcomes() -> list[Story]:
    return [
        Story(f"{kind}@{op}", 4, "the lost answer was found by its probe", kinds=("unknown_outcome",),
              plan={"faults": [fault(op, kind)], "slow": [_leg_of(op)]})
        for op in FORWARD for kind in UNKNOWN
    ]  # fmt: skip


def _harmless_faults() -> list[Story]:
    effects = [
        Story(f"{kind}@{op}", 2, "the call was repeated", plan={"faults": [fault(op, kind)], "slow": [_leg_of(op)]})
        for op in FORWARD for kind in HARMLESS
    ]  # fmt: skip
    reads = [
        Story(f"{kind}@{op}", 2, "the read was repeated", plan={"faults": [fault(op, kind)], "slow": [_leg_of(op)]})
        for op in READS for kind in ("busy", "timeout")
    ]  # fmt: skip
    return effects + reads


def _event_faults() -> list[Story]:
    return [
        Story(f"{kind}@{event}", 5, why, plan={"faults": [fault(event, kind)], "slow": slow})
        for event, slow in (("erp.goods_shipped", ["shipment"]), ("erp.payment_allocated", ["collection"]))
        for kind, why in (
            ("duplicate_event", "the second copy changed nothing"),
            ("out_of_order_event", "the late event was taken when it came"),
            ("lost_event", "the slow poll found what no event told"),
        )
    ]  # fmt: skip


def _lost_and_refused() -> list[Story]:
    refusals = ("business_refusal",)

    def dropped(leg: str) -> dict[str, Any]:
        """The operator sees no way on and cancels."""
        return {"remedies": [Remedy(leg=leg, do="cancel", after=1)], "slow": [leg]}

    undone = ("business_refusal", "cancellation")
    return [
        Story("lost", 18, "sales lost the deal: price", "lost", plan={"lost": "price"}),
        Story("not_qualified", 6, "the CRM refused the lead: not_qualified", "lost", refusals,
              plan={"faults": [refuse("crm.qualify_lead", "not_qualified")]}),
        Story("duplicate_lead", 6, "the CRM refused the lead: duplicate_lead", "cancelled", (*refusals, "hold"),
              plan={"faults": [refuse("crm.qualify_lead", "duplicate_lead")], **dropped("lead")}),
        Story("unknown_customer", 5, "the ERP learned the customer and the call was repeated",
              kinds=(*refusals, "hold"),
              plan={"faults": [refuse("customer.resolve", "unknown_customer")], "slow": ["lead"],
                    "remedies": [Remedy(leg="lead", do="retry", after=1)]}),
        Story("unknown_customer_at_order", 5, "the ERP learned the customer and the call was repeated",
              kinds=(*refusals, "hold"),
              plan={"faults": [refuse("erp.create_order", "unknown_customer")], "slow": ["order"],
                    "remedies": [Remedy(leg="order", do="retry", after=1)]}),
        Story("blocked_customer", 6, "the ERP refused the order: blocked_customer", "cancelled", (*undone, "hold"),
              plan={"faults": [refuse("erp.create_order", "blocked_customer")], **dropped("order")}),
        Story("unknown_product", 6, "the ERP refused the order: unknown_product", "cancelled", (*undone, "hold"),
              plan={"faults": [refuse("erp.create_order", "unknown_product")], **dropped("order")}),
        Story("discontinued", 6, "the ERP refused to confirm: discontinued", "cancelled", undone,
              plan={"faults": [refuse("erp.confirm_order", "discontinued")]}),
        Story("credit_lifted", 8, "credit approved beyond the limit", kinds=refusals,
              plan={"faults": [refuse("erp.confirm_order", "credit_limit")],
                    "acts": [Act(level="confirm.credit", do="approve", after=1)]}),
        Story("credit_denied", 6, "credit refused beyond the limit", "rejected", (*undone, "rejection"),
              plan={"faults": [refuse("erp.confirm_order", "credit_limit")],
                    "acts": [Act(level="confirm.credit", do="reject", after=1)]}),
        Story("out_of_stock", 6, "held until there was stock, then repeated", kinds=(*refusals, "hold"),
              plan={"faults": [refuse("erp.confirm_order", "out_of_stock")], "slow": ["confirm"],
                    "remedies": [Remedy(leg="confirm", do="retry", after=4)]}),
        Story("not_confirmed", 5, "released when the ERP had seen the confirmation", kinds=(*refusals, "hold"),
              plan={"faults": [refuse("erp.release_delivery", "not_confirmed")],
                    "remedies": [Remedy(leg="shipment", do="retry", after=1)]}),
        Story("already_invoiced", 5, "billed when the ERP had cleared its mistake", kinds=(*refusals, "hold"),
              plan={"faults": [refuse("erp.post_invoice", "already_invoiced")],
                    "remedies": [Remedy(leg="invoice", do="retry", after=1)]}),
    ]  # fmt: skip


def _approvals() -> list[Story]:
    manager = (MANAGER_FROM, FINANCE_FROM)

    def act(do: Any, after: float = 0.5, level: str = "approval.manager") -> Act:
        return Act(level=level, do=do, after=after)

    silent = [Remedy(leg="approval", do="release", after=1)]
    return [
        Story("rejected", 10, "the manager rejected", "rejected", ("rejection", "cancellation"), manager,
              plan={"acts": [act("reject")]}),
        Story("rejected_by_finance", 5, "finance rejected", "rejected", ("rejection", "cancellation"),
              (FINANCE_FROM, 1_000_000), plan={"acts": [act("reject", level="approval.finance")]}),
        Story("sent_back", 12, "sent back once, then approved", kinds=("send_back",), net=manager,
              plan={"acts": [act("send_back"), act("approve")]}),
        Story("sent_back_twice", 5, "sent back twice, then approved", kinds=("send_back",), net=manager,
              plan={"acts": [act("send_back"), act("send_back"), act("approve")]}),
        Story("slow_approver", 8, "approved after the warning", kinds=("sla_warning",), net=manager,
              plan={"acts": [act("approve", 9)], "slow": ["approval"]}),
        Story("late_approver", 8, "approved after the director was told",
              kinds=("sla_warning", "sla_breach", "escalation"), net=manager,
              plan={"acts": [act("approve", 18)], "slow": ["approval"]}),
        Story("silent_approver", 6, "held when nobody answered, then approved",
              kinds=("sla_warning", "sla_breach", "escalation", "hold"), net=manager, early=True,
              plan={"acts": [act("approve", 50)], "slow": ["approval"], "remedies": silent}),
    ]  # fmt: skip


def _shipments_and_payments() -> list[Story]:
    held = [Remedy(leg="shipment", do="release", after=2)]
    unpaid = ("unpaid", "sla_breach", "escalation")
    never = {"acts": [Act(level="collection.finance", do="approve", after=1)], "instalments": [],
             "parcels": [Parcel(share=100, after=3)], "slow": ["collection", "chain"]}  # fmt: skip
    return [
        Story("slow_carrier", 8, "shipped after the warning", kinds=("sla_warning",), early=True,
              plan={"parcels": [Parcel(share=100, after=125)], "slow": ["shipment"]}),
        Story("late_carrier", 8, "shipped after the promised time", kinds=("sla_warning", "sla_breach"), early=True,
              plan={"parcels": [Parcel(share=100, after=158)], "slow": ["shipment"]}),
        Story("lost_carrier", 5, "held when nothing was shipped, then shipped",
              kinds=("sla_warning", "sla_breach", "hold"), early=True,
              plan={"parcels": [Parcel(share=100, after=235)], "slow": ["shipment"], "remedies": held}),
        Story("late_payer", 12, "paid after the reminder", kinds=("sla_breach", "escalation"), early=True,
              plan={"instalments": [Instalment(share=100, days=39)], "slow": ["collection"]}),
        Story("unpaid", 8, "never paid, written off", "written_off", unpaid, early=True, plan=never),
        Story("unpaid_lost_reply", 2, "never paid, written off", "written_off", (*unpaid, "unknown_outcome"),
              early=True, plan={**never, "faults": [fault("erp.write_off", "lost_reply")]}),
        *(
            Story(f"write_off_{reason}", 5, "the ERP refused to write off, then did", "written_off",
                  (*unpaid, "business_refusal", "hold"), early=True,
                  plan={**never, "faults": [refuse("erp.write_off", reason)],
                        "remedies": [Remedy(leg="collection", do="retry", after=1)]})
            for reason in ("nothing_open", "more_than_allowed")
        ),
    ]  # fmt: skip


def _cancellations() -> list[Story]:
    manager = (MANAGER_FROM, FINANCE_FROM)
    waiting = {"acts": [Act(level="approval.manager", do="approve", after=9)], "slow": ["approval"]}
    resting = {"parcels": [Parcel(share=100, after=30)]}
    released = Cancellation(seen="released", after=2)
    consent = [Remedy(leg="", do="cancel", after=2, consent=True)]
    again = [Remedy(leg="", do="retry", after=1)]
    kinds = ("cancellation",)

    def troubled(name: str, wrong: PlannedFault, more: tuple[str, ...], remedies: list[Remedy]) -> Story:
        plan = {**resting, "cancellation": released, "faults": [wrong], "remedies": remedies}
        return Story(name, 5, "the customer cancelled before shipment", "cancelled", (*kinds, *more), plan=plan)

    def returned(name: str, count: int, more: tuple[str, ...], *wrong: PlannedFault) -> Story:
        plan = {"parcels": [Parcel(share=100, after=3)], "instalments": [], "remedies": consent, "faults": list(wrong),
                "cancellation": Cancellation(seen="shipped", after=6), "slow": ["collection"]}  # fmt: skip
        kinds = ("goods_return", "cancellation", "hold", *more)
        return Story(name, count, "the customer sent the goods back", "cancelled", kinds, plan=plan)

    return [
        Story("cancelled_early", 8, "the customer cancelled before the approval", "cancelled", kinds, manager,
              plan={**waiting, "cancellation": Cancellation(seen="draft", after=2)}),
        Story("cancelled_released", 6, "the customer cancelled before shipment", "cancelled", kinds,
              plan={**resting, "cancellation": released}),
        troubled("cancel_lost_reply", fault("erp.cancel_delivery", "lost_reply"), ("unknown_outcome",), []),
        troubled("cancel_5xx_after", fault("erp.unconfirm_order", "5xx_after"), ("unknown_outcome",), []),
        troubled("cancel_late_commit", fault("erp.cancel_order", "late_commit"), ("unknown_outcome",), []),
        troubled("reopen_timeout", fault("crm.reopen_lead", "timeout"), (), []),
        troubled("already_shipped", refuse("erp.cancel_order", "already_shipped"), ("business_refusal", "hold"), again),
        troubled("invoiced", refuse("erp.cancel_order", "invoiced"), ("business_refusal", "hold"), again),
        returned("returned", 6, ()),
        returned("return_lost_reply", 2, ("unknown_outcome",), fault("erp.receive_return", "lost_reply")),
        returned("credit_5xx_after", 2, ("unknown_outcome",), fault("erp.credit_note", "5xx_after")),
    ]  # fmt: skip


def _supply() -> list[Story]:
    return [
        Story("in_parts", 30, "shipped in three parts, billed three times",
              plan={"parcels": [Parcel(share=40, after=4), Parcel(share=50, after=6), Parcel(share=100, after=6)]}),
        Story("instalments", 30, "paid in three instalments",
              plan={"instalments": [Instalment(share=30, days=3), Instalment(share=50, days=6),
                                    Instalment(share=100, days=10)]}),
    ]  # fmt: skip


def stories() -> list[Story]:
    """Return every story but the plain one, the most telling of a kind first."""
    told = [
        *_cancellations(), *_approvals(), *_lost_and_refused(), *_shipments_and_payments(),
        *_unknown_outcomes(), *_event_faults(), *_supply(), *_harmless_faults(),
    ]  # fmt: skip
    leading = [story for name in DOZEN for story in told if story.name == name]
    return leading + [story for story in told if story.name not in DOZEN]


# Twelve orders that meet every kind: what `make test` runs, once sound and once with each planted bug.
DOZEN = (
    "cancelled_released", "returned", "unpaid", "rejected", "sent_back", "silent_approver", "discontinued",
    "lost_reply@erp.create_order", "late_commit@erp.release_delivery", "5xx_after@erp.post_invoice",
    "credit_lifted", "lost",
)  # fmt: skip
PLAIN = Story("plain", 0, "everything went its way")
