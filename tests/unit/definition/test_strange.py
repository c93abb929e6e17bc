"""What a stranger writes on the first day: each slip is told once, with what it should look like."""

from pathlib import Path

import pytest

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.errors import DefinitionError

REPAIR = (Path(__file__).parents[3] / "examples" / "repair" / "repair.yaml").read_text("utf-8")
WORLD = World(
    roles={role: ["a", "b", "c"] for role in ("project", "logistics", "sales_manager")}, calendars={"cn": 450}
)
SHIPPED = "      - wait: erp.goods_shipped\n        match: event.order == order.id\n"
EITHER = "      - wait: [{event: erp.goods_shipped, match: event.order == order.id}, {event: erp.goods_shipped, match: event.order == order.id}]\n"
SLIPS = [
    ("terms.pays == 'before'", "terms.pays == 'befor'", ["LTC-D112 'befor' is nothing that 'terms.pays' ever gives"]),
    ("terms.pays != 'nothing'", 'terms.pays != "none"', ["LTC-D112 'none' is nothing that 'terms.pays' ever gives"]),
    ("from: {external: customer}", "from: {table: terms.pays}", ["LTC-D143 'terms.pays' gives no who"]),
    ("from: {external: customer}", "from: {owner_of: order.net}", ["LTC-D066 'owner_of' takes a document or an id"]),
    (SHIPPED, EITHER, ["LTC-D120 'erp.goods_shipped' would have no effect here: it is waited for already"]),
    (SHIPPED, "      - wait: [erp.goods_shipped]\n", ["LTC-D023 'wait' of a 'wait' step must be a mapping: {event: …, match: …}"]),
    ("dunning: bill", "dunning: bil", ["LTC-D061 'bil' is not a name here (did you mean 'bill'?)"]),
    ("while: [quote, agreement]", "while: quote", ["LTC-D023 'while' of 'change' in 'handlers' of the definition must be a list: […]"]),
    ("{basis: order}", "{basis: order, tolerance: 5%}", ["LTC-D023 'tolerance' of 'billing' of the definition must be a mapping: {over: …, under: …}"]),
    ("checklist: {sent: {en: It is on its way, zh: 已寄出}}", "checklist: [sent]", ["LTC-D023 'checklist' of a 'task' step must be a mapping: {NAME: …}"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), SLIPS)
def test_a_slip_is_told_once_with_what_it_should_look_like(old, new, told):
    assert old in REPAIR
    with pytest.raises(DefinitionError) as caught:
        load_checked(REPAIR.replace(old, new, 1), WORLD)
    found = [str(problem).split(" ", 1)[1] for problem in caught.value.problems]
    assert len(found) == len(told), found
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True)), found
