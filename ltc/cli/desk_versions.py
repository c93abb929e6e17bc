"""The part of the desk about versions: definitions on record, moves of many chains, calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ltc.bootstrap import Parts
from ltc.cli.consequences import begun_again, consequence
from ltc.cli.exits import CliError, NotFoundError
from ltc.cli.output import plain
from ltc.client import many, versions
from ltc.client.beginning_again import require_lost
from ltc.client.chain_client import Action, ChainClient
from ltc.client.definitions import Definition
from ltc.client.errors import ClientError
from ltc.client.moving import Mover
from ltc.definition.plan import Plan

Record = dict[str, Any]


class VersionDesk:
    """What commands about versions ask of an installation."""

    client: ChainClient
    parts: Parts

    async def versions(self, process: str) -> list[Record]:
        """Return the definitions on record, newest first."""
        return [plain(row) for row in await self.client.store.plans(process)]

    async def definition(self, ref: str) -> Definition:
        """Return a definition by name, file or version."""
        return await versions.find(ref, await self.client.definitions(), self.client.store)

    async def plan_of(self, chain: str) -> Plan | None:
        """Return the plan that a chain runs now: the one it started with, unless it was moved to another."""
        start, view = await self.client.store.start_of(chain), await self.client.store.chain(chain)
        if start is None:
            return None
        if view and view["plan"] and not start.plan_digest.startswith(view["plan"]):
            found = await self.client.store.find_plans(start.process, view["plan"])
            if found:
                return Plan.model_validate(found[0]["plan"])
        return Plan.model_validate(start.plan)

    async def running(self, process: str, leg: str, version: str, held: str = "") -> list[str]:
        """Return the chains of a process that have not ended; of one leg, of one version, or held for a reason."""
        plan = (await self.definition(version)).plan.digest if version else ""
        return await self.client.store.running_on(process, plan, leg, held)

    async def touched(self, process: str, changed: list[str], to: str) -> list[Record]:
        """Return the running chains that do not run a plan yet, with which of the changed legs they have entered."""
        found = []
        for chain in await self.client.store.running_on(process):
            row = await self.client.store.chain(chain)
            if row is None or row["plan"] == to[:12]:
                continue
            legs = [one["leg"] for one in row["legs"] if one["leg"] in changed and one["status"] != "skipped"]
            found.append({"chain": chain, "plan": row["plan"], "leg": row["leg"], "entered": sorted(set(legs))})
        return found

    async def look(self, chains: list[str], action: Action, to: str, renames: dict[str, str]) -> list[Record]:
        """Say of each chain what a move would do, without doing it."""
        mover, target = Mover(self.client), await self.definition(to) if to else None
        return [await self._look(mover, chain, action, target, renames) for chain in chains]

    async def _look(
        self, mover: Mover, chain: str, action: Action, target: Definition | None, renames: dict[str, str]
    ) -> Record:
        try:
            return await mover.look(chain, action, target, renames)
        except ClientError as error:
            return {"chain": chain, "plan": "", "to": "", "status": "blocked", "reasons": [str(error)], "dues": []}

    async def move(
        self, action: Action, chains: list[str], actor: str, reason: str, to: str, renames: dict[str, str]
    ) -> str:
        """Put a move of a frozen set of chains on record; return its id."""
        target = await self.definition(to) if to else None
        return await Mover(self.client).open(action, chains, actor, reason, target, renames)

    async def holding(self, process: str, place: Record) -> list[str]:
        """Return the chains of a process that hold something: in a leg, at a step, for a reason."""
        return await self.client.store.holding(process, **place)

    async def foresee(self, action: str, chains: list[str], wish: Record) -> list[Record]:
        """Say of each chain what an action would do, as far as the records know, without doing it."""
        if action == many.RELAUNCH:
            return [await self._lost(chain) for chain in chains]
        return [self._foreseen(action, chain, wish, await self.client.store.chain(chain)) for chain in chains]

    async def _lost(self, chain: str) -> Record:
        try:
            found = plain(await require_lost(self.client, chain))
        except ClientError as error:
            return {"chain": chain, "status": "blocked", "would": [], "reasons": [str(error)]}
        return {"chain": chain, "status": "safe", "would": begun_again(found), "reasons": []}

    def _foreseen(self, action: str, chain: str, wish: Record, view: Record | None) -> Record:
        row: Record = {"chain": chain, "status": "blocked", "would": [], "reasons": []}
        if view is None or view["state"] == "ended":
            said = "nothing is on record of it" if view is None else f"it has ended ({view['outcome']})"
            return {**row, "reasons": [said]}
        meant = many.places(view, wish) if action in many.PLACED else [{}]
        told = {name: value for name, value in wish.items() if name not in ("leg", "step", "held")}
        try:
            lines = [line for place in meant for line in consequence(plain(view), {"action": action, **told, **place})]
        except CliError as error:
            return {**row, "reasons": [str(error)]}
        if not meant:
            return {**row, "reasons": [many.NOTHING]}
        return {**row, "status": "safe", "would": lines}

    async def act_on(self, action: Action, chains: list[str], actor: str, reason: str, wish: Record) -> str:
        """Put an action on a frozen set of chains on record; return its id."""
        return await Mover(self.client).open(action, chains, actor, reason, None, {}, wish)

    async def go_through(
        self, bulk: str, actor: str, rate: float, told: Callable[[Record], None] = lambda _: None
    ) -> list[Record]:
        """Carry out what is not done of a move; return a result per chain."""
        found = []
        async for row in Mover(self.client).run(bulk, actor, rate):
            told(row)
            found.append(row)
        return found

    async def bulks(self, limit: int) -> list[Record]:
        """Return actions on many chains, newest first."""
        return [plain(row) for row in await self.client.store.bulks(limit)]

    async def bulk(self, identity: str) -> Record:
        """Return an action on many chains, with its items.

        Raises:
            NotFoundError: there is none.
        """
        found = await self.client.store.bulk(identity)
        if found is None:
            raise NotFoundError(f"there is no bulk action {identity!r}; `ltc bulk list` shows those there are")
        record: Record = plain(found)
        return record

    async def what_if(self, new: str, since: datetime | None, process: str, limit: int) -> Record:
        """Compare the chains on record with what they would have been under another definition."""
        from ltc.client.what_if import WhatIf

        found = await WhatIf(self.client, self.parts.registry).ask(await self.definition(new), since, process, limit)
        record: Record = plain(found)
        return record

    async def open_deadlines(self) -> list[Record]:
        """Return every open deadline with the calendar that it is counted by."""
        plans: dict[str, Record] = {}
        found = []
        for row in await self.client.store.open_deadlines():
            if row["plan"] not in plans:
                kept = await self.client.store.find_plans(row["process"], row["plan"])
                plans[row["plan"]] = kept[0]["plan"] if kept else {}
            sla = (plans[row["plan"]].get("slas") or {}).get(row["sla"].split("[")[0]) or {}
            found.append({**row, "calendar": sla.get("calendar", "")})
        return found
