"""How systems are doing, on record: the newest word of each worker, one answer for each system."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from ltc.ports.health import HealthState, SystemHealth
from ltc.store import Store
from ltc.store.health import HEALTH

SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def view(
    worker: str, state: HealthState = "away", system: str = "erp", minutes: int = 0, waiting: int = 1
) -> SystemHealth:
    since = SINCE + timedelta(minutes=minutes)
    return SystemHealth(
        system=system, worker=worker, state=state, since=since, next_try=since + timedelta(minutes=30),
        error=f"ConnectError of {worker}", waiting=waiting,
    )  # fmt: skip


async def test_a_worker_has_one_word_on_a_system(store: Store) -> None:
    await store.record_health(view("w1"))
    await store.record_health(view("w1", "trying", waiting=7))
    (found,) = await store.troubled_systems()
    assert (found.state, found.waiting, found.since) == ("trying", 7, SINCE)
    assert found.seen is not None


async def test_workers_are_added_up_and_the_longest_absence_counts(store: Store) -> None:
    await store.record_health(view("w1", minutes=5, waiting=30))
    await store.record_health(view("w2", minutes=2, waiting=7))
    await store.record_health(view("w2", system="crm", waiting=1))
    crm, erp = await store.troubled_systems()
    assert (erp.system, erp.since, erp.waiting) == ("erp", SINCE + timedelta(minutes=2), 37)
    assert erp.next_try == SINCE + timedelta(minutes=32)
    assert crm.system == "crm"
    assert [one.system for one in await store.troubled_systems("crm")] == ["crm"]


async def test_the_newest_word_decides_whether_it_is_well(store: Store) -> None:
    await store.record_health(view("w1"))
    await store.record_health(view("w2", "well", waiting=0))
    assert await store.troubled_systems() == []
    await store.record_health(view("w1"))
    assert [one.system for one in await store.troubled_systems()] == ["erp"]


async def test_the_word_of_a_worker_that_has_ended_counts_no_more(store: Store) -> None:
    await store.record_health(view("w1"))
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    await store.write(lambda connection: connection.execute(update(HEALTH).values(seen=long_ago)).rowcount)
    assert await store.troubled_systems() == []
