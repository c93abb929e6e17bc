"""The people of a rehearsal: they look at everything, and do what the scenario says when its time has come."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import httpx

from ltc.client import ClientError
from ltc.ports.errors import PortError
from starter.bots.stage import LOG
from starter.rehearsal.known import SIGHTS, perform
from starter.rehearsal.registry import NotYet
from starter.rehearsal.shape import Rule
from starter.rehearsal.sights import Sight
from starter.rehearsal.spans import after
from starter.rehearsal.stage import Cast, Stage

AT_ONCE = 8
MOST_TRIES = 8  # of one action about one sight; then it is left for the report
MOST_UNPLANNED = 3  # retries of a hold that nobody planned, in one place of one chain
# What people do about a demand of which no rule speaks.
DEFAULTS = {
    "task": Rule(when="task", do="approve", after="1bh"),
    "ships": Rule(when="ships", do="ship", after="4bh"),
    "bill": Rule(when="bill", do="pay", after="7d"),
    "make": Rule(when="make", do="make", after="2bd"),
    "supply": Rule(when="supply", do="supply", after="3bd"),
}
DO_TASK = Rule(when="task", do="complete", after="1bh")
AGAIN = Rule(when="hold", do="retry", after="4bh")
LET_GO = Rule(when="hold", do="release", after="4bh")


@dataclass(frozen=True)
class Due:
    """Something to do now. ``number``: which of the chain's rules about news it is."""

    sight: Sight
    rule: Rule
    number: int = -1


class People:
    """Everybody but sales."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._asked: dict[tuple[str, str, str], list[str]] = defaultdict(list)  # chain, kind, place → sights seen
        self._tries: dict[tuple[str, str, str], int] = defaultdict(int)
        self._seen: dict[tuple[str, int], list[str]] = defaultdict(list)  # chain, rule → news seen
        self._fired: set[tuple[str, str, int]] = set()  # chain, sight, rule
        self._idle: set[tuple[str, str]] = set()  # chain, sight
        self._surprises: set[tuple[str, str]] = set()  # chain, sight: holds that nobody planned
        self._limit = asyncio.Semaphore(AT_ONCE)

    def looks(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return a look for each kind of sight: who is slow about one keeps nobody from the others."""
        return [partial(self.look, kind) for kind in SIGHTS if kind in self._wanted()]

    async def look(self, kind: str) -> None:
        """Look once at everything of a kind, and act on what is due."""
        due = list(self._due(await SIGHTS[kind](self._stage)))
        await asyncio.gather(*(self._act(one) for one in due))

    def _wanted(self) -> set[str]:
        """The kinds that some rule speaks of, and the demands; effects always, for the documents' sake."""
        found = {*DEFAULTS, "hold", "effect"}
        for cast in self._stage.casts.values():
            found |= {rule.kind for rule in (*cast.plan.script, *self._stage.usual(cast))}
        return found

    def _due(self, sights: Iterable[Sight]) -> Iterator[Due]:
        for sight in sights:
            cast = None if (sight.chain, sight.key) in self._idle else self._stage.of(sight.chain)
            if cast is None:
                continue
            for one in self._answers(cast, sight) if sight.demand else self._reactions(cast, sight):
                again = sight.parts or sight.kind == "hold"
                since = self._stage.last.get((sight.chain, sight.key), sight.since) if again else sight.since
                if self._stage.tempo.now() >= after(self._stage.tempo, since, one.rule.after):
                    yield one

    def _answers(self, cast: Cast, sight: Sight) -> Iterator[Due]:
        """The rule that answers a demand: the rules of one ``when`` are taken in turn, the last one goes on."""
        done = self._stage.acted[sight.chain, sight.key]
        if done and sight.kind == "hold":
            yield from self._held_on(sight, done)
        if done and not sight.parts and sight.kind != "task":
            return
        asked = self._asked[sight.chain, sight.kind, sight.place]
        if sight.key not in asked:
            asked.append(sight.key)
        turn = done if sight.parts else asked.index(sight.key)
        rules = _of(cast.plan.script, sight) or _of(self._stage.usual(cast), sight)
        if turn < len(rules) or (rules and sight.kind != "hold"):
            yield Due(sight, rules[min(turn, len(rules) - 1)])
        elif sight.kind != "hold":
            usual = DEFAULTS.get(sight.kind, Rule(when=sight.kind, do="nothing"))
            yield Due(sight, DO_TASK if sight.row.get("work") else usual)
        elif turn >= len(rules) + MOST_UNPLANNED:
            self._stage.memory.given_up.add(sight.chain)
        else:
            yield Due(sight, self._unplanned(sight))

    def _held_on(self, sight: Sight, done: int) -> Iterator[Due]:
        """What nobody planned is still held although somebody saw to it: it is let go, and given up in the end."""
        if (sight.chain, sight.key) in self._surprises:
            if done < MOST_UNPLANNED:
                yield Due(sight, LET_GO)
            else:
                self._stage.memory.given_up.add(sight.chain)

    def _unplanned(self, sight: Sight) -> Rule:
        """A hold that nobody planned is seen to, and goes into the report."""
        text = f"{sight.chain}: held in {sight.place}: {sight.row['reason']} {sight.row['detail']}"
        if text not in self._stage.memory.unplanned:
            self._stage.memory.unplanned.append(text)
        self._surprises.add((sight.chain, sight.key))
        whole = sight.place == "chain" and sight.row["reason"] != "compensation_remains"
        return LET_GO if whole or sight.row["reason"] == "sla" else AGAIN

    def _reactions(self, cast: Cast, sight: Sight) -> Iterator[Due]:
        """The rules about news: each fires once for a sight, and only for the sight it means.

        What is usual gives way to a rule of the story with the same ``when``.
        """
        told = {rule.when for rule in cast.plan.script}
        usual = [rule for rule in self._stage.usual(cast) if rule.when not in told]
        about = [one for one in enumerate((*cast.plan.script, *usual)) if _about(one[1], sight)]
        if not about:
            self._idle.add((sight.chain, sight.key))  # news that nobody listens to, now or later
        for number, rule in about:
            seen = self._seen[cast.chain, number]
            if sight.key not in seen:
                seen.append(sight.key)
            turn = seen.index(sight.key) + 1
            if rule.nth in (0, turn) and (sight.chain, sight.key, number) not in self._fired:
                yield Due(sight, rule, number)

    async def _act(self, due: Due) -> None:
        stage, sight, rule = self._stage, due.sight, due.rule
        place = (sight.chain, sight.key, rule.do)
        async with self._limit:
            try:
                done, why = await perform(stage, sight, rule), "the system said no"
            except NotYet:
                return
            except (ClientError, PortError, httpx.HTTPError, KeyError, TypeError, ValueError) as error:
                LOG.warning("%s %s: %r", sight.chain, rule.do, error)
                done, why = False, repr(error)
        self._tries[place] += 1
        if not done and self._tries[place] < MOST_TRIES:
            return
        if not done:
            stage.memory.refused.append(f"{sight.chain}: {rule.do} about {sight.key}: {why}")
        self._tries[place] = 0
        stage.acted[sight.chain, sight.key] += 1
        stage.last[sight.chain, sight.key] = stage.tempo.now()
        self._fired.add((sight.chain, sight.key, due.number))


def _of(rules: Iterable[Rule], sight: Sight) -> list[Rule]:
    """Return the rules that answer a sight: those that speak just as the first that is about it."""
    about = [rule for rule in rules if _about(rule, sight)]
    return [rule for rule in about if (rule.when, rule.where) == (about[0].when, about[0].where)]


def _about(rule: Rule, sight: Sight) -> bool:
    return rule.kind == sight.kind and fnmatchcase(sight.place, rule.place) and _is_so(sight.row, rule.where)


def _is_so(seen: Any, wanted: Any) -> bool:
    """Tell whether what is seen is what a rule wants; of a mapping it may want a part."""
    if not isinstance(wanted, dict):
        return bool(seen == wanted)
    return isinstance(seen, dict) and all(_is_so(seen.get(name), value) for name, value in wanted.items())
