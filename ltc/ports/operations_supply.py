"""Operations and events of making and buying, and what they refuse for."""

from __future__ import annotations

from ltc.model import supply as s
from ltc.ports.registered import EventType, Operation
from ltc.ports.requests import OrderId
from ltc.ports.requests_supply import (
    GoodsReceived,
    MakeOrBuy,
    ProductionFinished,
    ProductionId,
    ProductionStatus,
    PurchaseId,
    PurchaseStatus,
    SupplyId,
)

SUPPLY = (
    Operation("erp.plan_supply", OrderId, s.SupplyPlan, effect=True, inverse="erp.free_supply"),
    Operation("erp.free_supply", SupplyId, s.SupplyPlan, effect=True),
    Operation("erp.create_production", MakeOrBuy, s.ProductionOrder, effect=True, inverse="erp.cancel_production"),
    Operation("erp.release_production", ProductionId, s.ProductionOrder, effect=True, inverse="erp.recall_production"),
    Operation("erp.recall_production", ProductionId, s.ProductionOrder, effect=True),
    Operation("erp.cancel_production", ProductionId, s.ProductionOrder, effect=True),
    Operation("erp.watch_production", ProductionId, ProductionStatus, effect=False),
    Operation("erp.create_purchase", MakeOrBuy, s.PurchaseOrder, effect=True, inverse="erp.cancel_purchase"),
    Operation("erp.confirm_purchase", PurchaseId, s.PurchaseOrder, effect=True, inverse="erp.cancel_purchase"),
    Operation("erp.cancel_purchase", PurchaseId, s.PurchaseOrder, effect=True),
    Operation("erp.watch_purchase", PurchaseId, PurchaseStatus, effect=False),
)

SUPPLY_EVENTS = (
    EventType("erp.production_finished", ProductionFinished, "production", "erp.watch_production", "production"),
    EventType("erp.goods_received", GoodsReceived, "purchase", "erp.watch_purchase", "purchase", "receipts"),
)

SUPPLY_REFUSALS: dict[str, tuple[str, ...]] = {
    "erp.plan_supply": ("not_confirmed", "already_planned"),
    "erp.free_supply": ("already_freed",),
    "erp.create_production": ("not_planned", "no_parts_list", "more_than_needed"),
    "erp.release_production": ("parts_missing", "already_released", "cancelled"),
    "erp.recall_production": ("not_released", "already_finished"),
    "erp.cancel_production": ("already_cancelled",),
    "erp.create_purchase": ("not_planned", "more_than_needed", "unknown_product"),
    "erp.confirm_purchase": ("supplier_refused", "already_confirmed", "cancelled"),
    "erp.cancel_purchase": ("already_cancelled",),
}
