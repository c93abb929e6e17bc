"""Reads whose CPU was used: the worker's, the server's, and everybody else's on the machine."""

import os
import time
from collections.abc import Mapping
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
    """Knows which processes are ours: this one, and of each contender the worker and its server (0: not ours)."""

    def __init__(self, servers: Mapping[int, int]) -> None:
        self._servers = servers

    def read(self, worker: int) -> Reading:
        """Read the CPU used so far, by one worker, by the server it works for, and by others than us."""
        ours = {os.getpid(), *self._servers, *self._servers.values()} - {0}
        used = {pid: _used(pid) for pid in ours}
        server = used.get(self._servers[worker], 0.0)
        return Reading(time.perf_counter(), used[worker], server, _busy() - sum(used.values()))
