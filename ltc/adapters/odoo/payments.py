"""Money in Odoo: payments by the register wizard, bounced ones taken back, what is open given up; rates."""

from __future__ import annotations

from datetime import UTC, datetime

from ltc.adapters.odoo.bills import KEY, RECEIVABLE, Bill, Bills
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.texts import decimal, keys_of, major, money, name_of, only, ref, tagged, version_of
from ltc.adapters.odoo.wire import Refused
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured
from ltc.ports.requests_billing import refuse_above

_MEMO = "memo"  # the payment's memo carries the effect key behind the bank's reference
_PAYMENT = ("name", "state", "memo", "amount", "currency_id", "date", "partner_id", "write_date")
_WIZARD = "account.payment.register"


class Payments(Bills):
    """What the port Erp does with money."""

    async def register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment:
        """Enter money for an invoice and reconcile it, by Odoo's wizard. What is too much stays the customer's.

        Refused: ``already_settled``, ``currency_mismatch``.
        """
        bill = await self.bill_of(request.invoice)
        if request.amount.currency != bill.currency:
            text = f"odoo: {bill.move['name']} is in {bill.currency}, not {request.amount.currency}"
            raise BusinessRefusal("currency_mismatch", text, request.invoice)
        if bill.move["state"] != "posted" or not money(bill.move["amount_residual"], bill.currency).minor:
            raise BusinessRefusal("already_settled", f"odoo: nothing of {bill.move['name']} is open", request.invoice)
        number = bill.move["id"]
        within = {"active_model": "account.move", "active_id": number, "active_ids": [number]}
        try:
            wizard = await self.odoo.create(_WIZARD, await self._terms(bill, request, key), within)
            await self.odoo.tell(_WIZARD, "action_create_payments", [wizard], within=within)
        except Refused as no:
            again = await self.bill_of(request.invoice)
            settled = not money(again.move["amount_residual"], bill.currency).minor  # by another payment, meanwhile
            reason = "already_settled" if settled else no.reason
            raise BusinessRefusal(reason, f"odoo: {bill.move['name']}: {no}", request.invoice) from None
        found = await self.probe_register_payment(request, key)
        if found is None:
            raise ContractBroken(f"odoo: the payment of {bill.move['name']} was registered and is not there")
        return found

    async def probe_register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment | None:
        """Look for the key in memos, then through the customer's payments; reversed since or not, it took place."""
        bill = await self.bill_of(request.invoice)
        listing = [["partner_id", "=", ref(bill.move["commercial_partner_id"])], ["payment_type", "=", "inbound"]]
        row = only(
            await self.by_key("account.payment", _MEMO, key, listing, list(_PAYMENT)), "erp.register_payment", key
        )
        if row is None:
            return None
        allocated = [one for one in self.payments_of(bill) if one.id == str(row["id"])]
        if not allocated and row["state"] not in ("canceled", "draft", "rejected"):
            raise ContractBroken(
                f"odoo: payment {row['name']} is not allocated to {bill.move['name']}; give the journal's payment"
                " method an outstanding receipts account", str(row),
            )  # fmt: skip
        return allocated[0] if allocated else self._payment(row, request.invoice)

    async def reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment:
        """Undo a payment: to draft (its allocation goes), the key into its memo, then cancelled.

        Refused: ``already_reversed`` (not by this key), ``not_found``.
        """
        row = await self.odoo.one("account.payment", request.payment, _PAYMENT, "payment")
        if row["state"] == "canceled" and key not in keys_of(row[_MEMO]):
            raise BusinessRefusal("already_reversed", f"odoo: {row['name']} is cancelled already", request.payment)
        if row["state"] not in ("draft", "canceled"):
            await self.odoo.tell("account.payment", "action_draft", [row["id"]])
        if key not in keys_of(row[_MEMO]):
            vals = {_MEMO: tagged(key, str(row[_MEMO] or ""))}
            await self.odoo.tell("account.payment", "write", [row["id"]], vals=vals)
        if row["state"] != "canceled":
            await self.odoo.tell("account.payment", "action_cancel", [row["id"]])
        found = await self.probe_reverse_payment(request, key)
        if found is None:
            raise ContractBroken(f"odoo: {row['name']} was cancelled and is not")
        return found

    async def probe_reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment | None:
        """Tell by the state, and by the key in the memo."""
        row = await self.odoo.one("account.payment", request.payment, _PAYMENT, "payment")
        done = row["state"] == "canceled" and key in keys_of(row[_MEMO])
        return self._payment(row, request.invoice) if done else None

    async def write_off(self, request: op.InvoiceId, key: str) -> d.Invoice:
        """Give up what is open: a journal entry against the write-off account, posted, reconciled with the invoice.

        Refused: ``nothing_open``. Misconfigured without the option ``write_off_account``.
        """
        bill = await self.bill_of(request.invoice)
        entry = await self._entry(bill, key)
        if entry is None:
            if bill.move["state"] != "posted" or not money(bill.move["amount_residual"], bill.currency).minor:
                raise BusinessRefusal("nothing_open", f"odoo: nothing of {bill.move['name']} is open", request.invoice)
            refuse_above(request, money(bill.move["amount_residual"], bill.currency))
            number = await self.odoo.create("account.move", await self._write_off_values(bill, key))
            entry = {"id": number, "state": "draft"}
        if entry["state"] == "draft":
            await self.odoo.tell("account.move", "action_post", [entry["id"]])
        await self.reconcile(bill.move["id"], entry["id"])
        return self.invoice_of(await self.bill_of(request.invoice))

    async def probe_write_off(self, request: op.InvoiceId, key: str) -> d.Invoice | None:
        """Look for the entry with the key; it counts when it is allocated to the invoice."""
        bill = await self.bill_of(request.invoice)
        entry = await self._entry(bill, key)
        if entry is None or not any(one.document == f"entry-{entry['id']}" for one in bill.settled):
            return None
        return self.invoice_of(bill)

    async def exchange_rate(self, request: op.Currencies) -> d.Rate:
        """Read the rate of today. Odoo keeps each currency's rate to the company's. Refused: ``not_found``."""
        rows = await self.odoo.find(
            "res.currency", [["name", "in", [request.source, request.target]]], ("name", "rate")
        )
        rates = {row["name"]: decimal(row["rate"]) for row in rows}
        for code in (request.source, request.target):
            if not rates.get(code):
                raise BusinessRefusal("not_found", f"odoo has no rate of {code}", code)
        rate = rates[request.target] / rates[request.source]
        return d.Rate(
            source=request.source, target=request.target, rate=round(rate, 10).normalize(), on=datetime.now(UTC)
        )

    def _payment(self, row: Record, invoice: str) -> d.Payment:
        currency = name_of(row["currency_id"])
        payment: d.Payment = self.map.document(
            "payment", row, id=str(row["id"]), invoice=invoice, amount=money(row["amount"], currency),
            version=version_of([row]),
        )  # fmt: skip
        return payment

    async def _terms(self, bill: Bill, request: op.RegisterPayment, key: str) -> Record:
        terms: Record = {
            "amount": major(request.amount), "currency_id": ref(bill.move["currency_id"]),
            "payment_date": datetime.now(UTC).date().isoformat(), "communication": tagged(key, request.reference),
            "payment_difference_handling": "open",
        }  # fmt: skip
        code = self.options.get("journal", "")
        if code:
            journals = await self.odoo.find(
                "account.journal", [["code", "=", code], ["type", "in", ["bank", "cash"]]], ("name",)
            )
            if not journals:
                raise Misconfigured(f"odoo: there is no bank or cash journal {code}; see the option 'journal'")
            terms["journal_id"] = journals[0]["id"]
        return terms

    async def _entry(self, bill: Bill, key: str) -> Record | None:
        listing = [["move_type", "=", "entry"], ["state", "!=", "cancel"],
                   ["line_ids.partner_id", "=", ref(bill.move["commercial_partner_id"])]]  # fmt: skip
        return only(await self.by_key("account.move", KEY, key, listing, ["state"]), "erp.write_off", key)

    async def _write_off_values(self, bill: Bill, key: str) -> Record:
        code = self.options.get("write_off_account", "")
        if not code:
            raise Misconfigured(
                "odoo: write_off needs the option 'write_off_account': the code of the account it goes to"
            )
        accounts = await self.odoo.find("account.account", [["code", "=", code]], ("name",))
        journal = self.options.get("write_off_journal", "MISC")
        journals = await self.odoo.find(
            "account.journal", [["code", "=", journal], ["type", "=", "general"]], ("name",)
        )
        if not accounts or not journals:
            raise Misconfigured(f"odoo: there is no account {code} or no general journal {journal}; see the options")
        open_rows = await self.odoo.find(
            "account.move.line", [["move_id", "=", bill.move["id"]], RECEIVABLE],
            ("account_id", "amount_residual", "amount_residual_currency", "currency_id", "partner_id"),
        )  # fmt: skip
        rows = []
        for row in open_rows:
            line = {
                "partner_id": ref(row["partner_id"]),
                "currency_id": ref(row["currency_id"]),
                "name": bill.move["name"],
            }
            home, foreign = row["amount_residual"], row["amount_residual_currency"]
            rows.append(
                [0, 0, {**line, "account_id": ref(row["account_id"]), "balance": -home, "amount_currency": -foreign}]
            )
            rows.append([0, 0, {**line, "account_id": accounts[0]["id"], "balance": home, "amount_currency": foreign}])
        return {"move_type": "entry", "journal_id": journals[0]["id"], KEY: tagged(key, "ltc"), "line_ids": rows}
