"""Operations of billing beyond the plain invoice, and what they refuse for."""

from __future__ import annotations

from ltc.model import documents as d
from ltc.ports.registered import Operation
from ltc.ports.requests import DunningId, OrderId
from ltc.ports.requests_billing import (
    AcceptMilestone,
    AgreeTerms,
    MilestoneId,
    PostDownPayment,
    PostInstalment,
    WriteOff,
)

BILLING = (
    Operation("erp.agree_terms", AgreeTerms, d.Order, effect=True),
    Operation("erp.close_short", OrderId, d.Order, effect=True),
    Operation("erp.post_down_payment", PostDownPayment, d.Invoice, effect=True, inverse="erp.credit_note"),
    Operation("erp.post_instalment", PostInstalment, d.Invoice, effect=True, inverse="erp.credit_note"),
    Operation("erp.post_final_invoice", OrderId, d.Invoice, effect=True, inverse="erp.credit_note"),
    Operation("erp.accept_milestone", AcceptMilestone, d.Milestone, effect=True, inverse="erp.withdraw_acceptance"),
    Operation("erp.withdraw_acceptance", MilestoneId, d.Milestone, effect=True),
    Operation("erp.post_milestone_invoice", MilestoneId, d.Invoice, effect=True, inverse="erp.credit_note"),
    Operation("erp.post_dunning_fee", DunningId, d.Invoice, effect=True, inverse="erp.credit_note"),
    Operation("erp.write_off", WriteOff, d.Invoice, effect=True),
)

BILLING_REFUSALS: dict[str, tuple[str, ...]] = {
    "erp.agree_terms": ("bad_terms", "already_released", "already_invoiced", "cancelled"),
    "erp.close_short": ("nothing_shipped", "nothing_open"),
    "erp.post_down_payment": ("not_confirmed", "bad_amount", "currency_mismatch", "more_than_ordered"),
    "erp.post_instalment": ("not_confirmed", "unknown_instalment", "already_invoiced", "nothing_left"),
    "erp.post_final_invoice": ("not_confirmed", "already_invoiced", "nothing_left"),
    "erp.accept_milestone": ("not_confirmed", "unknown_milestone", "already_accepted", "not_yours"),
    "erp.withdraw_acceptance": ("already_withdrawn", "invoiced"),
    "erp.post_milestone_invoice": ("not_accepted", "already_invoiced"),
    "erp.post_dunning_fee": ("no_fee", "already_invoiced", "already_cancelled"),
    "erp.write_off": ("nothing_open", "more_than_allowed"),
}
