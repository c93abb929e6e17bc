"""Orders on Tryton: created as drafts, confirmed, and taken back as far as Tryton lets them be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ltc.adapters.tryton.base import TrytonPort, effect, only, reading
from ltc.adapters.tryton.lines import new_line
from ltc.adapters.tryton.rpc import AsksFirst, Record, SaidNo
from ltc.adapters.tryton.sales import OPEN, SALE, Sale, read_sale
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown

_RUNNING = ("confirmed", "processing", "done")
_CREDIT = "credit_limit"
_DONE_WITHOUT = ("cancelled", "done")


class Orders(TrytonPort):
    """The operations on orders."""

    @reading
    async def exchange_rate(self, request: op.Currencies) -> d.Rate:
        """Read the rate between two currencies as of today."""
        rates = {}
        for code in {request.source, request.target}:
            found = await self.rpc.find("currency.currency", [["code", "=", code]], ["rate"], limit=1)
            if not found or not found[0]["rate"]:
                raise BusinessRefusal("not_found", f"Tryton has no rate for {code}", code)
            rates[code] = Decimal(found[0]["rate"])
        return d.Rate(
            source=request.source,
            target=request.target,
            rate=rates[request.target] / rates[request.source],
            on=datetime.now(UTC),
        )

    @reading
    async def get_order(self, request: op.OrderId) -> d.Order:
        """Read an order."""
        return (await self.sale(request.order)).order()

    @effect
    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        """Create a draft sale. Where the add-on keeps keys apart, the same key finds the same sale."""
        party = await self.party(request.customer)
        lines = await self.new_lines(request.lines)
        values: Record = {
            "party": party["id"], "reference": key, "invoice_address": party["addresses"][0],
            "shipment_address": party["addresses"][0], "payment_term": await self.payment_term(party),
            "currency": await self.currency_id(request.lines), "invoice_method": self.invoice_method,
            "shipment_method": "order", "lines": [["create", lines]],
        }  # fmt: skip
        if await self.has_key():
            values["ltc_key"] = key
        try:
            (number,) = await self.rpc.tell("model.sale.sale.create", [values])
        except SaidNo:
            found = await self._probe_create_order(request, key)  # the key is taken: by an attempt of ours
            if found is None:
                raise
            return found
        return (await self.sale(str(number))).order()

    async def _probe_create_order(self, request: op.CreateOrder, key: str) -> d.Order | None:
        found = only(await self.rpc.find("sale.sale", await self.keyed_by(key), SALE), "erp.create_order", key)
        return None if found is None else (await read_sale(self.rpc, found)).order()

    @effect
    async def update_order(self, request: op.UpdateOrder, key: str) -> d.Order:
        """Give a draft sale new lines: they replace what is there."""
        sale = await self.sale(request.order)
        if sale.record["state"] not in OPEN:
            raise BusinessRefusal("not_draft", f"sale {sale.id} is {sale.record['state']}, no draft", sale.id)
        lines = await self.new_lines(request.lines)
        if sale.record["state"] == "quotation":
            await self.rpc.press("sale.sale", "draft", [int(sale.id)])
        known = [line["id"] for line in await self.rpc.find("sale.line", [["sale", "=", int(sale.id)]], ["id"])]
        change = {"lines": [["delete", known], ["create", lines]]}
        await self.rpc.tell("model.sale.sale.write", [int(sale.id)], change)
        return (await self.sale(sale.id)).order()

    async def _probe_update_order(self, request: op.UpdateOrder, key: str) -> d.Order | None:
        order = (await self.sale(request.order)).order()
        have = [(line.product, line.quantity, line.net) for line in order.lines]
        return order if have == [(line.product, line.quantity, line.net) for line in request.lines] else None

    @effect
    async def cancel_order(self, request: op.OrderId, key: str) -> d.Order:
        """Cancel a draft or quoted sale; one that was confirmed and closed without effect is cancelled already."""
        sale = await self.sale(request.order)
        order = sale.order()
        if order.status == "cancelled":
            return order
        if sale.record["state"] not in OPEN:
            raise self._too_late(sale)
        await self.press_once("sale.sale", "cancel", int(sale.id), ("cancelled",))
        return (await self.sale(sale.id)).order()

    async def _probe_cancel_order(self, request: op.OrderId, key: str) -> d.Order | None:
        order = (await self.sale(request.order)).order()
        return order if order.status == "cancelled" else None

    @effect
    async def confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order:
        """Quote and confirm a draft: Tryton plans its shipment. ``override`` answers the credit limit's warning."""
        if request.override not in ("", _CREDIT):
            raise Misconfigured(f"tryton can override {_CREDIT}, not {request.override!r}")
        sale = await self.sale(request.order)
        if sale.order().status == "cancelled":
            raise BusinessRefusal("cancelled", f"sale {sale.id} is cancelled and cannot be confirmed", sale.id)
        if sale.record["state"] == "draft":
            await self.press_once("sale.sale", "quote", int(sale.id), ("quotation", *_RUNNING))
        if sale.record["state"] in OPEN:
            await self._confirm(int(sale.id), request.override)
        return (await self.sale(sale.id)).order()

    async def _confirm(self, number: int, override: str) -> None:
        """Press confirm; a warning is answered with yes only if an approval has lifted it."""
        for _ in range(3):
            try:
                await self.press_once("sale.sale", "confirm", number, _RUNNING)
                return
            except AsksFirst as question:
                credit = question.name.endswith(".credit_limit_amount")
                if not credit:
                    raise
                if override != _CREDIT:
                    raise BusinessRefusal(_CREDIT, str(question), str(number)) from None
                await self.rpc.acknowledge(question)
        raise ContractBroken(f"tryton: sale {number}: the credit limit's warning comes back after its acknowledgement")

    async def _probe_confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order | None:
        sale = await self.sale(request.order)
        order = sale.order()
        return order if sale.record["state"] in _RUNNING and order.status != "cancelled" else None

    @effect
    async def unconfirm_order(self, request: op.OrderId, key: str) -> d.Order:
        """Close a confirmed sale of which nothing is out: shipments and draft invoices go, both exceptions are settled.

        Tryton has no way back to a draft from here: the sale ends without effect, which ltc reads as cancelled.
        """
        sale = await self.sale(request.order)
        if sale.record["state"] in OPEN or sale.order().status == "cancelled":
            return sale.order()
        if sale.out() > sale.returned:
            raise BusinessRefusal("already_shipped", f"{sale.out()} pieces of sale {sale.id} are out", sale.id)
        await self._refuse_billed(sale)
        for shipment in await self.shipments_of(sale):
            if shipment["state"] not in _DONE_WITHOUT:
                await self.press_once("stock.shipment.out", "cancel", shipment["id"], _DONE_WITHOUT)
        await self.drop_draft_invoices(sale)
        await self.settle_exceptions(int(sale.id))
        closed = await self.sale(sale.id)
        if closed.order().status not in ("cancelled", "draft"):
            raise OutcomeUnknown(
                f"tryton: sale {sale.id} is {closed.record['state']} after its shipments were cancelled"
            )
        return closed.order()

    async def _probe_unconfirm_order(self, request: op.OrderId, key: str) -> d.Order | None:
        sale = await self.sale(request.order)
        ended = sale.record["state"] in ("done", "cancelled", *OPEN)
        return sale.order() if ended and sale.order().status in ("cancelled", "draft") else None

    async def settle_exceptions(self, sale: int) -> None:
        """Answer what Tryton asks of cancelled shipments and invoices: they are not to be made anew."""
        state = (await self.rpc.find("sale.sale", [["id", "=", sale]], ["shipment_state", "invoice_state"]))[0]
        if state["shipment_state"] == "exception":
            moves = await self._settled_moves(sale)
            answer = {"ask": {"recreate_moves": [], "ignore_moves": moves, "domain_moves": moves}}
            await self.rpc.wizard("sale.handle.shipment.exception", "sale.sale", [sale], [("handle", answer)])
        if state["invoice_state"] == "exception":
            found = await self.rpc.find("account.invoice", [["sales", "=", sale], ["state", "=", "cancelled"]], ["id"])
            bills = [one["id"] for one in found]
            answer = {"ask": {"recreate_invoices": [], "ignore_invoices": bills, "domain_invoices": bills}}
            await self.rpc.wizard("sale.handle.invoice.exception", "sale.sale", [sale], [("handle", answer)])

    async def _settled_moves(self, sale: int) -> list[int]:
        lines = await self.rpc.find("sale.line", [["sale", "=", sale]], ["moves", "moves_ignored", "moves_recreated"])
        settled = {one for line in lines for one in (*line["moves_ignored"], *line["moves_recreated"])}
        moves = [one for line in lines for one in line["moves"] if one not in settled]
        found = await self.rpc.find("stock.move", [["id", "in", moves], ["state", "=", "cancelled"]], ["id"])
        return [one["id"] for one in found]

    async def drop_draft_invoices(self, sale: Sale) -> None:
        """Cancel the bills of a sale that were never posted."""
        for invoice in await self.invoices_of(sale):
            if invoice["state"] in ("draft", "validated"):
                await self.press_once("account.invoice", "cancel", invoice["id"], ("cancelled",))

    async def _refuse_billed(self, sale: Sale) -> None:
        for invoice in await self.invoices_of(sale):
            if invoice["state"] in ("posted", "paid"):
                raise BusinessRefusal("invoiced", f"sale {sale.id} is billed by invoice {invoice['id']}", sale.id)

    def _too_late(self, sale: Sale) -> BusinessRefusal:
        if sale.out():
            return BusinessRefusal("already_shipped", f"{sale.out()} pieces of sale {sale.id} are out", sale.id)
        if sale.record["invoice_state"] not in ("none", "pending"):
            return BusinessRefusal("invoiced", f"sale {sale.id} is billed", sale.id)
        return BusinessRefusal("confirmed", f"sale {sale.id} is confirmed: unconfirm it first", sale.id)

    # --- what the other operations need of orders

    async def sale(self, number: str) -> Sale:
        """Read a sale. Refused: ``not_found``."""
        return await read_sale(self.rpc, await self.one("sale.sale", number, SALE, "sale"))

    async def shipments_of(self, sale: Sale) -> list[Record]:
        """Return a sale's shipments, oldest first."""
        return await self.rpc.find("stock.shipment.out", [["id", "in", sale.record["shipments"]]], ["state"])

    async def invoices_of(self, sale: Sale) -> list[Record]:
        """Return a sale's invoices, oldest first."""
        return await self.rpc.find("account.invoice", [["id", "in", sale.record["invoices"]]], ["state"])

    async def keyed_by(self, key: str) -> list[Any]:
        """Return the domain of sales created under a key."""
        return (
            ["OR", ["reference", "=", key], ["ltc_key", "=", key]]
            if await self.has_key()
            else [["reference", "=", key]]
        )

    async def press_once(self, model: str, button: str, number: int, goal: tuple[str, ...]) -> None:
        """Press a button; if Tryton refuses because the document is there already, that is well (trap A.6.5)."""
        try:
            await self.rpc.press(model, button, [number])
        except AsksFirst:
            raise
        except SaidNo:
            found = await self.rpc.find(model, [["id", "=", number]], ["state"], limit=1)
            if not found or found[0]["state"] not in goal:
                raise

    async def party(self, code: str) -> Record:
        """Find a customer by its code. Refused: ``unknown_customer``."""
        fields = ["id", "addresses", "customer_payment_term"]
        found = await self.rpc.find("party.party", [["code", "=", code.strip()]], fields, limit=1)
        if not found:
            raise BusinessRefusal("unknown_customer", f"Tryton has no customer {code}", code)
        if not found[0]["addresses"]:
            raise BusinessRefusal("blocked_customer", f"customer {code} has no address to deliver and bill to", code)
        return found[0]

    async def payment_term(self, party: Record) -> int:
        """Return a customer's payment term, or the company's."""
        if party["customer_payment_term"]:
            return int(party["customer_payment_term"])
        found = await self.rpc.find("account.configuration", [], ["default_customer_payment_term"], limit=1)
        if not found or not found[0]["default_customer_payment_term"]:
            raise Misconfigured("tryton: neither the customer nor the accounting settings have a payment term")
        return int(found[0]["default_customer_payment_term"])

    async def currency_id(self, lines: list[d.Line]) -> int:
        """Return the one currency of lines. Misconfigured when Tryton does not know it."""
        codes = sorted({line.net.currency for line in lines})
        if len(codes) != 1:
            raise Misconfigured(f"an order is in one currency; the lines are in {', '.join(codes) or 'none'}")
        found = await self.rpc.find("currency.currency", [["code", "=", codes[0]]], ["id"], limit=1)
        if not found:
            raise Misconfigured(f"tryton has no currency {codes[0]}; create it there")
        return int(found[0]["id"])

    async def new_lines(self, lines: list[d.Line]) -> list[Record]:
        """Return lines as Tryton takes them. Refused: ``unknown_product``."""
        found = await self.products(sorted({line.product for line in lines}))
        return [new_line(line, found[line.product]) for line in lines]

    async def products(self, codes: Sequence[str]) -> dict[str, Record]:
        """Return products by their codes. Refused: ``unknown_product``."""
        fields = ["code", "sale_uom", "salable", "account_category.customer_taxes"]
        rows = await self.rpc.find("product.product", [["code", "in", list(codes)]], fields) if codes else []
        found = {one["code"]: one for one in rows}
        for code in codes:
            if code not in found or not found[code]["salable"]:
                raise BusinessRefusal("unknown_product", f"Tryton sells no product {code}", code)
        return found
