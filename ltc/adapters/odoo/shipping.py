"""Deliveries of Odoo: release to the warehouse, goods issue with its backorder wizard, goods returns."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ltc.adapters.odoo.base import OdooSystem
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.sale import PICKING, Sale, deliveries_of, order_of, refuse_shipped, release_of, sale_of
from ltc.adapters.odoo.texts import keys_of, only, pieces, ref, tagged, version_of
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken

_KEY = "note"  # the transfer's internal note carries the effect key
_BACKORDER = "stock.backorder.confirmation"
_RETURN = "stock.return.picking"


class Shipping(OdooSystem):
    """What the port Erp says of deliveries."""

    async def release_delivery(self, request: op.OrderId, key: str) -> d.Release:
        """Reserve what is there and mark the transfer as printed: the warehouse has it.

        Refused: ``not_confirmed``, ``nothing_open``.
        """
        sale = await sale_of(self.odoo, request.order)
        if sale.order["state"] != "sale":
            text = f"odoo: {sale.order['name']} is {sale.order['state']}, not confirmed"
            raise BusinessRefusal("not_confirmed", text, request.order)
        if not sale.releases:
            raise BusinessRefusal("nothing_open", f"odoo: nothing of {sale.order['name']} is to leave", request.order)
        picking = sale.releases[0]
        if not picking["printed"]:
            await self.odoo.tell("stock.picking", "action_assign", [picking["id"]])
            await self.odoo.tell("stock.picking", "write", [picking["id"]], vals={"printed": True})
        return await self._released(str(picking["id"]))

    async def probe_release_delivery(self, request: op.OrderId, key: str) -> d.Release | None:
        """Tell by the mark on an open transfer, or on one that left since."""
        sale = await sale_of(self.odoo, request.order)
        marked = [one for one in (*sale.releases, *reversed(sale.deliveries)) if one["printed"]]
        return release_of(sale, marked[0]) if marked else None

    async def cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release:
        """Take a release back: unreserve and take the mark off; the transfer stays and can be released again.

        Refused: ``already_shipped``.
        """
        sale, picking = await self._of(request.delivery)
        refuse_shipped(sale)
        if picking["printed"] and picking["state"] not in ("done", "cancel"):
            await self.odoo.tell("stock.picking", "do_unreserve", [picking["id"]])
            await self.odoo.tell("stock.picking", "write", [picking["id"]], vals={"printed": False})
        return await self._released(str(picking["id"]))

    async def probe_cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release | None:
        """Tell by the mark: a transfer that is not printed, or cancelled, is not released."""
        sale, picking = await self._of(request.delivery)
        release = release_of(sale, picking)
        return release if release.status == "cancelled" else None

    async def ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery:
        """Ship what is reserved of a release, or given lines of it; the rest becomes a backorder, released with it.

        Refused: ``not_released``, ``out_of_stock``, ``unknown_line``.
        """
        sale, first = await self._of(request.delivery)
        mine = [one for one in sale.releases if key in keys_of(one[_KEY])]
        picking = mine[0] if mine else self._to_ship(sale, first)
        await self.odoo.tell("stock.picking", "action_assign", [picking["id"]])
        sale = await sale_of(self.odoo, sale.number)
        rows = [
            [1, number, {"quantity": quantity, "picked": quantity > 0}]
            for number, quantity in self._load(sale, picking["id"], request.lines).items()
        ]
        vals = {"move_ids": rows, _KEY: _noted(picking[_KEY], key)}
        await self.odoo.tell("stock.picking", "write", [picking["id"]], vals=vals)
        await self._validate(picking["id"])
        sale = await sale_of(self.odoo, sale.number)
        return self._delivery(sale, picking["id"])

    async def probe_ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery | None:
        """Look for the key in notes, then through the order's transfers; only one that is done has left."""
        sale, _ = await self._of(request.delivery)
        listing = [["sale_id", "=", sale.order["id"]]]
        found = await self.by_key("stock.picking", _KEY, key, listing, ["state", "picking_type_code"])
        done = only([one for one in found if one["state"] == "done"], "erp.ship_delivery", key)
        return self._delivery(sale, done["id"]) if done else None

    async def watch_shipments(self, request: op.OrderId) -> op.ShipmentStatus:
        """Read an order and everything that left for it."""
        sale = await sale_of(self.odoo, request.order)
        return op.ShipmentStatus(order=order_of(self.map, sale), deliveries=deliveries_of(self.map, sale))

    async def receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn:
        """Take back everything that is out: a return transfer for each delivery, made by Odoo's wizard and validated.

        A return transfer that is open already (an earlier attempt's, or a person's) is taken, not made again.
        Refused: ``nothing_shipped``.
        """
        sale = await sale_of(self.odoo, request.order)
        out = [one for one in sale.deliveries if sale.out(one["id"])]
        if not out and not self._returns(sale, key):
            raise BusinessRefusal("nothing_shipped", f"odoo: nothing of {sale.order['name']} is out", request.order)
        for picking in out:
            await self._take_back(sale, picking, key)
        sale = await sale_of(self.odoo, request.order)
        return self._came_back(sale, self._returns(sale, key))

    async def probe_receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn | None:
        """Look for done returns that carry the key; it is complete when nothing that left before them is out."""
        sale = await sale_of(self.odoo, request.order)
        back = self._returns(sale, key)
        if not back:
            return None
        first = min(str(one["date_done"]) for one in back)
        left = [one for one in sale.deliveries if str(one["date_done"]) <= first and sale.out(one["id"])]
        return None if left else self._came_back(sale, back)

    async def _of(self, number: str) -> tuple[Sale, Record]:
        picking = await self.odoo.one("stock.picking", number, PICKING, "delivery")
        if not ref(picking["sale_id"]):
            raise BusinessRefusal("not_found", f"odoo: transfer {picking['name']} is of no order", number)
        return await sale_of(self.odoo, str(ref(picking["sale_id"]))), picking

    async def _released(self, number: str) -> d.Release:
        sale, picking = await self._of(number)
        return release_of(sale, picking)

    def _to_ship(self, sale: Sale, first: Record) -> Record:
        """Return the open transfer of a release: itself, or the backorder that is left of it."""
        chain = [first["id"]]
        for one in sale.pickings:  # by id: a backorder comes after what it is the rest of
            if ref(one["backorder_id"]) in chain:
                chain.append(one["id"])
        going = [one for one in sale.releases if one["id"] in chain and (one["printed"] or one["id"] != first["id"])]
        if not going:
            raise BusinessRefusal("not_released", f"odoo: nothing of {first['name']} is released", str(first["id"]))
        return going[0]

    def _load(self, sale: Sale, picking: int, lines: Sequence[d.DeliveryLine]) -> dict[int, int]:
        """Return how much of each move leaves: what is reserved, or what is asked of it."""
        moves = [one for one in sale.moves_of(picking) if one["state"] not in ("done", "cancel")]
        there = {move["id"]: pieces(move["quantity"]) for move in moves}
        load = dict.fromkeys(there, 0) if lines else there
        for line in lines:
            mine = [move for move in moves if str(ref(move["sale_line_id"])) == line.line]
            if not mine:
                raise BusinessRefusal("unknown_line", f"odoo: the release holds no line {line.line}", line.line)
            load[mine[0]["id"]] += line.quantity
        short = [number for number, quantity in load.items() if quantity > there[number]]
        if short or not any(load.values()):
            raise BusinessRefusal(
                "out_of_stock", f"odoo: not enough is reserved for {sale.order['name']}", str(picking)
            )
        return load

    async def _validate(self, picking: int) -> None:
        """Validate a transfer; where Odoo asks about the rest, answer: backorder. Its end state is what counts."""
        said = await self.odoo.tell("stock.picking", "button_validate", [picking])
        if isinstance(said, dict) and said.get("res_model") == _BACKORDER:
            within: dict[str, Any] = dict(said.get("context") or {})
            wizard = await self.odoo.create(_BACKORDER, {"pick_ids": [[4, picking, 0]]}, within)
            await self.odoo.tell(
                _BACKORDER, "process", [wizard], within={**within, "button_validate_picking_ids": [picking]}
            )
        elif isinstance(said, dict):
            raise ContractBroken(f"odoo: transfer {picking} asks something else: {said.get('res_model')}", str(said))
        (row,) = await self.odoo.read("stock.picking", [picking], ("state",)) or [{"state": "gone"}]
        if row["state"] != "done":
            raise ContractBroken(f"odoo: transfer {picking} was validated and is {row['state']}")

    def _delivery(self, sale: Sale, picking: int) -> d.Delivery:
        found = [one for one in deliveries_of(self.map, sale) if one.id == str(picking)]
        if not found:
            raise ContractBroken(f"odoo: transfer {picking} is done and {sale.order['name']} knows no such delivery")
        return found[0]

    async def _take_back(self, sale: Sale, picking: Record, key: str) -> None:
        opened = [
            one["id"] for one in sale.pickings
            if ref(one["return_id"]) == picking["id"] and one["state"] not in ("done", "cancel")
        ]  # fmt: skip
        number = opened[0] if opened else await self._new_return(picking["id"])
        moves = await self.odoo.find(
            "stock.move", [["picking_id", "=", number], ["state", "!=", "cancel"]], ("product_uom_qty",)
        )
        rows = [[1, move["id"], {"quantity": move["product_uom_qty"], "picked": True}] for move in moves]
        (row,) = await self.odoo.read("stock.picking", [number], (_KEY,)) or [{_KEY: ""}]
        vals = {"move_ids": rows, _KEY: _noted(row[_KEY], key)}
        await self.odoo.tell("stock.picking", "write", [number], vals=vals)
        await self._validate(number)

    async def _new_return(self, picking: int) -> int:
        within = {"active_model": "stock.picking", "active_id": picking, "active_ids": [picking]}
        wizard = await self.odoo.create(_RETURN, {"picking_id": picking}, within)
        said = await self.odoo.tell(_RETURN, "action_create_returns_all", [wizard], within=within)
        if not isinstance(said, dict) or not isinstance(said.get("res_id"), int):
            raise ContractBroken("odoo: the return wizard made no transfer", str(said))
        return int(said["res_id"])

    @staticmethod
    def _returns(sale: Sale, key: str) -> list[Record]:
        done = [one for one in sale.pickings if one["state"] == "done" and one["picking_type_code"] == "incoming"]
        return [one for one in done if key in keys_of(one[_KEY])]

    @staticmethod
    def _came_back(sale: Sale, returns: list[Record]) -> d.GoodsReturn:
        quantity = sum(pieces(move["quantity"]) for one in returns for move in sale.moves_of(one["id"]))
        last = returns[-1]
        return d.GoodsReturn(
            id=str(last["id"]), delivery=str(ref(last["return_id"])), quantity=quantity, version=version_of([last])
        )


def _noted(note: Any, key: str) -> str:
    """Add a key to a note (HTML)."""
    before = note if isinstance(note, str) else ""
    return before if key in keys_of(before) else f"{before}<p>{escape(tagged(key, 'ltc'))}</p>"
