"""Goods returns on Tryton: a sale with negative quantities, received into stock, that bills nothing."""

from __future__ import annotations

from ltc.adapters.tryton.amendments import Amendments
from ltc.adapters.tryton.base import effect, only, version, whole
from ltc.adapters.tryton.rpc import Record
from ltc.adapters.tryton.sales import SALE, Sale, read_sale
from ltc.adapters.tryton.shipping import shipment_of
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, OutcomeUnknown


class Returns(Amendments):
    """The operation on goods that come back."""

    @effect
    async def receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn:
        """Take back all that is out: a return sale, received into stock. Its bill is left to ``credit_note``."""
        sale = await self.sale(request.order)
        back = await self._return_sale(sale, key)
        if back is None:
            back = await self._new_return(sale, key)
        number = int(back["id"])
        if back["state"] == "draft":
            await self.press_once("sale.sale", "quote", number, ("quotation", "confirmed", "processing", "done"))
        if back["state"] in ("draft", "quotation"):
            await self.press_once("sale.sale", "confirm", number, ("confirmed", "processing", "done"))
        await self._receive(number)
        await self.drop_draft_invoices(await self.sale(str(number)))
        await self.settle_exceptions(number)
        await self._unbill(sale)
        found = await self._probe_receive_return(request, key)
        if found is None:
            raise OutcomeUnknown(f"tryton: return sale {number} is confirmed, its goods are not in stock")
        return found

    async def _probe_receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn | None:
        sale = await self.sale(request.order)
        back = await self._return_sale(sale, key)
        if back is None:
            return None
        moves = (await read_sale(self.rpc, back)).moves
        done = [move for move in moves if move["state"] == "done"]
        if not done or len(done) != len(moves):
            return None
        gone = sale.gone()
        return d.GoodsReturn(
            id=str(back["id"]), version=version(back, *moves),
            delivery=shipment_of(gone[-1]) if gone else str(back["id"]),
            quantity=sum(whole(move["quantity"], "a return") for move in done),
        )  # fmt: skip

    async def _return_sale(self, sale: Sale, key: str) -> Record | None:
        domain = [["origin", "=", f"sale.sale,{sale.id}"], ["reference", "=", key]]
        return only(await self.rpc.find("sale.sale", domain, SALE), "erp.receive_return", key)

    async def _new_return(self, sale: Sale, key: str) -> Record:
        """Create the return sale in one call, with its key: Tryton's wizard takes none, and returns what never left."""
        owed = sale.out() - sale.returned
        if owed <= 0:
            raise BusinessRefusal("nothing_shipped", f"nothing of sale {sale.id} is out", sale.id)
        if sale.returned:
            raise BusinessRefusal(
                "returned", f"sale {sale.id} came back in part already: take the rest by hand", sale.id
            )
        copied = ["party", "invoice_address", "shipment_address", "payment_term", "currency", "warehouse"]
        head = await self.one("sale.sale", sale.id, copied, "sale")
        fields = ["product", "unit", "unit_price", "taxes"]
        lines = []
        for line in sale.lines:
            facts = await self.one("sale.line", str(line["id"]), fields, "sale line")
            if sale.out(line):
                lines.append({
                    "product": facts["product"], "unit": facts["unit"], "unit_price": facts["unit_price"],
                    "quantity": -float(sale.out(line)), "taxes": [["add", facts["taxes"]]],
                })  # fmt: skip
        values = {
            **{name: head[name] for name in copied}, "origin": f"sale.sale,{sale.id}", "reference": key,
            "invoice_method": "order", "shipment_method": "order", "lines": [["create", lines]],
        }  # fmt: skip
        if await self.has_key():
            values["ltc_key"] = key
        (number,) = await self.rpc.tell("model.sale.sale.create", [values])
        return await self.one("sale.sale", str(number), SALE, "sale")

    async def _receive(self, number: int) -> None:
        """Receive the return shipments of a return sale and put the goods into stock."""
        found = await self.one("sale.sale", str(number), ["shipment_returns"], "sale")
        for shipment in found["shipment_returns"]:
            await self.press_once("stock.shipment.out.return", "receive", shipment, ("received", "done"))
            await self.press_once("stock.shipment.out.return", "do", shipment, ("done",))

    async def _unbill(self, sale: Sale) -> None:
        """What came back needs no bill: one that was never posted goes."""
        await self.drop_draft_invoices(sale)
        await self.settle_exceptions(int(sale.id))
