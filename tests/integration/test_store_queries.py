"""Questions to the store: lists and filters, one chain, tasks, the SLA report, what is stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ltc.core.stand_in import Script
from ltc.model.messages import CHAINS_QUEUE
from ltc.model.trail import Entry, Kind
from ltc.ports.store import StartRequest
from ltc.store import Store
from ltc.store.stuck_facts import EngineFacts, PendingActivity
from tests.support.chains import MONDAY, simulate

DAY = timedelta(days=1)
STORIES: dict[str, tuple[Script, int]] = {
    "plain": (Script(), 50_000),
    "approved": (Script(), 800_000),
    "rejected": (Script(decisions=[("manager", "reject")]), 250_000),
    "silent": (Script(decisions=[("manager", "silent")]), 250_000),
    "unpaid": (Script(pays=[]), 50_000),
    "wrong": (Script(fail={"erp.create_order": ["Misconfigured"]}), 50_000),
}


@pytest.fixture
async def stories(store: Store) -> Store:
    """A few chains, each ten days old, each with its story."""
    for number, (name, (script, net)) in enumerate(STORIES.items()):
        plain = Script(**{key: _copy(value) for key, value in vars(script).items()})
        simulation = simulate(net=net, script=plain, run=False, number=f"N{number}", owner="nancy")
        simulation.run(MONDAY + 10 * DAY)
        await store.append(name, "r1", simulation.trail)
    return store


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    return list(value) if isinstance(value, list) else value


async def names(store: Store, **filters: object) -> set[str]:
    return {row["chain"] for row in await store.chains(filters)}  # type: ignore[arg-type]


async def test_chains_are_listed_by_each_filter(stories: Store) -> None:
    assert await names(stories) == set(STORIES)
    assert await names(stories, state="ended") == {"plain", "approved", "rejected"}
    assert await names(stories, outcome="rejected") == {"rejected"}
    assert "wrong" in await names(stories, state="held")
    assert not await names(stories, state="held") & await names(stories, state="running")
    assert await names(stories, leg="collection", state="running") == {"unpaid"}
    assert await names(stories, process="web_order") == set()
    assert await names(stories, customer="nobody") == set()
    assert await names(stories, number="N4") == {"unpaid"}
    assert await names(stories, since=MONDAY + DAY) == set()


async def test_a_filter_counts_alone_and_with_others(stories: Store) -> None:
    assert await names(stories, overdue=True, now=MONDAY) == set()
    late = await names(stories, overdue=True, now=MONDAY + 400 * DAY)
    assert late == {"silent", "unpaid", "wrong"}, "a finished chain is late, never overdue"
    assert await names(stories, overdue=True, now=MONDAY + 400 * DAY, number="N4") == {"unpaid"}


async def test_pages_follow_one_another(stories: Store) -> None:
    whole = [row["chain"] for row in await stories.chains({})]
    paged = [row["chain"] for at in (0, 2, 4) for row in await stories.chains({}, limit=2, offset=at)]
    assert paged == whole


async def test_one_chain_comes_with_all_its_rows(stories: Store) -> None:
    record = await stories.chain("approved")
    assert record is not None
    assert (record["outcome"], record["currency"], record["net"]) == ("completed", "USD", 800_000)
    assert [row["status"] for row in record["legs"] if row["leg"] == "order"] == ["left"]
    assert [vote["actor"] for vote in record["decisions"]] == ["manager-1", "finance-1", "finance-2"]
    assert {row["type"] for row in record["documents"]} >= {"Order", "Release", "Invoice", "deliveries"}
    assert {row["status"] for row in record["effects"]} == {"certain"}
    assert record["waits"] == record["steps"] == []
    assert await stories.chain("nobody") is None


async def test_the_timeline_is_the_trail_in_order(stories: Store) -> None:
    whole = await stories.timeline("plain")
    assert [row["seq"] for row in whole] == list(range(1, len(whole) + 1))
    assert whole[0]["kind"] == "chain_started"
    assert [row["seq"] for row in await stories.timeline("plain", after=4, before=9)] == [5, 6, 7, 8]


async def test_tasks_are_found_by_person_chain_and_state(stories: Store) -> None:
    (open_one,) = await stories.tasks("manager-2")
    assert (open_one["chain"], open_one["level"], open_one["subject"]) == ("silent", "manager", "order")
    assert open_one["candidates"] == ["manager-1", "manager-2", "manager-3"]
    assert await stories.tasks("manager") == [], "a part of a name is nobody"
    assert {task["state"] for task in await stories.tasks(state="")} == {"open", "approved", "rejected"}
    assert {task["level"] for task in await stories.tasks(chain="approved", state="approved")} == {"manager", "finance"}
    assert len(await stories.tasks(state="", limit=2)) == 2
    shown = await stories.task(open_one["ref"])
    assert shown is not None
    assert (shown["digest"], shown["decisions"], shown["requester"]) == (open_one["digest"], [], "nancy")
    assert "order.net" in shown["figures"]
    assert await stories.task("silent/none") is None


async def test_who_has_decided_is_not_asked_again(store: Store) -> None:
    simulation = simulate(net=800_000, run=False)
    simulation.run(MONDAY + 10 * DAY)
    asked = [
        n for n, entry in enumerate(simulation.trail) if entry.kind == "decided" and entry.data["level"] == "finance"
    ]
    await store.append("c", "r1", simulation.trail[: asked[0] + 1])
    assert await store.tasks("finance-1") == []
    assert [task["level"] for task in await store.tasks("finance-2")] == ["finance"]


async def test_the_sla_report_counts_and_measures(stories: Store) -> None:
    report = {row["sla"]: row for row in await stories.sla_report()}
    order = report["leg:lead"]
    assert (order["count"], order["met"], order["breached"], order["leg"]) == (6, 6, 0, "lead")
    assert 0 <= order["median"] <= order["p90"]
    approval = report["leg:approval"]
    assert (approval["count"], approval["met"], approval["running"]) == (3, 2, 1)
    assert (approval["warned"], approval["breached"]) == (1, 1)
    assert approval["lag"] is not None
    assert await stories.sla_report("web_order") == []
    assert await stories.sla_report(since=MONDAY + 400 * DAY) == []


async def test_clocks_of_items_are_counted_under_their_name(stories: Store) -> None:
    assert not [row["sla"] for row in await stories.sla_report() if "[" in row["sla"]]
    assert [row["count"] for row in await stories.sla_report() if row["sla"].startswith("item:")]


async def test_clocks_in_danger_are_those_that_warned_and_run(stories: Store) -> None:
    found = await stories.slas_in_danger()
    assert {row["chain"] for row in found} >= {"silent"}
    assert [row["deadline"] for row in found] == sorted(row["deadline"] for row in found)
    assert len(await stories.slas_in_danger(limit=1)) == 1


async def test_clocks_in_danger_of_one_process_are_found_behind_those_of_others(stories: Store) -> None:
    for number in range(3):
        for process in ("web_order", "web_order_b"):
            said = [
                Entry(seq=1, at=MONDAY, wall=MONDAY, kind=Kind.CHAIN_STARTED, data={"process": process, "number": "n"}),
                Entry(
                    seq=2, at=MONDAY, wall=MONDAY, kind=Kind.SLA_STARTED,
                    data={"sla": "chain", "on": "chain", "deadline": (MONDAY + 90 * DAY).isoformat()},
                ),
                Entry(seq=3, at=MONDAY + DAY, wall=MONDAY, kind=Kind.SLA_WARNED, data={"sla": "chain"}),
            ]  # fmt: skip
            await stories.append(f"{process}:{number}", "r1", said)
    for process in ("web_order", "web_order_b"):
        found = await stories.slas_in_danger(process)
        assert [row["chain"] for row in found] == [f"{process}:{number}" for number in range(3)]
        assert {row["process"] for row in found} == {process}
        assert len(await stories.slas_in_danger(process, limit=2)) == 2


async def test_clocks_without_a_target_follow_those_in_danger_while_their_chain_is_open(stories: Store) -> None:
    for name, state in (("open", "running"), ("over", "ended")):
        said = [
            Entry(seq=1, at=MONDAY, wall=MONDAY, kind=Kind.CHAIN_STARTED, data={"process": "p", "number": name}),
            Entry(
                seq=2, at=MONDAY, wall=MONDAY, kind=Kind.SLA_ENDED, leg="shipment",
                data={"sla": "leg:shipment", "on": "shipment", "why": "not started: x has no date"},
            ),
        ]  # fmt: skip
        if state == "ended":
            said.append(Entry(seq=3, at=MONDAY, wall=MONDAY, kind=Kind.ENDED, data={"outcome": "completed"}))
        await stories.append(name, "r1", said)
    found = await stories.slas_in_danger()
    assert [(row["chain"], row["why"]) for row in found if row["state"] == "not_started"] == [("open", "x has no date")]
    assert found[-1]["chain"] == "open"
    assert {row["sla"]: row["not_started"] for row in await stories.sla_report("p")} == {"leg:shipment": 2}


async def test_stuck_looks_at_every_chain_that_may_be(stories: Store) -> None:
    now = MONDAY + 10 * DAY
    found = {one.chain: one.reason for one in await stories.stuck(now, now)}
    assert found["wrong"] == "held"
    assert found["silent"] in ("held", "human_overdue")
    assert not found.keys() & {"plain", "approved", "rejected"}
    assert [one.chain for one in await stories.stuck(now, now, chain="wrong")] == ["wrong"]
    told = EngineFacts(pending=[PendingActivity(chain="unpaid", id="a.b#1", operation="erp.x", attempt=3)])
    assert {one.chain for one in await stories.stuck(now, now, told)} >= {"wrong", "unpaid"}


async def test_running_chains_are_found_by_what_they_are_held_for(stories: Store) -> None:
    assert "wrong" in await stories.running_on("lead_to_cash")
    assert await stories.running_on("lead_to_cash", held="misconfigured") == ["wrong"]
    assert await stories.running_on("lead_to_cash", held="unavailable") == []
    assert await stories.running_on("web_order", held="misconfigured") == []
    assert await stories.holding("lead_to_cash", leg="order", step="create_order") == ["wrong"]
    assert await stories.holding("lead_to_cash", held="misconfigured", leg="order") == ["wrong"]
    for other in ({"leg": "shipment"}, {"step": "confirm_order"}, {"leg": "order", "held": "unavailable"}):
        assert await stories.holding("lead_to_cash", **other) == []
    assert await stories.holding("web_order", leg="order") == []


async def test_a_ladder_at_rest_is_stuck_though_nothing_of_it_is_late(stories: Store) -> None:
    where = {"at": MONDAY, "wall": MONDAY, "leg": "collection", "step": "dunning"}
    for name, deadline in (("disputed", ""), ("promised", "2026-12-01T00:00:00+00:00")):
        said = {"events": ["erp.payment_allocated"], "until": "rests: dispute", "deadline": deadline}
        started = Entry(seq=0, at=MONDAY, wall=MONDAY, kind=Kind.CHAIN_STARTED, data={"process": "p"})
        await stories.append(name, "r1", [started, Entry(seq=1, kind=Kind.WAITING, data=said, **where)])
    for asked in ({}, {"reason": "held"}):
        found = {one.chain: one.detail for one in await stories.stuck(MONDAY, MONDAY, **asked)}
        assert found["disputed"] == "dunning rests: dispute"
        assert "promised" not in found


async def test_a_question_does_not_wait_for_writers(stories: Store) -> None:
    await stories.drop_views()
    assert await stories.chains({}) == []
    assert await stories.refold() == len(STORIES)
    assert await stories.verify() == []


async def test_a_chain_that_left_no_trail_waits_for_a_worker_if_there_is_none(store: Store) -> None:
    start = StartRequest(chain="new", installation="i", process="p", key="k", plan_digest="d", source="file")
    await store.record_start(start)
    await store.confirm_start("new")
    idle, busy = EngineFacts(pollers={CHAINS_QUEUE: 0}), EngineFacts(pollers={CHAINS_QUEUE: 1})
    (found,) = await store.stuck(MONDAY, MONDAY, idle)
    assert (found.chain, found.reason) == ("new", "no_worker")
    assert found.since is not None
    assert await store.stuck(MONDAY, MONDAY, busy) == []
    assert await store.stuck(MONDAY, MONDAY, idle, chain="nobody") == []
