"""The documents of a stand-in that bills by terms, makes and buys: instalments, milestones, production, purchase."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ltc.model.money import round_minor

SUPPLY_TIME = timedelta(days=2)  # until what is made is finished, and what is bought is there


class Terms:
    """What the books of a stand-in do with operations of billing by terms, production and purchase."""

    order: dict[str, Any]
    invoices: dict[str, dict[str, Any]]
    lacks: int  # the share of an order, in percent, that is to be made of parts to be bought

    def __init__(self) -> None:
        self.terms: dict[str, Any] = {}
        self.milestones: dict[str, dict[str, Any]] = {}
        self.fees: dict[str, int] = {}  # of dunning notices, in minor units
        self.productions: dict[str, dict[str, Any]] = {}
        self.purchases: dict[str, dict[str, Any]] = {}

    def _turn(self, status: str) -> dict[str, Any]:
        raise NotImplementedError

    def _invoice(self, name: str, delivery: str, gross: dict[str, Any], now: datetime, **more: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _number(self, what: str) -> int:
        raise NotImplementedError

    def _changed(self, now: datetime, **changes: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _seen(self, now: datetime) -> dict[str, Any]:
        raise NotImplementedError

    # Terms

    def erp_agree_terms(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.terms = args["terms"]
        return self._turn(self.order["status"])

    def erp_close_short(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        """What has not left by now is given up."""
        self._changed(now, cancelled=self.order["ordered"] - self._seen(now)["shipped"])
        return self._seen(now)

    def _bill(self, minor: int, now: datetime, name: str = "", **more: Any) -> dict[str, Any]:
        gross = {**self.order["gross"], "minor": minor}
        return self._invoice(f"INV-{name or self._number('invoice')}", "", gross, now, **more)

    def _billed(self) -> int:
        billed = [one for one in self.invoices.values() if one.get("kind") != "dunning_fee"]
        return sum(one["gross"]["minor"] - one["credited"]["minor"] for one in billed)

    def erp_post_down_payment(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        amount = args.get("amount")
        minor = amount["minor"] if amount else self._share(args["share"])
        return self._bill(minor, now, kind="down_payment")

    def erp_post_instalment(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        agreed = self.terms["instalments"]
        share = next(one["share"] for one in agreed if one["name"] == args["instalment"])
        billed = [one for one in self.invoices.values() if one.get("kind") == "instalment"]
        last = len(billed) == len(agreed) - 1
        minor = self.order["gross"]["minor"] - self._billed() if last else self._share(share)
        return self._bill(minor, now, args["instalment"], kind="instalment", part=args["instalment"])

    def erp_post_final_invoice(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        left = self.order["ordered"] - self.order["cancelled"]
        worth = round_minor(Decimal(self.order["gross"]["minor"] * left) / self.order["ordered"])
        return self._bill(worth - self._billed(), now, kind="final")

    def _share(self, percent: str) -> int:
        return round_minor(self.order["gross"]["minor"] * Decimal(percent) / 100)

    def erp_post_dunning_fee(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._bill(self.fees[args["dunning"]], now, kind="dunning_fee", part=args["dunning"])

    # Milestones

    def erp_accept_milestone(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        term = next(one for one in self.terms["milestones"] if one["name"] == args["milestone"])
        minor = term["amount"]["minor"] if term.get("amount") else self._share(term["share"])
        if len(self.milestones) == len(self.terms["milestones"]) - 1:
            minor = self.order["gross"]["minor"] - sum(one["amount"]["minor"] for one in self.milestones.values())
        name = f"MS-{args['milestone']}"
        self.milestones[name] = {
            "id": name, "version": 1, "order": self.order["id"], "name": args["milestone"],
            "amount": {**self.order["gross"], "minor": minor}, "accepted_by": args["accepted_by"],
            "accepted_at": now.isoformat(), "invoice": "",
        }  # fmt: skip
        return self.milestones[name]

    def erp_withdraw_acceptance(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        one = self.milestones[args["milestone"]]
        del self.milestones[one["id"]]
        return {**one, "version": one["version"] + 1, "amount": {**one["amount"], "minor": 0}}

    def erp_post_milestone_invoice(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        one = self.milestones[args["milestone"]]
        return self._bill(one["amount"]["minor"], now, one["name"], kind="milestone", part=one["id"])

    # Making and buying

    def erp_plan_supply(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        quantity = self.order["ordered"] * self.lacks // 100
        product = self.order["lines"][0]["product"]
        make = [{"product": product, "quantity": quantity}] if quantity else []
        buy = [{"product": f"{product}-part", "quantity": quantity}] if quantity else []
        return {"id": "SP-1", "version": 1, "order": args["order"], "make": make, "buy": buy, "kept": [],
                "status": "open"}  # fmt: skip

    def erp_free_supply(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": args["supply"], "version": 2, "order": self.order["id"], "make": [], "buy": [], "kept": [],
                "status": "freed"}  # fmt: skip

    def erp_create_production(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        name = f"MO-{self._number('production')}"
        self.productions[name] = {"id": name, "version": 1, **args, "finished": 0, "status": "planned", "at": ""}
        return self._production(name, now)

    def erp_release_production(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.productions[args["production"]].update(version=2, status="released", at=(now + SUPPLY_TIME).isoformat())
        return self._production(args["production"], now)

    def erp_recall_production(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.productions[args["production"]].update(version=3, status="planned", at="")
        return self._production(args["production"], now)

    def erp_cancel_production(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.productions[args["production"]].update(version=4, status="cancelled", at="")
        return self._production(args["production"], now)

    def erp_watch_production(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"production": self._production(args["production"], now)}

    def _production(self, name: str, now: datetime) -> dict[str, Any]:
        shown = dict(self.productions[name])
        at = shown.pop("at")
        if at and datetime.fromisoformat(at) <= now:
            shown |= {"version": shown["version"] + 1, "finished": shown["quantity"], "status": "finished"}
        return shown

    def erp_create_purchase(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        name = f"PO-{self._number('purchase')}"
        plain = {"received": 0, "cancelled": 0, "status": "draft", "at": ""}
        self.purchases[name] = {"id": name, "version": 1, **args, **plain}
        return self._purchase(name, now)

    def erp_confirm_purchase(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.purchases[args["purchase"]].update(version=2, status="confirmed", at=(now + SUPPLY_TIME).isoformat())
        return self._purchase(args["purchase"], now)

    def erp_cancel_purchase(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        one = self.purchases[args["purchase"]]
        received = self._purchase(one["id"], now)["received"]
        one.update(version=4, status="cancelled", cancelled=one["quantity"] - received, received=received, at="")
        return self._purchase(one["id"], now)

    def erp_watch_purchase(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        one = self._purchase(args["purchase"], now)
        at = self.purchases[one["id"]]["at"]
        came = {"id": f"GRN-{one['id']}", "version": 1, "purchase": one["id"], "quantity": one["received"]}
        return {"purchase": one, "receipts": [{**came, "received_at": at}] if one["received"] and at else []}

    def _purchase(self, name: str, now: datetime) -> dict[str, Any]:
        shown = dict(self.purchases[name])
        at = shown.pop("at")
        if at and datetime.fromisoformat(at) <= now:
            shown |= {"version": shown["version"] + 1, "received": shown["quantity"], "status": "received"}
        return shown

    # Cash discount

    def _discounted(self, invoice: dict[str, Any], received: list[dict[str, Any]], left: int) -> int:
        """What the time granted for a cash discount makes of a rest: all of it, or nothing."""
        granted = self.terms.get("cash_discount")
        if not granted or not received or left <= 0:
            return 0
        most = round_minor(invoice["gross"]["minor"] * Decimal(granted["rate"]) / 100)
        posted = datetime.fromisoformat(invoice["due_date"]) - timedelta(days=30)
        last = max(datetime.fromisoformat(one["received_at"]) for one in received)
        return left if left <= most and last <= posted + timedelta(days=granted["days"]) else 0
