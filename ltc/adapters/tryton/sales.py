"""Sales as Tryton holds them, read as ltc's orders: quantities from the stock moves, tax spread over the lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ltc.adapters.tryton.base import inner, money, text, version, whole
from ltc.adapters.tryton.rpc import Record, Rpc
from ltc.mapping import Mapping
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports.errors import ContractBroken

SALE = (
    "state", "party.code", "currency.code", "untaxed_amount", "tax_amount", "total_amount", "reference",
    "invoice_state", "shipment_state", "invoice_method", "shipments", "invoices", "_timestamp",
)  # fmt: skip
LINE = (
    "product", "product.code", "unit", "description", "quantity", "unit_price", "amount", "moves_ignored", "_timestamp",
)  # fmt: skip
MOVE = (
    "state", "quantity", "origin", "shipment", "to_location.type", "from_location.type", "effective_date",
    "product.code", "unit_price", "_timestamp", "write_date",
)  # fmt: skip
OPEN = ("draft", "quotation")


@dataclass(frozen=True)
class Sale:
    """One sale with its lines, the moves to the customer and those that brought goods back."""

    record: Record
    lines: list[Record]
    moves: list[Record]
    back: list[Record]
    mapping: Mapping

    @property
    def id(self) -> str:
        """The sale's id."""
        return str(self.record["id"])

    @property
    def currency(self) -> str:
        """The sale's currency, ISO 4217."""
        return text(self.record, "currency.code", f"sale {self.id}")

    @property
    def returned(self) -> int:
        """Pieces that came back."""
        return sum(whole(move["quantity"], "a stock move") for move in self.back)

    def ordered(self) -> int:
        """Pieces ordered."""
        return sum(whole(line["quantity"], f"sale {self.id}") for line in self.lines)

    def out(self, line: Record | None = None) -> int:
        """Pieces that went to the customer: of one line, or of all."""
        return sum(whole(move["quantity"], "a stock move") for move in self.gone(line))

    def gone(self, line: Record | None = None) -> list[Record]:
        """The moves that brought goods to the customer."""
        done = [
            move for move in self.moves if move["state"] == "done" and inner(move, "to_location.type") == "customer"
        ]
        return done if line is None else [move for move in done if move["origin"] == f"sale.line,{line['id']}"]

    def cancelled(self) -> int:
        """Pieces that will never be shipped: given up by a person, or the order's rest when it ended."""
        if self.record["state"] == "cancelled":
            return self.ordered()
        given_up = sum(self._given_up(line) for line in self.lines)
        return max(0, min(given_up, self.ordered() - self.out()))

    def _given_up(self, line: Record) -> int:
        ignored = set(line["moves_ignored"] or ())
        return sum(whole(move["quantity"], "a stock move") for move in self.moves if move["id"] in ignored)

    def by_line(self) -> list[d.LineStatus]:
        """How far each line is; one that an amendment brought down to nothing shows only if something of it is out."""
        made = []
        for line in self.lines:
            ordered, shipped = whole(line["quantity"], f"sale {self.id}"), self.out(line)
            given_up = ordered if self.record["state"] == "cancelled" else self._given_up(line)
            if ordered or shipped:
                left = max(0, min(given_up, ordered - shipped))
                made.append(d.LineStatus(line=str(line["id"]), ordered=ordered, shipped=shipped, cancelled=left))
        return made

    def status(self) -> str:
        """The order's status: draft, confirmed, shipped or cancelled."""
        state = self.record["state"]
        if state in OPEN:
            return "draft"
        if state == "cancelled" or (self.ordered() and self.cancelled() == self.ordered()):
            return "cancelled"
        return "shipped" if self.out() and self.out() >= self.ordered() - self.cancelled() else "confirmed"

    def order(self) -> d.Order:
        """The sale as ltc's order."""
        fields = {"party_code": inner(self.record, "party.code"), "currency_code": self.currency}
        order: d.Order = self.mapping.document(
            "order", {**self.record, **fields},
            id=self.id, version=version(self.record, *self.lines, *self.moves, *self.back), lines=[],
            status=self.status(), ordered=self.ordered(), shipped=self.out(), returned=self.returned,
            cancelled=self.cancelled(), by_line=self.by_line(),
        )  # fmt: skip
        return order.model_copy(update={"lines": self._lines(order.tax)})

    def _lines(self, tax: Money) -> list[d.Line]:
        wanted = [line for line in self.lines if line["quantity"]]
        nets = [money(line["amount"], self.currency, f"sale {self.id}") for line in wanted]
        taxes = spread(tax.minor, [one.minor for one in nets])
        return [self._line(*one) for one in zip(wanted, nets, taxes, strict=True)]

    def _line(self, line: Record, net: Money, tax: int) -> d.Line:
        due = Money(minor=tax, currency=self.currency)
        return d.Line(
            id=str(line["id"]), product=text(line, "product.code", f"line {line['id']} of sale {self.id}"),
            quantity=whole(line["quantity"], f"sale {self.id}"),
            unit_price=money(line["unit_price"], self.currency, f"sale {self.id}"), net=net, tax=due, gross=net + due,
        )  # fmt: skip


def spread(total: int, shares: list[int]) -> list[int]:
    """Divide minor units in proportion to shares, to the last unit (largest remainders first, then the first line).

    Tryton reckons tax for the whole document; a line's tax is its part of it.
    """
    weight = sum(shares)
    if not weight:
        return [total, *[0] * (len(shares) - 1)][: len(shares)]
    exact = [Decimal(total) * share / weight for share in shares]
    parts = [int(one) for one in exact]
    missing = total - sum(parts)
    step = 1 if missing > 0 else -1
    order = sorted(range(len(shares)), key=lambda place: (-abs(exact[place] - parts[place]), place))
    for place in order[: abs(missing)]:
        parts[place] += step
    return parts


async def read_sale(rpc: Rpc, record: Record) -> Sale:
    """Read what belongs to a sale."""
    number = record["id"]
    lines = await rpc.find("sale.line", [["sale", "=", number], ["type", "=", "line"]], LINE)
    if any(not inner(line, "product.code") for line in lines):
        raise ContractBroken(f"tryton: sale {number} has a line without a product with a code", str(lines))
    moves = await rpc.find("stock.move", [["origin.sale", "=", number, "sale.line"]], MOVE)
    returns = await rpc.find("sale.sale", [["origin", "=", f"sale.sale,{number}"]], ["id"])
    back = [
        move
        for one in returns
        for move in await rpc.find("stock.move", [["origin.sale", "=", one["id"], "sale.line"]], MOVE)
        if move["state"] == "done" and inner(move, "from_location.type") == "customer"
    ]
    return Sale(record, lines, moves, back, rpc.mapping)
