"""Who does a task of a rehearsal waits until it is known who may, and is heard or put on record."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from ltc.model.messages import Answer
from starter.rehearsal.actions import NotYet
from starter.rehearsal.sights import Sight
from starter.rehearsal.tasks import complete
from starter.tempo import MONDAY
from tests.support.chains import shipped

TASK = {
    "leg": "price_round", "step": "consent", "task": "price_round[1].consent#1", "work": {}, "digest": "d",
    "ref": "call_off:1/price_round[1].consent#1",
}  # fmt: skip
SEEN = Sight("task", "price_round.consent", "call_off:1", "task 1", MONDAY, TASK, demand=True)


def stage(status: str) -> Any:
    """A stage whose engine answers so."""
    sent: list[dict[str, Any]] = []

    async def act(ref: str, what: str, actor: str, **more: Any) -> Answer:
        sent.append({"what": what, "actor": actor, **more})
        return Answer(status=status, message=status)

    async def definitions() -> Any:
        return SimpleNamespace(get=lambda process: SimpleNamespace(plan=shipped(process)))

    client = SimpleNamespace(act=act, definitions=definitions)
    return SimpleNamespace(client=client, acted=Counter(), memory=SimpleNamespace(refused=[]), sent=sent)


async def test_an_answer_is_given_in_the_name_of_who_is_named() -> None:
    scene = stage("accepted")
    assert await complete(scene, SEEN, set={"agreed": True}, by="customer:Ann")
    (sent,) = scene.sent
    assert (sent["what"], sent["actor"], sent["values"]) == ("complete", "customer:Ann", {"agreed": True})
    assert scene.memory.refused == []


async def test_who_comes_before_it_is_known_who_may_comes_again() -> None:
    scene = stage("in_flight")
    with pytest.raises(NotYet):
        await complete(scene, SEEN, by="customer:Ann")
    assert scene.memory.refused == []


async def test_who_is_not_heard_is_on_record() -> None:
    scene = stage("refused")
    assert await complete(scene, SEEN, by="customer:Ann")
    assert scene.memory.refused == ["call_off:1: complete of price_round[1].consent#1: refused"]
