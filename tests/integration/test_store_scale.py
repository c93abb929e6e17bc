"""Questions at scale: found by indexes, page behind page, and counters that say what the rows say."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, delete, event, insert, inspect, update

from ltc.cli import checks
from ltc.core.stand_in import Script
from ltc.ports.store import StartRequest
from ltc.store import (
    Store,
    listing,
    lookups,
    migrate,
    prepared,
    refolding,
    reports,
    suspects,
    tally,
    tally_anew,
    trail,
    views,
    walking,
)
from ltc.store.engines import make_engine
from ltc.store.records import TRAIL
from ltc.store.rows import BLANKS
from ltc.store.stuck_facts import EngineFacts, PendingActivity
from ltc.store.view_tables import VIEW_TABLES, missing_indexes
from tests.support.chains import MONDAY, simulate
from tests.support.databases import direct

DAY = timedelta(days=1)
SCRIPTS = (
    Script, lambda: Script(decisions=[("manager", "reject")]), lambda: Script(decisions=[("manager", "silent")]),
    lambda: Script(pays=[]), lambda: Script(fail={"erp.create_order": ["Misconfigured"]}),
)  # fmt: skip


@pytest.fixture
async def many(store: Store) -> Store:
    """Forty chains: five stories, some of them at the same instant, some with a newer run."""
    for number in range(40):
        one = simulate(net=250_000 + number, script=SCRIPTS[number % 5](), run=False, number=f"N{number % 20}")
        one.run(MONDAY + (1 + number % 13) * DAY)
        half = len(one.trail) // 2
        await store.append(f"c{number:02}", "r1", one.trail[:half])
        await store.append(f"c{number:02}", "r1", one.trail[half:])
    later = simulate(net=250_000, run=False)
    later.run(MONDAY + 4 * DAY)
    await store.append("hole", "r1", later.trail[5:9])  # its beginning is not on record
    await (
        store.dump()
    )  # views follow the trail a moment behind; who reads waits for them, who looks past the store does not
    return store


@pytest.mark.parametrize("few", [listing.FEW, -1])
async def test_pages_behind_one_another_are_the_whole_list(
    many: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    choices: list[dict[str, Any]] = [
        {}, {"state": "ended"}, {"state": "held"}, {"process": "lead_to_cash"}, {"since": MONDAY}, {"outcome": "completed"},
        {"leg": "collection"}, {"number": "N3"}, {"overdue": True, "now": MONDAY + 400 * DAY},
    ]  # fmt: skip
    for filters in choices:
        whole = [row["chain"] for row in await many.chains(filters, 1000)]  # type: ignore[arg-type]
        paged: list[str] = []
        while page := await many.chains(filters, 3, after=paged[-1] if paged else ""):  # type: ignore[arg-type]
            paged += [row["chain"] for row in page]
        assert paged == whole, filters
        assert whole, filters
    assert (await many.chains({}, 1000))[-1]["chain"] == "hole"
    assert await many.chains({}, after="nobody") == []


async def test_filters_together_find_what_each_row_says(many: Store) -> None:
    rows = await many.chains({}, 1000)
    values: dict[str, list[str]] = {
        name: ["", *sorted({str(row[name]) for row in rows} - {""})[:3], "none"]
        for name in ("state", "outcome", "leg", "process", "number")
    }
    for mixed in itertools.product(*values.values()):
        filters = dict(zip(values, mixed, strict=True))
        wanted = [row["chain"] for row in rows if all(row[name] == one for name, one in filters.items() if one)]
        assert [row["chain"] for row in await many.chains(filters, 1000)] == wanted, filters  # type: ignore[arg-type]


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """Collect where the database reads a table from end to end for a question asked meanwhile."""
    found: list[str] = []
    with explained(connection) as told:
        yield found
    found += [line for line in told if _whole(line)]


@contextmanager
def explained(connection: Connection) -> Iterator[list[str]]:
    """Collect how the database goes about each question asked meanwhile."""
    told: list[str] = []
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _m: Any) -> None:
        asked.append((statement, parameters))

    real = prepared._Query.said

    def noted(query: Any, values: Any) -> tuple[str, Any]:  # what is made ready once goes past SQLAlchemy's events
        asked.append(real(query, values))
        return asked[-1]

    event.listen(connection, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared._Query, "said", noted)
        yield told
    event.remove(connection, "before_cursor_execute", note)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("set enable_seqscan = off")  # so few rows are read whole otherwise
    explain = "explain query plan " if connection.dialect.name == "sqlite" else "explain "
    for statement, parameters in asked:
        told += [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]


def _whole(line: str) -> bool:
    """Tell whether a line of a plan reads a table from end to end."""
    if "Seq Scan on" in line:
        return True
    table = line.removeprefix("SCAN ").split(" ")[0]
    inner = table.startswith(("(", "anon", "SUBQUERY", "CONSTANT", "json_each"))
    return line.startswith("SCAN ") and not inner and not any(f"_{name}" in line for name in SMALL)


SMALL = (
    "open",
    "due",
    "standing",
    "quiet",
    "held",
    "nameless",
    "unheard",
    "resting",
)  # indexes of what is open: reading one whole is no harm
CHOICES = {
    "state": ("", "held", "ended"), "outcome": ("", "completed"), "leg": ("", "approval"), "process": ("", "web_order"),
    "customer": ("", "VINET"), "since": (None, MONDAY), "overdue": (False, True),
}  # fmt: skip


@pytest.mark.parametrize("few", [listing.FEW, -1])
async def test_no_list_reads_a_table_from_end_to_end(many: Store, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    place = (await many.chains({}, 5))[-1]["chain"]

    def ask(connection: Connection) -> list[str]:
        with plans(connection) as told:
            for mixed in itertools.product(*CHOICES.values()):
                filters: Any = {**dict(zip(CHOICES, mixed, strict=True)), "now": MONDAY + 9 * DAY}
                listing.chains(connection, filters, 50)
                listing.chains(connection, filters, 50, after=place)
            listing.chains(connection, {"number": "N1"}, 50)
        return told

    assert sorted(set(await many.read(ask))) == []


@pytest.mark.parametrize("pair", ["process outcome", "process leg", "outcome leg"])
async def test_two_filters_together_walk_no_index_of_one(many: Store, url: str, pair: str) -> None:
    """Many chains may match each of two filters and none both: an index of both finds that out at once."""
    values = {"process": "web_order", "outcome": "lost", "leg": "approval"}
    filters: Any = {"state": "ended", **{name: values[name] for name in pair.split()}}
    first, second = pair.split()
    mine = f"ix_chains_closed_{first}_{second}"
    with direct(url) as connection:
        if connection.dialect.name == "postgresql":  # of forty rows any index costs it the same: only whether it fits
            for name in [one for one in indexes(url, "chains") if "_closed" in one and one != mine]:
                connection.exec_driver_sql(f"drop index {name}")

    def ask(connection: Connection) -> list[str]:
        with explained(connection) as told:
            listing.chains(connection, filters, 50)
        return [line for line in told if "ix_chains_closed" in line or "Index Cond" in line]

    used, *more = await many.read(ask)
    assert mine in used
    assert re.search(rf"{first} ?= ?.* AND \(?{second} ?= ?", "".join([used, *more][:2]))
    assert not [line for line in more if "ix_chains_closed" in line]


async def test_of_three_filters_the_fewest_choose(many: Store) -> None:
    filters: Any = {"process": "lead_to_cash", "outcome": "completed", "leg": "nowhere"}
    assert "leg" in await many.read(listing._rarest, filters)
    assert await many.read(listing._rarest, {**filters, "customer": "NOBODY"}) == ("customer",)
    assert await many.read(listing._rarest, {"leg": "x"}) == ("leg",)
    assert await many.read(listing._rarest, {}) == ()


@pytest.mark.parametrize("few", [listing.FEW, -1])
async def test_no_question_about_what_is_stuck_or_late_does(
    many: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FEW", few)  # -1: there are many, which are walked through
    idle = EngineFacts(
        pending=[PendingActivity(chain=f"c{n:02}", id="a.b#1", operation="erp.x", attempt=3) for n in range(9)],
        pollers={"chains": 0},
    )

    def ask(connection: Connection) -> list[str]:
        now = MONDAY + 30 * DAY
        with plans(connection) as told:
            for engine in (EngineFacts(), idle):
                for reason in ("", "held", "human_overdue", "event_late", "compensating", "retrying"):
                    reports.stuck(connection, now, now, engine, reason=reason, limit=10)
            suspects.silent(connection, idle)
            tally.clocks(connection)
            for process in ("", "web_order"):
                reports.slas_in_danger(connection, process)
                tally.report(connection, process, MONDAY + DAY)
            lookups.suspects(connection, now, 2_000)
            lookups.silent_starts(connection, now, 2_000)
            lookups.quiet_chains(connection, now, "", 100)
            lookups.chains_with_gaps(connection, 100)
        return told

    small = ("sla_tally", "SCAN steps", "ix_slas_without", "ix_slas_danger", "SCAN urgent",
             "chains USING COVERING INDEX ix_chains_gap")  # fmt: skip
    assert [one for one in await many.read(ask) if not any(name in one for name in small)] == []


@pytest.mark.parametrize("few", [listing.FEW, -1])
async def test_what_is_stuck_is_found_page_by_page(many: Store, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    now = MONDAY + 30 * DAY
    whole = await many.stuck(now, now)
    assert len({one.reason for one in whole}) > 1
    for limit in (1, 3, 7, len(whole)):
        assert await many.stuck(now, now, limit=limit) == whole[:limit]
    monkeypatch.setattr(reports, "_PAGE", 2)
    assert await many.stuck(now, now, limit=9) == whole[:9]
    for reason in {one.reason for one in whole}:
        wanted = [one for one in whole if one.reason == reason]
        assert await many.stuck(now, now, reason=reason, limit=100) == wanted
        leg = wanted[0].leg
        here = [one for one in wanted if one.leg == leg]
        assert await many.stuck(now, now, reason=reason, leg=leg, limit=100) == here


async def test_what_is_being_undone_says_what_is_left(many: Store, url: str) -> None:
    """The effects that stand are asked for only where they are being undone."""
    now = MONDAY + 30 * DAY
    (name, *_) = [row["chain"] for row in await many.chains({"state": "held"}, 1000)]
    with direct(url) as connection:
        chains, holds = VIEW_TABLES["chains"], VIEW_TABLES["holds"]
        changes = {"state": "compensating", "compensating_since": MONDAY}
        connection.execute(update(chains).where(chains.c.chain == name).values(**changes))
        connection.execute(delete(holds).where(holds.c.chain == name))
        effects = VIEW_TABLES["effects"]
        for number, status in enumerate(("certain", "undone", "unknown")):
            row = {**BLANKS["effects"], "chain": name, "effect": f"e{number}", "op": f"erp.x{number}", "status": status}
            connection.execute(insert(effects).values(**row))
    for reason in ("", "compensating"):
        (one,) = [found for found in await many.stuck(now, now, reason=reason) if found.chain == name]
        assert one.reason == "compensating"
        stood = [row["op"] for row in ((await many.chain(name)) or {})["effects"] if row["status"] != "undone"]
        assert one.detail.startswith(f"{len(stood)} effects still to be undone")
        assert len(stood) >= 2


async def test_a_start_is_silent_until_its_chain_is_heard_of(store: Store) -> None:
    for name in ("a", "b"):
        start = StartRequest(chain=name, installation="i", process="p", key=name, plan_digest="d", source="file")
        await store.record_start(start)
        await store.confirm_start(name)
    await store.append("a", "r1", simulate(net=1).trail[:3])
    far = MONDAY + 4_000 * DAY
    assert await store.read(lookups.silent_starts, far, 10) == ["b"]
    await store.drop_views()
    assert await store.read(lookups.silent_starts, far, 10) == ["b"], "the views have no say in it"


# --- looking at all of them


async def test_all_chains_are_walked_through_some_at_a_time(
    many: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await many.read(lambda one: list(walking.everyone(one)))
    assert len(whole) == await many.count_chains() == 41
    assert await many.holes() == ["hole"]
    with direct(url) as connection:
        connection.execute(delete(VIEW_TABLES["chains"]).where(VIEW_TABLES["chains"].c.chain == "c09"))
        connection.execute(delete(TRAIL).where(TRAIL.c.chain == "c30", TRAIL.c.seq == 5))
        connection.execute(insert(VIEW_TABLES["legs"]).values(**BLANKS["legs"], chain="nobody", leg="a", item=""))
    differ = {one.chain for one in await many.verify()}
    assert differ == {"c09", "c30", "nobody"}, "views of which there is no trail are seen, too"
    monkeypatch.setattr(walking, "SPAN", 4)
    monkeypatch.setattr(walking, "PAGE", 3)
    assert await many.read(lambda one: list(walking.everyone(one))) == [*whole, "nobody"]
    assert {one.chain for one in await many.verify()} == differ
    assert len(await many.verify(most=2)) == 2
    assert await many.holes() == ["c30", "hole"]
    assert await many.holes(1) == ["c30"]
    looked, last = [], ""
    while True:
        looked.append(await many.look_through(last))
        last = looked[-1].last
        if not last:
            break
    assert len(looked) == 11
    assert [one.holes for one in looked if one.holes] == [["c30"], ["hole"]]
    assert sum(one.caught_up for one in looked) == 1
    assert await many.catch_up() == 0
    assert await many.refold() == 42
    assert await many.verify() == []


async def test_what_is_asked_of_many_chains_is_looked_up(many: Store) -> None:
    names = [f"c{number:02}" for number in range(9)]

    def ask(connection: Connection) -> list[str]:
        with plans(connection) as told:
            trail.runs_of_many(connection, names)
            views.marks_of(connection, names)
            suspects.load(connection, names)
        return told

    assert await many.read(ask) == []


async def test_a_walk_reads_no_further_than_it_goes(many: Store) -> None:
    def ask(connection: Connection) -> list[str]:
        with plans(connection) as told:
            here = walking.stretch(connection, "c05")
            walking.behind(connection, here, 10)
            walking.holes(connection, here)
            walking.names(connection, "c05")
        return told

    assert await many.read(ask) == []


# --- counters


EXACTLY = (
    "process", "sla", "leg", "count", "met", "warned", "breached", "running", "planned", "not_started", "since",
)  # fmt: skip
NEARLY = ("median", "p90", "lag", "lag_p90")


BEIJING = timezone(timedelta(hours=8))
ODD = (
    MONDAY + timedelta(hours=13, minutes=7, microseconds=1),
    datetime(2026, 3, 3, 23, 59, 59, 999_999, UTC), datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 4, 0, 0, 0, 1, UTC),
    datetime(2026, 3, 4, 7, 59, tzinfo=BEIJING), datetime(2026, 3, 4, 8, 0, tzinfo=BEIJING),
    datetime(2026, 2, 28, 23, 30, tzinfo=UTC), datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, tzinfo=UTC),
)  # fmt: skip


async def test_the_counters_say_what_the_rows_say(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[tuple[str, Any]] = [
        *(("", moment) for moment in ODD),
        ("", None), ("lead_to_cash", None), ("web_order", None), ("", MONDAY), ("", MONDAY + 2 * DAY),
        ("", MONDAY + timedelta(days=1, hours=3)), ("", MONDAY - 400 * DAY), ("", MONDAY + 400 * DAY),
        ("lead_to_cash", MONDAY + timedelta(hours=5)),
    ]  # fmt: skip
    exact = [await many.sla_report(*one) for one in questions]
    monkeypatch.setattr(reports, "EXACT", 0)
    for question, wanted in zip(questions, exact, strict=True):
        found = await many.sla_report(*question)
        told = [{name: row[name] for name in EXACTLY} for row in found]
        assert told == [{name: row[name] for name in EXACTLY} for row in wanted], question
        for one, other in zip(found, wanted, strict=True):
            for name in NEARLY:
                assert _near(one, other, name), (question, name, one, other)


async def test_a_report_counts_whole_days_and_says_from_when(many: Store) -> None:
    """Chains start at MONDAY's hour: an exact count from later on that day would leave them out."""
    first = datetime(2026, 3, 2, tzinfo=UTC)
    assert MONDAY.astimezone(UTC).date() == first.date()
    whole = {row["sla"]: row["count"] for row in await many.sla_report()}
    late = await many.sla_report("", first + timedelta(hours=23))
    assert {row["sla"]: row["count"] for row in late} == whole
    assert {row["since"] for row in late} == {first}
    assert {row["since"] for row in await many.sla_report()} == {None}


async def test_the_counted_report_reads_no_clock(many: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "EXACT", 0)
    questions: list[tuple[str, Any]] = [("", None), ("lead_to_cash", None), *(("lead_to_cash", one) for one in ODD)]
    asked: list[str] = []

    def ask(connection: Connection) -> list[Any]:
        event.listen(connection, "before_cursor_execute", lambda _c, _k, said, *_: asked.append(said))
        return [reports.sla_report(connection, *one) for one in questions]

    before = await many.read(ask)
    assert any(before)
    assert [said for said in asked if "slas" in said or "chains" in said] == []
    with direct(url) as connection:
        connection.execute(delete(VIEW_TABLES["slas"]))
    assert [await many.sla_report(*one) for one in questions] == before


def _near(one: dict[str, Any], other: dict[str, Any], name: str) -> bool:
    if (
        None in (one[name], other[name]) or name == "median"
    ):  # the middle of two lies between them; the counters name the lower
        return (one[name] is None) == (other[name] is None)
    return one[name] == pytest.approx(other[name], rel=0.026, abs=0.001)


async def test_the_counters_follow_every_way_a_view_is_written(many: Store) -> None:
    assert list(await many.read(lambda one: list(tally_anew.differences(one)))) == []
    again = simulate(net=250_000, script=Script(decisions=[("manager", "reject")]), run=False)
    again.run(MONDAY + 2 * DAY)
    await many.append("c03", "r2", again.trail[4:], started=MONDAY + DAY)  # a newer run takes over
    await many.append("hole", "r1", again.trail[:5])
    assert list(await many.read(lambda one: list(tally_anew.differences(one)))) == []
    await many.refold("c01")
    await many.refold()
    assert list(await many.read(lambda one: list(tally_anew.differences(one)))) == []
    await many.drop_views()
    assert await many.read(tally.clocks) == 0
    await many.refold()
    assert list(await many.read(lambda one: list(tally_anew.differences(one)))) == []


async def test_wrong_counters_are_found_and_made_anew(many: Store, url: str) -> None:
    with direct(url) as connection:
        connection.exec_driver_sql("update sla_tally set met = met + 1 where period = ''")
    assert {one.table for one in await many.verify()} == {"sla_tally"}
    await many.refold()
    assert await many.verify() == []


@pytest.mark.parametrize("seconds", [0.0005, 0.001, 0.0011, 0.5, 1.0, 59.9, 3600.0, 86_400 * 400.0])
def test_a_step_stands_for_its_times_within_a_fortieth(seconds: float) -> None:
    told = tally.seconds_of(tally.bucket(seconds))
    assert told == pytest.approx(seconds, rel=0.026, abs=0.001)


# --- all views anew


async def test_all_views_are_made_anew_by_several_processes(many: Store, url: str) -> None:
    before = await many.dump()
    await many.drop_views()
    done = await asyncio.to_thread(refolding.refold_all, url, 2)
    assert (done.chains, done.processes) == (41, 2)
    assert await many.dump() == before
    assert await many.verify() == []
    await asyncio.to_thread(refolding.refold_all, url, 1)  # over views that are there
    assert await many.dump() == before
    assert await many.verify() == []


async def test_a_refold_that_is_cut_short_goes_on(many: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await many.dump()
    await many.drop_views()
    monkeypatch.setattr(refolding, "PART", 10)
    real, done = refolding._replace, []

    def failing(connection: Connection, part: Any, *more: Any) -> None:
        if len(done) == 2:
            raise RuntimeError("killed")
        real(connection, part, *more)
        done.append(part.first)

    monkeypatch.setattr(refolding, "_replace", failing)
    with pytest.raises(RuntimeError):
        await asyncio.to_thread(refolding.refold_all, url, 1)
    monkeypatch.setattr(refolding, "_replace", real)
    assert (await asyncio.to_thread(refolding.refold_all, url, 1)).chains == 21
    assert await many.dump() == before
    assert await many.verify() == [], "what was counted by the process that died is counted again"


async def test_indexes_that_a_refold_left_out_are_told(many: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refolding, "PART", 10)
    await many.drop_views()
    with monkeypatch.context() as patch:
        patch.setattr(refolding, "_index", lambda _: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(refolding.refold_all, url, 1)
    assert await many.read(refolding.unfinished)
    missing = [index.name for index in await many.read(missing_indexes)]
    assert len(missing) > 20
    found = {one.key: one.table for one in await many.verify() if one.columns == ["index"]}
    assert list(found) == missing
    assert found["ix_chains_open"] == "chains"
    report = checks.Report("database")
    await checks._views(url, report)
    (warned,) = report.findings
    assert (warned.state, "it goes on where it was" in warned.remedy) == ("warn", True)
    assert f"without {len(missing)} indexes" in warned.message
    await asyncio.to_thread(refolding.refold_all, url, 1)
    assert await many.verify() == []
    with direct(url) as connection:
        connection.exec_driver_sql("drop index ix_chains_open")
    (one,) = await many.verify()
    assert (one.table, one.key) == ("chains", "ix_chains_open")
    for wanted in ("1 indexes of the views are missing", ""):
        report = checks.Report("database")
        await checks._views(url, report)
        assert [said.message.partition(":")[0] for said in report.findings] == ([wanted] if wanted else [])
        await asyncio.to_thread(refolding.refold_all, url, 1)


async def test_indexes_are_made_once_all_rows_are_there(many: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refolding, "PART", 10)
    wanted = {name: indexes(url, name) for name in VIEW_TABLES}
    real, seen = refolding._replace, []

    def looking(connection: Connection, part: Any, *more: Any) -> None:
        real(connection, part, *more)
        seen.append(len(indexes(url, "chains")))

    monkeypatch.setattr(refolding, "_replace", looking)
    await asyncio.to_thread(refolding.refold_all, url, 1)
    assert set(seen) == {len(wanted["chains"])}, "where views are asked, they keep their indexes"
    await many.drop_views()
    seen.clear()
    await asyncio.to_thread(refolding.refold_all, url, 1)
    assert set(seen) == {0}
    assert {name: indexes(url, name) for name in VIEW_TABLES} == wanted
    assert await many.verify() == []


def indexes(url: str, table: str) -> set[str]:
    """The names of a table's indexes."""
    engine = make_engine(url, writes=False)
    try:
        return {str(one["name"]) for one in inspect(engine).get_indexes(table)}
    finally:
        engine.dispose()


async def test_what_is_appended_meanwhile_is_folded_too(many: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = refolding._replace
    later = simulate(net=250_000, run=False)
    later.run(MONDAY + 4 * DAY)

    def late(connection: Connection, part: Any, reached: Any, folded: Any, changes: Any) -> None:
        stale = {name: (1, 0) if name == "c07" else mark for name, mark in reached.items()}  # as if it had moved
        wrong = [view.set(leg="stale") if view.chain == "c07" else view for view in folded]
        real(connection, part, stale, wrong, changes)

    monkeypatch.setattr(refolding, "_replace", late)
    await asyncio.to_thread(refolding.refold_all, url, 1)
    assert await many.verify() == []


def test_the_schema_of_before_is_brought_up_with_its_rows(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0007")
    with direct(empty_url) as connection:
        connection.exec_driver_sql(
            "insert into trail values ('c', 'r', 1, '2026-03-02 01:00:00', '2026-03-02 01:00:00', 'rested', '', '', '',"
            " 0, '{}', 'x', false)"
        )
        connection.exec_driver_sql("insert into runs values ('c', 'r', 1, null, '2026-03-02 01:00:00', 1, 1)")
    migrate.upgrade(empty_url)
    with direct(empty_url) as connection:
        assert connection.exec_driver_sql("select chain, seq, digest from trail").all() == [("c", 1, "x")]


def test_the_index_of_clocks_by_their_start_goes_from_a_database_that_has_it(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    config = migrate.configuration()
    with direct(empty_url) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0013")
    assert "ix_slas_started" in indexes(empty_url, "slas")
    assert "ix_chains_closed_process_leg" not in indexes(empty_url, "chains")
    migrate.upgrade(empty_url)
    for name, table in VIEW_TABLES.items():
        assert indexes(empty_url, name) == {str(index.name) for index in table.indexes}
