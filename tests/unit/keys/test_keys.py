"""Every key counts: with a key ignored, a named path, trail entry, command or lint code would be another."""

import copy

import pytest

from tests.support.keys import listed, schema
from tests.support.keys_case import Case
from tests.unit.keys import (
    cases_approve,
    cases_billing,
    cases_call,
    cases_delay,
    cases_dunning,
    cases_every,
    cases_handlers,
    cases_people,
    cases_places,
    cases_process,
    cases_reaction,
    cases_start,
    cases_tables,
    cases_task,
    cases_time,
    cases_undo,
    cases_wait,
)

ROOMS = (
    cases_billing,
    cases_process,
    cases_call,
    cases_wait,
    cases_delay,
    cases_approve,
    cases_reaction,
    cases_people,
    cases_places,
    cases_undo,
    cases_task,
    cases_time,
    cases_every,
    cases_dunning,
    cases_handlers,
    cases_start,
    cases_tables,
)
CASES: list[Case] = [case for room in ROOMS for case in room.CASES]


def test_every_item_of_the_schema_has_a_case():
    have = [case.item for case in CASES]
    assert [item for item in listed() if item not in have] == []


def test_every_case_is_of_an_item_of_the_schema():
    known = listed()
    assert [case.item for case in CASES if case.item not in known] == []


def test_what_is_new_in_the_schema_is_listed():
    grown = copy.deepcopy(schema())
    grown["properties"]["billing"]["properties"]["basis"]["enum"].append("hours")
    call = next(way for way in grown["$defs"]["step"]["anyOf"] if "call" in way["required"])
    call["properties"]["priority"] = {"type": "string", "pattern": "^(high|low)$"}
    new = [item for item in listed(grown) if item not in listed()]
    assert new == [
        "billing.basis=hours", "step.call.priority", "a pattern that FORMS does not know: ^(high|low)$",
    ]  # fmt: skip


def _ids() -> list[str]:
    """Name each case by its item; a second case of one item gets a number."""
    items = [case.item for case in CASES]
    return [item if items.index(item) == at else f"{item} ({at})" for at, item in enumerate(items)]


@pytest.mark.parametrize("case", CASES, ids=_ids())
def test_it_counts(case):
    assert case.observed() == case.sees
    codes, seen = case.mutant()
    assert codes == ([case.refused] if case.refused else [])
    assert seen != case.sees
