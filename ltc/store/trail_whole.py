"""Trails of many chains read from end to end, as fast as can be: for all views anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, select, type_coerce

from ltc.model.trail import Kind
from ltc.store.prepared import fetch_rows
from ltc.store.reading import Line
from ltc.store.records import TRAIL

_KINDS = {kind.value: kind for kind in Kind}
_decode = json.JSONDecoder().raw_decode
_READ = ("chain", "run", "seq", "at", "wall", "kind", "leg", "item", "step", "visit", "data")


@cache
def _between() -> Select[Any]:
    mine = TRAIL.c.chain.between(bindparam("first_"), bindparam("last_"))
    columns = [type_coerce(TRAIL.c[name], Text).label(name) if name == "data" else TRAIL.c[name] for name in _READ]
    return select(*columns).where(mine, TRAIL.c.superseded.is_(False)).order_by(TRAIL.c.chain, TRAIL.c.run, TRAIL.c.seq)


def between(connection: Connection, first: str, last: str) -> Iterator[tuple[str, list[tuple[str, Line]]]]:
    """Return the valid entries of each chain from one to another, by run; read as fast as can be: all views anew."""
    rows = fetch_rows(connection, _between, {"first_": first, "last_": last})
    for chain, group in groupby(rows, key=itemgetter(0)):
        yield chain, [
            (
                run,
                Line(
                    seq, at, wall, _KINDS.get(kind) or Kind(kind), leg, item, step, visit,
                    {} if data == "{}" else _decode(data)[0],
                ),
            )
            for _, run, seq, at, wall, kind, leg, item, step, visit, data in group
        ]  # fmt: skip
