"""Wrong decision tables: each is refused with its code at its place, and its mended twin passes."""

import pytest

from ltc.definition.errors import DefinitionError
from ltc.definition.show import lines

INPUTS = "inputs: {owner: {is: opportunity.owner, type: text}, size: {is: opportunity.version, type: whole}}"
OUTPUTS = "outputs: {days: whole, answer: span}"
TABLE = (
    f"{{{INPUTS}, {OUTPUTS}, rows: [{{when: {{owner: ann, size: 1..3}}, then: {{days: 5, answer: 2bh}}}}, "
    "{when: {owner: '!= ann'}, then: {days: 6, answer: 3bh}}], otherwise: {days: 9, answer: 1bd}}"
)
READ = "terms.days > 5 && base(order.net)"
WRONG = [
    ("LTC-D131", "outputs: {days: whole", "outputs: {days: whole, §size: whole"),
    ("LTC-D132", "rows: [", "file: x.csv, rows: ["),
    ("LTC-D133", "owner: ann", "§ownr: ann"),
    ("LTC-D133", "{days: 5,", "{§day: 3, days: 5,"),
    ("LTC-D135", "size: 1..3", "size: §3..1"),
    ("LTC-D135", "size: 1..3", "size: §few"),
    ("LTC-D135", "size: 1..3", "size: '§!= 3'"),
    ("LTC-D135", "size: 1..3", "size: §1.5"),
    ("LTC-D135", "owner: ann", "owner: '§> ann'"),
    ("LTC-D135", "answer: 2bh", "answer: §2days"),
    ("LTC-D135", "days: 5", "days: §many"),
    ("LTC-D136", "then: {days: 5, answer: 2bh}", "then: {days: 5}"),
    ("LTC-D136", "otherwise: {days: 9, answer: 1bd}", "otherwise: §{answer: 1bd}"),
    ("LTC-D138", ", otherwise: {days: 9, answer: 1bd}", ""),
    ("LTC-D139", "{when: {owner: '!= ann'}", "§{when: {owner: ann, size: 2}, then: {days: 1, answer: 1h}}, {when: {}"),
    ("LTC-D140", "{when: {owner: '!= ann'}", "§{when: {size: 2}"),
    ("LTC-D061", "is: opportunity.owner", "is: §nobody.owner"),
    ("LTC-D060", "is: opportunity.owner", "is: opportunity§.ownr"),
    ("LTC-D066", "is: opportunity.owner", "is: §opportunity.version"),
    ("LTC-D061", "is: opportunity.owner", "is: §event.owner"),
    ("LTC-D142", "is: opportunity.owner", "is: §terms.owner"),
    ("LTC-D024", "type: text", "type: §txt"),
    ("LTC-D024", "answer: span", "answer: §spam"),
    ("LTC-D028", "rows: [", "rows: §[], x: ["),
    ("LTC-D020", "owner: {is:", "owner: {§as: x, is:"),
    ("LTC-D120", "READ", "base(order.net)"),
    ("LTC-D060", "READ", "terms§.dayz > 5 && base(order.net)"),
]


DATED = (
    "{inputs: {on: {is: \"'2026-05-01'\", type: date}}, outputs: {days: whole}, hit: unique, rows: ["
    "{when: {on: 2026-01-01..2026-03-31}, then: {days: 1}}, {when: {on: 2026-04-01..2026-12-31}, then: {days: 2}}, "
    "{when: {on: ['< 2026-01-01', '> 2026-12-31']}, then: {days: 3}}]}"
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", ""),
        ("2026-04-01..", "2026-04-02..", "LTC-D138 no row of 'terms' holds for: on 2026-04-01"),
        ("2026-04-01..", "2026-03-31..", "LTC-D140"),
        ("2026-01-01..", "2026-04-31..", "'2026-04-31' is not a date; write it as 2026-10-10"),
        ("2026-01-01..", "2026-1-1..", "is not a date"),
        ("2026-01-01..2026-03-31", "2026-04-30..2026-04-01", "holds nothing"),
        ("days: whole", "days: date", "LTC-D024"),
        ("\"'2026-05-01'\"", "opportunity.version", "LTC-D066"),
    ],
)
def test_rows_that_hold_for_a_time_leave_no_day_out_and_say_none_twice(base, load, old, new, said):
    table = DATED.replace(old, new) if old else DATED
    text = base.replace("base(order.net)", "terms.days > 5 && base(order.net)", 1)
    text = text.replace("legs:\n", f"tables:\n  terms: {table}\nlegs:\n", 1)
    if not said:
        shown = "\n".join(lines(load(text).plan))
        assert "on is from 2026-01-01 up to 2026-03-31 -> days 1" in shown
        assert "on is below 2026-01-01 or above 2026-12-31 -> days 3" in shown
        return
    with pytest.raises(DefinitionError) as caught:
        load(text)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value


def spoilt(base: str, old: str, new: str) -> str:
    """Put the table, with a passage spoilt, into the small definition."""
    table, read = TABLE, READ
    if old == "READ":
        read = new
    elif old:
        assert table.count(old) == 1
        table = table.replace(old, new)
    text = base.replace("base(order.net)", read, 1)
    return text.replace("legs:\n", f"tables:\n  terms: {table}\nlegs:\n", 1)


def place(text: str) -> str:
    at = text.find("§")
    return f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}" if at >= 0 else ""


@pytest.mark.parametrize(("code", "old", "new"), WRONG, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(WRONG)])
def test_a_wrong_table_is_refused_at_its_place(code, old, new, base, load):
    text = spoilt(base, old, new)
    if code == "LTC-D140":
        text = text.replace(OUTPUTS, f"hit: unique, {OUTPUTS}")
    if code == "LTC-D028":
        text = text.replace("x: [", "file: [")
    with pytest.raises(DefinitionError) as caught:
        load(text.replace("§", ""))
    found = [f"{problem.code} {problem.line}:{problem.column}" for problem in caught.value.problems]
    wanted = place(text)
    assert any(line.startswith(f"{code} {wanted}") for line in found), found


def test_the_right_table_passes(base, load):
    plan = load(spoilt(base, "", "")).plan
    assert [len(table.rows) for table in plan.tables.values()] == [2]


def test_a_name_that_is_not_set_yet_is_refused_where_the_table_is_read(base, load):
    text = spoilt(base, "is: opportunity.version", "is: order.version")
    load(text)
    early = text.replace("when: opportunity.lost", "when: terms.days > 5")
    with pytest.raises(DefinitionError) as caught:
        load(early)
    assert [problem.code for problem in caught.value.problems] == ["LTC-D141"]


def test_amounts_in_base_currency_compare_with_such_amounts(base, load):
    text = spoilt(base, "size: {is: opportunity.version, type: whole}", "size: {is: base(order.net), type: money}")
    load(text.replace("size: 1..3", "size: 1.00 USD..3.00 USD"))
    with pytest.raises(DefinitionError) as caught:
        load(text.replace("size: 1..3", "size: 1.00 EUR..3.00 EUR"))
    assert [problem.code for problem in caught.value.problems] == ["LTC-D144"]


def test_a_table_cannot_take_the_name_of_a_result(base, load):
    text = spoilt(base, "", "").replace("  terms: {", "  order: {").replace("terms.days", "order.days")
    with pytest.raises(DefinitionError) as caught:
        load(text)
    assert "LTC-D065" in {problem.code for problem in caught.value.problems}


def test_too_many_ways_to_overlap_are_said(base, load):
    """LTC-D137: sixteen independent conditions hold together in more ways than are looked at."""
    columns = [f"c{at}" for at in range(8)]
    inputs = ", ".join(f"{name}: {{is: opportunity.version, type: whole}}" for name in columns)
    rows = ", ".join(
        f"{{when: {{{name}: {at}..{at + 20}}}, then: {{days: {at}}}}}" for name in columns for at in range(0, 40, 2)
    )
    table = f"{{inputs: {{{inputs}}}, outputs: {{days: whole}}, rows: [{rows}], otherwise: {{days: 1}}}}"
    text = base.replace("base(order.net)", READ, 1).replace("legs:\n", f"tables:\n  terms: {table}\nlegs:\n", 1)
    with pytest.raises(DefinitionError) as caught:
        load(text)
    assert [problem.code for problem in caught.value.problems] == ["LTC-D137"]


def test_a_target_takes_an_output_that_is_a_span(base, load):
    text = spoilt(base, "", "")
    load(text.replace("sla: {target: 4bh,", "sla: {target: {table: terms.answer},"))
    with pytest.raises(DefinitionError) as caught:
        load(text.replace("sla: {target: 4bh,", "sla: {target: {table: terms.days},"))
    assert [problem.code for problem in caught.value.problems] == ["LTC-D143"]


def files(tmp_path, base, rows: str, name: str = "terms.csv"):
    text = spoilt(base, "", "")
    start = text.index("rows: [")
    text = text[:start] + f"file: {name}, " + text[text.index("otherwise: {days: 9") :]
    (tmp_path / "terms.csv").write_text(rows, encoding="utf-8")
    path = tmp_path / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_from_a_file_beside_the_definition(base, load, tmp_path):
    rows = "owner,size,days,answer\nann|bob,1..3,5,2bh\n!= ann,,6,3bh\n"
    (table,) = load(files(tmp_path, base, rows)).plan.tables.values()
    assert [(row.line, sorted(row.when), row.then) for row in table.rows] == [
        (2, ["owner", "size"], {"days": 5, "answer": "2bh"}),
        (3, ["owner"], {"days": 6, "answer": "3bh"}),
    ]


@pytest.mark.parametrize(
    ("code", "place", "rows"),
    [
        ("LTC-D134", "terms.csv:2:1", "owner,size,days,answer\nann,1,5\n"),
        ("LTC-D133", "terms.csv:1:5", "owner,size,days,answer,more\nann,1,5,2bh,x\n"),
        ("LTC-D022", "terms.csv:1:1", "owner,size,days\nann,1,5\n"),
        ("LTC-D135", "terms.csv:2:2", "owner,size,days,answer\nann,few,5,2bh\n"),
        ("LTC-D135", "terms.csv:3:4", "owner,size,days,answer\nann,1,5,2bh\nbob,1,5,\n"),
        ("LTC-D139", "terms.csv:3:1", "owner,size,days,answer\nann,,5,2bh\nann,1,5,3bh\n"),
        ("LTC-D016", "small.yaml:13:", "owner,size,days,answer\n"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(code, place, rows, base, load, tmp_path):
    with pytest.raises(DefinitionError) as caught:
        load(files(tmp_path, base, rows))
    found = [f"{problem.code} {problem.file}:{problem.line}:{problem.column}" for problem in caught.value.problems]
    assert any(line.startswith(f"{code} ") and place in line for line in found), found


@pytest.mark.parametrize("name", ["../terms.csv", "/etc/terms.csv", "sub/terms.csv", "none.csv"])
def test_a_file_cannot_be_taken_from_elsewhere(name, base, load, tmp_path):
    with pytest.raises(DefinitionError) as caught:
        load(files(tmp_path, base, "owner,size,days,answer\nann,1,5,2bh\n", name))
    assert {problem.code for problem in caught.value.problems} <= {"LTC-D016", "LTC-D023"}


def test_a_link_to_elsewhere_is_no_file_beside_the_definition(base, load, tmp_path):
    (tmp_path / "other").mkdir()
    real = tmp_path / "other" / "real.csv"
    real.write_text("owner,size,days,answer\nann,1,5,2bh\n", encoding="utf-8")
    path = files(tmp_path, base, "", "link.csv")
    (tmp_path / "link.csv").symlink_to(real)
    with pytest.raises(DefinitionError, match="it is a link"):
        load(path)
