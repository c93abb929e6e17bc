"""Reads whose CPU was used: the worker's, the server's, and everybody else's on the machine."""

import os
import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Reading:
    """CPU seconds used up to a moment; two readings subtract."""

    seconds: float
    worker: float
    server: float
    foreign: float

    def __sub__(self, earlier: "Reading") -> "Reading":
        return Reading(
            self.seconds - earlier.seconds,
            self.worker - earlier.worker,
            self.server - earlier.server,
            self.foreign - earlier.foreign,
        )


def _used(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _busy() -> float:
    # On Linux guest time is within user time already; idle and iowait are nobody's work, steal is a neighbour's.
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


class Meter:
    """Knows which processes are ours: this one, the server, all workers."""

    def __init__(self, server: int, workers: list[int]) -> None:
        self._server, self._workers = server, workers

    def read(self, worker: int) -> Reading:
        """Read the CPU used so far, `worker` being the one whose figure is wanted."""
        server = _used(self._server) if self._server else 0.0
        ours = _used(os.getpid()) + server + sum(_used(pid) for pid in self._workers)
        return Reading(time.perf_counter(), _used(worker), server, _busy() - ours)
