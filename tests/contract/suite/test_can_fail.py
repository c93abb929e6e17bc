"""The suite finds what is wrong: adapters with one fault each fail the case that is about it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ltc.adapters.sandbox import ADAPTER
from ltc.adapters.sandbox.erp import SandboxErp
from ltc.contract.bench import open_bench
from ltc.contract.cases import CASES, check
from ltc.contract.outcome import Outcome
from ltc.contract.rigs.sandbox import SandboxRig
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.adapters import Adapter, Connection
from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage
from tests.contract.suite.conftest import TOKEN, sandbox_rig

ORDER = "erp.create_order"


class ClaimsTooMuch(SandboxErp):
    """Says A where the system does not keep keys."""

    def effect_class(self, operation: str) -> EffectClass:
        return EffectClass.A


class Forgetful(SandboxErp):
    """Its probe never finds anything."""

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        return None


class Hopeful(SandboxErp):
    """Its probe takes any order of the customer for the one sought."""

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        return await super().probe(operation, key, request) or await self.get_order(op.OrderId(order="SO1"))


class TooSure(SandboxErp):
    """Takes a lost answer for a request that never left."""

    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        try:
            return await super().create_order(request, key)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from None


class Silent(SandboxErp):
    """Nonsense without evidence."""

    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        try:
            return await super().create_order(request, key)
        except ContractBroken as error:
            raise ContractBroken(str(error)) from None


class Careless(SandboxErp):
    """Raises what is no port error."""

    async def get_order(self, request: op.OrderId) -> d.Order:
        raise KeyError(request.order)


class Classless(SandboxErp):
    """Has a method that its classes do not know."""

    def effect_class(self, operation: str) -> EffectClass:
        if operation == ORDER:
            raise Misconfigured(f"wrong does not carry out {operation}")
        return super().effect_class(operation)


class OfItsOwnClass(SandboxErp):
    """Names a class that there is not."""

    def effect_class(self, operation: str) -> Any:
        return "E"


class Chatty(SandboxErp):
    """Says its token."""

    async def get_order(self, request: op.OrderId) -> d.Order:
        try:
            return await super().get_order(request)
        except PortError as error:
            raise Unavailable(f"{error} with {TOKEN}") from None


class Skipping(SandboxErp):
    """Its feed passes over what shares a page."""

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        page = await super().events(after, limit, wait)
        return EventPage(events=page.events[:1], next=page.next)


class Stale(SandboxErp):
    """Its versions never rise."""

    async def get_order(self, request: op.OrderId) -> d.Order:
        return (await super().get_order(request)).model_copy(update={"version": 1})


PLANTED: list[tuple[type[SandboxErp], str, str, str]] = [
    (ClaimsTooMuch, "twice-is-once", ORDER, "class A is claimed"),
    (ClaimsTooMuch, "lost-reply", ORDER, "times"),
    (Forgetful, "takes-place", ORDER, "the probe finds nothing"),
    (Forgetful, "lost-reply", ORDER, ""),
    (Hopeful, "takes-place", ORDER, "before anything was done"),
    (TooSure, "lost-reply", ORDER, "times"),
    (Silent, "nonsense", ORDER, "no evidence"),
    (Careless, "reads", "erp.get_order", "KeyError"),
    (Careless, "not-found", "erp.get_order", "(test_can_fail.py, line "),
    (Classless, "declared", "erp", "there is a method create_order, but effect_class('erp.create_order') raises"),
    (OfItsOwnClass, "declared", "erp", "gives 'E'"),
    (Skipping, "feed", "erp.goods_shipped", "the feed"),
    (Stale, "stale-version", "", "version"),
]


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxRig]:
    with sandbox_rig(tmp_path_factory.mktemp("planted"), EffectClass.C) as made:
        yield made


def wrong(rig: SandboxRig, made: type[SandboxErp]) -> SandboxRig:
    def erp(to: Connection) -> Any:
        return made(to.url, token=to.token, timeout=to.timeout, settle_seconds=0.0, classes=to.classes)

    ports: dict[str, Callable[[Connection], Any]] = {**ADAPTER.ports, "erp": erp}
    return SandboxRig(Adapter("wrong", made.__doc__ or "", ports, "nothing"), rig.connections)


async def outcome_of(rig: SandboxRig, case: str, subject: str) -> Outcome:
    (one,) = [known for known in CASES if known.id == case]
    async with open_bench(rig) as bench:
        return await check(bench, one, subject)


@pytest.mark.parametrize(("made", "case", "subject", "why"), PLANTED)
async def test_a_planted_fault_is_found(
    rig: SandboxRig, made: type[SandboxErp], case: str, subject: str, why: str
) -> None:
    outcome = await outcome_of(wrong(rig, made), case, subject)
    assert outcome.status == "failed", outcome
    assert why in outcome.why
    assert outcome.to_do
    assert (await outcome_of(rig, case, subject)).status == "ok"


async def test_a_secret_that_is_said_is_found(rig: SandboxRig) -> None:
    cases = {case.id: case for case in CASES}
    async with open_bench(wrong(rig, Chatty)) as bench:
        await check(bench, cases["not-found"], "erp.get_order")
        outcome = await check(bench, cases["secrets"], "")
    assert outcome.status == "failed"
    assert TOKEN not in outcome.why + outcome.to_do


async def test_away_and_refused_systems_cannot_be_checked(rig: SandboxRig, tmp_path: Path) -> None:
    nobody = {port: Connection("http://127.0.0.1:9") for port in rig.connections}
    with pytest.raises(PortError):
        async with open_bench(SandboxRig(ADAPTER, nobody)):
            raise AssertionError("nobody is there")
