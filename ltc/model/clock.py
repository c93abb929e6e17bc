"""The virtual clock: working time passes fast, nights and weekends faster; real instants are what Temporal sees."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from ltc.model.base import Value

_US = timedelta(microseconds=1)
_MINUTE = 60_000_000
_DAY = 1440 * _MINUTE
_WEEK = 7 * _DAY
_FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


class VirtualClock(Value):
    """A piecewise linear map between real and virtual instants.

    ``anchor_virtual`` (a Monday in the clock's zone) is what the clock shows at ``anchor_real``. From then on
    ``work_rate`` virtual seconds pass per real second in working time, ``idle_rate`` at night and on weekends.
    Working time is from ``start`` to ``end`` (minutes after midnight, at ``offset`` minutes from UTC) on the days
    marked ``1`` in ``week``, from Monday. All reckoning is in whole numbers, so it is exact on every machine.
    """

    anchor_virtual: AwareDatetime
    anchor_real: AwareDatetime
    work_rate: Annotated[int, Field(ge=1, le=10_000_000)]
    idle_rate: Annotated[int, Field(ge=1, le=10_000_000)]
    offset: Annotated[int, Field(ge=-1440, le=1440)] = 0
    start: Annotated[int, Field(ge=0, lt=1440)] = 540
    end: Annotated[int, Field(gt=0, le=1440)] = 1080
    week: Annotated[str, Field(pattern=r"^[01]{7}$")] = "1111100"

    @model_validator(mode="after")
    def _sound(self) -> VirtualClock:
        if self.start >= self.end:
            raise ValueError("the working hours of the virtual clock end before they start")
        if self._local(self.anchor_virtual) % _WEEK >= _DAY:
            raise ValueError(f"the virtual clock is anchored at a Monday; {self.anchor_virtual.isoformat()} is none")
        return self

    @classmethod
    def identity(cls) -> VirtualClock:
        """Return the clock that shows real time."""
        return cls(anchor_virtual=_FIRST_MONDAY, anchor_real=_FIRST_MONDAY, work_rate=1, idle_rate=1)

    def to_virtual(self, real: datetime) -> datetime:
        """Return what the clock shows at a real instant, rounded down to the microsecond (UTC)."""
        units = self._units(self._local(self.anchor_virtual)) + _since(real, self.anchor_real) * self._per_real
        weeks, rest = divmod(units, self._table[1][-1])
        place = bisect_right(self._table[1], rest) - 1
        local = weeks * _WEEK + self._table[0][place] + (rest - self._table[1][place]) // self._table[2][place]
        return _FIRST_MONDAY + (local - self.offset * _MINUTE) * _US

    def to_real(self, virtual: datetime) -> datetime:
        """Return the first real instant at which the clock shows a virtual one or more: late, never early (UTC)."""
        units = self._units(self._local(virtual)) - self._units(self._local(self.anchor_virtual))
        return self.anchor_real.astimezone(UTC) - (-units // self._per_real) * _US

    @property
    def _per_real(self) -> int:
        """Units per real microsecond. A virtual microsecond is ``idle_rate`` units at work, ``work_rate`` idle."""
        return self.work_rate * self.idle_rate

    def _local(self, moment: datetime) -> int:
        """Microseconds on the clock's own dial since the first Monday of 1970."""
        return _since(moment, _FIRST_MONDAY) + self.offset * _MINUTE

    @cached_property
    def _table(self) -> tuple[list[int], list[int], list[int]]:
        """One week: where each stretch begins, the units up to there (the whole week's last), units per microsecond."""
        begins, sums, costs = [0], [0], []
        for day in range(7):
            work = self.idle_rate if self.week[day] == "1" else self.work_rate
            for until, cost in ((self.start, self.work_rate), (self.end, work), (1440, self.work_rate)):
                edge = day * _DAY + until * _MINUTE
                if edge > begins[-1]:
                    sums.append(sums[-1] + (edge - begins[-1]) * cost)
                    begins.append(edge)
                    costs.append(cost)
        return begins, sums, costs

    def _units(self, local: int) -> int:
        weeks, rest = divmod(local, _WEEK)
        begins, sums, costs = self._table
        place = bisect_right(begins, rest) - 1
        return weeks * sums[-1] + sums[place] + (rest - begins[place]) * costs[place]


def _since(moment: datetime, origin: datetime) -> int:
    return (moment - origin) // _US
