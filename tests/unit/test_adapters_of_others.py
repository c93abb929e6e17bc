"""Adapters that other distributions bring: what is wrong with one is one message, and stops nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from ltc import adapters
from ltc.ports.adapters import Adapter, Connection
from ltc.ports.errors import Misconfigured
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage
from tests.support.cli import ltc


class Sound:
    settle_seconds = 0.0

    def __init__(self, to: Connection) -> None:
        self.to = to

    def effect_class(self, operation: str) -> EffectClass:
        return EffectClass.C

    async def probe(self, operation: str, key: str, request: BaseModel) -> None: ...

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        return EventPage(events=[], next=after)

    async def aclose(self) -> None: ...

    async def create_order(self, request: BaseModel, key: str) -> None: ...


class NoFeed(Sound):
    events: Any = property(lambda self: self.nothing)


class NotAsync(Sound):
    def create_order(self, request: BaseModel, key: str) -> None: ...  # type: ignore[override]


class NoKey(Sound):
    async def create_order(self, request: BaseModel) -> None: ...  # type: ignore[override]


class KeyForARead(Sound):
    async def get_order(self, request: BaseModel, key: str) -> None: ...


def connected(made: type[Sound]) -> Any:
    return Adapter("acme", "Acme", {"erp": made}, "nothing").connect("erp", Connection("http://127.0.0.1:9"))


def test_a_port_that_has_all_that_ports_have_is_taken() -> None:
    assert isinstance(connected(Sound), Sound)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (NoFeed, r"the adapter acme: its port erp \(NoFeed\) has no events\(after,limit,wait\)"),
        (NotAsync, r"\(NotAsync\) must carry erp.create_order out as async create_order\(request, key\)"),
        (NoKey, r"must carry erp.create_order out as async create_order\(request, key\)"),
        (KeyForARead, r"must carry erp.get_order out as async get_order\(request\)"),
    ],
)
def test_a_port_that_lacks_something_is_refused_when_it_is_made(made: type[Sound], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        connected(made)


class Point:
    """An entry point of another distribution."""

    name = "acme"

    def __init__(self, found: Any) -> None:
        self.found = found

    def load(self) -> Any:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (SyntaxError("invalid syntax"), "cannot be loaded: SyntaxError: invalid syntax"),
        (ZeroDivisionError("division by zero"), "cannot be loaded: ZeroDivisionError: division by zero"),
        (ImportError("No module named 'ltc_acme'"), "cannot be loaded: ImportError: No module named 'ltc_acme'"),
        ("an adapter", "is no ltc.ports.adapters.Adapter"),
    ],
)
def test_a_package_that_cannot_be_used_hides_no_other(monkeypatch: pytest.MonkeyPatch, found: Any, told: str) -> None:
    monkeypatch.setattr(adapters, "entry_points", lambda **_: [Point(found)])
    with pytest.raises(Misconfigured, match=told):
        adapters.find("acme")
    done = ltc("adapter", "list", "-o", "json")
    assert done.exit_code == 0, done.output
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(rows) == {*adapters.OURS, "acme"}
    assert told in rows["acme"]["title"]
    assert ltc("adapter", "show", "acme").exit_code == 3
