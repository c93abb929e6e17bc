"""Amendments on Tryton: a draft gets other lines; an order in process is amended by the module sale_amendment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ltc.adapters.tryton.base import effect, whole
from ltc.adapters.tryton.changes import Change, added, as_they_are, changes, dearer, kept, refuse
from ltc.adapters.tryton.journal import (
    AMENDMENT,
    Wanted,
    described,
    note_amendment,
    note_taken_back,
    read_journal,
)
from ltc.adapters.tryton.lines import taxed, unit_price
from ltc.adapters.tryton.rpc import Record, SaidNo
from ltc.adapters.tryton.sales import OPEN, Sale
from ltc.adapters.tryton.shipping import Shipping, is_released
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, Misconfigured, OutcomeUnknown, Unavailable

NEW_LINE = "ltc_new_line"  # the action that the add-on gives amendments; Tryton's own change lines and add none
_SHIPMENT = "stock.shipment.out"
_TO_REPLACE = ("draft", "waiting", "assigned")
_LEAVING = ("packed", "shipped")


class Amendments(Shipping):
    """The operations on orders that are agreed already.

    What the lines were is noted on the sale before anything changes: an amendment in part, whose reply was lost, goes
    on from there, and the inverse finds what to restore.
    """

    _actions: frozenset[str] | None = None

    @effect
    async def amend_order(self, request: op.AmendOrder, key: str) -> d.Order:
        """Give an order new lines; what is out, or packed, stays ordered. Stock that was assigned is assigned anew."""
        sale = await self.sale(request.order)
        wanted = _wanted(sale, request.lines)
        journal = await read_journal(self.rpc, sale.id)
        begun = journal.under(key)
        if begun is not None and journal.last != key:
            return sale.order()  # it was carried out, and something else since
        found, shipments = changes(sale, wanted), await self.shipments_in(sale, _TO_REPLACE)
        released = begun.released if begun else any(map(is_released, shipments))
        if begun is None:
            await self._check(sale, found)
            await note_amendment(self.rpc, sale.id, key, as_they_are(sale), shipments)
        try:
            if begun is not None and found:
                await self._check(sale, found)  # goods may have left since
            await self._carry_out(sale, found, shipments, key)
        except (BusinessRefusal, SaidNo):
            await note_taken_back(self.rpc, sale.id, key, key, [])
            await self._assign_anew(sale, released)
            raise
        await self._assign_anew(sale, released)
        return (await self.sale(sale.id)).order()

    async def _probe_amend_order(self, request: op.AmendOrder, key: str) -> d.Order | None:
        sale = await self.sale(request.order)
        journal = await read_journal(self.rpc, sale.id)
        begun = journal.under(key)
        if begun is None or (journal.last == key and changes(sale, _wanted(sale, request.lines))):
            return None
        there = await self.open_shipment(sale)
        return None if begun.released and there is not None and not is_released(there) else sale.order()

    @effect
    async def revert_amendment(self, request: op.OrderId, key: str) -> d.Order:
        """Give an order the lines back that it had before its newest amendment."""
        sale = await self.sale(request.order)
        journal = await read_journal(self.rpc, sale.id)
        begun = journal.taken_back_under(key)
        if begun is not None and journal.last != key:
            return sale.order()
        entry = begun or journal.newest()
        if entry is None:
            raise BusinessRefusal("nothing_amended", f"sale {sale.id} was not amended", sale.id)
        cancelled = sale.order().status == "cancelled"  # whatever its lines were: they are of no consequence any more
        found = [] if cancelled else changes(sale, entry.before)
        shipments = [] if cancelled else await self.shipments_in(sale, _TO_REPLACE)
        if found:
            await self._check(sale, found, backward=True)
        if begun is None:
            await note_taken_back(self.rpc, sale.id, key, entry.key, shipments)
        await self._carry_out(sale, found, shipments, key)
        await self._assign_anew(sale, entry.released or any(map(is_released, shipments)))
        return (await self.sale(sale.id)).order()

    async def _probe_revert_amendment(self, request: op.OrderId, key: str) -> d.Order | None:
        sale = await self.sale(request.order)
        journal = await read_journal(self.rpc, sale.id)
        entry = journal.taken_back_under(key)
        order = sale.order()
        half = journal.last == key and order.status != "cancelled" and entry and changes(sale, entry.before)
        return None if entry is None or half else order

    # --- what may be amended

    async def _check(self, sale: Sale, found: Sequence[Change], *, backward: bool = False) -> None:
        """Refuse what cannot be; of a draft everything can."""
        if sale.order().status == "cancelled":
            raise BusinessRefusal("not_open", f"sale {sale.id} is cancelled", sale.id)
        new = [one.wanted.product for one in found if one.line is None]
        await self.products(sorted(set(new)))
        if sale.record["state"] in OPEN:
            return
        refuse(sale, found, await self._leaving(sale), backward=backward)
        if not found:
            return
        await self._check_bills(sale, found)
        if not backward:
            await self._check_credit(sale, found)
        await self._check_module(sale, new)

    async def _leaving(self, sale: Sale) -> dict[str, int]:
        """Return, by line, what is packed; what is picked is neither here nor there, and has to be waited for."""
        picked = await self.shipments_in(sale, ["picked"])
        if picked:
            what = f"shipment {picked[0]['id']} is picked; it is amended once it is packed, or put back"
            raise Unavailable(f"tryton: sale {sale.id}: {what}", retry_after=60.0, answered=True)
        packed = {f"{_SHIPMENT},{one['id']}" for one in await self.shipments_in(sale, _LEAVING)}
        found: dict[str, int] = {}
        for move in sale.moves:
            if move["shipment"] in packed and move["state"] not in ("done", "cancelled"):
                line = str(move["origin"]).partition(",")[2]
                found[line] = found.get(line, 0) + whole(move["quantity"], "a stock move")
        return found

    async def _check_bills(self, sale: Sale, found: Sequence[Change]) -> None:
        """Refuse what is billed as a whole; drafts of several deliveries would become one, so they are waited for."""
        bills = await self.invoices_of(sale)
        if sale.record["invoice_method"] == "order":
            posted = [one["id"] for one in bills if one["state"] in ("posted", "paid")]
            if posted and dearer(sale, found):
                what = f"sale {sale.id} is billed as a whole by invoice {posted[0]}; credit it first"
                raise BusinessRefusal("invoiced", what, str(posted[0]))
            return
        if len([one for one in bills if one["state"] in ("draft", "validated")]) > 1:
            what = (
                f"sale {sale.id}: several deliveries are not billed yet: amended now, Tryton would bill them together"
            )
            raise Unavailable(f"tryton: {what}", retry_after=60.0, answered=True)

    async def _check_credit(self, sale: Sale, found: Sequence[Change]) -> None:
        """Tryton asks for the credit limit only when an order is confirmed: an order that gets dearer is asked here."""
        more = dearer(sale, found)
        if more <= 0:
            return
        party = await self.one(
            "sale.sale", sale.id, ["party.credit_amount", "party.credit_limit_amount", "party.currency.code"], "sale"
        )
        known = party["party."]
        if known["credit_limit_amount"] is None:
            return
        books = known["currency."]["code"]
        rate = (await self.exchange_rate(op.Currencies(source=sale.currency, target=books))).rate
        if known["credit_amount"] + more * rate > known["credit_limit_amount"]:
            what = f"sale {sale.id}, amended, exceeds its customer's credit limit of {known['credit_limit_amount']}"
            raise BusinessRefusal("credit_limit", what, sale.id)

    async def _check_module(self, sale: Sale, new: Sequence[str]) -> None:
        actions = await self._known_actions()
        if not actions:
            raise Misconfigured(
                f"tryton: sale {sale.id} is in process, and the module sale_amendment is not activated: activate it"
            )
        if new and NEW_LINE not in actions:
            what = (
                f"Tryton's amendments add no lines ({', '.join(new)} to sale {sale.id}); the add-on ltc_key lets them"
            )
            raise BusinessRefusal("new_line", what, sale.id)

    async def _known_actions(self) -> frozenset[str]:
        """Return what amendments can do in this Tryton; nothing where the module is missing. Asked once."""
        if self._actions is None:
            domain = [["name", "=", "action"], ["model", "=", f"{AMENDMENT}.line"]]
            if not await self.rpc.find("ir.model.field", domain, ["id"], limit=1):
                return frozenset()
            fields = await self.rpc.ask(f"model.{AMENDMENT}.line.fields_get", ["action"])
            self._actions = frozenset(str(name) for name, _ in fields["action"]["selection"])
        return self._actions

    # --- amending

    async def _carry_out(self, sale: Sale, found: Sequence[Change], shipments: Sequence[Record], key: str) -> None:
        if not found:
            return
        products = await self.products(sorted({one.wanted.product for one in found if one.line is None}))
        if sale.record["state"] in OPEN:
            await self._rewrite(sale, found, products)
            return
        for shipment in shipments:
            if is_released(shipment):  # assigned stock keeps its moves through an amendment, and loses its purpose
                await self.press_once(_SHIPMENT, "wait", shipment["id"], ("waiting",))
        lines: list[Record] = []
        for one in found:
            if one.line is None:
                lines.append({"action": NEW_LINE, **added(one, products[one.wanted.product])})
            else:
                lines.append({"action": "line", "line": one.line["id"], **kept(one, one.line)})
        number = await self._draft(sale, lines, key, described(key, shipments))
        try:
            await self.press_once(AMENDMENT, "validate_amendment", number, ("validated",))
        except SaidNo:
            await self.rpc.tell(f"model.{AMENDMENT}.delete", [number])
            raise

    async def _draft(self, sale: Sale, lines: list[Record], key: str, description: str) -> int:
        """Make the amendment, in place of one that an earlier attempt left."""
        left = [["sale", "=", int(sale.id)], ["description", "like", f"{key}%"], ["state", "=", "draft"]]
        stale = [one["id"] for one in await self.rpc.find(AMENDMENT, left, ["id"])]
        if stale:
            await self.rpc.tell(f"model.{AMENDMENT}.delete", stale)
        asked = {"sale": int(sale.id), "description": description, "lines": [["create", lines]]}
        (number,) = await self.rpc.tell(f"model.{AMENDMENT}.create", [asked])
        return int(number)

    async def _rewrite(self, sale: Sale, found: Sequence[Change], products: dict[str, Record]) -> None:
        """Change a draft's lines in one call."""
        if sale.record["state"] == "quotation":
            await self.press_once("sale.sale", "draft", int(sale.id), ("draft",))
        steps: list[list[Any]] = []
        for one in found:
            if one.line is None:
                product = products[one.wanted.product]
                steps.append(["create", [{**added(one, product), **taxed(product)}]])
            elif not one.wanted.quantity:
                steps.append(["delete", [one.line["id"]]])
            else:
                steps.append(["write", [one.line["id"]], kept(one, one.line)])
        await self.rpc.tell("model.sale.sale.write", [int(sale.id)], {"lines": steps})

    async def _assign_anew(self, sale: Sale, released: bool) -> None:
        """Stock was assigned before: it is assigned to what Tryton planned in its place."""
        if not released:
            return
        fresh = await self.sale(sale.id)
        shipment = await self.open_shipment(fresh)
        if shipment is not None:
            await self.assign(shipment)
        elif fresh.out() + fresh.cancelled() < fresh.ordered():
            raise OutcomeUnknown(f"tryton: sale {sale.id} is amended; its shipment is not planned anew yet")


def _wanted(sale: Sale, lines: Sequence[d.Line]) -> list[Wanted]:
    """Return lines as they are asked for. Refused: ``no_lines``. Misconfigured: in another currency than the sale."""
    if not lines:
        raise BusinessRefusal("no_lines", f"an order needs lines; to have none of sale {sale.id}, cancel it", sale.id)
    other = sorted({line.net.currency for line in lines} - {sale.currency})
    if other:
        raise Misconfigured(f"sale {sale.id} is in {sale.currency}; lines in {', '.join(other)} cannot be its own")
    return [Wanted(line.id, line.product, line.quantity, unit_price(line)) for line in lines]
