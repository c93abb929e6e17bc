"""What the operations and events of making and buying take and say."""

from __future__ import annotations

from ltc.model import documents as d
from ltc.model import supply as s
from ltc.model.base import Value


class MakeOrBuy(Value):
    """How much of a product to make or to buy for an order."""

    order: d.DocumentId
    product: d.DocumentId
    quantity: d.Pieces


class SupplyId(Value):
    """A supply plan by its id."""

    supply: d.DocumentId


class ProductionId(Value):
    """A production order by its id."""

    production: d.DocumentId


class PurchaseId(Value):
    """A purchase order by its id."""

    purchase: d.DocumentId


class ProductionStatus(Value):
    """A production order as it stands."""

    production: s.ProductionOrder


class PurchaseStatus(Value):
    """A purchase order and everything that came in for it so far."""

    purchase: s.PurchaseOrder
    receipts: list[s.Receipt]


class ProductionFinished(Value):
    """The workshop reports pieces as made."""

    production: str
    finished: int


class GoodsReceived(Value):
    """Bought goods came in."""

    purchase: str
    receipt: str
