"""Invoices and credit notes of Odoo."""

from __future__ import annotations

from ltc.adapters.odoo.bills import INVOICE, KEY, Bill, Bills
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.sale import Sale, sale_of
from ltc.adapters.odoo.texts import keys_of, money, only, pieces, ref, tagged, version_of
from ltc.adapters.odoo.wire import Refused
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken


class Billing(Bills):
    """What the port Erp does with invoices and credit notes."""

    async def post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice:
        """Bill exactly what a delivery holds: an invoice with the key in it, created in one call, then posted.

        Odoo's billing wizard would take everything that is deliverable of the order: two deliveries billed at once
        would end up in one draft. Refused: ``already_invoiced``, ``returned``, ``not_found``.
        """
        sale, picking = await self._delivered(request.delivery)
        number = await self._draft(sale, key)
        if not number:
            await self._refuse_billed(sale, picking["name"], key)
            if not sale.out(picking["id"]):
                raise BusinessRefusal("returned", f"odoo: {picking['name']} came back", request.delivery)
            number = await self.odoo.create("account.move", self._invoice_values(sale, picking, key))
        return self.invoice_of(await self._posted(number))

    async def probe_post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice | None:
        """Look for the key in references, then through the order's invoices; only a posted one counts."""
        sale, _ = await self._delivered(request.delivery)
        return await self._probe(sale, "erp.post_invoice", key)

    async def post_order_invoice(self, request: op.OrderId, key: str) -> d.Invoice:
        """Bill a whole order with Odoo's wizard (down payments and sections included), then post it.

        What the wizard leaves without a key after a lost answer is taken by the next attempt. Refused:
        ``not_confirmed``, ``already_invoiced``, ``not_deliverable`` (products that Odoo bills only when delivered).
        """
        sale = await sale_of(self.odoo, request.order)
        if sale.order["state"] != "sale":
            text = f"odoo: {sale.order['name']} is {sale.order['state']}, not confirmed"
            raise BusinessRefusal("not_confirmed", text, request.order)
        number = await self._draft(sale, key) or await self._wizard_draft(sale, key)
        return self.invoice_of(await self._posted(number))

    async def probe_post_order_invoice(self, request: op.OrderId, key: str) -> d.Invoice | None:
        """Look for the key in references, then through the order's invoices; only a posted one counts."""
        return await self._probe(await sale_of(self.odoo, request.order), "erp.post_order_invoice", key)

    async def credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Credit an invoice in full: Odoo's reversal wizard, then posted, then reconciled with the invoice.

        Refused: ``already_credited``, ``not_posted``.
        """
        bill = await self.bill_of(request.invoice)
        refunds = await self._refunds(bill)
        mine = [one for one in refunds if key in keys_of(one[KEY])]
        if not mine:
            if any(one["state"] == "posted" for one in refunds):
                raise BusinessRefusal("already_credited", f"odoo: {bill.move['name']} is credited", request.invoice)
            if bill.move["state"] != "posted":
                raise BusinessRefusal("not_posted", f"odoo: {bill.move['name']} is not posted", request.invoice)
            await self._reverse(bill, key)
            mine = [one for one in await self._refunds(bill) if key in keys_of(one[KEY])]
        refund = only(mine, "erp.credit_note", key)
        if refund is None:
            raise ContractBroken(f"odoo: the reversal of {bill.move['name']} made no credit note")
        if refund["state"] == "draft":
            await self.odoo.tell("account.move", "action_post", [refund["id"]])
        await self.reconcile(bill.move["id"], refund["id"])
        found = await self.probe_credit_note(request, key)
        if found is None:
            raise ContractBroken(f"odoo: the credit note of {bill.move['name']} was posted and is not")
        return found

    async def probe_credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote | None:
        """Look through the invoice's reversals for the key; only a posted one counts."""
        bill = await self.bill_of(request.invoice)
        mine = [one for one in await self._refunds(bill) if key in keys_of(one[KEY]) and one["state"] == "posted"]
        refund = only(mine, "erp.credit_note", key)
        if refund is None:
            return None
        note: d.CreditNote = self.map.document(
            "credit_note", refund, id=str(refund["id"]), invoice=request.invoice, version=version_of([refund])
        )
        return note

    async def _delivered(self, number: str) -> tuple[Sale, Record]:
        picking = await self.odoo.one("stock.picking", number, ("name", "sale_id", "state"), "delivery")
        if not ref(picking["sale_id"]):
            raise BusinessRefusal("not_found", f"odoo: transfer {picking['name']} is of no order", number)
        if picking["state"] != "done":
            raise BusinessRefusal("not_shipped", f"odoo: {picking['name']} is {picking['state']}", number)
        return await sale_of(self.odoo, str(ref(picking["sale_id"]))), picking

    async def _probe(self, sale: Sale, operation: str, key: str) -> d.Invoice | None:
        listing = [["id", "in", sale.order["invoice_ids"]], ["move_type", "=", "out_invoice"], ["state", "=", "posted"]]
        found = only(await self.by_key("account.move", KEY, key, listing, []), operation, key)
        return self.invoice_of(await self.bill_of(str(found["id"]))) if found else None

    async def _draft(self, sale: Sale, key: str) -> int:
        listing = [["id", "in", sale.order["invoice_ids"]], ["move_type", "=", "out_invoice"], ["state", "=", "draft"]]
        found = only(await self.by_key("account.move", KEY, key, listing, []), "an invoice", key)
        return int(found["id"]) if found else 0

    async def _standing(self, sale: Sale) -> list[Record]:
        return await self.odoo.find(
            "account.move",
            [["id", "in", sale.order["invoice_ids"]], ["move_type", "=", "out_invoice"], ["state", "!=", "cancel"],
             ["payment_state", "!=", "reversed"]], INVOICE,
        )  # fmt: skip

    async def _refuse_billed(self, sale: Sale, delivery: str, key: str) -> None:
        for one in await self._standing(sale):
            origin = [part.strip() for part in str(one["invoice_origin"] or "").split(",")]
            if delivery in origin or origin == [sale.order["name"]]:
                text = f"odoo: {delivery} is billed by {one['name']}"
                raise BusinessRefusal("already_invoiced", text, str(one["id"]))

    def _invoice_values(self, sale: Sale, picking: Record, key: str) -> Record:
        moved: dict[int, int] = {}
        for move in sale.moves_of(picking["id"]):
            if move["state"] == "done":
                moved[ref(move["sale_line_id"])] = moved.get(ref(move["sale_line_id"]), 0) + pieces(move["quantity"])
        rows = [
            [0, 0, {
                "product_id": ref(line["product_id"]), "name": line["name"], "quantity": moved[line["id"]],
                "price_unit": line["price_unit"], "discount": line["discount"], "tax_ids": [[6, 0, line["tax_ids"]]],
                "sale_line_ids": [[6, 0, [line["id"]]]],
            }]
            for line in sale.lines if moved.get(line["id"])
        ]  # fmt: skip
        order = sale.order
        return {
            "move_type": "out_invoice", "partner_id": ref(order["partner_invoice_id"]) or ref(order["partner_id"]),
            "currency_id": ref(order["currency_id"]), "invoice_origin": f"{order['name']}, {picking['name']}",
            "invoice_payment_term_id": ref(order["payment_term_id"]) or False,
            "fiscal_position_id": ref(order["fiscal_position_id"]) or False,
            KEY: tagged(key, "ltc"), "invoice_line_ids": rows,
        }  # fmt: skip

    async def _wizard_draft(self, sale: Sale, key: str) -> int:
        """Make the order's draft with the wizard, or take one that it left without a key; then put the key in."""
        name, number = sale.order["name"], sale.order["id"]
        drafts = [one for one in await self._standing(sale) if one["state"] == "draft" and not keys_of(one[KEY])]
        if not drafts:
            if await self._standing(sale):
                raise BusinessRefusal("already_invoiced", f"odoo: {name} is billed already", sale.number)
            within = {"active_model": "sale.order", "active_id": number, "active_ids": [number]}
            try:
                wizard = await self.odoo.create(
                    "sale.advance.payment.inv",
                    {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [number]]]},
                    within,
                )
                await self.odoo.tell("sale.advance.payment.inv", "create_invoices", [wizard], within=within)
            except Refused as no:
                raise BusinessRefusal("not_deliverable", f"odoo: {name}: {no}", sale.number) from None
            sale = await sale_of(self.odoo, sale.number)
            drafts = [one for one in await self._standing(sale) if one["state"] == "draft" and not keys_of(one[KEY])]
        draft = only(drafts, "erp.post_order_invoice", key)
        if draft is None:
            raise ContractBroken(f"odoo: the wizard made no invoice of {name}")
        if money(draft["amount_total"], sale.currency) != money(sale.order["amount_total"], sale.currency):
            await self.odoo.tell("account.move", "unlink", [draft["id"]])
            raise BusinessRefusal("not_deliverable", f"odoo: only a part of {name} can be billed now", sale.number)
        await self.odoo.tell("account.move", "write", [draft["id"]], vals={KEY: tagged(key, "ltc")})
        return int(draft["id"])

    async def _posted(self, number: int) -> Bill:
        await self.odoo.tell("account.move", "action_post", [number])
        bill = await self.bill_of(str(number))
        if bill.move["state"] != "posted":
            raise ContractBroken(f"odoo: invoice {number} was posted and is {bill.move['state']}")
        return bill

    async def _refunds(self, bill: Bill) -> list[Record]:
        return await self.odoo.find(
            "account.move",
            [["reversed_entry_id", "=", bill.move["id"]], ["move_type", "=", "out_refund"], ["state", "!=", "cancel"]],
            INVOICE,
        )  # fmt: skip

    async def _reverse(self, bill: Bill, key: str) -> None:
        number = bill.move["id"]
        within = {"active_model": "account.move", "active_id": number, "active_ids": [number]}
        wizard = await self.odoo.create(
            "account.move.reversal", {"move_ids": [[6, 0, [number]]], "reason": tagged(key, "ltc")}, within
        )
        await self.odoo.tell("account.move.reversal", "refund_moves", [wizard], within=within)
