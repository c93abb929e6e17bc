"""K3Cloud's documents read: rows of a query put together, totals added up, the mapping made of them what ltc knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ltc.adapters.kingdee.bills import AUDITED, VOID, Bills, quoted, state_of
from ltc.adapters.kingdee.forms import NOTICE, ORDER, OUTSTOCK, RECEIPT, RECEIVABLE, RETURN, Form
from ltc.mapping import Mapping
from ltc.mapping.paths import Path
from ltc.model import documents as d
from ltc.ports.errors import BusinessRefusal, ContractBroken

Record = dict[str, Any]
_DATES = ("FModifyDate", "FApproveDate", "FENDDATE_H", "FDate")
_WORDS = {"Z": "draft", "A": "draft", "D": "draft", "B": "submitted", "C": "confirmed"}
_ENTITIES = {ORDER.id: "order", NOTICE.id: "release", OUTSTOCK.id: "delivery", RETURN.id: "goods_return",
             RECEIVABLE.id: "invoice", RECEIPT.id: "payment"}  # fmt: skip
_MOST = Decimal(10) ** 15  # no figure of a deal is larger


class Reader:
    """Reads documents. What is not there is None, or with ``must`` refused as ``not_found``."""

    def __init__(self, bills: Bills, mapping: Mapping) -> None:
        self.bills = bills
        self.mapping = mapping
        self.keys = {form.id: self._keys(form) for form in (ORDER, NOTICE, OUTSTOCK, RETURN, RECEIVABLE, RECEIPT)}

    async def records(self, form: Form, which: str) -> list[Record]:
        """Return the documents of a form that match a filter, each with its lines, in the order they were made."""
        rows = await self.bills.client.query(
            form.id, self.keys[form.id], which, order=f"{form.key} ASC, {form.entry} ASC"
        )
        made: dict[Any, Record] = {}
        for row in rows:
            row |= {name: self._local(row[name]) for name in _DATES if row.get(name)}
            record = made.setdefault(row[form.key], {**row, "lines": []})
            record["lines"].append(row)
        return list(made.values())

    async def find(self, form: Form, number: str) -> Record | None:
        """Return a document by its number.

        Raises:
            ContractBroken: there are several.
        """
        found = await self.records(form, f"{form.number} = {quoted(number)}")
        if len(found) > 1:
            raise ContractBroken(f"kingdee: several of {form.title} have the number {number}", str(found)[:400])
        return found[0] if found else None

    async def must(self, form: Form, number: str) -> Record:
        """Return a document that has to be there.

        Raises:
            BusinessRefusal: ``not_found``.
        """
        found = await self.find(form, number)
        if found is None:
            raise BusinessRefusal("not_found", f"there is no {form.title} {number}", number)
        return found

    async def under(self, form: Form, field: str, number: str, *, audited: bool = True) -> list[Record]:
        """Return the documents whose lines name another: those in force, or all that are not void."""
        which = f"{field} = {quoted(number)} and FCancelStatus = 'A'"
        return await self.records(form, f"{which} and FDocumentStatus = 'C'" if audited else which)

    async def order(self, record: Record) -> d.Order:
        """Return an order with how much of it is out, came back, or is cancelled."""
        number, ordered = record["FBillNo"], int(total(record, "FQty"))
        issues = await self.under(OUTSTOCK, "FSoorDerno", number)
        out = sum(int(total(one, "FRealQty")) for one in issues)
        back = sum(int(total(one, "FRealQty")) for one in await self.under(RETURN, "FOrderNo", number))
        void = state_of(ORDER, record).void
        status = "cancelled" if void else "shipped" if out >= ordered else _WORDS[record["FDocumentStatus"]]
        sums = {"net": total(record, "FAmount"), "tax": total(record, "FEntryTaxAmount"),
                "gross": total(record, "FAllAmount")}  # fmt: skip
        made: d.Order = self.mapping.document(
            "order", {**record, **sums}, version=version(record), status=status, ordered=ordered, shipped=out,
            returned=back, cancelled=ordered if void else 0, by_line=_by_line(record, issues, void=void),
        )  # fmt: skip
        return made

    def release(self, record: Record) -> d.Release:
        """Return a delivery notice."""
        state = state_of(NOTICE, record)
        status = "cancelled" if state.void else "released" if state.audited else "unfinished"
        made: d.Release = self.mapping.document("release", record, version=version(record), status=status)
        return made

    async def deliveries(self, records: list[Record]) -> list[d.Delivery]:
        """Return goods issues, whose lines name the lines of their orders as ltc does."""
        names: dict[str, str] = {}
        for number in dict.fromkeys(str(record["lines"][0]["FSoorDerno"]) for record in records):
            names |= line_names(await self.must(ORDER, number))
        return [self._delivery(record, names) for record in records]

    async def invoice(self, record: Record) -> d.Invoice:
        """Return a receivable with what was paid for it and credited."""
        number, gross = record["FBillNo"], total(record, "FALLAMOUNTFOR_D")
        paid = sum((allocated(one, number) for one in await self.under(RECEIPT, "FSRCBILLNO", number)), Decimal(0))
        reds = await self.under(RECEIVABLE, "FSourceBillNo", number)
        credited = -sum((total(one, "FALLAMOUNTFOR_D") for one in reds if is_red(one)), Decimal(0))
        sums = {"net": total(record, "FNoTaxAmountFor_D"), "tax": total(record, "FTAXAMOUNTFOR_D"), "gross": gross,
                "paid": paid, "credited": credited, "written_off": Decimal(0)}  # fmt: skip
        sums["open"] = gross - paid - credited
        settled = sums["open"] <= 0
        made: d.Invoice = self.mapping.document("invoice", {**record, **sums}, version=version(record), settled=settled)
        return made

    def payment(self, record: Record, invoice: str) -> d.Payment:
        """Return a receipt, as far as it is for one invoice."""
        sums = {"invoice": invoice, "allocated": allocated(record, invoice)}
        made: d.Payment = self.mapping.document("payment", {**record, **sums}, version=version(record))
        return made

    def credit(self, record: Record) -> d.CreditNote:
        """Return a red receivable."""
        sums = {"credit": -total(record, "FALLAMOUNTFOR_D")}
        made: d.CreditNote = self.mapping.document("credit_note", {**record, **sums}, version=version(record))
        return made

    def goods_return(self, record: Record) -> d.GoodsReturn:
        """Return a goods return."""
        sums = {"quantity": total(record, "FRealQty")}
        made: d.GoodsReturn = self.mapping.document("goods_return", {**record, **sums}, version=version(record))
        return made

    def _delivery(self, record: Record, names: dict[str, str]) -> d.Delivery:
        lines = [{**row, "line": names.get(str(row["FSOEntryId"]), str(row["FSOEntryId"]))} for row in record["lines"]]
        sums = {"lines": lines, "net": total(record, "FAmount"), "gross": total(record, "FAllAmount")}
        made: d.Delivery = self.mapping.document("delivery", {**record, **sums}, version=version(record))
        return made

    def _local(self, text: Any) -> str:
        """Say the zone of a time of the server, which says none."""
        return moment(str(text)).replace(tzinfo=self.bills.client.account.zone).isoformat()

    def _keys(self, form: Form) -> tuple[str, ...]:
        """Return what to ask for: what the code needs, and what the mapping names of the vendor's fields."""
        wanted = [*form.state, *form.head, form.entry, *form.line]
        entities = [_ENTITIES[form.id], *(["credit_note"] if form is RECEIVABLE else [])]
        known = {key.lower() for key in wanted}
        for name in entities:
            for key in _vendor_fields(self.mapping, name):
                if key.lower() not in known:
                    known.add(key.lower())
                    wanted.append(key)
        return tuple(wanted)


def figure(row: Record, field: str) -> Decimal:
    """Return a number of a row.

    Raises:
        ContractBroken: it is none.
    """
    try:
        number = Decimal(str(row[field]))
    except (InvalidOperation, KeyError):
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > _MOST:
        raise ContractBroken(f"kingdee: a row has no number in {field}", str(row))
    return number


def total(record: Record, field: str) -> Decimal:
    """Add a field up over a document's lines.

    Raises:
        ContractBroken: a line has no number there.
    """
    return sum((figure(row, field) for row in record["lines"]), Decimal(0))


def allocated(record: Record, invoice: str) -> Decimal:
    """Return how much of a receipt is for an invoice."""
    rows = [row for row in record["lines"] if row["FSRCBILLNO"] == invoice]
    return total({**record, "lines": rows}, "FREALRECAMOUNT")


def is_red(record: Record) -> bool:
    """Tell whether a receivable is one that was made against another."""
    return bool(record["lines"][0]["FSourceType"] == RECEIVABLE.id)


def in_force(record: Record) -> bool:
    """Tell whether a document is audited and not void."""
    return bool(record["FDocumentStatus"] == AUDITED and record["FCancelStatus"] != VOID)


def line_names(order: Record) -> dict[str, str]:
    """Return what ltc calls the lines of an order, by their ids in K3Cloud."""
    return {
        str(row[ORDER.entry]): str(row["FEntryNote"] or "").strip() or str(row[ORDER.entry]) for row in order["lines"]
    }


def _by_line(order: Record, issues: list[Record], *, void: bool) -> list[d.LineStatus]:
    """Return how far each line of an order is; nothing where goods went out on a line that names none of the order."""
    out: dict[str, Decimal] = defaultdict(Decimal)
    for row in (row for issue in issues for row in issue["lines"]):
        out[str(row["FSOEntryId"])] += figure(row, "FRealQty")
    names = line_names(order)
    if set(out) - set(names):
        return []
    made = []
    for row in order["lines"]:
        entry, ordered = str(row[ORDER.entry]), int(figure(row, "FQty"))
        given_up = ordered if void else 0
        made.append(d.LineStatus(line=names[entry], ordered=ordered, shipped=int(out[entry]), cancelled=given_up))
    return made


def version(record: Record) -> int:
    """Return when a document last changed or was audited, in milliseconds: it rises with each change of content."""
    dates = [moment(str(record[name])) for name in ("FModifyDate", "FApproveDate") if record.get(name)]
    return int(max(dates, default=datetime(1970, 1, 1, tzinfo=UTC)).timestamp() * 1000)


def moment(text: str) -> datetime:
    """Return a date and time of the server.

    Raises:
        ContractBroken: it is none.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ContractBroken("kingdee: a date is none", text) from None


def _vendor_fields(mapping: Mapping, entity: str) -> Iterable[str]:
    """Yield the vendor's fields that an entity's reading names: those that begin with F, as all of K3Cloud's do."""
    for field in mapping.entities[entity].read:
        for _, _, one in field.flat():
            currency = [Path.parse(str(one.args["currency"]))] if "currency" in one.args else []
            for path in (*one.sources, *currency):
                named = [part for part in path.parts if isinstance(part, str) and part.startswith("F")]
                yield from named[:1]
