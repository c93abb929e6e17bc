"""What single entries do to the views, where no simulated chain shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ltc.model.trail import Entry, Kind
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACE = ("order", "", "create_order")


def folded(*said: tuple[Kind, dict[str, Any]]) -> ChainView:
    """Fold entries an hour apart; ``leg``, ``item`` and ``step`` among the data are the place."""
    entries = []
    for number, (kind, data) in enumerate(said, 1):
        place = {name: data.pop(name) for name in ("leg", "item", "step", "visit") if name in data}
        entries.append(Entry(seq=number, at=AT + number * HOUR, wall=AT, kind=kind, data=data, **place))
    return fold_all(ChainView("c"), entries)


def at(number: int) -> datetime:
    return AT + number * HOUR


def call(**more: Any) -> dict[str, Any]:
    return {"leg": "order", "step": "create_order", "op": "erp.create_order", **more}


def clock(view: ChainView, number: int = 1) -> dict[str, Any]:
    row = view.get("slas", ("leg:order", "", number))
    assert row is not None
    return row


def started(deadline: int, warn: int) -> tuple[Kind, dict[str, Any]]:
    data = {"leg": "order", "sla": "leg:order", "deadline": at(deadline).isoformat(), "warn": at(warn).isoformat()}
    return Kind.SLA_STARTED, data


def test_a_chain_rests_from_its_rest_until_it_moves() -> None:
    resting = (Kind.RESTED, {"state": "running", "leg": "order"})
    quiet = [(Kind.SLA_WARNED, {"sla": "x"}), (Kind.EVENT_KEPT, {"event": "e", "id": "1"}), (Kind.NOTIFIED, {})]
    view = folded(resting, *quiet)
    assert (view.head["rests_since"], view.head["leg"]) == (at(1), "order")
    assert folded(resting, (Kind.SCHEDULED, call(mode="read"))).head["rests_since"] is None


def test_a_paused_clock_is_not_due_and_goes_on_with_its_new_deadline() -> None:
    paused = folded(started(10, 8), (Kind.SLA_PAUSED, {"leg": "order", "sla": "leg:order"}))
    assert (clock(paused)["state"], clock(paused)["paused"]) == ("paused", at(2))
    assert paused.head["next_deadline"] is None
    again = (Kind.SLA_RESUMED, {"leg": "order", "sla": "leg:order", "deadline": at(15).isoformat()})
    view = folded(started(10, 8), (Kind.SLA_PAUSED, {"leg": "order", "sla": "leg:order"}), again)
    assert (clock(view)["state"], clock(view)["deadline"], clock(view)["warn"]) == ("running", at(15), at(13))
    assert view.head["next_deadline"] == at(13)


def test_an_extended_clock_moves_its_deadline_and_stays_breached() -> None:
    view = folded(
        started(2, 1), (Kind.SLA_BREACHED, {"leg": "order", "sla": "leg:order", "lag": 0.5}),
        (Kind.SLA_EXTENDED, {"leg": "order", "sla": "leg:order", "by": "4h", "deadline": at(6).isoformat()}),
        (Kind.SLA_BREACHED, {"leg": "order", "sla": "leg:other", "lag": 9}),
    )  # fmt: skip
    row = clock(view)
    assert (row["deadline"], row["breached"], row["extensions"], row["lag"]) == (at(6), at(2), 1, 0.5)


def test_a_clock_that_starts_again_is_a_new_round() -> None:
    ended = (Kind.SLA_ENDED, {"leg": "order", "sla": "leg:order", "used": 3600, "late": 0.0})
    view = folded(started(10, 8), ended, started(20, 18))
    assert (clock(view, 1)["state"], clock(view, 1)["used"], clock(view, 2)["state"]) == ("ended", 3600.0, "running")


def test_a_clock_that_ended_late_before_its_timer_was_seen_is_breached() -> None:
    view = folded(started(1, 1), (Kind.SLA_ENDED, {"leg": "order", "sla": "leg:order", "used": 90, "late": 30.0}))
    assert (clock(view)["breached"], clock(view)["late"]) == (at(2), 30.0)


def test_an_unknown_outcome_is_counted_until_its_probe() -> None:
    lost = [(Kind.SCHEDULED, call(mode="do", effect="E")), (Kind.FAILED, call(error="OutcomeUnknown"))]
    view = folded(*_copies(lost), (Kind.UNKNOWN, call(effect="E")))
    step = view.get("steps", (*PLACE, "erp.create_order"))
    effect = view.get("effects", ("E",))
    assert step is not None
    assert effect is not None
    assert (step["state"], step["unknowns"], effect["status"]) == ("unknown", 1, "unknown")
    document = {"system": "erp", "type": "Order", "id": "SO-1", "version": 1}
    found = folded(
        *_copies(lost), (Kind.UNKNOWN, call(effect="E")), (Kind.SCHEDULED, call(mode="probe", effect="E")),
        (Kind.PROBED, call(effect="E", found=True, document=document)),
    )  # fmt: skip
    assert not list(found.each("steps"))
    effect = found.get("effects", ("E",))
    assert effect is not None
    assert (effect["status"], effect["document"], effect["sure"]) == ("certain", "SO-1", True)


def _copies(said: list[tuple[Kind, dict[str, Any]]]) -> list[tuple[Kind, dict[str, Any]]]:
    return [(kind, dict(data)) for kind, data in said]


def test_a_document_is_one_whatever_its_type_is_called_and_keeps_its_newest_version() -> None:
    order = {"system": "erp", "type": "Order", "id": "SO-1"}
    view = folded(
        (Kind.DONE, call(mode="do", document={**order, "version": 1})),
        (Kind.DOCUMENT, {**order, "type": "order", "version": 3, "data": "digest"}),
        (Kind.DONE, call(mode="read", document={**order, "version": 2})),
    )  # fmt: skip
    (row,) = [row for _, row in view.each("documents")]
    assert (row["version"], row["digest"], row["leg"]) == (3, "digest", "order")


def test_a_wait_counts_what_it_took() -> None:
    wait = {"leg": "shipment", "step": "goods_shipped"}
    waiting = (Kind.WAITING, {**wait, "events": ["erp.goods_shipped"], "until": "x", "deadline": at(9).isoformat()})
    took = [(Kind.EVENT_TAKEN, {**wait, "event": "erp.goods_shipped", "id": f"E{number}"}) for number in (1, 2)]
    view = folded(waiting, *took)
    row = view.get("waits", ("shipment", "", "goods_shipped"))
    assert row is not None
    assert (row["taken"], row["deadline"], view.head["next_deadline"]) == (2, at(9), at(9))


def test_an_equation_that_does_not_hold_is_counted() -> None:
    assert folded((Kind.BALANCE, {"leg": "invoice", "equation": "billed <= delivered"})).head["imbalances"] == 1


def test_a_chain_taken_up_again_has_nothing_under_way() -> None:
    flying = (Kind.SCHEDULED, call(mode="do", effect="E"))
    assert not list(folded(flying, (Kind.CONTINUED, {"why": "cut short"})).each("steps"))
    flying = (Kind.SCHEDULED, call(mode="do", effect="E"))
    assert list(folded(flying, (Kind.CONTINUED, {})).each("steps"))


def test_an_event_is_kept_until_it_is_taken() -> None:
    kept = (Kind.EVENT_KEPT, {"event": "erp.goods_shipped", "id": "E1"})
    row = folded((kept[0], dict(kept[1]))).get("events_kept", ("erp.goods_shipped", "E1"))
    assert row is not None
    assert (row["kept"], row["taken"]) == (at(1), None)
    taken = (Kind.EVENT_TAKEN, {"leg": "shipment", "step": "goods_shipped", "event": "erp.goods_shipped", "id": "E1"})
    row = folded(kept, taken).get("events_kept", ("erp.goods_shipped", "E1"))
    assert row is not None
    assert row["taken"] == at(2)


def test_a_moved_deadline_takes_its_warning_along_and_a_moved_chain_its_plan() -> None:
    moved = {"leg": "order", "sla": "leg:order", "was": at(10).isoformat(), "deadline": at(20).isoformat()}
    view = folded(
        (Kind.CHAIN_STARTED, {"process": "p", "plan": "old"}),
        started(10, 8),
        (Kind.SLA_MOVED, {**moved, "warn": at(16).isoformat()}),
        (Kind.MIGRATED, {"was": "old", "plan": "new", "actor": "olga"}),
        (Kind.RECALENDARED, {"calendars": {"cn": ["1", "2"]}}),
    )
    assert (clock(view)["deadline"], clock(view)["warn"]) == (at(20), at(16))
    assert view.head["plan"] == "new"
    assert view.head["faults"] == 0
    assert view.head["next_deadline"] == at(16)


def test_a_waits_moved_limit_is_the_one_shown() -> None:
    waiting = (Kind.WAITING, {**call(), "events": ["e"], "deadline": at(5).isoformat()})
    view = folded(waiting, (Kind.WAIT_MOVED, {**call(), "was": at(5).isoformat(), "deadline": at(9).isoformat()}))
    row = view.get("waits", PLACE)
    assert row is not None
    assert row["deadline"] == at(9)
    assert folded((Kind.WAIT_MOVED, {**call(), "deadline": at(9).isoformat()})).get("waits", PLACE) is None


def test_a_delay_is_a_wait_for_time_alone_until_it_is_over() -> None:
    place = {"leg": "order", "step": "think"}

    def waits(*said: tuple[Kind, dict[str, Any]]) -> list[dict[str, Any]]:
        delayed = (Kind.DELAYED, {**place, "until": at(9).isoformat()})
        return [row for _, row in folded(delayed, *((kind, {**place, **data}) for kind, data in said)).each("waits")]

    (row,) = waits()
    assert (row["state"], row["events"], row["deadline"]) == ("delayed", [], at(9))
    (row,) = waits((Kind.HELD, {"reason": "by_hand", "scope": "leg"}), (Kind.RELEASED, {}))
    assert row["state"] == "delayed"
    assert not waits((Kind.DELAY_OVER, {}))
