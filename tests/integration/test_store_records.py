"""Intents under a fence, starts once per business key, the inbox, correlation, and the database itself going away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ltc.ports.store import (
    DocumentRef,
    InboxEvent,
    IntentMismatch,
    Records,
    Route,
    SchemaOutdated,
    StartRequest,
    StoreError,
    StoreUnavailable,
)
from ltc.store import Store, intents
from ltc.store.engines import make_engine
from ltc.store.migrate import current, head, upgrade
from ltc.store.records import METADATA
from ltc.store.view_tables import VIEW_TABLES
from tests.support.databases import direct, postgres_folder, postgres_server, run

ORDER = DocumentRef(system="erp", type="order", id="SO-1")


def as_records(store: Store) -> Records:
    """The store is what the ports ask for; mypy and this line hold it to that."""
    return store


# Intents


async def test_the_intent_of_an_effect_is_one_however_often_it_is_planned(store: Store) -> None:
    records = as_records(store)
    first = await records.plan("K", "c", "erp.create_order", "body")
    again = await records.plan("K", "c", "erp.create_order", "body")
    assert (first.state, first.fence, again.state, again.fence) == ("planned", 1, "planned", 2)


async def test_what_is_proved_absent_may_be_asked_for_otherwise_under_its_key(store: Store) -> None:
    first = await store.plan("K", "c", "erp.confirm_order", "body")
    assert await store.mark_absent("K", first.fence)
    again = await store.plan("K", "c", "erp.confirm_order", "with override")
    assert (again.state, again.fence, again.body_digest) == ("absent", 2, "with override")
    assert await store.mark_sent("K", 1, again.fence)
    with pytest.raises(IntentMismatch):
        await store.plan("K", "c", "erp.confirm_order", "body")


@pytest.mark.parametrize(("operation", "body"), [("erp.create_order", "other"), ("erp.cancel_order", "body")])
async def test_the_same_key_for_another_effect_is_refused(store: Store, operation: str, body: str) -> None:
    await store.plan("K", "c", "erp.create_order", "body")
    with pytest.raises(IntentMismatch, match="K of chain c"):
        await store.plan("K", "c", operation, body)
    intent = await store.intent("K")
    assert intent is not None
    assert intent.fence == 1


async def test_only_the_newest_attempt_may_send(store: Store) -> None:
    old = await store.plan("K", "c", "erp.create_order", "body")
    new = await store.plan("K", "c", "erp.create_order", "body")
    assert not await store.mark_sent("K", 1, old.fence)
    assert await store.mark_sent("K", 2, new.fence)
    assert not await store.mark_sent("K", 2, new.fence), "what was sent is probed before it is sent again"
    intent = await store.intent("K")
    assert intent is not None
    assert (intent.state, intent.attempt) == ("sent", 2)


async def test_what_is_unknown_is_sent_again_only_when_proved_absent(store: Store) -> None:
    fence = (await store.plan("K", "c", "erp.create_order", "body")).fence
    assert await store.mark_sent("K", 1, fence)
    assert await store.mark_unknown("K", fence)
    assert not await store.mark_sent("K", 2, fence)
    assert await store.mark_absent("K", fence)
    assert await store.mark_sent("K", 2, fence)


async def test_an_older_attempt_cannot_speak_for_a_newer_one(store: Store) -> None:
    old = await store.plan("K", "c", "erp.create_order", "body")
    await store.mark_sent("K", 1, old.fence)
    new = await store.plan("K", "c", "erp.create_order", "body")
    assert not await store.mark_absent("K", old.fence)
    assert not await store.mark_unknown("K", old.fence)
    assert await store.mark_absent("K", new.fence)


async def test_confirmed_is_final_and_a_second_document_raises_an_alarm(store: Store) -> None:
    intent = await store.plan("K", "c", "erp.create_order", "body")
    await store.mark_sent("K", 1, intent.fence)
    await store.confirm("K", ORDER, {"id": "SO-1", "net": {"minor": 5}})
    await store.confirm("K", ORDER, None)
    assert not await store.mark_absent("K")
    assert not await store.mark_unknown("K")
    assert await store.alarms() == []
    await store.confirm("K", DocumentRef(system="erp", type="order", id="SO-2"), None)
    kept = await store.intent("K")
    assert kept is not None
    assert (kept.document, kept.result) == (ORDER, {"id": "SO-1", "net": {"minor": 5}})
    assert [alarm["kind"] for alarm in await store.alarms("c")] == ["effect_twice"]


async def test_confirming_what_was_never_planned_is_refused(store: Store) -> None:
    with pytest.raises(IntentMismatch, match="never planned"):
        await store.confirm("K", None, None)


async def test_each_outcome_of_an_intent_is_on_record_as_it_came(store: Store) -> None:
    for key in ("planned", "sent", "unknown", "human", "absent", "confirmed"):
        intent = await store.plan(key, "c", "erp.create_order", "body")
        if key != "planned":
            await store.mark_sent(key, 1, intent.fence)
    await store.mark_unknown("unknown")
    await store.mark_human("human", "look into the ERP")
    await store.mark_absent("absent")
    await store.confirm("confirmed", None, None)
    assert {one.key: one.state for one in await store.intents_of("c")} == {
        name: name for name in ("planned", "sent", "unknown", "human", "absent", "confirmed")
    }


async def test_time_since_sending_is_by_the_databases_clock(store: Store, url: str) -> None:
    assert await store.elapsed_since_sent("K") is None
    intent = await store.plan("K", "c", "erp.create_order", "body")
    assert await store.elapsed_since_sent("K") is None
    await store.mark_sent("K", 1, intent.fence)
    elapsed = await store.elapsed_since_sent("K")
    assert elapsed is not None
    assert timedelta(seconds=-0.01) <= elapsed < timedelta(seconds=30)
    back = "sent_at - interval '90 seconds'" if url.startswith("postgres") else "datetime(sent_at, '-90 seconds')"
    run(url, f"update intents set sent_at = {back}")
    elapsed = await store.elapsed_since_sent("K")
    assert elapsed is not None
    assert timedelta(seconds=88) < elapsed < timedelta(seconds=120)


def test_of_many_threads_that_would_send_one_may(url: str) -> None:
    """Each thread has a connection of its own, and all compare and set at the same moment."""
    engine = make_engine(url, writes=True, size=4)
    with engine.begin() as connection:
        fence = intents.plan(connection, "K", "c", "erp.create_order", "body").fence
    barrier, sent = threading.Barrier(4), []

    def attempt(number: int) -> None:
        barrier.wait()
        with engine.begin() as connection:
            sent.append(intents.mark_sent(connection, "K", number, fence))

    run_all([lambda number=number: attempt(number) for number in range(4)])  # type: ignore[misc]
    engine.dispose()
    assert sorted(sent) == [False, False, False, True]


def test_of_many_threads_that_plan_each_gets_its_own_fence(url: str) -> None:
    engine = make_engine(url, writes=True, size=4)
    barrier, fences = threading.Barrier(4), []

    def attempt() -> None:
        barrier.wait()
        with engine.begin() as connection:
            fences.append(intents.plan(connection, "K", "c", "erp.create_order", "body").fence)

    run_all([attempt] * 4)
    engine.dispose()
    assert sorted(fences) == [1, 2, 3, 4]


def run_all(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


# Starts


def request(**changes: object) -> StartRequest:
    plain = {
        "chain": "lead_to_cash:1", "installation": "test", "process": "lead_to_cash", "key": "1", "plan_digest": "P1",
        "definition": "ltc: 1 # 线索", "plan": {"process": "lead_to_cash"}, "input": {"opportunity": {"id": "1"}},
        "source": "file", "actor": "nancy",
    }  # fmt: skip
    return StartRequest.model_validate({**plain, **changes})


async def test_a_business_key_starts_one_chain(store: Store) -> None:
    first = await store.record_start(request())
    again = await store.record_start(request(source="crm"))
    other = await store.record_start(request(input={"opportunity": {"id": "2"}}, plan_digest="P2"))
    assert (first.created, again.created, other.created) == (True, False, False)
    assert (again.same_input, other.same_input) == (True, False)
    assert {first.chain, again.chain, other.chain} == {"lead_to_cash:1"}
    assert other.plan_digest == "P1"
    assert (await store.record_start(request(process="web_order", chain="web_order:1"))).created


async def test_of_many_doors_that_start_the_same_key_one_creates_it(store: Store, url: str) -> None:
    async with await Store.open(url) as other:
        doors = [store, other] * 5
        started = await asyncio.gather(*(door.record_start(request()) for door in doors))
    assert sum(one.created for one in started) == 1


async def test_a_start_on_record_can_be_carried_out_by_somebody_else(store: Store) -> None:
    await store.record_start(request())
    await store.record_start(request(chain="lead_to_cash:2", key="2"))
    assert await store.unconfirmed_starts() == [request(), request(chain="lead_to_cash:2", key="2")]
    await store.confirm_start("lead_to_cash:1")
    assert [one.chain for one in await store.unconfirmed_starts()] == ["lead_to_cash:2"]
    assert await store.start_of("lead_to_cash:1") == request()
    assert await store.start_of("nobody") is None


# Inbox and correlation


def event(number: int = 1, **changes: object) -> InboxEvent:
    plain = {"source": "erp", "id": f"E{number}", "name": "erp.goods_shipped", "fields": {"order": "SO-1"}}
    return InboxEvent.model_validate({**plain, "document": ORDER, **changes})


async def test_an_event_is_taken_in_once_per_source(store: Store) -> None:
    assert await store.receive(event())
    assert not await store.receive(event(fields={"order": "SO-2"}))
    assert await store.receive(event(source="crm"))
    assert [(one.source, one.fields) for one in await store.inbox()] == [
        ("erp", {"order": "SO-1"}), ("crm", {"order": "SO-1"}),
    ]  # fmt: skip


async def test_the_same_event_from_many_at_once_is_new_to_one(store: Store, url: str) -> None:
    async with await Store.open(url) as other:
        taken = await asyncio.gather(*(door.receive(event()) for door in [store, other] * 5))
    assert sum(taken) == 1


async def test_an_event_that_matched_nothing_is_matched_again_when_its_document_is_known(store: Store) -> None:
    await store.receive(event(1))
    await store.receive(event(2, document=DocumentRef(system="erp", type="order", id="SO-2")))
    for name in ("E1", "E2"):
        await store.mark_event("erp", name, "unmatched")
    assert await store.inbox() == []
    assert await store.routes(ORDER) == []
    assert await store.correlate(ORDER, Route(chain="c", leg="order")) == 1
    assert await store.correlate(ORDER, Route(chain="c", leg="order")) == 0
    assert [one.id for one in await store.inbox()] == ["E1"]
    await store.correlate(ORDER, Route(chain="d"))
    assert await store.routes(ORDER) == [Route(chain="c", leg="order"), Route(chain="d")]


async def test_a_late_event_waits_for_its_owner(store: Store) -> None:
    await store.receive(event())
    await store.mark_event("erp", "E1", "late", "c", "the chain has ended")
    assert [(one["event"], one["why"], one["name"]) for one in await store.late_events()] == [
        ("E1", "the chain has ended", "erp.goods_shipped")
    ]
    assert await store.close_late_event("erp", "E1", "olga")
    assert not await store.close_late_event("erp", "E1", "olga")
    assert await store.late_events() == []


async def test_audit_cursor_and_customer_ids(store: Store) -> None:
    await store.audit("olga", "hold", "c", "cli", "because", "accepted", {"leg": "order"})
    assert [(one["actor"], one["detail"]) for one in await store.audited("c")] == [("olga", {"leg": "order"})]
    assert await store.cursor("erp") == ""
    await store.move_cursor("erp", "10")
    await store.move_cursor("erp", "11")
    assert await store.cursor("erp") == "11"
    assert await store.map_customer("crm", "VINET", "C-1") == "C-1"
    assert await store.map_customer("crm", "VINET", "C-2") == "C-1"
    assert await store.customer_of("erp", "VINET") is None


# The schema and the database itself


def test_migrations_make_exactly_the_schema_that_the_code_uses(empty_url: str) -> None:
    assert current(empty_url) == ""
    assert upgrade(empty_url) == head() == upgrade(empty_url)
    assert VIEW_TABLES
    with direct(empty_url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrations_go_down_again(empty_url: str) -> None:
    upgrade(empty_url)
    from alembic import command

    from ltc.store.migrate import configuration

    config = configuration()
    with direct(empty_url) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with direct(empty_url) as connection:
        left = [one for one in METADATA.sorted_tables if connection.dialect.has_table(connection, one.name)]
    assert left == []


async def test_a_database_without_the_schema_is_refused(empty_url: str) -> None:
    with pytest.raises(SchemaOutdated, match="ltc db upgrade"):
        await Store.open(empty_url)


async def test_a_closed_store_says_so(url: str) -> None:
    store = await Store.open(url)
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.plan("K", "c", "o", "b")
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.intent("K")


async def test_what_was_queued_is_written_before_the_store_closes(url: str) -> None:
    store = await Store.open(url)
    writes = [asyncio.ensure_future(store.plan(f"K{number}", "c", "o", "b")) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert {intent.state for intent in await asyncio.gather(*writes)} == {"planned"}


@pytest.mark.parametrize(
    "address",
    ["", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "not an address", "sqlite:////no/where/x.db"],
)
def test_a_wrong_address_gets_one_clear_message(address: str) -> None:
    with pytest.raises((StoreError, StoreUnavailable)):
        upgrade(address)


async def test_a_database_that_never_answers_is_unavailable_and_no_password_is_told() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        await Store.open("postgresql://ltc:geheim@127.0.0.1:1/ltc")
    assert "geheim" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)


async def test_an_sqlite_file_that_is_none_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is no database" * 100)
    with pytest.raises((StoreUnavailable, StoreError)):
        await Store.open(f"sqlite:///{tmp_path / 'x.db'}")


async def test_a_write_lock_held_by_another_process_is_unavailable_and_then_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ltc.store import engines

    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path / 'ltc.db'}"
    upgrade(url)
    async with await Store.open(url) as store:
        with direct(url):
            with pytest.raises(StoreUnavailable, match="locked"):
                await store.plan("K", "c", "o", "b")
            assert await store.intent("K") is None, "reading goes on while another writes"
        assert (await store.plan("K", "c", "o", "b")).state == "planned"


@pytest.mark.postgres
async def test_a_server_that_goes_away_is_unavailable_and_used_again_when_it_is_back() -> None:
    with postgres_folder() as folder:
        with postgres_server(folder) as url:
            upgrade(url)
            store = await Store.open(url)
            await store.plan("K", "c", "o", "b")
        try:
            with pytest.raises(StoreUnavailable):
                await store.plan("K", "c", "o", "b")
            with pytest.raises(StoreUnavailable):
                await store.intent("K")
            with postgres_server(folder):
                assert (await store.plan("K", "c", "o", "b")).fence == 2
                await store.close()
        finally:
            await store.close()
