"""How an activity ended, in the core's words."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

with workflow.unsafe.imports_passed_through():
    from ltc.core import commands


def landed(activity: str, done: asyncio.Task[Any]) -> commands.Input:
    """Say how an activity ended, in the core's words."""
    error = asyncio.CancelledError() if done.cancelled() else done.exception()
    if error is None:
        return commands.CallDone(activity, done.result())
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError):
        detail = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
        return commands.CallFailed(activity, cause.type or "Unknown", cause.message, detail)
    if isinstance(cause, (CancelledError, asyncio.CancelledError)):
        return commands.CallFailed(activity, "Cancelled", "the call was cancelled")
    return commands.CallFailed(activity, "Timeout", str(cause))
