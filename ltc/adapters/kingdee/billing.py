"""Money of K3Cloud: receivables (应收单), blue and red, and receipts (收款单)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from ltc.adapters.kingdee.answers import SaidNo
from ltc.adapters.kingdee.base import Tools
from ltc.adapters.kingdee.bills import quoted, state_of
from ltc.adapters.kingdee.forms import OUTSTOCK, RECEIPT, RECEIVABLE, RETURN
from ltc.adapters.kingdee.making import Model
from ltc.adapters.kingdee.reading import Record, allocated, figure, in_force, is_red, moment, total
from ltc.adapters.kingdee.words import refusal
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken

_PLAN = "FEntityPlan_FEntryID"
_RATE = ("FCyForID.FCODE", "FCyToID.FCODE", "FExchangeRate", "FBegDate")


class Billing:
    """What the port does with money."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.reader = tools.reader

    async def bill(self, delivery: str, key: str) -> d.Invoice:
        """Bill a goods issue by a receivable."""

        async def model(number: str) -> Model:
            issue = await self.reader.must(OUTSTOCK, delivery)
            if not in_force(issue):
                raise BusinessRefusal("not_shipped", f"goods issue {delivery} is not in force", delivery)
            for bill in await self.reader.under(RECEIVABLE, "FSourceBillNo", delivery, audited=False):
                if not in_force(bill) or (await self.reader.invoice(bill)).credited.minor == 0:
                    there = str(bill["FBillNo"])
                    raise BusinessRefusal("already_invoiced", f"{delivery} is billed by {there}", there)
            back = await self.reader.under(RETURN, "FSrcBillNo", delivery)
            if sum((total(one, "FRealQty") for one in back), Decimal(0)) >= total(issue, "FRealQty"):
                raise BusinessRefusal("returned", f"the goods of {delivery} came back", delivery)
            return self.tools.maker.receivable(number, issue)

        return await self.reader.invoice(await self.tools.make(RECEIVABLE, key, model))

    async def get(self, number: str) -> d.Invoice:
        """Read a receivable that is in force."""
        return await self.reader.invoice(await self._blue(number))

    async def credit(self, invoice: str, key: str) -> d.CreditNote:
        """Credit a receivable in full by a red one."""

        async def model(number: str) -> Model:
            blue = await self._blue(invoice)
            for red in await self.reader.under(RECEIVABLE, "FSourceBillNo", invoice, audited=False):
                there = str(red["FBillNo"])
                raise BusinessRefusal("already_credited", f"{invoice} is credited by {there}", there)
            return self.tools.maker.red_receivable(number, blue)

        return self.reader.credit(await self.tools.make(RECEIVABLE, key, model))

    async def payments(self, number: str) -> op.PaymentStatus:
        """Read a receivable and everything received for it."""
        invoice = await self.get(number)
        receipts = await self.reader.under(RECEIPT, "FSRCBILLNO", number)
        return op.PaymentStatus(invoice=invoice, payments=[self.reader.payment(one, number) for one in receipts])

    async def pay(self, request: op.RegisterPayment, key: str) -> d.Payment:
        """Enter money for a receivable; more than is open becomes the customer's advance on the same receipt."""
        written = self.reader.mapping.fields("register_payment", request)

        async def model(number: str) -> Model:
            record = await self._blue(request.invoice)
            invoice = await self.reader.invoice(record)
            if invoice.gross.currency != request.amount.currency:
                text = f"{request.invoice} is in {invoice.gross.currency}, not in {request.amount.currency}"
                raise BusinessRefusal("currency_mismatch", text, request.invoice)
            if invoice.open.minor <= 0:
                raise BusinessRefusal("already_settled", f"nothing of {request.invoice} is open", request.invoice)
            share = Decimal(min(invoice.open.minor, request.amount.minor)) / request.amount.minor
            allocation = Decimal(written["amount"]) if share == 1 else await self._open(record)
            return self.tools.maker.receipt(number, record, await self._plan(request.invoice), written, allocation)

        payment = self._for(await self.tools.make(RECEIPT, key, model), request.invoice)
        if payment.amount.minor > request.amount.minor:
            text = f"receipt {payment.id} is there already, over {payment.amount}"
            raise BusinessRefusal("key_reused", text, payment.id)
        return payment

    async def reverse(self, request: op.PaymentId) -> d.Payment:
        """Make a receipt void: the receivable is open again."""
        self._for(await self.reader.must(RECEIPT, request.payment), request.invoice)
        try:
            await self.tools.bills.void(RECEIPT, request.payment)
        except SaidNo as no:
            raise refusal(no, request.payment) from None
        return self._for(await self.reader.must(RECEIPT, request.payment), request.invoice)

    async def rate(self, request: op.Currencies) -> d.Rate:
        """Read the rate that holds today."""
        if request.source == request.target:
            return d.Rate(source=request.source, target=request.target, rate=Decimal(1), on=datetime.now(UTC))
        zone = self.tools.maker.account.zone
        today = datetime.now(UTC).astimezone(zone).date().isoformat()
        which = (
            f"FCyForID.FCODE = {quoted(request.source)} and FCyToID.FCODE = {quoted(request.target)}"
            f" and FDocumentStatus = 'C' and FBegDate <= '{today}' and FEndDate >= '{today}'"
        )
        rows = await self.tools.bills.client.query("BD_Rate", _RATE, which, order="FBegDate DESC", most=1)
        if not rows:
            text = f"there is no rate from {request.source} to {request.target} for today"
            raise BusinessRefusal("not_found", text, f"{request.source}/{request.target}")
        value = figure(rows[0], "FExchangeRate")
        if value <= 0:
            raise ContractBroken("kingdee: an exchange rate is not above zero", str(rows[0]))
        since = moment(str(rows[0]["FBegDate"])).replace(tzinfo=zone)
        return d.Rate(source=request.source, target=request.target, rate=value, on=since)

    # probes

    async def billed(self, key: str) -> d.Invoice | None:
        """Find the receivable that was made under a key."""
        record = await self.tools.made(RECEIVABLE, key)
        return await self.reader.invoice(record) if record else None

    async def credited(self, key: str) -> d.CreditNote | None:
        """Find the red receivable that was made under a key."""
        record = await self.tools.made(RECEIVABLE, key)
        return self.reader.credit(record) if record else None

    async def paid(self, key: str, request: op.RegisterPayment) -> d.Payment | None:
        """Find the receipt that was made under a key."""
        record = await self.tools.made(RECEIPT, key)
        return self._for(record, request.invoice) if record else None

    async def reversed(self, request: op.PaymentId) -> d.Payment | None:
        """Tell whether a receipt is void."""
        record = await self.reader.must(RECEIPT, request.payment)
        return self._for(record, request.invoice) if state_of(RECEIPT, record).void else None

    async def _blue(self, number: str) -> Record:
        """Return a receivable that bills something and is in force."""
        record = await self.reader.must(RECEIVABLE, number)
        if not in_force(record) or is_red(record):
            raise BusinessRefusal("not_found", f"{number} is no receivable in force", number)
        return record

    async def _open(self, record: Record) -> Decimal:
        """Return what is open of a receivable, in K3Cloud's decimals."""
        number = record["FBillNo"]
        paid = sum(
            (allocated(one, number) for one in await self.reader.under(RECEIPT, "FSRCBILLNO", number)), Decimal(0)
        )
        reds = await self.reader.under(RECEIVABLE, "FSourceBillNo", number)
        return (
            total(record, "FALLAMOUNTFOR_D") - paid + sum((total(red, "FALLAMOUNTFOR_D") for red in reds), Decimal(0))
        )

    async def _plan(self, number: str) -> int:
        """Return the id of the line of a receivable's payment plan, which a receipt is linked to.

        Raises:
            ContractBroken: it has none.
        """
        rows = await self.tools.bills.client.query(RECEIVABLE.id, (_PLAN,), f"FBillNo = {quoted(number)}")
        if not rows or not str(rows[0][_PLAN]).isdigit():
            raise ContractBroken(f"kingdee: receivable {number} has no payment plan", str(rows[:1]))
        return int(rows[0][_PLAN])

    def _for(self, record: Record, invoice: str) -> d.Payment:
        """Return a receipt as a payment of an invoice.

        Raises:
            BusinessRefusal: ``not_found``: none of it is for this invoice.
        """
        if not any(row["FSRCBILLNO"] == invoice for row in record["lines"]):
            raise BusinessRefusal("not_found", f"receipt {record['FBillNo']} is not for {invoice}", record["FBillNo"])
        return self.reader.payment(record, invoice)
