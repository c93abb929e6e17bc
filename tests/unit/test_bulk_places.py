"""Where an action on many chains acts in each: what is held there, for that reason, place by place."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ltc.cli.desk_versions import VersionDesk
from ltc.client import many
from ltc.model.messages import Answer


def hold(leg: str, step: str, reason: str, item: str = "", released: str | None = None) -> dict[str, Any]:
    return {"leg": leg, "item": item, "step": step, "reason": reason, "released": released}


def place(leg: str, step: str, item: str = "") -> dict[str, str]:
    return {"leg": leg, "item": item, "step": step}


VIEW = {
    "holds": [
        hold("invoice", "post_invoice", "unavailable", "DN1"), hold("invoice", "post_invoice", "unavailable", "DN2"),
        hold("invoice", "post_invoice", "refused", "DN3"), hold("order", "create_order", "unavailable", "", "then"),
        hold("", "", "by_hand"),
    ],
    "effects": [{"status": "certain"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "items"),
    [
        ({"held": "unavailable"}, ["DN1", "DN2"]),
        ({"step": "post_invoice"}, ["DN1", "DN2", "DN3"]),
        ({"leg": "invoice", "held": "refused"}, ["DN3"]),
        ({"leg": "order"}, []),
        ({}, ["DN1", "DN2", "DN3"]),
    ],
)
def test_every_place_that_is_meant_and_no_other(wish: dict[str, str], items: list[str]) -> None:
    assert many.places(VIEW, wish) == [place("invoice", "post_invoice", item) for item in items]


def test_the_chain_itself_finds_the_only_place_and_what_remains_of_undoing() -> None:
    assert many.places({"holds": VIEW["holds"][:1], "effects": []}, {}) == [{}]
    assert many.places(None, {}) == [{}]
    undoing = {"holds": [hold("", "", "compensation_remains")], "effects": [{"status": "remains"}]}
    assert many.places(undoing, {"held": "compensation_remains"}) == [{}]
    assert many.places(undoing, {"held": "unavailable"}) == []


class Client:
    """Answers as the chains of the test do, and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.store = self

    async def chain(self, _name: str) -> dict[str, Any]:
        return VIEW

    async def intervene(self, _chain: str, _action: str, _actor: str, _why: str, **more: Any) -> Answer:
        assert more.pop("door") == "bulk"
        self.asked.append((more.pop("intervention_id"), more))
        return Answer.model_validate({"status": self.answers.pop(0)})


def bulk(action: str, **wish: Any) -> dict[str, Any]:
    return {"id": "B1", "action": action, "reason": "r", "detail": {"wish": wish}}


async def test_each_place_is_asked_under_its_own_id_until_one_is_refused() -> None:
    client: Any = Client("accepted", "in_flight")
    answer = await many.ask(client, "p:1", bulk("correct", held="unavailable", values={"a": 1}), "olga")
    assert answer.status == "in_flight"
    assert client.asked == [
        (f"bulk-B1/invoice/{item}/post_invoice", {**place("invoice", "post_invoice", item), "values": {"a": 1}})
        for item in ("DN1", "DN2")
    ]


async def test_what_concerns_the_whole_chain_is_asked_once() -> None:
    client: Any = Client("accepted")
    assert (await many.ask(client, "p:1", bulk("extend", sla="leg:order", by="2bd"), "olga")).status == "accepted"
    assert client.asked == [("bulk-B1", {"sla": "leg:order", "by": "2bd"})]


async def test_where_nothing_is_held_any_more_nobody_is_asked() -> None:
    client: Any = Client()
    answer = await many.ask(client, "p:1", bulk("skip", held="sla"), "olga")
    assert (answer.status, answer.message) == ("not_found", many.NOTHING)
    assert client.asked == []


async def test_what_would_be_is_said_of_each_chain() -> None:
    row = {**VIEW, "chain": "p:1", "state": "held", "outcome": "", "slas": [], "steps": [], "tasks": [], "pivot": False}
    row["holds"] = [{**one, "since": None} for one in VIEW["holds"]]
    views = {"p:1": row, "p:2": {**row, "state": "ended", "outcome": "lost"}}

    async def chain(name: str) -> dict[str, Any] | None:
        return views.get(name)

    desk = VersionDesk()
    desk.client = SimpleNamespace(store=SimpleNamespace(chain=chain))  # type: ignore[assignment]
    found = await desk.foresee("retry", ["p:1", "p:2", "p:3"], {"held": "unavailable"})
    assert [(one["status"], one["reasons"]) for one in found] == [
        ("safe", []), ("blocked", ["it has ended (lost)"]), ("blocked", ["nothing is on record of it"]),
    ]  # fmt: skip
    assert sum("invoice[DN" in line for line in found[0]["would"]) == 2
    late = await desk.foresee("extend", ["p:1"], {"sla": "leg:order", "by": "2bd"})
    assert late[0]["reasons"] == ["no SLA 'leg:order' runs on p:1; running: none"]
    assert (await desk.foresee("skip", ["p:1"], {"held": "sla"}))[0]["reasons"] == [many.NOTHING]
