"""The books of Tryton, read through its own API: the evidence that the checks go by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from starter.books import Books, Effect, grouped
from starter.real.rpc import Row, TrytonRpc, number_in

_SALE = ("reference", "state", "untaxed_amount", "total_amount", "origin", "create_date", "shipments")
_LINE = ("sale", "quantity", "unit_price", "moves_ignored")
_MOVE = (
    "state", "quantity", "origin", "shipment", "product.code", "from_location.type", "to_location.type",
    "from_location.code", "create_date",
)  # fmt: skip
_INVOICE = (
    "number", "state", "total_amount", "amount_to_pay", "sales", "shipments", "origin_invoices", "payment_lines",
    "create_date", "reconciliation_lines",
)  # fmt: skip
_TABLES = ("orders", "order_lines", "deliveries", "invoices", "payments", "credit_notes", "returns", "products")
_TOTALS = (("ordered", "quantity"), ("shipped", "shipped"), ("cancelled", "cancelled"))


class TrytonBooks:
    """Reads Tryton's records and sets them side by side: orders, moves of goods, invoices, money."""

    def __init__(self, rpc: TrytonRpc, keys: Mapping[str, str]) -> None:
        self._rpc = rpc
        self._keys = keys  # the chain of each key that an order may carry
        self.books = Books()

    async def read(self) -> Books:
        """Read everything."""
        self._sales = await self._rpc.find("sale.sale", [], _SALE)
        self._lines = await self._rpc.find("sale.line", [["type", "=", "line"]], _LINE)
        self._moves = await self._rpc.find("stock.move", [["state", "=", "done"]], _MOVE)
        self._given_up = {row["id"]: row["quantity"] for row in await self._rpc.find(
            "stock.move", [["state", "=", "cancelled"]], ["quantity"])}  # fmt: skip
        self._invoices = await self._rpc.find(
            "account.invoice", [["type", "=", "out"], ["number", "!=", None]], _INVOICE
        )
        self._orders = {row["id"]: row for row in self._sales if row["reference"] in self._keys}
        self._of_line = {row["id"]: row["sale"] for row in self._lines}
        self._price = {row["id"]: row["unit_price"] for row in self._lines}
        self.books.tables = {name: [] for name in _TABLES}
        self._goods()
        self._order_rows()
        await self._bills()
        await self._stock()
        return self.books

    def _goods(self) -> None:
        """Deliveries and returns, from the moves to and from customers."""
        back_of = {
            row["id"]: number_in(row["origin"]) for row in self._sales if str(row["origin"]).startswith("sale.sale,")
        }
        out: dict[tuple[int, str], list[Row]] = defaultdict(list)
        self._back: Counter[int] = Counter()
        for move in self._moves:
            sale = self._of_line.get(_line_of(move), 0)
            if move["to_location."]["type"] == "customer" and sale in self._orders:
                out[sale, str(move["shipment"])].append(move)
            elif move["from_location."]["type"] == "customer" and back_of.get(sale) in self._orders:
                self._back[back_of[sale] or 0] += int(move["quantity"])
        for order, pieces in self._back.items():
            self.books.tables["returns"].append({"id": f"{order}/returned", "order_id": str(order), "quantity": pieces})
        for (sale, shipment), moves in out.items():
            number = shipment.partition(",")[2]
            lines = [self._piece(move) for move in moves]
            back = "returned" if self._back[sale] else None
            gross = sum(self._worth(line, part) for line, part in grouped(lines, "line").items())
            row = {"id": number, "order_id": str(sale), "lines": lines, "gross": gross, "return_id": back}
            self.books.tables["deliveries"].append(row)

    def _worth(self, line: str, pieces: list[Row]) -> int:
        """What Tryton bills for the pieces of one line in one parcel: rounded half-even, once per line."""
        exact = sum(piece["quantity"] for piece in pieces) * self._price[int(line)]
        return int((exact * 100).to_integral_value(ROUND_HALF_EVEN))

    @staticmethod
    def _piece(move: Row) -> Row:
        line = str(_line_of(move))
        return {"line": line, "product": move["product."]["code"], "quantity": int(move["quantity"])}

    def _order_rows(self) -> None:
        shipped: Counter[int] = Counter()
        for move in self._moves:
            if move["to_location."]["type"] == "customer":
                shipped[_line_of(move)] += int(move["quantity"])
        of_sale: dict[int, list[Row]] = defaultdict(list)
        for line in self._lines:
            of_sale[line["sale"]].append(line)
        for sale in self._orders.values():
            rows = [self._line_row(sale, line, shipped[line["id"]]) for line in of_sale[sale["id"]]]
            self.books.tables["order_lines"] += rows
            totals = {name: sum(row[part] for row in rows) for name, part in _TOTALS}
            given_up = totals["ordered"] and totals["ordered"] == totals["cancelled"]
            state = "cancelled" if given_up else sale["state"]
            self.books.tables["orders"].append({
                "id": str(sale["id"]), "chain": self._keys[sale["reference"]], "state": state, **totals,
                "returned": self._back[sale["id"]], "net": _minor(sale["untaxed_amount"]),
                "gross": _minor(sale["total_amount"]), "rounding": self._rounding(sale["id"]),
            })  # fmt: skip
            self._effects_of(sale, state)

    def _rounding(self, sale: int) -> int:
        """How far the invoices of parcels may be from the order in all: half a minor unit per line of each parcel."""
        parcels = [row["lines"] for row in self.books.tables["deliveries"] if row["order_id"] == str(sale)]
        return sum(len(grouped(lines, "line")) for lines in parcels) if len(parcels) > 1 else 0

    def _line_row(self, sale: Row, line: Row, shipped: int) -> Row:
        given_up = sum(self._given_up.get(number, 0) for number in line["moves_ignored"] or ())
        cancelled = line["quantity"] if sale["state"] == "cancelled" else given_up
        return {
            "order_id": str(sale["id"]), "line": str(line["id"]), "quantity": int(line["quantity"]), "shipped": shipped,
            "cancelled": int(cancelled),
        }  # fmt: skip

    def _effects_of(self, sale: Row, state: str) -> None:
        chain = self._keys[sale["reference"]]
        made = self._effect("erp.create_order", str(sale["id"]), sale["create_date"], chain, key=sale["reference"])
        if state == "cancelled":
            self._effect("erp.cancel_order", str(sale["id"]), sale["create_date"], chain, undo_of=made.seq)
        firsts = [m["create_date"] for m in self._moves if self._of_line.get(_line_of(m)) == sale["id"]]
        if firsts:
            self._effect("erp.confirm_order", str(sale["id"]), min(firsts, key=_at), chain)

    def _effect(self, operation: str, document: str, at: Any, chain: str = "", *, key: str = "", parent: str = "",
                quantity: int = 0, undo_of: int | None = None) -> Effect:  # fmt: skip
        made = Effect("erp", len(self.books.effects) + 1, _at(at), operation, document, key, chain, parent,
                      quantity=quantity, undo_of=undo_of)  # fmt: skip
        self.books.effects.append(made)
        return made

    async def _bills(self) -> None:
        """Invoices with what Tryton says is open on them, and the money and credit notes that ought to explain it."""
        money = await self._money()
        bills = [row for row in self._invoices if row["total_amount"] > 0 and set(row["sales"]) & set(self._orders)]
        credits = {
            number: row for row in self._invoices if row["total_amount"] < 0 for number in row["origin_invoices"]
        }
        for bill in bills:
            sale = next(number for number in bill["sales"] if number in self._orders)
            chain = self._keys[self._orders[sale]["reference"]]
            delivery = str(bill["shipments"][0]) if bill["shipments"] else ""
            made = self._effect("erp.post_invoice", str(bill["id"]), bill["create_date"], chain, parent=delivery)
            note = credits.get(bill["id"])
            if note is not None:
                self._effect("erp.credit_note", str(note["id"]), note["create_date"], chain, undo_of=made.seq)
                amount = -_minor(note["total_amount"])
                self.books.tables["credit_notes"].append({"invoice": str(bill["id"]), "amount": amount})
            credited = _minor(bill["total_amount"]) if bill["state"] == "cancelled" else 0
            open_ = 0 if credited else _minor(bill["amount_to_pay"])
            self.books.tables["payments"] += [{"invoice": str(bill["id"]), "amount": one} for one in money[bill["id"]]]
            gross = _minor(bill["total_amount"])
            self.books.tables["invoices"].append({
                "id": str(bill["id"]), "order_id": str(sale), "delivery": delivery, "gross": gross,
                "paid": gross - credited - open_, "credited": credited, "written_off": 0,
                "credit_note": str(note["id"]) if note else "",
            })  # fmt: skip

    async def _money(self) -> dict[int, list[int]]:
        """What came in for each invoice: the account moves that its payments made, and those that took them back."""
        numbers = [number for row in self._invoices for number in row["payment_lines"] or ()]
        lines = await self._rpc.find("account.move.line", [["id", "in", numbers]], ["credit", "debit", "move"])
        amount = {row["id"]: _minor(row["credit"] - row["debit"]) for row in lines}
        # A credited invoice is settled by its credit note; Tryton cancels it, and its lines are no payments.
        return {
            row["id"]: [] if row["state"] == "cancelled" else [amount[number] for number in row["payment_lines"] or ()]
            for row in self._invoices
        }

    async def _stock(self) -> None:
        """What Tryton says is there, and the moves from outside that brought it in."""
        places = await self._rpc.find("stock.location", [["type", "=", "storage"], ["code", "!=", None]], ["code"])
        about = {"locations": [row["id"] for row in places]}
        method = "model.product.product.search_read"
        rows = await self._rpc.call(method, [], 0, None, None, ["code", "quantity"], context=about)
        for row in rows:
            self.books.tables["products"].append({"id": row["code"], "stock": int(row["quantity"])})
        for move in self._moves:
            source = move["from_location."]["type"]
            if source in ("lost_found", "supplier") and move["to_location."]["type"] == "storage":
                what = "erp.setup" if source == "lost_found" else "warehouse.replenish"
                self._effect(what, move["product."]["code"], move["create_date"], quantity=int(move["quantity"]))


def _line_of(move: Row) -> int:
    """Return the order line a move is for; 0 for what an inventory moved, whose origins have numbers of their own."""
    origin = str(move["origin"] or "")
    return number_in(origin) if origin.startswith("sale.line,") else 0


def _minor(amount: Decimal | None) -> int:
    return int(((amount or Decimal(0)) * 100).to_integral_value())


def _at(parts: Row) -> datetime:
    day = datetime(parts["year"], parts["month"], parts["day"], parts["hour"], parts["minute"], tzinfo=UTC)
    return day.replace(second=parts["second"], microsecond=parts["microsecond"])
