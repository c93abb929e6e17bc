"""The effect protocol against a system that commits late, loses replies and refuses; time is a number here."""

from __future__ import annotations

from typing import Any

import pytest

from activities.effect_protocol import EffectCall, EffectProtocol
from activities.failures import FiguresChanged
from ltc.ports.errors import BusinessRefusal, OutcomeUnknown, StillInFlight, Unavailable
from ltc.ports.operations import OPERATIONS, OrderId
from ltc.ports.store import DocumentRef, Intent, IntentMismatch, Route, StoreUnavailable
from tests.support.effect_world import Clock, Erp, Records


def call(cls: str = "C", body: str = "b", attempt: int = 1, guard: Any = None) -> EffectCall:
    return EffectCall(
        OPERATIONS["erp.confirm_order"],
        "K1",
        cls,
        OrderId(order="SO-1"),
        body,
        "lead_to_cash:1",
        "confirm",
        "",
        attempt,
        guard,
    )


def rig(script: list[Any]) -> tuple[Clock, Records, Erp, EffectProtocol]:
    clock = Clock()
    records = Records(clock)
    return clock, records, Erp(clock, script), EffectProtocol(records, monotonic=clock)  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", ["A", "B", "C", "D"])
async def test_plain_effect_has_an_intent_first_and_registers_its_document(cls: str) -> None:
    _, records, erp, protocol = rig([])
    result = await protocol.carry_out(erp, call(cls))
    assert result == erp.order()
    assert records.log[0] == "plan"
    assert ("sent" in records.log) == (cls in "CD")
    assert records.rows["K1"]["state"] == "confirmed"
    assert records.routes_made == {
        DocumentRef(system="erp", type="order", id="SO-1"): Route(chain="lead_to_cash:1", leg="confirm", item="")
    }


@pytest.mark.parametrize("cls", ["A", "B", "C", "D"])
async def test_a_confirmed_effect_is_not_sent_again(cls: str) -> None:
    _, records, erp, protocol = rig([])
    first = await protocol.carry_out(erp, call(cls))
    records.routes_made.clear()  # as if the worker died between the two writes
    assert await protocol.carry_out(erp, call(cls, attempt=2)) == first
    assert erp.sent == 1
    assert records.routes_made


async def test_lost_reply_waits_then_finds() -> None:
    clock, records, erp, protocol = rig(["lost"])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call())
    assert records.rows["K1"]["state"] == "unknown"
    clock.now = 1.0
    with pytest.raises(StillInFlight) as caught:
        await protocol.carry_out(erp, call())
    assert caught.value.remaining == pytest.approx(2.0)
    assert erp.probes == 0
    clock.now = 3.1
    assert (await protocol.carry_out(erp, call())).id == "SO-1"  # type: ignore[attr-defined]
    assert (erp.sent, erp.probes) == (1, 1)


async def test_late_commit_is_never_doubled() -> None:
    clock, _, erp, protocol = rig([2.5])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call())
    for now in (0.5, 1.5, 2.4):
        clock.now = now
        with pytest.raises(StillInFlight):
            await protocol.carry_out(erp, call())
    clock.now = 3.1
    await protocol.carry_out(erp, call())
    assert erp.sent == 1
    assert len(erp.done) == 1


async def test_proved_absent_is_sent_again() -> None:
    clock, records, erp, protocol = rig(["nothing"])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call())
    clock.now = 3.1
    await protocol.carry_out(erp, call())
    assert (erp.sent, erp.probes) == (2, 1)
    assert records.log == ["plan", "sent", "unknown", "plan", "absent", "sent", "confirmed"]


@pytest.mark.parametrize("error", [BusinessRefusal("credit_limit", "no"), Unavailable("busy")])
async def test_a_definite_no_is_absent_and_needs_no_wait(error: Exception) -> None:
    _, records, erp, protocol = rig([error])
    with pytest.raises(type(error)):
        await protocol.carry_out(erp, call())
    assert records.rows["K1"]["state"] == "absent"
    await protocol.carry_out(erp, call())
    assert (erp.sent, erp.probes) == (2, 0)


async def test_an_older_attempt_may_not_send() -> None:
    _, records, erp, protocol = rig([])
    plan = records.plan

    async def overtaken(*args: str) -> Intent:
        intent = await plan(*args)
        await plan(*args)  # a later attempt plans meanwhile
        return intent

    records.plan = overtaken  # type: ignore[method-assign]
    with pytest.raises(StillInFlight):
        await protocol.carry_out(erp, call())
    assert erp.sent == 0


async def test_a_worker_that_stood_still_does_not_send() -> None:
    _, records, erp, protocol = rig([])
    records.slow_mark = 2.0
    with pytest.raises(Unavailable):
        await protocol.carry_out(erp, call())
    assert erp.sent == 0
    assert records.rows["K1"]["state"] == "absent"


@pytest.mark.parametrize("cls", ["A", "B", "C", "D"])
async def test_without_records_nothing_is_sent(cls: str) -> None:
    _, records, erp, protocol = rig([])
    records.away = True
    with pytest.raises(StoreUnavailable):
        await protocol.carry_out(erp, call(cls))
    assert erp.sent == 0


async def test_class_d_is_sent_once_then_a_person_looks() -> None:
    _, records, erp, protocol = rig(["nothing"])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call("D"))
    for ask in (protocol.carry_out, protocol.probe):
        with pytest.raises(OutcomeUnknown):
            await ask(erp, call("D"))
    assert erp.sent == 1
    assert records.rows["K1"]["state"] == "human"


async def test_another_body_under_the_same_key_is_refused() -> None:
    _, _, erp, protocol = rig([])
    await protocol.carry_out(erp, call())
    with pytest.raises(IntentMismatch):
        await protocol.carry_out(erp, call(body="other"))
    assert erp.sent == 1


async def test_probe_finds_and_confirms() -> None:
    clock, records, erp, protocol = rig(["lost"])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call())
    clock.now = 3.1
    found = await protocol.probe(erp, call())
    assert found == erp.order()
    assert records.rows["K1"]["state"] == "confirmed"


async def test_probe_of_what_never_left_is_absent_at_once_and_stops_the_sender() -> None:
    _, records, erp, protocol = rig([])
    stale = await records.plan("K1", "lead_to_cash:1", "erp.confirm_order", "b")
    assert await protocol.probe(erp, call()) is None
    assert not await records.mark_sent("K1", 1, stale.fence)


async def test_probe_does_not_trust_absence_while_an_attempt_may_land() -> None:
    clock, _, erp, protocol = rig([2.0])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call())
    clock.now = 1.0
    with pytest.raises(StillInFlight):
        await protocol.probe(erp, call())
    clock.now = 3.1
    assert await protocol.probe(erp, call()) == erp.order()


async def test_probe_of_class_a_waits_once_in_full() -> None:
    _, records, erp, protocol = rig(["nothing"])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call("A"))
    with pytest.raises(StillInFlight) as caught:
        await protocol.probe(erp, call("A"))
    assert caught.value.remaining == erp.settle_seconds
    assert await protocol.probe(erp, call("A", attempt=2)) is None
    assert records.rows["K1"]["state"] == "absent"


async def changed() -> None:
    raise FiguresChanged("net changed", {"id": "SO-1"})


@pytest.mark.parametrize("cls", ["A", "C"])
async def test_changed_figures_stop_before_anything_is_sent(cls: str) -> None:
    _, records, erp, protocol = rig([])
    with pytest.raises(FiguresChanged):
        await protocol.carry_out(erp, call(cls, guard=changed))
    assert erp.sent == 0
    assert records.rows["K1"]["state"] == "absent"


async def test_changed_figures_do_not_hide_what_took_place_before() -> None:
    _, _, erp, protocol = rig(["lost"])
    with pytest.raises(OutcomeUnknown):
        await protocol.carry_out(erp, call("A"))
    with pytest.raises(StillInFlight):
        await protocol.carry_out(erp, call("A", guard=changed))
    assert await protocol.carry_out(erp, call("A", attempt=2, guard=changed)) == erp.order()
    assert erp.sent == 1
