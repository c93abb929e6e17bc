"""The trail's activity side: entries that ride in a header are on record before the activity's end is reported."""

from __future__ import annotations

import asyncio
import logging
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
    chain, run = info.workflow_id or "", info.workflow_run_id or ""
    try:
        await records.append(chain, run, unpack(packed))
    except Exception as error:  # noqa: BLE001 - a hole in the trail is healed; a failed effect would cost more
        LOG.warning("trail of %s run %s not stored now (%s); it is healed later", chain, run, type(error).__name__)


@activity.defn(name="trail.flush")
async def flush(request: dict[str, Any]) -> None:
    """Carry nothing but the header: for entries that no other activity takes along. The request is empty."""
