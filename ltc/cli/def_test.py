"""Runs the tests beside a definition: given a deal and what meets it, the path a chain takes in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ltc.cli.def_test_check import check_cases
from ltc.cli.def_test_lines import differing
from ltc.cli.def_test_shape import TESTS
from ltc.core import machine
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.stand_in_books import Books
from ltc.core.turn import Setting
from ltc.definition import calendars, expressions
from ltc.definition.build import World
from ltc.definition.compile import load_checked, read_source
from ltc.definition.errors import Problems
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.plan import Plan
from ltc.definition.schema_check import check_shape
from ltc.definition.table_trial import attempt, written
from ltc.definition.tables import TableError
from ltc.definition.timespans import parse_span
from ltc.model.money import Money

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)  # nine in the morning in Shanghai
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Result:
    """How a case went: ``differences`` is what was expected and did not happen, ``notes`` what was given in vain."""

    process: str
    case: str
    ok: bool
    differences: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run_file(tests: Path, definition: Path, world: World) -> list[Result]:
    """Run every case of a test file against its definition.

    Raises:
        DefinitionError: the definition or the test file is wrong.
    """
    tree, file = read_source(tests)
    problems = Problems(file)
    check_shape(tree, TESTS, "the test file", problems)
    problems.stop()
    plan = load_checked(definition, world).plan
    check_cases(tree, plan, world.registry, problems)
    problems.stop()
    asked = [_asked(plan, one) for one in tree.listing("tables").mappings()]
    return [*asked, *(_run(plan, case) for case in tree.listing("cases").mappings())]


def _asked(plan: Plan, case: Mapping) -> Result:
    """Ask a decision table by itself."""
    name, given, expect = case.text("table"), case.mapping("given"), case.mapping("expect")
    inputs = {key: given.text(key) for key in given.values}
    title = f"table {name}: {', '.join(f'{key} {value}' for key, value in inputs.items())}"
    try:
        found = written(attempt(plan, name, inputs).outputs)
    except TableError as error:
        return Result(plan.process, title, ok=False, differences=[str(error)])
    differences = [
        f"{key}: expected {expect.text(key)!r}, found {found.get(key, 'no such output')!r}"
        for key in expect.values
        if expect.text(key) != found.get(key)
    ]
    return Result(plan.process, title, not differences, differences)


def begun(plan: Plan, given: Mapping) -> Simulation:
    """Return the chain that a case speaks of, in the world that is given, before anything has happened."""
    deal = _opportunity(given)
    names = [plan.calendar, *(sla.calendar for sla in plan.slas.values())]
    windows = {name: calendars.window(name, date(2026, 2, 1), date(2028, 1, 1)) for name in names}
    values = {name: _value(plan, source, deal) for name, source in plan.start.input.items()}
    requester = str(_value(plan, plan.start.requester, deal)) if plan.start.requester else ""
    setting = Setting(plan, windows)
    state = machine.begin(setting, chain=plan.process, installation="test", requester=requester, values=values)
    return Simulation(setting, state, StandIn(_script(given), deal), MONDAY)


def _run(plan: Plan, case: Mapping) -> Result:
    given, expect = case.mapping("given"), case.mapping("expect")
    simulation = _simulate(plan, given)
    path = simulation.path()
    differences = [*_ending(simulation, expect), *_lines(path, expect), *_effects(simulation, expect)]
    if differences:
        differences += [*_not_taken(simulation), "what happened:", *(f"  {line}" for line in path)]
    return Result(plan.process, case.text("name"), not differences, differences, path, _in_vain(simulation))


def _simulate(plan: Plan, given: Mapping) -> Simulation:
    simulation = begun(plan, given)
    simulation.run(MONDAY + (_span(given, "for") or timedelta(days=400)))
    return simulation


def _value(plan: Plan, source: str, deal: dict[str, Any]) -> Any:
    event = {"opportunity_id": deal["id"], "opportunity": deal, **_called_off(deal)}
    return expressions.evaluate(source, {"event": event}, currency=plan.currency, rates={})


def _called_off(deal: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a call-off of the whole deal: what the process of a single call-off starts with."""
    pieces = sum(line["quantity"] for line in deal["lines"])
    call_off = {
        "id": "CO-1", "version": 1, "contract": "CT-1", "number": "1", "lines": deal["lines"], "quantity": pieces,
        "requested_at": MONDAY.isoformat(),
    }  # fmt: skip
    return {"contract": "CT-1", "number": deal["number"], "customer": "E-VINET", "call_off": call_off}


def _opportunity(given: Mapping) -> dict[str, Any]:
    """Return a won deal of one line with twelve pieces."""
    amount = Money.parse(given.text("net", "2500.00 USD"))
    money, nil = amount.model_dump(), {"minor": 0, "currency": amount.currency}
    piece = {"minor": amount.minor // 12, "currency": amount.currency}
    line = {
        "id": "1", "product": "11", "quantity": 12, "unit_price": piece, "discount": given.text("discount", "0"),
        "net": money, "tax": nil, "gross": money,
    }  # fmt: skip
    plain = {
        "id": "OP-1", "version": 1, "number": "10248", "customer": {"id": "VINET", "name": "Vins et alcools"},
        "owner": "nancy", "currency": amount.currency, "lines": [line], "net": money, "tax": nil, "gross": money,
        "stage": "won", "lost": False, "loss_reason": "", "required_on": None,
    }  # fmt: skip
    return {**plain, **_plain(given.mapping("opportunity"))}


def _script(given: Mapping) -> Script:
    script = Script(
        refuse={key: _texts(value) for key, value in given.mapping("refuse").values.items()},
        fail={key: _texts(value) for key, value in given.mapping("fail").values.items()},
        lost={key: given.mapping("lost").flag(key) for key in given.mapping("lost").values},
        decisions=[(key, one.text(key)) for one in given.listing("decisions").mappings() for key in one.values],
        answers=[(one.text("task"), _answered(one)) for one in given.listing("answers").mappings()],
        people={key: _texts(value) for key, value in given.mapping("people").values.items()},
        cancel_after=given.text("cancel_after"),
        events=[_event(one) for one in given.listing("events").mappings()],
        tier=given.text("tier", "standard"),
        elsewhere=given.whole("elsewhere", 0),
        lacks=given.whole("lacks", 100),
    )
    script.children = _texts(given.values["children"]) if "children" in given.values else []
    for key in ("parts", "pays", "calls"):
        if key in given.values:
            setattr(script, key, [int(text) for text in _texts(given.values[key])])
    for key in ("ship_after", "pay_after", "fee_after", "back_after", "child_after", "call_every"):
        if span := _span(given, key):
            setattr(script, key, span)
    return script


def _answered(given: Mapping) -> str | dict[str, str]:
    fields = given.mapping("fields")
    return given.text("says") or {key: fields.text(key) for key in fields.values}


def _event(one: Mapping) -> dict[str, Any]:
    """Return an event of the script; its fields are worked out when it comes."""
    lasting = _span(one, "in")
    found = {"event": one.text("event"), "after": one.text("after"), "twice": one.flag("twice")}
    return {**found, "fields": _fields(one), **({"later": lasting} if lasting else {})}


def _fields(one: Mapping) -> Callable[[Books], dict[str, Any]]:
    given = one.mapping("with")

    def fields(books: Books) -> dict[str, Any]:
        newest = list(books.invoices.values())[-1:] or [{}]
        names = {"opportunity": books.opportunity, "order": books.order, "invoice": newest[0]}
        currency = books.opportunity["currency"]
        found = {key: expressions.evaluate(given.text(key), names, currency=currency, rates={}) for key in given.values}
        if "quantity" in one.values:
            found["lines"] = _resized(books.opportunity["lines"], one.whole("quantity", 1))
        return found

    return fields


def _resized(lines: list[dict[str, Any]], quantity: int) -> list[dict[str, Any]]:
    """Return lines with another quantity in the first, at its price."""
    first, *rest = lines
    sums = {
        name: {**first[name], "minor": first[name]["minor"] * quantity // first["quantity"]}
        for name in ("net", "tax", "gross")
    }
    return [{**first, "quantity": quantity, **sums}, *rest]


def _span(given: Mapping, key: str) -> timedelta | None:
    if key not in given.values:
        return None
    span = parse_span(given.text(key))
    return timedelta(seconds=span.amount * _SECONDS[span.unit])


def _texts(source: Source) -> list[str]:
    return [item.text for item in source.items if isinstance(item, Scalar)] if isinstance(source, Listing) else []


def _plain(keys: Mapping) -> dict[str, Any]:
    return {
        key: value.value if key == "lost" else value.text
        for key, value in keys.values.items()
        if isinstance(value, Scalar)
    }


def _ending(simulation: Simulation, expect: Mapping) -> list[str]:
    """Compare how the chain ended; a chain that rests is ``held: REASON`` or ``waiting``."""
    found = [
        ("outcome", simulation.finished.outcome if simulation.finished else _resting(simulation)),
        ("reason", simulation.finished.reason if simulation.finished else ""),
    ]
    return [
        f"{key}: expected {expect.text(key)!r}, found {value!r}"
        for key, value in found
        if key in expect.values and expect.text(key) != value
    ]


def _resting(simulation: Simulation) -> str:
    reasons = list(dict.fromkeys(hold.reason for hold in simulation.state.holds))
    return f"held: {', '.join(reasons)}" if reasons else "waiting"


def _lines(path: list[str], expect: Mapping) -> list[str]:
    """The lines of ``path`` must all come, in this order, others between them; those of ``never`` must not come."""
    wanted, unwanted = (_texts(expect.values.get(key, Listing(expect.mark))) for key in ("path", "never"))
    return differing(path, wanted, unwanted)


def _not_taken(simulation: Simulation) -> list[str]:
    """What people said in vain: the trail does not tell of it, the author of the case must know."""
    if not isinstance(simulation.world, StandIn):
        return []
    vain = [answer for answer in simulation.world.answers if answer.status != "accepted"]
    return [f"not taken: {answer.message or answer.status}" for answer in vain]


def _in_vain(simulation: Simulation) -> list[str]:
    """What was given and never came to its turn: the case does not show what it says."""
    if not isinstance(simulation.world, StandIn):
        return []
    script = simulation.world.script
    left = [f"decisions: {level}: {word}" for level, word in script.decisions]
    left += [f"decisions: {said}" for said in simulation.world.unsaid]
    left += [f"answers: {task}" for task, _ in script.answers]
    left += [f"events: {one['event']} after {one['after']}" for one in script.events]
    for key, some in (("refuse", script.refuse), ("fail", script.fail)):
        left += [f"{key}: {op}: {', '.join(words)}" for op, words in some.items() if any(words)]
    left += [f"lost: {op}" for op in script.lost]
    return [f"given in vain: {one}" for one in left]


def _effects(simulation: Simulation, expect: Mapping) -> list[str]:
    """What took effect must be exactly this, in this order."""
    if "effects" not in expect.values or not isinstance(simulation.world, StandIn):
        return []
    wanted, found = _texts(expect.values["effects"]), [op for op, _ in simulation.world.effects]
    if wanted == found:
        return []
    at = next((i for i, pair in enumerate(zip(wanted, found, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(wanted), len(found)) if at is None else at
    here = f"number {at + 1}: {(*wanted, 'nothing')[at:][0]} expected, {(*found, 'nothing')[at:][0]} found"
    return [f"effects: expected {', '.join(wanted)}; found {', '.join(found)}; they differ at {here}"]
