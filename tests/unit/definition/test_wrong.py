"""Wrong definitions: each is refused with its code at its place, and its mended twin passes."""

from pathlib import Path

import pytest
import yaml

from ltc.definition.errors import DefinitionError

CASES = [
    pytest.param(row["code"], row["old"], row["wrong"], row["right"], id=f"{row['code']}-{name}-{number}")
    for name in ("text", "shape", "meaning", "ladders", "people", "tables", "billing", "author")
    for number, row in enumerate(yaml.safe_load((Path(__file__).parent / f"wrong_{name}.yaml").read_text("utf-8")))
]


@pytest.mark.parametrize(("code", "old", "wrong", "right"), CASES)
def test_wrong_definition(code, old, wrong, right, complain, base, load):
    found, place = complain(old, wrong)
    assert f"{code} {place}" in found
    assert {line.split()[0] for line in found} == {code}
    load(base.replace(old, right))


MISSING = [
    ("  key: event.opportunity.number\n", "6:3", "  key: event.opportunity_id\n"),
    ("currency: USD\n", "1:1", "currency: USD\ntitle: Small\n"),
    ("        match: event.order == order.id\n", "53:9", "        match: order.id == event.order\n"),
]


@pytest.mark.parametrize(("old", "place", "right"), MISSING)
def test_missing_key(old, place, right, base, load):
    with pytest.raises(DefinitionError) as caught:
        load(base.replace(old, ""))
    assert [f"{p.code} {p.line}:{p.column}" for p in caught.value.problems] == [f"LTC-D022 {place}"]
    load(base.replace(old, right))


def test_the_nearest_word_is_offered(base, load):
    with pytest.raises(DefinitionError, match=r"did you mean 'calendar'\?"):
        load(base.replace("calendar: cn", "calender: cn"))


def test_a_requester_must_be_said(base, load):
    said = "  requester: event.opportunity.owner\n"
    with pytest.raises(DefinitionError) as caught:
        load(base.replace(said, ""))
    assert [f"{p.code} {p.line}:{p.column}" for p in caught.value.problems] == ["LTC-D102 35:48"]
    load(base.replace(said, "  requester: event.opportunity.id\n"))


def test_a_name_of_the_same_meaning_may_be_said_twice(base, load):
    again = "      - call: erp.get_order\n        with: {order: order.id}\n        as: order\n"
    load(base.replace("      - call: erp.confirm_order\n", again + "      - call: erp.confirm_order\n"))


def test_the_order_of_legs_is_what_makes_a_name_known(base, load):
    text = base.replace("  order:\n    steps:", "  order:\n    when: opportunity.version > 1\n    steps:")
    with pytest.raises(DefinitionError) as caught:
        load(text)
    codes = {problem.code for problem in caught.value.problems}
    assert codes == {"LTC-D062", "LTC-D063", "LTC-D082"}


def test_a_handler_is_told_in_which_legs_it_may_read_a_name(base, load):
    steps = "then: {steps: [{call: erp.get_order, with: {order: order.id}}]}}"
    text = base.replace("then: {cancel: true}}", steps)
    with pytest.raises(
        DefinitionError, match=r"LTC-D063 .*while: \[approval, confirm, shipment, invoice, collection\]"
    ):
        load(text)
    load(text.replace(steps, f"while: [confirm, shipment], {steps}"))
