"""The bench: the engine against the yardstick, in interleaved windows on one machine (`make bench`)."""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.cpu import Meter
from benchmarks.load import Lanes
from ltc import devserver

IDLE = 0.3  # seconds of rest before each lone chain


def options(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--base", default="benchmarks.yardstick_contender", help="what is compared with")
    parser.add_argument("--engine", default="benchmarks.engine_contender", help="what is measured: module[:function]")
    parser.add_argument("--windows", type=_positive, default=9, help="pairs of windows")
    parser.add_argument("--seconds", type=_span, default=10.0, help="length of a window")
    parser.add_argument("--warm", type=_span, default=4.0, help="seconds before each window that do not count")
    parser.add_argument("--in-flight", type=_positive, default=40, help="chains in flight")
    parser.add_argument("--lone", type=_positive, default=30, help="chains run one at a time, of each")
    parser.add_argument("--think", type=_span, default=1.0, help="seconds an approver takes; no part of a latency")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    return parser.parse_args(words)


def _positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} is not at least 1")
    return number


def _span(word: str) -> float:
    seconds = float(word)
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{word} is not a span between 0 and 3600 seconds")
    return seconds


def help_cpu(times: int = 5) -> float:
    """Return the CPU seconds of `ltc --help`, median of some runs after one that warms the disk cache.

    Raises:
        SystemExit: the command failed.
    """
    command = [str(Path(sys.executable).parent / "ltc"), "--help"]
    spent = []
    for _ in range(times + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise SystemExit(f"`ltc --help` failed (exit {done.returncode}): {done.stderr.decode()[-400:]}")
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(spent[1:])


async def _windows(lanes: list[Lanes], sides: list[report.Side], meter: Meter, chosen: argparse.Namespace) -> None:
    for number in range(chosen.windows):
        pair = list(zip(lanes, sides, strict=True))
        # Who comes first changes: servers slow as they fill, and what the other left to do must not meet always one.
        for lane, side in pair if number % 2 == 0 else reversed(pair):
            window = await lane.window(meter, chosen.seconds, chosen.warm, chosen.in_flight)
            side.windows.append(window)
            for clock, times in (await lane.task_times()).items():
                side.loaded_tasks[clock] += times
            print(
                f"window {number + 1}/{chosen.windows} {side.name}: {window.rate:.1f} chains/s, worker "
                f"{1000 * window.cpu_per_chain:.1f} ms CPU/chain, other people {window.foreign_cores:.2f} cores",
                flush=True,
            )


async def _lone(lanes: list[Lanes], sides: list[report.Side], chains: int) -> None:
    for _ in range(chains):
        for lane, side in zip(lanes, sides, strict=True):
            await asyncio.sleep(IDLE)
            side.lone.append(await lane.chain())
    for lane, side in zip(lanes, sides, strict=True):
        side.lone_tasks = await lane.task_times()
        side.refused = lane.refused


async def measure(chosen: argparse.Namespace) -> list[report.Side]:
    """Run everything and return the two sides, base first.

    Each has a server of its own: what a server does later for chains that are over (time limits that run out, half a
    minute after) is not counted as the other's work.
    """
    async with devserver.running() as first, devserver.running() as second:
        servers = (first, second)
        places = (chosen.base, chosen.engine)
        lanes = [Lanes(place, server.address, chosen.think) for place, server in zip(places, servers, strict=True)]
        sides = [report.Side(lane.way.name) for lane in lanes]
        try:
            for lane in lanes:
                await lane.open()
            for lane in lanes:  # warms imports, pollers and caches on both sides
                await asyncio.gather(*(lane.chain() for _ in range(chosen.in_flight)))
                await lane.task_times()
            meter = Meter({lane.pid: server.pid for lane, server in zip(lanes, servers, strict=True)})
            await _windows(lanes, sides, meter, chosen)
            await _lone(lanes, sides, chosen.lone)
        finally:
            for lane in lanes:
                await lane.close()
    return sides


def verdict(goals: list[report.Goal], foreign: float) -> int:
    """Say what was missed and return the exit status; a busy machine is told, not judged."""
    missed = [goal.name for goal in goals if not goal.met]
    if not missed:
        print("all goals met")
        return 0
    if foreign > report.QUIET:
        print(f"not judged: others used {foreign:.2f} cores, more than {report.QUIET}; missed: {'; '.join(missed)}")
        return 0
    print(f"missed: {'; '.join(missed)}")
    return 1


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and return the exit status: 1 when a goal was missed on a quiet machine."""
    chosen = options(sys.argv[1:] if words is None else words)
    cli = help_cpu()
    base, engine = asyncio.run(measure(chosen))
    goals = report.goals(base, engine, cli)
    print("\n" + report.table(base, engine, goals))
    settings = {
        "windows": f"{chosen.windows} x {chosen.seconds:g} s", "in flight": chosen.in_flight, "lone": chosen.lone,
        "think": f"{chosen.think:g} s",
    }  # fmt: skip
    print("\n" + report.conditions(settings, [base, engine]) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(base), asdict(engine)], indent=1))
    return verdict(goals, report.foreign([base, engine]))


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # with RPCs in flight the SDK now and then aborts in the interpreter's own finish
