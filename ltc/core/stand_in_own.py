"""What a chain makes itself in a stand-in, where others usually do: leads, shipments, money at a counter."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class OwnDoings:
    """What the books of a stand-in do with what sales, the warehouse or the cashier usually do by themselves."""

    opportunity: dict[str, Any]
    order: dict[str, Any]
    deliveries: list[dict[str, Any]]
    invoices: dict[str, dict[str, Any]]
    parts: list[int]  # how much, in percent of the order, can leave at a time

    def __init__(self) -> None:
        self.reversed: list[str] = []

    def _number(self, what: str) -> int:
        raise NotImplementedError

    def customer_resolve(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise NotImplementedError

    def erp_watch_payments(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise NotImplementedError

    def own_refusal(self, op: str, args: dict[str, Any], now: datetime) -> str:
        """The reason for which one of these is refused as things stand; empty: it is not."""
        if op == "erp.ship_delivery":
            return "" if self._leaving(args) > 0 else "not_released" if self._left() <= 0 else "out_of_stock"
        if op == "erp.register_payment":
            return "already_settled" if self.erp_watch_payments(args, now)["invoice"]["settled"] else ""
        return "already_reversed" if op == "erp.reverse_payment" and args["payment"] in self.reversed else ""

    # Leads

    def crm_create_lead(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": f"L-{args['external_id']}", "version": 1, "stage": "new", "score": 0}

    def crm_convert_lead(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self.opportunity

    def crm_log_progress(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        number = f"N-{self._number('note')}"
        return {"id": number, "version": 1, "opportunity": args["opportunity"], "text": args["text"]}

    def customer_ensure(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {**self.customer_resolve(args, now), "currency": args["currency"]}

    # Shipments

    def _left(self) -> int:
        out = sum(line["quantity"] for one in self.deliveries for line in one["lines"])
        left: int = self.order["ordered"] - self.order["cancelled"] - out
        return left

    def _leaving(self, args: dict[str, Any]) -> int:
        """How many pieces leave now: those that are named, or the next of the shares that can."""
        if args.get("lines"):
            return min(self._left(), sum(int(line["quantity"]) for line in args["lines"]))
        gone = len(self.deliveries)
        if gone >= len(self.parts):
            return 0
        if gone == len(self.parts) - 1 and sum(self.parts) == 100:
            return self._left()
        return min(self._left(), int(self.order["ordered"]) * self.parts[gone] // 100)

    def erp_ship_delivery(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        quantity, gross = self._leaving(args), self.order["gross"]
        money = {**gross, "minor": gross["minor"] * quantity // self.order["ordered"]}
        made = {
            "id": f"D-{len(self.deliveries) + 1}", "version": 1, "order": self.order["id"], "net": money,
            "gross": money, "lines": [{"line": "1", "product": "all", "quantity": quantity}],
            "shipped_at": now.isoformat(),
        }  # fmt: skip
        self.deliveries.append(made)
        return made

    # Money

    def erp_register_payment(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        payment = {
            "id": f"P-{invoice['id']}-{self._number('payment')}-entered", "version": 1, "invoice": invoice["id"],
            "amount": args["amount"], "received_at": now.isoformat(),
        }  # fmt: skip
        invoice["payments"].append(payment)
        return payment

    def erp_reverse_payment(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Nothing is left of the payment, and its invoice is open again."""
        invoice = self.invoices[args["invoice"]]
        self.reversed.append(args["payment"])
        found = next(one for one in invoice["payments"] if one["id"] == args["payment"])
        found.update(version=2, amount={**found["amount"], "minor": 0})
        return dict(found)
