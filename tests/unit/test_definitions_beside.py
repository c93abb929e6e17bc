"""A definition is compiled anew when a table or a fragment beside it changes."""

from ltc.client.definitions import Definitions
from ltc.ports.operations import Registry
from tests.support.chains import ROOT

TABLE = "tables:\n  terms: {inputs: {owner: {is: opportunity.owner, type: text}}, outputs: {days: whole}, file: terms.csv}\n"


def test_a_changed_table_is_read_again(tmp_path):
    text = (ROOT / "tests/unit/definition/base.yaml").read_text(encoding="utf-8")
    text = text.replace("legs:\n", f"{TABLE}legs:\n", 1).replace(
        "base(order.net)", "terms.days > 5 && base(order.net)", 1
    )
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    rows = tmp_path / "terms.csv"
    rows.write_text("owner,days\nann,5\n,6\n", encoding="utf-8")
    known = Definitions(tmp_path, Registry(), None, {})
    before = known.get("small").plan
    assert known.get("small").plan is before
    rows.write_text("owner,days\nann,5\n,60\n", encoding="utf-8")
    assert known.get("small").plan.tables["terms"].rows[1].then == {"days": 60}
