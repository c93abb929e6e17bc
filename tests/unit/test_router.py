"""The router of events: what no chain will ever be able to take is somebody's work, and keeps nothing from the others."""

from __future__ import annotations

from typing import Any, cast

import pytest
from temporalio.service import RPCError, RPCStatusCode

from ltc.ports.operations import Registry
from ltc.ports.store import DocumentRef, InboxEvent, Route
from starter.events import Router, StartRules


class Records:
    """An inbox of two events about one order."""

    def __init__(self) -> None:
        self.said: dict[str, tuple[str, str]] = {}

    async def inbox(self, state: str, limit: int) -> list[InboxEvent]:
        about, fields = DocumentRef(system="erp", type="order", id="SO-1"), {"order": "SO-1", "delivery": "DN-1"}
        return [
            InboxEvent(source="erp", id=name, name="erp.goods_shipped", fields=fields, document=about)
            for name in ("large", "small")
            if name not in self.said
        ]

    async def routes(self, document: DocumentRef) -> list[Route]:
        return [Route(chain="c")]

    async def mark_event(self, source: str, event: str, state: str, chain: str = "", why: str = "") -> None:
        self.said[event] = (state, why)


class Temporal:
    """A server that answers a signal with a status."""

    def __init__(self, status: RPCStatusCode) -> None:
        self.status = status

    def get_workflow_handle(self, chain: str) -> Temporal:
        return self

    async def signal(self, name: str, message: Any) -> None:
        if message.id == "erp:large":
            raise RPCError("payload too large", self.status, b"")


@pytest.mark.parametrize(
    ("status", "said", "done"),
    [
        (RPCStatusCode.INVALID_ARGUMENT, {"large": "late", "small": "routed"}, 2),
        (RPCStatusCode.UNAVAILABLE, {}, 0),
    ],
)
async def test_what_the_server_never_takes_is_set_aside(status: RPCStatusCode, said: dict[str, str], done: int) -> None:
    records = Records()
    rules = StartRules({}, ())
    router = Router(cast(Any, Temporal(status)), cast(Any, records), Registry(), cast(Any, None), rules)
    assert await router.deliver() == done
    assert {name: state for name, (state, _) in records.said.items()} == said
    if said:
        assert records.said["large"][1] == "Temporal does not take it: payload too large"
