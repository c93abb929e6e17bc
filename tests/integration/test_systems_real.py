"""Real systems come up from the template, let ltc in, survive the death of a server, and are ended for certain."""

import httpx

from tests.support.systems import RealSystem


def _login(system: RealSystem) -> httpx.Response:
    chosen = system.settings["erp"]
    words = [chosen.user, {"password": chosen.password.get_secret_value()}, "en"]
    body = {"id": 1, "method": "common.db.login", "params": words}
    return httpx.post(f"{chosen.url}/{chosen.database}/rpc/", json=body, timeout=30)


def test_tryton_lets_ltc_in_and_comes_back_at_its_address_after_a_kill(tryton: RealSystem) -> None:
    assert _login(tryton).json()["result"]

    before = tryton.url
    tryton.strike()
    states = {row.name: row.state for row in tryton.systems.status()}
    assert states == {"tryton-postgres": "running", "tryton": "down"}

    tryton.revive()
    assert tryton.url == before
    assert _login(tryton).json()["result"]
