"""The activities: thin calls, errors told apart, the trail stored on the way, people found and told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ValidationError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.breaker import SystemAway
from activities.calls import call_activities, place_of
from activities.effect_protocol import EffectProtocol
from activities.failures import raise_as_failure
from activities.people import PeopleActivities
from activities.trail import store_entries
from ltc.adapters.notify_log import LogNotifier
from ltc.adapters.people_file import PeopleFile
from ltc.client.keys import load_or_create
from ltc.model import ids
from ltc.model.messages import CallRequest, Decision, Expectation, LevelRequest, Notice, OpenTask, ProbeResult
from ltc.model.money import Money
from ltc.model.signatures import sign
from ltc.model.trail import Entry, Kind, pack
from ltc.ports import errors
from ltc.ports.context import CURRENT_CHAIN
from ltc.ports.operations import OrderId, Registry
from tests.support.effect_world import Clock, Erp, Records

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


class Port(Erp):
    """The ERP of the protocol's tests, with a read and effect classes. ``chains`` are those it was called for."""

    def __init__(self, clock: Clock, script: list[Any]) -> None:
        super().__init__(clock, script)
        self.chains: list[str] = []

    def effect_class(self, operation: str) -> str:
        return "C"

    async def get_order(self, request: OrderId) -> BaseModel:
        self.chains.append(CURRENT_CHAIN.get())
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        return self.order()


def rig(script: list[Any]) -> tuple[Port, Records, dict[str, Any]]:
    clock = Clock()
    records, port = Records(clock), Port(clock, script)
    registry = Registry()
    few = {name: registry.operations[name] for name in ("erp.get_order", "erp.confirm_order")}
    made = call_activities(Registry(operations=few), {"erp": port}, EffectProtocol(records, clock))  # type: ignore[arg-type]
    by_name = {one.__temporal_activity_definition.name: one for one in made["erp"]}
    return port, records, by_name


def environment(activity_id: str = "confirm[DN-1].confirm_order#2", attempt: int = 1) -> ActivityEnvironment:
    env = ActivityEnvironment()
    env.info = _info(env, activity_id=activity_id, attempt=attempt, workflow_id="lead_to_cash:1", workflow_run_id="r1")
    return env


def _info(env: ActivityEnvironment, **changes: Any) -> Any:
    import dataclasses

    return dataclasses.replace(env.info, **changes)


CONFIRM = CallRequest(mode="do", key="K1", cls="C", args={"order": "SO-1"})


@pytest.mark.parametrize(
    ("activity_id", "place"),
    [
        ("order.create_order#1", ("order", "")),
        ("invoice[DN.1].post_invoice#2", ("invoice", "DN.1")),
        ("invoice[a]b].post#1", ("invoice", "a]b")),
        ("people.open_task", ("people", "")),
        ("nothing", ("", "")),
    ],
)
def test_the_place_is_read_from_the_activity_id(activity_id: str, place: tuple[str, str]) -> None:
    assert place_of(activity_id) == place


async def test_a_read_calls_the_port_for_its_chain() -> None:
    port, _, calls = rig([])
    result = await environment().run(calls["erp.get_order"], CallRequest(mode="read", args={"order": "SO-1"}))
    assert result == port.order()
    assert port.chains == ["lead_to_cash:1"]


async def test_an_effect_registers_its_document_under_leg_and_item() -> None:
    port, records, calls = rig([])
    assert await environment().run(calls["erp.confirm_order"], CONFIRM) == port.order()
    route = next(iter(records.routes_made.values()))
    assert (route.chain, route.leg, route.item) == ("lead_to_cash:1", "confirm", "DN-1")


async def test_a_probe_tells_whether_it_took_place() -> None:
    port, _, calls = rig([])
    ask = CONFIRM.model_copy(update={"mode": "probe"})
    assert await environment().run(calls["erp.confirm_order"], ask) == ProbeResult(found=False)
    await environment().run(calls["erp.confirm_order"], CONFIRM)
    found = await environment().run(calls["erp.confirm_order"], ask)
    assert found == ProbeResult(found=True, result=port.order().model_dump(mode="json"))


async def test_what_an_approval_is_bound_to_is_read_again() -> None:
    port, _, calls = rig([])
    order = port.order().model_dump(mode="json")
    same = Expectation(document="order", id="SO-1", fields=["net"], digest=ids.digest({"net": order["net"]}))
    other = same.model_copy(update={"digest": "OTHER"})
    with pytest.raises(ApplicationError) as caught:
        await environment().run(calls["erp.confirm_order"], CONFIRM.model_copy(update={"expect": other}))
    assert (caught.value.type, caught.value.non_retryable) == ("FiguresChanged", True)
    assert caught.value.details[0]["document"] == order
    assert port.sent == 0
    await environment().run(calls["erp.confirm_order"], CONFIRM.model_copy(update={"expect": same}))
    assert port.sent == 1


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (CallRequest(mode="read", args={"order": 7}), "order: "),
        (CallRequest(mode="read", args={"order": "1", "more": 1}), "more"),
        (CallRequest(mode="read"), "order: "),
    ],
)
async def test_wrong_arguments_hold_the_step(request_: CallRequest, told: str) -> None:
    _, _, calls = rig([])
    with pytest.raises(ApplicationError, match=told) as caught:
        await environment().run(calls["erp.get_order"], request_)
    assert (caught.value.type, caught.value.non_retryable) == ("Misconfigured", True)


async def test_an_effect_without_a_key_is_not_sent() -> None:
    port, _, calls = rig([])
    with pytest.raises(ApplicationError, match="without an effect key"):
        await environment().run(calls["erp.confirm_order"], CONFIRM.model_copy(update={"key": ""}))
    assert port.sent == 0


@pytest.mark.parametrize(
    ("error", "cls", "final", "delay", "details"),
    [
        (errors.BusinessRefusal("credit_limit", "no", "SO-1"), "C", True, None,
         {"reason": "credit_limit", "message": "no", "document": "SO-1"}),
        (errors.Misconfigured("token"), "C", True, None, {}),
        (errors.ContractBroken("nonsense", "<html>"), "C", True, None, {"evidence": "<html>"}),
        (errors.Unavailable("away"), "C", False, None, {}),
        (errors.Unavailable("busy", 4.0), "C", False, (4.0, 4.81), {"retry_after": 4.0}),
        (errors.StillInFlight("wait", 2.0), "C", False, (2.0, 2.1), {"remaining": 2.0}),
        (errors.OutcomeUnknown("lost"), "A", False, None, {}),
        (errors.OutcomeUnknown("lost"), "D", True, None, {}),
    ],
)  # fmt: skip
def test_errors_are_told_apart(
    error: errors.PortError, cls: str, final: bool, delay: tuple[float, float] | None, details: dict[str, Any]
) -> None:
    with pytest.raises(ApplicationError) as caught:
        raise_as_failure(error, effect_class=cls)
    failure = caught.value
    assert (failure.type, failure.non_retryable, failure.details[0]) == (type(error).__name__, final, details)
    if delay is None:
        assert failure.next_retry_delay is None
    else:
        assert failure.next_retry_delay is not None
        assert delay[0] <= failure.next_retry_delay.total_seconds() <= delay[1]


def test_an_unknown_outcome_is_tried_again_when_it_can_be_probed() -> None:
    with pytest.raises(ApplicationError) as caught:
        raise_as_failure(errors.OutcomeUnknown("lost"), effect_class="C", settle=3.0)
    assert caught.value.next_retry_delay is not None
    assert caught.value.next_retry_delay.total_seconds() >= 3.0


async def test_an_unexpected_error_keeps_its_text_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    _, _, calls = rig([RuntimeError("token=hunter2")])
    with pytest.raises(ApplicationError) as caught:
        await environment().run(calls["erp.get_order"], CallRequest(mode="read", args={"order": "SO-1"}))
    assert (caught.value.type, caught.value.non_retryable) == ("Unexpected", False)
    assert "hunter2" not in f"{caught.value} {caught.value.details} {caplog.text}"
    assert caught.value.__cause__ is None


async def test_values_that_no_document_can_hold_are_nonsense_and_not_asked_for_again() -> None:
    with pytest.raises(ValidationError) as wrong:
        Money(minor=2**60, currency="USD")
    _, _, calls = rig([wrong.value])
    with pytest.raises(ApplicationError) as caught:
        await environment().run(calls["erp.get_order"], CallRequest(mode="read", args={"order": "SO-1"}))
    assert (caught.value.type, caught.value.non_retryable) == ("ContractBroken", True)
    assert "erp.get_order gave what no Money can hold: minor" in caught.value.message
    assert str(2**60) not in caught.value.message


def test_an_operation_that_the_adapter_does_not_carry_out_gets_no_activity() -> None:
    class Small:
        settle_seconds = 0.0

        async def get_order(self, request: object) -> None: ...

    made = call_activities(Registry(), {"erp": Small()}, EffectProtocol(Records(Clock())))  # type: ignore[arg-type]
    assert list(made) == ["erp"]
    assert len(made["erp"]) == 1


class TrailRecords:
    def __init__(self, trouble: Exception | None = None) -> None:
        self.rows: list[tuple[str, str, list[Entry]]] = []
        self.trouble = trouble

    async def append(self, chain: str, run: str, entries: list[Entry], started: Any = None) -> None:
        if self.trouble:
            raise self.trouble
        self.rows.append((chain, run, entries))


ENTRIES = [
    Entry(seq=1, at=NOW, wall=NOW, kind=Kind.CHAIN_STARTED),
    Entry(seq=2, at=NOW, wall=NOW, kind=Kind.LEG_ENTERED),
]


async def test_entries_are_stored_for_chain_and_run() -> None:
    records = TrailRecords()
    await environment().run(store_entries, records, pack(ENTRIES))
    assert records.rows == [("lead_to_cash:1", "r1", ENTRIES)]


@pytest.mark.parametrize("packed", [b"", b"\x00rubbish", pack(ENTRIES)])
async def test_storing_never_fails_an_activity(packed: bytes) -> None:
    await environment().run(store_entries, TrailRecords(RuntimeError("away")), packed)


PEOPLE = {
    "people": [
        {"id": "nancy", "name": "Nancy", "roles": ["sales"], "manager": "andrew"},
        {"id": "andrew", "name": "Andrew", "roles": ["finance"], "manager": "fred"},
        {"id": "fred", "name": "Fred", "roles": ["finance"]},
    ]
}


def people(folder: Path) -> tuple[PeopleActivities, Path, bytes]:
    (folder / "people.json").write_text(json.dumps(PEOPLE))
    key = load_or_create(folder / "keys")
    notices = folder / "notices.jsonl"
    made = PeopleActivities(PeopleFile(folder / "people.json"), LogNotifier(notices), key.public)
    return made, notices, key.private


def told(notices: Path) -> list[str]:
    return [json.loads(line)["to"] for line in notices.read_text().splitlines()] if notices.exists() else []


async def test_a_task_finds_and_tells_who_may_decide(tmp_path: Path) -> None:
    activities, notices, _ = people(tmp_path)
    levels = [
        LevelRequest(name="manager", source={"manager_of": "nancy"}),
        LevelRequest(name="head", source={"manager_of": "nancy", "up": 2}),
        LevelRequest(name="finance", source={"role": "finance"}, votes=2),
        LevelRequest(name="person", source={"person": "nancy"}),
        LevelRequest(name="nobody", source={"role": "astronaut"}),
        LevelRequest(name="stranger", source={"person": "zoe"}),
        LevelRequest(name="orphan", source={"manager_of": "fred"}),
    ]
    request = OpenTask(
        task="t#1", process="p", subject="order", requester="nancy", figures={}, digest="d", levels=levels
    )
    opened = await environment("approval.order#1").run(activities.open_task, request)
    assert opened.candidates == {
        "manager": ["andrew"], "head": ["fred"], "finance": ["andrew", "fred"], "person": ["nancy"],
        "nobody": [], "stranger": [], "orphan": [],
    }  # fmt: skip
    assert told(notices) == ["andrew"]


async def test_a_notice_reaches_a_role_a_person_the_customer(tmp_path: Path) -> None:
    activities, notices, _ = people(tmp_path)
    for to in ("role:finance", "nancy", "customer", "role:astronaut"):
        await environment("people.notify#1").run(activities.notify, Notice(to=to, about="late"))
    assert told(notices) == ["andrew", "fred", "nancy", "customer"]


async def test_a_signed_decision_is_believed_and_a_forged_one_is_not(tmp_path: Path) -> None:
    activities, _, private = people(tmp_path)
    plain = Decision(
        id="d1",
        task="t#1",
        decision="approve",
        digest="d",
        actor="fred",
        expires=datetime.now(UTC) + timedelta(hours=1),
    )
    good = plain.model_copy(update={"signature": sign(plain, private)})
    stranger = Ed25519PrivateKey.generate().private_bytes_raw()
    for message, believed in (
        (good, True),
        (plain, False),
        (good.model_copy(update={"actor": "nancy"}), False),
        (plain.model_copy(update={"signature": sign(plain, stranger)}), False),
        (good.model_copy(update={"expires": datetime.now(UTC) - timedelta(hours=1)}), False),
    ):
        why = await environment().run(activities.check_signature, message)
        assert (why == "") is believed


@pytest.mark.parametrize(
    ("text", "told_"),
    [
        ("people: [", "line 2"),
        ("- a", "no list 'people'"),
        ("people: [{id: a}]", "person 1: 'name' is missing"),
        ("people: [{id: a, name: A}, {id: a, name: B}]", "used twice"),
        ("people: [{id: a, name: A, manager: zoe}]", "unknown manager"),
        ("people: [{id: a, name: A, role: x}]", "role"),
        ("people: &p [{id: a, name: A}]\nother: *p", "anchors"),
    ],
)
async def test_a_wrong_people_file_is_refused_with_its_place(tmp_path: Path, text: str, told_: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text)
    with pytest.raises(errors.Misconfigured, match=told_):
        await PeopleFile(path).roles()


async def test_the_people_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("people: [{id: a, name: A, roles: [x]}]")
    directory = PeopleFile(path)
    assert await directory.members("x") == ["a"]
    path.write_text("people: [{id: a, name: A, roles: [x]}, {id: b, name: B, roles: [x]}]")
    assert await directory.members("x") == ["a", "b"]
    with pytest.raises(errors.Misconfigured, match="cannot be read"):
        await PeopleFile(tmp_path / "none.yaml").roles()


class TriedBefore:
    """Info of an activity with Temporal's own rule of retries."""

    @staticmethod
    def env(attempt: int, step: str = "confirm.confirm_order#1", most: float | None = 60.0) -> ActivityEnvironment:
        env = environment(step, attempt)
        rule = RetryPolicy(
            initial_interval=timedelta(seconds=1),
            backoff_coefficient=2.0,
            maximum_interval=None if most is None else timedelta(seconds=most),
        )
        env.info = _info(env, retry_policy=rule)
        return env


async def delay_of(env: ActivityEnvironment, error: errors.PortError) -> float:
    async def fail() -> None:
        raise_as_failure(error, effect_class="A")

    with pytest.raises(ApplicationError) as caught:
        await env.run(fail)
    assert caught.value.next_retry_delay is not None
    return caught.value.next_retry_delay.total_seconds()


@pytest.mark.parametrize("error", [errors.Unavailable("away"), errors.OutcomeUnknown("lost")])
@pytest.mark.parametrize(("attempt", "base"), [(1, 1.0), (3, 4.0), (7, 60.0), (5000, 60.0)])
async def test_backoff_is_temporals_with_jitter(error: errors.PortError, attempt: int, base: float) -> None:
    delay = await delay_of(TriedBefore.env(attempt), error)
    assert base <= delay <= base * 1.2
    assert delay == await delay_of(TriedBefore.env(attempt), error)  # the same whenever it is asked for


async def test_jitter_keeps_chains_apart() -> None:
    delays = {await delay_of(TriedBefore.env(4, f"s.c{n}#1"), errors.Unavailable("away")) for n in range(50)}
    assert len(delays) == 50
    assert (
        await delay_of(TriedBefore.env(20, most=None), errors.Unavailable("away")) <= 120
    )  # Temporal's own limit: 100 ×


async def test_who_is_turned_away_comes_when_told() -> None:
    assert await delay_of(TriedBefore.env(9), SystemAway("erp is away", 3.25)) == 3.25


async def test_wrong_credentials_are_never_tried_again() -> None:
    port, _, calls = rig([errors.Misconfigured("401")] * 9)
    with pytest.raises(ApplicationError) as caught:
        await environment().run(calls["erp.confirm_order"], CONFIRM)
    assert caught.value.non_retryable
    assert (caught.value.type, port.sent) == ("Misconfigured", 1)


async def test_while_a_system_is_away_nothing_is_planned_marked_or_sent() -> None:
    port, records, calls = rig([errors.Unavailable("away")] * 9)
    for number in range(5):
        with pytest.raises(ApplicationError):
            await environment(f"a.b{number}#1").run(calls["erp.get_order"], CallRequest(args={"order": "SO-1"}))
    before = (port.sent, list(records.log), dict(records.rows))
    with pytest.raises(ApplicationError) as caught:
        await environment().run(calls["erp.confirm_order"], CONFIRM)
    assert caught.value.type == "SystemAway"
    assert not caught.value.non_retryable
    assert caught.value.next_retry_delay is not None
    assert (port.sent, records.log, records.rows) == before
