"""Orders of Odoo: quotation, confirmation, and the ways back."""

from __future__ import annotations

from typing import Any

from ltc.adapters.odoo.base import OdooSystem
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.sale import Sale, order_of, refuse_shipped, sale_of
from ltc.adapters.odoo.texts import decimal, money, only, pieces, tagged
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken

_KEY = "origin"  # the order's text that carries the effect key; Odoo copies it nowhere
_DRAFT = ("draft", "sent")


class Orders(OdooSystem):
    """What the port Erp says of orders."""

    async def get_order(self, request: op.OrderId) -> d.Order:
        """Read an order."""
        return order_of(self.map, await sale_of(self.odoo, request.order))

    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        """Create a quotation, with the key in its source document.

        Refused: ``unknown_customer``, ``blocked_customer`` (archived), ``unknown_product``, ``no_lines``.
        """
        partner = await self._buyer(request.customer)
        values = {
            "partner_id": partner, _KEY: tagged(key, "ltc"), **await self._price_list(request.lines),
            "order_line": [[0, 0, row] for row in await self._new_lines(request.lines)],
        }  # fmt: skip
        number = await self.odoo.create("sale.order", values)
        sale = await sale_of(self.odoo, str(number))
        self._same_money(sale, request.lines)
        return order_of(self.map, sale)

    async def probe_create_order(self, request: op.CreateOrder, key: str) -> d.Order | None:
        """Look for the key in source documents, then through the customer's orders."""
        listing = [["partner_id", "=", _number(request.customer)]]
        found = only(await self.by_key("sale.order", _KEY, key, listing, []), "erp.create_order", key)
        if found is None:
            return None
        sale = await sale_of(self.odoo, str(found["id"]))
        if sale.order["state"] in _DRAFT:
            self._same_money(sale, request.lines)
        return order_of(self.map, sale)

    async def update_order(self, request: op.UpdateOrder, key: str) -> d.Order:
        """Give a quotation new lines. Refused: ``not_draft``, ``unknown_product``."""
        sale = await sale_of(self.odoo, request.order)
        if sale.order["state"] not in _DRAFT:
            raise BusinessRefusal("not_draft", f"odoo: {sale.order['name']} is {sale.order['state']}", request.order)
        rows = [[0, 0, row] for row in await self._new_lines(request.lines)]
        await self.odoo.tell("sale.order", "write", [sale.order["id"]], vals={"order_line": [[5, 0, 0], *rows]})
        sale = await sale_of(self.odoo, request.order)
        self._same_money(sale, request.lines)
        return order_of(self.map, sale)

    async def probe_update_order(self, request: op.UpdateOrder, key: str) -> d.Order | None:
        """Tell by the lines: they are set as a whole."""
        sale = await sale_of(self.odoo, request.order)
        now = [_terms(row["code"], row["product_uom_qty"], row["price_unit"], row["discount"]) for row in sale.lines]
        rows = [self.map.fields("line", line) for line in request.lines]
        wanted = [
            _terms(line.product, row["product_uom_qty"], row["price_unit"], row.get("discount", 0))
            for line, row in zip(request.lines, rows, strict=True)
        ]
        return order_of(self.map, sale) if now == wanted else None

    async def cancel_order(self, request: op.OrderId, key: str) -> d.Order:
        """Cancel an order of which nothing is out or billed; Odoo cancels its open transfers itself.

        Refused: ``already_shipped``, ``invoiced``.
        """
        sale = await self._undoable(request.order)
        if sale.order["state"] != "cancel":
            await self._cancel(sale)
        return order_of(self.map, await self._now(request.order, "cancel"))

    async def probe_cancel_order(self, request: op.OrderId, key: str) -> d.Order | None:
        """Tell by the state."""
        return await self._in_state(request.order, "cancel")

    async def confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order:
        """Confirm a quotation; Odoo makes the transfers.

        Odoo warns of credit limits and sells on; here the warning is a refusal, ``credit_limit``, unless overridden.
        Refused besides: ``discontinued`` (archived, or not for sale), ``cancelled``.
        """
        sale = await sale_of(self.odoo, request.order)
        if sale.order["state"] == "cancel":
            raise BusinessRefusal("cancelled", f"odoo: {sale.order['name']} is cancelled", sale.number)
        if sale.order["state"] in _DRAFT:
            await self._may_confirm(sale, request.override)
            await self.odoo.tell("sale.order", "action_confirm", [sale.order["id"]])
        return order_of(self.map, await self._now(request.order, "sale"))

    async def probe_confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order | None:
        """Tell by the state."""
        return await self._in_state(request.order, "sale")

    async def unconfirm_order(self, request: op.OrderId, key: str) -> d.Order:
        """Make a confirmed order a quotation again: cancelled first, then set to draft.

        A cancelled order is taken for one whose second step was lost. Refused: ``already_shipped``, ``invoiced``,
        ``released`` (take the release back first).
        """
        sale = await self._undoable(request.order)
        if sale.order["state"] == "sale":
            if any(one["printed"] for one in sale.releases):
                raise BusinessRefusal("released", f"odoo: {sale.order['name']} is with the warehouse", sale.number)
            await self._cancel(sale)
        if sale.order["state"] not in _DRAFT:
            await self.odoo.tell("sale.order", "action_draft", [sale.order["id"]])
        return order_of(self.map, await self._now(request.order, *_DRAFT))

    async def probe_unconfirm_order(self, request: op.OrderId, key: str) -> d.Order | None:
        """Tell by the state."""
        return await self._in_state(request.order, *_DRAFT)

    async def _buyer(self, customer: str) -> int:
        try:
            row = await self.odoo.one("res.partner", customer, ("active",), "customer", archived=True)
        except BusinessRefusal as no:
            raise BusinessRefusal("unknown_customer", str(no), customer) from None
        if not row["active"]:
            raise BusinessRefusal("blocked_customer", f"odoo: customer {customer} is archived", customer)
        return int(row["id"])

    async def _price_list(self, lines: list[d.Line]) -> Record:
        """Choose a price list in the order's currency: it is what gives an order its currency."""
        if not lines:
            raise BusinessRefusal("no_lines", "an order needs lines")
        currency = lines[0].net.currency
        lists = await self.odoo.find("product.pricelist", [["currency_id.name", "=", currency]], ("name",))
        return {"pricelist_id": lists[0]["id"]} if lists else {}

    async def _new_lines(self, lines: list[d.Line]) -> list[Record]:
        codes = sorted({line.product for line in lines})
        rows = await self.odoo.find("product.product", [["default_code", "in", codes]], ("default_code",))
        products = {row["default_code"]: row["id"] for row in rows}
        for line in lines:
            if line.product not in products:
                text = f"odoo has no product with the internal reference {line.product}"
                raise BusinessRefusal("unknown_product", text, line.product)
        return [{"product_id": products[line.product], **self.map.fields("line", line)} for line in lines]

    def _same_money(self, sale: Sale, lines: list[d.Line]) -> None:
        """Hold what Odoo made against what was asked: another currency or price is nonsense, tax is Odoo's to know."""
        name, wanted = sale.order["name"], lines[0].net.currency
        if sale.currency != wanted:
            raise ContractBroken(f"odoo: {name} is in {sale.currency}, not {wanted}; make a price list in {wanted}")
        asked = sum(line.net.minor for line in lines)
        got = sum(money(row["price_subtotal"], wanted).minor for row in sale.lines)
        if abs(got - asked) > len(lines):  # a cent for the rounding of each line
            raise ContractBroken(f"odoo: {name} costs {got} minor units net and should cost {asked}", sale.number)

    async def _may_confirm(self, sale: Sale, override: str) -> None:
        if override not in ("", "credit_limit"):
            raise BusinessRefusal(
                "bad_override", f"odoo cannot override {override!r}; credit_limit it can", sale.number
            )
        gone = [line["code"] for line in sale.lines if not line["sold"]]
        if gone:
            raise BusinessRefusal("discontinued", f"odoo: {', '.join(gone)} is archived or not for sale", gone[0])
        row = await self.odoo.one("sale.order", sale.number, ("partner_credit_warning",), "order")
        if row["partner_credit_warning"] and override != "credit_limit":
            raise BusinessRefusal("credit_limit", f"odoo: {row['partner_credit_warning']}", sale.number)

    async def _undoable(self, number: str) -> Sale:
        sale = await sale_of(self.odoo, number)
        refuse_shipped(sale)
        standing = await self.odoo.find(
            "account.move",
            [["id", "in", sale.order["invoice_ids"]], ["state", "=", "posted"], ["payment_state", "!=", "reversed"],
             ["move_type", "=", "out_invoice"]], ("name",),
        )  # fmt: skip
        if standing:
            text = f"odoo: {sale.order['name']} is billed by {standing[0]['name']}; credit it first"
            raise BusinessRefusal("invoiced", text, str(standing[0]["id"]))
        return sale

    async def _cancel(self, sale: Sale) -> None:
        """Cancel without the question that Odoo asks people; an answer that is an action is that question."""
        said = await self.odoo.tell(
            "sale.order", "action_cancel", [sale.order["id"]], within={"disable_cancel_warning": True}
        )
        if isinstance(said, dict):
            raise ContractBroken(f"odoo: {sale.order['name']}: action_cancel asks instead of cancelling", str(said))

    async def _now(self, number: str, *states: str) -> Sale:
        """Read the order again: that a call was answered does not say that it did something."""
        sale = await sale_of(self.odoo, number)
        if sale.order["state"] not in states:
            text = f"odoo: {sale.order['name']} is {sale.order['state']} and should be {' or '.join(states)}"
            raise ContractBroken(text, number)
        return sale

    async def _in_state(self, number: str, *states: str) -> d.Order | None:
        sale = await sale_of(self.odoo, number)
        return order_of(self.map, sale) if sale.order["state"] in states else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _terms(code: str, quantity: Any, price: Any, discount: Any) -> tuple[Any, ...]:
    return code, pieces(quantity), decimal(price), decimal(discount)
