"""The books of a sandbox ERP in which one deal of every kind went through, as `starter.books` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starter import books
from starter.books import Books
from tests.support.sandbox_api import Api, Shop, line

TERMS = {"basis": "order", "tolerance": {"over": 5, "under": 2}, "cash_discount": {"rate": 2, "days": 10}}
INSTALMENTS = [{"name": "down", "share": 30}, {"name": "delivered", "share": 60}, {"name": "kept", "share": 10}]
MORE = {
    "base": "USD", "rates": [{"source": "EUR", "target": "USD", "rate": "1.10"}],
    "customers": [
        {"id": "C1", "name": "Buyer", "crm_id": "A1", "currency": "USD", "terms_days": 14},
        {"id": "C4", "name": "Käufer", "crm_id": "A4", "currency": "EUR", "terms_days": 14},
    ],
    "products": [{"id": "P1", "name": "Plenty", "stock": 1000}, {"id": "TEA", "name": "Tea"},
                 {"id": "MACHINE", "name": "Machine"}, {"id": "MOTOR", "name": "Motor"}],
    "parts_lists": [{"product": "MACHINE", "parts": [{"product": "MOTOR", "quantity": 2}]}],
    "warehouses": [{"id": "south", "name": "South", "stock": {"TEA": 100}}],
}  # fmt: skip


class Engine:
    """What the engine does for a chain: every call has a key of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self._calls = shop, 0

    async def __call__(self, chain: str, path: str, **body: Any) -> Any:
        self._calls += 1
        self.shop.headers = {"idempotency-key": f"key{self._calls}", "x-ltc-chain": chain}
        try:
            answer = await self.shop.post(path, body)
        finally:
            self.shop.headers = {}
        assert isinstance(answer, dict), f"{path}: {answer}"
        return answer

    async def agreed(self, chain: str, *lines: dict[str, Any], customer: str = "C1", **terms: Any) -> str:
        order = (await self(chain, "/orders", customer=customer, lines=list(lines)))["id"]
        if terms:
            await self(chain, f"/orders/{order}/terms", terms=terms)
        await self(chain, f"/orders/{order}/confirm")
        return str(order)

    async def sent(self, chain: str, order: str, **lines: int) -> str:
        await self(chain, f"/orders/{order}/release")
        return str((await self.shop.ship(order, **lines))["delivery"]["id"])

    async def billed(self, chain: str, path: str) -> tuple[str, int]:
        made = await self(chain, path)
        return made["id"], made["gross"]["minor"]


async def traded(folder: Path) -> Books:
    """Let one deal of every kind through, and read the books."""
    shop = await Shop(database=folder / "erp.db").opened(**MORE)
    Api("crm", database=folder / "crm.db")
    engine = Engine(shop)
    for work in (delivered, ordered, made, served, consigned, called_off, paid_down, newcomers):
        await work(engine, shop)
    return books.read(folder / "crm.db", folder / "erp.db")


async def delivered(engine: Engine, shop: Shop) -> None:
    """By delivery, in two parts; a payment bounced and came again; of the second invoice the rest is written off."""
    chain = "lead_to_cash:1"
    order = await engine.agreed(chain, line("1", "P1", 10, 1000, tax=80))
    first = await engine.sent(chain, order, l1=4)
    bill, gross = await engine.billed(chain, f"/deliveries/{first}/invoice")
    payment = (await shop.pay(bill, gross))["payments"][0]["id"]
    await shop.post(f"/payments/{payment}/reverse", {"invoice": bill})
    await shop.pay(bill, gross)
    second = (await shop.ship(order, l1=6))["delivery"]["id"]
    bill, gross = await engine.billed(chain, f"/deliveries/{second}/invoice")
    await shop.pay(bill, gross - 10)
    await engine(chain, f"/invoices/{bill}/write-off")


async def ordered(engine: Engine, shop: Shop) -> None:
    """By order, in euro, paid at another rate; a part came back, is credited and paid back."""
    chain = "web_order:1"
    order = await engine.agreed(chain, line("1", "TEA", 6, 600, tax=48, currency="EUR"), customer="C4")
    bill, gross = await engine.billed(chain, f"/orders/{order}/invoice")
    await shop.post("/setup", {"rates": [{"source": "EUR", "target": "USD", "rate": "1.20"}]})
    await shop.pay(bill, gross)
    picks = (await shop.get(f"/orders/{order}/picks"))["parts"]
    for pick in picks:
        await engine(chain, f"/orders/{order}/picks", **pick)
    await shop.post("/warehouse/ship", {"order": order})
    back = (await engine(chain, f"/orders/{order}/announced-returns", lines=[{"line": "1", "quantity": 2}]))["id"]
    await shop.post("/warehouse/take-in", {"goods_return": back})
    await engine(chain, f"/invoices/{bill}/credit-return", goods_return=back)
    await engine(chain, f"/invoices/{bill}/refund")


async def made(engine: Engine, shop: Shop) -> None:
    """In instalments: bought, made, delivered within the tolerance, paid less the cash discount."""
    chain = "make_to_order:1"
    order = await engine.agreed(chain, line("1", "MACHINE", 100, 10_000, tax=800), **TERMS, instalments=INSTALMENTS)
    first = await engine.billed(chain, f"/orders/{order}/instalments/down")
    await engine(chain, f"/orders/{order}/supply")
    purchase = (await engine(chain, "/purchases", order=order, product="MOTOR", quantity=200))["id"]
    await engine(chain, f"/purchases/{purchase}/confirm")
    await shop.post("/supplier/deliver", {"purchase": purchase, "quantity": 150})
    await shop.post("/supplier/deliver", {"purchase": purchase})
    job = (await engine(chain, "/productions", order=order, product="MACHINE", quantity=100))["id"]
    await engine(chain, f"/productions/{job}/release")
    await shop.post("/workshop/finish", {"production": job})
    await engine.sent(chain, order, l1=98)
    rest = [await engine.billed(chain, f"/orders/{order}/instalments/{name}") for name in ("delivered", "kept")]
    for bill, gross in (first, *rest):
        await shop.pay(bill, round(gross * 0.98) + 1)


async def served(engine: Engine, shop: Shop) -> None:
    """By milestones, both accepted."""
    chain = "services:1"
    parts = [{"name": "concept", "share": 30}, {"name": "build", "share": 70}]
    order = await engine.agreed(chain, line("1", "P1", 1, 5000, tax=400), basis="milestone", milestones=parts)
    for name in ("concept", "build"):
        done = (await engine(chain, f"/orders/{order}/milestones/{name}", accepted_by="Ann"))["id"]
        await shop.pay(*await engine.billed(chain, f"/milestones/{done}/invoice"))


async def consigned(engine: Engine, shop: Shop) -> None:
    """On consignment, insured: some taken and reminded of, some sent back, some of another dealer still there."""
    chain = "distributor:1"
    order = await engine.agreed(chain, line("1", "P1", 10, 1000))
    cover = (await engine(chain, f"/orders/{order}/cover"))["id"]
    await engine(chain, f"/orders/{order}/consign")
    taken = (await shop.post("/consignment/withdraw", {"order": order, "share": 40}))["id"]
    await shop.post("/consignment/send-back", {"order": order})
    bill, gross = await engine.billed(chain, f"/deliveries/{taken}/invoice")
    shop.later(days=20)
    for level in (1, 2):
        fee = {"minor": 50 * level, "currency": "USD"}
        notice = (await engine(chain, f"/invoices/{bill}/dunnings", level=level, fee=fee))["id"]
        await shop.pay(*await engine.billed(chain, f"/dunnings/{notice}/fee"))
    await shop.pay(bill, gross)
    await engine(chain, f"/covers/{cover}/release")
    other = await engine.agreed("distributor:2", line("1", "P1", 8, 800))
    await engine("distributor:2", f"/orders/{other}/cover")
    await engine("distributor:2", f"/orders/{other}/consign")


async def called_off(engine: Engine, shop: Shop) -> None:
    """A framework contract, called off in two parts at two prices."""
    lines = [line("1", "P1", 10, 1000, tax=80)]
    contract = (await engine("call_off:CO1", "/contracts", customer="C1", lines=lines))["id"]
    for number, share in ((1, 30), (2, 100)):
        call = await shop.post("/contract/call-off", {"contract": contract, "share": share})
        chain = f"call_off_order:CO1-{number}"
        order = await engine.agreed(chain, *call["lines"])
        await shop.pay(*await engine.billed(chain, f"/deliveries/{await engine.sent(chain, order)}/invoice"))
        if number == 1:
            await shop.post("/contract/reprice", {"contract": contract, "percent": 110})


async def paid_down(engine: Engine, shop: Shop) -> None:
    """A down-payment that the final invoice deducts."""
    chain = "other:1"
    order = await engine.agreed(chain, line("1", "P1", 4, 4000, tax=320), basis="order")
    made = await engine(chain, f"/orders/{order}/down-payments", share=25)
    await shop.pay(made["id"], made["gross"]["minor"])
    await engine.sent(chain, order)
    await shop.pay(*await engine.billed(chain, f"/orders/{order}/final-invoice"))


async def newcomers(engine: Engine, shop: Shop) -> None:
    """Two first orders: paid down, closed short and credited in part for a complaint; paid down, then taken back."""
    chain = "first_order:1"
    order = await engine.agreed(chain, line("1", "P1", 10, 10_000, tax=800), basis="order")
    made = await engine(chain, f"/orders/{order}/down-payments", share=30)
    await shop.pay(made["id"], made["gross"]["minor"])
    await engine.sent(chain, order, l1=6)
    await engine(chain, f"/orders/{order}/close-short")
    bill, gross = await engine.billed(chain, f"/orders/{order}/final-invoice")
    await engine(chain, f"/invoices/{bill}/credit-part", amount={"minor": 100, "currency": "USD"})
    await shop.pay(bill, gross - 100)
    chain = "first_order:2"
    order = await engine.agreed(chain, line("1", "P1", 10, 10_000, tax=800), basis="order")
    made = await engine(chain, f"/orders/{order}/down-payments", share=30)
    await shop.pay(made["id"], made["gross"]["minor"])
    await engine(chain, f"/invoices/{made['id']}/credit-and-refund")
    await engine(chain, f"/orders/{order}/unconfirm")
    await engine(chain, f"/orders/{order}/cancel")
