"""Odoo's answers with a field missing, empty or of the wrong kind: held as nonsense or as not there, never a crash."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import BaseModel

from ltc.adapters.odoo import wire
from ltc.adapters.odoo.wire import Odoo
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import ContractBroken, PortError
from tests.contract.odoo.conftest import World, key, line

_GONE = object()
ODD = (_GONE, None, False, "x", -1, 10**30, [], [[]], {}, [1], "2026-13-45 99:99:99")


async def _reads(odoo: World) -> dict[str, Any]:
    """Every read, of documents that are there."""
    invoice = await odoo.invoiced(line(), line(quantity=1))
    await odoo.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=invoice.open), key())
    deal = await odoo.opportunity("X1")
    odoo.fake.within(lambda env: env.write("crm.lead", env.get("crm.lead", int(deal.id)), stage_id=4))
    order, whose = op.OrderId(order=invoice.order), d.CustomerRef(id="CRM1", name="Buyer")
    return {
        "erp.get_order": lambda: odoo.erp.get_order(order),
        "erp.watch_shipments": lambda: odoo.erp.watch_shipments(order),
        "erp.get_invoice": lambda: odoo.erp.get_invoice(op.InvoiceId(invoice=invoice.id)),
        "erp.watch_payments": lambda: odoo.erp.watch_payments(op.InvoiceId(invoice=invoice.id)),
        "crm.get_opportunity": lambda: odoo.crm.get_opportunity(op.OpportunityId(opportunity=deal.id)),
        "customer.resolve": lambda: odoo.directory.resolve(op.ResolveCustomer(customer=whose)),
        "erp.events": lambda: odoo.erp.events(""),
        "crm.events": lambda: odoo.crm.events(""),
    }


@asynccontextmanager
async def spoilt(monkeypatch: pytest.MonkeyPatch, answer: int, field: str, value: Any) -> AsyncIterator[None]:
    """Spoil one field of every record of one answer."""
    count = 0
    whole = Odoo._call

    async def call(self: Odoo, *args: Any) -> Any:
        nonlocal count
        count += 1
        said = await whole(self, *args)
        if count == answer and isinstance(said, list):
            for row in said:
                if isinstance(row, dict) and field in row:
                    row[field] = value
                    if value is _GONE:
                        del row[field]
        return said

    with monkeypatch.context() as patched:
        patched.setattr(Odoo, "_call", call)
        yield


async def _fields(monkeypatch: pytest.MonkeyPatch, read: Any) -> list[tuple[int, str]]:
    """Return the fields of each answer that a read asks for."""
    found: list[tuple[int, str]] = []
    whole, count = Odoo._call, 0

    async def call(self: Odoo, *args: Any) -> Any:
        nonlocal count
        count += 1
        said = await whole(self, *args)
        rows = said if isinstance(said, list) else []
        found.extend((count, name) for row in rows[:1] if isinstance(row, dict) for name in row)
        return said

    with monkeypatch.context() as patched:
        patched.setattr(Odoo, "_call", call)
        await read()
    return found


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 9])
async def test_everything_is_read_whatever_the_pages(odoo: World, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """None, one, one short of a page, a whole page, one more, many."""
    monkeypatch.setattr(wire, "PAGE", 4)
    made = odoo.fake.within(
        lambda env: [env.create("res.partner", {"name": f"Page {one}"})["id"] for one in range(count)]
    )
    rows = await odoo.erp.odoo.find("res.partner", [["name", "ilike", "Page "]], ["name"])
    assert [row["id"] for row in rows] == made


async def test_pages_that_do_not_go_on_end(odoo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAGE", 1)
    whole = Odoo._call

    async def call(self: Odoo, model: str, method: str, ids: Any, within: Any, named: Any) -> Any:
        return await whole(self, model, method, ids, within, {**named, "domain": [["id", "=", 1]]})

    monkeypatch.setattr(Odoo, "_call", call)
    with pytest.raises(ContractBroken, match="does not go on after id 1"):
        await odoo.erp.odoo.find("res.partner", [], ["name"])


async def test_a_field_that_is_not_what_it_should_be(odoo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field once, where it is first read, without a value and with two odd ones; in turn all of them come up."""
    crashed, tried = [], set()
    for name, read in (await _reads(odoo)).items():
        for turn, (answer, field) in enumerate(await _fields(monkeypatch, read)):
            if (name.split(".")[0], field) in tried:
                continue
            tried.add((name.split(".")[0], field))
            for value in (_GONE, ODD[turn % len(ODD)], ODD[(turn * 7 + 3) % len(ODD)]):
                async with spoilt(monkeypatch, answer, field, value):
                    try:
                        assert isinstance(await read(), BaseModel)
                    except PortError:
                        pass
                    except Exception as error:  # noqa: BLE001 - whatever else it is, is what is looked for
                        what = "left out" if value is _GONE else repr(value)
                        crashed.append(f"{name}, answer {answer}: {field} {what}: {type(error).__name__} {error!s:.60}")
    assert not crashed, "\n".join(crashed)
