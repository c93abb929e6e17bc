"""The pace of a demonstration: one virtual clock from a fixed Monday on, and people who act in its working hours."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ltc.definition import calendars, worktime
from ltc.definition.worktime import CalendarWindow
from ltc.model.clock import VirtualClock

CALENDAR = "cn"  # that of the shipped definitions
MONDAY = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # half past eight in Shanghai: work begins at nine
ZONE, OPENS, CLOSES = 480, 540, 1080  # minutes: Shanghai from UTC; nine; six
HEAD_START = timedelta(seconds=12)  # for everything to be up when the clock shows Monday
IDLE_SHARE = 0.1  # of the real time goes by in nights and weekends
TAIL_DAYS = 62  # virtual days from the start of the longest story to its end
_WORKING = (CLOSES - OPENS) * 5 / (7 * 1440)  # share of virtual time that is working time
_SPIN = "import time\nwhile time.process_time() < 0.6: pass\nprint(time.process_time())"
MOST_STRETCH = 6.0


def stretch() -> float:
    """Return by how much this machine is slowed down just now by others: 1 on a quiet one.

    A clock that outruns the machine would make everything late; on a busy machine it has to go slower.
    """
    begun = time.monotonic()
    words = [sys.executable, "-IS", "-c", _SPIN]
    spinning = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(min(2, os.cpu_count() or 1))]
    used = max(float(one.communicate()[0] or 0.6) for one in spinning)
    found = (time.monotonic() - begun) / used
    return 1.0 if found < 1.25 else min(MOST_STRETCH, found)


def clock_for(days: float, minutes: float, now: datetime | None = None) -> VirtualClock:
    """Return a clock on which so many virtual days go by in so many real minutes."""
    work, idle = days * 86_400 * _WORKING, days * 86_400 * (1 - _WORKING)
    real = minutes * 60
    return VirtualClock(
        anchor_virtual=MONDAY, anchor_real=(now or datetime.now(UTC)) + HEAD_START,
        work_rate=max(1, round(work / (real * (1 - IDLE_SHARE)))), idle_rate=max(1, round(idle / (real * IDLE_SHARE))),
        offset=ZONE, start=OPENS, end=CLOSES,
    )  # fmt: skip


@dataclass(frozen=True)
class Tempo:
    """Tells people the time, and when something planned in working hours is due."""

    clock: VirtualClock
    window: CalendarWindow

    @classmethod
    def of(cls, clock: VirtualClock) -> Tempo:
        """Make the tempo of a clock."""
        return cls(clock, calendars.window(CALENDAR, date(2026, 2, 1), date(2027, 12, 1)))

    def now(self) -> datetime:
        """Return the virtual time."""
        return self.clock.to_virtual(datetime.now(UTC))

    def after_hours(self, start: datetime, hours: float) -> datetime:
        """Return the virtual instant by which so many working hours have passed."""
        return worktime.after(start, round(hours * 3600), "bh", self.window)

    def due(self, start: datetime, hours: float) -> bool:
        """Tell whether so many working hours have passed since an instant."""
        return self.now() >= self.after_hours(start, hours)

    async def until(self, virtual: datetime) -> None:
        """Sleep until the clock shows an instant."""
        await asyncio.sleep(max(0.0, (self.clock.to_real(virtual) - datetime.now(UTC)).total_seconds()))


@dataclass
class Pace:
    """Spreads a row of things evenly over working hours, from when it is first asked. ``step``: hours from one on."""

    tempo: Tempo
    step: float
    told: int = 0
    start: datetime | None = None

    def due(self, beside: int = 0) -> bool:
        """Tell whether the next of the row is due, besides so many that are about to be told."""
        if self.start is None:
            self.start = max(self.tempo.now(), self.tempo.clock.anchor_virtual)
        return self.tempo.due(self.start, (self.told + beside) * self.step)
