"""Getting into K3Cloud: sessions, credentials, settings, and that no secret is ever said."""

from typing import Any

import pytest
from pydantic import SecretStr

from ltc.ports import operations as op
from ltc.ports.errors import Misconfigured, PortError
from tests.contract.kingdee.conftest import World, key, line

ORDER = op.CreateOrder(customer="C1", lines=[line()])


@pytest.mark.parametrize("auth", ["app", "user"])
async def test_a_session_is_opened_once_and_again_when_it_is_lost(world: World, auth: str) -> None:
    world.server.signed = False
    options = {**world.connection.options, "auth": auth}
    erp = world.another(options=options, password=SecretStr(world.server.password))
    order = await erp.create_order(ORDER, key())
    assert world.server.logins == 1
    world.server.expire()
    assert (await erp.confirm_order(op.ConfirmOrder(order=order.id), key())).status == "confirmed"
    assert world.server.logins == 2
    world.server.trouble("ExecuteBillQuery", "msgcode", code=1)
    world.server.trouble("ExecuteBillQuery", "msgcode", code=1)
    with pytest.raises(Misconfigured, match="does not accept who we are"):
        await erp.get_order(op.OrderId(order=order.id))
    assert world.server.logins == 3  # once more, not in a loop


async def test_wrong_credentials_are_told_once(world: World) -> None:
    wrong = world.another(token=SecretStr("wrong-hidden"))
    with pytest.raises(Misconfigured):
        await wrong.get_order(op.OrderId(order="X"))
    world.server.signed = False
    for auth in ("app", "user"):
        options = {**world.connection.options, "auth": auth}
        erp = world.another(options=options, token=SecretStr("wrong-hidden"), password=SecretStr("wrong-hidden"))
        with pytest.raises(Misconfigured, match="LoginResultType 0") as refused:
            await erp.get_order(op.OrderId(order="X"))
        assert "wrong-hidden" not in str(refused.value)
    assert world.server.logins == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user": ""}, "user"), ({"database": ""}, "database"), ({"token": SecretStr("")}, "token"), ({"url": ""}, "url"),
        ({"url": "ftp://x"}, "http URL"), ({"options": {}}, "app_id"), ({"options": {"nope": "1"}}, "no option 'nope'"),
        ({"options": {"auth": "user"}}, "password"), ({"options": {"auth": "magic", "app_id": "1_2"}}, "one of"),
        ({"options": {"zone": "Mars", "app_id": "1_2"}}, "zone"), ({"options": {"lcid": "x", "app_id": "1_2"}}, "lcid"),
        ({"options": {"prefix": "LTC-", "app_id": "1_2"}}, "prefix"),
        ({"options": {"crm_field": "F' or", "app_id": "1_2"}}, "crm_field"),
    ],
)  # fmt: skip
async def test_settings_are_checked_before_anything_is_sent(world: World, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as refused:
        world.another(**changes)
    assert world.server.secret not in str(refused.value)


async def test_an_address_that_is_none_of_k3clouds(world: World) -> None:
    erp = world.another(url=f"{world.connection.url}/somewhere/k3cloud")
    with pytest.raises(Misconfigured, match="403"):
        await erp.get_order(op.OrderId(order="X"))


async def test_secrets_are_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    world.server.signed = False
    told = []
    for auth in ("app", "user"):
        erp = world.another(
            options={**world.connection.options, "auth": auth}, password=SecretStr(world.server.password)
        )
        for kind in ("echo", "html", "response_error", "odd", "dropped", "not_allowed", "msgcode"):
            world.server.trouble("Save", kind, code=4)
            with pytest.raises(PortError) as failed:
                await erp.create_order(ORDER, key())
            told.append(f"{failed.value!r} {failed.value} {getattr(failed.value, 'evidence', '')}")
        told.append(repr(erp.tools.bills.client.account))
    said = "\n".join([*told, caplog.text])
    for secret in (world.server.secret, world.server.password, *world.server.sessions):
        assert secret not in said
