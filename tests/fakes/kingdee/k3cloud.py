"""What the fake K3Cloud does: the state machine of its documents, its checks, and a record of every effect."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.fakes.kingdee.bills import Bill, amounts, flat
from tests.fakes.kingdee.catalogue import KINDS, REFERENCES, Kind


@dataclass(frozen=True)
class No(Exception):
    """K3Cloud says no."""

    code: int
    text: str
    field: str = ""


@dataclass(frozen=True)
class Effect:
    """One thing that took effect, never changed afterwards."""

    service: str
    form: str
    number: str


class K3Cloud:
    """All documents of one account."""

    def __init__(self) -> None:
        self.bills: dict[str, dict[str, Bill]] = defaultdict(dict)
        self.effects: list[Effect] = []
        self.stock: dict[str, Decimal] = defaultdict(Decimal)
        self.credit: dict[str, Decimal] = {}
        self.locked: set[str] = set()
        self.now = datetime(2026, 3, 2, 9, 0, 0)  # noqa: DTZ001 - the server's clock says no zone
        self._last = 100_000
        self._repeated: set[str] = set()
        self._services: dict[str, Callable[[Kind, dict[str, Any], str], list[Bill]]] = {
            "Save": self._save, "Submit": self._each(self._submit), "Audit": self._each(self._audit),
            "UnAudit": self._each(self._unaudit), "CancelAssign": self._each(self._cancel_assign),
            "Delete": self._each(self._delete), "ExcuteOperation": self._each(self._operate),
        }  # fmt: skip

    def seed(self, form: str, number: str, **head: Any) -> Bill:
        """Put base data there, in force."""
        kind = KINDS[form.lower()]
        made = Bill(kind, self._id(), number, {name.lower(): value for name, value in flat(head)[0].items()}, {}, "C")
        made.modified = made.approved = self.tick()
        self.bills[kind.id.lower()][number] = made
        return made

    def do(self, service: str, form: str, data: dict[str, Any], operation: str = "") -> list[Bill]:
        """Carry a service out.

        Raises:
            No: it is refused, and nothing took effect.
        """
        kind = KINDS.get(form.lower())
        if kind is None:
            raise No(5, f"标识为“{form}”的业务对象不存在")
        done = self._services[service](kind, data, operation)
        self.effects += [Effect(operation or service, kind.id, bill.number) for bill in done]
        return done

    def all(self, form: str) -> list[Bill]:
        """The documents of a form."""
        return list(self.bills[form.lower()].values())

    def tick(self) -> str:
        """Let a second pass and return the time."""
        self.now += timedelta(seconds=1)
        return self.now.isoformat(timespec="milliseconds")

    def _id(self) -> int:
        self._last += 1
        return self._last

    def _save(self, kind: Kind, data: dict[str, Any], _: str) -> list[Bill]:
        head, lists = flat(data["Model"])
        identity = int(head.pop(kind.key.lower(), 0) or 0)
        number = str(head.pop(kind.number.lower(), "") or "")
        if identity:
            return [self._change(kind, identity, head, lists)]
        said = json.dumps(data["Model"], sort_keys=True)
        if number in self.bills[kind.id.lower()]:
            raise No(11, f"违反字段唯一性要求：编码唯一。[{number}]在当前系统中已经被使用。", kind.number)
        if str(data.get("ValidateRepeatJson")).lower() == "true" and said in self._repeated:
            raise No(11, "数据包重复，请勿重复提交")
        bill = Bill(kind, self._id(), number, head, lists)
        self._check(bill)
        self._repeated.add(said)
        bill.modified = self.tick()
        self.bills[kind.id.lower()][number] = bill
        return [bill]

    def _change(self, kind: Kind, identity: int, head: dict[str, Any], lists: dict[str, Any]) -> Bill:
        bill = next((one for one in self.all(kind.id) if one.id == identity), None)
        if bill is None:
            raise No(10, "未找到对应的数据")
        if bill.status not in ("A", "D") or bill.void:
            raise No(11, f"单据编号为“{bill.number}”的{kind.title}，不是创建或重新审核状态，不允许修改")
        made = Bill(kind, bill.id, bill.number, {**bill.head, **head}, {**bill.lists, **lists}, bill.status)
        self._check(made)
        made.modified = self.tick()
        self.bills[kind.id.lower()][bill.number] = made
        return made

    def _check(self, bill: Bill) -> None:
        kind = bill.kind
        for row in (bill.head, *bill.lines()):
            for name, form in REFERENCES.items():
                if name in row:
                    self._reference(name, form, str(row[name]))
        if kind.lines and not bill.lines():
            raise No(11, "单据体至少有一条分录", kind.lines)
        for row in bill.lines():
            amounts(kind, row)
            row[f"{kind.lines}_FEntryID".lower()] = self._id()
            for link in row.pop("__links__", []):
                self._link(bill, row, link)
        if kind.id == "AR_receivable":
            bill.lists["fentityplan"] = [{"fentityplan_fentryid": self._id()}]
            bill.head["fenddate_h"] = (self.now + timedelta(days=30)).date().isoformat() + "T00:00:00"

    def _reference(self, name: str, form: str, number: str) -> None:
        found = self.bills[form.lower()].get(number)
        field = {"fcustid": "FCustId", "fmaterialid": "FMaterialId"}.get(name.split(".")[0], name.split(".")[0])
        if found is None:
            raise No(11, f"{KINDS[form.lower()].title}[{number}]不存在", field)
        if found.void:
            raise No(11, f"{KINDS[form.lower()].title}[{number}]已禁用", field)

    def _link(self, bill: Bill, row: dict[str, Any], link: dict[str, Any]) -> None:
        """Count a line at the line it came from; more than is there is refused."""
        source = bill.kind.links.get(str(link["fstablename"]).lower())
        above = next((one for one in self.all(source or "") if one.id == int(link["fsbillid"])), None)
        if above is None or above.status != "C" or above.void:
            raise No(11, "关联的源单不存在或未审核")
        entry, taken = int(link["fsid"]), Decimal(str(row[bill.kind.quantity.lower()]))
        bill.links.append((str(link["fstablename"]).lower(), above.id, entry, taken))
        if bill.kind.id == "AR_RECEIVEBILL":
            return
        key = f"{above.kind.lines}_FEntryID".lower()
        there = next((one for one in above.lines() if one[key] == entry), None)
        before = sum(
            one[3] for other in self._below(above) if other.kind == bill.kind for one in other.links if one[2] == entry
        )
        if there is None or before + taken > Decimal(str(there[above.kind.quantity.lower()])):
            raise No(11, f"分录关联数量超过{above.kind.title}“{above.number}”的数量")

    def _below(self, bill: Bill) -> list[Bill]:
        """The documents that came of one, without the void ones."""
        return [
            other
            for bills in self.bills.values()
            for other in bills.values()
            if not other.void and any(link[1] == bill.id for link in other.links)
        ]

    def _each(self, step: Callable[[Bill, dict[str, Any], str], None]) -> Callable[..., list[Bill]]:
        def run(kind: Kind, data: dict[str, Any], operation: str) -> list[Bill]:
            done = []
            for number in data["Numbers"]:
                bill = self.bills[kind.id.lower()].get(number)
                if bill is None:
                    raise No(10, f"编码为“{number}”的{kind.title}不存在")
                if number in self.locked:
                    raise No(13, f"单据“{number}”正在被其他用户操作，网络控制冲突")
                if bill.void:
                    raise No(11, f"单据编号为“{number}”的{kind.title}已作废")
                step(bill, data, operation)
                done.append(bill)
            return done

        return run

    def _submit(self, bill: Bill, _: dict[str, Any], __: str) -> None:
        if bill.status not in ("A", "D"):
            raise No(12, f"单据“{bill.number}”的状态不允许提交")
        bill.before, bill.status, bill.modified = bill.status, "B", self.tick()

    def _audit(self, bill: Bill, data: dict[str, Any], _: str) -> None:
        if bill.status == "C":
            raise No(11, f"单据编号为“{bill.number}”的{bill.kind.title}，单据已经审核！")
        if bill.status != "B":
            raise No(12, f"单据“{bill.number}”的状态不允许审核")
        if bill.kind.id == "SAL_SaleOrder" and str(data.get("IgnoreInterationFlag")).lower() != "true":
            self._credit(bill)
        if bill.kind.id == "SAL_OUTSTOCK":
            self._take(bill)
        if bill.kind.id == "SAL_RETURNSTOCK":
            self._move(bill, 1)
        bill.status, bill.approved = "C", self.tick()

    def _credit(self, bill: Bill) -> None:
        customer = bill.head["fcustid.fnumber"]
        orders = [one for one in self.all("SAL_SaleOrder") if one.head["fcustid.fnumber"] == customer and not one.void]
        owed = sum(row["fallamount"] for one in orders if one.status == "C" or one is bill for row in one.lines())
        if customer in self.credit and owed > self.credit[customer]:
            raise No(11, f"客户[{customer}]信用额度不足，超信用额度{owed - self.credit[customer]}")

    def _take(self, bill: Bill) -> None:
        wanted: dict[str, Decimal] = defaultdict(Decimal)
        for row in bill.lines():
            wanted[row["fmaterialid.fnumber"]] += Decimal(row["frealqty"])
        for product, quantity in wanted.items():
            if self.stock[product] < quantity:
                raise No(11, f"物料[{product}]即时库存不足，不允许负库存", "FMaterialID")
        self._move(bill, -1)

    def _move(self, bill: Bill, way: int) -> None:
        for row in bill.lines():
            self.stock[row["fmaterialid.fnumber"]] += way * Decimal(row["frealqty"])

    def _unaudit(self, bill: Bill, _: dict[str, Any], __: str) -> None:
        if bill.status != "C":
            raise No(12, f"单据“{bill.number}”的状态不允许反审核")
        if self._below(bill):
            raise No(11, f"单据“{bill.number}”存在下游单据，不允许反审核")
        if bill.kind.id in ("SAL_OUTSTOCK", "SAL_RETURNSTOCK"):
            self._move(bill, 1 if bill.kind.id == "SAL_OUTSTOCK" else -1)
        bill.status, bill.approved, bill.modified = "D", "", self.tick()

    def _cancel_assign(self, bill: Bill, _: dict[str, Any], __: str) -> None:
        if bill.status != "B":
            raise No(12, f"单据“{bill.number}”的状态不允许撤销")
        bill.status, bill.modified = bill.before, self.tick()

    def _delete(self, bill: Bill, _: dict[str, Any], __: str) -> None:
        if bill.status not in ("A", "D"):
            raise No(12, f"单据“{bill.number}”的状态不允许删除")
        if self._below(bill):
            raise No(11, f"单据“{bill.number}”存在下游单据，不允许删除")
        del self.bills[bill.kind.id.lower()][bill.number]

    def _operate(self, bill: Bill, _: dict[str, Any], operation: str) -> None:
        if operation != "Cancel":
            raise No(3, f"没有操作“{operation}”")
        if bill.status not in ("A", "D"):
            raise No(12, f"单据“{bill.number}”的状态不允许作废")
        if self._below(bill):
            raise No(11, f"单据“{bill.number}”存在下游单据，不允许作废")
        bill.void, bill.modified = True, self.tick()
