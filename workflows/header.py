"""The interceptor that lets the trail ride along: entries not yet delivered go into the next activity's header."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

with workflow.unsafe.imports_passed_through():
    from ltc.model.messages import TRAIL_HEADER
    from ltc.model.trail import pack_upto

MOST_HEADER_BYTES = 64_000


class TrailInterceptor(Interceptor):
    """For workers that run chains."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """Return the class that Temporal builds per workflow."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    _packed: tuple[tuple[int, int], bytes, int] | None = None  # of which entries, packed, up to which one

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        chain: Any = workflow.instance()
        packed = self._riding(chain, input.activity_id or "")
        if packed:
            input.headers = {**input.headers, TRAIL_HEADER: PayloadConverter.default.to_payload(packed)}
        return super().start_activity(input)

    def _riding(self, chain: Any, activity: str) -> bytes:
        """Pack what rides on an activity; only that counts as delivered with it. Nothing when the task has no room."""
        entries, flight = chain.state.undelivered, chain.state.flights.get(activity)
        if not entries:
            return b""
        which = (entries[0].seq, entries[-1].seq)
        if self._packed is None or self._packed[0] != which:
            self._packed = (which, *pack_upto(entries, MOST_HEADER_BYTES))
        _, packed, upto = self._packed
        rides = chain.spend(len(packed))
        if flight is not None:
            flight.upto = upto if rides else 0
        return packed if rides else b""
