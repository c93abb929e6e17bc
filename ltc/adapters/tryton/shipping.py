"""Shipments on Tryton: released by assigning stock, shipped in three steps, in part where stock is short."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ltc.adapters.tryton.base import effect, inner, instant, money, only, reading, text, version, whole
from ltc.adapters.tryton.journal import replaced_by
from ltc.adapters.tryton.orders import Orders
from ltc.adapters.tryton.rpc import Record
from ltc.adapters.tryton.sales import Sale
from ltc.model import documents as d
from ltc.model.money import Money, round_minor
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, OutcomeUnknown

SHIPMENT = (
    "state", "reference", "partially_assigned", "outgoing_moves", "inventory_moves", "effective_date", "_timestamp",
    "number",
)  # fmt: skip
_NOT_OUT = ("draft", "waiting", "assigned", "picked", "packed", "shipped")
_RELEASED = ("assigned", "picked", "packed", "shipped")
_STATUS = {"draft": "waiting", "waiting": "waiting", "done": "shipped", "cancelled": "cancelled"}


class Shipping(Orders):
    """The operations on deliveries. A release and a delivery are the same shipment of Tryton's, before and after."""

    @effect
    async def release_delivery(self, request: op.OrderId, key: str) -> d.Release:
        """Assign stock to the shipment that waits. Stock may be short: then part of it, or nothing, is assigned."""
        sale = await self.sale(request.order)
        if sale.order().status not in ("confirmed", "shipped"):
            raise BusinessRefusal("not_confirmed", f"sale {sale.id} is {sale.order().status}, not confirmed", sale.id)
        shipment = await self.open_shipment(sale)
        if shipment is None:
            return await self._last_release(sale)
        await self.assign(shipment)
        return _release(sale.id, await self.shipment(str(shipment["id"])))

    async def _probe_release_delivery(self, request: op.OrderId, key: str) -> d.Release | None:
        shipment = await self.open_shipment(await self.sale(request.order))
        if shipment is None:
            sale = await self.sale(request.order)
            return await self._last_release(sale) if sale.out() else None
        return _release(request.order, shipment) if is_released(shipment) else None

    async def _last_release(self, sale: Sale) -> d.Release:
        """Everything is out: the release is the last shipment."""
        if not sale.gone():
            raise ContractBroken(f"tryton: sale {sale.id} is confirmed and has no shipment", str(sale.record))
        return _release(sale.id, await self.shipment(shipment_of(sale.gone()[-1])))

    @effect
    async def cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release:
        """Take a release back: stock is free again and the shipment waits, to be released anew."""
        shipment = await self.shipment(request.delivery)
        order = await self.order_of(shipment)
        if shipment["state"] in ("done", "shipped"):
            raise BusinessRefusal("already_shipped", f"shipment {shipment['id']} has left", str(shipment["id"]))
        if shipment["state"] in ("picked", "packed"):
            await self.press_once("stock.shipment.out", "cancel", shipment["id"], ("cancelled",))
            await self._ship_anew(int(order), shipment)
        elif shipment["state"] == "assigned" or shipment["partially_assigned"]:
            await self.rpc.press("stock.shipment.out", "wait", [shipment["id"]])
        return _cancelled(order, await self.shipment(request.delivery))

    async def _probe_cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release | None:
        shipment = await self.shipment(request.delivery)
        free = shipment["state"] in ("draft", "waiting", "cancelled") and not shipment["partially_assigned"]
        return _cancelled(await self.order_of(shipment), shipment) if free else None

    async def _ship_anew(self, sale: int, shipment: Record) -> None:
        """Have Tryton make a new shipment in place of a cancelled one."""
        moves = shipment["outgoing_moves"]
        answer = {"ask": {"recreate_moves": moves, "ignore_moves": [], "domain_moves": moves}}
        await self.rpc.wizard("sale.handle.shipment.exception", "sale.sale", [sale], [("handle", answer)])

    @effect
    async def ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery:
        """Pick, pack and ship what is assigned, or what is asked of it; the rest waits in a new shipment."""
        shipment = await self.shipment(request.delivery)
        order = await self.order_of(shipment)
        before = await self._shipped_under(order, key)
        if before is not None:
            return before
        sale = await self.sale(order)
        if shipment["state"] in ("done", "cancelled"):
            shipment = await self.open_shipment(sale) or shipment
        if shipment["state"] in ("done", "cancelled"):
            raise BusinessRefusal("not_released", f"nothing of sale {order} waits to be shipped", request.delivery)
        await self._mark(shipment, key)
        await self._narrow(shipment, request.lines)
        for button, goal in (("pick", "picked"), ("pack", "packed"), ("do", "done")):
            await self._advance(shipment["id"], button, goal)
        found = await self._delivery(await self.sale(order), await self.shipment(str(shipment["id"])))
        if found is None:
            raise OutcomeUnknown(f"tryton: shipment {shipment['id']} is done and holds no goods")
        return found

    async def _probe_ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery | None:
        return await self._shipped_under(await self.order_of(await self.shipment(request.delivery)), key)

    async def _shipped_under(self, order: str, key: str) -> d.Delivery | None:
        sale = await self.sale(order)
        domain = [["id", "in", sale.record["shipments"]], ["reference", "=", key], ["state", "=", "done"]]
        found = only(await self.rpc.find("stock.shipment.out", domain, SHIPMENT), "erp.ship_delivery", key)
        return None if found is None else await self._delivery(sale, found)

    async def _mark(self, shipment: Record, key: str) -> None:
        """Write the effect's key on the shipment before goods leave: it tells afterwards who shipped it."""
        await self.rpc.tell("model.stock.shipment.out.write", [shipment["id"]], {"reference": key})

    async def _advance(self, shipment: int, button: str, goal: str) -> None:
        order = ("waiting", "assigned", "picked", "packed", "shipped", "done")
        state = (await self.shipment(str(shipment)))["state"]
        if order.index(state) < order.index(goal):
            await self.press_once("stock.shipment.out", button, shipment, order[order.index(goal) :])

    async def _narrow(self, shipment: Record, asked: list[d.DeliveryLine]) -> None:
        """Bring a shipment to hold exactly what shall leave now, all of it assigned."""
        if shipment["state"] in ("picked", "packed", "shipped"):
            return  # picked goods go as they are
        if asked:
            await self._take(shipment, asked)
        elif shipment["state"] != "assigned":
            await self._leave_short(shipment)

    async def _leave_short(self, shipment: Record) -> None:
        """Ship what is assigned; what is short stays behind."""
        number = str(shipment["id"])
        await self.rpc.press("stock.shipment.out", "assign_try", [shipment["id"]])  # stock may have come since
        again = await self.shipment(number)
        if again["state"] == "assigned":
            return
        if not again["partially_assigned"]:
            raise BusinessRefusal("out_of_stock", f"nothing of shipment {number} is in stock", number)
        domain = [["id", "in", again["inventory_moves"]], ["state", "in", ["draft", "staging"]]]
        short = [move["id"] for move in await self.rpc.find("stock.move", domain, ["id"])]
        steps = [("start", {}), ("ignore", {"partial": {"moves": short}})]
        await self.rpc.wizard("stock.shipment.assign", "stock.shipment.out", [shipment["id"]], steps)
        if (await self.shipment(number))["state"] != "assigned":
            raise OutcomeUnknown(f"tryton: shipment {number} is not assigned after leaving out what is short")

    async def _take(self, shipment: Record, asked: list[d.DeliveryLine]) -> None:
        """Reduce the moves to what is asked, and assign them; if that cannot be, everything waits as before."""
        number = str(shipment["id"])
        if shipment["state"] == "assigned" or shipment["partially_assigned"]:
            await self.rpc.press("stock.shipment.out", "wait", [shipment["id"]])
        beyond = await self._reduce(number, asked)
        if not beyond:
            await self.rpc.press("stock.shipment.out", "assign_try", [shipment["id"]])
            if (await self.shipment(number))["state"] == "assigned":
                return
        for button in ("draft", "wait", "assign_try"):
            await self.rpc.press("stock.shipment.out", button, [shipment["id"]])
        if beyond:
            what = f"shipment {number}: line {', '.join(beyond)}: more is asked than is open"
            raise BusinessRefusal("more_than_ordered", what, number)
        raise BusinessRefusal("out_of_stock", f"shipment {number}: less is in stock than is asked for", number)

    async def _reduce(self, number: str, asked: list[d.DeliveryLine]) -> list[str]:
        """Write the asked quantities on a waiting shipment's moves; returns the lines of which more was asked."""
        want: dict[str, int] = {}
        for line in asked:
            want[line.line] = want.get(line.line, 0) + line.quantity
        shipment = await self.shipment(number)
        domain = [["id", "in", shipment["inventory_moves"]]]
        for move in await self.rpc.find("stock.move", domain, ["quantity", "origin.origin"]):
            order_line = str(inner(move, "origin.origin") or "").partition(",")[2]
            take = min(want.get(order_line, 0), whole(move["quantity"], f"shipment {number}"))
            want[order_line] = want.get(order_line, 0) - take
            if take != move["quantity"]:
                await self.rpc.tell("model.stock.move.write", [move["id"]], {"quantity": float(take)})
        return [order_line for order_line, missing in want.items() if missing > 0]

    @reading
    async def watch_shipments(self, request: op.OrderId) -> op.ShipmentStatus:
        """Read an order and everything that left for it."""
        sale = await self.sale(request.order)
        found = [await self._delivery(sale, one) for one in await self.shipments_in(sale, ["done"])]
        return op.ShipmentStatus(order=sale.order(), deliveries=[one for one in found if one is not None])

    # --- reading shipments

    async def shipment(self, number: str) -> Record:
        """Read a shipment; for one that an amendment replaced, the one in its place. Refused: ``not_found``."""
        try:
            return await self.one("stock.shipment.out", number, SHIPMENT, "shipment")
        except BusinessRefusal:
            order = await replaced_by(self.rpc, number)
            if not order:
                raise
        sale = await self.sale(order)
        there = await self.open_shipment(sale)
        if there is None and not sale.gone():
            raise BusinessRefusal("not_found", f"shipment {number} of sale {order} was amended away", number)
        return there or await self.one("stock.shipment.out", shipment_of(sale.gone()[-1]), SHIPMENT, "shipment")

    async def assign(self, shipment: Record) -> None:
        """Let stock be assigned to a shipment, unless it is."""
        if shipment["state"] == "draft":
            await self.press_once("stock.shipment.out", "wait", shipment["id"], ("waiting", *_RELEASED))
        if shipment["state"] not in _RELEASED:
            await self.rpc.press("stock.shipment.out", "assign_try", [shipment["id"]])

    async def order_of(self, shipment: Record) -> str:
        """Return the id of the one sale that a shipment is for."""
        moves = await self.rpc.find("stock.move", [["id", "in", shipment["outgoing_moves"]]], ["origin.sale"])
        found = {one for one in (inner(move, "origin.sale") for move in moves) if one}
        if len(found) != 1:
            raise ContractBroken(f"tryton: shipment {shipment['id']} is not for one sale", f"sales {sorted(found)}")
        return str(found.pop())

    async def shipments_in(self, sale: Sale, states: Sequence[str]) -> list[Record]:
        """Return a sale's shipments in some states, oldest first."""
        domain = [["id", "in", sale.record["shipments"]], ["state", "in", list(states)]]
        return await self.rpc.find("stock.shipment.out", domain, SHIPMENT)

    async def open_shipment(self, sale: Sale) -> Record | None:
        """Return the oldest shipment that has not left."""
        found = await self.shipments_in(sale, list(_NOT_OUT))
        return found[0] if found else None

    async def _delivery(self, sale: Sale, shipment: Record) -> d.Delivery | None:
        """A shipment that left, as ltc's delivery; None when nothing was in it."""
        origin = f"stock.shipment.out,{shipment['id']}"
        moves = [move for move in sale.gone() if move["shipment"] == origin]
        if not moves:
            return None
        net = sum((_worth(move, sale) for move in moves), Money(minor=0, currency=sale.currency))
        order = sale.order()
        tax = round_minor(Decimal(order.tax.minor) * net.minor / order.net.minor) if order.net.minor else 0
        lines = [
            d.DeliveryLine(
                line=str(move["origin"]).partition(",")[2], product=text(move, "product.code", "a stock move"),
                quantity=whole(move["quantity"], "a stock move"),
            )
            for move in moves
        ]  # fmt: skip
        return d.Delivery(
            id=str(shipment["id"]), version=version(shipment, *moves), order=sale.id, lines=lines, net=net,
            gross=net + Money(minor=tax, currency=sale.currency),
            shipped_at=instant(shipment["effective_date"], f"shipment {shipment['id']}"),
        )  # fmt: skip


def _worth(move: Record, sale: Sale) -> Money:
    line = next(one for one in sale.lines if move["origin"] == f"sale.line,{one['id']}")
    return money(Decimal(str(move["quantity"])) * line["unit_price"], sale.currency, "a stock move")


def is_released(shipment: Record) -> bool:
    """Tell whether stock is assigned to a shipment that has not left, or some of it."""
    return shipment["state"] in _RELEASED or bool(shipment["partially_assigned"])


def shipment_of(move: Record) -> str:
    return str(move["shipment"]).partition(",")[2]


def _release(order: str, shipment: Record) -> d.Release:
    state = shipment["state"]
    status = (
        "partly_released" if state == "waiting" and shipment["partially_assigned"] else _STATUS.get(state, "released")
    )
    return d.Release(id=str(shipment["id"]), version=version(shipment), order=order, status=status)


def _cancelled(order: str, shipment: Record) -> d.Release:
    return d.Release(id=str(shipment["id"]), version=version(shipment), order=order, status="cancelled")
