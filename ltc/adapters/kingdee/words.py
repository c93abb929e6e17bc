"""K3Cloud's refusals as ltc's reasons: by a table of words in its messages, Chinese and English."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ltc.adapters.kingdee.answers import SaidNo
from ltc.ports.errors import BusinessRefusal

OTHER = "refused"  # a refusal in words that the table does not have; on_refusal: default takes it


@dataclass(frozen=True)
class Words:
    """A reason, what the message says then, and the fields that the complaint must be about (none: any)."""

    reason: str
    said: re.Pattern[str]
    fields: tuple[str, ...] = ()


def _words(reason: str, said: str, *fields: str) -> Words:
    return Words(reason, re.compile(said, re.IGNORECASE), tuple(field.lower() for field in fields))


_CUSTOMER = ("FCustId", "FCustomerID", "FCUSTOMERID", "FCONTACTUNIT")
_PRODUCT = ("FMaterialId", "FMaterialID")
# Seen: the words of 已经被使用 (answers), 不存在, 下游, 禁用 in integrations; the others are the product's terms.
TABLE = (
    _words("credit_limit", "信用(额度|检查|超)|超过?信用|credit (limit|check)"),
    _words("out_of_stock", "库存不足|负库存|可用(库存|量)不足|即时库存.*不足|insufficient (stock|inventory)"),
    _words("blocked_customer", "禁用|冻结|forbidden|frozen", *_CUSTOMER),
    _words("discontinued", "禁用|停产|forbidden|discontinued", *_PRODUCT),
    _words("unknown_customer", "不存在|无效|未审核|does not exist", *_CUSTOMER),
    _words("unknown_product", "不存在|无效|未审核|does not exist", *_PRODUCT),
    _words("more_than_ordered", "关联数量|超过.*可出|超出.*数量|exceeds"),
    _words("depends", "下游单据|已下推|被.*引用|downstream"),
)


def reason_of(no: SaidNo) -> str:
    """Return the reason in a refusal; ``refused`` when its words are not known."""
    for words in TABLE:
        for complaint in no.complaints:
            about = complaint.field.lower()
            if words.said.search(complaint.text) and (not words.fields or about in words.fields):
                return words.reason
    return OTHER


def refusal(no: SaidNo, document: str, **instead: str) -> BusinessRefusal:
    """Return a refusal as ltc knows it. ``instead`` names what a reason means for the operation at hand."""
    reason = reason_of(no)
    return BusinessRefusal(instead.get(reason, reason), f"K3Cloud refuses: {no.text}", document)
