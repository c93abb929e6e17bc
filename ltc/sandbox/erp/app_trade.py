"""The routes and pages of insured credit, consignment and framework contracts in the sandbox ERP."""

from __future__ import annotations

from fastapi import FastAPI, Response

from ltc.model import documents as d
from ltc.model import trade as t
from ltc.ports import operations as op
from ltc.ports.requests_trade import ContractId, RepriceContract
from ltc.sandbox.app import SandboxSystem, command, served
from ltc.sandbox.erp import consignment, contracts, insurance
from ltc.sandbox.erp.pages import Limit, Lists, add_document_page

SCHEMA = consignment.SCHEMA + insurance.SCHEMA + contracts.SCHEMA
ROUTES = (
    served("erp.insure_credit", "POST", "/orders/{order}/cover", insurance.insure_credit),
    served("erp.release_cover", "POST", "/covers/{cover}/release", insurance.release_cover),
    served("erp.consign_order", "POST", "/orders/{order}/consign", consignment.consign_order),
    served("erp.recall_consignment", "POST", "/consignments/{consignment}/recall", consignment.recall_consignment),
    served("erp.create_contract", "POST", "/contracts", contracts.create_contract),
    served("erp.cancel_contract", "POST", "/contracts/{contract}/cancel", contracts.cancel_contract),
    served("erp.reprice_contract", "POST", "/contracts/{contract}/reprice", contracts.reprice),
    served("erp.watch_contract", "GET", "/contracts/{contract}/call-offs", contracts.watch_contract),
    command("insurer.insure", "/insurer/limits", insurance.Insure, insurance.Insured, insurance.insure),
    command("consignment.withdraw", "/consignment/withdraw", consignment.Withdraw, d.Delivery, consignment.withdraw),
    command("consignment.send_back", "/consignment/send-back", op.OrderId, t.Consignment, consignment.send_back),
    command("contract.call_off", "/contract/call-off", contracts.Call, t.CallOff, contracts.call_off),
    command("contract.reprice", "/contract/reprice", RepriceContract, t.Contract, contracts.reprice),
    command("contract.close", "/contract/close", ContractId, t.Contract, contracts.close_contract),
)
COMMANDS = tuple(one.operation for one in ROUTES if not one.operation.startswith("erp."))


def add_pages(app: FastAPI, system: SandboxSystem) -> None:
    """Add the lists of covers, consignments and contracts, and a page for each document."""
    lists = Lists(system)

    @app.get("/covers")
    async def covers(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Covers, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("covers", insurance.cover_of, limit, after, "reference", **by)

    @app.get("/consignments")
    async def consignments(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Consignments, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("consignments", consignment.consignment_of, limit, after, "reference", **by)

    @app.get("/contracts")
    async def all_contracts(reference: str = "", customer: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Contracts, oldest first."""
        by = {"reference": reference, "customer": customer}
        return lists.find("contracts", contracts.contract_of, limit, after, "reference", "chain", **by)

    add_document_page(app, system, "covers", "cover", insurance.cover_of)
    add_document_page(app, system, "consignments", "consignment", consignment.consignment_of)
    add_document_page(app, system, "contracts", "contract", contracts.contract_of)
