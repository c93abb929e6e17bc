"""What systems answered to reads is forgotten long after a chain's end; nothing that keeps effects single goes with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select
from temporalio.service import RPCError, RPCStatusCode

from ltc.client import ChainClient
from ltc.core.stand_in import Script
from ltc.ports.store import Answered, DocumentRef, StartRequest
from ltc.store import Store, versions
from ltc.store.records import INTENTS, RUNS, STARTS, TRAIL
from starter.sweep import Sweep
from tests.support.chains import MONDAY, simulate

DAY = timedelta(days=1)


async def story(store: Store, name: str, until: datetime, *, pays: bool = True) -> None:
    """Put a chain on record, with an effect and two answers to reads."""
    one = simulate(net=250_000, script=Script() if pays else Script(pays=[]), run=False, number=name)
    one.run(until)
    start = StartRequest(
        chain=name, installation="i", process="lead_to_cash", key=name, plan_digest="d", source="file", definition="x",
        plan={}, input={"deal": 1},
    )  # fmt: skip
    await store.record_start(start)
    await store.confirm_start(name)
    await store.append(name, "r1", one.trail)
    intent = await store.plan(f"k-{name}", name, "erp.create_order", "d")
    await store.mark_sent(f"k-{name}", 1, intent.fence)
    await store.confirm(f"k-{name}", DocumentRef(system="erp", type="order", id="SO"), {"id": "SO"})
    for activity in ("lead.resolve#1", "collection.watch#1"):
        await store.keep_answer(
            Answered(
                chain=name, activity=activity, operation="erp.get_order", asked=MONDAY, at=MONDAY, args="a",
                result={"id": "SO"},
            )
        )  # fmt: skip


async def kept(store: Store) -> set[str]:
    return {name for name in ("a", "b", "c", "open") if await store.answers_of(name)}


async def all_else(store: Store) -> list[Any]:
    """Every row that keeps an effect from happening twice."""
    return [
        await store.read(lambda c, t=table: [tuple(row) for row in c.execute(select(t).order_by(*t.primary_key.columns))])
        for table in (INTENTS, STARTS, RUNS, TRAIL)
    ]  # fmt: skip


@pytest.fixture
async def told(store: Store) -> Store:
    for number, name in enumerate(("a", "b", "c")):
        await story(store, name, MONDAY + (60 + number) * DAY)
    await story(store, "open", MONDAY + 10 * DAY, pays=False)
    assert len(await store.chains({"state": "ended"})) == 3  # views are written with this at the latest
    return store


async def test_answers_of_chains_closed_long_ago_go_and_nothing_else(told: Store) -> None:
    ends = {row["chain"]: row["ended_wall"] for row in await told.chains({"state": "ended"})}
    assert sorted(ends) == ["a", "b", "c"]
    before = await all_else(told)
    first = min(ends.values())
    assert await told.forget_answers(first) == versions.Forgotten(0, None), "not one moment earlier"
    assert await kept(told) == {"a", "b", "c", "open"}
    gone = await told.forget_answers(max(ends.values()) + DAY)
    assert gone == versions.Forgotten(3, None)
    assert await kept(told) == {"open"}, "an open chain keeps its answers, however old they are"
    assert await all_else(told) == before
    again = await told.plan("k-a", "a", "erp.create_order", "d")
    assert (again.state, again.result) == ("confirmed", {"id": "SO"}), "the effect is not carried out again"
    assert await told.verify() == []


async def test_closed_chains_are_gone_through_some_at_a_time(told: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "LOOKED_AT", 2)
    far = MONDAY + 9_000 * DAY
    first = await told.forget_answers(far)
    assert first.chains == 2
    assert first.place is not None
    assert await told.forget_answers(far, first.place) == versions.Forgotten(1, None)
    assert await kept(told) == {"open"}


async def test_the_sweep_forgets_as_the_settings_say(told: Store) -> None:
    async def no_workflows(*_: Any, **__: Any) -> Any:
        return
        yield

    async def unknown() -> None:
        raise RPCError("there is none", RPCStatusCode.NOT_FOUND, b"")

    handle = SimpleNamespace(describe=unknown)
    temporal = SimpleNamespace(list_workflows=no_workflows, get_workflow_handle=lambda _: handle)

    async def none_forgotten(_: bytes | None = None) -> tuple[list[str], bytes | None]:
        return [], None

    client = cast(ChainClient, SimpleNamespace(store=told, temporal=temporal, forgotten=none_forgotten))
    ends = [row["ended_wall"] for row in await told.chains({"state": "ended"})]
    await Sweep(client).once(max(ends) + 4_000 * DAY)
    assert await kept(told) == {"a", "b", "c", "open"}, "for ever, unless told otherwise"
    sweep = Sweep(client, timedelta(days=400))
    await sweep.once(min(ends) + 399 * DAY)
    assert await kept(told) == {"a", "b", "c", "open"}
    await sweep.once(max(ends) + 401 * DAY)
    assert await kept(told) == {"open"}
