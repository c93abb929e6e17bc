"""Invoices and credit notes on Tryton: the draft that a shipment made is posted; a credit note undoes it."""

from __future__ import annotations

from datetime import UTC, datetime

from ltc.adapters.tryton.base import effect, money, only, reading, version
from ltc.adapters.tryton.invoices import INVOICE, Bill, read_bill
from ltc.adapters.tryton.returns import Returns
from ltc.adapters.tryton.rpc import Record
from ltc.adapters.tryton.sales import Sale
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, Unavailable

_POSTED = ("posted", "paid")
_UNPOSTED = ("draft", "validated")


class Billing(Returns):
    """The operations on invoices."""

    @reading
    async def get_invoice(self, request: op.InvoiceId) -> d.Invoice:
        """Read an invoice."""
        return (await self.bill(request.invoice)).invoice()

    @effect
    async def post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice:
        """Post the draft invoice that Tryton made when the delivery left."""
        bills = await self._bills_of_delivery(request.delivery)
        mine = only(
            [one for one in bills if one["reference"] == key and one["state"] in _POSTED], "erp.post_invoice", key
        )
        if mine is None:
            drafts = [one for one in bills if one["state"] in _UNPOSTED]
            if not drafts:
                raise await self._nothing_to_bill(bills, request.delivery)
            mine = drafts[0]
            await self._post(mine["id"], key)
        return (await self.bill(str(mine["id"]))).invoice()

    async def _probe_post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice | None:
        return await self._posted(await self._bills_of_delivery(request.delivery), "erp.post_invoice", key)

    @effect
    async def post_order_invoice(self, request: op.OrderId, key: str) -> d.Invoice:
        """Post the draft invoice that Tryton made of the whole order when it was confirmed."""
        sale = await self.sale(request.order)
        bills = await self._bills_of_order(sale)
        mine = only([one for one in bills if one["reference"] == key], "erp.post_order_invoice", key)
        if mine is None:
            self._may_bill_whole(sale, bills)
            drafts = [one for one in bills if one["state"] in _UNPOSTED]
            if not drafts:
                raise ContractBroken(f"tryton: sale {sale.id} is confirmed and has no draft invoice", str(bills))
            mine = drafts[0]
        if mine["state"] in _UNPOSTED:
            await self._post(mine["id"], key)
        return (await self.bill(str(mine["id"]))).invoice()

    async def _probe_post_order_invoice(self, request: op.OrderId, key: str) -> d.Invoice | None:
        bills = await self._bills_of_order(await self.sale(request.order))
        return await self._posted(bills, "erp.post_order_invoice", key)

    def _may_bill_whole(self, sale: Sale, bills: list[Record]) -> None:
        if sale.order().status not in ("confirmed", "shipped"):
            raise BusinessRefusal("not_confirmed", f"sale {sale.id} is {sale.order().status}, not confirmed", sale.id)
        if sale.record["invoice_method"] != "order":
            raise Misconfigured(
                f"sale {sale.id} is billed by delivery; the adapter's option billing says how new ones are"
            )
        posted = [one["id"] for one in bills if one["state"] in _POSTED]
        if posted:
            raise BusinessRefusal(
                "already_invoiced", f"sale {sale.id} is billed by invoice {posted[0]}", str(posted[0])
            )

    @effect
    async def credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Credit an invoice in full. Open, it is cancelled by it; paid, the customer keeps a balance."""
        bill = await self.bill(request.invoice)
        if bill.credits:
            raise BusinessRefusal("already_credited", f"invoice {bill.id} is credited already", bill.id)
        state = bill.record["state"]
        if state not in _POSTED:
            raise BusinessRefusal("not_posted", f"invoice {bill.id} is {state}, not posted", bill.id)
        if state == "posted" or not await self._unposted_credit(bill):
            start = {"with_refund": state == "posted", "with_refund_allowed": state == "posted",
                     "invoice_date": datetime.now(UTC).date()}  # fmt: skip
            number = [int(bill.id)]
            await self.rpc.wizard("account.invoice.credit", "account.invoice", number, [("credit", {"start": start})])
        for draft in await self._unposted_credit(bill):
            await self.press_once("account.invoice", "post", draft, _POSTED)
        found = await self._probe_credit_note(request, key)
        if found is None:
            raise OutcomeUnknown(f"tryton: invoice {bill.id} has no credit note after crediting it")
        return found

    async def _probe_credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote | None:
        bill = await self.bill(request.invoice)
        note = only(bill.credits, "erp.credit_note", key)
        if note is None:
            return None
        amount = money(-note["total_amount"], bill.currency, f"credit note {note['id']}")
        return d.CreditNote(id=str(note["id"]), version=version(note), invoice=bill.id, amount=amount)

    async def _unposted_credit(self, bill: Bill) -> list[int]:
        """Credit notes of an invoice that were begun and not posted."""
        domain = [
            ["lines.origin.invoice", "=", int(bill.id), "account.invoice.line"], ["state", "in", list(_UNPOSTED)],
        ]  # fmt: skip
        return [one["id"] for one in await self.rpc.find("account.invoice", domain, ["id"])]

    # --- what the other operations need of invoices

    async def bill(self, number: str) -> Bill:
        """Read an invoice of ours to a customer. Refused: ``not_found``."""
        record = await self.one("account.invoice", number, INVOICE, "invoice")
        if record["type"] != "out":
            raise BusinessRefusal("not_found", f"invoice {number} is no invoice to a customer", number)
        return await read_bill(self.rpc, record)

    async def _post(self, number: int, key: str) -> None:
        """Post a draft, with the effect's key in its reference: it tells afterwards who posted it."""
        await self.rpc.tell("model.account.invoice.write", [number], {"reference": key})
        await self.press_once("account.invoice", "post", number, _POSTED)

    async def _posted(self, bills: list[Record], operation: str, key: str) -> d.Invoice | None:
        mine = [one for one in bills if one["reference"] == key and one["state"] not in _UNPOSTED]
        found = only(mine, operation, key)
        return (await self.bill(str(found["id"]))).invoice() if found else None

    async def _bills_of_delivery(self, number: str) -> list[Record]:
        shipment = await self.shipment(number)
        if shipment["state"] != "done":
            raise BusinessRefusal("not_shipped", f"shipment {number} is {shipment['state']}: it has not left", number)
        domain = [["lines.stock_moves", "in", shipment["outgoing_moves"]]]
        return await self.rpc.find("account.invoice", domain, ["state", "reference"])

    async def _bills_of_order(self, sale: Sale) -> list[Record]:
        fresh = await self.sale(sale.id)
        return await self.rpc.find("account.invoice", [["id", "in", fresh.record["invoices"]]], ["state", "reference"])

    async def _nothing_to_bill(self, bills: list[Record], delivery: str) -> BusinessRefusal:
        """Say why there is nothing to post. Raises: Unavailable: there will be in a moment."""
        standing = [one for one in bills if one["reference"] or one["state"] in _POSTED]
        if standing:
            number = str(standing[0]["id"])
            return BusinessRefusal("already_invoiced", f"delivery {delivery} is billed by invoice {number}", number)
        sale = await self.sale(await self.order_of(await self.shipment(delivery)))
        if sale.returned:
            return BusinessRefusal("returned", f"the goods of delivery {delivery} came back", delivery)
        if not bills and sale.record["invoice_method"] == "fulfillment":
            # Tryton drafts the invoice in a transaction of its own, a moment after the goods have left.
            raise Unavailable(f"tryton has not drafted the invoice of delivery {delivery} yet", retry_after=1.0)
        return BusinessRefusal("already_invoiced", f"delivery {delivery} is billed with its order", delivery)
