"""Operations and events of distributors and framework contracts, and what they refuse for."""

from __future__ import annotations

from ltc.model import trade as t
from ltc.ports.registered import EventType, Operation
from ltc.ports.requests import OrderId
from ltc.ports.requests_trade import (
    CallOffOrdered,
    CallOffRequested,
    ConsignmentId,
    ContractId,
    ContractStatus,
    CoverId,
    CreateContract,
    InsureCredit,
    RepriceContract,
    WithdrawalReported,
)

TRADE = (
    Operation("erp.insure_credit", InsureCredit, t.Cover, effect=True, inverse="erp.release_cover"),
    Operation("erp.release_cover", CoverId, t.Cover, effect=True),
    Operation("erp.consign_order", OrderId, t.Consignment, effect=True, inverse="erp.recall_consignment"),
    Operation("erp.recall_consignment", ConsignmentId, t.Consignment, effect=True),
    Operation("erp.create_contract", CreateContract, t.Contract, effect=True, inverse="erp.cancel_contract"),
    Operation("erp.cancel_contract", ContractId, t.Contract, effect=True),
    Operation("erp.reprice_contract", RepriceContract, t.Contract, effect=True),
    Operation("erp.watch_contract", ContractId, ContractStatus, effect=False),
)

TRADE_EVENTS = (
    EventType("erp.withdrawal_reported", WithdrawalReported, "order", "erp.watch_shipments", "order", "deliveries"),
    EventType("erp.call_off_requested", CallOffRequested, "contract", "erp.watch_contract", "contract", "call_offs"),
    EventType("erp.call_off_ordered", CallOffOrdered, "contract"),
)

TRADE_REFUSALS: dict[str, tuple[str, ...]] = {
    "erp.insure_credit": ("insurance_limit", "not_insured", "already_insured"),
    "erp.release_cover": ("already_released",),
    "erp.consign_order": ("not_confirmed", "out_of_stock", "already_consigned"),
    "erp.recall_consignment": ("already_withdrawn", "already_recalled"),
    "erp.create_contract": ("unknown_customer", "blocked_customer", "unknown_product"),
    "erp.reprice_contract": ("not_open",),
    "erp.cancel_contract": ("called_off", "already_cancelled"),
}
