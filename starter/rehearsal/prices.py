"""A contract costs what its price clause says: only once that was asked for, and by a day since then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from ltc.definition.calendars import window
from ltc.definition.plan import CallNode, Plan
from ltc.definition.tables import decide
from ltc.definition.worktime import local_day
from starter.books import Books, Effect
from starter.checks import Check

Found = Iterator[tuple[str, str]]
REPRICES, ASKS = "erp.reprice_contract", "crm.change"
MARGIN = timedelta(days=2)  # around the days looked at, for the calendar's zone


def prices_follow_the_clause(plans: Mapping[str, Plan]) -> Check:
    """Return the check of contracts that a process reprices by a decision table of days (process → plan)."""

    def contract_prices_follow_their_clause(books: Books) -> Found:
        """A process changes a contract's prices only when asked to, and to what its table says of a day since."""
        asked: dict[str, list[datetime]] = {}
        for effect in books.effects:
            if effect.operation == ASKS:
                asked.setdefault(effect.document_id, []).append(_at(effect))
        for effect in books.effects:
            process, _, number = effect.chain.partition(":")
            plan = plans.get(process)
            if effect.operation == REPRICES and plan is not None and (clause := _clause(plan)):
                since = [at for at in asked.get(number, []) if at <= _at(effect)]
                yield from _fits(effect, plan, clause, since)

    return contract_prices_follow_their_clause


def _at(effect: Effect) -> datetime:
    return datetime.fromisoformat(effect.at_virtual)


def _clause(plan: Plan) -> tuple[str, str] | None:
    """Return the table and the output that a plan's price changes are taken from; nothing where they are not."""
    for node in plan.nodes.values():
        if isinstance(node, CallNode) and node.call.op == REPRICES:
            table, _, output = node.call.args["percent"].partition(".")
            if table in plan.tables and [one.type for one in plan.tables[table].inputs.values()] == ["date"]:
                return table, output
    return None


def _fits(effect: Effect, plan: Plan, clause: tuple[str, str], since: list[datetime]) -> Found:
    if not since:
        yield effect.document_id, f"costs {effect.quantity} % from {effect.at_virtual[:10]} on, and nobody asked for it"
        return
    said = {_percent(plan, *clause, day) for day in _days(plan, min(since), _at(effect))}
    if effect.quantity not in said:
        agreed = ", ".join(str(one) for one in sorted(said))
        yield effect.document_id, f"costs {effect.quantity} % from {effect.at_virtual[:10]} on, agreed was {agreed} %"


def _days(plan: Plan, first: datetime, last: datetime) -> list[date]:
    """Return the calendar days from one instant to another, as the plan's calendar has them."""
    frame = window(plan.calendar, (first - MARGIN).date(), (last + MARGIN).date())
    begin, end = local_day(first, frame), local_day(last, frame)
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]


def _percent(plan: Plan, table: str, output: str, day: date) -> int:
    (column,) = plan.tables[table].inputs
    return int(decide(table, plan.tables[table], {column: day.isoformat()}, plan.currency).outputs[output])
