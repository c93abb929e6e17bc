"""The registry of operations and events: each typed, declared once, with its inverse and its probe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ltc.model import documents as d
from ltc.ports.operations_billing import BILLING, BILLING_REFUSALS
from ltc.ports.operations_chains import CHAIN_EVENTS, CHAIN_REFUSALS, CHAINS
from ltc.ports.operations_supply import SUPPLY, SUPPLY_EVENTS, SUPPLY_REFUSALS
from ltc.ports.operations_trade import TRADE, TRADE_EVENTS, TRADE_REFUSALS
from ltc.ports.registered import EffectClass, EventType, Operation
from ltc.ports.requests import (
    ConfirmOrder,
    CreateDunning,
    CreateLead,
    CreateOrder,
    Currencies,
    DeliveryId,
    DunningId,
    EnsureCustomer,
    GoodsShipped,
    InvoiceId,
    LeadId,
    LogProgress,
    OpportunityId,
    OpportunityWon,
    OrderCancelled,
    OrderId,
    PaymentAllocated,
    PaymentId,
    PaymentReversed,
    PaymentStatus,
    ReceivableChanged,
    RegisterPayment,
    ResolveCustomer,
    SetStage,
    ShipDelivery,
    ShipmentStatus,
    UpdateOrder,
)
from ltc.ports.requests_after import (
    AcceptReturn,
    AmendOrder,
    CancelLines,
    CreditNoteId,
    CreditPart,
    CreditReturn,
    GoodsReturned,
    LinePart,
    LinesCancelled,
    OrderChanged,
    RefundPayment,
    ReleasePicks,
    ReturnAnnounced,
    ReturnId,
    ReturnStatus,
)

__all__ = [
    "EVENTS",
    "OPERATIONS",
    "REFUSALS",
    "AcceptReturn",
    "AmendOrder",
    "CancelLines",
    "ConfirmOrder",
    "CreateDunning",
    "CreateLead",
    "CreateOrder",
    "CreditNoteId",
    "CreditPart",
    "CreditReturn",
    "Currencies",
    "DeliveryId",
    "DunningId",
    "EffectClass",
    "EnsureCustomer",
    "EventType",
    "GoodsReturned",
    "GoodsShipped",
    "InvoiceId",
    "LeadId",
    "LinePart",
    "LinesCancelled",
    "LogProgress",
    "Operation",
    "OpportunityId",
    "OpportunityWon",
    "OrderCancelled",
    "OrderChanged",
    "OrderId",
    "PaymentAllocated",
    "PaymentId",
    "PaymentReversed",
    "PaymentStatus",
    "ReceivableChanged",
    "RefundPayment",
    "RegisterPayment",
    "Registry",
    "ReleasePicks",
    "ResolveCustomer",
    "ReturnAnnounced",
    "ReturnId",
    "ReturnStatus",
    "SetStage",
    "ShipDelivery",
    "ShipmentStatus",
    "UpdateOrder",
]  # fmt: skip


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("crm.get_opportunity", OpportunityId, d.Opportunity, effect=False),
        Operation("crm.qualify_lead", OpportunityId, d.Lead, effect=True, inverse="crm.reopen_lead"),
        Operation("crm.reopen_lead", OpportunityId, d.Lead, effect=True),
        Operation("crm.set_stage", SetStage, d.Lead, effect=True, inverse="crm.set_stage"),
        Operation("crm.create_lead", CreateLead, d.Lead, effect=True),
        Operation("crm.convert_lead", LeadId, d.Opportunity, effect=True),
        Operation("crm.log_progress", LogProgress, d.Note, effect=True),
        Operation("customer.resolve", ResolveCustomer, d.Customer, effect=False),
        Operation("customer.ensure", EnsureCustomer, d.Customer, effect=True),
        Operation("erp.exchange_rate", Currencies, d.Rate, effect=False),
        Operation("erp.create_order", CreateOrder, d.Order, effect=True, inverse="erp.cancel_order"),
        Operation("erp.update_order", UpdateOrder, d.Order, effect=True),
        Operation("erp.cancel_order", OrderId, d.Order, effect=True),
        Operation("erp.get_order", OrderId, d.Order, effect=False),
        Operation("erp.confirm_order", ConfirmOrder, d.Order, effect=True, inverse="erp.unconfirm_order"),
        Operation("erp.unconfirm_order", OrderId, d.Order, effect=True),
        Operation("erp.release_delivery", OrderId, d.Release, effect=True, inverse="erp.cancel_delivery"),
        Operation("erp.cancel_delivery", DeliveryId, d.Release, effect=True),
        Operation("erp.ship_delivery", ShipDelivery, d.Delivery, effect=True, inverse="erp.receive_return"),
        Operation("erp.watch_shipments", OrderId, ShipmentStatus, effect=False),
        Operation("erp.receive_return", OrderId, d.GoodsReturn, effect=True),
        Operation("erp.post_invoice", DeliveryId, d.Invoice, effect=True, inverse="erp.credit_note"),
        Operation("erp.post_order_invoice", OrderId, d.Invoice, effect=True, inverse="erp.credit_note"),
        Operation("erp.get_invoice", InvoiceId, d.Invoice, effect=False),
        Operation("erp.credit_note", InvoiceId, d.CreditNote, effect=True),
        Operation("erp.watch_payments", InvoiceId, PaymentStatus, effect=False),
        Operation("erp.register_payment", RegisterPayment, d.Payment, effect=True, inverse="erp.reverse_payment"),
        Operation("erp.reverse_payment", PaymentId, d.Payment, effect=True),
        Operation("erp.create_dunning", CreateDunning, d.Dunning, effect=True, inverse="erp.cancel_dunning"),
        Operation("erp.cancel_dunning", DunningId, d.Dunning, effect=True),
        *BILLING,
        *SUPPLY,
        *CHAINS,
        *TRADE,
        Operation("erp.amend_order", AmendOrder, d.Order, effect=True, inverse="erp.revert_amendment"),
        Operation("erp.cancel_lines", CancelLines, d.Order, effect=True, inverse="erp.revert_amendment"),
        Operation("erp.revert_amendment", OrderId, d.Order, effect=True),
        Operation("erp.accept_return", AcceptReturn, d.GoodsReturn, effect=True, inverse="erp.cancel_return"),
        Operation("erp.cancel_return", ReturnId, d.GoodsReturn, effect=True),
        Operation("erp.watch_returns", OrderId, ReturnStatus, effect=False),
        Operation("erp.credit_return", CreditReturn, d.CreditNote, effect=True, inverse="erp.cancel_credit"),
        Operation("erp.credit_and_refund", InvoiceId, d.CreditNote, effect=True),
        Operation("erp.credit_part", CreditPart, d.CreditNote, effect=True, inverse="erp.cancel_credit"),
        Operation("erp.credit_cancelled", InvoiceId, d.CreditNote, effect=True, inverse="erp.cancel_credit"),
        Operation("erp.cancel_credit", CreditNoteId, d.CreditNote, effect=True),
        Operation("erp.refund", RefundPayment, d.Payment, effect=True),
        Operation("erp.plan_picks", OrderId, d.PickPlan, effect=False),
        Operation("erp.release_picks", ReleasePicks, d.Release, effect=True, inverse="erp.cancel_delivery"),
    )
}

EVENTS: dict[str, EventType] = {
    event.name: event
    for event in (
        EventType("crm.opportunity_won", OpportunityWon, subject="opportunity_id"),
        EventType("crm.order_cancelled", OrderCancelled, subject="opportunity", by="customer"),
        EventType("crm.order_changed", OrderChanged, subject="opportunity", by="customer"),
        EventType("crm.lines_cancelled", LinesCancelled, subject="opportunity", by="customer"),
        EventType("crm.return_announced", ReturnAnnounced, subject="opportunity", by="customer"),
        EventType("erp.goods_returned", GoodsReturned, "order", "erp.watch_returns", "order", "returns"),
        EventType("erp.goods_shipped", GoodsShipped, "order", "erp.watch_shipments", "order", "deliveries"),
        EventType("erp.receivable_changed", ReceivableChanged, "invoice", "erp.watch_payments", "invoice", "payments"),
        *SUPPLY_EVENTS,
        EventType(
            "erp.payment_allocated",
            PaymentAllocated,
            "invoice",
            read="erp.watch_payments",
            refreshes="invoice",
            collects="payments",
            by="customer",
        ),
        EventType(
            "erp.payment_reversed", PaymentReversed, subject="invoice", by="customer", hints="erp.payment_allocated"
        ),
        *CHAIN_EVENTS,
        *TRADE_EVENTS,
    )
}

REFUSALS: dict[str, tuple[str, ...]] = {
    # The reasons that systems refuse for, by operation; on_refusal may name these and ``default``.
    "erp.create_order": ("unknown_customer", "blocked_customer", "unknown_product"),
    "erp.confirm_order": ("credit_limit", "out_of_stock", "discontinued"),
    "erp.release_delivery": ("not_confirmed",),
    "erp.cancel_order": ("already_shipped", "invoiced"),
    "erp.ship_delivery": ("out_of_stock", "not_released"),
    "erp.post_invoice": ("already_invoiced",),
    "erp.create_dunning": ("nothing_open", "disputed", "blocked", "not_due"),
    "erp.cancel_dunning": ("already_cancelled", "fee_invoiced"),
    "erp.register_payment": ("already_settled",),
    "erp.reverse_payment": ("already_reversed",),
    "erp.amend_order": (
        "below_shipped",
        "already_shipped",
        "invoiced",
        "not_open",
        "unknown_product",
        "discontinued",
        "credit_limit",
    ),
    "erp.cancel_lines": ("already_shipped", "invoiced", "not_open", "unknown_line"),
    "erp.accept_return": ("nothing_shipped", "more_than_shipped"),
    "erp.credit_return": ("not_received", "already_credited", "not_billed"),
    "erp.credit_and_refund": ("already_credited",),
    "erp.credit_cancelled": ("nothing_cancelled",),
    "erp.credit_part": ("more_than_billed",),
    "erp.refund": ("nothing_due", "more_than_balance"),
    "erp.release_picks": ("not_confirmed", "already_released"),
    "crm.create_lead": ("duplicate_lead", "unknown_product"),
    "crm.convert_lead": ("already_converted", "not_qualified"),
    "crm.qualify_lead": ("not_qualified", "duplicate_lead"),
    "customer.resolve": ("unknown_customer",),
    "customer.ensure": ("duplicate_customer", "blocked_customer"),
    **BILLING_REFUSALS,
    **SUPPLY_REFUSALS,
    **CHAIN_REFUSALS,
    **TRADE_REFUSALS,
}


@dataclass(frozen=True)
class Registry:
    """The operations and events a definition may name: ours, and those that adapters add."""

    operations: dict[str, Operation] = field(default_factory=lambda: dict(OPERATIONS))
    events: dict[str, EventType] = field(default_factory=lambda: dict(EVENTS))
    refusals: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(REFUSALS))

    def effects(self) -> Iterable[Operation]:
        """Every operation that changes something outside."""
        return (operation for operation in self.operations.values() if operation.effect)
