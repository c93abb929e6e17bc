"""The trail is whole: it rides along, holes are healed from histories, chains cut short are taken up again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete
from temporalio.client import WorkflowExecutionStatus

from ltc import devserver
from ltc.bootstrap import client_of, open_parts
from ltc.client import EngineAwayError, NotFoundError, RefusedError, UnrecordedError
from ltc.client.connection import connect
from ltc.client.histories import trails
from ltc.ports.store import StoreUnavailable
from ltc.store.records import TRAIL
from starter.sweep import Sweep
from tests.integration.rig import Rig, settings_for, until
from tests.support.chains import opportunity


def later() -> datetime:
    """An instant at which everything that has happened so far is long ago."""
    return datetime.now(UTC) + timedelta(hours=1)


async def ended(rig: Rig) -> str:
    """Run a chain that is cancelled, and return it."""
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    await rig.client.intervene(chain, "cancel", "olga", "test")
    await rig.ended(chain)
    return chain


def forget(connection: Connection, chain: str, low: int, high: int) -> int:
    where = (TRAIL.c.chain == chain, TRAIL.c.seq >= low, TRAIL.c.seq <= high)
    return connection.execute(delete(TRAIL).where(*where)).rowcount


async def test_the_stored_trail_is_that_of_the_history(rig: Rig) -> None:
    chain = await ended(rig)
    run = (await trails(rig.client.temporal, chain))[-1]
    stored = await rig.client.store.timeline(chain)
    assert [(row["seq"], row["kind"]) for row in stored] == [
        (seq, run.entries[seq].kind.value) for seq in sorted(run.entries)
    ]
    assert [row["seq"] for row in stored] == list(range(1, len(stored) + 1))
    assert stored[0]["kind"] == "chain_started"
    assert stored[-1]["kind"] == "ended"


@pytest.mark.parametrize(("low", "high"), [(3, 7), (1, 5), (20, 10_000), (1, 10_000)])
async def test_holes_are_healed_from_the_history(rig: Rig, low: int, high: int) -> None:
    chain = await ended(rig)
    before = await rig.client.store.timeline(chain)
    assert await rig.client.store.write(forget, chain, low, high) > 0
    healed = await rig.client.heal(chain)
    assert healed.inserted == len([row for row in before if low <= row["seq"] <= high])
    assert (healed.missing, healed.alarms) == ([], 0)
    assert await rig.client.store.timeline(chain) == before
    assert await rig.client.store.verify(chain) == []


async def test_the_sweep_heals_without_being_asked(rig: Rig) -> None:
    chains = [await ended(rig) for _ in range(2)]
    for chain in chains:
        await rig.client.store.write(forget, chain, 4, 9)
    swept = await Sweep(rig.client).once()
    assert set(chains) <= set(swept.healed)
    for chain in chains:
        assert await rig.client.store.missing(chain) == []


async def test_healing_what_does_not_exist_is_not_found(rig: Rig) -> None:
    with pytest.raises(NotFoundError):
        await rig.client.heal("lead_to_cash:nobody")


async def test_a_chain_terminated_from_outside_is_undone(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    await rig.client.temporal.get_workflow_handle(chain).terminate("somebody at the Temporal console")
    why = await rig.client.stuck(chain)
    assert [(one.reason, one.owner) for one in why] == [("engine_fault", "role:operator")]
    assert "terminated from outside" in why[0].detail
    sweep = Sweep(rig.client)

    async def repaired() -> bool:  # Temporal's list of chains lags behind
        return chain in (await sweep.once()).repaired

    await until(repaired)
    result = await rig.ended(chain)
    assert result["outcome"] == "cancelled"
    assert (await rig.erp.get(f"/orders/{order['id']}")).json()["status"] == "cancelled"
    await rig.client.heal(chain)
    assert await rig.client.store.missing(chain) == []
    view = await rig.client.store.chain(chain)
    assert view is not None
    assert (view["state"], view["outcome"]) == ("ended", "cancelled")
    assert chain not in (await sweep.once()).repaired


async def test_a_chain_that_runs_or_ended_is_not_repaired(rig: Rig) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    with pytest.raises(RefusedError, match="RUNNING"):
        await rig.client.repair(chain, "test")
    with pytest.raises(RefusedError, match="COMPLETED"):
        await rig.client.repair(await ended(rig), "test")
    with pytest.raises(NotFoundError):
        await rig.client.repair("lead_to_cash:nobody", "test")


async def test_a_chain_whose_last_words_were_lost_is_found_by_the_sweep(rig: Rig) -> None:
    chain = await ended(rig)
    rows = await rig.client.store.timeline(chain)
    await rig.client.store.write(forget, chain, len(rows) - 3, len(rows))
    await rig.client.store.refold(chain)
    sweep = Sweep(rig.client)
    swept = await sweep.once(later())
    assert chain in swept.healed
    view = await rig.client.store.chain(chain)
    assert view is not None
    assert view["state"] == "ended"


async def test_an_answer_that_nobody_stored_is_found_by_the_sweep(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever held the chain was killed before they wrote down what it said: the chain is held, and must be seen so."""
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    known, fresh = Sweep(rig.client), Sweep(rig.client)
    assert chain not in (await known.once(later())).healed

    async def nobody_stores(*_: object) -> None:
        return None

    monkeypatch.setattr(rig.client._talker, "_store", nobody_stores)
    for sweep, action, state in ((known, "hold", "held"), (fresh, "release", "running")):
        assert (await rig.client.intervene(chain, action, "olga", "test")).status == "accepted"
        assert chain in (await sweep.once(later())).healed
        view = await rig.client.store.chain(chain)
        assert view is not None
        assert view["state"] == state
        assert chain not in (await sweep.once(later())).healed


async def test_whoever_asked_is_told_that_the_chain_has_answered_though_the_audit_is_away(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)

    async def away(*_: object) -> None:
        raise StoreUnavailable("the database is locked")

    monkeypatch.setattr(type(rig.client.store), "audit", away)
    with pytest.raises(UnrecordedError, match=r"has answered 'accepted' to 'hold'.*do not ask again before"):
        await rig.client.intervene(chain, "hold", "olga", "test")


async def test_a_start_recorded_while_temporal_was_away_is_carried_out_later(
    dev_server: devserver.DevServer, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, "127.0.0.1:1")
    deal = opportunity(number="AWAY", id="OP-AWAY")
    async with open_parts(settings) as parts:
        away = await client_of(parts)
        with pytest.raises(EngineAwayError, match="is on record"):
            await away.start("lead_to_cash", {"opportunity_id": deal["id"], "opportunity": deal})
        back = await client_of(
            parts, await connect(settings.model_copy(update={"temporal_address": dev_server.address}))
        )
        swept = await Sweep(back).once()
        assert swept.relaunched == ["lead_to_cash:AWAY"]
        handle = back.temporal.get_workflow_handle("lead_to_cash:AWAY")
        assert (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
        assert (await Sweep(back).once()).relaunched == []
        await handle.terminate("end of the test")
