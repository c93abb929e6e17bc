"""Outcomes in the CRM: each once, in order per deal, also when the CRM was away, a process died, or entries came late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from sqlalchemy import update

from ltc.core.stand_in import Script
from ltc.model.documents import Note
from ltc.model.trail import Entry, Kind, pack, unpack
from ltc.ports.errors import BusinessRefusal, Misconfigured, OutcomeUnknown, Unavailable
from ltc.ports.operations import EffectClass
from ltc.ports.requests import LogProgress
from ltc.ports.store import StartRequest
from ltc.settings import Settings, SystemSettings
from ltc.store import Store, writebacks
from ltc.store.records import WRITEBACKS
from starter.writeback import Writeback, takes_notes
from tests.support.chains import opportunity, simulate


@cache
def whole_trail() -> tuple[Entry, ...]:
    return tuple(unpack(pack(simulate(net=250_000, script=Script(parts=[40, 60])).trail)))


@dataclass
class FakeCrm:
    """A CRM that keeps notes by key, and does what it is told to when one arrives."""

    settle_seconds: float = 0.0
    notes: list[tuple[str, str]] = field(default_factory=list)  # (key, text), per arrival
    deals: list[str] = field(default_factory=list)
    before: Callable[[LogProgress], None] | None = None
    after: Callable[[LogProgress], None] | None = None
    probes: int = 0

    async def log_progress(self, request: LogProgress, key: str) -> Note:
        if self.before:
            self.before(request)
        self.notes.append((key, f"{request.opportunity} {request.text}"))
        self.deals.append(request.opportunity)
        if self.after:
            self.after(request)
        return Note(id=str(len(self.notes)), opportunity=request.opportunity, text=request.text)

    async def probe(self, operation: str, key: str, request: LogProgress) -> Note | None:
        self.probes += 1
        found = [text for there, text in self.notes if there == key]
        return Note(id=key, opportunity=request.opportunity, text=found[0]) if found else None

    def effect_class(self, operation: str) -> EffectClass:
        return EffectClass.C

    def texts(self, deal: str = "OP-1") -> list[str]:
        assert len({key for key, _ in self.notes}) == len(self.notes), "a note was written twice"
        found = [text.removeprefix(f"{deal} ") for _, text in self.notes if text.startswith(deal)]
        return [line for text in found for line in text.splitlines()]


async def start(store: Store, chain: str = "c", deal: str = "OP-1") -> None:
    given = {"opportunity": opportunity(250_000, id=deal, number=deal)}
    request = StartRequest(
        chain=chain, installation="t", process="lead_to_cash", key=deal, plan_digest="d", input=given, source="test"
    )
    await store.record_start(request)


@pytest.fixture
def crm() -> FakeCrm:
    return FakeCrm()


def another(store: Store, crm: FakeCrm) -> Writeback:
    return Writeback(store, crm, "t", rate=1e6, thorough_every=1)


@pytest.fixture
async def loop(store: Store, crm: FakeCrm) -> Writeback:
    made = another(store, crm)
    await made.once()
    return made


@pytest.fixture
def trail() -> list[Entry]:
    return [entry.model_copy(update={"wall": datetime.now(UTC) + timedelta(minutes=1)}) for entry in whole_trail()]


async def until_quiet(loop: Writeback) -> int:
    total = 0
    for _ in range(20):
        written = await loop.once()
        total += written
        if not written:
            return total
    raise AssertionError("it never ends")


async def waive_waiting(store: Store) -> None:
    await store.write(lambda connection: connection.execute(update(WRITEBACKS).values(next_try=None)))


async def test_every_outcome_is_told_in_order_and_once(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    await start(store)
    await store.append("c", "r1", trail)
    assert await until_quiet(loop) == len(crm.notes)
    told = crm.texts()
    assert next(text for text in told if text.startswith("order")).startswith("order: order ")
    assert "shipment: done" in told
    assert [text for text in told if "shipped" in text] != []
    assert len([text for text in told if text.startswith("invoice (") and "posted" in text]) == 2
    assert told[-1] == "order chain: completed"
    assert told.index("shipment: done") < told.index("collection: done")
    assert (await store.read(writebacks.lag)).outcomes == 0


async def test_nothing_is_looked_at_again_once_the_chain_is_told_to_its_end(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    await start(store)
    await store.append("c", "r1", trail)
    await until_quiet(loop)
    assert await store.read(writebacks.due, "me", 10) == []
    told = len(crm.notes)
    assert await another(store, crm).once() == 0
    assert len(crm.notes) == told


async def test_entries_that_come_late_are_told_in_their_place(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    await start(store)
    hole = next(place for place, entry in enumerate(trail) if entry.kind == Kind.LEG_LEFT and entry.leg == "order")
    await store.append("c", "r1", trail[:hole])
    await until_quiet(loop)
    await store.append("c", "r1", trail[hole + 1 :])
    before = len(crm.notes)
    await until_quiet(loop)
    assert len(crm.notes) == before, "what lies beyond a hole waits for the hole"
    await store.append("c", "r1", trail[hole : hole + 1])
    await until_quiet(loop)
    late = FakeCrm()
    await start(store, "d", "OP-2")
    await store.append("d", "r1", trail)
    await until_quiet(another(store, late))
    assert crm.texts() == late.texts("OP-2")


async def test_a_crm_that_was_away_is_caught_up_in_order_each_once(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    def away(request: LogProgress) -> None:
        raise Unavailable("the CRM is away")

    await start(store)
    await start(store, "d", "OP-2")
    crm.before = away
    for size in range(10, len(trail), 10):
        await store.append("c", "r1", trail[size - 10 : size])
        await store.append("d", "r1", trail[size - 10 : size])
        assert await loop.once() == 0
    lag = await store.read(writebacks.lag)
    assert (lag.chains, "away" in lag.trouble, lag.since is not None) == (2, True, True)
    crm.before = None
    for chain in ("c", "d"):
        await store.append(chain, "r1", trail)
    await waive_waiting(store)
    await until_quiet(loop)
    assert crm.texts("OP-1") == crm.texts("OP-2")
    assert crm.texts()[-1] == "order chain: completed"


async def test_a_lost_answer_is_probed_and_the_note_stands_once(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    lost: list[str] = []

    def lose(request: LogProgress) -> None:
        if "shipment: done" in request.text and not lost:
            lost.append(request.text)
            raise OutcomeUnknown("no answer")

    await start(store)
    await store.append("c", "r1", trail)
    crm.after = lose
    await until_quiet(loop)
    assert lost
    await waive_waiting(store)
    await until_quiet(loop)
    assert crm.texts().count("shipment: done") == 1
    assert crm.texts()[-1] == "order chain: completed"
    assert crm.probes == 1


async def test_a_process_that_dies_between_note_and_mark_costs_a_look_not_a_second_note(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    class Killed(BaseException):
        pass

    def die(request: LogProgress) -> None:
        if len(crm.notes) == 2:
            crm.after = None
            raise Killed

    await start(store)
    await store.append("c", "r1", trail)
    crm.after = die
    with pytest.raises(Killed):
        await loop.once()
    other = another(store, crm)
    assert await other.once() == 0, "the dead one's lease still stands"
    past = datetime.now(UTC) - timedelta(minutes=1)
    await store.write(lambda connection: connection.execute(update(WRITEBACKS).values(until=past)))
    await until_quiet(other)
    assert crm.probes == 1
    assert crm.texts()[-1] == "order chain: completed"


async def test_a_note_that_may_still_get_there_is_waited_for(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    def lose(request: LogProgress) -> None:
        raise OutcomeUnknown("no answer")

    await start(store)
    await store.append("c", "r1", trail)
    crm.before, crm.settle_seconds = lose, 3600.0
    await loop.once()
    crm.before = None
    await waive_waiting(store)
    assert await loop.once() == 0
    assert (crm.probes, crm.notes) == (0, [])


@pytest.mark.parametrize("error", [BusinessRefusal("not_found", "the deal is deleted"), Misconfigured("no such field")])
async def test_one_deals_trouble_has_no_other_wait(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry], error: Exception
) -> None:
    def refuse(request: LogProgress) -> None:
        if request.opportunity == "OP-1":
            raise error

    for chain, deal in (("c", "OP-1"), ("d", "OP-2"), ("e", "OP-3")):
        await start(store, chain, deal)
        await store.append(chain, "r1", trail)
    crm.before = refuse
    await until_quiet(loop)
    assert crm.texts("OP-2") == crm.texts("OP-3")
    assert set(crm.deals) == {"OP-2", "OP-3"}
    lag = await store.read(writebacks.lag)
    assert (lag.chains, str(error) in lag.trouble) == (1, True)


async def test_what_a_newer_run_says_again_is_not_told_twice_and_what_it_says_anew_is(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    middle = next(place for place, entry in enumerate(trail) if entry.kind == Kind.LEG_LEFT and entry.leg == "shipment")
    await start(store)
    await store.append("c", "r1", trail[: middle + 1], datetime(2026, 3, 2, 1, tzinfo=UTC))
    await until_quiet(loop)
    told = crm.texts()
    await store.append("c", "r2", trail[middle - 10 :], datetime(2026, 3, 2, 2, tzinfo=UTC))
    await until_quiet(loop)
    assert crm.texts()[: len(told)] == told
    assert crm.texts()[-1] == "order chain: completed"
    assert crm.texts().count("shipment: done") == 1


async def test_a_chain_that_came_and_went_between_two_looks_is_told_too(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    loop.thorough_every = 3
    await start(store)
    await store.append("c", "r1", trail)
    assert await loop.once() == 0
    for _ in range(2):
        await loop.once()
    assert crm.texts()[-1] == "order chain: completed"


async def test_a_chain_without_a_deal_is_left_alone(
    store: Store, crm: FakeCrm, loop: Writeback, trail: list[Entry]
) -> None:
    request = StartRequest(
        chain="c", installation="t", process="p", key="k", plan_digest="d", input={"order": "SO-1"}, source="test"
    )
    await store.record_start(request)
    await store.append("c", "r1", trail)
    assert await until_quiet(loop) == 0
    assert (await store.read(writebacks.lag)).outcomes == 0


async def test_two_processes_side_by_side_tell_everything_once(store: Store, crm: FakeCrm, trail: list[Entry]) -> None:
    await store.write(writebacks.begin)
    for number in range(6):
        await start(store, f"c{number}", f"OP-{number}")
        await store.append(f"c{number}", "r1", trail)
    loops = [another(store, crm) for _ in range(2)]
    for _ in range(4):
        await asyncio.gather(*(one.once() for one in loops))
    assert {tuple(crm.texts(f"OP-{number}")) for number in range(6)} == {tuple(crm.texts("OP-0"))}
    assert (await store.read(writebacks.lag)).outcomes == 0


async def test_recovery_keeps_to_its_rate(store: Store, crm: FakeCrm, trail: list[Entry]) -> None:
    for chain in ("c", "d", "e", "f"):
        await start(store, chain, f"OP-{chain}")
        await store.append(chain, "r1", trail[:30])
    clock = asyncio.get_running_loop().time
    began = clock()
    written = await Writeback(store, crm, "t", rate=50.0).once()
    assert written >= 4
    assert clock() - began >= (written - 1) / 50.0


def test_only_an_adapter_that_writes_notes_is_asked_to(crm: FakeCrm) -> None:
    class Mute:
        def effect_class(self, operation: str) -> EffectClass:
            raise Misconfigured("it does not")

        async def log_progress(self, request: Any, key: str) -> None: ...

    mute: Any = Mute()
    assert (takes_notes(crm), takes_notes(mute), takes_notes(None)) == (True, False, False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("adapter", "write_back", "loops"),
    [("", None, 0), ("sandbox", None, 0), ("bottlecrm", None, 1), ("bottlecrm", False, 0), ("", True, 1)],
)
def test_outcomes_are_written_where_a_real_crm_is_chosen(
    crm: FakeCrm, adapter: str, write_back: bool | None, loops: int
) -> None:
    from starter.doors import writeback_loops

    systems = {"crm": SystemSettings(adapter=adapter)} if adapter else {}
    parts: Any = type("Parts", (), {})()
    parts.settings, parts.systems, parts.store = Settings(systems=systems, write_back=write_back), {"crm": crm}, None
    made = writeback_loops(parts)
    for one in made:
        one.close()
    assert len(made) == loops
