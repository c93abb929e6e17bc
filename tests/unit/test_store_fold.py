"""The fold against the core: after every input of a simulated chain, the views say what the chain's state says."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.state import State
from ltc.model.trail import Kind, pack, unpack
from ltc.store.fold import FOLDERS, fold_all
from ltc.store.rows import BLANKS, ChainView
from ltc.store.trail import offer
from tests.support.beside import cases, chain
from tests.support.chains import simulate

STATUS = {"unknown": ("scheduled", "unknown"), "absent": ("absent",), "certain": ("certain",)}


def place_of(state: State, token: str) -> tuple[str, str]:
    found = state.tokens.get(token)
    return (found.leg, found.item) if found else ("", "")


def holds(state: State, view: ChainView) -> None:
    wanted = Counter(
        (hold.scope, hold.reason, hold.owner, *((hold.leg, hold.item) if hold.leg else place_of(state, hold.token)))
        for hold in state.holds
    )
    seen = Counter(
        (row["scope"], row["reason"], row["owner"], row["leg"], row["item"])
        for _, row in view.each("holds") if row["released"] is None
    )  # fmt: skip
    assert seen == wanted


def effects(simulation: Simulation, state: State, view: ChainView) -> None:
    plan = simulation.setting.plan
    newest = {
        effect.key: effect for effect in state.effects
        if plan.nodes[effect.node].kind == "call" or effect.status in ("stands", "undone", "remains")
    }  # fmt: skip
    assert {key[0] for key, _ in view.each("effects")} == set(newest)
    for key, effect in newest.items():
        row = view.get("effects", (key,))
        assert row is not None
        assert row["status"] in STATUS.get(effect.status, (effect.status,)), (effect, row)


def tasks(state: State, view: ChainView) -> None:
    wanted = {
        (task.id, task.levels[task.at]): task.candidates
        for task in state.tasks.values() if task.status in ("open", "opening")
    }  # fmt: skip
    seen = {key: row for key, row in view.each("tasks") if row["state"] == "open" and row["work"] is None}
    assert set(seen) == set(wanted)
    for key, row in seen.items():
        task = state.tasks[str(key[0])]
        assert row["digest"] == task.digest
        if task.status == "open":
            assert (row["candidates"] or []) == task.candidates


def work(state: State, view: ChainView) -> None:
    """The tasks that people do: who may, who has claimed it."""
    wanted = {task.id: task for task in state.human_tasks.values() if task.status in ("open", "opening")}
    seen = {str(key[0]): row for key, row in view.each("tasks") if row["state"] == "open" and row["work"] is not None}
    assert set(seen) == set(wanted)
    for name, row in seen.items():
        assert (row["candidates"] or []) == wanted[name].candidates
        assert row["work"].get("claimed_by", "") == wanted[name].claimed_by
        token = state.tokens[wanted[name].token]
        assert row["work"].get("deadline", "") == (token.deadline.isoformat() if token.deadline else "")


def clocks(state: State, view: ChainView) -> None:
    seen = {key[0]: row for key, row in view.each("slas") if row["ended"] is None}
    assert set(seen) == set(state.slas)
    for name, clock in state.slas.items():
        row = seen[name]
        if clock.running_since is not None or clock.due is not None:
            assert (row["state"], row["deadline"]) == ("running", clock.deadline)
        else:
            assert row["state"] == "paused"
        assert (row["breached"] is not None, row["warned"] is not None) == (clock.breached, clock.warned)
        assert row["rung"] == max(clock.rungs, default=-1) + 1


def waits(state: State, view: ChainView, plan: Any) -> None:
    def at(token: Any) -> tuple[str, str, str]:
        return token.leg, token.item, plan.nodes[token.node].step

    waiting = {at(token) for token in state.tokens.values() if token.status == "waiting"}
    held = {at(token) for token in state.tokens.values() if token.status == "held" and token.node}
    seen = {key for key, row in view.each("waits") if row["state"] in ("waiting", "resting")}
    assert seen - held == waiting
    for token in state.tokens.values():
        row = view.get("waits", at(token)) if token.status == "waiting" else None
        if row is not None and row["deadline"] is not None:
            assert row["deadline"] == token.deadline


def flights(state: State, view: ChainView) -> None:
    wanted = Counter(
        (flight.op, flight.key) for flight in state.flights.values()
        if flight.purpose in ("do", "read", "probe", "undo")
    )  # fmt: skip
    seen = Counter((str(key[3]), row["effect"]) for key, row in view.each("steps") if row["state"] == "in_flight")
    assert seen == wanted


def legs(state: State, view: ChainView, plan: Any) -> None:
    words = {"open": "running", "done": "left", "skipped": "skipped"}
    beside = {side.id for side in plan.sides}  # a handler's side line is no leg that is entered and left
    for name, leg in state.legs.items():
        row = view.get("legs", (name, ""))
        if leg.status in words and name not in beside:
            assert row is not None
            assert row["status"] == words[leg.status]


def items(state: State, view: ChainView) -> None:
    """Every branch of an open loop is known, and open until its token has ended."""
    for token in state.tokens.values():
        leg = state.legs[token.leg]
        if token.item and token.id == f"{token.leg}[{token.item}]" and leg.status == "open":
            row = view.get("legs", (token.leg, token.item))
            assert row is not None
            assert row["status"] == ("closed" if token.status == "ended" and token.task == "closed" else "open")


def events(state: State, view: ChainView) -> None:
    kept = {(one.name, one.id) for one in state.events.values() if not one.taken}
    assert {key for key, row in view.each("events_kept") if row["taken"] is None} == kept


def decisions(state: State, view: ChainView) -> None:
    said = Counter((task.id, actor) for task in state.tasks.values() for actor in task.deciders)
    on_approvals = [row for _, row in view.each("decisions") if row["task"] in state.tasks]
    assert Counter((row["task"], row["actor"]) for row in on_approvals) == said
    voted = Counter(
        (key[0], vote["actor"]) for key, row in view.each("tasks") if row["work"] is None for vote in row["decided_by"]
    )
    assert voted == said


def headline(simulation: Simulation, state: State, view: ChainView) -> None:
    deal = state.input.get("opportunity")
    if deal:
        assert (view.head["number"], view.head["customer"]) == (deal["number"], deal["customer"]["name"])
        assert (view.head["net"], view.head["currency"]) == (deal["net"]["minor"], deal["net"]["currency"])
    assert view.head["requester"] == state.requester
    assert view.head["rounds"] == len([one for one in simulation.trail if one.kind is Kind.SENT_BACK])
    assert view.head["pivot"] == bool(state.pivots)


def agree(simulation: Simulation, state: State, view: ChainView) -> None:
    """Everything that the state of a chain says is in its views, and nothing else."""
    assert view.head["faults"] == 0
    headline(simulation, state, view)
    effects(simulation, state, view)
    legs(state, view, simulation.setting.plan)
    decisions(state, view)
    if state.status in ("closing", "ended"):
        assert (view.head["state"], view.head["outcome"]) == ("ended", state.outcome)
        assert not list(view.each("waits"))
        assert not list(view.each("steps"))
        return
    going = "kept_open" if state.open_until and state.status == "running" else state.status
    assert view.head["state"] == ("held" if state.holds else going)
    holds(state, view)
    items(state, view)
    events(state, view)
    tasks(state, view)
    work(state, view)
    clocks(state, view)
    waits(state, view, simulation.setting.plan)
    flights(state, view)


def followed(simulation: Simulation, days: int = 400) -> ChainView:
    """Run a simulation; after every input fold what is new and compare."""
    views = [ChainView(simulation.state.chain)]
    done = [0]

    def watch(state: State) -> None:
        fresh = [offer(entry).line for entry in simulation.trail[done[0] :]]
        done[0] = len(simulation.trail)
        views[0] = fold_all(views[0], unpack(pack(fresh)) if fresh else [])
        agree(simulation, state, views[0])

    simulation.watch = watch
    simulation.run(simulation.now + timedelta(days=days))
    return views[0]


SCRIPTS: dict[str, tuple[dict[str, Any], int]] = {
    "plain": ({}, 50_000),
    "two levels": ({}, 800_000),
    "parts": ({"parts": [40, 60], "pays": [30, 70]}, 250_000),
    "rejected": ({"decisions": [("manager", "reject")]}, 250_000),
    "sent back": ({"decisions": [("manager", "send_back"), ("manager", "approve")]}, 250_000),
    "silent": ({"decisions": [("manager", "silent")]}, 250_000),
    "nobody": ({"people": {"manager": []}}, 250_000),
    "refused": ({"refuse": {"erp.confirm_order": ["credit_limit"]}}, 250_000),
    "out of stock": ({"refuse": {"erp.confirm_order": ["out_of_stock"]}}, 250_000),
    "discontinued": ({"refuse": {"erp.confirm_order": ["discontinued"]}}, 250_000),
    "lost reply, applied": ({"lost": {"erp.create_order": True, "erp.post_invoice": True}}, 50_000),
    "lost reply, not applied": ({"lost": {"erp.create_order": False}}, 50_000),
    "nonsense": ({"fail": {"erp.create_order": ["ContractBroken"]}}, 50_000),
    "misconfigured": ({"fail": {"erp.confirm_order": ["Misconfigured"]}}, 50_000),
    "undo refused": (
        {"decisions": [("manager", "reject")], "refuse": {"erp.cancel_order": ["invoiced", "invoiced"]}}, 250_000,
    ),
    "cancelled early": ({"cancel_after": "erp.create_order"}, 250_000),
    "cancelled before the pivot": ({"cancel_after": "erp.release_delivery"}, 250_000),
    "cancelled after the pivot": ({"cancel_after": "erp.post_invoice"}, 250_000),
    "never paid": ({"pays": []}, 50_000),
    "never shipped": ({"parts": []}, 50_000),
    "late": ({"ship_after": timedelta(days=12), "pay_after": timedelta(days=45)}, 250_000),
}  # fmt: skip


OTHERS = ("make_to_order", "services", "distributor", "call_off", "call_off_order")


@pytest.mark.parametrize(("process", "case"), [(name, case) for name in OTHERS for case in cases(name)])
def test_views_say_what_the_chains_of_the_other_definitions_say(process: str, case: str) -> None:
    simulation, _ = chain(process, case)
    assert followed(simulation).head["last_seq"] == simulation.state.seq


@pytest.mark.parametrize("process", ["lead_to_cash", "web_order"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_views_say_what_the_chain_says(name: str, process: str) -> None:
    said, net = SCRIPTS[name]
    simulation = simulate(process, Script(**{key: _copy(value) for key, value in said.items()}), net=net, run=False)
    view = followed(simulation)
    assert view.head["last_seq"] == simulation.state.seq


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    return list(value) if isinstance(value, list) else value


REFUSALS = st.sampled_from(["", "", "credit_limit", "out_of_stock", "discontinued"])
FAILURES = st.sampled_from(["", "", "Unavailable", "ContractBroken", "Misconfigured", "OutcomeUnknown"])
VERDICTS = ["approve", "reject", "send_back", "silent"]
ACTIONS = st.tuples(
    st.sampled_from(["retry", "release", "hold", "cancel", "skip", "correct", "extend"]), st.booleans(), st.booleans()
)


def wish(state: State, plan: Any, action: str, here: bool, given: bool) -> dict[str, Any]:
    """What an operator asks: at the first place there is, or without one; with a document or values, or without."""
    asked: dict[str, Any] = {"action": action, "consent": True}
    tokens = [token for token in state.tokens.values() if token.node]
    if here and tokens:
        asked.update(leg=tokens[0].leg, item=tokens[0].item, step=plan.nodes[tokens[0].node].step)
    if action == "extend":
        asked.update(sla=next(iter(state.slas), ""), by="2d")
    if action == "skip" or (action == "correct" and given):
        asked["document"] = {"id": "BY-HAND", "version": 1} if given else None
    elif action == "correct":
        asked["values"] = {"customer": "E-2"}
    return asked


SCRIPT = st.fixed_dictionaries(
    {
        "refuse": st.fixed_dictionaries({"erp.confirm_order": st.lists(REFUSALS, max_size=2)}),
        "fail": st.fixed_dictionaries(
            {op: st.lists(FAILURES, max_size=2) for op in ("erp.create_order", "erp.post_invoice", "erp.cancel_order")}
        ),
        "lost": st.dictionaries(st.sampled_from(["erp.confirm_order", "erp.release_delivery"]), st.booleans()),
        "decisions": st.lists(
            st.tuples(st.sampled_from(["manager", "finance"]), st.sampled_from(VERDICTS)),
            max_size=3,
        ),
        "parts": st.sampled_from([[100], [40, 60], []]),
        "pays": st.sampled_from([[100], [30, 70], []]),
        "cancel_after": st.sampled_from(["", "", "erp.create_order", "erp.release_delivery", "erp.post_invoice"]),
    }
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(SCRIPT, st.sampled_from([50_000, 250_000, 800_000]), st.lists(ACTIONS, max_size=5))
def test_views_follow_any_chain_and_any_operator(
    said: dict[str, Any], net: int, actions: list[tuple[str, bool, bool]]
) -> None:
    simulation = simulate(
        "lead_to_cash", Script(**{key: _copy(value) for key, value in said.items()}), net=net, run=False
    )
    followed(simulation, days=60)
    world = simulation.world
    assert isinstance(world, StandIn)
    for action in actions:
        if simulation.finished is not None:
            break
        asked = wish(simulation.state, simulation.setting.plan, *action)
        try:
            simulation.feed(world.intervention(**asked))
            simulation.run(simulation.now + timedelta(days=30))
        except (KeyError, StopIteration):
            return  # the stand-in for the systems does not know the document given by hand


def test_every_kind_has_a_folder() -> None:
    assert set(FOLDERS) == set(Kind)


def test_an_entry_that_makes_no_sense_is_counted_and_passed_over() -> None:
    simulation = simulate(net=50_000)
    broken = simulation.trail[5].model_copy(update={"kind": Kind.CHAIN_STARTED, "data": {"net": {"minor": "much"}}})
    view = fold_all(ChainView("c"), [*simulation.trail[:5], broken, *simulation.trail[6:9]])
    assert (view.head["faults"], view.head["last_seq"]) == (1, simulation.trail[8].seq)


def test_folding_is_pure() -> None:
    simulation = simulate(net=50_000)
    half = fold_all(ChainView("c"), simulation.trail[:30])
    before = {table: dict(rows) for table, rows in half.tables.items()}
    whole = fold_all(half, simulation.trail[30:])
    assert {table: dict(rows) for table, rows in half.tables.items()} == before
    assert whole == fold_all(ChainView("c"), simulation.trail)
    assert BLANKS["chains"]["last_seq"] == 0
