"""Goods of K3Cloud: delivery notices (发货通知单), goods issues (销售出库单) and goods returns (销售退货单)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from ltc.adapters.kingdee.answers import SaidNo
from ltc.adapters.kingdee.base import Tools, known
from ltc.adapters.kingdee.bills import quoted, state_of
from ltc.adapters.kingdee.forms import NOTICE, ORDER, OUTSTOCK, RETURN
from ltc.adapters.kingdee.making import Model
from ltc.adapters.kingdee.reading import Record, figure, in_force, line_names
from ltc.adapters.kingdee.words import refusal
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal

CURRENCY = "FSettleCurrId.FNumber"


class Shipping:
    """What the port does with goods."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.reader = tools.reader

    async def release(self, order: str, key: str) -> d.Release:
        """Tell the warehouse, by a delivery notice, to ship all of an order."""

        async def model(number: str) -> Model:
            record = await self._order(order)
            standing = await self.reader.under(NOTICE, "FOrderNo", order, audited=False)
            if standing:
                there = standing[0]["FBillNo"]
                raise BusinessRefusal("already_released", f"order {order} is released as {there}", there)
            return self.tools.maker.notice(number, record)

        return self.reader.release(await self.tools.make(NOTICE, key, model))

    async def cancel(self, number: str) -> d.Release:
        """Make a delivery notice void of which nothing is out."""
        known(await self.tools.bills.find(NOTICE, number), NOTICE, number)
        try:
            await self.tools.bills.void(NOTICE, number)
        except SaidNo as no:
            raise refusal(no, number, depends="already_shipped") from None
        return self.reader.release(await self.reader.must(NOTICE, number))

    async def ship(self, request: op.ShipDelivery, key: str) -> d.Delivery:
        """Issue what is released and in stock, or exactly the lines asked for."""

        async def model(number: str) -> Model:
            notice = await self.reader.must(NOTICE, request.delivery)
            if not in_force(notice):
                text = f"delivery notice {request.delivery} is not in force"
                raise BusinessRefusal("not_released", text, request.delivery)
            order = await self._order(str(notice["lines"][0]["FOrderNo"]))
            left = await self._left(notice)
            if request.lines:
                quantities = _asked(request.lines, notice, line_names(order), left)
            else:
                quantities = await self._in_stock(notice, left)
            return self.tools.maker.goods_issue(number, order, notice, str(order[CURRENCY]), quantities)

        record = await self.tools.make(OUTSTOCK, key, model)
        return (await self.reader.deliveries([record]))[0]

    async def take_back(self, order: str, key: str) -> d.GoodsReturn:
        """Take back everything that is out for an order."""

        async def model(number: str) -> Model:
            await self.reader.must(ORDER, order)
            issues = await self.reader.under(OUTSTOCK, "FSoorDerno", order)
            out: dict[tuple[str, Any], Decimal] = defaultdict(Decimal)
            for issue in issues:
                for row in issue["lines"]:
                    out[issue["FBillNo"], row["FSOEntryId"]] += figure(row, "FRealQty")
            for back in await self.reader.under(RETURN, "FOrderNo", order):
                for row in back["lines"]:
                    out[row["FSrcBillNo"], row["FSOEntryId"]] -= figure(row, "FRealQty")
            if not any(left > 0 for left in out.values()):
                raise BusinessRefusal("nothing_shipped", f"nothing of order {order} is out", order)
            return self.tools.maker.goods_return(number, issues, out)

        return self.reader.goods_return(await self.tools.make(RETURN, key, model))

    async def status(self, number: str) -> op.ShipmentStatus:
        """Read an order and everything that left for it."""
        order = await self.reader.must(ORDER, number)
        issues = await self.reader.under(OUTSTOCK, "FSoorDerno", number)
        return op.ShipmentStatus(order=await self.reader.order(order), deliveries=await self.reader.deliveries(issues))

    # probes

    async def released(self, key: str) -> d.Release | None:
        """Find the delivery notice that was made under a key; one that is void again is told, too."""
        record = await self.reader.find(NOTICE, self.tools.number(key))
        if record is not None and not state_of(NOTICE, record).void:
            record = await self.tools.made(NOTICE, key)
        return self.reader.release(record) if record else None

    async def cancelled(self, number: str) -> d.Release | None:
        """Tell whether a delivery notice is void."""
        record = await self.reader.must(NOTICE, number)
        return self.reader.release(record) if state_of(NOTICE, record).void else None

    async def shipped(self, key: str) -> d.Delivery | None:
        """Find the goods issue that was made under a key."""
        record = await self.tools.made(OUTSTOCK, key)
        return (await self.reader.deliveries([record]))[0] if record else None

    async def taken_back(self, key: str) -> d.GoodsReturn | None:
        """Find the goods return that was made under a key."""
        record = await self.tools.made(RETURN, key)
        return self.reader.goods_return(record) if record else None

    async def _order(self, number: str) -> Record:
        order = await self.reader.must(ORDER, number)
        if not in_force(order):
            raise BusinessRefusal("not_confirmed", f"order {number} is not confirmed", number)
        return order

    async def _left(self, notice: Record) -> dict[int, Decimal]:
        """Return how much of each line of a notice is not on a goods issue yet, by the line's id."""
        issued: dict[Any, Decimal] = defaultdict(Decimal)
        for issue in await self.reader.under(OUTSTOCK, "FSrcBillNo", notice["FBillNo"], audited=False):
            for row in issue["lines"]:
                issued[row["FSOEntryId"]] += figure(row, "FRealQty")
        left = {row[NOTICE.entry]: figure(row, "FQty") - issued[row["FSOEntryId"]] for row in notice["lines"]}
        if not any(quantity > 0 for quantity in left.values()):
            raise BusinessRefusal("nothing_open", f"all of {notice['FBillNo']} is on its way", notice["FBillNo"])
        return left

    async def _in_stock(self, notice: Record, left: dict[int, Decimal]) -> dict[int, Decimal]:
        """Return how much of each line can go now."""
        products = sorted({str(row["FMaterialId.FNumber"]) for row in notice["lines"]})
        which = " or ".join(f"FMaterialId.FNumber = {quoted(product)}" for product in products)
        rows = await self.tools.bills.client.query("STK_Inventory", ("FMaterialId.FNumber", "FBaseQty"), f"({which})")
        stock: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            stock[str(row["FMaterialId.FNumber"])] += figure(row, "FBaseQty")
        can: dict[int, Decimal] = {}
        for row in notice["lines"]:
            product = str(row["FMaterialId.FNumber"])
            can[row[NOTICE.entry]] = max(min(left[row[NOTICE.entry]], stock[product]), Decimal(0))
            stock[product] -= can[row[NOTICE.entry]]
        if not any(can.values()):
            text = f"nothing that {notice['FBillNo']} releases is in stock"
            raise BusinessRefusal("out_of_stock", text, products[0])
        return can


def _asked(
    lines: list[d.DeliveryLine], notice: Record, names: dict[str, str], left: dict[int, Decimal]
) -> dict[int, Decimal]:
    """Return how much of each line of a notice was asked for."""
    ids = {names.get(str(row["FSOEntryId"]), ""): row[NOTICE.entry] for row in notice["lines"]}
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.line not in ids:
            raise BusinessRefusal("unknown_line", f"{notice['FBillNo']} has no line {line.line}", notice["FBillNo"])
        wanted[ids[line.line]] += line.quantity
        if wanted[ids[line.line]] > left[ids[line.line]]:
            text = f"line {line.line}: {left[ids[line.line]]} open, {line.quantity} asked"
            raise BusinessRefusal("more_than_ordered", text, notice["FBillNo"])
    return dict(wanted)
