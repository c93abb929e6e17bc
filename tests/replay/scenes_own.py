"""Chains of definitions made for the corpus: branches, rules of approval, waits that end in every way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.replay.scene import Act, Scene, after, held, script
from tests.support.chains import opportunity

DAYS, HOURS = timedelta(days=1), timedelta(hours=1)
CONFIRM, CREATE = "erp.confirm_order", "erp.create_order"


def _lines(*quantities: int) -> dict[str, Any]:
    line = opportunity()["lines"][0]
    return {
        "lines": [{**line, "id": str(number), "quantity": quantity} for number, quantity in enumerate(quantities, 1)]
    }


def branches(name: str, *acts: Act, lines: tuple[int, ...] = (12,), until: timedelta = 60 * DAYS, **said: Any) -> Scene:
    """A chain of branches."""
    return Scene(f"branches: {name}", "branches", lambda: script(said), acts, changes=_lines(*lines), until=until)


def people(name: str, *acts: Act, net: int = 50_000, until: timedelta = 60 * DAYS, **said: Any) -> Scene:
    """A chain of people."""
    return Scene(f"people: {name}", "people", lambda: script(said), acts, net, until=until)


def patience(name: str, way: str, *acts: Act, until: timedelta = 30 * DAYS, **said: Any) -> Scene:
    """A chain of patience; the reason why deals are lost picks the wait."""
    changes = {"loss_reason": way}
    return Scene(f"patience: {name}", "patience", lambda: script(said), acts, changes=changes, until=until)


def event(name: str, at: str = "rest", wait: timedelta = HOURS, number: int = 1, **fields: str) -> Act:
    """An outside system reports something."""
    return Act(at, "event", {"id": f"X-{number}", "name": name, "fields": fields}, wait)


SHIPPED = {"order": "SO-1", "delivery": "D-9"}
CANCELLED = {"opportunity": "OP-1", "reason": "changed their mind"}

_BRANCHES = (
    branches("three lines, three ways", lines=(12, 60, 200)),
    branches("one branch fails, two are enough", fail={"crm.set_stage": ["Misconfigured"]}),
    branches(
        "two branches fail, one is retried",
        held("retry", leg="prepare", step="tell"),
        fail={"crm.set_stage": ["Misconfigured"], "crm.qualify_lead": ["Misconfigured"]},
    ),
    branches("rejected in the race", decisions=[("sales", "reject")]),
    branches("nobody decides", decisions=[("sales", "silent")]),
    branches(
        "nobody decides, an event that says nothing",
        event("erp.goods_shipped", **SHIPPED),
        decisions=[("sales", "silent")],
        until=20 * DAYS,
    ),
    branches("one item refused and passed by", lines=(12, 13), refuse={CONFIRM: ["out_of_stock"]}),
    branches("one item ends it", lines=(12, 13), refuse={CONFIRM: ["discontinued"]}),
    branches("one item held, its sibling done", held("retry"), lines=(12, 13), refuse={CONFIRM: ["credit_limit"]}),
    branches(
        "two items held, retried one by one",
        held("retry", leg="each", item="1"),
        held("retry", leg="each", item="2"),
        lines=(12, 13),
        refuse={CONFIRM: ["credit_limit", "credit_limit"]},
    ),
    branches("lost replies of two items", held("release"), lines=(12, 13), lost={CONFIRM: False}),
)

_PEOPLE = (
    people("all agree"),
    people("large: two of finance, too", net=200_000),
    people("one of the board rejects, then all agree", decisions=[("board", "reject")]),
    people("the board rejects twice", decisions=[("board", "reject"), ("board", "reject")]),
    people("the owner rejects", decisions=[("owner", "reject")]),
    people("an empty board is passed by", people={"board": []}),
    people("nobody of finance", net=200_000, people={"finance": []}),
    people("finance rejects", net=200_000, decisions=[("finance", "reject")]),
    people("finance rejects after the board did", net=200_000, decisions=[("board", "reject"), ("finance", "reject")]),
    people("the board is silent", decisions=[("board", "silent")]),
    people(
        "the board is silent, released, decided",
        held("release"),
        Act("rest", "decide", {"id": "A", "actor": "board-1"}),
        Act("rest", "decide", {"id": "B", "actor": "board-2"}),
        Act("rest", "decide", {"id": "C", "actor": "board-3"}),
        decisions=[("board", "silent")],
    ),
    people("credit sends back", net=200_000, refuse={CONFIRM: ["credit_limit"]}),
    people("credit sends back too often", net=200_000, refuse={CONFIRM: ["credit_limit"] * 3}),
    people("out of stock: looked at, gone on", net=200_000, refuse={CONFIRM: ["out_of_stock"]}),
    people("discontinued: undone by two calls", net=200_000, refuse={CONFIRM: ["discontinued"]}),
    people(
        "the second call of an undo fails, retried",
        held("retry"),
        net=200_000,
        refuse={CONFIRM: ["discontinued"]},
        fail={"erp.cancel_order": ["Unavailable"]},
    ),
    people("figures have changed", net=200_000, fail={CONFIRM: ["FiguresChanged"]}, until=5 * DAYS),
    people(
        "wrong people, wrong figures, wrong words, then right",
        Act("rest", "decide", {"id": "W1", "actor": "nobody"}),
        Act("rest", "decide", {"id": "W2", "digest": "OTHER"}),
        Act("rest", "decide", {"id": "W3", "task": "no such task"}),
        Act("rest", "decide", {"id": "W4", "decision": "send_back"}),
        decisions=[("board", "silent")],
    ),
)

_PATIENCE = (
    patience("a late event is passed by", "skip", parts=[]),
    patience("a late event ends it", "end", parts=[]),
    patience("a late event sends back, twice, then rejects", "back", parts=[]),
    patience("a late event runs steps", "steps"),
    patience("the customer's word comes in time", "steps", event("crm.order_cancelled", "wait.", **CANCELLED)),
    patience("the first of two is the customer", "first", event("crm.order_cancelled", "wait.", **CANCELLED)),
    patience("the first of two is the goods", "first", event("erp.goods_shipped", "wait.", **SHIPPED), until=8 * DAYS),
    patience("none of two comes", "first", until=8 * DAYS),
    patience(
        "events before they are waited for",
        "steps",
        event("crm.order_cancelled", "held", **CANCELLED),
        held("retry"),
        fail={CREATE: ["Misconfigured"]},
    ),
    patience(
        "an event twice",
        "skip",
        event("erp.goods_shipped", "wait.", **SHIPPED),
        event("erp.goods_shipped", **SHIPPED),
        parts=[],
    ),
    patience(
        "an event of another chain", "skip", event("erp.goods_shipped", "wait.", order="SO-2", delivery="D-1"), parts=[]
    ),
    patience(
        "a clock pauses while an operator has it",
        "steps",
        held(
            "retry",
        ),
        fail={CREATE: ["Misconfigured"]},
    ),
    patience(
        "held for three days, the clock pauses",
        "steps",
        Act("held", "intervene", {"action": "retry"}, 3 * DAYS),
        fail={CREATE: ["Misconfigured"]},
    ),
    patience("cancelled in Temporal", "skip", Act("wait.", "cancel"), parts=[]),
    patience("cancelled in Temporal while held", "skip", Act("held", "cancel"), fail={CREATE: ["Misconfigured"]}),
    patience("cut short and taken up again", "skip", Act("wait.", "repair"), parts=[]),
    patience(
        "held by hand, cut short and taken up again", "skip", after("wait.", "hold"), Act("held", "repair"), parts=[]
    ),
)


def tasks(name: str, *acts: Act, until: timedelta = 60 * DAYS, signals: bool = False, **said: Any) -> Scene:
    """A chain of tasks."""
    return Scene(f"tasks: {name}", "tasks", lambda: script(said), acts, until=until, signals=signals)


LATE = [("survey", "silent")]
_TASKS = (
    tasks("claimed and done"),
    tasks("claimed and done by signal", signals=True),
    tasks("declined", answers=[("survey", "reject")]),
    tasks("out of time, reminded, done", answers=list(LATE)),
    tasks("nobody to do it, found and retried", held("retry"), people={"survey": []}, until=10 * DAYS),
    tasks("a refusal secured by a task, then confirmed", refuse={CONFIRM: ["credit_limit"]}),
    tasks("sent back and surveyed again", refuse={CONFIRM: ["out_of_stock"]}),
    tasks("refused for good, undone with its answers", refuse={CONFIRM: ["discontinued"]}),
    tasks(
        "held by hand and released", after("order.survey", "hold", leg="order", step="survey"), held("release"),
        answers=list(LATE),
    ),
    tasks("cancelled while it waits", after("order.survey", "cancel"), answers=list(LATE)),
    tasks("cut short and taken up again", Act("order.survey", "repair"), answers=list(LATE)),
)  # fmt: skip

SCENES: tuple[Scene, ...] = (*_BRANCHES, *_PEOPLE, *_PATIENCE, *_TASKS)
