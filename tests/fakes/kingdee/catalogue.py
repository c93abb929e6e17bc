"""The forms the fake K3Cloud knows: their fields, their lines, and what their lines may come from."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """A form. ``lines`` is its main list; ``links`` names the source form of a table of links."""

    id: str
    title: str
    table: str = ""
    lines: str = ""
    quantity: str = ""
    number: str = "FBillNo"
    key: str = "FID"
    cancel: str = "FCancelStatus"
    head: frozenset[str] = frozenset()
    row: frozenset[str] = frozenset()
    links: dict[str, str] = field(default_factory=dict)
    amounts: tuple[str, str, str] = ("", "", "")
    discount: str = "fdiscountrate"


def _low(*names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


_BASE = ("FDate", "FBillTypeID.FNumber", "FSaleOrgId.FNumber")
_PRICE = ("FMaterialId.FNumber", "FPrice", "FTaxPrice", "FEntryTaxRate", "FDiscountRate", "FAmount", "FEntryTaxAmount",
          "FAllAmount")  # fmt: skip
_AMOUNTS = ("famount", "fentrytaxamount", "fallamount")

KINDS: dict[str, Kind] = {
    kind.id.lower(): kind
    for kind in (
        Kind("SAL_SaleOrder", "销售订单", "T_SAL_ORDERENTRY", "FSaleOrderEntry", "FQty",
             head=_low(*_BASE, "FCustId.FNumber", "FSettleCurrId.FNumber", "FIsIncludedTax"),
             row=_low(*_PRICE, "FQty", "FEntryNote"), amounts=_AMOUNTS),
        Kind("SAL_DELIVERYNOTICE", "发货通知单", "T_SAL_DELIVERYNOTICEENTRY", "FEntity", "FQty",
             head=_low(*_BASE, "FDeliveryOrgID.FNumber", "FCustomerID.FNumber"),
             row=_low("FMaterialID.FNumber", "FQty", "FOrderNo", "FSOEntryId", "FSrcType", "FSrcBillNo"),
             links={"t_sal_orderentry": "SAL_SaleOrder"}),
        Kind("SAL_OUTSTOCK", "销售出库单", "T_SAL_OUTSTOCKENTRY", "FEntity", "FRealQty",
             head=_low(*_BASE, "FStockOrgId.FNumber", "FCustomerID.FNumber", "FSettleCurrID.FNumber"),
             row=_low(*_PRICE, "FRealQty", "FSoorDerno", "FSOEntryId", "FSrcType", "FSrcBillNo", "FStockID.FNumber"),
             links={"t_sal_deliverynoticeentry": "SAL_DELIVERYNOTICE"}, amounts=_AMOUNTS),
        Kind("SAL_RETURNSTOCK", "销售退货单", "T_SAL_RETURNSTOCKENTRY", "FEntity", "FRealQty",
             head=_low(*_BASE, "FStockOrgId.FNumber", "FRetcustId.FNumber"),
             row=_low("FMaterialID.FNumber", "FRealQty", "FOrderNo", "FSOEntryId", "FSrcType", "FSrcBillNo",
                      "FStockID.FNumber"),
             links={"t_sal_outstockentry": "SAL_OUTSTOCK"}),
        Kind("AR_receivable", "应收单", "T_AR_RECEIVABLEENTRY", "FEntityDetail", "FPriceQty",
             head=_low(*_BASE, "FSETTLEORGID.FNumber", "FPAYORGID.FNumber", "FCUSTOMERID.FNumber",
                       "FCURRENCYID.FNumber", "FENDDATE_H"),
             row=_low("FMATERIALID.FNumber", "FPriceQty", "FPrice", "FEntryTaxRate", "FEntryDiscountRate",
                      "FNoTaxAmountFor_D", "FTAXAMOUNTFOR_D", "FALLAMOUNTFOR_D", "FSourceType", "FSourceBillNo",
                      "FORDERNUMBER"),
             links={"t_sal_outstockentry": "SAL_OUTSTOCK"},
             amounts=("fnotaxamountfor_d", "ftaxamountfor_d", "fallamountfor_d"), discount="fentrydiscountrate"),
        Kind("AR_RECEIVEBILL", "收款单", "T_AR_RECEIVEBILLENTRY", "FRECEIVEBILLSRCENTRY", "FREALRECAMOUNT",
             head=_low(*_BASE, "FCONTACTUNITTYPE", "FCONTACTUNIT.FNumber", "FPAYUNITTYPE", "FPAYUNIT.FNumber",
                       "FSETTLEORGID.FNumber", "FPAYORGID.FNumber", "FCURRENCYID.FNumber"),
             row=_low("FSRCBILLTYPEID", "FSRCBILLNO", "FSRCBILLID", "FSRCROWID", "FREALRECAMOUNT"),
             links={"t_ar_receivableplan": "AR_receivable"}),
        Kind("BD_Customer", "客户", number="FNumber", key="FCUSTID", cancel="FForbidStatus",
             head=_low("FName", "FTRADINGCURRID.FNumber", "FCreateOrgId.FNumber", "FUseOrgId.FNumber", "FADDRESS",
                       "FZIP", "FTEL", "FTAXREGISTERCODE", "F_CRM_ID")),
        Kind("BD_MATERIAL", "物料", number="FNumber", key="FMATERIALID", cancel="FForbidStatus", head=_low("FName")),
        Kind("BD_Rate", "汇率", number="FNumber", key="FRATEID", cancel="FForbidStatus",
             head=_low("FCyForID.FCODE", "FCyToID.FCODE", "FExchangeRate", "FBegDate", "FEndDate")),
    )
}  # fmt: skip
REFERENCES = {
    "fcustid.fnumber": "BD_Customer", "fcustomerid.fnumber": "BD_Customer", "fretcustid.fnumber": "BD_Customer",
    "fcontactunit.fnumber": "BD_Customer", "fmaterialid.fnumber": "BD_MATERIAL",
}  # fmt: skip
