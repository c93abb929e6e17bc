"""Insured credit, consignment and framework contracts on the sandbox ERP: how each operation is called there."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.sandbox.base import SandboxAdapter, Way
from ltc.model import trade as t
from ltc.ports import operations as op
from ltc.ports import requests_trade as ask

TRADE: Mapping[str, Way] = {
    "erp.insure_credit": Way("POST", "/orders/{order}/cover", "/covers", ("order", "order")),
    "erp.release_cover": Way("POST", "/covers/{cover}/release", changes="cover", reads="/covers/{cover}"),
    "erp.consign_order": Way("POST", "/orders/{order}/consign", "/consignments", ("order", "order")),
    "erp.recall_consignment": Way(
        "POST", "/consignments/{consignment}/recall", changes="consignment", reads="/consignments/{consignment}"
    ),
    "erp.create_contract": Way("POST", "/contracts", "/contracts", ("customer", "customer")),
    "erp.cancel_contract": Way(
        "POST", "/contracts/{contract}/cancel", changes="contract", reads="/contracts/{contract}"
    ),
    "erp.reprice_contract": Way(
        "POST", "/contracts/{contract}/reprice", changes="contract", reads="/contracts/{contract}"
    ),
    "erp.watch_contract": Way("GET", "/contracts/{contract}/call-offs"),
}


class Trades(SandboxAdapter):
    """What distributors and framework contracts need."""

    async def insure_credit(self, request: ask.InsureCredit, key: str) -> t.Cover:
        """Have the credit insurer cover an order."""
        made: t.Cover = await self._do("erp.insure_credit", request, key)
        return made

    async def release_cover(self, request: ask.CoverId, key: str) -> t.Cover:
        """Give a cover back."""
        made: t.Cover = await self._do("erp.release_cover", request, key)
        return made

    async def consign_order(self, request: op.OrderId, key: str) -> t.Consignment:
        """Bring an order's goods to the customer's place."""
        made: t.Consignment = await self._do("erp.consign_order", request, key)
        return made

    async def recall_consignment(self, request: ask.ConsignmentId, key: str) -> t.Consignment:
        """Bring goods back of which nothing was taken."""
        made: t.Consignment = await self._do("erp.recall_consignment", request, key)
        return made

    async def create_contract(self, request: ask.CreateContract, key: str) -> t.Contract:
        """Agree on a framework contract."""
        made: t.Contract = await self._do("erp.create_contract", request, key)
        return made

    async def cancel_contract(self, request: ask.ContractId, key: str) -> t.Contract:
        """Take a contract back of which nothing was called off."""
        made: t.Contract = await self._do("erp.cancel_contract", request, key)
        return made

    async def reprice_contract(self, request: ask.RepriceContract, key: str) -> t.Contract:
        """Agree on other prices of what is called off from now on."""
        made: t.Contract = await self._do("erp.reprice_contract", request, key)
        return made

    async def watch_contract(self, request: ask.ContractId) -> ask.ContractStatus:
        """Read a contract and everything called off so far."""
        status: ask.ContractStatus = await self._read("erp.watch_contract", request)
        return status
