"""The documents of the fake K3Cloud: what is saved, how it is read by field, and the query language over it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.fakes.kingdee.catalogue import Kind

_CONDITION = re.compile(r"\s*(?P<field>[\w.]+)\s*(?P<sign><=|>=|<>|=|<|>)\s*'(?P<value>(?:[^']|'')*)'\s*")
_SIGNS = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, "<": lambda a, b: a < b,
}  # fmt: skip


class BadQuery(Exception):
    """The query names a field that there is not, or cannot be parsed."""


@dataclass
class Bill:
    """One document. Field names are in lower case; a reference to base data is ``field.fnumber``."""

    kind: Kind
    id: int
    number: str
    head: dict[str, Any]
    lists: dict[str, list[dict[str, Any]]]
    status: str = "A"
    void: bool = False
    modified: str = ""
    approved: str = ""
    before: str = "A"
    links: list[tuple[str, int, int, Decimal]] = field(default_factory=list)

    def lines(self) -> list[dict[str, Any]]:
        """The rows of the main list."""
        return self.lists.get(self.kind.lines.lower(), [])

    def rows(self, entry: str) -> list[dict[str, Any]]:
        """The document as flat rows: one for each row of a list, or one."""
        own = {
            **self.head, self.kind.key.lower(): self.id, self.kind.number.lower(): self.number,
            "fdocumentstatus": self.status, self.kind.cancel.lower(): "B" if self.void else "A",
            "fmodifydate": self.modified, "fapprovedate": self.approved or None,
        }  # fmt: skip
        return [{**own, **row} for row in self.lists.get(entry, [])] if entry else [own]


def flat(model: dict[str, Any]) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Split a model into its head and its lists; parts such as SubHeadEntity belong to the head."""
    head: dict[str, Any] = {}
    lists: dict[str, list[dict[str, Any]]] = {}
    for name, value in model.items():
        key = name.lower()
        if isinstance(value, list):
            lists[key] = [flat(row)[0] | {"__links__": _links(row)} for row in value]
        elif isinstance(value, dict) and {inner.lower() for inner in value} == {"fnumber"}:
            head[f"{key}.fnumber"] = next(iter(value.values()))
        elif isinstance(value, dict):
            head |= flat(value)[0]
        else:
            head[key] = value
    return head, lists


def _links(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {name.lower().removeprefix(f"{key.lower()}_"): value for name, value in link.items()}
        for key, links in row.items()
        if key.endswith("_Link")
        for link in links
    ]


def amounts(kind: Kind, row: dict[str, Any]) -> None:
    """Work a row's amounts out as K3Cloud does: from quantity, price, discount and tax rate, to the cent."""
    if not kind.amounts[0]:
        return
    number = {
        name: Decimal(str(row.get(name) or 0))
        for name in (kind.quantity.lower(), "fprice", "fentrytaxrate", kind.discount)
    }
    net = _cent(number[kind.quantity.lower()] * number["fprice"] * (1 - number[kind.discount] / 100))
    tax = _cent(net * number["fentrytaxrate"] / 100)
    row |= dict(zip(kind.amounts, (net, tax, net + tax), strict=True))


def _cent(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def select(kind: Kind, bills: list[Bill], asked: dict[str, Any]) -> list[list[Any]]:
    """Answer an ExecuteBillQuery.

    Raises:
        BadQuery: as the message says.
    """
    keys = [key.strip().lower() for key in asked["FieldKeys"].split(",")]
    groups = _parse(asked.get("FilterString") or "")
    named = {*keys, *(one for group in groups for one, _, _ in group)}
    entry = next((key.removesuffix("_fentryid") for key in keys if key.endswith("_fentryid")), "")
    if not entry and any(name in kind.row for name in named):
        entry = kind.lines.lower()
    own = {kind.key, kind.number, kind.cancel, "FDocumentStatus", "FModifyDate", "FApproveDate"}
    known = {name.lower() for name in own} | kind.head | (kind.row if entry else set()) | {f"{entry}_fentryid"}
    for name in named:
        if name not in known:
            raise BadQuery(f"元数据中标识为 {name} 的字段不存在")
    for group in groups:  # the commonest query by far: spare it the rows of all other documents
        if len(group) == 1 and group[0][:2] == (kind.number.lower(), "="):
            bills = [bill for bill in bills if bill.number.lower() == group[0][2].lower()]
    rows = [row for bill in bills for row in bill.rows(entry)]
    rows = [row for row in rows if all(any(_holds(row, one) for one in group) for group in groups)]
    for part in reversed([part for part in (asked.get("OrderString") or "").split(",") if part.strip()]):
        name, *way = part.split()
        rows.sort(key=lambda row: _sortable(row.get(name.lower())), reverse=way == ["DESC"])
    start, limit = asked.get("StartRow") or 0, min(asked.get("Limit") or 2000, 2000)
    return [[row.get(key) for key in keys] for row in rows[start : start + limit]]


def _parse(text: str) -> list[list[tuple[str, str, str]]]:
    """Read ``a = 'x' and (b = 'y' or b = 'z')`` as a list of alternatives, all of which must hold."""
    groups = []
    for part in _split(text, "and"):
        inner = part.strip().removeprefix("(").removesuffix(")")
        group = []
        for one in _split(inner, "or"):
            match = _CONDITION.fullmatch(one)
            if not match:
                raise BadQuery(f"当前查询串无法解析--{one}")
            group.append((match["field"].lower(), match["sign"], match["value"].replace("''", "'")))
        groups.append(group)
    return groups


def _split(text: str, word: str) -> list[str]:
    """Split at a word that stands outside quotes and brackets."""
    parts, depth, quoted, start = [], 0, False, 0
    for place, sign in enumerate(text):
        quoted ^= sign == "'"
        depth += (sign == "(") - (sign == ")") if not quoted else 0
        if not quoted and not depth and text[place:].lower().startswith(f" {word} "):
            parts.append(text[start:place])
            start = place + len(word) + 2
    return [part for part in (*parts, text[start:]) if part.strip()]


def _holds(row: dict[str, Any], condition: tuple[str, str, str]) -> bool:
    name, sign, value = condition
    return bool(_SIGNS[sign](_sortable(row.get(name)), value.lower()))


def _sortable(value: Any) -> Any:
    if isinstance(value, int):
        return f"{value:012}"
    return str(value or "").lower()
