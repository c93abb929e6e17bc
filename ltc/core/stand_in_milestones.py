"""The documents of a stand-in billed by milestones: terms agreed, milestones accepted, withdrawn and billed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ltc.model.money import round_minor


class Milestones:
    """What the books of a stand-in do with milestones; shares are of the order, the last takes the rest."""

    order: dict[str, Any]
    invoices: dict[str, dict[str, Any]]

    def __init__(self) -> None:
        self.terms: dict[str, Any] = {}
        self.accepted: dict[str, dict[str, Any]] = {}

    def erp_agree_terms(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.terms = args["terms"]
        self.order = {**self.order, "version": self.order["version"] + 1}
        return self.order

    def erp_accept_milestone(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        agreed = {one["name"]: one for one in self.terms["milestones"]}
        amount = agreed[args["milestone"]].get("amount") or self._share(agreed[args["milestone"]], len(agreed))
        made = {
            "id": f"MS-{args['milestone']}", "version": 1, "order": self.order["id"], "name": args["milestone"],
            "amount": amount, "accepted_by": args["accepted_by"], "accepted_at": now.isoformat(), "invoice": "",
        }  # fmt: skip
        self.accepted[made["id"]] = made
        return made

    def _share(self, agreed: dict[str, Any], all_of_them: int) -> dict[str, Any]:
        gross = self.order["gross"]
        done = sum(one["amount"]["minor"] for one in self.accepted.values())
        last = len(self.accepted) + 1 == all_of_them
        part = round_minor(Decimal(gross["minor"]) * Decimal(str(agreed["share"])) / 100)
        return {**gross, "minor": gross["minor"] - done if last else part}

    def erp_withdraw_acceptance(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        gone = self.accepted.pop(args["milestone"])
        return {**gone, "version": gone["version"] + 1, "amount": {**gone["amount"], "minor": 0}}

    def erp_post_milestone_invoice(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        milestone = self.accepted[args["milestone"]]
        return self._invoice(f"INV-{milestone['name']}", "", milestone["amount"], now)

    def _invoice(self, name: str, delivery: str, gross: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise NotImplementedError
