"""Commands about versions at a desk of their own: what they ask, what they print, how they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ltc.cli import bulk_cmd, calendar_cmd, diff_cmd
from ltc.client import many, moving
from ltc.model.messages import Answer
from tests.support.chains import ROOT
from tests.support.cli import ltc

SHIPPED = ROOT / "process_defs" / "lead_to_cash.yaml"
WHO = ["--actor", "olga", "--reason", "the rules changed"]
DUE = {"sla": "leg:approval", "was": "2026-03-04T02:00:00+00:00", "now": "2026-03-06T02:00:00+00:00"}


def looked(chain: str, status: str, *reasons: str) -> dict[str, Any]:
    dues = [DUE] if status in ("safe", "mapped") else []
    return {"chain": chain, "status": status, "plan": "OLD", "to": "NEW", "reasons": list(reasons), "dues": dues}


def went(*rows: dict[str, Any], interrupted: bool = False) -> Any:
    """What a desk answers that goes through chains one by one; at the end somebody may press Ctrl-C."""

    def through(_bulk: str, _actor: str, _rate: float, told: Any) -> list[dict[str, Any]]:
        for row in rows:
            told(row)
        if interrupted:
            raise KeyboardInterrupt
        return list(rows)

    return through


def test_a_plan_of_a_move_shows_each_chain_and_changes_nothing(desk: Any) -> None:
    made = desk(
        running=["p:1", "p:2"], look=[looked("p:1", "safe"), looked("p:2", "blocked", "leg x has been entered")]
    )
    done = ltc("chain", "migrate", "--process", "p", "--leg", "order", "--to", "new.yaml", "--map", "a.b=a.c", "--plan")
    assert done.exit_code == 5
    assert "leg:approval: 2026-03-04" in done.stdout
    assert "leg x has been entered" in done.stdout
    assert "1 can be moved, 1 blocked; nothing was changed" in done.stderr
    assert made.told("running") == [("p", "order", "")]
    assert made.told("look") == [(["p:1", "p:2"], "migrate", "new.yaml", {"a.b": "a.c"})]
    assert not made.told("move")


def test_a_move_of_what_can_be_moved_says_how_it_went_with_each(desk: Any) -> None:
    rows = [{"chain": "p:1", "state": "done", "message": ""}, {"chain": "p:2", "state": "failed", "message": "away"}]
    made = desk(look=[looked("p:1", "safe"), looked("p:2", "mapped")], move="B1", go_through=went(*rows))
    done = ltc("chain", "migrate", "p:1", "p:2", "p:1", "--to", "new", *WHO, "--yes", "-o", "json")
    assert done.exit_code == 5
    assert [row["state"] for row in json.loads(done.stdout)] == ["done", "failed"]
    assert made.told("move") == [("migrate", ["p:1", "p:2"], "olga", "the rules changed", "new", {})]
    assert "ltc bulk retry B1" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["p:1"], "either --to"),
        (["p:1", "--to", "x", "--revert"], "either --to"),
        (["--to", "x"], "name chains, or all"),
        (["p:1", "--process", "p", "--to", "x"], "name chains, or all"),
        (["p:1", "--leg", "order", "--to", "x"], "go with --process"),
        (["p:1", "--to", "x", "--map", "a", "--plan"], "LEG.OLD=LEG.NEW"),
        (["p:1", "--to", "x", "--map", "a=b", "--plan"], "legs keep their names"),
        (["p:1", "--to", "x", "--map", "a.b=a.c", "--map", "a.b=a.d", "--plan"], "once for each step"),
        (["p:1", "--to", "x"], "--actor and --reason"),
    ],
)
def test_a_move_asked_for_wrongly_is_refused_before_anything(desk: Any, words: list[str], told: str) -> None:
    made = desk(look=[looked("p:1", "safe")])
    done = ltc("chain", "migrate", *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not made.told("move")


def test_nothing_to_move_ends_well_and_all_blocked_is_refused(desk: Any) -> None:
    desk(look=[looked("p:1", "there")])
    assert ltc("chain", "migrate", "p:1", "--to", "x", *WHO).exit_code == 0
    desk(look=[looked("p:1", "blocked", "in flight: erp.create_order")])
    assert ltc("chain", "migrate", "p:1", "--to", "x", *WHO).exit_code == 4


def test_going_back_and_recalendar_go_the_same_way(desk: Any) -> None:
    rows = [{"chain": "p:1", "state": "done", "message": ""}]
    made = desk(look=[looked("p:1", "safe")], move="B2", go_through=went(*rows), running=["p:1"])
    assert ltc("chain", "migrate", "p:1", "--revert", *WHO, "--yes").exit_code == 0
    assert ltc("calendar", "recalendar", "--process", "p", *WHO, "--yes").exit_code == 0
    assert [args[0] for args in made.told("move")] == ["revert", "recalendar"]


def test_a_bulk_action_is_listed_shown_and_tried_again(desk: Any) -> None:
    counts = {"count": 2, "done": 1, "refused": 1, "failed": 0, "waiting": 0}
    head = {
        "id": "B1",
        "action": "migrate",
        "actor": "olga",
        "reason": "r",
        "at": "2026-03-02T01:00:00+00:00",
        **counts,
    }
    items = [{"chain": "p:1", "state": "done", "message": ""}, {"chain": "p:2", "state": "refused", "message": "no"}]
    made = desk(bulks=[head], bulk={**head, "items": items}, go_through=went({**items[1], "state": "done"}))
    assert "B1" in ltc("bulk", "list").stdout
    assert "refused" in ltc("bulk", "show", "B1").stdout
    done = ltc("bulk", "retry", "B1", "--actor", "olga", "--yes")
    assert done.exit_code == 0
    assert [args[:3] for args in made.told("go_through")] == [("B1", "olga", 0.0)]


def foreseen(chain: str, status: str, *reasons: str) -> dict[str, Any]:
    return {"chain": chain, "status": status, "would": ["the step is tried again"], "reasons": list(reasons)}


def test_many_chains_are_retried_at_once_by_what_they_are_held_for(desk: Any) -> None:
    rows = [{"chain": "p:1", "state": "done", "message": ""}, {"chain": "p:2", "state": "refused", "message": "no"}]
    made = desk(
        holding=["p:1", "p:2"], act_on="B4", go_through=went(*rows),
        foresee=[foreseen("p:1", "safe"), foreseen("p:2", "blocked", "nothing is held there")],
    )  # fmt: skip
    words = ("bulk", "run", "retry", "--process", "p", "--held", "unavailable")
    looked_at = ltc(*words, "--plan")
    assert looked_at.exit_code == 5
    assert "nothing is held there" in looked_at.stdout
    assert "2 chains, 1 of them would not take it; nothing was changed" in looked_at.stderr
    assert not made.told("act_on")
    done = ltc(*words, *WHO, "--yes", "--rate", "100")
    assert done.exit_code == 5
    assert made.told("holding")[-1] == ("p", {"held": "unavailable"})
    assert made.told("act_on") == [("retry", ["p:1", "p:2"], "olga", "the rules changed", {"held": "unavailable"})]


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        (["skip", "--leg", "order", "--step", "create_order"], {"leg": "order", "step": "create_order"}),
        (["correct", "--values", '{"warehouse": "W2"}'], {"values": {"warehouse": "W2"}}),
        (["extend", "--sla", "leg:order", "--by", "2bd"], {"sla": "leg:order", "by": "2bd"}),
        (["cancel", "--consent"], {"consent": True}),
        (["hold"], {}),
    ],
)
def test_what_an_action_on_many_takes_goes_on_record_with_it(desk: Any, words: list[str], wish: Any) -> None:
    made = desk(act_on="B5", go_through=went({"chain": "p:1", "state": "done", "message": ""}))
    done = ltc("bulk", "run", words[0], "p:1", *words[1:], *WHO, "--yes")
    assert done.exit_code == 0, done.stderr
    assert made.told("act_on") == [(words[0], ["p:1"], "olga", "the rules changed", wish)]


def test_of_a_process_only_the_chains_that_were_lost_begin_again(desk: Any) -> None:
    seen = [foreseen("p:1", "safe"), foreseen("p:2", "blocked", "Temporal knows p:2")]
    made = desk(
        running=["p:1", "p:2"],
        foresee=seen,
        act_on="B7",
        go_through=went({"chain": "p:1", "state": "done", "message": ""}),
    )
    assert ltc("bulk", "run", "relaunch", "--process", "p", *WHO, "--yes").exit_code == 0
    assert made.told("act_on") == [("relaunch", ["p:1"], "olga", "the rules changed", {})]
    desk(running=["p:2"], foresee=seen[1:])
    assert ltc("bulk", "run", "relaunch", "--process", "p", *WHO, "--yes").exit_code == 4


def test_a_filter_of_chains_is_none_of_places_where_the_whole_chain_is_meant(desk: Any) -> None:
    made = desk(running=["p:1"], act_on="B6", go_through=went({"chain": "p:1", "state": "done", "message": ""}))
    assert ltc("bulk", "run", "release", "--process", "p", "--leg", "order", "--held", "sla", *WHO, "-y").exit_code == 0
    assert made.told("running") == [("p", "order", "", "sla")]
    assert made.told("act_on") == [("release", ["p:1"], "olga", "the rules changed", {})]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["promise", "p:1"], "is not one of retry, skip, correct, release, hold, extend, cancel, relaunch"),
        (["hold", "p:1", "--held", "x"], "--held does not go with hold; it goes with retry, skip, correct"),
        (["retry", "p:1", "--values", "{}"], "--values does not go with retry; it goes with correct"),
        (["extend", "p:1", "--sla", "leg:order"], "extend needs --by"),
        (["extend", "p:1", "--sla", "leg:order", "--by", "P1D"], "--by: "),
        (["correct", "p:1"], "correct needs --values"),
        (["correct", "p:1", "--values", "[1]"], "--values: give a JSON object"),
        (["retry", "p:1"], "--actor and --reason"),
        (["retry"], "name chains, or all"),
    ],
)
def test_an_action_on_many_that_is_asked_for_wrongly_changes_nothing(desk: Any, words: list[str], told: str) -> None:
    made = desk()
    done = ltc("bulk", "run", *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not made.told("act_on")


def test_the_actions_on_many_are_those_that_the_client_carries_out() -> None:
    assert set(bulk_cmd.TAKES) == set(many.ACTIONS)
    assert {name for name, takes in bulk_cmd.TAKES.items() if "step" in takes} == set(many.PLACED)


async def test_an_action_on_many_has_one_id_however_often_it_is_tried() -> None:
    """What a chain accepted before Ctrl-C is not done again; what it refused is asked anew."""
    asked: list[tuple[str, str, str]] = []

    class Client:
        store: Any = None

        async def intervene(self, chain: str, action: str, actor: str, reason: str, **more: Any) -> Answer:
            asked.append((chain, action, more["intervention_id"]))
            return Answer(status="accepted" if chain == "p:1" else "refused", message="nothing is held")

    mover, bulk = moving.Mover(Client()), {"id": "B5", "action": "release", "reason": "r", "detail": {}}  # type: ignore[arg-type]
    assert await mover._one("p:1", bulk, "olga", None) == ("done", "nothing is held")
    assert await mover._one("p:2", bulk, "olga", None) == ("refused", "refused: nothing is held")
    assert asked == [("p:1", "release", "bulk-B5"), ("p:2", "release", "bulk-B5")]


def test_an_interrupted_action_says_how_far_it_came_and_how_to_go_on(desk: Any) -> None:
    first = {"chain": "p:1", "state": "done", "message": ""}
    desk(look=[looked("p:1", "safe"), looked("p:2", "safe")], move="B3", go_through=went(first, interrupted=True))
    words = ("chain", "migrate", "p:1", "p:2", "--to", "new", "--rate", "0.5", *WHO, "--yes", "-o", "json")
    done = ltc(*words)
    assert done.exit_code == 130
    assert [row["chain"] for row in json.loads(done.stdout)] == ["p:1"]
    assert "interrupted after 1 chain of bulk action B3; go on: ltc bulk retry B3" in done.stderr


# Differences


def test_diff_of_two_files_needs_no_installation_and_says_by_its_status_whether_they_differ(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SHIPPED.read_text().replace("target: 2bd", "target: 3bd"))
    done = ltc("def", "diff", str(SHIPPED), str(other), "--no-chains", "-o", "json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert {change["name"] for change in found["changes"]} == {"leg:approval", "leg:confirm"}
    assert ltc("def", "diff", str(SHIPPED), str(SHIPPED), "--no-chains").exit_code == 0
    strange = ROOT / "process_defs" / "web_order.yaml"
    assert "two processes" in ltc("def", "diff", str(SHIPPED), str(strange), "--no-chains").stderr


def test_diff_names_the_running_chains_that_it_touches(desk: Any, tmp_path: Path) -> None:
    from ltc.client.definitions import Definition
    from tests.support.chains import shipped

    plan = shipped("lead_to_cash")
    legs = [leg.model_copy(update={"when": "true"}) if leg.id == "confirm" else leg for leg in plan.legs]
    new = plan.model_copy(update={"legs": legs, "digest": "N" * 20})
    known = {"a@AAAAAAAA": Definition("", plan, {}), "a@BBBBBBBB": Definition("", new, {})}
    touched = [{"chain": "p:1", "plan": "OLD", "leg": "order", "entered": ["order"]}]
    made = desk(definition=lambda ref: known[ref], touched=touched)
    done = ltc("def", "diff", "a@AAAAAAAA", "a@BBBBBBBB")
    assert done.exit_code == 1
    assert "p:1" in done.stdout
    assert made.told("touched") == [("lead_to_cash", ["confirm"], "N" * 20)]


def test_versions_are_listed(desk: Any) -> None:
    row = {"version": "p@AAAAAAAAAAAA", "first_used": "2026-03-02T01:00:00+00:00", "running": 3}
    desk(versions=[row])
    assert "p@AAAAAAAAAAAA" in ltc("def", "versions", "p").stdout
    assert diff_cmd.versions.__doc__


# Calendars


def test_a_calendar_shows_its_days_and_marks_the_provisional_year() -> None:
    found = json.loads(ltc("calendar", "show", "cn", "--year", "2027", "-o", "json").stdout)
    assert found["provisional"] == "2027-01-01"
    assert {row["mark"] for row in found["days"]} == {"provisional"}
    known = json.loads(ltc("calendar", "show", "cn", "--year", "2026", "-o", "json").stdout)
    assert "make-up day" in {row["works"] for row in known["days"]}
    assert {row["mark"] for row in known["days"]} == {""}
    assert "not published yet" in ltc("calendar", "show", "cn", "--year", "2027").stderr
    assert "cn" in ltc("calendar", "show").stdout
    wrong = ltc("calendar", "show", "cnn")
    assert wrong.exit_code == 3
    assert "did you mean 'cn'" in wrong.stderr


def test_check_tells_what_hangs_on_provisional_years(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    late = {"chain": "p:1", "calendar": "cn", "deadline": datetime(2027, 2, 1, tzinfo=UTC)}
    soon = {"chain": "p:2", "calendar": "cn", "deadline": datetime(2026, 4, 1, tzinfo=UTC)}
    monkeypatch.setattr(calendar_cmd, "_deadlines", lambda: [late, soon])
    done = ltc("calendar", "check", "-o", "json")
    assert done.exit_code == 0
    (row,) = [row for row in json.loads(done.stdout) if row["name"] == "cn"]
    assert (row["chains"], row["deadlines"]) == (["p:1"], 1)
    assert "lead_to_cash" in row["definitions"]
    assert ltc("calendar", "check", "--strict").exit_code == 1
    monkeypatch.setattr(calendar_cmd, "_deadlines", lambda: [soon])
    assert ltc("calendar", "check", "--strict").exit_code == 0


# What would have been


def whatif(**counts: int) -> dict[str, Any]:
    names = ("breaches", "warnings", "escalations", "approvals", "holds", "undone")
    zero = {f"{name}_{how}": 0 for name in names for how in ("gained", "lost")}
    plain = {"chains": 2, "replayed": 1, "not_replayed": 1, "changed": 1, "left_out": 0, **zero, **counts}
    return {
        "process": "p", "plan": "NEWPLAN", "counts": plain, "outcomes": [], "legs": [], "approvers": [],
        "assumptions": [], "unheard": [], "not_replayed": [{"chain": "p:2", "why": "its trail has holes"}],
        "differences": [{"chain": "p:1", "what": "breaches", "how": "gained", "of": "leg:x", "count": 1}],
    }  # fmt: skip


def test_what_if_is_a_gate_by_its_exit_status(desk: Any) -> None:
    made = desk(what_if=whatif(breaches_gained=1))
    done = ltc("def", "what-if", "new.yaml", "--since", "2026-03-01", "--fail-if", "breaches_gained > 0")
    assert done.exit_code == 1
    assert "p:2" in done.stdout
    assert "its trail has holes" in done.stdout
    assert "breaches: 1 gained, 0 lost" in done.stdout
    assert made.told("what_if")[0] == ("new.yaml", datetime(2026, 3, 1, tzinfo=UTC), "", 1000)
    passed = ltc(
        "def", "what-if", "new.yaml", "--since", "2026-03-01", "--fail-if", "breaches_gained > 1", "-o", "json"
    )
    assert passed.exit_code == 0
    assert json.loads(passed.stdout)["counts"]["not_replayed"] == 1
    for wrong, told in (("breeches > 0", "no count 'breeches'"), ("lots", "write a count")):
        asked = ltc("def", "what-if", "new.yaml", "--since", "2026-03-01", "--fail-if", wrong)
        assert asked.exit_code == 2
        assert told in asked.stderr
