"""Mapping files: every complaint with its place, hostile YAML bounded, documents made and fields written."""

import re
from pathlib import Path

import pytest

from ltc.mapping import BadMapping, MappingError, load_mapping, parse_mapping
from ltc.mapping.codes import CODES
from ltc.mapping.compiled import Entity
from ltc.mapping.entities import models
from ltc.mapping.pairs import needs
from ltc.mapping.paths import ABSENT
from ltc.mapping.paths import Path as Where
from ltc.mapping.reference import BEGIN, renewed
from ltc.ports.errors import ContractBroken, Misconfigured

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mapping.md"
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
NOTE = "mapping: 1\nsystem: acme\nentities:\n  note:\n    by_code: [id, opportunity]\n    read:\n      - {0}\n"
TEXT = "{target: text, source: t, transform: text}"
RECORD = {
    "id": 5, "number": "", "name": "S-5", "partner": [3, "Alfreds"], "owner": False, "currency.": {"code": "USD"},
    "amount_net": 20.0, "amount_tax": "0", "amount_total": 20, "stage": "CLOSED_WON",
    "lines": [{"id": 1, "product": {"code": "P1"}, "qty": 2, "uom": "DZ", "price": 1, "discount": 10,
               "net": 20, "tax": 0, "gross": 20}],
}  # fmt: skip


def complaints(text, file="acme.yaml", system=""):
    with pytest.raises(BadMapping) as caught:
        parse_mapping(text, file, system)
    assert isinstance(caught.value, Misconfigured)
    return [f"{p.code} {p.line}:{p.column}" for p in caught.value.problems]


def test_the_example_of_the_page_does_what_it_says():
    acme = parse_mapping(EXAMPLE, "acme.yaml", "acme")
    won = acme.document("opportunity", RECORD, version=2)
    assert (won.id, won.number, won.customer.name, won.owner, won.stage) == ("5", "S-5", "Alfreds", "nobody", "won")
    assert (won.lines[0].quantity, str(won.lines[0].net), str(won.lines[0].discount)) == (24, "20.00 USD", "0.1")
    said = acme.fields("create_order", {"customer": "7", "lines": won.lines})
    assert said == {"partner_id": 7, "order_line": [{"product": "P1", "qty": 24, "price": "1.00"}]}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", ["LTC-M015 1:1"]),
        ("- a", ["LTC-M015 1:1"]),
        ("mapping: 2", ["LTC-M030 1:10"]),
        ("mapping: 1", ["LTC-M022 1:1", "LTC-M022 1:1"]),
        ("mapping: 1\nsystem: x\nentities: {}", ["LTC-M023 3:11"]),
        ("mapping: 1\nsystem: x\nentitys: {}\nentities: {note: {}}", ["LTC-M020 3:1", "LTC-M057 4:12"]),
        ("mapping: 1\nsystem: x\nentities: {oder: {read: []}}", ["LTC-M040 3:12"]),
        ("mapping: 1\nsystem: x\nzone: Mars\nentities: {note: {write: [{target: a, source: text, transform: text}]}}",
         ["LTC-M047 3:7"]),
        ("mapping: 1\nsystem: x\ntables: {t: {a: b}}\nentities: {note: {write: [{target: a, source: text, transform: text}]}}",
         ["LTC-M055 3:10"]),
        ("mapping: 1\nsystem: x\ntables: {t: [a]}\nentities: {note: {write: [{target: a, source: text, transform: enum, "
         "table: t}]}}", ["LTC-M047 3:13"]),  # the field that names the broken table is not to blame
        ("mapping: 1\nsystem: x\ntables: {t: {a: b}}\nentities: {note: {write: [{target: a, source: text, transform: enun, "
         "table: t}]}}", ["LTC-M043 4:64"]),  # and the table that a broken field names is not unused
        (NOTE.replace("{0}", "{target: id, source: t, transform: text}").replace("id, opp", "opp"), ["LTC-M050 4:3"]),
        (NOTE.replace("{0}", "{target: txt, source: t, transform: text}"), ["LTC-M041 7:18"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: txt}"), ["LTC-M043 7:46"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: integer}"), ["LTC-M042 7:46"]),
        (NOTE.replace("{0}", "{target: text, source: 'a..b', transform: text}"), ["LTC-M047 7:32"]),
        (NOTE.replace("{0}", "{target: 'text[0]', source: a, transform: text}"), ["LTC-M054 7:19"]),
        (NOTE.replace("{0}", "{target: text, source: 'a[*]', transform: text}"), ["LTC-M053 7:33"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: text, colour: 1}"), ["LTC-M044 7:52"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: text, max: big}"), ["LTC-M047 7:57"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: enum}"), ["LTC-M045 7:46"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: enum, table: no}"),
         ["LTC-M048 7:59"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: text, required: true, default: x}"),
         ["LTC-M049 7:77"]),
        (NOTE.replace("{0}", "{target: text, source: t, transform: text, unusable: ignore}"), ["LTC-M024 7:62"]),
        (NOTE.replace("{0}", TEXT + "\n      - " + TEXT), ["LTC-M051 8:9"]),
        (NOTE.replace("[id,", "[id, text,").replace("{0}", TEXT), ["LTC-M052 7:9"]),
        (NOTE.replace("[id,", "[id, txt,").replace("{0}", TEXT), ["LTC-M041 5:19"]),
        ("mapping: 1\nsystem: x\nentities: {note: {by_code: [id], write: [{target: a, source: text, transform: text}]}}",
         ["LTC-M046 3:19"]),
        ("mapping: 1\nsystem: x\nentities: {order: {write: [{target: a, source: net, transform: money, currency_is: USD, "
         "currency: net.curency}]}}", ["LTC-M041 3:99", "LTC-M045 3:64"]),
    ],
)  # fmt: skip
def test_complaints(text, where):
    assert sorted(complaints(text)) == sorted(where)


def test_a_file_about_another_system_is_refused():
    assert complaints(NOTE.replace("{0}", TEXT), system="odoo") == ["LTC-M056 2:9"]


@pytest.mark.parametrize(
    "hostile",
    ["a: &x 1", "a: *x", "a: !!python/object x", "<<: {a: 1}", "a: 1\n---\nb: 2", "a:\n\tb: 1", "a: " + "[" * 5000,
     "a: [" + "1," * 6000 + "1]", "#" * 70_000, b"\xff\xfe", "a: \u202e"],
)  # fmt: skip
def test_hostile_files_are_bounded(hostile):
    (found,) = complaints(hostile)
    assert found.split()[0] in CODES


def test_every_code_says_what_to_do():
    assert all(code.sentence and code.remedy for code in CODES.values())


def test_all_documents_have_kinds():
    assert {"order", "create_lead", "customer_card", "register_payment"} <= set(models())


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1), ("l[1].c", 2), ("l[9].c", ABSENT), ("no.where", ABSENT), ("'d.e'", 3), ("l[*].c", [ABSENT, 2]),
        ("empty.x", ABSENT), ("a.'b'", 1),
    ],
)  # fmt: skip
def test_paths(path, found):
    record = {"a": {"b": 1}, "l": [{}, {"c": 2}], "d.e": 3, "empty": None}
    assert Where.parse(path).find(record) == found


@pytest.mark.parametrize("bad", ["", ".", "a.", "a..b", "[x]", "a b", "a[", "/", "a]b", "a." * 20 + "a", "x" * 90])
def test_what_is_no_path(bad):
    with pytest.raises(ValueError, match="is no path"):
        Where.parse(bad)


def acme(change=lambda text: text):
    return parse_mapping(change(EXAMPLE), "acme.yaml", "acme")


def test_errors_name_the_field_the_source_and_the_value():
    wrong = {**RECORD, "lines": [RECORD["lines"][0], {**RECORD["lines"][0], "qty": "many"}]}
    with pytest.raises(MappingError) as caught:
        acme().read("opportunity", wrong)
    assert str(caught.value) == "opportunity: 'lines[1].quantity' from 'lines[1].qty': it is no number (found 'many')"
    with pytest.raises(ContractBroken, match=r"acme: opportunity: 'lines\[1\]") as broken:
        acme().document("opportunity", wrong, version=1)
    assert "partner" in broken.value.evidence


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": None}, "'id' from 'id': it is required and missing"),
        ({"currency.": {"code": "QQQ"}}, "is no currency"),
        ({"currency.": "USD"}, "should be a record with 'code'"),
        ({"lines": {"1": {}}}, "should be a list"),
        ({"lines": ["<html>"]}, "should be a record"),
        ({"stage": "LIMBO"}, "it has CLOSED_WON, CLOSED_LOST, PROPOSAL"),
    ],
)
def test_nonsense_from_a_system_is_held_with_the_evidence(change, why):
    with pytest.raises(ContractBroken, match=re.escape(why)):
        acme().document("opportunity", {**RECORD, **change}, version=1)


@pytest.mark.parametrize("nonsense", [None, [], "<html>", 5])
def test_no_record_at_all(nonsense):
    with pytest.raises(MappingError, match="no record"):
        acme().read("opportunity", nonsense)


def test_what_the_model_refuses_is_broken_too():
    with pytest.raises(ContractBroken, match="version"):
        acme().document("opportunity", RECORD, version="new")


def test_an_evidence_is_short():
    with pytest.raises(MappingError) as caught:
        acme().read("opportunity", {**RECORD, "stage": "x" * 5000})
    assert len(str(caught.value)) < 400


def test_writing_refuses_another_currency():
    lines = acme().document("opportunity", RECORD, version=1).model_dump(mode="json")["lines"]
    lines.append({**lines[0], "unit_price": {"minor": 1, "currency": "EUR"}})
    with pytest.raises(Misconfigured, match="in EUR, not in USD"):
        acme().fields("create_order", {"customer": "7", "lines": lines})


def test_a_value_that_cannot_be_used_may_be_left_out_where_the_file_says_so():
    loose = acme(
        lambda text: text.replace(
            "transform: enum, table: stages", "transform: enum, table: stages, unusable: leave_out"
        )
    )
    assert "stage" not in loose.read("opportunity", {**RECORD, "stage": "LIMBO"})


def test_an_entity_that_is_not_there_is_named():
    with pytest.raises(Misconfigured, match="did you mean 'opportunity'"):
        acme().read("oportunity", {})
    with pytest.raises(Misconfigured, match="does not write 'opportunity'"):
        acme().write("opportunity", {})


def test_templates_and_constants():
    text = (
        "mapping: 1\nsystem: acme\nentities:\n  log_progress:\n    write:\n"
        "      - {target: body.title, transform: template, template: '{leg}: {outcome}'}\n"
        "      - {target: body.doc, transform: template, template: 'no. {document}'}\n"
        "      - {target: body.kind, transform: constant, value: 7}\n"
    )
    made = parse_mapping(text, "a.yaml").write("log_progress", {"leg": "order", "outcome": "done", "document": ""})
    assert made == {"body": {"title": "order: done", "kind": 7}}
    assert complaints(text.replace("{leg}", "{legg}")) == ["LTC-M041 6:62"]


def test_an_override_replaces_the_file_or_extends_it(tmp_path):
    shipped = load_mapping("odoo")
    target = shipped.entities["opportunity"].read[0].target.text
    (tmp_path / "odoo.yaml").write_text(
        "mapping: 1\nsystem: odoo\nextends: shipped\nentities:\n  opportunity:\n    read:\n"
        f"      - {{target: {target}, source: x_studio_number, transform: text, required: true}}\n",
        encoding="utf-8",
    )
    own = load_mapping("odoo", tmp_path)
    assert own.entities.keys() == shipped.entities.keys()
    assert [one.source for one in own.entities["opportunity"].read if one.target.text == target] == ["x_studio_number"]
    assert len(own.entities["opportunity"].read) == len(shipped.entities["opportunity"].read)
    assert own.absent == shipped.absent
    assert load_mapping("odoo", tmp_path / "elsewhere").entities.keys() == shipped.entities.keys()


def test_an_adapter_without_a_mapping():
    with pytest.raises(BadMapping, match="LTC-M016"):
        load_mapping("sandbox")
    with pytest.raises(BadMapping, match="LTC-M016"):
        load_mapping("../../etc/passwd")


def test_what_one_system_needs_and_another_gives():
    source = acme()
    target = parse_mapping(
        "mapping: 1\nsystem: erp\nentities:\n  create_order:\n    write:\n"
        "      - {target: party, source: customer, transform: text, required: true}\n"
        "      - target: lines\n        source: 'lines[*]'\n        required: true\n        fields:\n"
        "          - {target: product, source: product, transform: text, required: true}\n"
        "          - {target: net, source: net.minor, transform: integer, required: true}\n"
        "          - {target: price, source: unit_price, transform: money, currency_is: USD}\n"
        "  ensure_customer:\n    write:\n"
        "      - {target: name, source: customer.name, transform: text, required: true}\n"
        "      - {target: vat, source: customer.tax_id, transform: text, required: true}\n",
        "erp.yaml",
    )
    found = {need.field: need for need in needs(source, target)}
    assert found["line.product"].given_by == "acme opportunity: lines[*].product.code"
    assert found["line.product"].sure
    assert not found["line.net"].sure  # read, but not required there
    assert found["line.net"].given_by
    assert found["customer_ref.name"].given_by == "acme opportunity: partner[1]"
    assert found["create_order.customer"].by_process
    assert not found["customer_card.tax_id"].given_by
    assert "line.unit_price" not in found  # not required


def test_the_reference_of_the_page_is_fresh():
    text = PAGE.read_text(encoding="utf-8")
    assert BEGIN in text
    assert renewed(text) == text


def test_entities_are_frozen():
    with pytest.raises(AttributeError):
        Entity("a", models()["note"], None).name = "b"
