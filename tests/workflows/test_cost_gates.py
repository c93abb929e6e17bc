"""What a chain costs on the engine, trail included: exact, on any machine. These counts only ever go down."""

from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from benchmarks.count import count
from ltc.core.stand_in import Script
from ltc.definition.compile import load
from ltc.devserver import DevServer
from ltc.model.trail import Kind
from tests.workflows.history_count import Trail, count_engine, count_yardstick
from tests.workflows.played_chain import play

REALISTIC = Path(__file__).parents[2] / "benchmarks" / "realistic_chain.yaml"


def assert_whole(trail: Trail) -> None:
    """Cheap because the trail rides along, not because it stayed behind: no entry is missing, to the last."""
    assert sorted(trail.entries) == list(range(1, max(trail.entries) + 1))
    assert trail.entries[max(trail.entries)].kind == Kind.ENDED


async def test_the_plain_chain_costs_no_more_than_by_hand(dev_server: DevServer) -> None:
    yardstick = await count_yardstick(dev_server, "SO-gate", "yardstick")
    engine, trail = await count_engine(dev_server)

    assert engine.actions <= 13
    assert engine.events <= yardstick.events
    assert engine.tasks <= yardstick.tasks
    assert engine.bytes <= 1.1 * yardstick.bytes
    assert (engine.actions, engine.events, engine.tasks) == (13, 66, 11)
    assert_whole(trail)
    started = [entry.leg for entry in trail.entries.values() if entry.kind == Kind.SLA_STARTED]
    assert started == ["lead", "order", "approval", "shipment", "invoice", "collection"]


async def test_a_realistic_chain_costs_what_is_written_here(time_skipping: WorkflowEnvironment) -> None:
    """Two deliveries, an invoice and a payment for each, SLAs in days: 12 days pass, with a look at each wait a day."""
    # Off the hours at which the waits look by themselves, so that event and look never meet by chance.
    script = Script(parts=[60, 40], ship_after=timedelta(days=2, hours=3), pay_after=timedelta(days=7, hours=5))
    handle, trail = await play(time_skipping, load(REALISTIC), script)
    counts = count([event async for event in handle.fetch_history_events()])

    assert (counts.actions, counts.events, counts.tasks) == (70, 342, 59)
    assert counts.kinds["ACTIVITY_TASK_SCHEDULED"] == 33
    assert counts.kinds["TIMER_STARTED"] == 28
    assert counts.kinds["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"] == 3
    assert_whole(trail)
    kinds = [entry.kind for entry in trail.entries.values()]
    assert kinds.count(Kind.DECIDED) == 1
    assert kinds.count(Kind.EVENT_TAKEN) == 4
