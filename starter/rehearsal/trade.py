"""What happens around the sale in a rehearsal: the workshop makes, suppliers deliver, customers change their minds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from ltc.model.money import round_minor
from starter.bots.stage import listed
from starter.rehearsal.actions import number_of
from starter.rehearsal.registry import action
from starter.rehearsal.sights import Sight, instant, sight
from starter.rehearsal.stage import Row, Stage


@sight("make")
async def productions(stage: Stage) -> list[Sight]:
    """Released production orders, in parts. Place: the product."""
    rows = await listed(stage.erp, "/workshop/open")
    return [_demand("make", row["product"], f"make {row['production']}", row["released"], row) for row in rows]


@sight("supply")
async def purchases(stage: Stage) -> list[Sight]:
    """Confirmed purchase orders, in parts. Place: the product."""
    rows = await listed(stage.erp, "/supplier/open")
    return [_demand("supply", row["product"], f"supply {row['purchase']}", row["confirmed"], row) for row in rows]


def _demand(kind: str, place: str, key: str, since: str, row: Row) -> Sight:
    return Sight(kind, place, row["chain"], key, instant(since), row, demand=True, parts=True)


@action("make", "supply")
async def bring(stage: Stage, sight: Sight, named: str, share: int = 100) -> bool:
    """The workshop finishes, or the supplier delivers, a share (percent) of what is still to come."""
    done, field, path = (
        ("finished", "production", "/workshop/finish")
        if named == "make"
        else ("received", "purchase", "/supplier/deliver")
    )
    left = sight.row["quantity"] - sight.row[done]
    body = {field: sight.row[field], "quantity": max(1, -(-left * share // 100))}
    return await stage.command(stage.erp, path, body) is not None


@action("take_in")
async def take_in(stage: Stage, sight: Sight) -> bool:
    """The warehouse takes in the goods of an agreed return: about the news ``effect erp.accept_return``."""
    body = {"goods_return": sight.row["document_id"]}
    return await stage.command(stage.erp, "/warehouse/take-in", body) is not None


@action("pay_less_discount")
async def pay_less_discount(stage: Stage, sight: Sight) -> bool:
    """The customer pays an invoice less its cash discount."""
    off = round_minor(Decimal(sight.row["gross"]) * Decimal(sight.row["discount_rate"] or 0) / 100)
    body = {"allocations": [{"invoice": sight.row["invoice"], "minor": sight.row["open"] - off}]}
    return await stage.command(stage.erp, "/bank/payments", body) is not None


@action("promise")
async def promise(stage: Stage, sight: Sight, days: int) -> bool:
    """The customer promises to pay an invoice within so many days: about the news ``effect erp.post_invoice``."""
    until = stage.tempo.now() + timedelta(days=days)
    body = {"invoice": sight.row["document_id"], "promised_until": until.isoformat()}
    return await stage.command(stage.erp, "/collections/notes", body) is not None


@action("pay_together")
async def pay_together(stage: Stage, sight: Sight) -> bool:
    """The customer pays all open invoices of the chain by one transfer."""
    rows = [row for row in await listed(stage.erp, "/bank/open") if row["chain"] == sight.chain]
    body = {"minor": sum(row["open"] for row in rows), "invoices": [row["invoice"] for row in rows]}
    return await stage.command(stage.erp, "/bank/transfers", body) is not None


@action("change_order")
async def change_order(
    stage: Stage, sight: Sight, quantity: dict[str, int] | None = None, drop: list[str] | None = None,
    price: dict[str, str] | None = None, reason: str = "the customer wants it otherwise",
) -> bool:  # fmt: skip
    """The customer changes the order: so many of some lines, others at another unit price, some not at all."""
    number = number_of(stage, sight)
    cast = stage.of(sight.chain)
    assert cast is not None
    deal = cast.plan.deal.model_dump(mode="json")
    lines = [
        _changed(line, (quantity or {}).get(line["id"]), (price or {}).get(line["id"]))
        for line in deal["lines"]
        if line["id"] not in (drop or [])
    ]
    body = {"opportunity": number, "lines": lines, "reason": reason}
    return await stage.command(stage.crm, f"/opportunities/{number}/change", body) is not None


def _changed(line: Row, quantity: int | None, price: str | None) -> Row:
    """Return a line with another quantity or price; its amounts follow, at the tax it had."""
    if quantity is None and price is None:
        return line
    each = line["unit_price"]["minor"] if price is None else round_minor(Decimal(price) * 100)
    count = quantity or line["quantity"]
    net = round_minor(each * count * (1 - Decimal(str(line["discount"]))))
    tax = round_minor(Decimal(net * line["tax"]["minor"]) / line["net"]["minor"]) if line["net"]["minor"] else 0
    amounts = {"unit_price": each, "net": net, "tax": tax, "gross": net + tax}
    return {**line, "quantity": count, **{name: {**line[name], "minor": minor} for name, minor in amounts.items()}}


@action("cancel_lines")
async def cancel_lines(stage: Stage, sight: Sight, lines: list[str], reason: str = "not wanted any more") -> bool:
    """The customer cancels lines of the order."""
    number = number_of(stage, sight)
    body: dict[str, Any] = {"opportunity": number, "lines": lines, "reason": reason}
    return await stage.command(stage.crm, f"/opportunities/{number}/cancel-lines", body) is not None


@action("announce_return")
async def announce_return(
    stage: Stage, sight: Sight, lines: dict[str, int], reason: str = "the goods do not please"
) -> bool:
    """The customer says that so many pieces of some lines come back."""
    number = number_of(stage, sight)
    rows = [{"line": line, "quantity": count} for line, count in lines.items()]
    body = {"opportunity": number, "lines": rows, "reason": reason}
    return await stage.command(stage.crm, f"/opportunities/{number}/returns", body) is not None
