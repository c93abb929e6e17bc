"""Bad days on a real worker: wrong credentials, a system away and back, nonsense. What is asked is how often we call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ltc.cli.stuck_group import grouped
from ltc.ports.errors import ContractBroken, Misconfigured, Unavailable
from tests.integration.rig import Rig, until


class Scripted:
    """Stands before an operation of the CRM and counts; ``error`` is raised while it is set."""

    def __init__(self, real: Callable[..., Any], error: Exception | None) -> None:
        self.real, self.error, self.calls = real, error, 0

    def method(self) -> Callable[..., Any]:
        async def qualify_lead(request: Any, key: str) -> Any:
            self.calls += 1
            if self.error is not None:
                raise self.error
            return await self.real(request, key)

        return qualify_lead


@pytest.fixture
def scripted(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], Scripted]:
    crm: Any = rig.parts.systems["crm"]

    def script(error: Exception) -> Scripted:
        made = Scripted(crm.qualify_lead, error)
        monkeypatch.setattr(crm, "qualify_lead", made.method(), raising=False)
        return made

    return script


async def held(rig: Rig, chain: str) -> Any:
    async def ask() -> Any:
        return next((one for one in await rig.client.stuck(chain) if one.reason == "held"), None)

    return await until(ask)


async def test_wrong_credentials_hold_after_one_call(rig: Rig, scripted: Callable[[Exception], Scripted]) -> None:
    crm = scripted(Misconfigured("crm: the token was refused (401); set LTC_CRM_TOKEN"))
    for number in (1, 2):
        chain, _ = await rig.begin()
        said = await held(rig, chain)
        assert said.detail.startswith("misconfigured: ")
        assert "the token was refused (401); set LTC_CRM_TOKEN" in said.detail
        assert crm.calls == number  # one call for each chain: nothing goes round in a loop
    assert await rig.parts.store.troubled_systems("crm") == []  # it is there; it does not know us


async def test_nonsense_is_held_with_the_evidence(rig: Rig, scripted: Callable[[Exception], Scripted]) -> None:
    crm = scripted(ContractBroken("crm: answered 200 with something that is not JSON", "<html>Sign in"))
    chain, _ = await rig.begin()
    said = await held(rig, chain)
    assert "contract_broken" in said.detail
    assert "<html>Sign in" in said.detail
    assert crm.calls == 1


async def test_a_system_that_was_away_is_left_alone_and_all_go_on(
    rig: Rig, scripted: Callable[[Exception], Scripted]
) -> None:
    crm = scripted(Unavailable("crm is away: ConnectError"))
    chains = [(await rig.begin())[0] for _ in range(12)]

    async def known() -> Any:
        found = await rig.parts.store.troubled_systems("crm")
        return found if found and found[0].waiting >= 10 else None

    (away,) = await until(known)
    assert away.state in ("away", "trying")
    assert away.error == "Unavailable: crm is away: ConnectError"
    assert crm.calls < 36  # twelve chains, each tried again several times; most were turned away uncalled
    found = [one.model_dump(mode="json") for one in await rig.client.stuck() if one.chain in chains]
    rows = grouped(found, [away.model_dump(mode="json")])
    assert len(rows) == 1
    trial = "; one call tries it now" if away.state == "trying" else ""
    assert rows[0]["detail"] == f"crm is away{trial}: Unavailable: crm is away: ConnectError"
    crm.error = None

    async def on() -> bool:
        where = [await rig.client.where(chain) for chain in chains]
        return all(one.leg not in ("", "lead") for one in where)

    await until(on)

    async def well() -> bool:
        return await rig.parts.store.troubled_systems("crm") == []

    await until(well)
