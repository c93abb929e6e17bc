"""The office: approvers who decide, operators who see to holds; both use the typed client alone."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import select

from ltc.client import ChainClient
from ltc.client.chain_client import Verdict
from ltc.ports.people import People
from ltc.store.view_tables import VIEW_TABLES
from starter.books import Approval
from starter.bots.stage import LOG, Memory, Stage
from starter.scenario import Act, Remedy

Row = dict[str, Any]
AT_ONCE = 8
MOST = 1000
OPERATOR = "olga.petrova"
_AGAIN = Remedy(leg="", do="retry", after=4)  # what an operator does about a hold that nobody planned
_MOST_TRIES = 3  # in one place; then the deal is left for the report


class Office(Protocol):
    """What voters need of the place where they act."""

    @property
    def client(self) -> ChainClient: ...
    @property
    def people(self) -> People: ...
    @property
    def memory(self) -> Memory: ...


class Voters:
    """Decide a task with as many voices as it takes."""

    def __init__(self, stage: Office) -> None:
        self._stage = stage
        self._answered: Counter[str] = Counter()  # by decision: how often the answer was no
        self._said: dict[str, datetime] = {}  # by decision: when it was first said; its answer may be lost
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def decide(self, task: Row, do: Verdict, by: str = "") -> None:
        """Decide as those who were asked; ``by`` names one of them."""
        said = {vote["actor"] for vote in task["decided_by"] or []}
        able = [by] if by else [person for person in await self.asked_people(task) if person not in said]
        needed = max(1, task["votes"]) - len(said) if do == "approve" and not by else 1
        async with self._limit:
            for actor in able[: max(needed, 0)]:
                await self._say(task, do, actor)

    async def asked_people(self, task: Row) -> list[str]:
        """Who was asked; before the record says so, people know by their role that it is their turn."""
        source = task["source"] or {}
        if task["candidates"]:
            people: list[str] = task["candidates"]
        elif "role" in source:
            people = await self._stage.people.members(source["role"])
        else:
            people = [await self._stage.people.manager_of(str(source.get("manager_of", "")), int(source.get("up", 1)))]
        return [person for person in people if person and person != task["requester"]]

    async def _say(self, task: Row, do: Verdict, actor: str) -> None:
        comment = "" if do == "approve" else "not like this"
        # The same id until there is an answer: asking again after a lost one is harmless. A no is for that id alone.
        identity = f"{task['chain']}/{task['task']}/{task['level']}/{actor}"
        identity = f"{identity}/{self._answered[identity]}" if self._answered[identity] else identity
        at = self._said.setdefault(identity, datetime.now(UTC))
        answer = await self._stage.client.decide(
            task["ref"], do, actor, comment=comment, digest=task["digest"], decision_id=identity, door="demo"
        )
        if answer.status == "accepted":
            self._stage.memory.approvals.append(Approval(task["chain"], task["level"], actor, do, at))
        else:
            self._answered[f"{task['chain']}/{task['task']}/{task['level']}/{actor}"] += 1
            LOG.debug("%s of %s: %s %s", do, task["ref"], answer.status, answer.message)


class Approvers:
    """Look at their task lists and decide as the scenario says."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._voters = Voters(stage)
        self._asked: dict[tuple[str, str], list[str]] = defaultdict(list)  # chain, leg.level → tasks seen

    async def look(self) -> None:
        """Decide what is due."""
        tasks = await self._stage.client.store.tasks(limit=MOST)
        due = [(task, act) for task in tasks if (act := self._act(task)) is not None]
        await asyncio.gather(*(self._voters.decide(task, act.do) for task, act in due))

    def _act(self, task: Row) -> Act | None:
        plan = self._stage.plans.get(task["chain"])
        if plan is None:
            return None
        place = f"{task['leg']}.{task['level']}"
        seen = self._asked[task["chain"], place]
        if task["task"] not in seen:
            seen.append(task["task"])
        acts = [act for act in plan.acts if act.level == place] or [Act(level=place, do="approve", after=1)]
        act = acts[min(seen.index(task["task"]), len(acts) - 1)]
        return act if self._stage.tempo.due(task["opened"], act.after) else None


class Operators:
    """Look at what is held and do what the scenario says; what nobody planned is retried a few times and reported."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen: dict[tuple[str, str], list[int]] = defaultdict(list)  # chain, leg → holds
        self._done: set[tuple[str, int]] = set()

    async def look(self) -> None:
        """Act on every hold that is due."""
        for hold in await self._stage.client.store.read(open_holds):
            plan = self._stage.plans.get(hold["chain"])
            if plan is None or (hold["chain"], hold["seq"]) in self._done:
                continue
            seen = self._seen[hold["chain"], hold["leg"]]
            if hold["seq"] not in seen:
                seen.append(hold["seq"])
            mine = [remedy for remedy in plan.remedies if remedy.leg == hold["leg"]]
            number = seen.index(hold["seq"])
            planned = number < len(mine)
            remedy = mine[number] if planned else _AGAIN
            if number >= len(mine) + _MOST_TRIES:
                self._stage.memory.given_up.add(hold["chain"])
            elif self._stage.tempo.due(hold["since"], remedy.after):
                await self._act(hold, remedy, planned)

    async def _act(self, hold: Row, remedy: Remedy, planned: bool) -> None:
        where = {"leg": hold["leg"], "item": hold["item"]} if remedy.do == "retry" and hold["leg"] else {}
        action = remedy.do
        resting = hold["reason"] == "sla" or not hold["leg"]  # a promise held it, or an operator did: nothing to retry
        if action == "retry" and not planned and resting and hold["reason"] != "compensation_remains":
            action, where = "release", {}
        extra = {"consent": True} if remedy.consent else {}
        answer = await self._stage.client.intervene(
            hold["chain"], action, OPERATOR, f"{hold['reason']}: seen to", door="demo",
            intervention_id=f"{hold['chain']}/{hold['seq']}", **where, **extra,
        )  # fmt: skip
        self._done.add((hold["chain"], hold["seq"]))
        place = hold["leg"] or "chain"
        if not planned:
            self._stage.memory.unplanned.append(f"{hold['chain']}: held in {place}: {hold['reason']} {hold['detail']}")
        if answer.status != "accepted":
            self._stage.memory.refused.append(f"{hold['chain']}: {action} in {place}: {answer.message}")


def open_holds(connection: Any) -> list[Row]:
    """Return the holds that nobody has released, oldest first."""
    table = VIEW_TABLES["holds"]
    query = select(table).where(table.c.released.is_(None)).order_by(table.c.since, table.c.chain, table.c.seq)
    return [dict(row) for row in connection.execute(query).mappings()]
