"""Archiving closed chains: what goes, what stays, what a kill leaves behind, and that all comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.service import RPCError, RPCStatusCode

from ltc.core.stand_in import Script
from ltc.model.trail import Entry, Kind
from ltc.ports.operations import Registry
from ltc.ports.store import DocumentRef, InboxEvent, Route, StartRequest, StoreError
from ltc.store import Store, referenced, tally_anew
from ltc.store.archive import choosing, files, lines, restoring, running, tables
from ltc.store.archive.choosing import Wanted
from ltc.store.archive.files import ArchiveDamaged
from starter.events import Router, StartRules
from tests.support.chains import MONDAY, simulate
from tests.support.databases import direct

DAY = timedelta(days=1)
LATER = Wanted(MONDAY + 200 * DAY)
ENDED = ("a", "b", "c", "d", "e")


@pytest.fixture
async def closed(store: Store) -> Store:
    """Five closed chains with everything on record, one open chain."""
    for number, name in enumerate((*ENDED, "open")):
        script = Script(pays=[]) if name == "open" else Script()
        one = simulate(net=250_000 + number, script=script, run=False, number=f"N{number}")
        one.run(MONDAY + (10 if name == "open" else 60) * DAY)
        start = StartRequest(
            chain=name, installation="i", process="lead_to_cash", key=name, plan_digest="d", source="file",
            definition="x", plan={}, input={"deal": number, "线索": "回款"}, actor="nancy",
        )  # fmt: skip
        await store.record_start(start)
        await store.confirm_start(name)
        half = len(one.trail) // 2
        await store.append(name, "r1", one.trail[: half + 3], started=MONDAY)
        await store.append(name, "r2", one.trail[half:], started=MONDAY + DAY)  # a newer run took over
        intent = await store.plan(f"k-{name}", name, "erp.create_order", "d")
        await store.mark_sent(f"k-{name}", 1, intent.fence)
        document = DocumentRef(system="erp", type="order", id=f"SO-{number}")
        await store.confirm(f"k-{name}", document, {"id": f"SO-{number}", "net": [1, 2.5]})
        await store.correlate(document, Route(chain=name, leg="order"))
        await store.receive(InboxEvent(source="erp", id=f"E{number}", name="erp.goods_shipped", fields={"n": number}))
        await store.mark_event("erp", f"E{number}", "routed", name)
        await store.audit("nancy", "extend", name, "cli", "为什么", "done", {"by": "1d"})
    await store.dump()  # views follow the trail a moment behind; who looks past the store finds them written
    return store


async def records(store: Store) -> dict[str, list[Any]]:
    """Every row of every table of records, as the database holds it."""
    return {
        name: [tuple(row) for row in await store.read(lambda c, t=table: c.execute(select(*t.columns).order_by(*t.primary_key.columns)).all())]
        for name, table in lines.TABLES.items()
    }  # fmt: skip


async def test_what_is_archived_comes_back_as_it_was(closed: Store, url: str, tmp_path: Path) -> None:
    before, views, sla = await records(closed), await closed.dump(), await closed.sla_report()
    done = running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    assert (done.chains, done.left) == (5, 0)
    assert [row["chain"] for row in await closed.chains({})] == ["open"]
    assert {row[0] for row in (await records(closed))["trail"]} == {"open"}
    assert await closed.verify() == []
    assert not await closed.read(tally_anew.differs)
    assert await closed.read(restoring.verify, "A1") == []
    (listed,) = await closed.read(restoring.archives)
    assert (listed["id"], listed["chains"], listed["state"]) == ("A1", 5, "done")

    back = restoring.restore(url, tmp_path / "A1")
    assert (back.chains, back.there) == (5, 0)
    assert await records(closed) == before
    assert await closed.dump() == views
    assert await closed.sla_report() == sla
    assert await closed.verify() == []
    assert restoring.restore(url, tmp_path / "A1").there == 5, "a second time changes nothing"
    assert await records(closed) == before


async def test_the_manifest_says_what_is_there(closed: Store, url: str, tmp_path: Path) -> None:
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    manifest = json.loads((tmp_path / "A1" / "manifest.json").read_text())
    (part,) = manifest["parts"]
    assert sorted(part["chains"]) == list(ENDED)
    assert manifest["chains"] == 5
    assert manifest["rows"]["starts"] == manifest["rows"]["intents"] == manifest["rows"]["audit"] == 5
    assert manifest["rows"]["trail"] > 100
    assert (manifest["schema"], manifest["state"], manifest["actor"]) >= ("0011", "done", "nancy")
    assert MONDAY.isoformat() < manifest["first_ended"] <= manifest["last_ended"] < LATER.before.isoformat()
    assert files.sha256(tmp_path / "A1" / part["file"]) == part["sha256"]


async def test_one_chain_comes_back_alone(closed: Store, url: str, tmp_path: Path) -> None:
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    assert restoring.restore(url, tmp_path / "A1", ["c"]).chains == 1
    assert {row["chain"] for row in await closed.chains({})} == {"c", "open"}
    assert await closed.read(tables.place_of, "c") is None
    place = await closed.read(tables.place_of, "d")
    assert place is not None
    assert (place["archive"], place["file"], place["outcome"]) == ("A1", "part-00001.jsonl.gz", "completed")
    with pytest.raises(StoreError, match="nobody is not in the archive"):
        restoring.restore(url, tmp_path / "A1", ["nobody"])
    again = running.begin(url, "A2", tmp_path / "A2", LATER, "nancy")
    assert again.chains == 1
    assert restoring.restore(url, tmp_path / "A1", ["c"]).there == 1, "the newer archive holds it now"


async def test_a_closed_deal_does_not_start_twice(closed: Store, url: str, tmp_path: Path) -> None:
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    start = StartRequest(
        chain="a", installation="i", process="lead_to_cash", key="a", plan_digest="d", source="file",
        input={"deal": 0, "线索": "回款"},
    )  # fmt: skip
    found = await closed.record_start(start)
    assert (found.created, found.same_input, found.confirmed) == (False, True, True)


class Gone:
    """Temporal, which has forgotten every chain."""

    def get_workflow_handle(self, chain: str) -> Gone:
        return self

    async def signal(self, name: str, event: object) -> None:
        raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


async def test_an_event_about_an_archived_chain_says_where_the_chain_is(
    closed: Store, url: str, tmp_path: Path
) -> None:
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    order, fields = DocumentRef(system="erp", type="order", id="SO-0"), {"order": "SO-0", "delivery": "DN-9"}
    assert await closed.ended_chains(order) == ["a"]
    assert await closed.archived_at("open") == ""
    await closed.receive(InboxEvent(source="erp", id="late", name="erp.goods_shipped", fields=fields, document=order))
    router = Router(Gone(), closed, Registry(), None, StartRules({}, ()))  # type: ignore[arg-type]
    assert await router.deliver() == 1
    (late,) = await closed.late_events()
    file = tmp_path / "A1" / "part-00001.jsonl.gz"
    assert (late["chain"], late["owner"]) == ("a", "role:operator")
    assert late["why"] == f"the chain has ended and is archived in {file}; `ltc archive restore a` brings it back"
    assert restoring.restore(url, tmp_path / "A1", ["a"]).chains == 1
    assert [route.chain for route in await closed.routes(order)] == ["a"]


def speaking(digest: str, process: str = "p") -> list[Entry]:
    """The trail of a closed chain in which somebody attached a file to a task."""
    file = {"sha256": digest, "name": "a.pdf", "size": 9, "kind": "pdf"}
    said: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.CHAIN_STARTED, {"process": process}), (Kind.TASK_ACTED, {"task": "t", "values": {"scan": [file]}}),
        (Kind.ENDED, {"outcome": "completed"}),
    ]  # fmt: skip
    return [Entry(seq=at, at=MONDAY, wall=MONDAY, kind=kind, data=data) for at, (kind, data) in enumerate(said)]


async def test_what_chains_speak_of_is_known_in_the_tables_and_in_archives(
    closed: Store, url: str, tmp_path: Path
) -> None:
    here, there, none = "a1" * 32, "b2" * 32, "c3" * 32
    await closed.append("here", "r1", speaking(here, "stays"))
    await closed.append("there", "r1", speaking(there))
    await closed.record_start(StartRequest(
        chain="asked", installation="i", process="q", key="q", plan_digest="d", source="file", input={"file": none},
    ))  # fmt: skip
    await closed.chains({})  # the views have followed
    running.begin(url, "A1", tmp_path / "A1", Wanted(LATER.before, "p"), "nancy")
    assert (await closed.archived_at("there"), await closed.archived_at("here")) != ("", "")
    known = await closed.read(referenced.digests)
    assert {here, there, none} <= known
    assert "d4" * 32 not in known
    (tmp_path / "A1" / "part-00001.jsonl.gz").unlink()
    with pytest.raises(ArchiveDamaged):
        await closed.read(referenced.digests)


async def test_with_a_hole_in_a_trail_nobody_knows_what_chains_speak_of(store: Store) -> None:
    await store.append("holed", "r1", speaking("a1" * 32)[1:])
    await store.chains({})
    with pytest.raises(StoreError, match="have holes"):
        await store.read(referenced.digests)


KEPT: dict[str, tuple[str, Callable[[], str]]] = {
    "a late event is open": ("late", lambda: "insert into late_events (source, event, chain, owner, why, at, closed_by) "
                             "values ('erp', 'E0', 'a', 'x', '', '2026-03-02 01:00:00', '')"),
    "an effect is open": ("intent", lambda: "update intents set state = 'unknown' where chain = 'a'"),
    "an event is not dealt with": ("inbox", lambda: "update inbox set state = 'new' where chain = 'a'"),
    "an alarm is open": ("alarm", lambda: "insert into alarms (id, chain, kind, detail, at) "
                         "values ('x', 'a', 'k', '{}', '2026-03-02 01:00:00')"),
    "the CRM does not know its end yet": ("writeback", lambda: "insert into writebacks (chain, opportunity, run, seq, "
                                          "sending, owner, tries, trouble, finished) values ('a', 'O', '', 1, '', '', 0, '', false)"),
    "its trail has a hole": ("gap", lambda: "update chains set gap = true where chain = 'a'"),
    "its views are behind its trail": ("behind", lambda: "update chains set last_seq = last_seq - 1 where chain = 'a'"),
    "the chain that started it is open": ("parent", lambda: "update starts set source = 'chain:open' where chain = 'a'"),
    "a chain that it started is open": ("child", lambda: "insert into correlation (system, type, document, chain, item, leg, at) "
                                        "values ('chain', 'child', 'open', 'a', '', '', '2026-03-02 01:00:00')"),
}  # fmt: skip


@pytest.mark.parametrize("why", KEPT, ids=[one[0] for one in KEPT.values()])
async def test_a_chain_that_something_waits_for_stays(closed: Store, url: str, tmp_path: Path, why: str) -> None:
    with direct(url) as connection:
        connection.exec_driver_sql(KEPT[why][1]())
    plan = await closed.read(choosing.plan, LATER)
    assert (plan["chains"], plan["kept"]) == (4, {why: 1})
    assert await closed.read(choosing.why_kept, "a") == [why]
    assert running.begin(url, "A1", tmp_path / "A1", LATER, "nancy").chains == 4
    assert {row["chain"] for row in await closed.chains({})} == {"a", "open"}


async def test_what_is_not_wanted_stays(closed: Store, url: str, tmp_path: Path) -> None:
    assert (await closed.read(choosing.plan, Wanted(MONDAY)))["chains"] == 0
    assert (await closed.read(choosing.plan, Wanted(LATER.before, "web_order")))["chains"] == 0
    assert (await closed.read(choosing.plan, Wanted(LATER.before, "lead_to_cash")))["processes"] == {"lead_to_cash": 5}
    assert running.begin(url, "A1", tmp_path / "A1", Wanted(MONDAY), "nancy").chains == 0


# --- kills


@pytest.mark.parametrize("place", ["write_part", "write_manifest", "wrong", "_take_out", "close"])
async def test_a_kill_anywhere_loses_nothing_and_is_gone_on_from(
    closed: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before, views = await records(closed), await closed.dump()
    monkeypatch.setattr(running, "PART", 2)
    monkeypatch.setattr(running, "FEW", 1)
    owner: Any = running._Run if place in ("_take_out", "close") else files
    real, calls = getattr(owner, place), []

    def dying(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == (1 if place == "close" else 2):
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(owner, place, dying)
    with pytest.raises(KeyboardInterrupt):
        running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    monkeypatch.setattr(owner, place, real)
    with pytest.raises(StoreError, match="--resume A1"):
        running.begin(url, "A2", tmp_path / "A2", LATER, "nancy")
    assert not (tmp_path / "A2").exists()
    assert running.resume(url, "A1").chains == 5
    assert await closed.read(restoring.verify, "A1") == []
    assert await closed.verify() == []
    restoring.restore(url, tmp_path / "A1")
    assert await records(closed) == before
    assert await closed.dump() == views


async def test_a_chain_that_moves_meanwhile_stays(
    closed: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.write_part

    def meanwhile(*args: Any) -> str:
        with direct(url) as connection:
            connection.exec_driver_sql("update intents set note = 'moved' where chain = 'b'")
        return real(*args)

    monkeypatch.setattr(files, "write_part", meanwhile)
    done = running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    assert (done.chains, done.left) == (4, 1)
    assert {row["chain"] for row in await closed.chains({})} == {"b", "open"}
    assert await closed.read(restoring.verify, "A1") == []


# --- damage


async def test_nothing_is_deleted_when_the_file_is_not_what_was_written(
    closed: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await records(closed)
    real = files.write_part

    def rotten(path: Path, *args: Any) -> str:
        told = real(path, *args)
        path.write_bytes(path.read_bytes()[:-20])
        return told

    monkeypatch.setattr(files, "write_part", rotten)
    with pytest.raises(ArchiveDamaged, match="nothing of it was deleted"):
        running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    assert await records(closed) == before


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "altered": (lambda path: path.write_bytes(path.read_bytes() + b"x"), "was altered"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:100]), "was altered"),
    "gone": (lambda path: path.unlink(), "cannot be read"),
}


@pytest.mark.parametrize("how", DAMAGE)
async def test_a_damaged_archive_is_seen_and_not_restored(closed: Store, url: str, tmp_path: Path, how: str) -> None:
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    change, said = DAMAGE[how]
    change(tmp_path / "A1" / "part-00001.jsonl.gz")
    assert [said in one for one in await closed.read(restoring.verify, "A1")] == [True]
    with pytest.raises(ArchiveDamaged, match=said):
        restoring.restore(url, tmp_path / "A1")
    assert {row["chain"] for row in await closed.chains({})} == {"open"}


async def test_a_damaged_manifest_is_seen(closed: Store, url: str, tmp_path: Path) -> None:
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy")
    (tmp_path / "A1" / "manifest.json").write_text("[]")
    assert ["no manifest" in one for one in await closed.read(restoring.verify, "A1")] == [True]
    with pytest.raises(ArchiveDamaged):
        restoring.restore(url, tmp_path / "A1")
    with pytest.raises(StoreError, match="there is no archive 'A9'"):
        await closed.read(restoring.verify, "A9")
    with pytest.raises(StoreError, match="there is no archive 'A9'"):
        running.resume(url, "A9")
    with pytest.raises(StoreError, match="is not empty"):
        running.begin(url, "A2", tmp_path / "A1", LATER, "nancy")


async def test_parquet_is_refused_where_it_cannot_be_written(
    closed: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(StoreError, match="pyarrow, which is not installed"):
        running.begin(url, "A1", tmp_path / "A1", LATER, "nancy", "parquet")
    assert await closed.read(restoring.archives) == []


async def test_parquet_comes_back_too(closed: Store, url: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    before = await records(closed)
    running.begin(url, "A1", tmp_path / "A1", LATER, "nancy", "parquet")
    assert await closed.read(restoring.verify, "A1") == []
    restoring.restore(url, tmp_path / "A1")
    assert await records(closed) == before
    assert await closed.verify() == []


async def test_a_damaged_parquet_file_is_seen_and_nothing_is_deleted(
    closed: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    before = await records(closed)
    real = files.write_part

    def rotten(path: Path, *args: Any) -> str:
        real(path, *args)
        path.write_bytes(path.read_bytes()[:-20])
        return files.sha256(path)

    monkeypatch.setattr(files, "write_part", rotten)
    with pytest.raises(ArchiveDamaged, match=r"is damaged .* nothing of it was deleted"):
        running.begin(url, "A1", tmp_path / "A1", LATER, "nancy", "parquet")
    assert await records(closed) == before
    monkeypatch.undo()
    (tmp_path / "A1" / "part-00001.parquet").unlink()
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        running.resume(url, "A1")
    assert await records(closed) == before


def test_a_parquet_archive_is_not_read_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "part-00001.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(StoreError, match=r"part-00001\.parquet is Parquet.*install ltc\[parquet\]"):
        list(files.read_part(tmp_path / "part-00001.parquet"))
