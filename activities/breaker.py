"""A circuit breaker per outside system: who is away is left alone, who comes back is not trampled on.

closed ──(so many failures in a row)──> open ──(its time is over)──> trial: one call at a time
  ^                                      ^                             │        │
  └──(as many at once as ever)── closing <┼──────(it answers)──────────┘        │
                                    └─────┴───────────(it fails)────────────────┘

While open, calls are turned away before anything is written or sent, and told when to come again: the oldest first.
Refusals and wrong credentials are answers: they open nothing. Everything here happens on one event loop.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Literal

from activities.spread import part
from ltc.ports import errors
from ltc.ports.health import HealthState, Limits, SystemHealth

State = Literal["closed", "open", "trial", "closing"]
_SAID: dict[State, HealthState] = {"closed": "well", "open": "away", "trial": "trying", "closing": "recovering"}
_AWAY = (errors.Unavailable, errors.OutcomeUnknown)
_SHOWN = 200  # characters of an error
_EPOCH: ContextVar[int] = ContextVar("ltc_breaker_epoch", default=-1)


class SystemAway(errors.Unavailable):
    """Turned away without a call. ``delay``: seconds after which to come again, exactly: it keeps the order."""

    def __init__(self, message: str, delay: float) -> None:
        super().__init__(message, retry_after=round(delay, 3))
        self.delay = delay


class Breaker:
    """Guards one system.

    Args:
        system: its port's name, for messages and records.
        limits: when it opens and how it closes.
        monotonic: seconds that only grow.
        wall: real time.
        said: is told of every change; must return at once.
    """

    def __init__(
        self, system: str, limits: Limits | None = None, *, monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC), said: Callable[[SystemHealth], None] | None = None,
    ) -> None:  # fmt: skip
        self.system = system
        self.state: State = "closed"
        self._limits = limits or Limits()
        self._monotonic, self._wall, self._said = monotonic, wall, said
        self._failures, self._period, self._until = 0, 0.0, 0.0
        self._since, self._error = wall(), ""
        self._epoch, self._going, self._width, self._answers = 0, 0, 0, 0
        self._trial = ""
        self._waiting: dict[str, tuple[int, float]] = {}  # who: its number in the row, when it was told to come again
        self._number = 0

    @contextmanager
    def passing(self, who: str, attempt: int = 1) -> Iterator[None]:
        """Let one call through, or turn it away.

        Args:
            who: the call, the same at every attempt.
            attempt: which one this is.

        Raises:
            SystemAway: not now; or the call found the system away, and is told when to come again, in its old place.
        """
        if self.state != "closed":
            self._admit(who, attempt)
        token = _EPOCH.set(self._epoch)
        self._going += 1
        place = self._waiting.pop(who, None)
        try:
            yield
        except _AWAY as error:
            if self.state == "open" and place is not None:
                # Whoever tried for all the others has not lost its place by it.
                self._waiting = {who: place, **self._waiting}
            if type(error) is not errors.Unavailable or self.state != "open":
                raise  # an unknown outcome is probed when it can be; the records being away says nothing of the system
            raise SystemAway(str(error), self._come_again(who, attempt, self._monotonic())) from None
        finally:
            self._going -= 1
            _EPOCH.reset(token)
            if self._trial == who:
                self._trial = ""

    def heard(self, error: Exception | None) -> None:
        """Note how a call of the system's port went. What began before the last change tells nothing new."""
        if self.state != "closed" and _EPOCH.get() != self._epoch:
            return
        if isinstance(error, _AWAY) and error.answered:
            self._answered()  # a lock, a lost race: it is there
        elif isinstance(error, _AWAY) or (isinstance(error, errors.ContractBroken) and self.state != "closed"):
            self._failed(error)
        elif not isinstance(error, errors.ContractBroken):
            self._answered()

    def health(self) -> SystemHealth:
        """Say how the system is doing. ``worker`` is for the recorder to fill."""
        rest = self._until - self._monotonic()
        return SystemHealth(
            system=self.system, worker="", state=_SAID[self.state], since=self._since, error=self._error,
            next_try=self._wall() + timedelta(seconds=max(0.0, rest)) if self.state == "open" else None,
            waiting=len(self._waiting),
        )  # fmt: skip

    def _admit(self, who: str, attempt: int) -> None:
        now = self._monotonic()
        if self.state == "open" and now >= self._until:
            self._become("trial")
        if self.state == "trial" and not self._trial:
            self._trial = who
        elif self.state != "closing" or self._going >= self._width:
            self._turn_away(who, attempt, now)

    def _turn_away(self, who: str, attempt: int, now: float) -> None:
        delay = self._come_again(who, attempt, now)
        since = self._since.strftime("%H:%M:%SZ")
        what = f"is away since {since} ({self._error})" if self.state != "closing" else "comes back; few calls at once"
        raise SystemAway(f"{self.system} {what}; not called", delay)

    def _come_again(self, who: str, attempt: int, now: float) -> float:
        """Give a caller its place in the row, and return the seconds until its turn."""
        if who not in self._waiting:
            self._number += 1
        number = self._waiting[who][0] if who in self._waiting else self._number
        oldest = next(iter(self._waiting.values()))[0] if self._waiting else number
        slot = self._limits.slot
        row = max(number - oldest, 0) * slot
        if row > self._limits.most:  # a row too long to keep: its end comes in any order, spread over as much again
            row = self._limits.most * (1 + part(who, attempt))
        # A trial takes a while; so does a call when all places are taken.
        rest = max(self._until - now, self._limits.first if self.state == "trial" else slot)
        delay = rest + row + slot * part(who, attempt)
        self._waiting[who] = (number, now + delay)
        return delay

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if self.state == "closed" and self._failures < self._limits.failures:
            return
        if self.state == "closed":
            self._since, self._period = self._wall(), self._limits.first
        else:
            self._period = min(self._period * 2, self._limits.most)
        self._error = f"{type(error).__name__}: {error}"[:_SHOWN]
        asked = getattr(error, "retry_after", None) or 0.0
        self._until = self._monotonic() + max(self._period, min(asked, self._limits.most))
        self._trial = ""
        self._become("open")

    def _answered(self) -> None:
        self._failures = 0
        if self.state == "trial":
            self._width, self._answers, self._trial = self._limits.narrow, 0, ""
            self._become("closing")
        elif self.state == "closing":
            self._answers += 1
            if self._answers >= self._width:
                self._width, self._answers = self._width * 2, 0
            if self._width > self._limits.wide or not self._row_left():
                self._since, self._error = self._wall(), ""
                self._waiting.clear()
                self._become("closed")

    def _row_left(self) -> bool:
        """Whether anybody still waits; who is long overdue has gone elsewhere (held, cancelled, another worker)."""
        gone = self._monotonic() - self._limits.most
        while self._waiting and (first := next(iter(self._waiting))) and self._waiting[first][1] < gone:
            del self._waiting[first]
        return bool(self._waiting)

    def _become(self, state: State) -> None:
        self.state = state
        if state != "closing":
            self._epoch += 1  # an answer to a call from before says nothing about now; one to the trial still does
        if self._said is not None:
            self._said(self.health())


class Watched:
    """A port whose every call tells its breaker how it went; otherwise the port itself."""

    def __init__(self, port: Any, breaker: Breaker) -> None:
        self._port = port
        self._breaker = breaker

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not inspect.iscoroutinefunction(found):
            return found

        @wraps(found)
        async def watched(*args: Any, **kwargs: Any) -> Any:
            try:
                result = await found(*args, **kwargs)
            except errors.PortError as error:
                self._breaker.heard(error)
                raise
            self._breaker.heard(None)
            return result

        return watched
