"""K3Cloud's documents made: the models that are saved, each line linked to the line it comes from.

A document is made by Save under a number of our own, not by Push: Push takes no key, so two Pushes whose answers are
lost make two documents. Save with the link rows that Push would write is counted upstream just the same, and the
number, which K3Cloud keeps unique in each form, makes the second one impossible.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ltc.adapters.kingdee.account import Account
from ltc.adapters.kingdee.forms import NOTICE, ORDER, OUTSTOCK, RECEIPT, RECEIVABLE, RETURN, Form
from ltc.adapters.kingdee.reading import Record
from ltc.model import documents as d

Model = dict[str, Any]
_SALE, _ADVANCE = "SFKYT01_SYS", "SFKYT02_SYS"  # 销售收款, 预收款


class Maker:
    """Makes models for one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def order(self, number: str, written: Model, lines: list[d.Line]) -> Model:
        """A sales order from the fields that the mapping wrote, with each line's tax rate."""
        rows = [
            {**row, "FEntryTaxRate": plain(tax_rate(line))}
            for row, line in zip(written["FSaleOrderEntry"], lines, strict=True)
        ]
        return {**self._head(number), "FSaleOrgId": self._org(), **written, "FSaleOrderEntry": rows}

    def changed_order(self, identity: int, written: Model, lines: list[d.Line]) -> Model:
        """New lines of a draft order."""
        rows = self.order("", written, lines)["FSaleOrderEntry"]
        return {"FID": identity, "FBillNo": written["FBillNo"], "FSaleOrderEntry": rows}

    def notice(self, number: str, order: Record) -> Model:
        """A delivery notice over everything that an order still wants."""
        rows = [
            {"FMaterialID": ref(row["FMaterialId.FNumber"]), "FQty": plain(row["FQty"]), "FOrderNo": order["FBillNo"],
             "FSOEntryId": row[ORDER.entry], "FSrcType": ORDER.id, "FSrcBillNo": order["FBillNo"],
             **linked(NOTICE, ORDER, order["FID"], row[ORDER.entry], row["FQty"])}
            for row in order["lines"]
        ]  # fmt: skip
        return {
            **self._head(number), "FBillTypeID": {"FNUMBER": "FHTZD01_SYS"}, "FSaleOrgId": self._org(),
            "FDeliveryOrgID": self._org(), "FCustomerID": ref(order["FCustId.FNumber"]), NOTICE.lines: rows,
        }  # fmt: skip

    def goods_issue(
        self, number: str, order: Record, notice: Record, currency: str, quantities: dict[int, Decimal]
    ) -> Model:
        """A goods issue of so much of each line of a delivery notice, at the order's prices."""
        priced = {row[ORDER.entry]: row for row in order["lines"]}
        rows = []
        for row in notice["lines"]:
            quantity, price = quantities.get(row[NOTICE.entry], Decimal(0)), priced[row["FSOEntryId"]]
            if quantity > 0:
                rows.append({
                    "FMaterialID": ref(row["FMaterialId.FNumber"]), "FRealQty": plain(quantity),
                    "FPrice": plain(price["FPrice"]), "FEntryTaxRate": plain(price["FEntryTaxRate"]),
                    "FDiscountRate": plain(price["FDiscountRate"]), "FSoorDerno": order["FBillNo"],
                    "FSOEntryId": row["FSOEntryId"], "FSrcType": NOTICE.id, "FSrcBillNo": notice["FBillNo"],
                    **self._stock(), **linked(OUTSTOCK, NOTICE, notice["FID"], row[NOTICE.entry], quantity),
                })  # fmt: skip
        return {**self._head(number), "FBillTypeID": {"FNUMBER": "XSCKD01_SYS"}, "FSaleOrgId": self._org(),
                "FStockOrgId": self._org(), "FCustomerID": ref(order["FCustId.FNumber"]),
                "SubHeadEntity": {"FSettleCurrID": ref(currency)}, OUTSTOCK.lines: rows}  # fmt: skip

    def goods_return(self, number: str, issues: list[Record], out: dict[tuple[str, Any], Decimal]) -> Model:
        """A return of what is still out of the goods issues of an order."""
        rows = [
            {"FMaterialID": ref(row["FMaterialId.FNumber"]), "FRealQty": plain(left), "FOrderNo": row["FSoorDerno"],
             "FSOEntryId": row["FSOEntryId"], "FSrcType": OUTSTOCK.id, "FSrcBillNo": issue["FBillNo"],
             **self._stock(), **linked(RETURN, OUTSTOCK, issue["FID"], row[OUTSTOCK.entry], left)}
            for issue in issues
            for row in issue["lines"]
            if (left := out.get((issue["FBillNo"], row["FSOEntryId"]), Decimal(0))) > 0
        ]  # fmt: skip
        return {
            **self._head(number), "FBillTypeID": {"FNUMBER": "XSTHD01_SYS"}, "FSaleOrgId": self._org(),
            "FStockOrgId": self._org(), "FRetcustId": ref(issues[0]["FCustomerID.FNumber"]), RETURN.lines: rows,
        }  # fmt: skip

    def receivable(self, number: str, issue: Record) -> Model:
        """A receivable for a goods issue."""
        rows = [
            {"FMATERIALID": ref(row["FMaterialId.FNumber"]), "FPriceQty": plain(row["FRealQty"]),
             "FPrice": plain(row["FPrice"]), "FEntryTaxRate": plain(row["FEntryTaxRate"]),
             "FEntryDiscountRate": plain(row["FDiscountRate"]), "FSourceType": OUTSTOCK.id,
             "FSourceBillNo": issue["FBillNo"], "FORDERNUMBER": row["FSoorDerno"],
             **linked(RECEIVABLE, OUTSTOCK, issue["FID"], row[OUTSTOCK.entry], row["FRealQty"])}
            for row in issue["lines"]
        ]  # fmt: skip
        return self._receivable(number, issue["FCustomerID.FNumber"], issue["FSettleCurrID.FNumber"], rows)

    def red_receivable(self, number: str, blue: Record) -> Model:
        """A red receivable over everything that a receivable bills: its lines with quantities below zero."""
        rows = [
            {"FMATERIALID": ref(row["FMATERIALID.FNumber"]), "FPriceQty": plain(-Decimal(str(row["FPriceQty"]))),
             "FPrice": plain(row["FPrice"]), "FEntryTaxRate": plain(row["FEntryTaxRate"]),
             "FEntryDiscountRate": plain(row["FEntryDiscountRate"]), "FSourceType": RECEIVABLE.id,
             "FSourceBillNo": blue["FBillNo"], "FORDERNUMBER": row["FORDERNUMBER"]}
            for row in blue["lines"]
        ]  # fmt: skip
        return self._receivable(number, blue["FCUSTOMERID.FNumber"], blue["FCURRENCYID.FNumber"], rows)

    def receipt(self, number: str, invoice: Record, plan: Any, written: Model, allocation: Decimal) -> Model:
        """A receipt: as much as is open for the invoice, the rest as the customer's advance."""
        amount = Decimal(written["amount"])
        parts = [(_SALE, allocation), (_ADVANCE, amount - allocation)]
        rows = [
            {"FPURPOSEID": ref(purpose), "FRECTOTALAMOUNTFOR": plain(part), "FRECAMOUNTFOR_E": plain(part),
             "FCOMMENT": written.get("reference", "")}
            for purpose, part in parts
            if part > 0
        ]  # fmt: skip
        # FSRCBILLID takes the id of the plan's line and FSRCROWID that of the receivable, whatever their names say.
        source = {"FSRCBILLTYPEID": RECEIVABLE.id, "FSRCBILLNO": invoice["FBillNo"], "FSRCBILLID": plan,
                  "FSRCROWID": invoice["FID"], "FREALRECAMOUNT": plain(allocation),
                  **linked(RECEIPT, RECEIVABLE, invoice["FID"], plan, allocation)}  # fmt: skip
        who = ref(invoice["FCUSTOMERID.FNumber"])
        return {
            **self._head(number), "FBillTypeID": {"FNUMBER": "SKDLX01_SYS"}, "FCONTACTUNITTYPE": "BD_Customer",
            "FCONTACTUNIT": who, "FPAYUNITTYPE": "BD_Customer", "FPAYUNIT": who, "FSETTLEORGID": self._org(),
            "FPAYORGID": self._org(), "FSALEORGID": self._org(), "FCURRENCYID": written["FCURRENCYID"],
            "FRECEIVEBILLENTRY": rows, RECEIPT.lines: [source],
        }  # fmt: skip

    def customer(self, written: Model, crm_id: str) -> Model:
        """A customer."""
        return {"FCUSTID": 0, "FCreateOrgId": self._org(), "FUseOrgId": self._org(), **written,
                self.account.crm_field: crm_id}  # fmt: skip

    def _receivable(self, number: str, customer: str, currency: str, rows: list[Model]) -> Model:
        return {**self._head(number), "FBillTypeID": {"FNUMBER": "YSD01_SYS"}, "FSETTLEORGID": self._org(),
                "FSALEORGID": self._org(), "FPAYORGID": self._org(), "FCUSTOMERID": ref(customer),
                "FCURRENCYID": ref(currency), RECEIVABLE.lines: rows}  # fmt: skip

    def _head(self, number: str) -> Model:
        today = datetime.now(UTC).astimezone(self.account.zone).date().isoformat()
        return {"FID": 0, "FBillNo": number, "FDate": today}

    def _org(self) -> Model:
        return ref(self.account.org)

    def _stock(self) -> Model:
        return {"FStockID": ref(self.account.stock)} if self.account.stock else {}


def linked(form: Form, source: Form, bill: Any, entry: Any, quantity: Any) -> Model:
    """Return the rows by which a line says which line of which document it takes how much of."""
    link, rows = form.link(source.id), f"{form.lines}_Link"
    return {rows: [{
        f"{rows}_FRuleId": link.rule, f"{rows}_FSTableName": link.table, f"{rows}_FSBillId": bill,
        f"{rows}_FSId": entry, f"{rows}_{link.carries}Old": plain(quantity), f"{rows}_{link.carries}": plain(quantity),
    }]}  # fmt: skip


def tax_rate(line: d.Line) -> Decimal:
    """Return a line's tax in per cent, to two places: K3Cloud keeps rates, ltc amounts."""
    if not line.net.minor:
        return Decimal(0)
    return (Decimal(100 * line.tax.minor) / line.net.minor).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def ref(number: str) -> Model:
    """Return a reference to base data by its number."""
    return {"FNumber": number}


def plain(value: Any) -> str:
    """Write a number without exponent and without zeros that say nothing."""
    text = f"{Decimal(str(value or 0)):f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text
