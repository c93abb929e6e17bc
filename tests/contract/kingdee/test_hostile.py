"""K3Cloud's rows with a value missing or of the wrong kind: held as nonsense, never a crash."""

from typing import Any

import pytest
from pydantic import BaseModel

from ltc.adapters.kingdee.client import K3Client
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import PortError
from tests.contract.kingdee.conftest import World, cny, key

ODD = (None, False, "x", -1, 10**30, [], {}, "2026-13-45T99:99:99", "")


async def _reads(world: World) -> dict[str, Any]:
    """Reads of every kind of document, of some that are there."""
    payment = await world.paid()
    invoice = await world.erp.get_invoice(op.InvoiceId(invoice=payment.invoice))
    whose = d.CustomerRef(id="C1", name="Buyer")
    return {
        "watch_shipments": lambda: world.erp.watch_shipments(op.OrderId(order=invoice.order)),
        "watch_payments": lambda: world.erp.watch_payments(op.InvoiceId(invoice=invoice.id)),
        "exchange_rate": lambda: world.erp.exchange_rate(op.Currencies(source="USD", target="CNY")),
        "resolve": lambda: world.customer.resolve(op.ResolveCustomer(customer=whose)),
        "events": lambda: world.erp.events(""),
        "probe": lambda: world.erp.probe(
            "erp.register_payment", key(), op.RegisterPayment(invoice=invoice.id, amount=cny(1))
        ),
    }


async def _asked(
    monkeypatch: pytest.MonkeyPatch, read: Any, answer: int = 0, place: int = 0, value: Any = None
) -> list[int]:
    """Read with one value of every row of one answer spoilt; return how many values each answer's rows have."""
    widths: list[int] = []
    whole = K3Client._call

    async def call(self: K3Client, service: str, *args: Any, **named: Any) -> Any:
        rows = await whole(self, service, *args, **named)
        widths.append(len(rows[0]) if rows else 0)
        if len(widths) == answer:
            for row in rows:
                row[place] = value
        return rows

    with monkeypatch.context() as patched:
        patched.setattr(K3Client, "_call", call)
        result = await read()
        assert result is None or isinstance(result, BaseModel)
    return widths


async def test_a_value_that_is_not_what_it_should_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place of each answer, with two odd values; in turn all of them come up."""
    crashed = []
    for name, read in (await _reads(world)).items():
        for answer, width in enumerate(await _asked(monkeypatch, read), 1):
            for place in range(width):
                for turn in range(2):
                    value = ODD[(place + turn * 5 + answer) % len(ODD)]
                    try:
                        await _asked(monkeypatch, read, answer, place, value)
                    except PortError:
                        pass
                    except Exception as error:  # noqa: BLE001 - whatever else it is, is what is looked for
                        what = f"{name}, answer {answer}, place {place}: {value!r}"
                        crashed.append(f"{what}: {type(error).__name__} {error!s:.60}")
    assert not crashed, "\n".join(crashed)
