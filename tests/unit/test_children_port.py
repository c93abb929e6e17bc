"""The port by which chains start chains: a start on record is never lost sight of, whatever became of it since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ltc.client.children import ChildChains
from ltc.client.errors import BadInputError, EngineAwayError, NotFoundError
from ltc.client.starting import Started
from ltc.model.messages import Answer, Intervention
from ltc.ports.chains import ChildId, StartChain
from ltc.ports.context import CURRENT_CHAIN
from ltc.ports.errors import BusinessRefusal, Unavailable

PARENT, CHILD = "frame:1", "small:1-1"
WANTED = StartChain(process="small", key="1-1", input={})


@dataclass
class Engine:
    """Records and Temporal, as far as the port sees them: what is on record, and what of it runs."""

    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    launched: list[str] = field(default_factory=list)
    heard: list[Intervention] = field(default_factory=list)
    fails: Exception | None = None
    answers: str = "accepted"
    ends: dict[str, Any] | None = None  # how a chain that hears nothing any more turns out to have ended

    @property
    def store(self) -> Engine:
        """The records."""
        return self

    async def start_of(self, chain: str) -> SimpleNamespace | None:
        """What started a chain."""
        process, _, key = chain.partition(":")
        source = self.sources.get(chain)
        return SimpleNamespace(source=source, process=process, key=key) if source is not None else None

    async def chain(self, chain: str) -> dict[str, Any] | None:
        """How a chain stands."""
        return self.views.get(chain)

    async def start(self, process: str, fields: dict[str, Any], *, source: str, actor: str, key: str) -> Started:
        """Start a chain."""
        if self.fails is not None:
            raise self.fails
        chain = f"{process}:{key}"
        existed = chain in self.sources
        self.sources.setdefault(chain, source)
        self.running.append(chain)
        return Started(chain, existed)

    async def child_of(self, parent: str, process: str, fields: dict[str, Any], key: str = "") -> str:
        """What a parent's start is on record as."""
        chain = f"{process}:{key}"
        return chain if self.sources.get(chain) == f"chain:{parent}" else ""

    async def relaunch(self, chain: str) -> None:
        """Begin what is on record."""
        if isinstance(self.fails, EngineAwayError):
            raise self.fails
        self.launched.append(chain)
        self.running.append(chain)

    async def say(self, chain: str, wish: Intervention) -> Answer:
        """Tell a chain something."""
        if chain not in self.running:
            if self.ends is not None:
                self.views[chain] = self.ends
            return Answer(status="closed", message=f"{chain} has ended, or Temporal does not know it")
        self.heard.append(wish)
        return Answer.model_validate({"status": self.answers, "message": "past the point of no return"})

    def expires(self) -> datetime:
        """Until when a message is valid."""
        return datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine() -> Engine:
    """A parent that asks."""
    CURRENT_CHAIN.set(PARENT)
    return Engine(sources={PARENT: "test"})


def on_record(engine: Engine, *, runs: bool = False, parent: str = PARENT) -> Engine:
    """A child whose start is on record."""
    engine.sources[CHILD] = f"chain:{parent}"
    engine.running += [CHILD] if runs else []
    return engine


def ended(outcome: str) -> dict[str, Any]:
    """A view of a chain that has ended."""
    return {"state": "ended", "ended": "2026-03-02T01:00:00Z", "outcome": outcome, "reason": "so"}


async def test_a_child_on_record_that_has_not_begun_is_begun_to_be_cancelled(engine: Engine) -> None:
    """Else the parent would end as undone, and the sweep would start the child afterwards, unseen."""
    port = ChildChains(on_record(engine))  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="does not run") as told:
        await port.cancel(ChildId(child=CHILD), "K1")
    assert told.value.answered, "the engine is not away"
    assert (engine.launched, engine.heard) == ([CHILD], [])
    await port.cancel(ChildId(child=CHILD), "K1")  # the next attempt
    assert [(one.action, one.actor) for one in engine.heard] == [("cancel", PARENT)]


async def test_a_child_that_ended_in_the_same_moment_counts_as_what_it_is(engine: Engine) -> None:
    on_record(engine).ends = ended("cancelled")
    port = ChildChains(engine)  # type: ignore[arg-type]
    assert (await port.cancel(ChildId(child=CHILD), "K1")).outcome == "cancelled"
    engine.views.clear()
    engine.ends = ended("completed")
    with pytest.raises(BusinessRefusal) as refused:
        await port.cancel(ChildId(child=CHILD), "K1")
    assert refused.value.reason == "completed"
    assert engine.launched == []


async def test_nothing_is_taken_for_cancelled_while_the_engine_is_away(engine: Engine) -> None:
    on_record(engine).fails = EngineAwayError("away")
    with pytest.raises(Unavailable, match="away"):
        await ChildChains(engine).cancel(ChildId(child=CHILD), "K1")  # type: ignore[arg-type]


async def test_a_child_past_its_point_of_no_return_is_peoples(engine: Engine) -> None:
    on_record(engine, runs=True).answers = "refused"
    with pytest.raises(BusinessRefusal) as refused:
        await ChildChains(engine).cancel(ChildId(child=CHILD), "K1")  # type: ignore[arg-type]
    assert refused.value.reason == "past_pivot"


@pytest.mark.parametrize(
    ("error", "reason"), [(NotFoundError("gone"), "unknown_process"), (BadInputError("other fields"), "bad_input")]
)
async def test_a_start_on_record_stands_though_its_definition_has_changed(
    engine: Engine, error: Exception, reason: str
) -> None:
    """An earlier attempt put it on record: a refusal would say that nothing took effect, and the sweep starts it."""
    engine.fails = error
    port = ChildChains(engine)  # type: ignore[arg-type]
    with pytest.raises(BusinessRefusal) as refused:
        await port.start(WANTED, "K1")
    assert refused.value.reason == reason
    on_record(engine)
    assert (await port.start(WANTED, "K1")).id == CHILD
    on_record(engine, parent="frame:2")
    with pytest.raises(BusinessRefusal):
        await port.start(WANTED, "K1")


async def test_a_start_is_looked_for_only_once_no_attempt_can_put_it_on_record_any_more(engine: Engine) -> None:
    port = ChildChains(engine)  # type: ignore[arg-type]
    assert port.settle_seconds > 0
    assert await port.probe("chain.start", "K1", WANTED) is None
    on_record(engine)
    found = await port.probe("chain.start", "K1", WANTED)
    assert found is not None
    assert (found.id, found.status) == (CHILD, "running")
