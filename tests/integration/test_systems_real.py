"""Real systems come up from the template, let ltc in, survive the death of a server, and are ended for certain."""

import httpx
import pytest

from tests.support.systems import FIRST_TIME, RealSystem, own


def _login(system: RealSystem) -> httpx.Response:
    chosen = system.settings["erp"]
    words = [chosen.user, {"password": chosen.password.get_secret_value()}, "en"]
    body = {"id": 1, "method": "common.db.login", "params": words}
    return httpx.post(f"{chosen.url}/{chosen.database}/rpc/", json=body, timeout=30)


@pytest.mark.real
@pytest.mark.timeout(FIRST_TIME)
def test_tryton_lets_ltc_in_and_comes_back_at_its_address_after_a_kill() -> None:
    with own("tryton") as tryton:
        assert _login(tryton).json()["result"]
        before = tryton.url
        tryton.strike()
        states = {row.name: row.state for row in tryton.systems.status()}
        assert states == {"tryton-postgres": "running", "tryton": "down"}
        tryton.revive()
        assert tryton.url == before
        assert _login(tryton).json()["result"]
    assert {row.state for row in tryton.systems.status()} <= {"down"}
