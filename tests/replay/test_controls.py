"""What must not replay: steps swapped in a recorded input, and an interpreter that goes another way."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from temporalio.client import WorkflowHistory

from activities.wire import data_converter
from ltc.core import calls, legs, moves, resting, slas, turn, undoing
from ltc.definition.plan import Plan
from ltc.model import ids
from tests.replay import corpus
from tests.replay.continuing import go_on, recorded_rest
from tests.replay.replaying import replay, taking_down
from workflows.start_input import ChainStart

Patch = Callable[[pytest.MonkeyPatch], None]


@cache
def named(*names: str) -> list[corpus.Record]:
    """Records of the corpus by the names of their scenes."""
    found = {record.name: record for record in corpus.records()}
    return [found[name] for name in names]


# Steps swapped in the recorded input


async def _with_plan(history: WorkflowHistory, change: Callable[[Plan], Plan]) -> WorkflowHistory:
    """Return a history whose start input carries another plan."""
    converter = data_converter()
    events = list(history.events)
    first = type(events[0])()
    first.CopyFrom(events[0])
    payloads = first.workflow_execution_started_event_attributes.input.payloads
    (start,) = await converter.decode(list(payloads), [ChainStart])
    changed = await converter.encode([start.model_copy(update={"plan": change(start.plan)})])
    del payloads[:]
    payloads.extend(changed)
    return WorkflowHistory(history.workflow_id, [first, *events[1:]])


def _swap_steps(plan: Plan) -> Plan:
    """Swap the first two calls that follow each other in one block."""
    nodes = dict(plan.nodes)
    first = next(one for one in nodes.values() if one.kind == "call" and one.next and nodes[one.next].kind == "call")
    second = nodes[first.next]
    nodes[first.id] = first.model_copy(update={"next": second.next})
    nodes[second.id] = second.model_copy(update={"next": first.id})
    for node in plan.nodes.values():
        if node.next == first.id:
            nodes[node.id] = node.model_copy(update={"next": second.id})
    swapped = [leg.model_copy(update={"first": second.id}) if leg.first == first.id else leg for leg in plan.legs]
    return plan.model_copy(update={"nodes": nodes, "legs": swapped})


def _swap_legs(plan: Plan) -> Plan:
    return plan.model_copy(update={"legs": [plan.legs[1], plan.legs[0], *plan.legs[2:]]})


@pytest.mark.parametrize("change", [_swap_steps, _swap_legs])
async def test_steps_or_legs_swapped_in_a_recorded_input_do_not_replay(change: Callable[[Plan], Plan]) -> None:
    records = named("a small order", "sent back once", "real: a large order")
    histories = [record.histories()[0] for record in records]
    same = [await _with_plan(history, lambda plan: plan) for history in histories]
    assert await replay(same) == {}
    failures = await replay([await _with_plan(history, change) for history in histories])
    assert len(failures) == len(histories)
    assert all("Nondeterminism" in text for text in failures.values())


# An interpreter that goes another way


def _skip_a_step(patch: pytest.MonkeyPatch) -> None:
    follow = moves._follow

    def further(turn: Any, token: Any, node: Any) -> None:
        follow(turn, token, node)
        if token.node == "shipment.goods_shipped":
            follow(turn, token, turn.node(token))

    patch.setattr(moves, "_follow", further)


def _undo_in_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(undoing, "order", lambda effects: list(range(len(effects))))


def _drop_flushes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resting, "_unheard", lambda turn, event: False)


def _flush_always(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resting, "_unheard", lambda turn, event: True)


def _never_rearm(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resting, "WORTH_REARMING", 0.0)


def _always_rearm(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resting, "WORTH_REARMING", 2.0)


def _rest_in_silence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resting, "_rest", lambda turn: None)


def _no_probe(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calls, "probe", lambda turn, flight, after, payload=None: None)


def _no_visits(patch: pytest.MonkeyPatch) -> None:
    plain = ids.activity_id
    patch.setattr(ids, "activity_id", lambda leg, item, step, visit: plain(leg, item, step, 1))


def _no_escalation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(slas, "_escalate", lambda turn, clock, number, lag: clock.rungs.append(number))


def _legs_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(legs, "_is_next", lambda turn, leg: True)


MUTANTS: list[tuple[Patch, str]] = [
    (_skip_a_step, "a small order"),
    (_undo_in_order, "rejected by the manager"),
    (_drop_flushes, "an unknown product, corrected"),
    (_flush_always, "a small order"),
    (_never_rearm, "a small order"),
    (_always_rearm, "sent back by finance"),
    (_rest_in_silence, "a small order"),
    (_no_probe, "lost reply of erp.create_order, applied"),
    (_no_visits, "sent back once"),
    (_no_escalation, "never decided"),
    (_legs_at_once, "a small order"),
]


@pytest.mark.parametrize(("mutate", "name"), MUTANTS, ids=[mutate.__name__.strip("_") for mutate, _ in MUTANTS])
async def test_a_mutated_interpreter_does_not_replay(mutate: Patch, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    histories = [history for record in named(name) for history in record.histories()]
    assert await replay(histories) == {}
    mutate(monkeypatch)
    failures = await replay(histories)
    assert failures
    assert all("Nondeterminism" in text for text in failures.values())


# What a replay alone does not show


async def _continued_differs(name: str, mutate: Patch, patch: pytest.MonkeyPatch) -> list[str]:
    """Continue a chain from every rest with a mutated core; return what came out differently."""
    with taking_down() as taken:
        await replay(named(name)[0].histories())
    steps = next(iter(taken.steps.values()))
    mutate(patch)
    return [
        field
        for at, step in enumerate(steps)
        if step.resting and (was := recorded_rest(steps, at)) != (now := go_on(steps, at))
        for field in ("path", "activities", "finish", "unanswered", "untold")
        if getattr(was, field) != getattr(now, field)
    ]


async def test_a_dropped_flush_shows_in_what_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "activities" in await _continued_differs("never decided", _drop_flushes, monkeypatch)


async def test_an_effect_key_with_the_visit_in_it_replays_but_does_not_go_on_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def with_visit(patch: pytest.MonkeyPatch) -> None:
        def key(self: turn.Turn, leg: str, item: str, step: str, generation: int) -> str:
            visit = self.state.visits.get(ids.place(leg, item, step), 0)
            return ids.effect_key(self.state.installation, self.state.chain, leg, item, f"{step}#{visit}", generation)

        patch.setattr(turn.Turn, "effect_key", key)

    name = "out of stock, retried"
    different = await _continued_differs(name, with_visit, monkeypatch)
    assert "activities" in different
    assert await replay(named(name)[0].histories()) == {}
