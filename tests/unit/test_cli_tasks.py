"""`ltc task …` against a chain that answers itself: what is refused is said, and changes nothing."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ltc.cli import session
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script
from ltc.definition.compile import load
from tests.support.chains import MONDAY, simulate
from tests.support.cli import ltc
from tests.support.core_desk import VISIT, CoreDesk, pdf

CHAIN = "visits:10248"
TASK, APPROVAL = f"{CHAIN}/survey.survey#1", f"{CHAIN}/approval.approve_opportunity#1"
GOOD = ["--set", "pieces=12", "--set", "done=yes", "--set", "cost=12.50 USD", "--tick", "cables"]


@pytest.fixture
def desk(monkeypatch, tmp_path: Path) -> CoreDesk:
    people = {"survey": ["ann", "bob"], "manager": ["mia"]}
    script = Script(answers=[("survey", "silent")] * 9, decisions=[("manager", "silent")] * 9, people=people)
    lived: Simulation = simulate(load(VISIT), script, run=False, roundtrip=True)
    lived.run(MONDAY + timedelta(minutes=10))
    made = CoreDesk(lived, tmp_path, {"ann": True, "mia": True, "wen": True, "old": False})
    monkeypatch.setattr(session, "open_desk", lambda: made)
    return made


def work(desk: CoreDesk):
    return desk.simulation.state.human_tasks["survey.survey#1"]


def survey(word: str, *more: str, actor: str = "ann"):
    return ltc("task", word, TASK, "--actor", actor, *more)


# What is done


def test_a_task_is_listed_claimed_saved_shown_and_completed(desk: CoreDesk, tmp_path: Path) -> None:
    listed = json.loads(ltc("task", "list", "--for", "ann", "-o", "json").stdout)
    assert [(row["ref"], row["state"]) for row in listed] == [(TASK, "open")]
    assert survey("claim").exit_code == 0
    assert survey("save", "--set", "pieces=12", "--file", f"papers={pdf(tmp_path, 'plan.pdf')}").exit_code == 0
    shown = ltc("task", "show", TASK).stdout
    assert "claimed by" in shown
    assert "plan.pdf" in shown
    dry = survey("complete", *GOOD, "--dry-run")
    assert (dry.exit_code, work(desk).status) == (0, "open")
    done = survey("complete", *GOOD, "--yes")
    assert done.exit_code == 0, done.stderr
    left = desk.simulation.state.results["survey"]
    assert (left["pieces"], left["cost"]["minor"], left["papers"][0]["name"]) == (12, 1250, "plan.pdf")
    assert ltc("task", "list", "--for", "ann").stdout == ""


def test_an_answer_may_be_json_and_an_answer_may_be_taken_out_again(desk: CoreDesk) -> None:
    survey("claim")
    assert survey("save", "--form", '{"pieces": 7, "note": "roof"}').exit_code == 0
    assert survey("save", "--set", "note=").exit_code == 0
    assert work(desk).saved == {"pieces": 7}


def test_a_claimed_task_is_given_back_by_another_with_a_reason_only(desk: CoreDesk, tongue: str) -> None:
    survey("claim")
    refused = survey("release", actor="bob")
    assert refused.exit_code == 4
    assert {"en": "say in a comment why", "zh": "说明"}[tongue] in refused.stderr
    assert work(desk).claimed_by == "ann"
    assert survey("release", "--comment", "ann is ill", actor="bob").exit_code == 0
    assert survey("release", actor="bob").exit_code == 4  # nobody has claimed it
    assert survey("claim", actor="bob").exit_code == 0


def test_a_task_speaks_the_readers_language(desk: CoreDesk, tongue: str) -> None:
    shown = ltc("task", "show", TASK).stdout
    assert {"en": "Survey the site", "zh": "现场勘察"}[tongue] in shown
    assert {"en": "Count the sockets.", "zh": "请清点插座。"}[tongue] in shown
    assert {"en": "[ ] Cables", "zh": "[ ] 电缆"}[tongue] in shown


# What is refused: nothing of it is kept


REFUSED = [
    (["--set", "pieces=many"], 2, "pieces", "pieces"),
    (["--set", "pieces=91"], 2, "pieces", "pieces"),
    (["--set", "pieces=1.5"], 2, "pieces", "pieces"),
    (["--set", "done=perhaps"], 2, "done", "done"),
    (["--set", "cost=12"], 2, "cost", "cost"),
    (["--set", "cost=12 EUR"], 2, "cost: must be in USD", "USD"),
    (["--set", "cost=100.01 USD"], 2, "cost: is more than", "cost"),
    (["--set", "on=31.12.2026"], 2, "must be a date", "on"),
    (["--set", "kind=cellar"], 2, "kind", "roof"),
    (["--set", f"note={'x' * 21}"], 2, "note: has 21 characters", "21"),
    (["--set", "nothing=1"], 2, "no field 'nothing'", "nothing"),
    (["--set", "pieces"], 2, "write FIELD=VALUE", "FIELD=VALUE"),
    (["--form", '{"pieces": "12"}'], 4, "pieces", "pieces"),
    (["--form", '{"done": "yes"}'], 4, "done: must be true or false", "done"),
    (["--form", '{"papers": "plan.pdf"}'], 4, "papers: must be stored files", "papers"),
    (["--form", "[1]"], 2, "--form", "--form"),
    (["--form", "{pieces: 1}"], 2, "--form", "--form"),
    (["--tick", "plugs"], 4, "plugs: is not on the checklist", "不在检查清单上"),
    (["--file", "note=a.pdf"], 2, "the field is text, no file", "note"),
    (["--file", "papers=nowhere.pdf"], 3, "there is no file nowhere.pdf", "nowhere.pdf"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "english", "chinese"), REFUSED, ids=[" ".join(row[0])[:40] for row in REFUSED]
)
def test_a_wrong_answer_is_refused_by_its_field(
    desk, tongue: str, words, code: int, english: str, chinese: str
) -> None:
    survey("claim")
    done = survey("save", "--set", "note=kept?", *words) if "note" not in words[1] else survey("save", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert (english if tongue == "en" else chinese) in done.stderr
    assert work(desk).saved == {}  # what was right about it is not kept either
    assert work(desk).ticks == {}


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [("large.pdf", 1500, "at most 1024"), ("huge.pdf", 3000, "more than"), ("notes.txt", 30, "notes.txt")],
)
def test_an_attachment_too_large_or_of_another_kind_is_refused(
    desk, tongue: str, tmp_path: Path, name: str, size: int, said: str
) -> None:
    survey("claim")
    done = survey("complete", *GOOD, "--file", f"papers={pdf(tmp_path, name, size)}", "--yes")
    assert done.exit_code == 4, done.stderr
    assert name in done.stderr
    assert tongue == "zh" or said in done.stderr
    assert (work(desk).status, work(desk).saved) == ("open", {})


def test_a_file_that_nobody_keeps_is_named(desk, tongue: str) -> None:
    survey("claim")
    lost = {"sha256": "ab" * 32, "name": "a.pdf", "size": 10, "kind": "pdf"}
    done = survey("save", "--form", json.dumps({"papers": [lost]}))
    assert done.exit_code == 2
    assert "abababababab" in done.stderr
    assert work(desk).saved == {}


def test_what_is_missing_is_told_all_at_once(desk, tongue: str) -> None:
    survey("claim")
    done = survey("complete", "--set", "pieces=3", "--yes")
    assert done.exit_code == 4
    assert all(name in done.stderr for name in ("done", "cost", "cables"))
    assert "pieces " not in done.stderr.replace("pieces=", "")
    assert work(desk).status == "open"


def test_who_was_not_asked_may_do_nothing(desk, tongue: str) -> None:
    for word, more in (("claim", []), ("save", ["--set", "pieces=3"]), ("complete", [*GOOD, "--yes"])):
        done = survey(word, *more, actor="eve")
        assert done.exit_code == 4
        assert "ann" in done.stderr
        assert "bob" in done.stderr
    assert (work(desk).claimed_by, work(desk).saved) == ("", {})


def test_a_task_is_done_once(desk, tongue: str) -> None:
    survey("claim")
    assert survey("complete", *GOOD, "--yes").exit_code == 0
    before = dict(desk.simulation.state.results["survey"])
    for word, more in (("complete", [*GOOD, "--yes"]), ("save", ["--set", "pieces=3"]), ("claim", []), ("release", [])):
        done = survey(word, *more)
        assert done.exit_code == 4, word
        assert {"en": "the task is completed", "zh": "任务"}[tongue] in done.stderr
    assert desk.simulation.state.results["survey"] == before


def test_a_task_of_a_chain_that_ended_is_closed(desk, tongue: str) -> None:
    survey("claim")
    assert survey("complete", *GOOD, "--yes").exit_code == 0
    desk.simulation.run(MONDAY + timedelta(hours=2))
    assert ltc("task", "reject", APPROVAL, "--actor", "mia", "--comment", "no", "--yes").exit_code == 0
    desk.simulation.run()
    assert desk.simulation.finished is not None
    for word, more in (("complete", [*GOOD, "--yes"]), ("claim", [])):
        done = survey(word, *more)
        assert done.exit_code == 4
        assert {"en": "has ended", "zh": "结束"}[tongue] in done.stderr


@pytest.mark.parametrize("word", ["show", "claim", "release", "save", "complete", "approve", "transfer"])
def test_an_unknown_task_is_not_found(desk, tongue: str, word: str) -> None:
    more = {"show": [], "transfer": ["--actor", "ann", "--to", "wen"], "approve": ["--actor", "ann", "--yes"]}
    done = ltc("task", word, f"{CHAIN}/nothing#1", *more.get(word, ["--actor", "ann"]))
    assert (done.exit_code, done.stdout) == (3, "")
    assert "nothing#1" in done.stderr
    assert "ltc task list" in done.stderr


def test_a_task_is_no_approval_and_an_approval_no_task(desk, tongue: str) -> None:
    for word in ("approve", "send-back"):
        done = ltc("task", word, TASK, "--actor", "ann", "--comment", "x", "--yes")
        assert done.exit_code == 4
        assert "ltc task complete" in done.stderr
    assert survey("transfer", "--to", "wen").exit_code == 4
    assert survey("reject", "--comment", "no", "--yes").exit_code == 4  # nobody says what would follow
    survey("claim")
    survey("complete", *GOOD, "--yes")
    desk.simulation.run(MONDAY + timedelta(hours=2))
    for word in ("claim", "complete"):
        done = ltc("task", word, APPROVAL, "--actor", "mia")
        assert done.exit_code == 4


# Handing on


def approval(desk: CoreDesk) -> CoreDesk:
    survey("claim")
    survey("complete", *GOOD, "--yes")
    desk.simulation.run(MONDAY + timedelta(hours=2))
    return desk


@pytest.mark.parametrize(
    ("word", "actor", "more", "code", "english"),
    [
        ("transfer", "eve", ["--to", "wen"], 4, "the approval is for mia"),
        ("transfer", "mia", ["--to", "nobody"], 3, "not in the people file"),
        ("delegate", "mia", ["--to", "old"], 3, "has left"),
        ("transfer", "mia", ["--to", "mia"], 4, "mia"),
        ("nudge", "mia", [], 4, "that is for who asked: nancy"),
        ("withdraw", "eve", [], 4, "that is for who asked: nancy"),
        ("take-back", "mia", [], 4, "only the last agreement"),
    ],
)
def test_what_cannot_be_handed_on_stays_where_it_is(
    desk, tongue: str, word: str, actor: str, more: list[str], code: int, english: str
) -> None:
    task = approval(desk).simulation.state.tasks["approval.approve_opportunity#1"]
    done = ltc("task", word, APPROVAL, "--actor", actor, *more)
    assert (done.exit_code, done.stdout) == (code, ""), done.stderr
    assert tongue == "zh" or english in done.stderr
    assert (task.candidates, task.status) == (["mia"], "open")


def test_an_approval_is_handed_on_and_decided_by_whom_it_was_handed_to(desk, tongue: str) -> None:
    approval(desk)
    done = ltc("task", "transfer", APPROVAL, "--actor", "mia", "--to", "wen")
    assert done.exit_code == 0
    assert "wen" in done.stdout
    assert ltc("task", "approve", APPROVAL, "--actor", "mia", "--yes").exit_code == 4
    assert ltc("task", "approve", APPROVAL, "--actor", "wen", "--yes").exit_code == 0
    assert ltc("task", "approve", APPROVAL, "--actor", "wen", "--yes").exit_code == 4
