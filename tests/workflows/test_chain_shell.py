"""The shell around the core: who is believed at the door, going on as a new run, errors that block, Temporal's cancel."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from ltc.core import machine
from ltc.devserver import DevServer
from ltc.model.messages import Decision, Intervention
from ltc.model.signatures import sign
from tests.replay.performance import Performance
from tests.replay.scene import Scene
from tests.replay.stage import Stage, on, real_client, signed
from workflows import chain as shell
from workflows.chain import Chain
from workflows.header import TrailInterceptor
from workflows.runner import chain_runner

LARGE = 200_000  # cents: a manager has to approve, and nobody else
SOON = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
async def client(dev_server: DevServer) -> Client:
    """The engine's own client."""
    return await real_client(dev_server.address)


@pytest.fixture
async def stage(client: Client, queue: str) -> AsyncIterator[Stage]:
    """Workers on a real server."""
    async with on(client, queue) as staged:
        yield staged


def performance(stage: Stage, **scene: Any) -> Performance:
    """A chain that will be performed."""
    return Performance(
        stage, Scene("shell", "lead_to_cash", real=True, **scene), f"lead_to_cash:{uuid.uuid4().hex[:8]}"
    )


async def at_approval(stage: Stage, **scene: Any) -> Performance:
    """A chain that waits for its manager."""
    one = performance(stage, net=LARGE, **scene)
    await one.begin()
    await stage.settled(one.chain)
    return one


async def kinds(one: Performance) -> list[int]:
    """The kinds of event in the newest run's history."""
    return [event.event_type for event in (await one.handle.fetch_history()).events]


async def has(one: Performance, kind: int, among: int = 10_000) -> None:
    """Wait until one of the last events of the history is of a kind; the server says so only when it is asked."""
    async with asyncio.timeout(20):
        while kind not in (await kinds(one))[-among:]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def decision(**changes: Any) -> Decision:
    """A decision nobody has signed."""
    plain = {"id": "D-9", "task": "t", "decision": "approve", "digest": "d", "actor": "andrew", "expires": SOON}
    return Decision.model_validate({**plain, **changes})


def intervention(**changes: Any) -> Intervention:
    """An intervention nobody has signed."""
    plain = {"id": "I-9", "action": "hold", "reason": "to see", "actor": "olga", "expires": SOON}
    return Intervention.model_validate({**plain, **changes})


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
UNBELIEVABLE = {
    "unsigned": (lambda message: message, "is not signed by this installation"),
    "signed by a stranger": (
        lambda message: message.model_copy(update={"signature": sign(message, bytes(range(32)))}),
        "is not signed by this installation",
    ),
    "changed after it was signed": (
        lambda message: signed(message).model_copy(update={"actor": "somebody_else"}),
        "is not signed by this installation",
    ),
    "expired": (lambda message: signed(message.model_copy(update={"expires": LONG_AGO})), "has expired"),
    "signature is no base64": (lambda message: message.model_copy(update={"signature": "%%%"}), "is not signed"),
}


async def test_the_validators_believe_nobody_without_a_signature(stage: Stage) -> None:
    one = await at_approval(stage)
    before = await kinds(one)
    for make, told in UNBELIEVABLE.values():
        for update, message in ((Chain.decide, decision()), (Chain.intervene, intervention())):
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await one.handle.execute_update(update, make(message))
            assert isinstance(refused.value.cause, ApplicationError)
            assert refused.value.cause.type == "NotBelieved"
            assert told in refused.value.cause.message
    assert await kinds(one) == before, "a message that is not believed leaves nothing in the history"
    believed = await one.handle.execute_update(Chain.intervene, signed(intervention()))
    assert believed.status == "accepted"
    assert EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED in await kinds(one)


async def test_eleven_updates_at_once_are_each_answered(stage: Stage) -> None:
    """The handlers never wait, so the server's limit of ten in flight is no limit of how many come at once."""
    one = await at_approval(stage)
    said = [signed(intervention(id=f"I-{number}", action="hold" if number % 2 else "release")) for number in range(11)]
    answers = await asyncio.gather(*(one.handle.execute_update(Chain.intervene, each, id=each.id) for each in said))
    assert all(answer.status in ("accepted", "refused", "not_found") for answer in answers)
    assert any(answer.status == "accepted" for answer in answers)


@pytest.mark.parametrize(("threshold", "value"), [("MOST_EVENTS", 30), ("MOST_BYTES", 9_000), ("MOST_UPDATES", 0)])
async def test_a_run_grown_too_long_goes_on_as_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, threshold: str, value: int
) -> None:
    plain = performance(stage, net=LARGE)
    await plain.play()
    ended = await plain.handle.result()
    monkeypatch.setattr(shell, threshold, value)
    one = performance(stage, net=LARGE)
    await one.play()
    assert await one.handle.result() == ended
    first = await stage.client.get_workflow_handle(one.chain, run_id=one.runs[0]).fetch_history()
    assert first.events[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
    assert [effect.split(".")[1] for effect, _ in one.world.effects] == [
        e.split(".")[1] for e, _ in plain.world.effects
    ]


async def test_a_grown_run_goes_on_only_when_nothing_is_in_flight(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "MOST_EVENTS", 12)  # the server puts a pause before each new run
    one = performance(stage, net=LARGE)
    await one.play()
    runs = 0
    run: str | None = one.runs[0]
    while run:
        events = list((await stage.client.get_workflow_handle(one.chain, run_id=run).fetch_history()).events)
        last = events[-1]
        runs += 1
        begun = [e for e in events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
        ended = [e for e in events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED]
        assert len(begun) == len(ended), "a call in flight would have been lost with its run"
        run = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id or None
    assert runs > 2
    assert (await one.handle.result())["outcome"] == "completed"


async def test_an_unknown_error_blocks_the_task_and_never_fails_the_chain(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await at_approval(stage)
    step = machine.step
    met = asyncio.Event()

    def broken(setting: Any, state: Any, event: Any, now: Any, wall: Any) -> Any:
        if type(event).__name__ == "EventArrived":
            met.set()
            raise RuntimeError("a bug of the engine")
        return step(setting, state, event, now, wall)

    monkeypatch.setattr(machine, "step", broken)
    fields = {"opportunity": one.deal["id"], "reason": "changed their mind"}
    cancelled = {"id": "E-1", "name": "crm.order_cancelled", "fields": fields, "at": datetime.now(UTC)}
    await one.handle.signal("event", cancelled)
    await asyncio.wait_for(met.wait(), 20)
    await has(one, EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
    description = await one.handle.describe()
    assert description.status is not None
    assert description.status.name == "RUNNING"
    monkeypatch.setattr(machine, "step", step)
    result = await asyncio.wait_for(one.handle.result(), 60)
    assert result["outcome"] == "cancelled", "the event that met the bug has not been lost"


async def test_temporals_cancel_that_comes_with_a_completion_is_heard(client: Client, queue: str) -> None:
    """SDK 1.35 can swallow a cancellation that arrives in the same workflow task as an activity's end."""
    reached, go_on = asyncio.Event(), asyncio.Event()
    async with on(client, f"{queue}-calls") as calls:
        stage = Stage(client, queue)
        one = performance(stage, net=50_000)

        async def answer(info: Any, request: Any) -> Any:
            if info.activity_type == "erp.create_order":
                reached.set()
                await go_on.wait()
            return await one._answer(info, request)

        async with _chains(client, queue):
            await one.begin()
            calls.answering[one.chain] = answer
            await asyncio.wait_for(reached.wait(), 20)
        # Nobody runs chains now: what ends and what is said meanwhile comes in one workflow task.
        go_on.set()
        await has(one, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, among=2)
        await one.handle.cancel()
        async with _chains(client, queue):
            result = await asyncio.wait_for(one.handle.result(), 30)
    assert result["outcome"] == "cancelled"
    assert any(asked.startswith("order.") and "undo" in asked for asked in one.asked) or one.world.books.order is None


def _chains(client: Client, queue: str) -> Worker:
    return Worker(
        client, task_queue=queue, workflows=[Chain], interceptors=[TrailInterceptor()],
        workflow_runner=chain_runner(), debug_mode=True, graceful_shutdown_timeout=timedelta(0),
    )  # fmt: skip


async def test_a_decision_by_a_forged_signal_counts_for_nothing(stage: Stage) -> None:
    one = performance(stage, net=LARGE, signals=True)
    believed = {"D-9": "the message is not signed by this installation", "D-10": ""}

    async def answer(info: Any, request: Any) -> Any:
        return (
            believed[request["id"]]
            if info.activity_type == "people.check_signature"
            else await one._answer(info, request)
        )

    await one.begin()
    stage.answering[one.chain] = answer
    await stage.settled(one.chain)
    task = next(iter((await one.handle.query("state"))["tasks"].values()))
    forged = decision(task=task["id"], digest=task["digest"], actor=task["candidates"][0])
    for message, status in ((forged, "open"), (signed(forged.model_copy(update={"id": "D-10"})), "approved")):
        await one.handle.signal("decide_signal", message)
        await stage.settled(one.chain)
        assert next(iter((await one.handle.query("state"))["tasks"].values()))["status"] == status
