"""Chains that go on as new runs in the middle of what lasts: each ends as it would have in one run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from ltc.core import machine
from ltc.core.commands import Resumed
from ltc.core.state import State, dump
from ltc.definition.build import World
from ltc.definition.compile import compile_tree, read_source
from ltc.definition.plan import Plan
from ltc.model.trail import Entry
from tests.replay.paths import Stop, path
from tests.replay.performance import Performance
from tests.replay.scene import Act, Scene, script
from tests.replay.stage import Stage, on, skipping_client
from tests.support.chains import head
from workflows import chain as shell

DAYS = timedelta(days=1)
# Low enough that a chain goes on as a new run wherever it comes to rest, and higher than what a new run begins with.
LOW = 14
HEAD = (
    head("lasting")
    + """\
legs:
  order:
    steps:
      - call: erp.create_order
        with: {customer: opportunity.customer.id, lines: opportunity.lines}
        as: order
        undo: {call: erp.cancel_order, with: {order: order.id}}
      - {call: erp.get_order, with: {order: order.id}, name: look}
"""
)
# Nothing is ordered, so that nothing has to be in balance.
QUIET = (
    HEAD.split("      - call: erp.create_order")[0]
    + """\
      - {call: crm.qualify_lead, with: {opportunity: opportunity.id}, undo: {none: it stays}, name: ask}
      - {call: crm.get_opportunity, with: {opportunity: opportunity.id}, name: look}
"""
)
END = """\
  done:
    steps: [{end: lost, reason: "'so far'"}]
"""
BACK = """\
handlers:
  back:
    event: crm.return_announced
    match: event.opportunity == opportunity.id
    then:
      steps:
        - {call: crm.set_stage, with: {opportunity: opportunity.id, stage: "'back'"}, undo: {none: it says}, name: told}
"""


@dataclass(frozen=True)
class Lasting:
    """A construct that lasts: how it is written, what happens meanwhile, and how a state shows that it is under way."""

    text: str
    under_way: Callable[[dict[str, Any]], bool]
    acts: tuple[Act, ...] = ()
    said: dict[str, Any] = field(default_factory=dict)
    ends: str = "lost"
    head: str = HEAD

    def plan(self) -> Plan:
        """The definition, compiled."""
        compiled = compile_tree(*read_source(self.head + self.text), World())
        compiled.build.problems.stop()
        return compiled.plan


def announced(wait: timedelta) -> Act:
    """The customer sends something back."""
    fields = {"opportunity": "OP-1", "lines": [{"line": "1", "quantity": 1}], "reason": "broken"}
    return Act("order.look", "event", {"id": "B-1", "name": "crm.return_announced", "fields": fields}, wait)


def at(step: str, status: str) -> Callable[[dict[str, Any]], bool]:
    """Tell whether a state has a line at a step that stands so."""
    return lambda state: any((one["node"], one["status"]) == (step, status) for one in state["tokens"].values())


WAIT = "wait: crm.order_cancelled, match: event.opportunity == opportunity.id, on_timeout: skip, undo: {none: a hint}"
LASTING = {
    "every": Lasting(
        "  again:\n    every: {each: month, on: first_working_day, count: 3, as: period}\n"
        "    steps: [{call: erp.get_order, with: {order: order.id}}]\n" + END,
        lambda state: 0 < ((state["legs"]["again"]["recurrence"] or {}).get("taken") or 0) < 3,
    ),
    "dunning": Lasting(
        "  bill:\n    steps:\n"
        "      - {call: erp.post_order_invoice, with: {order: order.id}, as: invoice, undo: {none: it stands}}\n"
        "      - dunning: invoice\n        poll: 14d\n        undo: {irreversible: money is money}\n"
        "        levels: [{name: friendly, after: 3d, notify: customer}, {name: firm, after: 20d, notify: customer}]\n"
        "        hand_over: {after: 45d, then: {end: written_off, reason: \"'unpaid'\"}}\n",
        lambda state: any(one["taken"] == 1 for one in state["ladders"].values()),
        said={"pays": []},
        ends="written_off",
    ),
    "keep_open": Lasting(
        BACK.replace("name: told}", "name: told}\n        - {WAIT, within: 3d, name: rest}").replace("WAIT", WAIT)
        + "keep_open: {for: 30d, handlers: [back]}\n",
        lambda state: state["open_until"] is not None and at("back.rest", "waiting")(state),
        (announced(12 * DAYS),),
        ends="completed",
        head=QUIET,
    ),
    "task": Lasting(
        '  field:\n    steps: [{task: survey, assign: "role:field", claim: true, form: {ok: {type: yes_no}}, '
        "as: survey, undo: {none: a look}}]\n" + END,
        lambda state: any(one["status"] == "open" and not one["claimed_by"] for one in state["human_tasks"].values()),
    ),
    "side line": Lasting(
        f"  rest:\n    steps: [{{{WAIT}, within: 20d}}]\n{END}"
        + BACK.replace("name: told}", f"name: told}}\n        - {{{WAIT}, within: 5d, name: rest}}"),
        at("back.rest", "waiting"),
        (announced(2 * DAYS),),
    ),
    "child": Lasting(
        "  child:\n    steps: [{start: {process: small, key: opportunity.number, input: {number: opportunity.number}}, "
        f"as: child}}]\n{END}",
        at("child.start_small-end", "waiting"),
    ),
    "silence": Lasting(
        '  approval:\n    steps: [{approve: order, binds: [order.net], levels: [{name: one, from: "role:one", rule: any, '
        f"silence: {{after: 3d, then: approve}}}}]}}]\n{END}",
        lambda state: any(task["silence_at"] for task in state["tasks"].values()),
        said={"decisions": [("one", "silent")]},
    ),
}  # fmt: skip


@dataclass
class Seen:
    """What a chain went through: its trail, the states that new runs began with, how it stands."""

    entries: dict[int, Entry] = field(default_factory=dict)
    resumed: list[dict[str, Any]] = field(default_factory=list)
    last: State | None = None

    def way(self) -> list[Stop]:
        """Its path, without the places where one run ended and another began."""
        told = [self.entries[seq] for seq in sorted(self.entries)]
        return path(one for one in told if one.kind.value != "continued")


@pytest.fixture
async def stage(time_skipping: WorkflowEnvironment, queue: str) -> AsyncIterator[Stage]:
    """Workers that keep no chain in their cache: every workflow task replays its run."""
    async with on(await skipping_client(time_skipping), queue, skipping=time_skipping, cached=0) as staged:
        yield staged


async def lived(stage: Stage, name: str, chain: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Performance, Seen]:
    """Perform a chain, and take down what it goes through."""
    one, seen, step = LASTING[name], Seen(), machine.step
    plan = one.plan()

    def noted(setting: Any, state: State, event: Any, now: Any, wall: Any) -> Any:
        if isinstance(event, Resumed):
            seen.resumed.append(dump(state))
        before = state.seq
        taken = step(setting, state, event, now, wall)
        seen.entries.update({entry.seq: entry for entry in taken[0].undelivered if entry.seq > before})
        seen.last = taken[0]
        return taken

    scene = Scene(name, "web_order", lambda: script(one.said), one.acts, until=120 * DAYS, adapt=lambda _: plan)
    performance = Performance(stage, scene, chain)
    with monkeypatch.context() as patched:
        patched.setattr(machine, "step", noted)
        await performance.play()
    return performance, seen


@pytest.mark.parametrize("name", list(LASTING))
async def test_a_chain_ends_the_same_in_many_runs_as_in_one(
    stage: Stage, queue: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, plain = await lived(stage, name, f"{queue}-whole", monkeypatch)
    monkeypatch.setattr(shell, "MOST_EVENTS", LOW)
    parts, broken = await lived(stage, name, f"{queue}-parts", monkeypatch)
    assert plain.resumed == []
    assert any(LASTING[name].under_way(state) for state in broken.resumed), "no run ended inside it"
    result = await parts.handle.result()
    assert result == await whole.handle.result()
    assert result["outcome"] == LASTING[name].ends
    assert broken.way() == plain.way()
    assert [op for op, _ in parts.world.effects] == [op for op, _ in whole.world.effects]
    assert broken.last is not None
    assert plain.last is not None
    assert [(one.place, one.status) for one in broken.last.effects] == [
        (one.place, one.status) for one in plain.last.effects
    ]
