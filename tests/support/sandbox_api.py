"""A sandbox system called in-process, with hands on its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from ltc.sandbox.clock import Clock
from ltc.sandbox.server import create_app
from ltc.sandbox.settings import SandboxSettings

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Api:
    """Calls a system; a refusal comes back as its reason."""

    def __init__(self, system: Any = "erp", **settings: Any) -> None:
        self.now = START
        self.app: FastAPI = create_app(SandboxSettings(system, **settings), Clock(now=lambda: self.now))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://sandbox")
        self.headers: dict[str, str] = {}

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    async def get(self, path: str, **params: Any) -> Any:
        return self._said(await self._client.get(path, params=params))

    async def items(self, path: str, **params: Any) -> Any:
        return (await self.get(path, **params))["items"]

    async def put(self, path: str, body: Any) -> Any:
        return self._said(await self._client.put(path, json=body, headers=self.headers))

    async def post(self, path: str, body: Any = None) -> Any:
        return self._said(await self._client.post(path, json=body or {}, headers=self.headers))

    async def raw(self, method: str, path: str, content: bytes) -> httpx.Response:
        return await self._client.request(method, path, content=content, headers=self.headers)

    def _said(self, response: httpx.Response) -> Any:
        body = response.json()
        if response.status_code == 200:
            return body
        return body["reason"] if "reason" in body else f"{response.status_code} {body['detail']}"


def line(number: str, product: str, quantity: int, net: int, tax: int = 0, currency: str = "USD") -> dict[str, Any]:
    def money(minor: int) -> dict[str, Any]:
        return {"minor": minor, "currency": currency}

    return {
        "id": number, "product": product, "quantity": quantity, "unit_price": money(net // quantity), "net": money(net),
        "tax": money(tax), "gross": money(net + tax),
    }  # fmt: skip


class Shop(Api):
    """An ERP with customers and goods, and short words for what people do with it."""

    async def opened(self, **more: Any) -> Shop:
        data = {
            "customers": [
                {"id": "C1", "name": "Buyer", "crm_id": "A1", "currency": "USD", "terms_days": 14},
                {"id": "C2", "name": "Small", "crm_id": "A2", "currency": "USD", "credit_limit": 10_000},
                {"id": "C3", "name": "Blocked", "crm_id": "A3", "currency": "USD", "blocked": True},
            ],
            "products": [
                {"id": "P1", "name": "Plenty", "stock": 1000}, {"id": "P2", "name": "Scarce", "stock": 4},
                {"id": "P3", "name": "Gone", "stock": 9, "discontinued": True},
                {"id": "P4", "name": "No back-orders", "stock": 1, "backorder": False},
            ],
            **more,
        }  # fmt: skip
        assert isinstance(await self.post("/setup", data), dict)
        return self

    async def draft(self, *lines: dict[str, Any], customer: str = "C1") -> str:
        made = await self.post("/orders", {"customer": customer, "lines": list(lines) or [line("1", "P1", 3, 3000)]})
        return str(made["id"])

    async def confirmed(self, *lines: dict[str, Any], customer: str = "C1") -> str:
        order = await self.draft(*lines, customer=customer)
        assert (await self.post(f"/orders/{order}/confirm"))["status"] == "confirmed"
        return order

    async def released(self, *lines: dict[str, Any]) -> tuple[str, str]:
        order = await self.confirmed(*lines)
        return order, (await self.post(f"/orders/{order}/release"))["id"]

    async def ship(self, order: str, **lines: int) -> Any:
        wanted = [{"line": name.removeprefix("l"), "quantity": quantity} for name, quantity in lines.items()]
        return await self.post("/warehouse/ship", {"order": order, "lines": wanted})

    async def bill(self, delivery: str) -> Any:
        return await self.post(f"/deliveries/{delivery}/invoice")

    async def pay(self, invoice: str, minor: int) -> Any:
        return await self.post("/bank/payments", {"allocations": [{"invoice": invoice, "minor": minor}]})

    async def order(self, number: str) -> Any:
        return await self.get(f"/orders/{number}")

    async def stock(self, product: str) -> int:
        return next(row["stock"] for row in await self.items("/products") if row["id"] == product)
