"""Lists of chains by any filter, newest first, page behind page: found by indexes alone, however many there are."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, literal, or_, select, true, union_all

from ltc.store.columns import Names, among, beside
from ltc.store.view_tables import VIEW_TABLES

Record = dict[str, Any]
_CHAINS = VIEW_TABLES["chains"]
_C = _CHAINS.c
_SLAS = VIEW_TABLES["slas"].c
_EQUAL = ("state", "outcome", "leg", "process", "customer", "number")
_INDEXED = ("process", "outcome", "leg")  # ended chains have an index of each of these, and of each pair, in this order
_COUNTED = 20_000  # ended chains counted of each filter, to find the rarest
FEW = 500  # promises that are past, up to which they are looked up by their instant


class Filters(TypedDict, total=False):
    """What chains to list; empty values do not filter. ``overdue`` needs ``now`` (business time)."""

    state: str
    outcome: str
    leg: str
    process: str
    customer: str
    number: str
    since: datetime | None
    overdue: bool
    now: datetime


def chains(connection: Connection, filters: Filters, limit: int = 50, offset: int = 0, after: str = "") -> list[Record]:
    """List chains, newest first, from behind the chain ``after``; one that is not known lists nothing.

    ``late``: how many seconds past its own promised time an ended chain ended. ``offset`` is walked through, so it is
    for the first pages; ``after`` finds any page at once.
    """
    place = None
    if after:
        place = connection.execute(select(_C.started, _C.chain).where(_C.chain == after)).first()
        if place is None:
            return []
    named = list(connection.execute(_page(connection, filters, limit, offset, place)).scalars())
    rows = {
        row["chain"]: dict(row) for row in connection.execute(select(_CHAINS).where(_C.chain.in_(named))).mappings()
    }
    late = _lateness(connection, named)
    return [{**rows[name], "late": late.get(name, 0.0)} for name in named if name in rows]


def _page(connection: Connection, filters: Filters, limit: int, offset: int, place: Any) -> Select[Any]:
    """Return the statement that finds the chains of a page.

    Open and ended chains are looked through apart, each by their own indexes and no further than the page reaches.
    """
    reach = limit + offset
    late = late_ones(connection, filters["now"]) if filters.get("overdue") else None
    parts = [_part(side, filters, reach, place, late) for side in _sides(filters, _rarest(connection, filters))]
    both = union_all(*[select(part.subquery()) for part in parts]).subquery()
    order = (both.c.started.is_(None), both.c.started.desc(), both.c.chain.desc())
    return select(both.c.chain).order_by(*order).limit(limit).offset(offset)


class _Side(NamedTuple):
    """One kind of chains, the index by which they are found, and whether they have a start on record."""

    where: ColumnElement[bool]
    by: tuple[str, ...] = ()  # the columns that the index begins with; none: the start
    named: bool = True
    ended: bool = False


# A chain whose first entry is not on record yet has no start: it comes last.
_NAMELESS = _Side(_C.started.is_(None), named=False)


def _rarest(connection: Connection, filters: Filters) -> tuple[str, ...]:
    """Return the filters by whose index ended chains are found: of several, those that the fewest match together.

    The fewest as far as counting goes. Nothing is counted where there is one index to choose, or none is used.
    """
    given = [name for name in _INDEXED if filters.get(name)]
    ways: list[tuple[str, ...]] = [("customer",)] if filters.get("customer") else []
    ways += combinations(given, min(len(given), 2)) if given else []
    unused = filters.get("number") or filters.get("overdue") or filters.get("state", "") not in ("", "ended")
    if len(ways) < 2 or unused:
        return ways[0] if ways else ()
    counts = []
    for names in ways:
        mine = [_C[name] == filters[name] for name in names]  # type: ignore[literal-required]
        some = select(_C.chain).where(_C.ended.is_not(None), *mine).limit(_COUNTED)
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery())
    found = connection.execute(select(*counts)).one()
    return min(zip(found, ways, strict=True), key=lambda one: one[0])[1]


def _sides(filters: Filters, by: tuple[str, ...]) -> list[_Side]:
    """Return the kinds of chains that may match; ``by``: the filters that choose the index of ended ones."""
    state, started = filters.get("state", ""), _C.started.is_not(None)
    if filters.get("number"):
        return [_Side(started, ("number",)), _NAMELESS]
    sides = []
    if state != "ended" and not filters.get("outcome"):
        sides.append(_Side(and_(_C.ended.is_(None), started)))
    if state in ("", "ended") and not filters.get("overdue"):
        sides.append(_Side(and_(_C.ended.is_not(None), started), by, ended=True))
    return [*sides, _NAMELESS]


def _part(side: _Side, filters: Filters, reach: int, place: Any, late: ColumnElement[bool] | None) -> Select[Any]:
    query = select(_C.chain, _C.started).where(side.where, *_conditions(side, filters))
    if late is not None:
        query = query.where(_C.ended.is_(None), late)
    if place is not None:
        query = query.where(_behind(place, side.named))
    return query.order_by(*([_C.started.desc()] if side.named else []), _C.chain.desc()).limit(reach)


def _behind(place: Any, named: bool) -> ColumnElement[bool]:
    """Return what lies behind a place in the order of lists: the earlier, then those whose start is not known."""
    if not named:
        return _C.chain < place.chain if place.started is None else true()
    if place.started is None:
        return false()
    return and_(_C.started <= place.started, or_(_C.started < place.started, _C.chain < place.chain))


def _conditions(side: _Side, filters: Filters) -> list[ColumnElement[bool]]:
    """Return what the filters ask of one kind of chains; only those it is found by choose the index."""
    given = [(name, filters[name]) for name in _EQUAL if filters.get(name)]  # type: ignore[literal-required]
    found = [
        _C[name] == value if name in side.by else beside(_C[name]) == literal(value)
        for name, value in given
        if not (side.ended and name == "state")  # all of these have ended: the row need not be looked at
    ]
    since = filters.get("since")
    if since is not None:
        found.append(_C.started >= since)
    return found


def few(connection: Connection, query: Select[Any]) -> list[str] | None:
    """Return the chains that a query gives, by its own index; None where there are more than FEW."""
    found = connection.execute(query.limit(FEW + 1)).scalars().all()
    return sorted(set(found)) if len(found) <= FEW else None


def late_ones(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """Return the condition of a listed chain being overdue."""
    return is_overdue(_C.chain, few_overdue(connection, now), now)


def few_overdue(connection: Connection, now: datetime) -> list[str] | None:
    """Return the overdue chains, looked up by their instant; None where there are more than FEW."""
    return few(connection, overdue(now).order_by(_SLAS.deadline))


def is_overdue(chain: ColumnElement[str], named: list[str] | None, now: datetime) -> ColumnElement[bool]:
    """Return the condition of being overdue: few are named, of many one is soon met in whatever order."""
    return overdue(now).where(_SLAS.chain == chain).exists() if named is None else among(chain, literal(named, Names))


def overdue(now: datetime) -> Select[Any]:
    """Return the open chains with a promised time behind them. A finished one is late, never overdue."""
    return select(_SLAS.chain).where(_SLAS.ended.is_(None), _SLAS.state == "running", _SLAS.deadline <= now)


def _lateness(connection: Connection, named: list[str]) -> dict[str, float]:
    query = select(_SLAS.chain, _SLAS.late).where(_SLAS.chain.in_(named), _SLAS.on_what == "chain")
    return {row.chain: row.late for row in connection.execute(query)}
