"""The documents of a stand-in for distributors and framework contracts: covers, consignments, contracts, call-offs."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class Trades:
    """What the books of a stand-in do with insured credit, goods on consignment and framework contracts."""

    opportunity: dict[str, Any]
    order: dict[str, Any]
    contract: dict[str, Any]
    call_offs: list[dict[str, Any]]

    def erp_insure_credit(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {
            "id": "CV-1", "version": 1, "order": self.order["id"], "customer": self.order["customer"],
            "amount": self.order["gross"], "limit": self.order["gross"], "status": "open",
        }  # fmt: skip

    def erp_release_cover(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": args["cover"], "version": 2, "status": "released"}

    def erp_consign_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        pieces = self.order["ordered"]
        return {
            "id": "CG-1", "version": 1, "order": self.order["id"], "status": "out", "quantity": pieces,
            "withdrawn": 0, "left": pieces,
        }  # fmt: skip

    def erp_recall_consignment(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": args["consignment"], "version": 2, "status": "recalled"}

    def erp_create_contract(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.call_offs = []
        self.contract = {
            "id": "CT-1", "version": 1, "customer": args["customer"], "lines": args["lines"],
            "quantity": sum(line["quantity"] for line in args["lines"]), "called": 0, "status": "open", "closed": False,
            "percent": 100,
        }  # fmt: skip
        return self.contract

    def erp_cancel_contract(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {**self.contract, "version": self.contract["version"] + 1, "status": "cancelled"}

    def erp_reprice_contract(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.contract = {**self.contract, "version": self.contract["version"] + 1, "percent": args["percent"]}
        return self.contract

    def call_off(self, share: int, now: datetime, last: bool) -> dict[str, Any]:
        """The customer calls a share of the contract off, at that moment; the last takes what is left."""
        left = self.contract["quantity"] - sum(one["quantity"] for one in self.call_offs)
        quantity = left if last else self.contract["quantity"] * share // 100
        number = len(self.call_offs) + 1
        made = {
            "id": f"CO-{number}", "version": 1, "contract": self.contract["id"], "number": str(number),
            "lines": [{**line, "quantity": quantity} for line in self.contract["lines"][:1]], "quantity": quantity,
            "requested_at": now.isoformat(),
        }  # fmt: skip
        self.call_offs.append(made)
        return made

    def erp_watch_contract(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        known = [one for one in self.call_offs if datetime.fromisoformat(one["requested_at"]) <= now]
        called = sum(one["quantity"] for one in known)
        closed = called >= self.contract["quantity"]
        shown = {
            **self.contract, "version": self.contract["version"] + len(known), "called": called, "closed": closed,
            "status": "closed" if closed else "open",
        }  # fmt: skip
        return {"contract": shown, "call_offs": known}
