"""Gathers recorded chains and goes through them again under another definition."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from ltc.client.chain_client import ChainClient
from ltc.client.definitions import Definition
from ltc.client.errors import BadInputError
from ltc.client.start_values import evaluate_start
from ltc.client.starting import windows
from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow
from ltc.model.trail import Entry
from ltc.ports.operations import Registry
from ltc.whatif.recorded import Record, Recorded, arrange
from ltc.whatif.replay import Compared, compare, slack
from ltc.whatif.report import habits, report

_OF_ENTRY = ("seq", "at", "wall", "kind", "leg", "item", "step", "visit", "data")


class WhatIf:
    """Asks what would have been, of an installation's records; nothing is written and no server is asked."""

    def __init__(self, client: ChainClient, registry: Registry) -> None:
        self._client = client
        self._registry = registry
        self._calendars: dict[tuple[str, ...], dict[str, CalendarWindow]] = {}

    async def ask(self, new: Definition, since: datetime | None, process: str = "", limit: int = 1000) -> Record:
        """Compare the chains of a process that started since an instant with what they would have been.

        Raises:
            BadInputError: the definition is of another process than the one asked for.
        """
        process = process or new.plan.process
        if process != new.plan.process:
            raise BadInputError(f"the definition is of {new.plan.process!r}, not of {process!r}")
        starts = await self._client.store.started_since(process, since)
        chains = [await self.recorded(row["chain"]) for row in starts[:limit]]
        found = await asyncio.to_thread(self._compare, chains, new.plan)
        result = report(found)
        result["counts"]["left_out"] = max(0, len(starts) - limit)
        return {"process": process, "plan": new.plan.digest, "since": since, **result}

    def _compare(self, chains: list[Recorded], new: Plan) -> list[Compared]:
        usual = habits([one for one in chains if not one.trouble])
        return [compare(one, new, self._windows(one, new), usual, self._values) for one in chains]

    def _values(self, plan: Plan, recorded: Recorded) -> Record:
        return evaluate_start(plan, self._registry, recorded.start["fields"]).values

    def _windows(self, one: Recorded, new: Plan) -> dict[str, CalendarWindow]:
        """Return the calendars of both plans, from the month that a chain began in."""
        if not one.trail:
            return {}
        old = Plan.model_validate(one.start["plan"])
        began = one.began.replace(day=1)
        folder, last = self._client.place.calendars, max(one.last, self._client.now())
        key = (old.digest, f"{began:%Y-%m}")
        if key not in self._calendars:
            self._calendars[key] = {**windows(old, last, folder, began), **windows(new, last, folder, began)}
        return self._calendars[key]

    async def recorded(self, chain: str) -> Recorded:
        """Read all that the records hold of one chain."""
        store = self._client.store
        start = await store.start_of(chain)
        rows = await store.timeline(chain)
        trail = [Entry.model_validate({name: row[name] for name in _OF_ENTRY}) for row in rows]
        given = [self._in_business_time(row) for row in await store.answers_of(chain)]
        intents = {one.key: one.result for one in await store.intents_of(chain) if one.result is not None}
        wishes = [_wish(row) for row in await store.audited(chain) if "id" in row["detail"]]
        assert start is not None
        requester = str(trail[0].data.get("requester", "")) if trail else ""
        about = {
            "installation": start.installation, "plan": start.plan, "values": start.input, "fields": start.input,
            "requester": requester,
        }  # fmt: skip
        trouble = ""
        try:
            about["values"] = evaluate_start(Plan.model_validate(start.plan), self._registry, start.input).values
        except BadInputError as error:
            trouble = f"its start does not fit its plan any more: {error}"
        found = arrange(chain, trail, about, given, intents, await store.events_of(chain), wishes)
        found.trouble = found.trouble or trouble
        return found

    def _in_business_time(self, row: Record) -> Record:
        now = self._client.place.business_time
        return {**row, "asked": now(row["asked"]), "at": now(row["at"]), "slack": slack(now, row["asked"])}


def _wish(row: Record) -> dict[str, Any]:
    """Return an intervention as its audit holds it."""
    return {
        **row["detail"], "action": row["action"], "actor": row["actor"], "reason": row["reason"],
        "outcome": row["outcome"],
    }  # fmt: skip
