"""A contender's workers in a process of their own: `python -m benchmarks.worker_process MODULE ADDRESS UDP_PORT`.

It prints `ready`; for each line on standard input it prints one line of JSON with the workflow tasks timed since the
last; it ends when standard input closes.
"""

import asyncio
import json
import os
import socket
import sys
from typing import Any

from benchmarks.contender import load
from benchmarks.timing import Samples, TimedRunner


async def serve(module: str, address: str, port: int) -> None:
    """Run the workers until standard input closes."""
    way = load(module)
    way.prepare()
    samples = Samples()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:

        def ask(request: dict[str, Any]) -> None:
            sender.sendto(json.dumps(request).encode(), ("127.0.0.1", port))

        workers = await way.workers(await way.connect(address), TimedRunner(samples, way.runner()), ask)
        running = [asyncio.create_task(worker.run()) for worker in workers]
        print("ready", flush=True)
        lines = asyncio.create_task(_answer(samples))
        await asyncio.wait([*running, lines], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*(worker.shutdown() for worker in workers))
        await asyncio.gather(*running, lines)
        await way.close()


async def _answer(samples: Samples) -> None:
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(samples.take()), flush=True)


def main() -> None:
    """Serve, then leave past the interpreter's finish: with RPCs in flight the SDK now and then aborts there."""
    module, address, port = sys.argv[1:]
    asyncio.run(serve(module, address, int(port)))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
