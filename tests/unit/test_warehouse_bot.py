"""The warehouse of the demonstration: what it ships when, and what becomes of what was short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from starter.bots import warehouse
from starter.bots.warehouse import Warehouse
from starter.scenario import Parcel

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


class World:
    """An ERP with one order of ten pieces, and a clock of hours that all count."""

    def __init__(self, stock: int, *parcels: Parcel) -> None:
        self.now, self.stock, self.shipped = MONDAY, stock, [0]
        self.plans = {"p:1": SimpleNamespace(parcels=list(parcels), cancellation=None)}
        self.memory = SimpleNamespace(back_orders=set())
        self.tempo, self.erp = self, None

    def due(self, since: datetime, hours: float) -> bool:
        return self.now >= since + timedelta(hours=hours)

    def rows(self) -> list[dict[str, Any]]:
        left = 10 - sum(self.shipped)
        row = {"order": "SO1", "chain": "p:1", "line": "1", "product": "TEA", "released": MONDAY.isoformat()}
        return [row | {"open": left, "stock": self.stock}] if left else []

    async def command(self, system: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
        sent = sum(line["quantity"] for line in body["lines"])
        self.shipped.append(sent)
        self.stock -= sent
        return {"delivery": {"shipped_at": self.now.isoformat()}}


async def play(world: World, monkeypatch: pytest.MonkeyPatch, hours: dict[int, int]) -> list[tuple[int, int]]:
    """Look once an hour; the suppliers bring so many pieces at such an hour. Return what left, and when."""

    async def listed(system: Any, path: str) -> list[dict[str, Any]]:
        return world.rows()

    monkeypatch.setattr(warehouse, "listed", listed)
    bot: Any = Warehouse(world)  # type: ignore[arg-type]
    left = []
    for hour in range(400):
        world.now, before = MONDAY + timedelta(hours=hour), len(world.shipped)
        world.stock += hours.get(hour, 0)
        await bot.look()
        left += [(hour, sent) for sent in world.shipped[before:]]
    return left


async def test_parcels_leave_as_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(10, Parcel(share=40, after=5), Parcel(share=100, after=7))
    assert await play(world, monkeypatch, {}) == [(5, 4), (12, 6)]


async def test_what_a_late_carrier_lacked_goes_out_when_it_is_there_and_not_as_late_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(7, Parcel(share=100, after=158))
    assert await play(world, monkeypatch, {170: 3}) == [(158, 7), (170, 3)]
    assert world.memory.back_orders == {"p:1"}


async def test_goods_that_will_come_back_leave_together(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(7, Parcel(share=100, after=5))
    world.plans["p:1"].cancellation = SimpleNamespace(seen="shipped")
    assert await play(world, monkeypatch, {48: 3}) == [(48, 10)]
