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
    from ltc.model.trail import pack_within

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
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        chain: Any = workflow.instance()
        entries = chain.state.undelivered
        if entries:
            packed = pack_within(entries, MOST_HEADER_BYTES)
            input.headers = {**input.headers, TRAIL_HEADER: PayloadConverter.default.to_payload(packed)}
        return super().start_activity(input)
