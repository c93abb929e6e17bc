"""A sales order of Odoo with what hangs on it: lines, stock moves, transfers; and ltc's documents made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.texts import money, name_of, pieces, ref, version_of
from ltc.adapters.odoo.wire import Odoo
from ltc.mapping import Mapping
from ltc.model import documents as d
from ltc.model.money import Money, round_minor
from ltc.ports.errors import BusinessRefusal, ContractBroken

ORDER = ("name", "state", "partner_id", "partner_invoice_id", "currency_id", "amount_untaxed", "amount_tax",
         "amount_total", "order_line", "picking_ids", "invoice_ids", "invoice_status", "payment_term_id",
         "fiscal_position_id", "origin", "write_date")  # fmt: skip
LINE = ("order_id", "name", "product_id", "product_uom_qty", "qty_delivered", "price_unit", "discount", "tax_ids",
        "price_subtotal", "price_tax", "price_total", "display_type", "write_date")  # fmt: skip
MOVE = ("sale_line_id", "picking_id", "product_id", "product_uom_qty", "quantity", "state", "origin_returned_move_id",
        "picking_code", "write_date")  # fmt: skip
PICKING = ("name", "state", "picking_type_code", "printed", "note", "date_done", "backorder_id", "return_id",
           "sale_id", "write_date")  # fmt: skip
_STATES = ("draft", "sent", "sale", "cancel")
_OPEN = ("draft", "waiting", "confirmed", "partially_available", "assigned")


@dataclass(frozen=True)
class Sale:
    """What was read of an order. Each part comes of a transaction of its own."""

    order: Record
    lines: list[Record]
    moves: list[Record]
    pickings: list[Record]

    @property
    def number(self) -> str:
        """The order's id as ltc holds it."""
        return str(self.order["id"])

    @property
    def currency(self) -> str:
        """The order's currency."""
        return name_of(self.order["currency_id"])

    @property
    def deliveries(self) -> list[Record]:
        """Transfers that left for the customer, in the order in which they left."""
        done = [one for one in self.pickings if one["state"] == "done" and one["picking_type_code"] == "outgoing"]
        return sorted(done, key=lambda one: (str(one["date_done"]), one["id"]))

    @property
    def releases(self) -> list[Record]:
        """Transfers to the customer that are still to leave, oldest first."""
        return [one for one in self.pickings if one["state"] in _OPEN and one["picking_type_code"] == "outgoing"]

    def moves_of(self, picking: int) -> list[Record]:
        """Return the moves of a transfer."""
        return [move for move in self.moves if ref(move["picking_id"]) == picking]

    def out(self, picking: int) -> int:
        """Return how many pieces of a delivery are out and have not come back."""
        own = {move["id"] for move in self.moves_of(picking)}
        gone = sum(pieces(move["quantity"]) for move in self.moves_of(picking) if move["state"] == "done")
        back = [move for move in self.moves if ref(move["origin_returned_move_id"]) in own and move["state"] == "done"]
        return gone - sum(pieces(move["quantity"]) for move in back)

    def quantity(self, kind: str, line: int = 0) -> int:
        """Return how many pieces are ``shipped``, ``returned`` or ``open``, of one line or of all."""
        mine = [move for move in self.moves if not line or ref(move["sale_line_id"]) == line]
        if kind == "open":
            going = [move for move in mine if move["state"] in _OPEN and move["picking_code"] == "outgoing"]
            return sum(pieces(move["product_uom_qty"]) for move in going)
        back = kind == "returned"
        code = "incoming" if back else "outgoing"
        done = [move for move in mine if move["state"] == "done" and move["picking_code"] == code]
        return sum(pieces(move["quantity"]) for move in done if bool(ref(move["origin_returned_move_id"])) is back)


async def sale_of(odoo: Odoo, number: str) -> Sale:
    """Read an order by its id as ltc holds it.

    Raises:
        BusinessRefusal: ``not_found``.
    """
    order = await odoo.one("sale.order", number, ORDER, "order")
    lines, moves, pickings = await asyncio.gather(
        lines_of(odoo, [order["id"]]),
        odoo.find("stock.move", [["sale_line_id.order_id", "=", order["id"]]], MOVE),
        odoo.find("stock.picking", [["sale_id", "=", order["id"]]], PICKING),
    )
    return Sale(order, lines, moves, pickings)


async def lines_of(odoo: Odoo, orders: Sequence[int]) -> list[Record]:
    """Read the product lines of orders, each with its product's code as ``code``."""
    rows = await odoo.find("sale.order.line", [["order_id", "in", list(orders)], ["display_type", "=", False]], LINE)
    return await with_codes(odoo, rows)


async def with_codes(odoo: Odoo, rows: list[Record]) -> list[Record]:
    """Add to rows of products the products' codes; one without a code goes by its id."""
    wanted = sorted({ref(row["product_id"]) for row in rows})
    found = await odoo.find(
        "product.product", [["id", "in", wanted], ["active", "in", [True, False]]],
        ("default_code", "active", "sale_ok"),
    ) if wanted else []  # fmt: skip
    products = {row["id"]: row for row in found}
    for row in rows:
        product = products.get(ref(row["product_id"]), {})
        row["code"] = str(product.get("default_code") or f"product.product,{ref(row['product_id'])}")
        row["sold"] = bool(product.get("active") and product.get("sale_ok"))
    return rows


def order_of(mapping: Mapping, sale: Sale) -> d.Order:
    """Make ltc's order of what was read."""
    by_line = [_line_status(sale, line) for line in sale.lines]
    ordered, shipped = sum(one.ordered for one in by_line), sum(one.shipped for one in by_line)
    returned = sale.quantity("returned")
    order: d.Order = mapping.document(
        "order", {**sale.order, "lines": sale.lines}, id=sale.number, ordered=ordered, shipped=shipped,
        returned=returned, cancelled=_cancelled(sale), status=_status(sale, ordered, shipped - returned),
        by_line=by_line, version=version_of([sale.order, *sale.lines, *sale.moves, *sale.pickings], _steps(sale)),
    )  # fmt: skip
    return order


def deliveries_of(mapping: Mapping, sale: Sale) -> list[d.Delivery]:
    """Make ltc's deliveries of what left; the parts of a line add up to the line, to the cent."""
    before: dict[int, int] = {}
    made = []
    for picking in sale.deliveries:
        moved: dict[int, int] = {}
        for move in sale.moves_of(picking["id"]):
            if move["state"] == "done" and not ref(move["origin_returned_move_id"]):
                moved[ref(move["sale_line_id"])] = moved.get(ref(move["sale_line_id"]), 0) + pieces(move["quantity"])
        lines = [line for line in sale.lines if moved.get(line["id"])]
        net = sum(_share(sale, line, "price_subtotal", before.get(line["id"], 0), moved[line["id"]]) for line in lines)
        gross = sum(_share(sale, line, "price_total", before.get(line["id"], 0), moved[line["id"]]) for line in lines)
        for line in lines:
            before[line["id"]] = before.get(line["id"], 0) + moved[line["id"]]
        parts = [
            d.DeliveryLine(line=str(line["id"]), product=line["code"], quantity=moved[line["id"]]) for line in lines
        ]
        made.append(
            mapping.document(
                "delivery", picking, id=str(picking["id"]), order=sale.number, lines=parts,
                net=Money(minor=net, currency=sale.currency), gross=Money(minor=gross, currency=sale.currency),
                version=version_of([picking]),
            )
        )  # fmt: skip
    return made


def release_of(sale: Sale, picking: Record) -> d.Release:
    """Make ltc's release of a transfer: it counts as released when it is printed for the warehouse."""
    status = {"done": "shipped", "cancel": "cancelled"}.get(
        picking["state"], "open" if picking["printed"] else "cancelled"
    )
    version = version_of([picking], ("open", "cancelled", "shipped").index(status))
    return d.Release(id=str(picking["id"]), order=sale.number, status=status, version=version)


def refuse_shipped(sale: Sale) -> None:
    """Refuse when goods are out and have not come back."""
    out = sum(sale.out(picking["id"]) for picking in sale.deliveries)
    if out:
        raise BusinessRefusal("already_shipped", f"odoo: {sale.order['name']}: {out} pieces are out", sale.number)


def _shipped(sale: Sale, line: Record) -> int:
    """What left of a line; a service has no stock moves and is delivered when somebody says so."""
    if any(ref(move["sale_line_id"]) == line["id"] for move in sale.moves):
        return sale.quantity("shipped", line["id"])
    return pieces(line["qty_delivered"])


def _line_status(sale: Sale, line: Record) -> d.LineStatus:
    """How far a line is.

    What will not come is cancelled: of a cancelled order the rest, of a confirmed one what no open transfer holds.
    """
    ordered, shipped, cancelled = pieces(line["product_uom_qty"]), _shipped(sale, line), 0
    moved = any(ref(move["sale_line_id"]) == line["id"] for move in sale.moves)
    if sale.order["state"] == "cancel":
        cancelled = max(0, ordered - shipped)
    elif sale.order["state"] == "sale" and moved:
        cancelled = max(0, ordered - shipped - sale.quantity("open", line["id"]))
    return d.LineStatus(line=str(line["id"]), ordered=ordered, shipped=shipped, cancelled=cancelled)


def _cancelled(sale: Sale) -> int:
    return sum(_line_status(sale, line).cancelled for line in sale.lines)


def _status(sale: Sale, ordered: int, out: int) -> str:
    state = sale.order["state"]
    if state != "sale":
        return {"draft": "draft", "sent": "draft", "cancel": "cancelled"}.get(state, str(state))
    if out:
        return "shipped" if out >= ordered - _cancelled(sale) else "partly_shipped"
    if sale.quantity("returned"):
        return "returned"
    return "released" if any(one["printed"] for one in sale.releases) else "confirmed"


def _steps(sale: Sale) -> int:
    """How far an order is, as a number that rises within a second: cancelled moves stay, new lines have new ids."""
    closed = [move for move in sale.moves if move["state"] in ("done", "cancel")]
    printed = [picking for picking in sale.pickings if picking["printed"]]
    newest = max((line["id"] for line in sale.lines), default=0) % 1000
    state = sale.order["state"]
    if state not in _STATES:
        raise ContractBroken(f"odoo: {sale.order['name']} has the unknown state {state!r}", str(sale.order))
    return newest + _STATES.index(state) + len(printed) + 10 * (len(sale.moves) + len(closed))


def _share(sale: Sale, line: Record, field: str, before: int, moved: int) -> int:
    whole, ordered = money(line[field], sale.currency).minor, max(1, pieces(line["product_uom_qty"]))

    def up_to(count: int) -> int:
        return round_minor(Decimal(whole * count) / ordered)

    return up_to(before + moved) - up_to(before)
