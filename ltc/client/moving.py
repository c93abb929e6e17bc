"""Moving chains to another plan or to newer calendars: looked at first, then one by one, each result on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from temporalio.service import RPCError, RPCStatusCode

from ltc.client import many
from ltc.client.chain_client import Action, ChainClient
from ltc.client.connection import reaching
from ltc.client.definitions import Definition
from ltc.client.errors import BadInputError, ClientError, EngineAwayError, NotFoundError, RefusedError
from ltc.client.starting import PATIENCE, windows
from ltc.client.talking import new_id
from ltc.core import machine
from ltc.core.commands import Intervene
from ltc.core.state import State, load
from ltc.core.turn import Setting
from ltc.definition.plan import Plan
from ltc.model.messages import Answer, Intervention
from ltc.ports.errors import PortError
from workflows.start_input import ChainStart

Record = dict[str, Any]
ASK_AGAIN = (0.2, 0.5, 1.0, 2.0)  # seconds before a chain that was in flight is asked again
ALREADY = "already"  # what a chain says that is where it is to go


class Mover:
    """Plans moves on the pure core, with each chain's own state, and carries them out by Update."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self._store = client.store

    # --- looking

    async def look(self, chain: str, action: Action, target: Definition | None, renames: dict[str, str]) -> Record:
        """Say what a move would do to one chain, without doing it.

        Returns:
            status ``safe``, ``mapped``, ``there`` (nothing to do) or ``blocked`` with its reasons; what it runs, what
            it would run, and each promise whose deadline would move, old and new.

        Raises:
            NotFoundError: Temporal does not know the chain.
            EngineAwayError: no worker answers for it.
        """
        pinned = await self._pinned(chain)
        plan = await self._target(pinned, action, target)
        wish = self._wish(pinned, action, plan, renames)
        setting, state = Setting(pinned.plan, pinned.windows, pinned.clock), load(pinned.state or {})
        before = state.seq
        after, _, answer = machine.step(setting, state, Intervene(wish), self._client.now(), datetime.now(UTC))
        assert answer is not None
        row: Record = {"chain": chain, "plan": pinned.plan.digest[:12], "to": plan.plan.digest[:12] if plan else ""}
        if answer.status != "accepted":
            there = answer.status == "refused" and answer.message.endswith(ALREADY)
            reasons = answer.message.split("; ")
            return {**row, "status": "there" if there else "blocked", "reasons": reasons, "dues": []}
        used = bool(renames) and action == "migrate"
        return {**row, "status": "mapped" if used else "safe", "reasons": [], "dues": _dues(after, before)}

    async def _pinned(self, chain: str) -> ChainStart:
        handle = self._client.temporal.get_workflow_handle(chain)
        try:
            with reaching():
                found: ChainStart = await handle.query("pinned", result_type=ChainStart, rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise NotFoundError(f"Temporal does not know {chain!r}") from error
            raise EngineAwayError(f"{chain} does not answer: {error.message}; is a worker running?") from error
        return found

    async def _target(self, pinned: ChainStart, action: Action, target: Definition | None) -> Definition | None:
        """Return the plan to go to: the one named, or for going back the one before."""
        if action != "revert":
            return target
        versions = load(pinned.state or {}).versions
        if not versions:  # the chain itself says that there is nothing to go back to
            return Definition("", pinned.plan, pinned.plan.model_dump(mode="json"))
        return await self._kept(versions[-1].digest)

    def _wish(
        self, pinned: ChainStart, action: Action, plan: Definition | None, renames: dict[str, str]
    ) -> Intervention:
        nobody = {"id": "look", "actor": "", "reason": "", "expires": datetime.now(UTC)}
        return Intervention.model_validate({**nobody, "action": action, **self._pins(pinned, plan, renames)})

    def _pins(self, pinned: ChainStart, plan: Definition | None, renames: dict[str, str]) -> Record:
        """What travels with the Update: plan and calendars, cut from when the chain's oldest clock began."""
        state, now = load(pinned.state or {}), self._client.now()
        since = min([now, *(clock.started for clock in state.slas.values())])
        cut = windows(plan.plan if plan else pinned.plan, now, self._client.place.calendars, since)
        calendars = {name: window.model_dump(mode="json") for name, window in cut.items()}
        if plan is None:
            return {"windows": calendars}
        return {"plan": plan.written, "windows": calendars, "was": pinned.plan.digest, "renames": renames}

    # --- doing

    async def open(
        self, action: Action, chains: list[str], actor: str, reason: str, target: Definition | None,
        renames: dict[str, str], wish: Record | None = None,
    ) -> str:  # fmt: skip
        """Put a move of many chains, or what ``wish`` says of each, on record: the set is frozen from here on.

        Returns: its id.

        Raises:
            RefusedError: the actor may not intervene.
            BadInputError: there is nothing to do.
        """
        await self._client.require_operator(actor)
        if not chains:
            raise BadInputError("no chain is meant; nothing was changed")
        detail: Record = {"renames": renames} if wish is None else {"wish": wish}
        if target is not None:
            await self._store.keep_plan(target.written, target.text)
            detail["plan"] = target.plan.digest
        identity = new_id()[:12]
        await self._store.open_bulk(identity, action, actor, reason, detail, chains)
        return identity

    async def run(self, bulk: str, actor: str, rate: float = 0.0) -> AsyncIterator[Record]:
        """Go through the chains of a move that are not done yet; again, for those that failed. One result each.

        Args:
            bulk: the id that ``open`` gave.
            actor: who does it now; the first one's reason stays.
            rate: at most so many chains a second; 0: as fast as they answer.

        Raises:
            NotFoundError: there is no such move.
            RefusedError: the actor may not intervene.
        """
        found = await self._store.bulk(bulk)
        if found is None:
            raise NotFoundError(f"there is no bulk action {bulk!r}; `ltc bulk list` shows those there are")
        await self._client.require_operator(actor)
        target = await self._kept(str(found["detail"].get("plan") or ""))
        left = [item for item in found["items"] if item["state"] != "done"]
        for number, item in enumerate(left):
            if rate and number:
                await asyncio.sleep(1 / rate)
            state, message = await self._one(item["chain"], found, actor, target)
            await self._store.item_done(bulk, item["chain"], state, message)
            yield {"chain": item["chain"], "state": state, "message": message}

    async def _kept(self, digest: str) -> Definition | None:
        if not digest:
            return None
        rows = await self._store.find_plans("", digest)
        if not rows:
            raise NotFoundError(f"plan {digest[:12]} is not on record")
        found = rows[0]
        return Definition(found["definition"], Plan.model_validate(found["plan"]), found["plan"])

    async def _one(self, chain: str, bulk: Record, actor: str, target: Definition | None) -> tuple[str, str]:
        try:
            answer = await self._ask(chain, bulk, actor, target)
            for pause in ASK_AGAIN:
                if answer.status != "in_flight":
                    break
                await asyncio.sleep(pause)
                answer = await self._ask(chain, bulk, actor, target)
        except RefusedError as error:
            return "refused", str(error)
        except (ClientError, PortError) as error:
            return "failed", str(error)
        if answer.status == "accepted" or answer.message.endswith(ALREADY):
            return "done", answer.message
        return "refused", f"{answer.status.replace('_', ' ')}: {answer.message}"

    async def _ask(self, chain: str, bulk: Record, actor: str, target: Definition | None) -> Answer:
        """Ask with what is pinned now: the chain may have moved since it was looked at."""
        if bulk["action"] in many.ACTIONS:
            return await many.ask(self._client, chain, bulk, actor)
        pinned = await self._pinned(chain)
        plan = await self._target(pinned, bulk["action"], target)
        pins = self._pins(pinned, plan, bulk["detail"].get("renames") or {})
        return await self._client.intervene(chain, bulk["action"], actor, bulk["reason"], door="bulk", **pins)


def _dues(state: State, before: int) -> list[Record]:
    """Return the promises whose deadline an answer moved."""
    return [
        {"sla": entry.data["sla"], "was": entry.data.get("was"), "now": entry.data.get("deadline")}
        for entry in state.undelivered
        if entry.seq > before and entry.kind == "sla_moved"
    ]
