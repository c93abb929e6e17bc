"""Payments on Tryton: entered by its wizard, reversed by a counter-move, the rest given up."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ltc.adapters.tryton.base import effect, only, reading
from ltc.adapters.tryton.billing import Billing
from ltc.adapters.tryton.invoices import Bill, Payment
from ltc.adapters.tryton.rpc import AsksFirst, Record, SaidNo
from ltc.model import documents as d
from ltc.model.money import Money, exponent
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, Misconfigured, OutcomeUnknown
from ltc.ports.requests_billing import refuse_above

_PAY = "account.invoice.pay"
_INVOICE = "account.invoice"


class Payments(Billing):
    """The operations on payments."""

    @reading
    async def watch_payments(self, request: op.InvoiceId) -> op.PaymentStatus:
        """Read an invoice and everything received for it; reversed payments are no longer among it."""
        bill = await self.bill(request.invoice)
        return op.PaymentStatus(invoice=bill.invoice(), payments=[bill.payment(one) for one in bill.standing()])

    @effect
    async def register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment:
        """Enter money received and reconcile it. The key stands first in the move's description."""
        bill = await self.bill(request.invoice)
        before = self._paid_under(bill, key)
        if before is not None:
            return bill.payment(before)
        self._may_pay(bill, request.amount)
        words = f"{key} {request.reference}".strip()
        try:
            await self._pay(bill, request.amount, words, {"ltc_key": key} if await self.has_key() else {})
        except AsksFirst:
            raise
        except SaidNo as no:
            await self._explain(request, key, no)
        after = await self.bill(bill.id)
        done = self._paid_under(after, key)
        if done is None:
            raise OutcomeUnknown(f"tryton: invoice {bill.id}: the payment was entered and is not found")
        return after.payment(done)

    async def _probe_register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment | None:
        bill = await self.bill(request.invoice)
        found = self._paid_under(bill, key)
        return bill.payment(found) if found else None

    def _paid_under(self, bill: Bill, key: str) -> Payment | None:
        mine = [one for one in bill.payments if _first_word(one.move, key)]
        only([one.move for one in mine], "erp.register_payment", key)
        return mine[0] if mine else None

    def _may_pay(self, bill: Bill, amount: Money) -> None:
        if amount.currency != bill.currency:
            raise Misconfigured(
                f"invoice {bill.id} is in {bill.currency}; a payment of {amount} cannot be entered on it"
            )
        if amount.minor <= 0:
            raise Misconfigured(f"a payment of {amount} is none; money that goes back is entered by a person")
        if bill.record["state"] != "posted":
            state = bill.record["state"]
            raise BusinessRefusal("already_settled", f"invoice {bill.id} is {state}: nothing is open", bill.id)

    async def _explain(self, request: op.RegisterPayment, key: str, no: SaidNo) -> None:
        """After a no: our own payment of an earlier attempt is well; a settled invoice is a reason with a name."""
        bill = await self.bill(request.invoice)
        if self._paid_under(bill, key) is not None:
            return
        self._may_pay(bill, request.amount)
        raise no

    async def _pay(self, bill: Bill, amount: Money, words: str, context: Record) -> None:
        """Run the wizard; for less or more than is open it asks how, and unless answered it enters nothing."""
        start = await self._start(bill, amount, words)
        left = bill.invoice().open
        kind = "partial" if amount.minor < left.minor else "overpayment"
        ask = await self._ask(bill, start, kind)
        steps = [("choice", {"start": start}), ("pay", {"start": start, "ask": ask})]
        await self.rpc.wizard(_PAY, _INVOICE, [int(bill.id)], steps, context)

    async def _start(self, bill: Bill, amount: Money, words: str) -> Record:
        facts = await self.one(_INVOICE, bill.id, ["party", "company", "currency", "account"], "invoice")
        return {
            "payee": facts["party"], "payees": [facts["party"]], "company": facts["company"],
            "currency": facts["currency"], "invoice_account": facts["account"], "amount": _decimal(amount),
            "payment_method": await self.choice("account.invoice.payment.method", "payment_method"),
            "date": datetime.now(UTC).date(), "description": words,
        }  # fmt: skip

    async def _ask(self, bill: Bill, start: Record, kind: str) -> Record:
        owed = [one["id"] for one in bill.due if not one["reconciliation"]]
        paid = await self.rpc.find(
            "account.move.line", [["id", "in", bill.record["payment_lines"]], ["reconciliation", "=", None]], ["id"]
        )
        return {
            "type": kind, "amount": start["amount"], "currency": start["currency"], "company": start["company"],
            "invoice": int(bill.id), "lines_to_pay": owed, "lines": owed, "payment_lines": [one["id"] for one in paid],
        }  # fmt: skip

    @effect
    async def reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment:
        """Undo a payment: its lines are unreconciled, its move is cancelled, and the invoice forgets its line.

        The last is needed to pay again: Tryton counts payment lines against the invoice even when they are cancelled.
        """
        bill, payment = await self._payment(request)
        if payment.reversed_by is not None and not _first_word(payment.reversed_by, key):
            raise BusinessRefusal("already_reversed", f"payment {request.payment} is reversed already", request.payment)
        if payment.reversed_by is None:
            await self._unreconcile(bill, payment)
            await self._cancel_move(payment, key)
        await self._forget(bill, payment)
        return (await self._payment(request))[0].payment(payment)

    async def _probe_reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment | None:
        bill, payment = await self._payment(request)
        if payment.reversed_by is None or not _first_word(payment.reversed_by, key):
            return None
        return None if set(payment.move["lines"]) & set(bill.record["payment_lines"]) else bill.payment(payment)

    async def _payment(self, request: op.PaymentId) -> tuple[Bill, Payment]:
        bill = await self.bill(request.invoice)
        for one in bill.payments:
            if str(one.move["id"]) == request.payment:
                return bill, one
        raise BusinessRefusal("not_found", f"invoice {bill.id} has no payment {request.payment}", request.payment)

    async def _unreconcile(self, bill: Bill, payment: Payment) -> None:
        domain = [["id", "in", payment.move["lines"]], ["reconciliation", "!=", None]]
        lines = [one["id"] for one in await self.rpc.find("account.move.line", domain, ["id"])]
        if lines:
            name = "account.move.unreconcile_lines"
            await self.rpc.wizard(name, "account.move.line", lines, [("unreconcile", {})])

    async def _cancel_move(self, payment: Payment, key: str) -> None:
        forms = {"default": {"description": key, "reversal": True}}
        for _ in range(3):
            try:
                number = [int(payment.move["id"])]
                await self.rpc.wizard("account.move.cancel", "account.move", number, [("cancel", forms)])
                return
            except AsksFirst as question:  # "it is an invoice's move": that is what is meant
                await self.rpc.acknowledge(question)
        raise OutcomeUnknown(f"tryton: payment {payment.move['id']}: the cancellation keeps asking")

    async def _forget(self, bill: Bill, payment: Payment) -> None:
        fresh = await self.bill(bill.id)
        dead = sorted(set(payment.move["lines"]) & set(fresh.record["payment_lines"]))
        if dead:
            await self.rpc.tell(f"model.{_INVOICE}.write", [int(bill.id)], {"payment_lines": [["remove", dead]]})

    @effect
    async def write_off(self, request: op.InvoiceId, key: str) -> d.Invoice:
        """Give up what is open, by Tryton's write-off method."""
        bill = await self.bill(request.invoice)
        invoice = bill.invoice()
        if invoice.written_off.minor > 0 and invoice.open.minor <= 0:
            return invoice  # it is so already: a repeated call, whose reply was lost
        if bill.record["state"] != "posted" or invoice.open.minor <= 0:
            raise BusinessRefusal("nothing_open", f"nothing of invoice {bill.id} is open", bill.id)
        refuse_above(request, invoice.open)
        start = await self._start(bill, Money(minor=0, currency=bill.currency), key)
        ask = await self._ask(bill, start, "writeoff")
        ask["writeoff"] = await self.choice("account.move.reconcile.write_off", "write_off")
        steps = [("choice", {"start": start}), ("pay", {"start": start, "ask": ask})]
        await self.rpc.wizard(_PAY, _INVOICE, [int(bill.id)], steps)
        after = (await self.bill(bill.id)).invoice()
        if after.open.minor > 0:
            raise OutcomeUnknown(f"tryton: invoice {bill.id}: {after.open} is open after the write-off")
        return after

    async def _probe_write_off(self, request: op.InvoiceId, key: str) -> d.Invoice | None:
        invoice = (await self.bill(request.invoice)).invoice()
        return invoice if invoice.written_off.minor > 0 and invoice.open.minor <= 0 else None

    async def choice(self, model: str, option: str) -> int:
        """Return the record that the adapter's option names, or the only one there is.

        Raises:
            Misconfigured: there is none of that name, or there are several and none is named.
        """
        name = self.options.get(option)
        domain: list[Any] = [["name", "=", name]] if name else []
        found = await self.rpc.find(model, domain, ["name"])
        if len(found) != 1:
            names = ", ".join(str(one["name"]) for one in found) or "none"
            raise Misconfigured(f"tryton: name one {model} in the option {option}; there are: {names}")
        return int(found[0]["id"])


def _first_word(move: Record, key: str) -> bool:
    words = str(move["description"] or "")
    return words == key or words.startswith(f"{key} ")


def _decimal(amount: Money) -> Decimal:
    return Decimal(amount.minor).scaleb(-exponent(amount.currency))
