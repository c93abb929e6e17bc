"""Fills a database with chains made of stories: what differs per chain is written, the rest the database copies."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select, text

from benchmarks.store.stories import Story
from ltc.store import trail
from ltc.store.doors import deflate
from ltc.store.engines import make_engine
from ltc.store.fold import fold_all
from ltc.store.prepared import insert_all
from ltc.store.records import RUNS, STARTS, TRAIL
from ltc.store.rows import VIEWS, ChainView
from ltc.store.tally import Changes
from ltc.store.view_tables import VIEW_TABLES

SLICE = 10_000  # chains that are written together
OPEN_SHARE = 0.05
_PACKED = deflate({"opportunity_id": "OP-1"})  # the input of every start
CUSTOMERS = 20_000
_STAGE = MetaData()
MEMBERS = Table(
    "bench_chains", _STAGE, Column("chain", Text, primary_key=True), Column("variant", Integer, nullable=False)
)


@dataclass
class Variant:
    """A story, folded."""

    story: Story
    offered: list[trail.Offered]
    view: ChainView
    chains: int = 0


def variants(stories: Iterator[Story]) -> list[Variant]:
    """Fold the stories."""
    found = []
    for story in stories:
        offered = [trail.offer(entry) for entry in story.trail]
        view = fold_all(ChainView("x"), [one.line for one in offered]).set(run="r1", gap=False)
        found.append(Variant(story, offered, view))
    return found


def _staged(name: str) -> Table:
    """A table like one of the store's, by variant instead of chain."""
    source = TRAIL if name == "trail" else VIEW_TABLES[name]
    columns = [Column(one.name, one.type, primary_key=one.primary_key) for one in source.columns if one.name != "chain"]
    return Table(f"bench_{name}", _STAGE, Column("variant", Integer, primary_key=True), *columns)


COPIED = {name: _staged(name) for name in ("trail", *(one for one in VIEWS if one != "chains"))}


def fill(url: str, found: list[Variant], count: int, say: Callable[[str], None]) -> None:
    """Write so many chains; secondary indexes are made afterwards."""
    engine = make_engine(url, writes=True)
    lite = engine.dialect.name == "sqlite"
    dice = random.Random(11)
    ended = [number for number, one in enumerate(found) if not one.story.open]
    still = [number for number, one in enumerate(found) if one.story.open]
    if lite:
        with engine.connect() as connection:
            raw = connection.connection.cursor()
            for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-400000"):
                raw.execute(f"pragma {pragma}")
            _fill(connection, found, count, (dice, ended, still), say)
            connection.connection.cursor().execute("pragma journal_mode=wal")
    else:
        with engine.connect() as connection:
            _fill(connection, found, count, (dice, ended, still), say)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))
    engine.dispose()


def _fill(connection: Connection, found: list[Variant], count: int, draw: Any, say: Callable[[str], None]) -> None:
    indexes = [index for table in (*VIEW_TABLES.values(), STARTS) for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    _STAGE.create_all(connection)
    _stage(connection, found)
    connection.commit()
    began = time.monotonic()
    for first in range(0, count, SLICE):
        _slice(connection, found, range(first, min(count, first + SLICE)), draw)
        connection.commit()
        if (first // SLICE) % 10 == 0:
            say(f"  {first + SLICE:,} chains, {time.monotonic() - began:.0f} s")
    for index in indexes:
        index.create(connection)
    changes = Changes()
    for one in found:
        mine = Changes()
        mine.move(ChainView("x"), one.view)
        for into, counted in ((changes.counts, mine.counts), (changes.spread, mine.spread)):
            for key, number in counted.items():
                into[key] += number * one.chains
    changes.write(connection)
    _STAGE.drop_all(connection)
    connection.commit()
    say(f"  indexes and counters too: {time.monotonic() - began:.0f} s")


def _stage(connection: Connection, found: list[Variant]) -> None:
    for number, one in enumerate(found):
        rows = [_entry(offered) | {"variant": number} for offered in one.offered[1:]]
        connection.execute(insert(COPIED["trail"]), rows)
        for name, spec in VIEWS.items():
            if name != "chains" and one.view.tables[name]:
                given = [
                    {**dict(zip(spec.key, key, strict=True)), **row, "variant": number}
                    for key, row in one.view.each(name)
                ]
                connection.execute(insert(COPIED[name]), given)


def _entry(one: trail.Offered) -> dict[str, Any]:
    line = one.line
    return {
        "run": "r1", "seq": line.seq, "at": line.at, "wall": line.wall, "kind": line.kind.value, "leg": line.leg,
        "item": line.item, "step": line.step, "visit": line.visit, "data": line.data, "digest": one.digest,
        "superseded": False,
    }  # fmt: skip


def chain_name(number: int, process: str) -> str:
    """Return the id of a generated chain."""
    return f"{process}:{number:08}"


def customer_of(dice: random.Random) -> str:
    """Return a customer: some have thousands of chains, most have a few."""
    return f"C{int(CUSTOMERS * dice.random() ** 3):05}"


def _slice(connection: Connection, found: list[Variant], numbers: range, draw: Any) -> None:
    """Write a slice of chains: their own rows one by one, what their variant shares as copies."""
    written: dict[Table, list[dict[str, Any]]] = {
        one: [] for one in (MEMBERS, STARTS, RUNS, TRAIL, VIEW_TABLES["chains"])
    }
    for number in numbers:
        for table, row in _own_rows(found, number, draw).items():
            written[table].append(row)
    for table, rows in written.items():
        insert_all(connection, table, sorted(rows, key=lambda row: row["chain"]))
    for name, staged in COPIED.items():
        _copy(connection, TRAIL if name == "trail" else VIEW_TABLES[name], staged)
    connection.execute(MEMBERS.delete())


def _own_rows(found: list[Variant], number: int, draw: Any) -> dict[Table, dict[str, Any]]:
    """Return what one chain has for itself, by table, its story drawn."""
    dice, ended, still = draw
    variant = dice.choice(still if dice.random() < OPEN_SHARE else ended)
    one = found[variant]
    one.chains += 1
    name, customer = chain_name(number, one.story.process), customer_of(dice)
    first, last = one.offered[0].line, one.offered[-1].line.seq
    line = first._replace(data={**first.data, "number": f"N{number}", "customer": customer})
    start = {
        "installation": "bench", "process": one.story.process, "key": f"{number:08}", "plan_digest": "p",
        "input_digest": "i", "input": _PACKED, "source": "file", "actor": "", "at": first.wall, "confirmed": True,
        "heard": True,
    }  # fmt: skip
    seen = first.wall + timedelta(milliseconds=20)
    run = {"run": "r1", "number": 1, "started": first.wall, "seen": seen, "first_seq": first.seq, "last_seq": last}
    rows: dict[Table, dict[str, Any]] = {
        MEMBERS: {"variant": variant},
        STARTS: start,
        RUNS: run,
        TRAIL: _entry(trail.Offered(line, "", trail.entry_digest(line))),
        VIEW_TABLES["chains"]: {**one.view.head, "number": f"N{number}", "customer": customer},
    }
    return {table: {**row, "chain": name} for table, row in rows.items()}


def _copy(connection: Connection, target: Table, staged: Table) -> None:
    """Let the database write a variant's rows for each of the slice's chains."""
    columns = [MEMBERS.c.chain if one.name == "chain" else staged.c[one.name] for one in target.columns]
    order = [MEMBERS.c.chain]
    if connection.dialect.name != "sqlite":
        order += staged.primary_key.columns[1:]
    rows = select(*columns).select_from(MEMBERS.join(staged, staged.c.variant == MEMBERS.c.variant)).order_by(*order)
    connection.execute(insert(target).from_select([one.name for one in target.columns], rows))
