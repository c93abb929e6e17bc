"""Invoices as Tryton's books hold them, read as ltc's documents: what came in, what was credited, what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ltc.adapters.tryton.base import inner, instant, money, text, version
from ltc.adapters.tryton.rpc import Record, Rpc
from ltc.mapping import Mapping, MappingError
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports.errors import ContractBroken

INVOICE = (
    "state", "type", "currency.code", "untaxed_amount", "tax_amount", "total_amount", "account", "sales", "move",
    "lines_to_pay", "payment_lines", "reconciliation_lines", "invoice_date", "reference", "number", "_timestamp",
)  # fmt: skip
_LINE = (
    "debit", "credit", "amount_second_currency", "second_currency.code", "account", "move", "move.origin", "move.date",
    "move.description", "move.journal.type", "maturity_date", "reconciliation", "_timestamp",
)  # fmt: skip
_MOVE = ("origin", "description", "date", "state", "lines", "journal.type", "_timestamp")
_WRITE_OFF = "write-off"


@dataclass(frozen=True)
class Payment:
    """One payment of an invoice: the account move behind it."""

    move: Record
    amount: Money
    reversed_by: Record | None = None


@dataclass(frozen=True)
class Bill:
    """One invoice with all that settles it."""

    record: Record
    due: list[Record]
    payments: list[Payment]
    credits: list[Record]
    given_up: Money
    delivery: str
    mapping: Mapping

    @property
    def id(self) -> str:
        """The invoice's id."""
        return str(self.record["id"])

    @property
    def currency(self) -> str:
        """The invoice's currency, ISO 4217."""
        return text(self.record, "currency.code", f"invoice {self.id}")

    def standing(self) -> list[Payment]:
        """The payments that were not reversed."""
        return [one for one in self.payments if one.reversed_by is None]

    def invoice(self) -> d.Invoice:
        """The invoice as ltc's document."""
        where, currency = f"invoice {self.id}", self.currency
        sales = self.record["sales"] or []
        if len(sales) != 1:
            raise ContractBroken(f"tryton: {where} is not for one sale", f"sales {sales}")
        totals = self._read_totals(currency)
        gross = totals["gross"]
        nothing = Money(minor=0, currency=currency)
        paid = sum((one.amount for one in self.standing()), nothing)
        credited = nothing - sum((money(one["total_amount"], currency, where) for one in self.credits), nothing)
        left = gross - paid - credited - self.given_up
        return d.Invoice(
            id=self.id, version=version(self.record, *self.due, *(one.move for one in self.payments), *self.credits),
            order=str(sales[0]), delivery=self.delivery, paid=paid, credited=credited, **totals,
            written_off=self.given_up, open=left, settled=left.minor <= 0, due_date=self._due_date(where),
        )  # fmt: skip

    def _read_totals(self, currency: str) -> dict[str, Money]:
        fields = {**self.record, "currency_code": currency}
        try:
            return {name: Money(**value) for name, value in self.mapping.read("invoice", fields).items()}
        except MappingError as error:
            raise ContractBroken(f"tryton: invoice {self.id}: {error}", str(self.record)) from None

    def _due_date(self, where: str) -> object:
        dates = [one["maturity_date"] for one in self.due if one["maturity_date"]]
        return instant(max(dates) if dates else self.record["invoice_date"], f"{where}: due date")

    def payment(self, one: Payment) -> d.Payment:
        """A payment as ltc's document."""
        return d.Payment(
            id=str(one.move["id"]), version=version(one.move, one.reversed_by or {}), invoice=self.id,
            amount=one.amount, received_at=instant(one.move["date"], f"payment {one.move['id']}"),
        )  # fmt: skip


async def read_bill(rpc: Rpc, record: Record) -> Bill:
    """Read what belongs to an invoice."""
    numbers = [*record["lines_to_pay"], *record["payment_lines"], *record["reconciliation_lines"]]
    lines = {one["id"]: one for one in await rpc.find("account.move.line", [["id", "in", numbers]], _LINE)}
    currency = text(record, "currency.code", f"invoice {record['id']}")
    settling = [lines[number] for number in lines if number not in record["lines_to_pay"]]
    domain = [["lines.origin.invoice", "=", record["id"], "account.invoice.line"], ["state", "in", ["posted", "paid"]]]
    credits = await rpc.find("account.invoice", domain, ["total_amount", "move", "_timestamp"])
    given_up = [one for one in settling if inner(one, "move.journal.type") == _WRITE_OFF]
    return Bill(
        record, [lines[number] for number in record["lines_to_pay"]],
        await _payments(rpc, record, settling, {one["move"] for one in credits}, currency), credits,
        sum((_amount(one, currency) for one in given_up), Money(minor=0, currency=currency)),
        await _delivery_of(rpc, record), rpc.mapping,
    )  # fmt: skip


async def _payments(
    rpc: Rpc, record: Record, settling: Sequence[Record], credits: set[int], currency: str
) -> list[Payment]:
    """Payments entered on the invoice, reversed ones too, and what accountants reconciled with it otherwise."""
    entered = await rpc.find("account.move", [["origin", "=", f"account.invoice,{record['id']}"]], _MOVE)
    others = {one["move"] for one in settling if inner(one, "move.journal.type") != _WRITE_OFF} - credits
    found = {one["id"]: one for one in entered if one["id"] != record["move"]}
    foreign = sorted(others - set(found) - {record["move"]})
    found.update({one["id"]: one for one in await rpc.find("account.move", [["id", "in", foreign]], _MOVE)})
    numbers = [number for move in found.values() for number in move["lines"]]
    lines = await rpc.find("account.move.line", [["id", "in", numbers], ["account", "=", record["account"]]], _LINE)
    undone = {one["origin"]: one for one in await _reversals(rpc, list(found))}
    made = []
    for number, move in sorted(found.items()):
        amount = sum(
            (_amount(one, currency) for one in lines if one["move"] == number), Money(minor=0, currency=currency)
        )
        if amount.minor > 0:
            made.append(Payment(move, amount, undone.get(f"account.move,{number}")))
    return made


async def _reversals(rpc: Rpc, moves: list[int]) -> list[Record]:
    domain = [["origin", "in", [f"account.move,{number}" for number in moves]]]
    return await rpc.find("account.move", domain, _MOVE) if moves else []


async def _delivery_of(rpc: Rpc, record: Record) -> str:
    lines = await rpc.find("account.invoice.line", [["invoice", "=", record["id"]]], ["stock_moves"])
    moves = [number for line in lines for number in line["stock_moves"] or ()]
    found = await rpc.find("stock.move", [["id", "in", moves]], ["shipment"]) if moves else []
    shipments = {str(one["shipment"]).partition(",")[2] for one in found if one["shipment"]}
    return shipments.pop() if len(shipments) == 1 else ""


def _amount(line: Record, currency: str) -> Money:
    """What a line takes off the receivable, in the invoice's currency."""
    if inner(line, "second_currency.code") == currency:
        return Money.of(-Decimal(line["amount_second_currency"]), currency)
    return Money.of(Decimal(line["credit"]) - Decimal(line["debit"]), currency)
