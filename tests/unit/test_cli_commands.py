"""Commands at a desk of their own: what they ask, what they print, how they end."""

import json
from typing import Any

import pytest

from ltc.cli.exits import NotFoundError, RefusedError
from tests.support.cli import ltc
from tests.support.fake_desk import chain, task

BASE = ["--actor", "olga", "--reason", "the bank called"]


# Chains


def test_list_shows_chains_and_says_when_there_are_more(desk):
    made = desk(chains=[chain(chain=f"p:{number}") for number in range(3)])
    done = ltc("chain", "list", "--limit", "2", "--state", "held", "--since", "2026-03-02")
    assert done.exit_code == 0
    assert done.stdout.count("\n") == 3
    assert "1234.56 USD" in done.stdout
    assert "--after p:1" in done.stderr
    filters, limit, offset, after = made.told("chains")[0]
    assert (filters["state"], filters["since"].isoformat()) == ("held", "2026-03-02T00:00:00+00:00")
    assert (limit, offset, after) == (3, 0, "")
    assert made.asked[-1][0] == "close"


def test_list_as_json_lines_is_one_chain_a_line(desk):
    desk(chains=[chain(), chain(chain="p:2")])
    lines = ltc("chain", "list", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["chain"] for line in lines] == ["p:1", "p:2"]


def test_a_finished_chain_reads_finished_late_never_overdue(desk):
    desk(chains=[chain(state="ended", outcome="completed", late=3 * 86400, next_deadline=None)])
    said = ltc("chain", "list").stdout
    assert "finished 3 d late" in said
    assert "completed" in said
    assert "overdue" not in said


def test_show_tells_where_it_stands_and_why(desk):
    why = {"chain": "p:1", "reason": "held", "leg": "order", "item": "", "step": "create_order",
           "detail": "unavailable", "since": "2026-03-02T02:00:00+00:00", "since_working": 3600.0, "clock": "business", "owner": "role:operator",
           "next": "", "next_at": None, "allowed": ["retry", "skip"]}  # fmt: skip
    desk(chain=chain(stuck=[why]))
    said = ltc("chain", "show", "p:1").stdout
    for part in ("Stuck: held", "order.create_order", "role:operator", "1 h of working time", "retry, skip",
                 "Undo list", "L-1", "leg:order", "next by itself", "nothing"):  # fmt: skip
        assert part in said
    assert said.index("erp.create_order") < said.index("crm.qualify_lead")  # newest first
    assert json.loads(ltc("chain", "show", "p:1", "-o", "json").stdout)["stuck"][0]["reason"] == "held"


def test_show_of_a_chain_nobody_knows_exits_3(desk):
    desk(chain=NotFoundError("there is no chain p:9; see `ltc chain list`"))
    done = ltc("chain", "show", "p:9")
    assert (done.exit_code, done.stderr) == (3, "error: there is no chain p:9; see `ltc chain list`\n")


def entry(seq: int, kind: str, step: str = "create_order", **data: Any) -> dict[str, Any]:
    return {"seq": seq, "at": "2026-03-02T02:00:00+00:00", "wall": "2026-11-22T12:00:00+00:00", "kind": kind,
            "leg": "order", "item": "", "step": step, "visit": 1, "data": data}  # fmt: skip


TRAIL = [
    entry(0, "chain_started", "", process="p", number="1", net={"minor": 100, "currency": "USD"}),
    entry(1, "scheduled", op="erp.create_order", mode="do"),
    entry(2, "failed", op="erp.create_order", error="Unavailable"),
    entry(3, "scheduled", op="erp.create_order", mode="do"), entry(4, "done", op="erp.create_order", mode="do"),
    entry(5, "ended", "", outcome="completed"),
]  # fmt: skip


def test_timeline_tells_the_tries_of_a_step_as_one_line_with_both_times(desk):
    desk(timeline=TRAIL)
    lines = ltc("chain", "timeline", "p:1").stdout.splitlines()
    assert len(lines) == 4
    assert "(2 tries)" in lines[2]
    assert "2026-03-02 02:00Z" in lines[2]
    assert "2026-11-22 12:00:00Z" in lines[2]
    assert len(ltc("chain", "timeline", "p:1", "--full").stdout.splitlines()) == 7


def test_timeline_pages_from_either_end(desk):
    desk(timeline=TRAIL)
    oldest = ltc("chain", "timeline", "p:1", "--limit", "1")
    assert "p started" in oldest.stdout
    assert "--after 0" in oldest.stderr
    newest = ltc("chain", "timeline", "p:1", "--limit", "2", "--newest", "-o", "json")
    assert [row["seq"] for row in json.loads(newest.stdout)] == [5, 4]
    assert "--before 1 --newest" in newest.stderr


# Interventions


def test_an_intervention_says_its_consequence_acts_and_reports(desk):
    made = desk()
    done = ltc("chain", "retry", "p:1", *BASE, "--yes")
    assert done.exit_code == 0
    assert "probed first" in done.stderr
    assert "the bank called" in done.stderr
    assert done.stdout == "done: retry p:1\n"
    wish = {"action": "retry", "reason": "the bank called", "leg": "", "item": "", "step": ""}
    assert made.told("intervene") == [("p:1", "olga", wish)]


def test_a_dry_run_says_the_consequence_and_changes_nothing(desk):
    made = desk()
    done = ltc("chain", "cancel", "p:1", *BASE, "--dry-run")
    assert done.exit_code == 0
    assert "2 effects to undo" in done.stdout
    assert done.stdout.index("erp.create_order") < done.stdout.index("crm.qualify_lead")
    assert "outcome unknown" in done.stdout
    assert made.told("intervene") == []
    shape = json.loads(ltc("chain", "cancel", "p:1", *BASE, "--dry-run", "-o", "json").stdout)
    assert shape["dry_run"] is True
    assert shape["consequence"]


def test_without_yes_and_nobody_to_ask_nothing_happens(desk):
    made = desk()
    done = ltc("chain", "release", "p:1", *BASE)
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert made.told("intervene") == []


def test_whoever_may_not_intervene_is_refused_before_anything_is_read(desk):
    made = desk(may_intervene=RefusedError("'eve' is not in the people file"))
    done = ltc("chain", "cancel", "p:1", "--actor", "eve", "--reason", "x", "--yes")
    assert done.exit_code == 4
    assert "eve" in done.stderr
    assert [name for name, _ in made.asked] == ["may_intervene", "close"]


@pytest.mark.parametrize(
    ("status", "code"),
    [("accepted", 0), ("refused", 4), ("in_flight", 4), ("closed", 4), ("not_found", 3), ("not_your_turn", 4)],
)
def test_the_chains_answer_decides_the_exit_code(desk, status, code):
    desk(intervene={"status": status, "message": "because"})
    done = ltc("chain", "hold", "p:1", *BASE, "--yes")
    assert done.exit_code == code
    assert "because" in done.stdout + done.stderr


def test_a_document_is_made_whole_before_it_is_sent(desk):
    made = desk(document=lambda _chain, hold, given: {**given, "at": hold["step"]})
    assert ltc("chain", "skip", "p:1", "--document", '{"id": "SO9"}', *BASE, "--yes").exit_code == 0
    ((_, _, wish),) = made.told("intervene")
    assert wish["document"] == {"id": "SO9", "at": "create_order"}


def test_one_place_can_be_held_alone(desk):
    made = desk()
    done = ltc("chain", "hold", "p:1", "--leg", "invoice", "--item", "DN1", *BASE, "--yes")
    assert done.exit_code == 0
    assert "invoice[DN1] rests" in done.stderr
    ((_, _, wish),) = made.told("intervene")
    assert (wish["leg"], wish["item"], wish["step"]) == ("invoice", "DN1", "")


def test_an_ended_chain_is_not_touched(desk):
    made = desk(chain=chain(state="ended", outcome="lost"))
    done = ltc("chain", "hold", "p:1", *BASE, "--yes")
    assert done.exit_code == 4
    assert "lost" in done.stderr
    assert made.told("intervene") == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["retry", "p:1", "--step", "create_order"], 2, "--leg"),
        (["retry", "p:1", "--leg", "order", "--step", "order.create_order"], 2, "name the step alone"),
        (["retry", "p:1", "--leg", "shipment"], 3, "nothing is held at shipment"),
        (["skip", "p:1", "--document", "[]"], 2, "JSON object"),
        (["correct", "p:1"], 2, "either --values"),
        (["correct", "p:1", "--values", "{}", "--document", "{}"], 2, "either --values"),
        (["extend", "p:1", "--sla", "leg:order", "--by", "P1D"], 2, "--by"),
        (["extend", "p:1", "--sla", "leg:nope", "--by", "2bd"], 3, "running: leg:order"),
        (["extend", "p:1", "--by", "2bd"], 2, "--sla"),
    ],
)
def test_a_wrong_intervention_is_refused_with_its_remedy(desk, words, code, said):
    made = desk()
    done = ltc("chain", *words, *BASE, "--yes")
    assert (done.exit_code, made.told("intervene")) == (code, [])
    assert said in done.stderr


def test_a_promise_without_a_target_is_told_with_its_reason(desk):
    row = {**chain()["slas"][0], "state": "not_started", "deadline": None, "why": "invoice.due_date has no date"}
    row["ended"] = row["started"]
    desk(chain=chain(slas=[row]), slas_in_danger=[row], sla_report=[{"sla": "leg:order", "count": 1, "not_started": 1}])
    assert "not started: invoice.due_date has no date" in ltc("chain", "show", "p:1").stdout
    assert "not started: invoice.due_date has no date" in ltc("sla", "--open").stdout
    assert "NOT STARTED" in ltc("sla").stdout


def test_a_report_since_an_instant_tells_the_day_it_counts_from(desk):
    desk(sla_report=[{"sla": "leg:order", "count": 1, "since": "2026-03-01T00:00:00+00:00"}])
    since = ("sla", "--since", "2026-03-02T07:30+08:00")
    assert ltc(*since).stdout.startswith("clocks started from 2026-03-01 00:00Z on\n")
    assert json.loads(ltc(*since, "-o", "json").stdout)[0]["since"] == "2026-03-01T00:00:00+00:00"
    assert "started from" not in ltc("sla").stdout


def test_a_blank_reason_is_no_reason(desk):
    made = desk()
    done = ltc("chain", "hold", "p:1", "--actor", "olga", "--reason", "  ", "--yes")
    assert done.exit_code == 2
    assert "on record" in done.stderr
    assert made.asked == []


def test_several_held_places_must_be_told_apart(desk):
    holds = [{**chain()["holds"][0], "leg": leg} for leg in ("order", "lead")]
    desk(chain=chain(holds=holds))
    done = ltc("chain", "retry", "p:1", *BASE, "--yes")
    assert done.exit_code == 2
    assert "lead.create_order" in done.stderr
    assert ltc("chain", "retry", "p:1", "--leg", "lead", *BASE, "--yes").exit_code == 0


def test_cancelling_past_the_pivot_says_what_consent_means(desk):
    desk(chain=chain(pivot=True))
    without = ltc("chain", "cancel", "p:1", *BASE, "--dry-run").stdout
    assert "without --consent the chain will refuse" in without
    assert "with --consent" in ltc("chain", "cancel", "p:1", *BASE, "--consent", "--dry-run").stdout


def test_while_compensation_remains_skip_and_retry_speak_of_what_remains(desk):
    left = {**chain()["effects"][0], "status": "remains"}
    desk(chain=chain(effects=[left]))
    assert "people have taken care" in ltc("chain", "skip", "p:1", *BASE, "--dry-run").stdout
    assert "tried again" in ltc("chain", "retry", "p:1", *BASE, "--dry-run").stdout


# Approvals


def test_a_task_is_shown_with_its_figures_and_digest(desk):
    desk()
    said = ltc("task", "show", "p:1/approval.approve_order#1").stdout
    assert "1234.56 USD" in said
    assert "D1" in said


@pytest.mark.parametrize(
    ("word", "decision"), [("approve", "approve"), ("reject", "reject"), ("send-back", "send_back")]
)
def test_a_decision_goes_to_the_chain_and_is_reported(desk, word, decision):
    made = desk()
    done = ltc("task", word, "p:1/approval.approve_order#1", "--actor", "mia", "--comment", "see note", "--yes")
    assert done.exit_code == 0, done.stderr
    ((found, said, actor, comment, files),) = made.told("decide")
    assert (found["digest"], said, actor, comment, list(files)) == ("D1", decision, "mia", "see note", [])
    assert "by mia" in done.stdout


@pytest.mark.parametrize(
    ("words", "more", "code", "said"),
    [
        (["approve", "--actor", "eve"], {}, 4, "asked were mia"),
        (["approve", "--actor", "mia", "--digest", "D0"], {}, 4, "figures changed"),
        (["approve", "--actor", "mia"], {"state": "approved"}, 4, "approved already"),
        (["reject", "--actor", "mia"], {}, 2, "--comment"),
        (["send-back", "--actor", "mia", "--comment", " "], {}, 2, "--comment"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_early(desk, words, more, code, said):
    made = desk(task=task(**more))
    done = ltc("task", words[0], "p:1/approval.approve_order#1", *words[1:], "--yes")
    assert (done.exit_code, made.told("decide")) == (code, [])
    assert said in done.stderr


@pytest.mark.parametrize("status", ["already_decided", "not_your_turn", "figures_changed", "closed"])
def test_the_chain_has_the_last_word_on_a_decision(desk, status):
    desk(decide={"status": status, "message": ""})
    done = ltc("task", "approve", "p:1/approval.approve_order#1", "--actor", "mia", "--yes")
    assert done.exit_code == 4
    assert status.replace("_", " ") in done.stderr


def test_a_dry_decision_decides_nothing(desk):
    made = desk()
    done = ltc("task", "approve", "p:1/approval.approve_order#1", "--actor", "mia", "--dry-run")
    assert (done.exit_code, made.told("decide")) == (0, [])
    assert "would be approved" in done.stdout


# Stuck, SLAs, views, starting


STUCK = {"chain": "p:1", "reason": "retrying", "leg": "order", "item": "", "step": "create_order",
         "owner": "system:erp", "detail": "erp.create_order: 4 attempts; erp is away", "since": "2026-03-02T02:00:00+00:00", "clock": "wall",
         "since_working": None, "next": "it is tried again", "next_at": "2026-03-02T02:01:00+00:00",
         "allowed": ["hold", "cancel"]}  # fmt: skip


def test_stuck_says_reason_owner_next_and_what_may_be_done(desk):
    made = desk(stuck=[STUCK])
    said = ltc("stuck", "--reason", "retrying", "--leg", "order").stdout
    for part in ("retrying", "system:erp", "it is tried again", "hold, cancel"):
        assert part in said
    assert made.told("stuck") == [("", "retrying", "order", 100)]
    one = ltc("stuck", "p:1").stdout
    assert "2026-03-02 02:01:00Z" in one  # a retry is told to the second


def test_nothing_stuck_is_said_and_is_no_failure(desk):
    desk(stuck=[])
    done = ltc("stuck")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "nothing is stuck\n")
    assert json.loads(ltc("stuck", "-o", "json").stdout) == []


def test_verify_fails_when_a_view_is_not_what_its_trail_says(desk):
    row = {"chain": "p:1", "table": "chains", "key": "[]", "columns": ["net"], "live": {"net": 1}, "fresh": {"net": 2}}
    desk(verify=[row])
    done = ltc("views", "verify")
    assert done.exit_code == 1
    assert "refold" in done.stderr
    desk(verify=[])
    assert ltc("views", "verify").exit_code == 0


def test_healing_some_of_the_trails_is_partial(desk):
    good = {"chain": "p:1", "inserted": 4, "missing": [], "ok": True, "result": "whole"}
    bad = {"chain": "p:2", "inserted": 0, "missing": [[1, 2]], "ok": False, "result": "history is gone"}
    desk(heal=[good, bad])
    assert ltc("views", "heal").exit_code == 5
    desk(heal=[bad])
    assert ltc("views", "heal").exit_code == 1
    desk(heal=[good])
    assert ltc("views", "heal").exit_code == 0


def test_dropping_the_views_is_asked_first(desk):
    made = desk(count_chains=7, refold=7)
    assert ltc("views", "refold", "--drop").exit_code == 2
    assert made.told("refold") == []
    done = ltc("views", "refold", "--drop", "--yes", "-o", "json")
    assert json.loads(done.stdout) == {"chains": 7, "dry_run": False}
    assert made.told("refold") == [("", True)]


def started(process: str, fields: dict[str, Any], actor: str, dry_run: bool) -> dict[str, Any]:
    known = fields["opportunity_id"].endswith("1002")
    return {"chain": f"{process}:{fields['opportunity_id']}", "existed": known, "same_input": not known,
            "result": "existed" if known else "would start" if dry_run else "started"}  # fmt: skip


def test_a_start_takes_the_fields_of_the_event(desk):
    made = desk(start=started)
    done = ltc("chain", "start", "p", "--input", '{"opportunity_id": "OPP-7"}', "--actor", "ann")
    assert done.stdout == "p:OPP-7  started\n"
    assert made.told("start") == [("p", {"opportunity_id": "OPP-7"}, "ann", False)]


def test_an_order_file_refuses_bad_rows_and_starts_the_others(desk, tmp_path):
    made = desk(start=started)
    orders, lines = tmp_path / "orders.csv", tmp_path / "lines.csv"
    orders.write_text("OrderID,CustomerID,EmployeeID\n1001,ALFKI,1\n1002,ALFKI,1\n1003,NOBODY,1\n")
    lines.write_text(
        "OrderID,ProductID,UnitPrice,Quantity,Discount\n" + "".join(f"{n},1,10,1,0\n" for n in (1001, 1002, 1003))
    )
    done = ltc("chain", "start", "p", "--file", str(orders), "--lines", str(lines), "-o", "json")
    assert done.exit_code == 5
    results = {row["number"]: row for row in json.loads(done.stdout)}
    assert {number: row["result"] for number, row in results.items()} == {
        "1001": "started", "1002": "existed", "1003": "refused",
    }  # fmt: skip
    assert "orders.csv:4" in results["1003"]["why"]
    assert [args[1]["opportunity"]["number"] for args in made.told("start")] == ["1001", "1002"]


def test_an_order_file_that_is_none_starts_nothing(desk, tmp_path):
    made = desk(start=started)
    done = ltc("chain", "start", "p", "--file", str(tmp_path / "no.csv"), "--lines", str(tmp_path / "l.csv"))
    assert done.exit_code == 2
    assert "cannot be read" in done.stderr
    assert made.told("start") == []


# Archives

PLANNED = {
    "before": "2026-03-02T00:00:00+00:00", "process": "", "chains": 3, "processes": {"p": 3}, "first_ended": None,
    "last_ended": None, "kept": {"an effect is open": 2},
}  # fmt: skip
WHO = ("--actor", "nancy", "--reason", "old")


def test_archive_plan_says_what_goes_and_what_stays(desk):
    made = desk(archive_plan=PLANNED)
    done = ltc("archive", "plan", "--older-than", "400d", "--process", "p")
    assert done.exit_code == 0
    assert "3 chains" in done.stdout
    assert "stays: an effect is open" in done.stdout
    assert made.told("archive_plan") == [(400, "p")]


def test_archive_run_asks_first_and_says_what_it_did(desk):
    ran = {"archive": "A1", "folder": "/a/A1", "chains": 3, "left": 0}
    made = desk(archive_plan=PLANNED, archive_run=ran)
    assert ltc("archive", "run", "--before", "2026-03-02", *WHO).exit_code == 2, "nobody is there to confirm"
    assert made.told("archive_run") == []
    done = ltc("archive", "run", "--before", "2026-03-02", "--yes", *WHO)
    assert (done.exit_code, "A1" in done.stdout) == (0, True)
    ((before, *more),) = made.told("archive_run")
    assert (before.isoformat(), more) == ("2026-03-02T00:00:00+00:00", ["", "", "jsonl", "nancy", "old"])
    assert ltc("archive", "run", "--before", "2026-03-02", "--dry-run").exit_code == 0
    assert len(made.told("archive_run")) == 1


def test_archive_run_is_partly_done_when_chains_moved(desk):
    desk(archive_resume={"archive": "A1", "folder": "/a", "chains": 2, "left": 1})
    done = ltc("archive", "run", "--resume", "A1", *WHO)
    assert done.exit_code == 5
    assert "1 chain changed meanwhile" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan"], "exactly one of"),
        (["plan", "--before", "2026-03-02", "--older-than", "4d"], "exactly one of"),
        (["plan", "--older-than", "4w"], "400d"),
        (["plan", "--before", "yesterday"], "yesterday"),
        (["run", "--older-than", "4d", "--yes", "--reason", "r"], "--actor"),
        (["run", "--older-than", "4d", "--yes", "--actor", "a"], "--reason"),
        (["run", "--older-than", "4d", "--format", "csv", *WHO], "csv"),
        (["run", "--resume", "A1", "--process", "p", *WHO], "--resume"),
        (["restore", *WHO], "name chains"),
        (["restore", "--archive", "A", "--from", "B", *WHO], "not both"),
        (["restore", "c", "--reason", "r"], "--actor"),
    ],
)
def test_a_wrong_archive_command_is_told_and_does_nothing(desk, words, said):
    made = desk(archive_plan=PLANNED)
    done = ltc("archive", *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert [name for name, _ in made.asked if name not in ("close", "archive_plan")] == []


def test_archives_are_listed_verified_and_restored(desk):
    listed = [
        {
            "id": "A1",
            "state": "done",
            "chains": 3,
            "before": "2026-03-02T00:00:00+00:00",
            "process": "",
            "format": "jsonl",
            "actor": "n",
            "folder": "/a",
        }
    ]
    made = desk(
        archives=listed, archive_verify=["part-1 was altered"], archive_restore={"chains": 1, "rows": 40, "there": 0}
    )
    assert "A1" in ltc("archive", "list").stdout
    wrong = ltc("archive", "verify", "A1")
    assert (wrong.exit_code, "altered" in wrong.stdout) == (1, True)
    assert "1 chain" in ltc("archive", "restore", "c", *WHO).stdout
    assert made.told("archive_restore") == [("", "", ("c",), "nancy", "old")]


def test_a_lost_chain_begins_again_after_its_consequence_was_said(desk):
    made = desk(lost=chain(), begin_again={"chain": "p:1", "events": 2})
    dry = ltc("chain", "relaunch", "p:1", *BASE, "--dry-run")
    assert dry.exit_code == 0
    assert "2 effects on record: what is done is not done again" in dry.stdout
    assert not made.told("begin_again")
    assert ltc("chain", "relaunch", "p:1", *BASE).exit_code == 2  # nobody is there to confirm
    done = ltc("chain", "relaunch", "p:1", *BASE, "--yes", "-o", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["events"] == 2
    assert made.told("begin_again") == [("p:1", "olga", "the bank called")]
    desk(lost=RefusedError("Temporal knows p:1"))
    assert ltc("chain", "relaunch", "p:1", *BASE, "--yes").exit_code == 4


def test_a_held_step_is_meant_though_the_chain_is_held_as_a_whole_too(desk):
    whole = {"leg": "", "item": "", "step": "", "scope": "chain", "reason": "by_hand", "owner": "olga",
             "since": "2026-03-02T02:00:00+00:00", "released": None}  # fmt: skip
    row = chain()
    made = desk(chain={**row, "holds": [*row["holds"], whole]})
    assert ltc("chain", "retry", "p:1", *BASE, "--yes").exit_code == 0
    assert made.told("intervene")[0][2]["action"] == "retry"
