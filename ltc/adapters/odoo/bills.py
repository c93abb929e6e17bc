"""Reading invoices of Odoo: what settled them, told apart by what it is an entry of; and reconciling."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ltc.adapters.odoo.base import OdooSystem
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.texts import money, name_of, ref, version_of
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal

INVOICE = ("name", "move_type", "state", "payment_state", "currency_id", "amount_untaxed", "amount_tax", "amount_total",
           "amount_residual", "invoice_date_due", "invoice_origin", "ref", "partner_id", "commercial_partner_id",
           "write_date")  # fmt: skip
KEY = "ref"  # a document's reference carries the effect key
RECEIVABLE = ["account_type", "=", "asset_receivable"]


@dataclass(frozen=True)
class Settlement:
    """One allocation to an invoice: ``kind`` is paid, credited or written_off; ``document`` is what it is of."""

    kind: str
    document: str
    amount: Money
    date: Any
    stamp: Any


@dataclass(frozen=True)
class Bill:
    """What was read of an invoice: itself, its order and delivery, and what was allocated to it."""

    move: Record
    order: str
    delivery: str
    settled: list[Settlement]
    payments: list[Record]

    @property
    def currency(self) -> str:
        """The invoice's currency."""
        return name_of(self.move["currency_id"])

    def total(self, kind: str) -> Money:
        """Return what was allocated of one kind."""
        return Money(minor=sum(one.amount.minor for one in self.settled if one.kind == kind), currency=self.currency)


class Bills(OdooSystem):
    """What the port Erp reads of invoices."""

    async def get_invoice(self, request: op.InvoiceId) -> d.Invoice:
        """Read an invoice."""
        return self.invoice_of(await self.bill_of(request.invoice))

    async def watch_payments(self, request: op.InvoiceId) -> op.PaymentStatus:
        """Read an invoice and everything received for it."""
        bill = await self.bill_of(request.invoice)
        return op.PaymentStatus(invoice=self.invoice_of(bill), payments=self.payments_of(bill))

    async def bill_of(self, number: str) -> Bill:
        """Read an invoice with its order, its delivery and what was allocated to it.

        Raises:
            BusinessRefusal: ``not_found``; a document of another kind is none, too.
        """
        move = await self.odoo.one("account.move", number, INVOICE, "invoice")
        if move["move_type"] != "out_invoice":
            raise BusinessRefusal("not_found", f"odoo: document {number} is no customer invoice", number)
        (order, delivery), settled, payments = await asyncio.gather(
            self._origin(move), self._settled(move), self._recent(move)
        )
        return Bill(move, order, delivery, settled, payments)

    def invoice_of(self, bill: Bill) -> d.Invoice:
        """Make ltc's invoice."""
        paid, credited, given_up = (bill.total(kind) for kind in ("paid", "credited", "written_off"))
        gross = money(bill.move["amount_total"], bill.currency)
        rest = gross - paid - credited - given_up
        invoice: d.Invoice = self.map.document(
            "invoice", {**bill.move, "invoice_date_due": bill.move["invoice_date_due"] or _today()},
            id=str(bill.move["id"]), order=bill.order, delivery=bill.delivery, paid=paid, credited=credited,
            written_off=given_up, open=rest, settled=bill.move["state"] == "posted" and rest.minor <= 0,
            version=_version(bill),
        )  # fmt: skip
        return invoice

    def payments_of(self, bill: Bill) -> list[d.Payment]:
        """Make ltc's payments: what was allocated to this invoice, one per document."""
        made: dict[str, list[Settlement]] = {}
        for one in bill.settled:
            if one.kind == "paid":
                made.setdefault(one.document, []).append(one)
        return [
            self.map.document(
                "payment", {"date": parts[0].date}, id=document, invoice=str(bill.move["id"]),
                amount=Money(minor=sum(part.amount.minor for part in parts), currency=bill.currency),
                version=version_of([{"write_date": part.stamp} for part in parts]),
            )
            for document, parts in made.items()
        ]  # fmt: skip

    async def reconcile(self, invoice: int, other: int) -> None:
        """Reconcile the open receivable lines of two documents; nothing is open on one side: nothing is done."""
        rows = await self.odoo.find(
            "account.move.line",
            [["move_id", "in", [invoice, other]], RECEIVABLE, ["reconciled", "=", False],
             ["parent_state", "=", "posted"]],
            ("move_id",),
        )  # fmt: skip
        if {ref(row["move_id"]) for row in rows} == {invoice, other}:
            await self.odoo.tell("account.move.line", "reconcile", [row["id"] for row in rows])

    async def _origin(self, move: Record) -> tuple[str, str]:
        """Return the order of an invoice, and the delivery that its source document names."""
        orders = await self.odoo.find("sale.order", [["invoice_ids", "in", [move["id"]]]], ("name",))
        names = [part.strip() for part in str(move["invoice_origin"] or "").split(",")][1:]
        domain = [["name", "in", names], ["sale_id", "in", [one["id"] for one in orders]]]
        pickings = await self.odoo.find("stock.picking", domain, ("name",)) if names and orders else []
        return str(orders[0]["id"]) if orders else "0", str(pickings[0]["id"]) if pickings else ""

    async def _recent(self, move: Record) -> list[Record]:
        """Read the customer's newest payments: one that is taken back leaves no other trace on the invoice."""
        domain = [["partner_id", "=", ref(move["commercial_partner_id"])]]
        return await self.odoo.page("account.payment", domain, ("state", "write_date"), "write_date desc", 50)

    async def _settled(self, move: Record) -> list[Settlement]:
        parts = await self.odoo.find(
            "account.partial.reconcile", [["debit_move_id.move_id", "=", move["id"]]],
            ("credit_move_id", "debit_amount_currency", "write_date"),
        )  # fmt: skip
        lines = await self.odoo.read(
            "account.move.line", [ref(part["credit_move_id"]) for part in parts],
            ("move_id", "move_type", "payment_id", "statement_line_id", "date"),
        )  # fmt: skip
        by_id = {line["id"]: line for line in lines}
        return [
            _settlement(part, by_id[ref(part["credit_move_id"])], name_of(move["currency_id"]))
            for part in parts
            if ref(part["credit_move_id"]) in by_id
        ]


def _version(bill: Bill) -> int:
    """The version of an invoice rises with all that may settle it or take that back."""
    rows = [bill.move, *({"write_date": one.stamp} for one in bill.settled), *bill.payments]
    ended = [one for one in bill.payments if one["state"] in ("draft", "canceled", "rejected")]
    others = [one for one in bill.settled if one.kind != "paid"]
    return version_of(rows, int(bill.move["state"] == "posted") + len(bill.payments) + len(ended) + len(others))


def _settlement(part: Record, line: Record, currency: str) -> Settlement:
    payment = ref(line["payment_id"])
    if payment or ref(line["statement_line_id"]):
        kind, document = "paid", str(payment) if payment else f"line-{line['id']}"
    elif line["move_type"] == "out_refund":
        kind, document = "credited", str(ref(line["move_id"]))
    else:
        kind, document = "written_off", f"entry-{ref(line['move_id'])}"
    amount = money(part["debit_amount_currency"], currency)
    return Settlement(kind, document, amount, line["date"], part["write_date"])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
