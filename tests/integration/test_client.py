"""The client of chains: starting once, deciding, intervening, being refused clearly."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from ltc.client import BadInputError, NotFoundError, RefusedError
from ltc.client.keys import load_or_create
from ltc.model.messages import Answer, Decision
from ltc.model.signatures import sign
from ltc.ports.store import StartRequest
from tests.integration.rig import Rig, task_of, until


async def test_one_business_key_starts_one_chain(rig: Rig) -> None:
    deal = rig.deal()
    await rig.enter(deal)
    first, second, third = await asyncio.gather(
        *(rig.client.start("lead_to_cash", deal, source=f"door {n}") for n in range(3))
    )
    assert first.chain == second.chain == third.chain
    assert sorted(one.existed for one in (first, second, third)) == [False, True, True]
    other = {**deal, "opportunity": {**deal["opportunity"], "owner": "andrew"}}
    again = await rig.client.start("lead_to_cash", other)
    assert (again.existed, again.same_input) == (True, False)


async def test_a_worker_that_starts_a_chain_runs_it_at_once(rig: Rig) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    history = await rig.client.temporal.get_workflow_handle(chain).fetch_history()
    assert history.events[0].workflow_execution_started_event_attributes.eager_execution_accepted


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"opportunity": {}}, "opportunity.id: "),
        ({"more": 1}, "more: "),
        ({"opportunity_id": None}, "opportunity_id: "),
    ],
)
async def test_malformed_fields_start_nothing(rig: Rig, change: dict[str, Any], told: str) -> None:
    deal = rig.deal()
    with pytest.raises(BadInputError, match=told):
        await rig.client.start("lead_to_cash", {**deal, **change})
    assert await rig.parts.store.start_of(f"lead_to_cash:{deal['opportunity']['number']}") is None


@pytest.mark.parametrize("key", ["", "a/b", "x" * 101, "line\nbreak", " blank"])
async def test_a_key_that_is_no_id_starts_nothing(rig: Rig, key: str) -> None:
    deal = rig.deal()
    deal["opportunity"]["number"] = key
    with pytest.raises(BadInputError, match="business key"):
        await rig.client.start("lead_to_cash", deal)


async def test_an_input_that_is_too_large_starts_nothing(rig: Rig) -> None:
    deal = rig.deal()
    line = deal["opportunity"]["lines"][0]
    deal["opportunity"]["lines"] = [{**line, "id": str(n)} for n in range(2000)]
    with pytest.raises(BadInputError, match="at most 262144 fit"):
        await rig.client.start("lead_to_cash", deal)
    assert await rig.parts.store.start_of(f"lead_to_cash:{deal['opportunity']['number']}") is None


@pytest.mark.parametrize("name", ["no_such", "../etc/passwd", "Lead", ""])
async def test_an_unknown_process_is_not_found(rig: Rig, name: str) -> None:
    with pytest.raises(NotFoundError, match="lead_to_cash"):
        await rig.client.start(name, rig.deal())


async def test_a_start_on_record_is_carried_out_by_whoever_comes_next(rig: Rig) -> None:
    deal = rig.deal()
    await rig.enter(deal)
    definition = (await rig.client.definitions()).get("lead_to_cash")
    key = deal["opportunity"]["number"]
    request = StartRequest(
        chain=f"lead_to_cash:{key}", installation=rig.client.place.name, process="lead_to_cash", key=key,
        plan_digest=definition.plan.digest, definition=definition.text, plan=definition.written, input=deal,
        source="a door that died",
    )  # fmt: skip
    await rig.parts.store.record_start(request)
    started = await rig.client.start("lead_to_cash", deal)
    assert (started.existed, started.same_input) == (True, True)
    await rig.order_of(started.chain)
    assert request.chain not in [one.chain for one in await rig.parts.store.unconfirmed_starts()]


async def test_a_decision_is_answered_at_once_and_only_once(rig: Rig) -> None:
    chain, _ = await rig.begin(net=200_000)
    task = await task_of(rig, chain)
    changed = await rig.client.decide(task, "approve", "andrew", digest="OTHER")
    wrong = await rig.client.decide(task, "approve", "fred")
    right = await rig.client.decide(task, "approve", "andrew", decision_id="d-1")
    same = await rig.client.decide(task, "approve", "andrew", decision_id="d-1")
    late = await rig.client.decide(task, "reject", "andrew")
    assert [one.status for one in (changed, wrong, right)] == ["figures_changed", "not_your_turn", "accepted"]
    assert same.status == "accepted"
    assert late.status in ("already_decided", "closed")
    await rig.order_of(chain)
    said = [row["outcome"] for row in await rig.parts.store.audited(chain)]
    assert said[:3] == ["figures_changed", "not_your_turn", "accepted"]


async def test_a_decision_by_signal_counts_too(rig: Rig) -> None:
    chain, _ = await rig.begin(net=200_000)
    await rig.client.decide_by_signal(await task_of(rig, chain), "approve", "andrew")
    await rig.order_of(chain)


async def test_two_votes_of_finance_are_needed(rig: Rig) -> None:
    chain, _ = await rig.begin(net=900_000)
    assert (await rig.client.decide(await task_of(rig, chain), "approve", "andrew")).status == "accepted"
    task = await task_of(rig, chain, "finance")

    async def fred_may() -> bool:  # until the people file has said who is asked, it is nobody's turn
        return (await rig.client.decide(task, "approve", "fred")).status == "accepted"

    await until(fred_may)
    assert (await rig.client.decide(task, "approve", "fred")).status != "accepted"
    assert (await rig.client.decide(task, "approve", "faye")).status == "accepted"
    await rig.order_of(chain)


async def test_who_speaks_past_the_client_is_not_believed(rig: Rig, tmp_path: Path) -> None:
    chain, _ = await rig.begin(net=200_000)
    task = (await task_of(rig, chain)).partition("/")[2]
    expires = datetime.now(UTC) + timedelta(minutes=5)
    plain = Decision(id="f-1", task=task, decision="approve", digest="d", actor="andrew", expires=expires)
    stranger = load_or_create(tmp_path / "keys")
    forged = plain.model_copy(update={"signature": sign(plain, stranger.private)})
    handle = rig.client.temporal.get_workflow_handle(chain)
    for message in (plain, forged):
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update("decide", message, result_type=Answer)


async def test_deciding_what_is_not_there_is_not_found(rig: Rig) -> None:
    for task in ("nonsense", "lead_to_cash:none/approval.order#1"):
        with pytest.raises(NotFoundError):
            await rig.client.decide(task, "approve", "andrew")


async def test_only_operators_intervene_and_say_why(rig: Rig) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    with pytest.raises(RefusedError, match="role 'operator' is held by olga"):
        await rig.client.intervene(chain, "hold", "nancy", "because")
    with pytest.raises(RefusedError, match="not in the people file"):
        await rig.client.intervene(chain, "hold", "zoe", "because")
    with pytest.raises(RefusedError, match="needs a reason"):
        await rig.client.intervene(chain, "hold", "olga", " ")
    with pytest.raises(BadInputError, match="malformed"):
        await rig.client.intervene(chain, "hold", "olga", "because", nonsense=1)
    answer = await rig.client.intervene(chain, "hold", "olga", "the customer called")
    assert answer.status == "accepted"
    assert (await rig.client.where(chain)).status == "held"
    held = [one for one in await rig.client.stuck() if one.chain == chain]
    assert [one.reason for one in held] == ["held"]
    assert (await rig.client.intervene(chain, "release", "olga", "done")).status == "accepted"
    assert (await rig.client.where(chain)).status == "running"


async def test_a_cancelled_chain_is_undone_and_then_closed(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    assert (await rig.client.intervene(chain, "cancel", "olga", "the customer withdrew")).status == "accepted"
    result = await rig.ended(chain)
    assert result["outcome"] == "cancelled"
    assert (await rig.erp.get(f"/orders/{order['id']}")).json()["status"] == "cancelled"
    assert (await rig.client.intervene(chain, "hold", "olga", "too late")).status == "closed"


def test_the_signing_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_or_create(tmp_path / "keys")
    path = tmp_path / "keys" / "signing.key"
    assert load_or_create(tmp_path / "keys") == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert first.private.hex() not in repr(first)
    path.chmod(0o644)
    with pytest.raises(Exception, match="chmod 600"):
        load_or_create(tmp_path / "keys")
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(Exception, match="damaged"):
        load_or_create(tmp_path / "keys")
