"""The documents of a stand-in: what its systems hold for one simulated chain, by the operations' types."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ltc.core.stand_in_after import AfterSale
from ltc.core.stand_in_children import Children
from ltc.core.stand_in_own import OwnDoings
from ltc.core.stand_in_terms import Terms
from ltc.core.stand_in_trade import Trades


@dataclass
class Books(AfterSale, Terms, Trades, Children, OwnDoings):
    """The order, deliveries and invoices of one chain; ``crm.reopen_lead`` is carried out by ``crm_reopen_lead``."""

    opportunity: dict[str, Any]
    order: dict[str, Any] = field(default_factory=dict)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)
    call_offs: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: int = 0
    lacks: int = 100
    parts: list[int] = field(default_factory=lambda: [100])
    tier: str = "standard"
    disputes: dict[str, datetime] = field(default_factory=dict)  # invoice → from when on
    rebates: dict[str, datetime] = field(default_factory=dict)  # invoice → from when on a tenth of it is credited

    def __post_init__(self) -> None:
        AfterSale.__init__(self)
        Terms.__init__(self)
        Children.__init__(self)
        OwnDoings.__init__(self)

    def take(self, op: str, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Carry an operation out and give what it gives."""
        result: dict[str, Any] = getattr(self, op.replace(".", "_"))(args, now)
        return result

    def says_no(self, op: str, args: dict[str, Any], now: datetime) -> str:
        """The reason for which an operation is refused as things stand; empty: it is not."""
        return super().says_no(op, args, now) or self.own_refusal(op, args, now)

    def crm_qualify_lead(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": args["opportunity"], "version": 2, "stage": "qualified", "score": 50}

    crm_reopen_lead = crm_qualify_lead
    crm_set_stage = crm_qualify_lead

    def crm_get_opportunity(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self.opportunity

    def customer_resolve(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        customer = args["customer"]
        currency = self.opportunity["currency"]
        return {"id": f"C-{customer['id']}", "name": customer["name"], "crm_id": customer["id"],
                "erp_id": f"E-{customer['id']}", "currency": currency, "tier": self.tier}  # fmt: skip

    def erp_exchange_rate(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"source": args["source"], "target": args["target"], "rate": "7.10", "on": now.isoformat()}

    def erp_create_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.order = {
            "id": f"SO-{self._number('order')}", "version": 1, "customer": args["customer"],
            "lines": args["lines"], "status": "draft",
            "net": self.opportunity["net"], "tax": self.opportunity["tax"], "gross": self.opportunity["gross"],
            "ordered": sum(line["quantity"] for line in args["lines"]),
            "shipped": 0, "returned": 0, "cancelled": 0, "reference": "",
        }  # fmt: skip
        return self.order

    def _number(self, what: str) -> int:
        self.numbers[what] = self.numbers.get(what, 0) + 1
        return self.numbers[what]

    def _turn(self, status: str) -> dict[str, Any]:
        self.order = {**self.order, "version": self.order["version"] + 1, "status": status}
        return self.order

    def erp_update_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._turn("draft")

    def erp_cancel_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._turn("cancelled")

    def erp_confirm_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._turn("confirmed")

    def erp_unconfirm_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._turn("draft")

    def erp_get_order(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._seen(now)

    def erp_release_delivery(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": "RE-1", "version": 1, "order": args["order"], "status": "released"}

    def erp_cancel_delivery(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": args["delivery"], "version": 2, "order": self.order["id"], "status": "cancelled"}

    def erp_receive_return(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        self._turn("returned")
        return {"id": "GR-1", "version": 1, "delivery": "D-1", "quantity": self.order["shipped"]}

    def erp_watch_shipments(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        gone = [one for one in self.deliveries if datetime.fromisoformat(one["shipped_at"]) <= now]
        return {"order": self._seen(now), "deliveries": gone}

    def erp_post_invoice(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        delivery = next(one for one in self.deliveries if one["id"] == args["delivery"])
        return self._invoice(f"INV-{delivery['id']}", delivery["id"], delivery["gross"], now)

    def erp_post_order_invoice(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._invoice(f"INV-{self._number('invoice')}", "", self.order["gross"], now)

    def _invoice(self, name: str, delivery: str, gross: dict[str, Any], now: datetime, **more: Any) -> dict[str, Any]:
        nil = {**gross, "minor": 0}
        invoice = {
            "id": name, "version": 1, "order": self.order["id"], "delivery": delivery, "net": gross, "tax": nil,
            "gross": gross, "paid": nil, "credited": nil, "written_off": nil, "open": gross, "settled": False,
            "due_date": (now + timedelta(days=30)).isoformat(), "payments": [], "disputed": False,
            "dunning_blocked": False, "kind": "", "part": "", **more,
        }  # fmt: skip
        self.invoices[name] = invoice
        return self._shown(invoice)

    def noted(self, what: str, invoice: str, at: datetime) -> None:
        """Somebody notes a ``dispute`` of an invoice, or that a part of it is credited (``credit``), from then on."""
        if what in ("dispute", "credit"):
            (self.disputes if what == "dispute" else self.rebates)[invoice] = at

    @staticmethod
    def _shown(invoice: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in invoice.items() if name != "payments"}

    def erp_get_invoice(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._shown(self.invoices[args["invoice"]])

    def erp_credit_note(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        note = {"id": f"CN-{args['invoice']}", "version": 1, "invoice": args["invoice"], "amount": invoice["gross"]}
        invoice.update(version=invoice["version"] + 1, credited=invoice["gross"])
        return note

    def erp_create_dunning(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        number, fee = f"DN-{self._number('dunning')}", args.get("fee") or {**invoice["gross"], "minor": 0}
        self.fees[number] = fee["minor"]
        return {
            "id": number, "version": 1, "invoice": invoice["id"], "level": args["level"],
            "amount": invoice["open"], "fee": fee,
            "status": "sent", "sent_at": now.isoformat(),
        }  # fmt: skip

    def erp_cancel_dunning(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"id": args["dunning"], "version": 2, "status": "cancelled"}

    def erp_write_off(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        nil = {**invoice["gross"], "minor": 0}
        invoice.update(version=invoice["version"] + 1, written_off=invoice["open"], open=nil, settled=True)
        return self._shown(invoice)

    def erp_watch_payments(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        invoice = self.invoices[args["invoice"]]
        if invoice["id"] in self.rebates and self.rebates[invoice["id"]] <= now:
            del self.rebates[invoice["id"]]
            self._credited(invoice["id"], invoice["gross"]["minor"] // 10)
        received = [one for one in invoice["payments"] if datetime.fromisoformat(one["received_at"]) <= now]
        paid = sum(one["amount"]["minor"] for one in received)
        left = invoice["gross"]["minor"] - paid - invoice["written_off"]["minor"] - invoice["credited"]["minor"]
        discounted = self._discounted(invoice, received, left)
        left -= discounted
        if discounted:
            invoice["discounted"] = {**invoice["gross"], "minor": discounted}
        shown = {
            **self._shown(invoice), "version": invoice["version"] + len(received), "settled": left <= 0,
            "paid": {**invoice["gross"], "minor": paid}, "open": {**invoice["gross"], "minor": left},
        }  # fmt: skip
        if args["invoice"] in self.disputes and self.disputes[args["invoice"]] <= now:
            shown |= {"version": shown["version"] + 1, "disputed": True}
        return {"invoice": shown, "payments": received}
