"""Sales orders of K3Cloud: made, changed, confirmed, and each of them taken back."""

from __future__ import annotations

from ltc.adapters.kingdee.answers import SaidNo
from ltc.adapters.kingdee.base import Tools, known
from ltc.adapters.kingdee.bills import Bills, state_of
from ltc.adapters.kingdee.forms import NOTICE, ORDER, OUTSTOCK, RECEIVABLE
from ltc.adapters.kingdee.reading import Record
from ltc.adapters.kingdee.words import refusal
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken

CREDIT = "credit_limit"


class Orders:
    """What the port does with orders; every method returns the order as it stands afterwards."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.reader = tools.reader
        self.bills: Bills = tools.bills

    async def get(self, number: str) -> d.Order:
        """Read an order."""
        return await self.reader.order(await self.reader.must(ORDER, number))

    async def create(self, request: op.CreateOrder, key: str) -> d.Order:
        """Save an order under the key's number; one that is there already must say the same."""
        number = self.tools.number(key)
        if await self.bills.find(ORDER, number) is None:
            written = self.reader.mapping.fields("create_order", request)
            try:
                await self.bills.save(ORDER, self.tools.maker.order(number, written, request.lines))
            except SaidNo as no:
                raise refusal(no, request.customer) from None
        order = await self.get(number)
        return self._same(order, request.customer, request.lines)

    async def update(self, request: op.UpdateOrder) -> d.Order:
        """Give a draft new lines."""
        state = known(await self.bills.find(ORDER, request.order), ORDER, request.order)
        if state.void or not state.editable:
            raise BusinessRefusal("not_draft", f"order {request.order} is no draft any more", request.order)
        written = self.reader.mapping.fields("update_order", request)
        try:
            await self.bills.change(ORDER, self.tools.maker.changed_order(state.id, written, request.lines))
        except SaidNo as no:
            raise refusal(no, request.order) from None
        order = await self.get(request.order)
        return self._same(order, order.customer, request.lines)

    async def cancel(self, number: str) -> d.Order:
        """Make a draft void; one that is submitted is taken back first, one in force is refused."""
        state = known(await self.bills.find(ORDER, number), ORDER, number)
        if state.audited:
            await self._refuse_with_documents(number)
            raise BusinessRefusal("still_confirmed", f"order {number} is confirmed; unconfirm it first", number)
        try:
            await self.bills.void(ORDER, number)
        except SaidNo as no:
            raise refusal(no, number) from None
        return await self.get(number)

    async def confirm(self, request: op.ConfirmOrder) -> d.Order:
        """Submit and audit an order; refused, it is a draft again."""
        number, waive = request.order, request.override == CREDIT
        if request.override and not waive:
            raise BusinessRefusal("bad_override", f"{request.override!r} cannot be lifted; {CREDIT} can", number)
        if known(await self.bills.find(ORDER, number), ORDER, number).void:
            raise BusinessRefusal("cancelled", f"order {number} is cancelled", number)
        try:
            await self.bills.finish(ORDER, number, waive=waive)
        except SaidNo as no:
            await self.bills.reopen(ORDER, number)
            raise refusal(no, number) from None
        return await self.get(number)

    async def unconfirm(self, number: str) -> d.Order:
        """Take audit and submission back; refused where a notice, goods or a bill came of the order."""
        if known(await self.bills.find(ORDER, number), ORDER, number).void:
            raise BusinessRefusal("already_cancelled", f"order {number} is cancelled", number)
        try:
            await self.bills.reopen(ORDER, number)
        except SaidNo as no:
            await self._refuse_with_documents(number)
            if await self.reader.under(NOTICE, "FOrderNo", number, audited=False):
                raise BusinessRefusal("released", f"order {number} is released; cancel that first", number) from None
            raise refusal(no, number) from None
        return await self.get(number)

    # probes: the document's state says it

    async def created(self, key: str) -> d.Order | None:
        """Find the order that was made under a key."""
        record = await self.reader.find(ORDER, self.tools.number(key))
        return await self.reader.order(record) if record else None

    async def has_lines(self, request: op.UpdateOrder) -> d.Order | None:
        """Tell whether an order has these lines."""
        order = await self.get(request.order)
        return order if _plain(order.lines) == _plain(request.lines) else None

    async def stands(self, number: str, *, audited: bool | None = None, void: bool = False) -> d.Order | None:
        """Tell whether an order is void, is audited, or is a draft."""
        record: Record = await self.reader.must(ORDER, number)
        state = state_of(ORDER, record)
        fits = state.void if void else not state.void and (state.audited if audited else state.editable)
        return await self.reader.order(record) if fits else None

    async def _refuse_with_documents(self, number: str) -> None:
        if await self.reader.under(RECEIVABLE, "FORDERNUMBER", number):
            raise BusinessRefusal("invoiced", f"order {number} is billed; credit the bill first", number) from None
        if await self.reader.under(OUTSTOCK, "FSoorDerno", number):
            raise BusinessRefusal("already_shipped", f"goods of order {number} are out", number) from None

    @staticmethod
    def _same(order: d.Order, customer: str, lines: list[d.Line]) -> d.Order:
        """Check that an order is what was asked for, to the cent.

        Raises:
            BusinessRefusal: ``key_reused``: the number was given for something else.
            ContractBroken: K3Cloud worked out other amounts.
        """
        if order.customer != customer or _plain(order.lines) != _plain(lines):
            raise BusinessRefusal("key_reused", f"order {order.id} is there already, for something else", order.id)
        theirs, ours = [(one.net, one.gross) for one in order.lines], [(one.net, one.gross) for one in lines]
        if theirs != ours:
            raise ContractBroken(
                f"kingdee: order {order.id} has other amounts than it was given", f"{theirs} for {ours}"
            )
        return order


def _plain(lines: list[d.Line]) -> list[tuple[object, ...]]:
    return [(line.id, line.product, line.quantity, line.unit_price, line.discount) for line in lines]
