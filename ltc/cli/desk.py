"""What commands ask of an installation: the client and the records behind it, answers as plain records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Self

from ltc.bootstrap import Parts, client_of, open_parts
from ltc.cli import adopting, installed
from ltc.cli.desk_archive import ArchiveDesk
from ltc.cli.desk_files import FileDesk
from ltc.cli.desk_tasks import DOOR, TaskDesk
from ltc.cli.desk_versions import VersionDesk
from ltc.cli.errors import translate
from ltc.cli.exits import FailedError, NotFoundError
from ltc.cli.output import note, plain
from ltc.cli.stuck_group import grouped
from ltc.client.beginning_again import require_lost
from ltc.client.chain_client import ChainClient
from ltc.client.errors import ClientError, EngineAwayError
from ltc.client.start_values import evaluate_start
from ltc.ports.errors import BusinessRefusal
from ltc.ports.operations import OpportunityId
from ltc.store import migrate
from ltc.store.queries import Filters
from ltc.store.refolding import refold_all
from ltc.store.stuck_facts import Stuck

Record = dict[str, Any]


class Desk(TaskDesk, VersionDesk, ArchiveDesk, FileDesk):
    """An open installation. Temporal is connected to only by what needs it."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self.parts: Parts
        self.client: ChainClient

    async def __aenter__(self) -> Self:
        config = installed.load()
        if not config.database.get_secret_value() and not (config.state / "ltc.db").exists():
            raise FailedError(
                f"there is no installation in {config.state}; `ltc up` makes one, or name it with --state"
            )
        migrate.require_current(config.database_url())  # before anything is made: looking must not leave files behind
        try:
            self.parts = await self._stack.enter_async_context(open_parts(config))
            self.client = await client_of(self.parts)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # --- chains

    async def chains(self, filters: Mapping[str, Any], limit: int, offset: int, after: str = "") -> list[Record]:
        """List chains, newest first, from behind the chain ``after``.

        Raises:
            NotFoundError: nothing is on record under the id ``after``.
        """
        if after and await self.client.store.chain(after) is None:
            raise NotFoundError(await self._unknown(after))
        wanted = Filters(**filters, now=self.client.now())  # type: ignore[typeddict-item]
        return [plain(row) for row in await self.client.store.chains(wanted, limit, offset, after)]

    async def chain(self, chain: str) -> Record:
        """Return all rows of one chain, and why it does not move.

        Raises:
            NotFoundError: nothing is on record under this id.
        """
        found = await self.client.store.chain(chain)
        if found is None:
            raise NotFoundError(await self._unknown(chain))
        row = plain(found)
        tasks = [await self._asked(one) for one in row["tasks"]]
        return {**row, "tasks": tasks, "stuck": await self.stuck(chain, "", "", 100)}

    async def _unknown(self, chain: str) -> str:
        kept = await self.archive_place(chain)
        if kept is not None:
            return (
                f"{chain} ({kept['outcome']} {kept['ended'][:10]}) is archived: {kept['folder']}/{kept['file']}; "
                f"`ltc archive restore {chain}` brings it back"
            )
        if await self.client.store.start_of(chain) is not None:
            return f"{chain} was started, but nothing is known of it yet: is a worker running? `ltc doctor` tells"
        if await self._forgot(chain):
            return (
                f"{chain} is not on record, but Temporal has it; `ltc views heal --chain {chain}` puts it there again"
            )
        near = await self.client.store.chains(Filters(number=chain.rpartition(":")[2]), 1)
        meant = f"; did you mean {near[0]['chain']}?" if near else "; `ltc chain list` shows those there are"
        return f"there is no chain {chain!r}{meant}"

    async def _forgot(self, chain: str) -> bool:
        """Tell whether Temporal has a chain that is not on record, as after a database was lost."""
        if ":" not in chain:
            return False
        try:
            return await self.client.owns(chain)
        except EngineAwayError:
            return False

    async def timeline(self, chain: str, after: int, before: int | None) -> list[Record]:
        """Return the entries of a chain's trail, oldest first."""
        found = await self.client.store.timeline(chain, after, before)
        if not found and await self.client.store.chain(chain) is None:
            raise NotFoundError(await self._unknown(chain))
        return [plain(row) for row in found]

    async def stuck(self, chain: str, reason: str, leg: str, limit: int, each: bool = False) -> list[Record]:
        """Say which chains do not move and why; those that wait for one system that is away in one row, unless each.

        Raises:
            NotFoundError: nothing is on record under this id.
        """
        if chain and await self.client.store.chain(chain) is None and await self.client.store.start_of(chain) is None:
            raise NotFoundError(await self._unknown(chain))
        ill = [] if chain or each else [plain(one) for one in await self.client.store.troubled_systems()]
        only = {"reason": reason, "leg": leg, "limit": 0 if ill else limit}  # a row for many counts all of them
        wanted = [plain(one) for one in await self._reasons(chain, only)]
        if ill and len(wanted) > 1:
            wanted = grouped(wanted, ill)
        return wanted[:limit]

    async def _reasons(self, chain: str, only: Record) -> list[Stuck]:
        try:
            return await self.client.stuck(chain, **only)
        except (EngineAwayError, RuntimeError) as error:
            if translate(error) is None:
                raise
            note("Temporal does not answer: what follows is from the records alone, without calls and workers")
        now, wall = self.client.now(), datetime.now(UTC)
        return await self.client.store.stuck(now, wall, None, chain, self.client.working_time(), **only)

    # --- acting

    async def may_intervene(self, actor: str) -> None:
        """Refuse whoever may not intervene."""
        await self.client.require_operator(actor)

    async def intervene(self, chain: str, actor: str, wish: Record) -> Record:
        """Carry an intervention out and return the chain's answer."""
        where = {name: value for name, value in wish.items() if name not in ("action", "reason")}
        answer = await self.client.intervene(chain, wish["action"], actor, wish["reason"], door=DOOR, **where)
        return answer.model_dump(mode="json")

    async def lost(self, chain: str) -> Record:
        """Return what is on record of a chain that Temporal has lost and that can begin again."""
        return plain(await require_lost(self.client, chain))  # type: ignore[no-any-return]

    async def begin_again(self, chain: str, actor: str, reason: str) -> Record:
        """Begin a chain again that Temporal has lost."""
        return await self.client.begin_again(chain, actor, reason, door=DOOR)

    async def document(self, chain: str, hold: Record, given: Record) -> Record:
        """Return the whole document that an operator supplies for a held step.

        Raises:
            BadUsageError, NotFoundError: it is none that the step could have left.
        """
        plan = await self.plan_of(chain)
        operation = adopting.operation_at(plan, self.parts.registry, hold["leg"], hold["step"]) if plan else None
        if operation is None:
            return given
        return await adopting.whole(given, operation, self.parts.registry, self.parts.systems)

    async def opportunity(self, identity: str) -> Record:
        """Return the start event's fields for a deal as the CRM holds it now.

        Raises:
            NotFoundError: the CRM has no such deal.
        """
        try:
            deal = await self.parts.systems["crm"].get_opportunity(OpportunityId(opportunity=identity))  # type: ignore[attr-defined]
        except BusinessRefusal as error:
            raise NotFoundError(f"the CRM has no opportunity {identity!r}: {error}") from error
        except ValueError as error:
            raise NotFoundError(f"{identity!r} is no opportunity's id") from error
        return {"opportunity_id": deal.id, "opportunity": deal.model_dump(mode="json")}

    async def start(self, process: str, fields: Record, actor: str, dry_run: bool) -> Record:
        """Start a chain, or say which one would start."""
        if dry_run:
            return await self._would_start(process, fields)
        made = await self.client.start(process, fields, source=DOOR, actor=actor)
        result = "existed" if made.existed else "started"
        return {"chain": made.chain, "existed": made.existed, "same_input": made.same_input, "result": result}

    async def _would_start(self, process: str, fields: Record) -> Record:
        plan = (await self.client.definitions()).get(process).plan
        chain = f"{process}:{evaluate_start(plan, self.parts.registry, fields).key}"
        known = await self.client.store.start_of(chain) is not None
        return {"chain": chain, "existed": known, "same_input": True, "result": "existed" if known else "would start"}

    # --- promised times

    async def sla_report(self, process: str, since: datetime | None) -> list[Record]:
        """Say per promised time how it was kept."""
        return [plain(row) for row in await self.client.store.sla_report(process, since)]

    async def slas_in_danger(self, process: str, limit: int) -> list[Record]:
        """List running clocks that have warned or are breached."""
        return [plain(row) for row in await self.client.store.slas_in_danger(process, limit)]

    # --- views

    async def count_chains(self) -> int:
        """Return how many chains have a trail."""
        return await self.client.store.count_chains()

    async def refold(self, chain: str, drop: bool) -> int:
        """Rebuild views from the trail; return of how many chains."""
        if chain and not await self.client.store.timeline(chain):
            raise NotFoundError(await self._unknown(chain))
        if drop:
            await self.client.store.drop_views()
        if chain:
            return await self.client.store.refold(chain)
        return (await asyncio.to_thread(refold_all, self.client.store.url)).chains

    async def verify(self, chain: str) -> list[Record]:
        """Return the view rows that are not what the trail says."""
        return [plain(row) for row in await self.client.store.verify(chain)]

    async def heal(self, chain: str, limit: int) -> list[Record]:
        """Fill the holes of one chain's trail, or of all that have any, from Temporal's histories.

        Those that Temporal has and the records do not are put on record again, first.
        """
        if chain:
            return [await self._heal(chain)]
        done: list[Record] = []
        try:
            done.extend([await self._heal(one, forgotten=True) async for one in self._forgotten(limit)])
        except (EngineAwayError, RuntimeError) as error:
            if translate(error) is None:
                raise
            note("Temporal does not answer: whether it has chains that the records do not know was not found out")
        named = {row["chain"] for row in done}
        holes = [one for one in await self.client.store.holes(limit) if one not in named]
        return [*done, *[await self._heal(one) for one in holes]][:limit]

    async def _forgotten(self, limit: int) -> AsyncIterator[str]:
        """Give the chains of ours that Temporal lists and the records do not know, page by page."""
        page: bytes | None = None
        told = 0
        while told < limit:
            named, page = await self.client.forgotten(page)
            for chain in named:
                if told < limit and await self.client.owns(chain):
                    told += 1
                    yield chain
            if page is None:
                return

    async def _heal(self, chain: str, forgotten: bool = False) -> Record:
        row: Record = {"chain": chain, "inserted": 0, "missing": [], "forgotten": forgotten}
        try:
            done = await self.client.heal(chain)
        except ClientError as error:
            return {**row, "ok": False, "result": str(error)}
        left = ", ".join(f"{first}–{last}" for first, last in done.missing)
        result = f"still missing: {left}" if left else "on record again" if forgotten else "whole"
        return {**row, "inserted": done.inserted, "missing": plain(done.missing), "ok": not left, "result": result}
