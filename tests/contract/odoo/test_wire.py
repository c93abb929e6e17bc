"""The wire: what the adapter makes of Odoo's answers, and that the fake answers as Odoo does."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from ltc.adapters.odoo import ADAPTER
from ltc.adapters.odoo.wire import error_of
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, Unavailable
from tests.contract.odoo.conftest import KEY, World, connection, key, line


async def test_a_lost_race_did_nothing_and_is_tried_again(odoo: World) -> None:
    request, one = op.CreateOrder(customer="1", lines=[line()]), key()
    odoo.fake.conflicts = 1
    with pytest.raises(Unavailable, match="SerializationFailure"):
        await odoo.erp.create_order(request, one)
    assert (odoo.fake.store.table("sale.order"), odoo.fake.effects) == ({}, [])
    assert (await odoo.erp.create_order(request, one)).status == "draft"


async def test_a_held_lock_did_nothing(odoo: World) -> None:
    order = await odoo.draft()
    odoo.fake.locked.add(("sale.order", int(order.id)))
    with pytest.raises(Unavailable, match="LockNotAvailable"):
        await odoo.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    odoo.fake.locked.clear()
    assert (await odoo.erp.get_order(op.OrderId(order=order.id))).status == "draft"


async def test_too_many_calls_say_when_to_come_back(odoo: World) -> None:
    odoo.fake.limited = 1
    with pytest.raises(Unavailable) as busy:
        await odoo.erp.create_order(op.CreateOrder(customer="1", lines=[line()]), key())
    assert busy.value.retry_after == 7


@pytest.mark.parametrize("changes", [{"token": SecretStr("wrong-s3cret")}, {"database": "elsewhere"}])
async def test_a_wrong_key_or_database_is_one_clear_message(odoo: World, changes: dict[str, Any]) -> None:
    port = ADAPTER.connect("erp", connection(odoo.url, **changes))
    with pytest.raises(Misconfigured) as no:
        await port.get_order(op.OrderId(order="1"))  # type: ignore[attr-defined]
    await port.aclose()
    assert "s3cret" not in str(no.value)


async def test_missing_rights_are_a_setting(odoo: World) -> None:
    odoo.fake.forbidden.add("sale.order")
    with pytest.raises(Misconfigured, match="access rights"):
        await odoo.draft()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"options": {"langauge": "de"}}, "unknown option 'langauge'"),
        ({"options": {"feed_overlap": "soon"}}, "must be a number"),
        ({"token": SecretStr("")}, "no API key"),
        ({"url": ""}, "no address"),
    ],
)
def test_settings_are_checked_at_once(changes: dict[str, Any], said: str) -> None:
    url = changes.pop("url", "http://127.0.0.1:1")
    with pytest.raises(Misconfigured, match=said):
        ADAPTER.connect("erp", connection(url, **changes))


async def test_write_off_without_its_account_names_the_option(odoo: World) -> None:
    invoice = await odoo.invoiced()
    port = ADAPTER.connect("erp", connection(odoo.url, options={}))
    with pytest.raises(Misconfigured, match="write_off_account"):
        await port.write_off(op.InvoiceId(invoice=invoice.id), key())  # type: ignore[attr-defined]
    await port.aclose()


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (401, "werkzeug.exceptions.Unauthorized", Misconfigured),
        (403, "odoo.exceptions.AccessError", Misconfigured),
        (404, "odoo.exceptions.MissingError", BusinessRefusal),
        (404, "werkzeug.exceptions.NotFound", Misconfigured),
        (409, "odoo.exceptions.LockError", Unavailable),
        (422, "odoo.exceptions.UserError", BusinessRefusal),
        (422, "werkzeug.exceptions.UnprocessableEntity", ContractBroken),
        (429, "", Unavailable),
        (500, "builtins.ValueError", ContractBroken),
        (500, "psycopg2.errors.DeadlockDetected", Unavailable),
        (502, "", OutcomeUnknown),
        (503, "", Unavailable),
        (303, "", Misconfigured),
    ],
)
def test_each_answer_means_one_thing(status: int, name: str, kind: type[Exception]) -> None:
    body: dict[str, Any] = (
        {"json": {"name": name, "message": "no", "debug": "a traceback"}} if name else {"html": "<p>"}
    )
    error = error_of(httpx.Response(status, **body), "odoo: x.y")
    assert type(error) is kind or isinstance(error, kind)
    assert "traceback" not in f"{error} {vars(error)}"


async def test_the_fake_answers_as_odoo_does(odoo: World) -> None:
    order = await odoo.draft()
    number = int(order.id)
    async with httpx.AsyncClient(base_url=odoo.url, headers={"authorization": f"bearer {KEY}"}) as client:

        async def call(model: str, method: str, **said: Any) -> tuple[int, Any]:
            answer = await client.post(f"/json/2/{model}/{method}", json=said)
            return answer.status_code, answer.json()

        assert (await call("sale.order", "read", ids=[number], fields=["name", "origin", "partner_id"]))[1] == [
            {"id": number, "name": "S00001", "origin": order.reference, "partner_id": [1, "Buyer"]}
        ]
        assert (await call("res.partner", "read", ids=[1], fields=["email"]))[1][0]["email"] is False
        (row,) = (await call("sale.order", "search_read", domain=[], fields=["write_date"]))[1]
        assert len(row["write_date"]) == len("2026-01-01 00:00:00")
        for model, method, said, status in [
            ("no.model", "read", {}, 404),
            ("sale.order", "no_method", {}, 404),
            ("sale.order", "_create_invoices", {"ids": [number]}, 404),
            ("sale.order", "search_read", {"ids": [number]}, 422),
            ("sale.order", "read", {"ids": [number], "feilds": []}, 422),
            ("sale.order", "read", {"ids": [999]}, 404),
            ("sale.order", "write", {"ids": [number], "vals": {"no_field": 1}}, 500),
            ("sale.order", "action_confirm", {"ids": [number]}, 200),
            ("sale.order", "action_confirm", {"ids": [number]}, 422),
            ("stock.picking", "button_validate", {"ids": [1]}, 422),
        ]:
            answer = await call(model, method, **said)
            assert answer[0] == status, (model, method, answer)
            assert status == 200 or set(answer[1]) == {"name", "message", "arguments", "context", "debug"}
        assert (await client.get("/json/2/sale.order/read")).status_code == 404
        assert (await client.post("/json/2/sale.order/read", content=b"{", headers={"content-type": "application/json"})).status_code == 400  # fmt: skip


async def test_the_fake_keeps_odoos_rules(odoo: World) -> None:
    delivery = await odoo.delivered()
    invoice = await odoo.erp.post_invoice(op.DeliveryId(delivery=delivery.id), key())
    lead = await odoo.lead("X1")
    headers = {"authorization": f"bearer {KEY}"}
    async with httpx.AsyncClient(base_url=odoo.url, headers=headers) as client:
        for model, method, number in [
            ("stock.picking", "action_cancel", delivery.id),
            ("stock.picking", "button_validate", delivery.id),
            ("account.move", "action_post", invoice.id),
            ("account.move", "unlink", invoice.id),
        ]:
            answer = await client.post(f"/json/2/{model}/{method}", json={"ids": [int(number)]})
            assert (answer.status_code, answer.json()["name"]) == (422, "odoo.exceptions.UserError")
        said = {"ids": [int(lead.id)], "partner": False}
        assert (await client.post("/json/2/crm.lead/convert_opportunity", json=said)).status_code == 200
    assert odoo.fake.store.table("crm.lead")[int(lead.id)]["partner_id"] is None  # dropped: the wizard keeps it


async def test_two_calls_are_two_transactions(odoo: World) -> None:
    order = await odoo.draft()
    await odoo.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    (confirmed,) = [one for one in odoo.fake.effects if one.method == "action_confirm"]
    assert (confirmed.ids, confirmed.made("stock.picking"), confirmed.made("stock.move")) == (
        (int(order.id),),
        [1],
        [1],
    )
