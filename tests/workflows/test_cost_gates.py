"""What a chain costs on the engine, trail included, against the same chain by hand: exact, on any machine."""

from ltc.devserver import DevServer
from ltc.model.trail import Kind
from tests.workflows.history_count import count_engine, count_yardstick


async def test_the_plain_chain_costs_no_more_than_by_hand(dev_server: DevServer) -> None:
    yardstick = await count_yardstick(dev_server, "SO-gate", "yardstick")
    engine, trail = await count_engine(dev_server)

    assert engine.actions <= 14
    assert engine.events <= yardstick.events
    assert engine.tasks <= yardstick.tasks + 1
    assert engine.bytes <= 1.1 * yardstick.bytes
    # Counts only ever go down: whoever makes a chain cheaper lowers these.
    assert (engine.actions, engine.events, engine.tasks) == (14, 72, 12)
    # Cheap because the trail rides along, not because it stayed behind: every entry has reached the records, in order
    # and without a hole; those that an Update answers travel with the answer, too.
    assert sorted(trail.entries) == list(range(1, max(trail.entries) + 1))
    assert trail.entries[max(trail.entries)].kind == Kind.ENDED
    assert {entry.leg for entry in trail.entries.values() if entry.kind == Kind.SLA_STARTED} == {
        "lead", "order", "approval", "shipment", "invoice", "collection",
    }  # fmt: skip
