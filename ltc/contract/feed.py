"""What a change feed promises: complete, ordered, resumable, the same event under the same id."""

from __future__ import annotations

from ltc.contract.bench import Bench
from ltc.contract.outcome import require
from ltc.ports.operations import EVENTS
from ltc.ports.systems import FeedEvent

_MOST_PAGES = 10_000


async def feed(bench: Bench, event: str) -> None:
    """Every change is reported once per id, oldest first, whatever the page size, from wherever one resumes."""
    known = EVENTS[event]
    start = await _end_of(bench, event)
    subjects = [await bench.rig.cause(bench, event) for _ in range(3)]
    whole = await _all(bench, event, start, 100)
    seen = [one for one in whole if one.name == event]
    there = [str(one.fields.get(known.subject)) for one in seen]
    require(
        [one for one in dict.fromkeys(there) if one in subjects] == subjects,
        f"of {', '.join(subjects)} the feed reports {', '.join(there) or 'nothing'}",
        "poll with an overlap window, so that what commits late is not passed over",
    )
    for one in seen:
        known.fields.model_validate(one.fields)
    times = [one.at for one in whole]
    require(times == sorted(times), "the events are not in the order of their times", "order by time, then by id")
    require(all(one.at.tzinfo for one in whole), "an event's time has no zone", "convert the system's times to UTC")
    await _same_in_pages(bench, event, start, whole)


async def _same_in_pages(bench: Bench, event: str, start: str, whole: list[FeedEvent]) -> None:
    wanted = list(dict.fromkeys(one.id for one in whole))
    for size in (1, 2):
        paged = list(dict.fromkeys(one.id for one in await _all(bench, event, start, size)))
        require(
            paged == wanted,
            f"read {size} at a time the feed gives {len(paged)} events, read 100 at a time {len(wanted)}",
            "let the cursor name the rows of its last instant, so that a page may end among them",
        )
    end = await _end_of(bench, event, start)
    fresh = [one.id for one in await _all(bench, event, end, 100) if one.id not in wanted]
    require(not fresh, f"resumed at its end the feed reports {', '.join(fresh)}", "keep event ids stable")


async def _all(bench: Bench, event: str, after: str, limit: int) -> list[FeedEvent]:
    """Read a feed until it has nothing more."""
    found: list[FeedEvent] = []
    system = bench.systems[event.split(".")[0]]
    for _ in range(_MOST_PAGES):
        page = await bench.listen(system.events(after, limit))
        require(len(page.events) <= limit, f"{len(page.events)} events where {limit} were asked", "heed the limit")
        found += page.events
        if page.next == after or not page.events:
            return found
        after = page.next
    require(False, f"the feed does not end in {_MOST_PAGES} pages", "move the cursor with every page")
    return found


async def _end_of(bench: Bench, event: str, after: str = "") -> str:
    system = bench.systems[event.split(".")[0]]
    for _ in range(_MOST_PAGES):
        page = await bench.listen(system.events(after, 1000))
        if not page.events or page.next == after:
            return page.next
        after = page.next
    return after
