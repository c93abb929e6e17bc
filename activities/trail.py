"""The trail's arrival: entries in a header are on record before the activity's end is reported, the last soon after."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from ltc.model.messages import TRAIL_HEADER
from ltc.model.trail import unpack
from ltc.ports.store import TrailStore

LOG = logging.getLogger("ltc.trail")


class TrailInterceptor(Interceptor):
    """Stores the trail entries that arrive with any activity, beside its work. It never fails the activity."""

    def __init__(self, records: TrailStore) -> None:
        self._records = records

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Put the storing around the activity."""
        return _Storing(next, self._records)


class _Storing(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, records: TrailStore) -> None:
        super().__init__(following)
        self._records = records

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        payload = input.headers.get(TRAIL_HEADER)
        if payload is None:
            return await super().execute_activity(input)
        # An attempt that dies on the way leaves its entries with the next one: the header comes along again.
        storing = asyncio.ensure_future(store_entries(self._records, payload.data))
        try:
            return await super().execute_activity(input)
        finally:
            await storing


async def store_entries(records: TrailStore, packed: bytes) -> None:
    """Append packed entries of the current activity's chain; what fails is logged and healed from history later."""
    info = activity.info()
    await _store(records, info.workflow_id or "", info.workflow_run_id or "", packed)


async def _store(records: TrailStore, chain: str, run: str, packed: bytes) -> None:
    try:
        await records.append(chain, run, unpack(packed))
    except Exception as error:  # noqa: BLE001 - a hole in the trail is healed; a failed effect would cost more
        LOG.warning("trail of %s run %s not stored now (%s); it is healed later", chain, run, type(error).__name__)


class LastEntries:
    """Stores the entries that chains end with, which their results carry and no activity any more.

    A worker tells of a chain when Temporal has taken its end. What is lost on the way, the sweep heals from history.
    """

    def __init__(self, records: TrailStore) -> None:
        self._records, self._loop = records, asyncio.get_running_loop()
        self._storing: set[asyncio.Task[None]] = set()

    def take(self, chain: str, run: str, packed: bytes) -> None:
        """Take what a chain ended with, on any thread; it is stored on the loop that this was made on."""
        self._loop.call_soon_threadsafe(self._begin, chain, run, packed)

    def _begin(self, chain: str, run: str, packed: bytes) -> None:
        task = self._loop.create_task(_store(self._records, chain, run, packed))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def until_stored(self) -> None:
        """Run beside the workers; when it is ended after them, what they told is stored first."""
        try:
            await asyncio.Event().wait()
        finally:
            while self._storing:
                with suppress(asyncio.CancelledError):  # whoever ends this asks again and again
                    await asyncio.wait(self._storing)


@activity.defn(name="trail.flush")
async def flush(request: dict[str, Any]) -> None:
    """Carry nothing but the header: for entries that no other activity takes along. The request is empty."""
