"""The registry of operations and events: each typed, declared once, with its inverse and its probe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ltc.model import documents as d
from ltc.ports.operations_billing import BILLING, BILLING_REFUSALS
from ltc.ports.operations_supply import SUPPLY, SUPPLY_EVENTS, SUPPLY_REFUSALS
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
    PaymentStatus,
    ReceivableChanged,
    RegisterPayment,
    ResolveCustomer,
    SetStage,
    ShipDelivery,
    ShipmentStatus,
    UpdateOrder,
)

__all__ = [
    "EVENTS",
    "OPERATIONS",
    "REFUSALS",
    "ConfirmOrder",
    "CreateDunning",
    "CreateLead",
    "CreateOrder",
    "Currencies",
    "DeliveryId",
    "DunningId",
    "EffectClass",
    "EnsureCustomer",
    "EventType",
    "GoodsShipped",
    "InvoiceId",
    "LeadId",
    "LogProgress",
    "Operation",
    "OpportunityId",
    "OpportunityWon",
    "OrderCancelled",
    "OrderId",
    "PaymentAllocated",
    "PaymentId",
    "PaymentStatus",
    "ReceivableChanged",
    "RegisterPayment",
    "Registry",
    "ResolveCustomer",
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
    )
}

EVENTS: dict[str, EventType] = {
    event.name: event
    for event in (
        EventType("crm.opportunity_won", OpportunityWon, subject="opportunity_id"),
        EventType("crm.order_cancelled", OrderCancelled, subject="opportunity"),
        EventType("erp.goods_shipped", GoodsShipped, "order", "erp.watch_shipments", "order", "deliveries"),
        EventType("erp.payment_allocated", PaymentAllocated, "invoice", "erp.watch_payments", "invoice", "payments"),
        EventType("erp.receivable_changed", ReceivableChanged, "invoice", "erp.watch_payments", "invoice", "payments"),
        *SUPPLY_EVENTS,
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
    "erp.cancel_dunning": ("already_cancelled",),
    "erp.register_payment": ("already_settled",),
    "erp.reverse_payment": ("already_reversed",),
    "crm.create_lead": ("duplicate_lead", "unknown_product"),
    "crm.convert_lead": ("already_converted", "not_qualified"),
    "crm.qualify_lead": ("not_qualified", "duplicate_lead"),
    "customer.resolve": ("unknown_customer",),
    "customer.ensure": ("duplicate_customer", "blocked_customer"),
    **BILLING_REFUSALS,
    **SUPPLY_REFUSALS,
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
