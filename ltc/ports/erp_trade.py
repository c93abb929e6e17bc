"""The port of what dealers live by: insured credit, goods on consignment, framework contracts."""

from __future__ import annotations

from typing import Protocol

from ltc.model import trade as t
from ltc.ports import operations as op
from ltc.ports import requests_trade as ask
from ltc.ports.systems import System


class TradesOnTrust(System, Protocol):
    """One method per operation; effects take the effect key. All raise ``ltc.ports.errors`` only."""

    async def insure_credit(self, request: ask.InsureCredit, key: str) -> t.Cover:
        """Have the credit insurer cover an order."""

    async def release_cover(self, request: ask.CoverId, key: str) -> t.Cover:
        """Give a cover back: it is not needed any more."""

    async def consign_order(self, request: op.OrderId, key: str) -> t.Consignment:
        """Send an order's goods to the customer's premises, where they stay ours until they are taken."""

    async def recall_consignment(self, request: ask.ConsignmentId, key: str) -> t.Consignment:
        """Call goods back of which nothing was taken."""

    async def create_contract(self, request: ask.CreateContract, key: str) -> t.Contract:
        """Agree on quantities and prices that will be called off."""

    async def cancel_contract(self, request: ask.ContractId, key: str) -> t.Contract:
        """Cancel a contract of which nothing was called off."""

    async def reprice_contract(self, request: ask.RepriceContract, key: str) -> t.Contract:
        """Agree on other prices: what is called off from now on costs so much."""

    async def watch_contract(self, request: ask.ContractId) -> ask.ContractStatus:
        """Read a contract and everything called off so far."""
