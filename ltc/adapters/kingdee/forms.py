"""The forms of K3Cloud that a chain needs: their fields' names, and how one is linked to the one it came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """How a form's line says which line of which form it came from, so that K3Cloud counts it there.

    ``rule`` is the conversion rule, ``table`` the table of the source's lines, ``carries`` the field of the link that
    says how much of the source's line is taken.
    """

    source: str
    rule: str
    table: str
    carries: str


@dataclass(frozen=True)
class Form:
    """A form: its id, its list of lines, and the fields of it that the code needs; the mapping asks for more.

    ``cancel`` is the field that says whether it is void; basic data have a forbidding field instead. ``parent`` is
    the field of a line that names the document it came from.
    """

    id: str
    title: str
    lines: str = ""
    number: str = "FBillNo"
    key: str = "FID"
    cancel: str = "FCancelStatus"
    head: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    parent: str = ""
    links: tuple[Link, ...] = ()

    @property
    def entry(self) -> str:
        """The field of a line's own id: the list's name, an underline, FEntryID."""
        return f"{self.lines}_FEntryID"

    @property
    def state(self) -> tuple[str, ...]:
        """The fields that say how far a document is."""
        dates = ("FModifyDate", "FApproveDate")
        return (self.key, self.number, "FDocumentStatus", self.cancel, *dates)

    def link(self, source: str) -> Link:
        """Return how a line of this form is linked to a source form."""
        return next(link for link in self.links if link.source == source)


ORDER = Form(
    "SAL_SaleOrder", "sales order", "FSaleOrderEntry", head=("FCustId.FNumber", "FSettleCurrId.FNumber"),
    line=("FMaterialId.FNumber", "FQty", "FPrice", "FEntryTaxRate", "FDiscountRate", "FAmount", "FEntryTaxAmount",
          "FAllAmount", "FEntryNote"),
)  # fmt: skip
NOTICE = Form(
    "SAL_DELIVERYNOTICE", "delivery notice", "FEntity",
    line=("FMaterialId.FNumber", "FQty", "FSrcBillNo", "FOrderNo", "FSOEntryId"), parent="FSrcBillNo",
    links=(Link("SAL_SaleOrder", "SaleOrder-DeliveryNotice", "T_SAL_ORDERENTRY", "FBaseUnitQty"),),
)  # fmt: skip
OUTSTOCK = Form(
    "SAL_OUTSTOCK", "goods issue", "FEntity", head=("FCustomerID.FNumber", "FSettleCurrID.FNumber"),
    line=("FMaterialId.FNumber", "FRealQty", "FPrice", "FEntryTaxRate", "FDiscountRate", "FAmount", "FAllAmount",
          "FSrcBillNo", "FSoorDerno", "FSOEntryId"), parent="FSrcBillNo",
    links=(Link("SAL_DELIVERYNOTICE", "DeliveryNotice-OutStock", "T_SAL_DELIVERYNOTICEENTRY", "FBaseUnitQty"),),
)  # fmt: skip
RETURN = Form(
    "SAL_RETURNSTOCK", "goods return", "FEntity",
    line=("FMaterialId.FNumber", "FRealQty", "FSrcBillNo", "FOrderNo", "FSOEntryId"), parent="FSrcBillNo",
    links=(Link("SAL_OUTSTOCK", "OutStock-SalReturnStock", "T_SAL_OUTSTOCKENTRY", "FBaseUnitQty"),),
)  # fmt: skip
RECEIVABLE = Form(
    "AR_receivable", "receivable", "FEntityDetail", head=("FCURRENCYID.FNumber", "FCUSTOMERID.FNumber"),
    line=("FMATERIALID.FNumber", "FPriceQty", "FPrice", "FEntryTaxRate", "FEntryDiscountRate", "FNoTaxAmountFor_D",
          "FTAXAMOUNTFOR_D", "FALLAMOUNTFOR_D", "FSourceType", "FSourceBillNo", "FORDERNUMBER"),
    parent="FSourceBillNo",
    links=(Link("SAL_OUTSTOCK", "AR_OutStockToReceivableMap", "T_SAL_OUTSTOCKENTRY", "FBASICUNITQTY"),),
)  # fmt: skip
RECEIPT = Form(
    "AR_RECEIVEBILL", "receipt", "FRECEIVEBILLSRCENTRY", head=("FCURRENCYID.FNumber",),
    line=("FSRCBILLNO", "FREALRECAMOUNT"), parent="FSRCBILLNO",
    links=(Link("AR_receivable", "AR_recableToRecBill", "t_AR_receivablePlan", "FREALRECAMOUNT"),),
)  # fmt: skip
CUSTOMER = Form("BD_Customer", "customer", number="FNumber", key="FCUSTID", cancel="FForbidStatus",
                head=("FName", "FTRADINGCURRID.FNumber"))  # fmt: skip
