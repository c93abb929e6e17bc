"""Errors of ports, told to Temporal: what is retried, when, and with which details the chain sees them."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.breaker import SystemAway
from activities.spread import part
from ltc.ports import errors

LOG = logging.getLogger("ltc.activities")
JITTER = 0.2  # of a delay, so that all who were turned away at once do not come back at once


class FiguresChanged(errors.PortError):
    """What an approval was given on is not what the system holds now; nothing was sent. ``document`` as just read."""

    def __init__(self, message: str, document: dict[str, Any]) -> None:
        super().__init__(message)
        self.document = document


def raise_as_failure(
    error: Exception, *, effect_class: str = "", mode: str = "do", settle: float | None = None
) -> NoReturn:
    """Raise what Temporal and the chain are to make of an error.

    The failure's type is the name of the port error (or ``Unexpected`` for any other); its first detail is an
    object with what the error carries (``reason``, ``document``, ``retry_after``, ``evidence``…).
    ``settle``: seconds after which an unknown outcome can be probed; an earlier attempt would only be told to wait.

    Raises:
        ApplicationError: always.
    """
    name = type(error).__name__
    if isinstance(error, errors.PortError) and not isinstance(error, errors.BusinessRefusal):
        LOG.info("%s: %s: %s", _activity_type(), name, error)
    if isinstance(error, errors.PortError):
        raise ApplicationError(
            str(error),
            details_of(error),
            type=name,
            non_retryable=_final(error, effect_class, mode),
            next_retry_delay=_delay(error, settle),
        ) from None
    # The text of an unknown error may hold anything, secrets too: only its class and its place are told.
    frames = "".join(traceback.format_tb(error.__traceback__))
    LOG.error("unexpected %s in activity %s\n%s", name, _activity_type(), frames)
    message = f"unexpected {name} in the worker; its log has the place"
    raise ApplicationError(message, type="Unexpected") from None


def details_of(error: errors.PortError) -> dict[str, Any]:
    """Return what the chain and its readers get to know of an error."""
    details: dict[str, Any] = {"message": str(error)} if isinstance(error, errors.BusinessRefusal) else {}
    for field in ("reason", "document", "retry_after", "remaining", "evidence"):
        value = getattr(error, field, None)
        if value not in (None, ""):
            details[field] = value
    return details


def _final(error: errors.PortError, effect_class: str, mode: str) -> bool:
    """An unknown outcome of class D is never tried again: nothing can tell whether the first one landed."""
    if isinstance(error, errors.OutcomeUnknown):
        return effect_class == "D" and mode == "do"
    return not error.retryable


def _delay(error: errors.PortError, settle: float | None) -> timedelta | None:
    if isinstance(error, errors.OutcomeUnknown) and settle is not None:
        return timedelta(seconds=settle + 0.05)
    if isinstance(error, errors.StillInFlight):
        return timedelta(seconds=max(error.remaining, 0.0) + 0.05)
    if isinstance(error, SystemAway):
        return timedelta(seconds=error.delay)
    if isinstance(error, (errors.Unavailable, errors.OutcomeUnknown)):
        asked = getattr(error, "retry_after", None)
        wanted = _backoff() if asked is None else asked
        return None if wanted is None else timedelta(seconds=wanted * (1 + JITTER * _part()))
    return None


def _backoff() -> float | None:
    """Return the seconds that Temporal would wait before the next attempt; None where it does not say by what rule."""
    info = activity.info() if activity.in_activity() else None
    if info is None or info.retry_policy is None:
        return None
    rule = info.retry_policy
    most = (rule.maximum_interval or 100 * rule.initial_interval).total_seconds()
    # The exponent is bounded: beyond it the interval is long at its most, and the power no number any more.
    grown = rule.initial_interval.total_seconds() * rule.backoff_coefficient ** min(info.attempt - 1, 32)
    return min(grown, most)


def _part() -> float:
    if not activity.in_activity():
        return 0.0
    info = activity.info()
    return part(f"{info.workflow_id}/{info.activity_id}", info.attempt)


def _activity_type() -> str:
    return activity.info().activity_type if activity.in_activity() else "?"
