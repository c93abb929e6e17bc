"""The registry of operations and events: each typed, declared once, with its inverse and its probe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel

from ltc.model import documents as d
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


class EffectClass(StrEnum):
    """What a system offers against doing an effect twice."""

    A = "A"  # native idempotency key, or upsert by external id
    B = "B"  # a unique reference field
    C = "C"  # a searchable reference, not unique: intent, settle, probe, send
    D = "D"  # nothing to search by: at most once, then a human


@dataclass(frozen=True)
class Operation:
    """What a ``call`` calls. ``name`` is ``port.method``; the port's adapter has a method of that name."""

    name: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    effect: bool
    inverse: str = ""
    version: int = 1

    @property
    def port(self) -> str:
        """The port that carries the operation out; calls to one port share a task queue."""
        return self.name.split(".", 1)[0]

    @property
    def method(self) -> str:
        """The method of the port."""
        return self.name.split(".", 1)[1]


@dataclass(frozen=True)
class EventType:
    """Something an outside system reports: a hint to read again.

    ``subject`` is the field of the event that names the document it is about. ``read`` is the operation that a
    wait reads again with; it takes one field, the subject's id; of its result the field ``refreshes`` replaces the
    document waited on and the list ``collects`` holds the documents that ``into:`` gathers, by their id.
    """

    name: str
    fields: type[BaseModel]
    subject: str
    read: str = ""
    refreshes: str = ""
    collects: str = ""


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
        Operation("erp.write_off", InvoiceId, d.Invoice, effect=True),
        Operation("erp.create_dunning", CreateDunning, d.Dunning, effect=True, inverse="erp.cancel_dunning"),
        Operation("erp.cancel_dunning", DunningId, d.Dunning, effect=True),
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
