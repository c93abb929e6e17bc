"""The scenarios of the rehearsal are fixed, wrong ones are refused with their place, and people do what they say."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from ltc.ports.operations import OPERATIONS
from starter.orderbook import load
from starter.rehearsal import run, shape
from starter.rehearsal.actions import filled
from starter.rehearsal.casting import cast, told_processes
from starter.rehearsal.people import People
from starter.rehearsal.registry import ACTIONS
from starter.rehearsal.shape import Rule
from starter.rehearsal.sights import Sight
from starter.rehearsal.stage import Cast
from starter.rehearsal.stories import read_stories
from starter.scenario import ScenarioError
from starter.tempo import MONDAY, Tempo, clock_for
from tests.support.chains import shipped

PROCESSES = told_processes()


@pytest.fixture(scope="module")
def book():
    return load()


@pytest.mark.parametrize("process", PROCESSES)
def test_the_file_is_what_its_stories_cast(process: str, book) -> None:
    assert shape.path_of(process).read_text("utf-8") == shape.written(cast(read_stories(process), book))


@pytest.mark.parametrize("process", PROCESSES)
def test_a_scenario_has_fifty_chains_that_differ_and_meet_faults(process: str) -> None:
    script = shape.read(process)
    assert script.process == process
    assert len(script.chains) >= 50
    assert len({plan.number for plan in script.chains}) == len(script.chains)
    assert len({plan.story for plan in script.chains}) >= 8
    assert len({plan.ends for plan in script.chains}) >= 2
    faults = Counter(fault.fault for plan in script.chains for fault in plan.faults)
    assert {"refuse", "lost_reply"} <= set(faults)
    assert len(faults) >= 5


@pytest.mark.parametrize("process", PROCESSES)
def test_faults_meet_operations_and_events_that_the_process_uses(process: str) -> None:
    plan = shipped(process)
    for chain in shape.read(process).chains:
        for fault in chain.faults:
            known = fault.operation in plan.operations or fault.operation not in OPERATIONS
            assert known or fault.of, f"{chain.number}: {fault.operation} is never called"
            assert run.met_by(chain, fault).startswith(chain.number)


# What the shipped processes are about, and the stories that play it; each at least twice.
NAMED = {
    "web_order": {
        "two warehouses": ["two_warehouses"], "prepayment": ["plain"], "cancelled before picking": ["cancelled"],
        "cancelled after picking": ["cancelled_after_paying"], "refund": ["returned", "paid_in_part_then_never"],
        "exchange difference": ["euro_gained", "euro_lost", "euro_returned"], "bounced payment": ["bounced"],
        "lines cancelled": ["lines_cancelled"], "change order": ["changed_in_approval", "changed_too_late"],
    },
    "make_to_order": {
        "discount approval": ["discount_granted", "discount_refused"], "credit check": ["credit_granted", "no_credit"],
        "production and purchase": ["plain", "in_two_receipts"], "partial deliveries": ["in_parts"],
        "instalments": ["plain"], "warranty return": ["under_warranty"], "cash discount": ["cash_discount"],
        "within the tolerance": ["a_little_less", "a_little_more"], "beyond the tolerance": ["too_much"],
        "write-off by rule": ["small_difference"], "write-off by people": ["keeps_the_last_part"],
    },
    "services": {
        "milestones": ["plain"], "acceptance": ["declined"], "retainer": ["plain"],
        "change requests": ["change_agreed", "change_declined", "change_too_late"],
    },
    "distributor": {
        "consignment": ["taken_at_once", "taken_in_parts", "rest_sent_back"], "recall": ["cancelled_before_anything_was_taken"],
        "dunning": ["pays_after_a_notice"], "dispute": ["disputes_then_pays"], "promise": ["promises_then_pays"],
        "credit insurance": ["own_risk", "no_own_risk", "not_insured"], "write-off": ["never_pays"],
        "bounced payment": ["bounced"], "reminder fees": ["pays_the_fee_too"], "waived fees": ["fee_waived", "half_the_fee"],
        "no fee for small sums": ["too_little_for_a_fee"], "a notice taken back": ["billed_too_much"],
    },
    "call_off": {
        "call-offs": ["called_off_in_parts"], "price changes": ["dearer_from_the_second_on"],
        "price clause": ["dearer_by_the_clause", "too_early_to_be_dearer"], "silence": ["silence_is_consent"],
        "price kept": ["keeps_its_price", "sales_let_it_be", "closed_before_it_was_dearer"],
        "closed early": ["closed_early"], "cancelled": ["never_begun"],
    },
    "first_order": {
        "new customers": ["plain", "same_or_another"], "known customers": ["known_after_all"],
        "down-payment": ["plain", "paid_down_in_two"], "none": ["never_paid_down", "half_paid_down"],
        "refund": ["cancelled_after_paying_down"], "silence": ["credit_says_nothing"], "reassigned": ["manager_away"],
        "closed short": ["rest_given_up"], "complaint": ["complaint_right", "complaint_wrong"],
        "bounced payment": ["bounced"],
    },
    "lead_to_cash": {
        "partial deliveries": ["in_parts"], "change order": ["changed", "changed_and_approved_anew"],
        "goods return": ["returned"], "bounced payment": ["bounced"], "write-off": ["unpaid"],
        "cancelled": ["cancelled", "changed_then_cancelled"],
    },
}  # fmt: skip


@pytest.mark.parametrize("process", PROCESSES)
def test_what_a_process_is_about_is_played_at_least_twice(process: str) -> None:
    played = Counter(plan.story for plan in shape.read(process).chains)
    rare = {what: name for what, names in NAMED[process].items() for name in names if played[name] < 2}
    assert not rare


# Operations of which no outcome is lost in a rehearsal: nothing calls them unless an operator says so.
BY_PEOPLE_ALONE = {
    "call_off": {"chain.start", "chain.cancel"},  # no outside system's: Temporal answers
    "distributor": {"erp.credit_note"}, "first_order": {"erp.credit_note", "erp.cancel_credit"}, "services": {"erp.update_order"},
    "make_to_order": {"erp.cancel_delivery", "erp.cancel_return", "erp.update_order"},
    "web_order": {"erp.cancel_credit", "erp.cancel_return", "erp.receive_return", "erp.revert_amendment"},
}  # fmt: skip
UNKNOWN = ("lost_reply", "5xx_after", "late_commit")


@pytest.mark.parametrize("process", PROCESSES)
def test_the_outcome_of_every_operation_is_unknown_once(process: str) -> None:
    known = {name for name in shipped(process).operations if name in OPERATIONS and OPERATIONS[name].effect}
    met = {fault.operation for plan in shape.read(process).chains for fault in plan.faults if fault.fault in UNKNOWN}
    assert known - met == BY_PEOPLE_ALONE.get(process, set())


def test_business_keys_are_of_one_process_alone() -> None:
    prefixes = [read_stories(process).prefix for process in PROCESSES]
    assert len(set(prefixes)) == len(prefixes)


GOOD = """\
process: small
prefix: SM
seed: 1
lasts: 10
stories:
  - {name: plain, count: 2, why: it went, script: [{when: bill, do: pay, after: [1d, 2d]}]}
"""


def told(folder: Path, text: str) -> None:
    (folder / "small.stories.yaml").write_text(text, "utf-8")


def test_another_seed_casts_otherwise_and_a_range_is_thrown_for_each_chain(tmp_path: Path, book) -> None:
    told(tmp_path, GOOD)
    first = cast(read_stories("small", tmp_path), book)
    told(tmp_path, GOOD.replace("seed: 1", "seed: 2"))
    second = cast(read_stories("small", tmp_path), book)
    assert [plan.number for plan in first.chains] == [plan.number for plan in second.chains] == ["SM-001", "SM-002"]
    assert first.chains[0].deal != second.chains[0].deal
    amounts = {float(plan.script[0].after[:-1]) for script in (first, second) for plan in script.chains}
    assert len(amounts) > 1
    assert all(1 <= amount <= 2 for amount in amounts)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("do: pay", "do: fly", "there is no action 'fly'; there are "),
        ("when: bill", "when: bird", "nobody sees 'bird'; there are bill, chain"),
        ("do: pay", "do: pay, amount: 3", "pay takes no 'amount'; it takes share, minor"),
        ("do: pay", "do: post", "post needs 'path'"),
        ("[1d, 2d]", "P1D", "'P1D' is no span"),
        ("[1d, 2d]", "[1d, tomorrow]", "'tomorrow' is no span"),
        ("why: it went", "why: it went, faults: [lost]", "'lost' is no fault"),
        ("why: it went", "why: it went, ends: happily", "Input should be 'completed'"),
        ("lasts: 10", "lasts: 0", "lasts: Input should be greater than 0"),
        ("count: 2", "count: 2, colour: red", "colour: Extra inputs are not permitted"),
        ("why: it went", "why: it went, deal: {nett: [1, 2]}", "nett: Extra inputs are not permitted"),
        ("prefix: SM", "prefix: [", "small.stories.yaml: "),
    ],
)
def test_a_wrong_story_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    told(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ScenarioError) as caught:
        read_stories("small", tmp_path)
    assert message in str(caught.value)
    assert "small.stories.yaml" in str(caught.value)


def test_a_missing_scenario_says_which_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"there is no scenario of 'none'.*there are .*web_order"):
        shape.read("none")


def test_names_are_filled_in() -> None:
    names = {"order": "SO1", "open": 5}
    assert filled({"a": "{order}", "b": ["x-{order}", 3], "c": "{open}"}, names) == {
        "a": "SO1", "b": ["x-SO1", 3], "c": 5,
    }  # fmt: skip
    with pytest.raises(KeyError):
        filled("{nothing} here", names)


class Played:
    """A stage with one chain, on which the people's answers are watched."""

    def __init__(self, *script: Rule, usual: tuple[Rule, ...] = ()) -> None:
        self.tempo = Tempo.of(clock_for(10, 1, datetime.now(UTC) - timedelta(days=1)))
        plan = SimpleNamespace(script=list(script), usual=[])
        self.cast = Cast(SimpleNamespace(usual=list(usual)), plan, "p:1")  # type: ignore[arg-type]
        self.acted: Counter[tuple[str, str]] = Counter()
        self.last: dict[tuple[str, str], datetime] = {}
        self.memory = SimpleNamespace(unplanned=[], given_up=set(), refused=[])
        self.people = People(self)  # type: ignore[arg-type]

    def of(self, chain: str) -> Cast:
        return self.cast

    def usual(self, cast: Cast) -> list[Rule]:
        return cast.script.usual

    def wants(self, *sights: Sight) -> list[tuple[str, str]]:
        return [(due.sight.key, due.rule.do) for due in self.people._due(sights)]


def seen(kind: str, place: str, key: str, **more: object) -> Sight:
    demand = kind in ("task", "hold", "bill", "ships")
    row = {"reason": "x", "detail": ""} | more
    return Sight(kind, place, "p:1", key, MONDAY, row, demand=demand, parts=kind in ("bill", "ships"))


def test_rules_of_one_when_are_taken_in_turn_and_the_last_goes_on() -> None:
    stage = Played(Rule(when="task a.*", do="send_back"), Rule(when="task a.*", do="approve"))
    tasks = [seen("task", "a.boss", key) for key in ("one", "two", "three")]
    assert stage.wants(*tasks) == [("one", "send_back"), ("two", "approve"), ("three", "approve")]
    assert stage.wants(seen("task", "b.boss", "four")) == [("four", "approve")]  # what everybody does


def test_a_rule_may_mean_a_part_of_what_is_seen() -> None:
    wanted = {"figures": {"order.net": {"minor": 750000}}}
    stage = Played(Rule(when="task a.*", do="nothing", where=wanted), Rule(when="task a.*", do="approve"))

    def shown(key: str, minor: int) -> Sight:
        return seen("task", "a.boss", key, figures={"order.customer": "C-1", "order.net": {"minor": minor}})

    assert stage.wants(shown("one", 750000), shown("two", 625000)) == [("one", "nothing"), ("two", "approve")]
    assert stage.wants(seen("task", "a.boss", "three", figures=None)) == [("three", "approve")]


def test_a_bill_is_paid_in_parts_and_the_story_goes_before_the_usual() -> None:
    usual = (Rule(when="bill", do="nothing"),)
    stage = Played(Rule(when="bill", do="pay", args={"share": 30}), Rule(when="bill", do="pay"), usual=usual)
    bill = seen("bill", "", "bill 1")
    assert stage.people._stage.acted == Counter()
    assert [due.rule.args for due in stage.people._due([bill])] == [{"share": 30}]
    stage.acted["p:1", "bill 1"] += 1
    assert [due.rule.args for due in stage.people._due([bill])] == [{}]


def test_what_is_not_due_yet_waits() -> None:
    stage = Played(Rule(when="bill", do="pay", after="3d"))
    stage.last["p:1", "bill 1"] = stage.tempo.now()
    assert stage.wants(seen("bill", "", "bill 1")) == []
    assert stage.wants(seen("bill", "", "bill 2")) == [("bill 2", "pay")]


def test_a_hold_that_nobody_planned_is_told_and_given_up_in_the_end() -> None:
    stage = Played(Rule(when="hold a", do="retry", where={"reason": "x"}))
    assert stage.wants(seen("hold", "a", "1")) == [("1", "retry")]
    assert stage.memory.unplanned == []
    assert stage.wants(*(seen("hold", "a", str(number)) for number in (2, 3, 4))) == [
        ("2", "retry"), ("3", "retry"), ("4", "retry"),
    ]  # fmt: skip
    assert stage.memory.unplanned == ["p:1: held in a: x "]
    assert stage.wants(seen("hold", "a", "5")) == []
    assert stage.memory.given_up == {"p:1"}


def test_news_of_which_the_story_speaks_is_not_for_the_usual_rule() -> None:
    usual = (Rule(when="effect erp.a", do="pay"), Rule(when="effect erp.b", do="pay"))
    stage = Played(Rule(when="effect erp.a", do="nothing"), usual=usual)
    news = [seen("effect", place, place) for place in ("erp.a", "erp.b")]
    assert stage.wants(*news) == [("erp.a", "nothing"), ("erp.b", "pay")]


def test_what_is_held_on_is_let_go_and_given_up_in_the_end() -> None:
    stage = Played()
    late = seen("hold", "approval", "1", reason="sla")
    assert stage.wants(late) == [("1", "release")]
    for done, wanted in ((1, [("1", "release")]), (2, [("1", "release")]), (3, [])):
        stage.acted["p:1", "1"] = done
        assert stage.wants(late) == wanted
    assert stage.memory.given_up == {"p:1"}


async def test_news_is_acted_upon_once_and_only_what_is_meant(monkeypatch) -> None:
    done: list[str] = []

    async def note(stage: object, sight: Sight) -> bool:
        done.append(sight.key)
        return True

    monkeypatch.setitem(ACTIONS, "note", note)
    stage = Played(Rule(when="effect erp.*", do="note", nth=2), Rule(when="effect crm.*", do="note", nth=0))
    news = [seen("effect", place, str(key)) for key, place in enumerate(["erp.a", "crm.a", "erp.b", "erp.c", "crm.b"])]
    for _ in range(3):
        for due in list(stage.people._due(news)):
            await stage.people._act(due)
    assert sorted(done) == ["1", "2", "4"]


def test_all_processes_are_through_at_the_same_time_within_ten_minutes() -> None:
    scripts = [shape.read(process) for process in PROCESSES]
    ends = [run.spread_days(script, scripts) + script.lasts for script in scripts]
    assert max(ends) == run.days_of(scripts)
    assert all(run.spread_days(script, scripts) >= 15 for script in scripts)
    assert run.minutes_for(scripts) <= 10
    assert run.minutes_for(scripts, slower=6) > run.minutes_for(scripts)
