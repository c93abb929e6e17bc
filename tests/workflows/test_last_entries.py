"""The last entries of a trail are in the chain's result, and whoever ran it stores them once Temporal has taken it."""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from activities.trail import LastEntries
from ltc.client.histories import trails
from ltc.devserver import DevServer
from ltc.model.messages import Intervention
from ltc.model.trail import Entry, Kind, pack, unpack
from ltc.ports.store import Appended
from tests.replay.performance import Performance
from tests.replay.scene import Scene, script
from tests.replay.stage import Stage, on, real_client, signed
from workflows import runner
from workflows.chain import Chain
from workflows.runner import chain_runner

LARGE = 200_000  # cents: a manager has to approve
CANCEL = Intervention(
    id="I-9", action="cancel", reason="to see", actor="olga", expires=datetime(2099, 1, 1, tzinfo=UTC)
)


class Told:
    """What a worker told of chains that are over."""

    def __init__(self) -> None:
        self.what: list[tuple[str, str, list[Entry]]] = []
        self.once = asyncio.Event()

    def __call__(self, chain: str, run: str, packed: bytes) -> None:
        self.what.append((chain, run, unpack(packed)))
        self.once.set()


def small(stage: Stage, definition: str = "lead_to_cash", **scene: Any) -> Performance:
    what = Scene("last entries", definition, real=True, ends_in_result=True, **scene)
    return Performance(stage, what, f"{definition}:{uuid.uuid4().hex[:8]}")


async def test_the_end_is_told_once_and_is_what_the_history_holds(dev_server: DevServer, queue: str) -> None:
    client, told = await real_client(dev_server.address), Told()
    async with on(client, queue, runner=chain_runner(told)) as stage:
        one = small(stage)
        events = await one.play()
        await asyncio.wait_for(told.once.wait(), 20)
        run = (await trails(client, one.chain))[-1]
        ((chain, run_id, entries),) = told.what
        assert (chain, run_id) == (one.chain, run.run)
        assert entries == [run.entries[entry.seq] for entry in entries]
        assert entries[-1].kind == Kind.ENDED
        assert sorted(run.entries) == list(range(1, entries[-1].seq + 1))
        asked = [e.activity_task_scheduled_event_attributes.activity_type.name for e in events]
        assert "trail.flush" not in asked[-8:], "no call is made for the last entries alone"
        assert (await one.handle.query("where"))["status"] == "ended"  # its history is replayed for that
    assert len(told.what) == 1, "a history that is replayed tells nothing"


async def test_a_chain_of_before_sends_its_last_entries_ahead(dev_server: DevServer, queue: str) -> None:
    client, told = await real_client(dev_server.address), Told()
    async with on(client, queue, runner=chain_runner(told)) as stage:
        one = Performance(stage, Scene("before", "lead_to_cash", real=True), f"lead_to_cash:{uuid.uuid4().hex[:8]}")
        events = await one.play()
        asked = [e.activity_task_scheduled_event_attributes.activity_type.name for e in events]
        assert [name for name in asked if name][-1] == "trail.flush"
        assert (await one.handle.result())["entries"] == ""
        run = (await trails(client, one.chain))[-1]
        assert run.entries[max(run.entries)].kind == Kind.ENDED
    assert told.what == []


async def test_an_end_that_temporal_sends_back_is_not_told(
    dev_server: DevServer, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something comes in the moment in which the chain ends: Temporal has it hear that first, and the trail tells of it."""
    client, told = await real_client(dev_server.address), Told()
    ends = 0
    activate = runner._Heard.activate

    def meanwhile(self: Any, act: Any) -> Any:
        nonlocal ends
        done = activate(self, act)
        if any(command.HasField("complete_workflow_execution") for command in done.successful.commands):
            ends += 1
            if ends == 1:  # another thread says it and has been heard by the server before this task is over
                speaker = threading.Thread(target=lambda: asyncio.run(say(dev_server.address, self.get_info())))
                speaker.start()
                speaker.join()
        return done

    monkeypatch.setattr(runner._Heard, "activate", meanwhile)
    async with on(client, queue, runner=chain_runner(told)) as stage:
        one = small(stage, net=LARGE)
        await one.begin()
        await stage.settled(one.chain)
        answer = await one.handle.execute_update(Chain.intervene, signed(CANCEL))
        assert answer.status == "accepted"
        assert (await asyncio.wait_for(one.handle.result(), 30))["outcome"] == "cancelled"
        await asyncio.wait_for(told.once.wait(), 20)
        run = (await trails(client, one.chain))[-1]
        ((_, _, entries),) = told.what
        assert ends == 2
        events = [event.event_type for event in (await one.handle.fetch_history()).events]
        assert EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED in events, "the first end was sent back"
        assert entries == [run.entries[entry.seq] for entry in entries]
        assert sorted(run.entries) == list(range(1, entries[-1].seq + 1))


async def say(address: str, info: Any) -> None:
    """Tell a chain of something, from another thread."""
    client = await real_client(address)
    fields = {"opportunity": "10248", "reason": "changed their mind"}
    event = {"id": "E-1", "name": "crm.order_cancelled", "fields": fields, "at": datetime.now(UTC)}
    await client.get_workflow_handle(info.workflow_id).signal("event", event)


async def test_an_update_that_ends_the_chain_is_answered(dev_server: DevServer, queue: str) -> None:
    client, told = await real_client(dev_server.address), Told()
    async with on(client, queue, runner=chain_runner(told)) as stage:
        one = small(stage, "people", script=lambda: script({"fail": {"customer.resolve": ["Misconfigured"]}}))
        await one.begin()
        await stage.settled(one.chain)
        answer = await one.handle.execute_update(Chain.intervene, signed(CANCEL))
        assert answer.status == "accepted"
        await one.handle.result()
        events = [event.event_type for event in (await one.handle.fetch_history()).events]
        assert events[-2:] == [
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        ], "one workflow task heard it, answered and ended the chain"  # fmt: skip
        await asyncio.wait_for(told.once.wait(), 20)
        run = (await trails(client, one.chain))[-1]
        assert sorted(run.entries) == list(range(1, max(run.entries) + 1))


async def test_a_chain_whose_end_cannot_be_told_is_dropped_all_the_same(
    dev_server: DevServer, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    client, tried = await real_client(dev_server.address), asyncio.Event()

    def full(chain: str, run: str, packed: bytes) -> None:
        tried.set()
        raise RuntimeError("the loop is closed")

    async with on(client, queue, runner=chain_runner(full)) as stage:
        one = small(stage)
        await one.play()
        await asyncio.wait_for(tried.wait(), 20)
        again = small(stage)
        await again.play()
        assert (await again.handle.result())["outcome"] == "completed"
    said = [record.getMessage() for record in caplog.records if record.name == "ltc.trail"]
    assert f"the last entries of {one.chain} were not handed on" in said


class Slow:
    """Records that take an append when they are let, or never."""

    def __init__(self, fails: bool = False) -> None:
        self.let, self.fails = asyncio.Event(), fails
        self.kept: list[Entry] = []

    async def append(self, chain: str, run: str, entries: Sequence[Entry], started: datetime | None = None) -> Appended:
        await self.let.wait()
        if self.fails:
            raise RuntimeError("the disk is full")
        self.kept += entries
        return Appended(inserted=len(entries))

    async def missing(self, chain: str) -> list[tuple[int, int]]:
        return []


ENDED = Entry(seq=7, kind=Kind.ENDED, at=datetime(2026, 3, 2, tzinfo=UTC), wall=datetime(2026, 3, 2, tzinfo=UTC))


async def test_what_was_told_is_stored_before_the_worker_is_gone() -> None:
    records = Slow()
    last = LastEntries(records)
    beside = asyncio.create_task(last.until_stored())
    await asyncio.to_thread(last.take, "chain", "run", pack([ENDED]))  # on another thread, as a pool of tasks does
    await asyncio.sleep(0)
    for _ in range(3):
        beside.cancel()
        await asyncio.sleep(0)
        assert not beside.done()
    records.let.set()
    with pytest.raises(asyncio.CancelledError):
        await beside
    assert records.kept == [ENDED]


async def test_what_cannot_be_stored_is_said_and_left_to_the_healing(caplog: pytest.LogCaptureFixture) -> None:
    records = Slow(fails=True)
    records.let.set()
    last = LastEntries(records)
    with caplog.at_level(logging.WARNING, logger="ltc.trail"):
        last.take("chain", "run", pack([ENDED]))
        beside = asyncio.create_task(last.until_stored())
        await asyncio.sleep(0.01)
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
    assert [record.getMessage() for record in caplog.records] == [
        "trail of chain run run not stored now (RuntimeError); it is healed later"
    ]
