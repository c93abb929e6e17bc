"""The documents of a stand-in after the sale: amendments, lines cancelled, goods that come back, several warehouses."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class AfterSale:
    """What the books of a stand-in do with operations after the sale."""

    order: dict[str, Any]
    deliveries: list[dict[str, Any]]
    invoices: dict[str, dict[str, Any]]
    elsewhere: int  # the share of an order, in percent, that only the second warehouse has

    def __init__(self) -> None:
        self.before: list[dict[str, Any]] = []
        self.returns: dict[str, dict[str, Any]] = {}
        self.arrivals: dict[str, datetime] = {}
        self.credits: dict[str, dict[str, Any]] = {}

    def _changed(self, now: datetime, **changes: Any) -> dict[str, Any]:
        """A new version of the order; what is planned to leave later is planned anew."""
        self.order = {**self.order, "version": self.order["version"] + 1, **changes}
        later = [one for one in self.deliveries if datetime.fromisoformat(one["shipped_at"]) > now]
        out = sum(line["quantity"] for one in self.deliveries if one not in later for line in one["lines"])
        left = self.order["ordered"] - self.order["cancelled"] - out
        for one in later:
            planned = left if one is later[-1] else min(left, one["lines"][0]["quantity"])
            one["lines"][0]["quantity"] = planned
            share = self.order["gross"]["minor"] * planned // self.order["ordered"]
            one["gross"] = one["net"] = {**self.order["gross"], "minor": share}
            left -= planned
            if not planned:
                self.deliveries.remove(one)
        return self.order

    def erp_amend_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.before.append(self.order)
        lines = args["lines"]
        sums = {
            name: {**self.order[name], "minor": sum(line[name]["minor"] for line in lines)}
            for name in ("net", "tax", "gross")
        }
        return self._changed(now, lines=lines, ordered=sum(line["quantity"] for line in lines), **sums)

    def erp_cancel_lines(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Every line of a stand-in's order counts alike: what is open of those named is cancelled."""
        self.before.append(self.order)
        gone = sum(line["quantity"] for line in self.order["lines"] if line["id"] in args["lines"])
        return self._changed(now, cancelled=min(gone, self.order["ordered"]))

    def erp_revert_amendment(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        before = self.before.pop()
        return self._changed(
            now, **{name: before[name] for name in ("lines", "net", "tax", "gross", "ordered", "cancelled")}
        )

    # Returns, credits, refunds

    def erp_accept_return(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        lines = [{"product": "11", **line} for line in args.get("lines") or []]
        gone = sum(line["quantity"] for one in self.deliveries for line in one["lines"])
        quantity = sum(line["quantity"] for line in lines) if lines else gone
        name = f"GR-{len(self.returns) + 1}"
        self.returns[name] = {
            "id": name, "version": 1, "quantity": quantity,
            "delivery": self.deliveries[-1]["id"] if self.deliveries else "",
            "order": args["order"], "status": "announced", "lines": lines,
        }  # fmt: skip
        return dict(self.returns[name])

    def erp_cancel_return(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.returns[args["goods_return"]].update(status="cancelled", version=2)
        return dict(self.returns[args["goods_return"]])

    def _back(self, now: datetime) -> list[dict[str, Any]]:
        """What has come back by now."""
        found = []
        for name, back in self.returns.items():
            if back["status"] == "announced" and name in self.arrivals and self.arrivals[name] <= now:
                back.update(status="received", version=2)
            if back["status"] == "received":
                found.append(dict(back))
        return found

    def erp_watch_returns(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"order": self._seen(now), "returns": self._back(now)}

    def _seen(self, now: datetime) -> dict[str, Any]:
        """The order as it stands now, with what has left and what has come back."""
        gone = [one for one in self.deliveries if datetime.fromisoformat(one["shipped_at"]) <= now]
        shipped = sum(line["quantity"] for one in gone for line in one["lines"])
        back = self._back(now)
        version = self.order["version"] + len(gone) + len(back)
        return {**self.order, "version": version, "shipped": shipped, "returned": sum(one["quantity"] for one in back)}

    def _credited(self, invoice: str, minor: int) -> dict[str, Any]:
        one = self.invoices[invoice]
        money = {**one["gross"], "minor": minor}
        total = {**one["gross"], "minor": one["credited"]["minor"] + minor}
        left = {**one["gross"], "minor": one["open"]["minor"] - minor}
        one.update(version=one["version"] + 1, credited=total, open=left, settled=left["minor"] <= 0)
        name = f"CN-{invoice}-{len(self.credits) + 1}"
        self.credits[name] = {"id": name, "version": 1, "invoice": invoice, "amount": money}
        return dict(self.credits[name])

    def erp_credit_return(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        back, invoice = self.returns[args["goods_return"]], self.invoices[args["invoice"]]
        worth = self.order["gross"]["minor"] * back["quantity"] // self.order["ordered"]
        return self._credited(args["invoice"], min(worth, invoice["gross"]["minor"] - invoice["credited"]["minor"]))

    def erp_credit_and_refund(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        note = self._credited(args["invoice"], invoice["gross"]["minor"] - invoice["credited"]["minor"])
        self.erp_refund(args, now)
        return note

    def erp_credit_part(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._credited(args["invoice"], args["amount"]["minor"])

    def erp_credit_cancelled(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        worth = self.order["gross"]["minor"] * self.order["cancelled"] // self.order["ordered"]
        return self._credited(args["invoice"], worth)

    def erp_cancel_credit(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        note = self.credits[args["credit_note"]]
        invoice = self.invoices[note["invoice"]]
        total = {**invoice["gross"], "minor": invoice["credited"]["minor"] - note["amount"]["minor"]}
        invoice.update(version=invoice["version"] + 1, credited=total)
        note.update(version=2, amount={**note["amount"], "minor": 0})
        return dict(note)

    def erp_refund(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        paid = sum(
            one["amount"]["minor"] for one in invoice["payments"] if datetime.fromisoformat(one["received_at"]) <= now
        )
        due = paid + invoice["credited"]["minor"] + invoice["written_off"]["minor"] - invoice["gross"]["minor"]
        wanted = (args.get("amount") or {}).get("minor") or due
        back = {
            "id": f"R-{args['invoice']}-{len(invoice['payments']) + 1}", "version": 1, "invoice": args["invoice"],
            "amount": {**invoice["gross"], "minor": -wanted},
            "received_at": now.isoformat(),
        }  # fmt: skip
        invoice["payments"].append(back)
        return back

    # Warehouses

    def erp_plan_picks(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        ordered = self.order["ordered"] - self.order["cancelled"]
        far = ordered * self.elsewhere // 100
        shares = [(house, count) for house, count in (("main", ordered - far), ("south", far)) if count]
        parts = [
            {"warehouse": house, "lines": [{"line": "1", "product": "11", "quantity": count}]}
            for house, count in shares
        ]
        return {"id": self.order["id"], "version": 1, "order": self.order["id"], "parts": parts}

    def erp_release_picks(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        house = args["warehouse"]
        return {"id": f"RE-{house}", "version": 1, "order": args["order"], "status": "open", "warehouse": house}
