"""What came too early is heard when it is said again under the same id, however often it came too early before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ltc.client import talking
from ltc.client.talking import Talker
from ltc.model.messages import Answer, TaskAct


class Early:
    """Temporal with one chain: a known Update id is answered as it was; ``ready`` chains accept."""

    def __init__(self) -> None:
        self.ready, self.known = False, dict[str, Answer]()

    def get_workflow_handle(self, _chain: str) -> Early:
        return self

    async def start_update(self, _name: str, _message: Any, *, id: str, **_more: Any) -> Any:
        answer = self.known.setdefault(id, Answer(status="accepted" if self.ready else "in_flight"))

        async def result(**_: Any) -> Answer:
            return answer

        return SimpleNamespace(result=result, workflow_run_id="r")


async def _nothing(*_: Any) -> None:
    return None


async def test_a_claim_that_came_too_early_is_taken_when_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "ASK_AGAIN", (0.0, 0.0))
    chain = Early()
    key = SimpleNamespace(private=Ed25519PrivateKey.generate().private_bytes_raw())
    talker = Talker(chain, SimpleNamespace(audit=_nothing, append=_nothing), key, 60.0)  # type: ignore[arg-type]
    act = TaskAct(id="c1/claim", task="t#1", action="claim", actor="ann", expires=talker.expires())
    assert (await talker.act("c1", act, door="test")).status == "in_flight"
    assert len(chain.known) == 3
    chain.ready = True
    assert (await talker.act("c1", act, door="test")).status == "accepted"
