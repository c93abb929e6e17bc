"""Documents of making and buying: what an order lacks, production orders, purchase orders, goods receipts."""

from __future__ import annotations

from datetime import datetime

from ltc.model.base import Value
from ltc.model.documents import Document, DocumentId, Quantity


class Need(Value):
    """How much of a product is to be made or bought."""

    product: DocumentId
    quantity: Quantity


class SupplyPlan(Document):
    """What an order lacks: products to make, and parts to buy for them. What is in stock is kept for the order."""

    order: DocumentId
    make: list[Need]
    buy: list[Need]
    kept: list[Need]
    status: str


class ProductionOrder(Document):
    """A production order; ``status``: planned, released (its parts are taken), finished, cancelled."""

    order: DocumentId
    product: DocumentId
    quantity: Quantity
    finished: Quantity = 0
    status: str


class PurchaseOrder(Document):
    """A purchase order; ``status``: draft, confirmed, partly_received, received, cancelled."""

    order: DocumentId
    product: DocumentId
    quantity: Quantity
    received: Quantity = 0
    cancelled: Quantity = 0
    status: str


class Receipt(Document):
    """Bought goods that came in: all of a purchase order, or a part."""

    purchase: DocumentId
    quantity: Quantity
    received_at: datetime
