"""The circuit breaker: opens, tries with one call, lets them come back a few at a time; time is a number here."""

from __future__ import annotations

import contextvars
import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.breaker import Breaker, SystemAway, Watched
from activities.health import HealthNotes
from activities.spread import part
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, Unavailable
from ltc.ports.health import Limits, SystemHealth
from ltc.ports.store import StoreUnavailable

START = datetime(2026, 3, 2, tzinfo=UTC)
AWAY = Unavailable("erp is away: ConnectError")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.now)


def made(clock: Clock, **limits: Any) -> tuple[Breaker, list[SystemHealth]]:
    said: list[SystemHealth] = []
    return Breaker("erp", Limits(**limits), monotonic=clock, wall=clock.wall, said=said.append), said


def call(breaker: Breaker, error: Exception | None, who: str = "c/1", attempt: int = 1) -> None:
    with breaker.passing(who, attempt):
        breaker.heard(error)


def opened(clock: Clock, **limits: Any) -> tuple[Breaker, list[SystemHealth]]:
    breaker, said = made(clock, **limits)
    for number in range(5):
        call(breaker, AWAY, f"c/{number}")
    assert breaker.state == "open"
    return breaker, said


def turned_away(breaker: Breaker, who: str, attempt: int = 1) -> float:
    with pytest.raises(SystemAway) as caught, breaker.passing(who, attempt):
        raise AssertionError("it was let through")
    return caught.value.delay


def test_only_so_many_failures_in_a_row_open_it() -> None:
    breaker, said = made(Clock())
    for error in (AWAY, AWAY, AWAY, AWAY, None, AWAY, OutcomeUnknown("no answer"), AWAY, AWAY):
        call(breaker, error)
    assert (breaker.state, said) == ("closed", [])
    call(breaker, AWAY)
    assert [one.state for one in said] == ["away"]
    assert said[0].error == "Unavailable: erp is away: ConnectError"


@pytest.mark.parametrize("answer", [BusinessRefusal("credit_limit", "no"), Misconfigured("token")])
def test_a_no_and_wrong_credentials_are_answers(answer: Exception) -> None:
    breaker, _ = made(Clock())
    for _ in range(4):
        call(breaker, AWAY)
    for _ in range(50):
        call(breaker, answer)
    for _ in range(4):
        call(breaker, AWAY)
    assert breaker.state == "closed"


def test_nonsense_opens_nothing_but_ends_a_trial() -> None:
    clock = Clock()
    breaker, _ = made(clock)
    for _ in range(50):
        call(breaker, ContractBroken("a login page"))
    assert breaker.state == "closed"
    breaker, _ = opened(clock)
    clock.now += 1
    call(breaker, ContractBroken("a maintenance page"))
    assert breaker.state == "open"


def test_while_open_nobody_gets_through_and_each_is_told_when_to_come() -> None:
    clock = Clock()
    breaker, _ = opened(clock)
    clock.now = 0.25
    delays = [turned_away(breaker, f"c/{number}") for number in range(10)]
    assert delays == sorted(delays)  # the first come first
    assert 0.75 <= delays[0] <= 0.8
    assert turned_away(breaker, "c/3", 2) == pytest.approx(delays[3], abs=0.05)  # and keep their place
    assert breaker.health().waiting == 10


def test_the_trial_is_one_call_at_a_time() -> None:
    clock = Clock()
    breaker, _ = opened(clock)
    clock.now = 1.0
    with breaker.passing("c/1"):
        assert breaker.state == "trial"
        turned_away(breaker, "c/2")
        turned_away(breaker, "c/3")
    with breaker.passing("c/2"):  # the first said nothing: it never called the system
        turned_away(breaker, "c/3")
        breaker.heard(AWAY)
    assert breaker.state == "open"
    turned_away(breaker, "c/3")


def test_a_failed_trial_doubles_the_time_up_to_a_limit() -> None:
    clock = Clock()
    breaker, said = opened(clock, most=8.0)
    periods = []
    for _ in range(6):
        assert said[-1].next_try is not None
        periods.append((said[-1].next_try - clock.wall()).total_seconds())
        clock.now += periods[-1]
        call(breaker, AWAY)
    assert periods == [1, 2, 4, 8, 8, 8]
    assert {one.since for one in said} == {START}  # away since then, all the time


def test_the_system_says_itself_when_to_come_again() -> None:
    clock = Clock()
    breaker, _ = made(clock)
    for _ in range(5):
        call(breaker, Unavailable("429", 12.0))
    clock.now = 11.9
    turned_away(breaker, "c/1")
    clock.now = 12.0
    call(breaker, None)
    assert breaker.state != "open"


def test_they_come_back_a_few_at_a_time() -> None:
    clock = Clock()
    breaker, said = opened(clock, wide=8)
    for number in range(100):
        turned_away(breaker, f"c/{number}")
    clock.now = 1.0
    call(breaker, None, "c/0")
    assert breaker.state == "closing"
    with breaker.passing("c/1"), breaker.passing("c/2"):
        turned_away(breaker, "c/3")
        breaker.heard(None)
        breaker.heard(None)  # two answers at a width of two: twice as wide
        with breaker.passing("c/3"), breaker.passing("c/4"):
            turned_away(breaker, "c/5")
            for _ in range(4 + 8):
                breaker.heard(None)
    assert breaker.state == "closed"
    assert [one.state for one in said] == ["away", "trying", "recovering", "well"]
    assert said[-1].waiting == 0


def test_a_failure_while_it_closes_opens_it_again_for_longer() -> None:
    clock = Clock()
    breaker, said = opened(clock)
    turned_away(breaker, "c/8")
    clock.now = 1.0
    call(breaker, None, "c/0")
    call(breaker, AWAY, "c/1")
    assert breaker.state == "open"
    assert said[-1].next_try == clock.wall() + timedelta(seconds=2)


def test_with_nobody_waiting_it_closes_at_once() -> None:
    clock = Clock()
    breaker, _ = opened(clock)
    clock.now = 1.0
    call(breaker, None)
    call(breaker, None)
    assert breaker.state == "closed"


def test_who_waits_no_more_is_forgotten() -> None:
    clock = Clock()
    breaker, _ = opened(clock)
    turned_away(breaker, "cancelled/1")
    clock.now = 40.0
    call(breaker, None)
    call(breaker, None)
    assert breaker.state == "closed"


def test_what_began_before_it_opened_changes_nothing() -> None:
    clock = Clock()
    breaker, _ = made(clock)
    late = contextvars.copy_context()
    passing = breaker.passing("slow/1")
    late.run(passing.__enter__)
    for _ in range(5):
        call(breaker, AWAY)
    late.run(breaker.heard, None)
    assert breaker.state == "open"
    clock.now = 1.0
    with breaker.passing("c/2"):
        late.run(breaker.heard, AWAY)
        assert breaker.state == "trial"
    late.run(passing.__exit__, None, None, None)


def test_the_message_says_since_when_and_why() -> None:
    breaker, _ = opened(Clock())
    with pytest.raises(SystemAway, match=r"erp is away since 00:00:00Z \(Unavailable: erp is away.*; not called"):
        call(breaker, None)


@dataclass
class World:
    """Chains that call one system over and over as Temporal would retry them; the system is away for a while."""

    clock: Clock
    breaker: Breaker
    away_until: float
    takes: float = 0.3
    calls: list[float] = field(default_factory=list)
    done: list[tuple[float, str]] = field(default_factory=list)
    most_at_once: int = 0
    attempts: Counter[str] = field(default_factory=Counter)

    def run(self, chains: int, until: float) -> None:
        events: list[tuple[float, int, str, Any]] = [(0.5 * n, n, f"chain-{n:03}/1", None) for n in range(chains)]
        heapq.heapify(events)
        number, going = chains, 0
        while events and events[0][0] < until:
            self.clock.now, _, who, ending = heapq.heappop(events)
            number += 1
            if ending is not None:
                going -= 1
                context, passing = ending
                failed = AWAY if self.clock.now < self.away_until else None
                context.run(self.breaker.heard, failed)
                delay = min(2.0 ** (self.attempts[who] - 1), 60.0) * (1 + 0.2 * part(who, self.attempts[who]))
                try:
                    context.run(passing.__exit__, type(failed) if failed else None, failed, None)
                except SystemAway as away:
                    delay = away.delay
                except Unavailable:
                    pass  # as Temporal backs off
                if failed is None:
                    self.done.append((self.clock.now, who))
                else:
                    heapq.heappush(events, (self.clock.now + delay, number, who, None))
                continue
            self.attempts[who] += 1
            context, passing = contextvars.copy_context(), self.breaker.passing(who, self.attempts[who])
            try:
                context.run(passing.__enter__)
            except SystemAway as away:
                heapq.heappush(events, (self.clock.now + away.delay, number, who, None))
                continue
            going += 1
            self.calls.append(self.clock.now)
            if self.clock.now >= self.away_until:
                self.most_at_once = max(self.most_at_once, going)
            heapq.heappush(events, (self.clock.now + self.takes, number, who, (context, passing)))


def test_ten_minutes_away_then_they_drain_in_order_without_a_stampede() -> None:
    clock = Clock()
    breaker, said = made(clock)
    world = World(clock, breaker, away_until=600.0)
    world.run(chains=400, until=800.0)
    assert len(world.done) == 400  # nobody is left behind
    assert len({who for _, who in world.done}) == 400
    assert sum(1 for at in world.calls if at < 600) < 60  # left alone while it was away
    per_second = Counter(int(at) for at in world.calls if at >= 600)
    assert max(per_second.values()) <= 45  # a slot is 50 ms
    assert world.most_at_once <= 40
    order = [int(who[6:9]) for _, who in sorted(world.done)]
    displaced = sum(abs(place - number) for place, number in enumerate(order)) / len(order)
    assert displaced < 10, displaced  # the oldest first, as far as retries allow
    assert max(at for at, _ in world.done) < 660  # a minute after it came back all are served
    assert [one.state for one in said[:1] + said[-1:]] == ["away", "well"]
    assert max(one.waiting for one in said) > 300


def test_jitter_is_even_and_repeatable() -> None:
    drawn = [part(f"chain-{n}", 1) for n in range(2000)]
    assert drawn == [part(f"chain-{n}", 1) for n in range(2000)]
    assert min(drawn) >= 0
    assert max(drawn) < 1
    assert 0.47 < sum(drawn) / len(drawn) < 0.53
    assert part("chain-1", 1) != part("chain-1", 2)


class Port:
    settle_seconds = 3.0

    def __init__(self) -> None:
        self.fails = True

    def effect_class(self, operation: str) -> str:
        return f"A of {operation}"

    async def get_order(self, request: str) -> str:
        if self.fails:
            raise AWAY
        return request


async def test_a_watched_port_is_the_port_and_tells_how_its_calls_went() -> None:
    breaker, _ = made(Clock())
    port = Port()
    watched = Watched(port, breaker)
    assert (watched.settle_seconds, watched.effect_class("x")) == (3.0, "A of x")
    for _ in range(5):
        with pytest.raises(Unavailable):
            await watched.get_order("SO-1")
    assert breaker.state == "open"
    with pytest.raises(AttributeError):
        watched.no_such_operation  # noqa: B018
    port.fails = False
    assert await watched.get_order("SO-1") == "SO-1"
    assert breaker.state == "open"  # outside a trial an answer proves nothing


class Book:
    def __init__(self) -> None:
        self.rows: list[SystemHealth] = []
        self.away = False

    async def record_health(self, health: SystemHealth) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.rows.append(health)


async def test_changes_are_on_record_for_each_port_of_the_system() -> None:
    book = Book()
    notes = HealthNotes(book, "w1")
    breakers = notes.breakers([(["erp", "customer"], Limits(failures=2)), (["crm"], Limits())])
    assert breakers["erp"] is breakers["customer"] is not breakers["crm"]
    for number in range(2):  # as the limits of this system say
        call(breakers["customer"], AWAY, f"c/{number}")
        call(breakers["crm"], AWAY, f"c/{number}")
    await notes.settled()
    assert (breakers["erp"].state, breakers["crm"].state) == ("open", "closed")
    assert [(one.system, one.worker, one.state) for one in book.rows] == [
        ("erp", "w1", "away"), ("customer", "w1", "away"),
    ]  # fmt: skip


async def test_a_record_that_cannot_be_written_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    book = Book()
    book.away = True
    notes = HealthNotes(book, "w1")
    breaker = notes.breakers([(["erp"], Limits())])["erp"]
    for number in range(5):
        call(breaker, AWAY, f"c/{number}")
    await notes.settled()
    assert breaker.state == "open"
    assert "not on record" in caplog.text


def test_every_limit_has_effect() -> None:
    clock = Clock()
    breaker, said = made(clock, failures=1, first=2.0, most=3.0, slot=1.0, narrow=1, wide=1)
    call(breaker, AWAY)
    assert (breaker.state, said[0].next_try) == ("open", START + timedelta(seconds=2))
    first, second = (turned_away(breaker, who) for who in ("c/1", "c/2"))
    assert 2.0 <= first <= 3.0 <= second <= 4.0  # a slot apart
    clock.now = 2.0
    call(breaker, AWAY)  # the trial
    assert breaker.health().next_try == START + timedelta(seconds=5)  # doubled to 4, but no more than 3
    clock.now = 5.0
    call(breaker, None)
    assert breaker.state == "closing"
    with breaker.passing("c/3"):
        turned_away(breaker, "c/4")  # one at once
    call(breaker, None, "c/2")
    assert breaker.state == "closed"  # more than one at once is wider than it ever gets


@pytest.mark.parametrize("kind", [Unavailable, OutcomeUnknown])
def test_a_system_that_answers_that_it_lost_a_race_is_not_away(kind: type[Unavailable] | type[OutcomeUnknown]) -> None:
    breaker, said = made(Clock())
    for _ in range(50):
        call(breaker, kind("could not serialize", answered=True))
    assert (breaker.state, said) == ("closed", [])
