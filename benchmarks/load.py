"""Drives one contender: its worker process, the approvals it asks for, windows of load and lone chains."""

import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import Client

from benchmarks.contender import Contender, load
from benchmarks.cpu import Meter
from ltc.devserver import tied_to_us

AGAIN = 0.05  # seconds until an approval that came too early is sent again


@dataclass
class Window:
    """What one window of load showed."""

    chains: int
    seconds: float
    worker_cpu: float
    server_cpu: float
    foreign_cores: float
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Chains per second."""
        return self.chains / self.seconds

    @property
    def cpu_per_chain(self) -> float:
        """Seconds of the worker's CPU per chain."""
        return self.worker_cpu / self.chains


class _Asked(asyncio.DatagramProtocol):
    def __init__(self, lanes: "Lanes") -> None:
        self._lanes = lanes

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._lanes.asked(json.loads(data))


class Lanes:
    """One contender under load. `think` is how long the approver takes, in seconds; it is no part of a latency."""

    def __init__(self, module: str, address: str, think: float) -> None:
        self.way: Contender = load(module)
        self.refused = 0
        self._module, self._address, self._think = module, address, think
        self._numbers = itertools.count(1)
        self._waited: dict[str, float] = {}
        self._approvals: set[asyncio.Task[None]] = set()
        self._trouble: BaseException | None = None

    async def open(self) -> None:
        """Start the worker process and connect."""
        loop = asyncio.get_running_loop()
        self._client: Client = await self.way.connect(self._address)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Asked(self), local_addr=("127.0.0.1", 0))
        port = self._transport.get_extra_info("sockname")[1]
        command = [sys.executable, "-m", "benchmarks.worker_process", self._module, self._address, str(port)]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *tied_to_us(command), stdin=pipe, stdout=pipe, limit=1 << 26, start_new_session=True
        )
        if (await self._line()).strip() != "ready":
            raise RuntimeError(f"the worker of {self._module} did not come up")

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def close(self) -> None:
        """End the worker process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._transport.close()

    async def task_times(self) -> dict[str, list[float]]:
        """Return the workflow tasks timed since the last call."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"times\n")
        await self._process.stdin.drain()
        times: dict[str, list[float]] = json.loads(await self._line())
        return times

    async def _line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode()

    def asked(self, request: dict[str, Any]) -> None:
        """Take an approver's task: decide it after the time to think."""
        task = asyncio.create_task(self._decide(request, time.perf_counter()))
        self._approvals.add(task)
        task.add_done_callback(self._decided)

    def _decided(self, task: asyncio.Task[None]) -> None:
        self._approvals.discard(task)
        if not task.cancelled():
            self._trouble = self._trouble or task.exception()

    async def _decide(self, request: dict[str, Any], since: float) -> None:
        await asyncio.sleep(self._think)
        sent = time.perf_counter()
        while not await self.way.approve(self._client, request):
            self.refused += 1
            await asyncio.sleep(AGAIN)
            sent = time.perf_counter()
        self._waited[request["chain"]] = sent - since

    async def chain(self) -> float:
        """Run one chain to its end and return its seconds, the approver's time taken off.

        Raises:
            RuntimeError: an approval failed, so that the figures mean nothing.
        """
        began = time.perf_counter()
        handle = await self.way.start(self._client, next(self._numbers))
        await asyncio.wait_for(handle.result(), 120)
        if self._trouble is not None:
            raise RuntimeError(f"an approval of {self.way.name} failed") from self._trouble
        return time.perf_counter() - began - self._waited.pop(handle.id, 0.0)

    async def window(self, meter: Meter, seconds: float, warm: float, in_flight: int) -> Window:
        """Keep so many chains in flight and measure for `seconds`, after `warm` seconds that do not count.

        The lanes begin one after the other: begun at once they end in waves, and a window catches one more or less.
        """
        latencies: list[float] = []
        stop = asyncio.Event()

        async def lane(number: int) -> None:
            await asyncio.sleep(warm * number / in_flight)
            while not stop.is_set():
                latencies.append(await self.chain())

        lanes = [asyncio.create_task(lane(number)) for number in range(in_flight)]
        await self._unless_broken(lanes, warm)
        before, first = meter.read(self.pid), len(latencies)
        await self._unless_broken(lanes, seconds)
        spent, last = meter.read(self.pid) - before, len(latencies)
        stop.set()
        await asyncio.gather(*lanes)
        if first == last:
            raise RuntimeError(f"no chain of {self.way.name} ended within {seconds:g} s; take longer windows")
        return Window(
            last - first, spent.seconds, spent.worker, spent.server, spent.foreign / spent.seconds,
            latencies[first:last],
        )  # fmt: skip

    async def _unless_broken(self, lanes: list[asyncio.Task[None]], seconds: float) -> None:
        done, _ = await asyncio.wait(lanes, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
