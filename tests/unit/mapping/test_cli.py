"""`ltc mapping`: what it prints, how it ends."""

import json
from functools import partial

import pytest

from tests.support import cli

GOOD = (
    "mapping: 1\nsystem: acme\nentities:\n  note:\n    by_code: [id]\n    read:\n"
    "      - {target: opportunity, source: deal, transform: text, required: true}\n"
    "      - {target: text, source: t, transform: text, required: true}\n"
    "  progress:\n    of: log_progress\n    write:\n"
    "      - {target: body, source: text, transform: text, required: true}\n"
)


ltc = partial(cli.ltc, "mapping")


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "acme.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_check_says_that_all_is_well(good):
    done = ltc("check", good)
    assert done.exit_code == 0
    assert "2 entities, nothing to complain about" in done.stdout
    assert json.loads(ltc("check", good, "-o", "json").stdout) == []


def test_check_lists_complaints(good):
    good.write_text(GOOD.replace("target: text", "target: txt"), encoding="utf-8")
    done = ltc("check", good)
    assert done.exit_code == 1
    assert f"{good}:8:18: LTC-M041 note has no field 'txt' (did you mean 'text'?)" in done.stdout
    (problem,) = json.loads(ltc("check", good, "-o", "json").stdout)
    assert (problem["code"], problem["line"]) == ("LTC-M041", 8)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check"], 2),
        (["check", "x.yaml", "--adapter", "odoo"], 2),
        (["check", "--from", "odoo"], 2),
        (["check", "nowhere.yaml"], 3),
        (["check", "--adapter", "nobody"], 3),
        (["show", "nobody"], 3),
    ],
)
def test_wrong_words(words, code):
    done = ltc(*words)
    assert done.exit_code == code
    assert done.stderr.startswith("error: ")


def test_show_lists_both_ways(good):
    found = json.loads(ltc("show", good, "-o", "json").stdout)
    assert [(row["entity"], row["way"], row["target"], row["source"]) for row in found] == [
        ("note", "read", "opportunity", "deal"),
        ("note", "read", "text", "t"),
        ("progress", "write", "body", "text"),
        ("note", "read", "id", "(the adapter's code)"),
    ]


def test_try_maps_a_record(good, tmp_path):
    done = ltc("try", good, "note", "-o", "json", give='{"deal": 7, "t": " shipped "}')
    assert json.loads(done.stdout) == {"opportunity": "7", "text": "shipped"}
    (tmp_path / "r.json").write_text('{"text": "x"}', encoding="utf-8")
    assert json.loads(ltc("try", good, "progress", tmp_path / "r.json", "--write", "-o", "json").stdout) == {
        "body": "x"
    }


@pytest.mark.parametrize(
    ("record", "code", "said"),
    [
        ("{}", 1, "'opportunity' from 'deal': it is required and missing"),
        ("<html>", 2, "not JSON"),
        ("[]", 1, "no record"),
        ('{"deal": {"a": 1}, "t": "x"}', 1, "it is no text"),
    ],
)
def test_try_says_why_not(good, record, code, said):
    done = ltc("try", good, "note", give=record)
    assert done.exit_code == code
    assert said in done.stderr


def test_a_pair(good, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(GOOD.replace("acme", "other").replace("source: text", "source: outcome"), encoding="utf-8")
    done = ltc("check", "--from", good, "--to", other, "-o", "json")
    assert done.exit_code == 0
    (need,) = json.loads(done.stdout)
    assert (need["field"], need["by_process"]) == ("log_progress.outcome", True)


def test_a_pair_with_something_missing(tmp_path, good):
    card = tmp_path / "card.yaml"
    card.write_text(
        "mapping: 1\nsystem: card\nentities:\n  customer_card:\n    write:\n"
        "      - {target: vat, source: tax_id, transform: text, required: true}\n",
        encoding="utf-8",
    )
    crm = tmp_path / "crm.yaml"
    crm.write_text(
        "mapping: 1\nsystem: crm\nentities:\n  customer_card:\n    read:\n"
        "      - {target: id, source: id, transform: text}\n      - {target: name, source: n, transform: text}\n",
        encoding="utf-8",
    )
    done = ltc("check", "--from", crm, "--to", card)
    assert done.exit_code == 1
    assert "MISSING" in done.stdout
    assert "1 required field of card that crm does not give" in done.stderr


def test_the_reference_is_printed():
    assert "## Transforms" in ltc("reference").stdout


def test_complaints_and_refused_values_are_said_in_chinese(good, tmp_path, monkeypatch):
    monkeypatch.setenv("LTC_LANG", "zh")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("mapping: 1\nsystem: x\nentities: {note: {write: [{target: a, source: txet, transform: text}]}}\n")
    assert (
        f"{wrong}:3:47: LTC-M041 note 没有字段 'txet'（您是否想写 'text'？）；它有：" in ltc("check", str(wrong)).stdout
    )
    record = tmp_path / "record.json"
    record.write_text('{"deal": "5", "t": [1]}')
    done = ltc("try", str(good), "note", str(record))
    assert "不是文本（实为 [1]）" in done.stderr, done.output
