"""The contract suite over the fake K3Cloud, with its own record of effects counted."""

from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel, SecretStr

from ltc.adapters.kingdee import ADAPTER
from ltc.contract.bench import Bench, Refused, open_bench
from ltc.contract.building import Samples
from ltc.contract.cases import check, works
from ltc.contract.outcome import Case
from ltc.contract.rigs.kingdee import KingdeeRig
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.sandbox.server import ServerThread
from tests.contract.kingdee.conftest import seeded
from tests.fakes.kingdee.server import Server

WORKS = works()
# The last step of each operation, and the field of the request that names the document where it makes none.
LAST = {
    "erp.create_order": ("Save", ""), "erp.cancel_order": ("Cancel", "order"), "erp.confirm_order": ("Audit", "order"),
    "erp.unconfirm_order": ("UnAudit", "order"), "erp.release_delivery": ("Audit", ""),
    "erp.cancel_delivery": ("Cancel", "delivery"), "erp.ship_delivery": ("Audit", ""),
    "erp.receive_return": ("Audit", ""), "erp.post_invoice": ("Audit", ""), "erp.credit_note": ("Audit", ""),
    "erp.register_payment": ("Audit", ""), "erp.reverse_payment": ("Cancel", "payment"),
}  # fmt: skip


class CountingRig(KingdeeRig):
    """Looks into the fake past the adapter."""

    server: Server

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """Count how often the operation's last step took effect on its document."""
        if operation not in LAST:
            return None
        service, field = LAST[operation]
        number = getattr(request, field) if field else bench.port(operation).tools.number(key)
        return sum((one.service, one.number) == (service, number) for one in self.server.system.effects)

    async def ready(self, bench: Bench, operation: str) -> BaseModel:
        """Ask for a rate between two currencies: that of one to itself K3Cloud is not asked for."""
        if operation == "erp.exchange_rate":
            return op.Currencies(source="USD", target="CNY")
        return await super().ready(bench, operation)

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """A receipt that is void already is what reversing wants: K3Cloud cannot tell whose wish it was."""
        return None if operation == "erp.reverse_payment" else await super().refused(bench, operation)


@pytest.fixture(scope="session")
async def bench() -> AsyncIterator[Bench]:
    server = Server(system=seeded())
    thread = ServerThread(server).start()
    connection = Connection(
        thread.url, token=SecretStr(server.secret), user=server.user, database=server.database, timeout=5.0,
        settle_seconds=0.0, options={"app_id": server.app_id},
    )  # fmt: skip
    rig = CountingRig(ADAPTER, dict.fromkeys(("erp", "customer"), connection), Samples(currency="CNY"))
    rig.server = server
    async with open_bench(rig) as opened:
        yield opened
    thread.stop()


@pytest.mark.parametrize(("case", "subject"), WORKS, ids=[f"{case.id}-{subject}" for case, subject in WORKS])
async def test_behaviour(bench: Bench, case: Case, subject: str) -> None:
    outcome = await check(bench, case, subject)
    if outcome.status == "unsupported":
        pytest.skip(outcome.why)
    assert outcome.status == "ok", f"{case.sentence}: {outcome.why}; {outcome.to_do}"
