"""The warehouse, the suppliers and the bank on Tryton: goods leave and come, money comes and now and then goes back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ltc.model.documents import DeliveryLine
from ltc.model.money import Money
from ltc.ports.errors import BusinessRefusal
from ltc.ports.requests import PaymentId, RegisterPayment, ShipDelivery
from starter.orderbook import CURRENCY
from starter.real.plans import RealPlan
from starter.real.rpc import Row, number_in
from starter.real.stage import RealStage, key_of
from starter.scenario import Instalment

SUPPLY_AFTER = 6.0  # seconds after which suppliers bring what an order lacks
_SPARE = 20.0  # pieces that they bring beyond it
_BOUNCES = 2.0  # units of the plan's time until a payment comes back
_HANDS = 1  # people in the warehouse, counters of the bank: what meets in Tryton begins anew
_OPEN = ("waiting", "assigned", "picked", "packed")


class Warehouse:
    """Ships what is released, in the parcels of the plan; what is lacking is ordered from the suppliers."""

    def __init__(self, stage: RealStage) -> None:
        self._stage = stage
        self._parcels: dict[str, int] = defaultdict(int)  # chain → parcels shipped
        self._since: dict[int, datetime] = {}  # shipment → when it was first seen as it is
        self._supplied: set[int] = set()

    async def look(self) -> None:
        """Ship what is due, older shipments first."""
        rpc = self._stage.tryton
        fields = ["state", "outgoing_moves"]
        shipments = await rpc.find("stock.shipment.out", [["state", "in", list(_OPEN)]], fields)
        if not shipments:
            return
        moves = await self._moves([number for one in shipments for number in one["outgoing_moves"]])
        due = []
        for one in shipments:
            mine = [moves[number] for number in one["outgoing_moves"] if number in moves]
            chain = self._stage.keys.get(str((mine[0]["order"] or {}).get("reference")) if mine else "", "")
            plan = self._stage.plan(chain)
            if plan is not None:
                due.append(self._see_to(one, mine, chain, plan))
        await together(due)

    async def _moves(self, numbers: list[int]) -> dict[int, Row]:
        rpc = self._stage.tryton
        fields = ["quantity", "origin", "product", "product.code", "unit_price", "state"]
        rows = {row["id"]: row for row in await rpc.find("stock.move", [["id", "in", numbers]], fields)}
        lines = {number_in(row["origin"]) for row in rows.values() if row["origin"]}
        sales = {
            row["id"]: row for row in await rpc.find("sale.line", [["id", "in", sorted(lines)]], ["sale.reference"])
        }  # fmt: skip
        for row in rows.values():
            line = sales.get(number_in(row["origin"]), {})
            row["order"] = line.get("sale.")
        return rows

    async def _see_to(self, shipment: Row, moves: list[Row], chain: str, plan: RealPlan) -> None:
        parcels = plan.parcels
        parcel = parcels[min(self._parcels[chain], len(parcels) - 1)]
        since = self._since.setdefault(shipment["id"], self._stage.tempo.now())
        if shipment["state"] == "waiting":
            await self._wait_for_goods(shipment, moves, chain, since)
        elif self._stage.tempo.due(since, parcel.after):
            await self._ship(shipment, moves, chain, parcel.share)

    async def _wait_for_goods(self, shipment: Row, moves: list[Row], chain: str, since: datetime) -> None:
        """A confirmed order waits here until it is released; one that is still here after a while lacks goods.

        What a parcel left behind has been released with it: nobody else releases it again. Nor does anybody release
        again what lacked goods then and lacks none now, because they were brought for another order.
        """
        number = shipment["id"]
        if not self._stage.tempo.due(since, SUPPLY_AFTER):
            return
        if number not in self._supplied:
            if await self._lacks(moves):
                self._stage.short.add(chain)
                self._stage.memory.back_orders.add(chain)
                await self._supply(moves)
            self._supplied.add(number)
        if chain in self._stage.short or self._parcels[chain] or await self._released(chain):
            await self._stage.tryton.call("model.stock.shipment.out.assign_try", [number])

    async def _released(self, chain: str) -> bool:
        rows = await self._stage.client.store.chains({"process": self._stage.process}, limit=1000)
        return any(row["chain"] == chain and row["leg"] == "shipment" for row in rows)

    async def _lacks(self, moves: list[Row]) -> bool:
        stock = await self._stock()
        wanted: dict[int, float] = defaultdict(float)
        for move in moves:
            wanted[move["product"]] += move["quantity"]
        return any(stock.get(product, 0.0) < quantity for product, quantity in wanted.items())

    async def _stock(self) -> dict[int, float]:
        """What is free: in the storage zone and not assigned to anything."""
        (zone,) = await self._stage.tryton.find("stock.location", [["code", "=", "STO"]], ["code"])
        about = {"locations": [zone["id"]], "stock_assign": True}
        method = "model.product.product.search_read"
        rows = await self._stage.tryton.call(method, [], 0, None, None, ["quantity"], context=about)
        return {row["id"]: row["quantity"] for row in rows}

    async def _supply(self, moves: list[Row]) -> None:
        """Have the suppliers bring what these moves need, and some more."""
        rpc = self._stage.tryton
        places = {row["code"]: row["id"] for row in await rpc.find("stock.location", [], ["code"]) if row["code"]}
        (company,) = await rpc.find("company.company", [["id", "=", rpc.company]], ["currency"])
        units = await rpc.find("product.product", [["id", "in", [move["product"] for move in moves]]], ["default_uom"])
        unit = {row["id"]: row["default_uom"] for row in units}
        brought = [
            {"product": move["product"], "quantity": move["quantity"] + _SPARE, "unit": unit[move["product"]],
             "from_location": places["SUP"], "to_location": places["STO"], "company": rpc.company,
             "unit_price": Decimal(1), "currency": company["currency"]}
            for move in moves
        ]  # fmt: skip
        await rpc.call("model.stock.move.do", await rpc.call("model.stock.move.create", brought))

    async def _ship(self, shipment: Row, moves: list[Row], chain: str, share: int) -> None:
        lines = [] if share == 100 else self._part(moves, share)
        request = ShipDelivery(delivery=str(shipment["id"]), lines=lines)
        key = key_of("ship", str(shipment["id"]))
        try:
            await self._stage.certain("erp.ship_delivery", request, key)
        except BusinessRefusal as no:
            self._stage.memory.refused.append(f"{chain}: {no}")
            self._since[shipment["id"]] = self._stage.tempo.now()
            return
        self._parcels[chain] += 1

    @staticmethod
    def _part(moves: list[Row], share: int) -> list[DeliveryLine]:
        """A share of each line, rounded up; something is left as long as a line holds more than one piece."""
        found = []
        for move in moves:
            quantity = max(1, int(move["quantity"]) * share // 100)
            line = str(number_in(move["origin"]))
            found.append(DeliveryLine(line=line, product=move["product."]["code"], quantity=quantity))
        return found


class Bank:
    """Customers pay their invoices in the instalments of the plan; some payments come back and are paid again."""

    def __init__(self, stage: RealStage) -> None:
        self._stage = stage
        self._paid: dict[int, int] = defaultdict(int)  # invoice → instalments paid
        self._last: dict[int, datetime] = {}
        self._whose: dict[int, tuple[str, RealPlan]] = {}  # invoice → its chain and plan
        self._to_bounce: dict[int, str] = {}  # invoice → its payment that is going to bounce

    async def look(self) -> None:
        """Pay what is due; take back what bounces. What Tryton has to reckon is read of what is due only."""
        posted = [["state", "=", "posted"], ["type", "=", "out"]]
        numbers = [row["id"] for row in await self._stage.tryton.find("account.invoice", posted, ["state"])]
        await self._get_to_know([number for number in numbers if number not in self._whose])
        ready = [number for number in numbers if self._is_due(number)]
        fields = ["amount_to_pay"]
        rows = await self._stage.tryton.find("account.invoice", [["id", "in", ready]], fields) if ready else []
        await together([self._see_to(row, *self._whose[row["id"]]) for row in rows])

    async def _get_to_know(self, numbers: list[int]) -> None:
        """Find out whose invoices these are; credit notes and those of nobody's plan are nobody's."""
        if not numbers:
            return
        fields = ["sales", "total_amount"]
        rows = await self._stage.tryton.find("account.invoice", [["id", "in", numbers]], fields)
        chains = await self._chains({sale for row in rows for sale in row["sales"]})
        for row in rows:
            chain = next((chains[sale] for sale in row["sales"] if sale in chains), "")
            plan = self._stage.plan(chain)
            if plan is not None and row["total_amount"] > 0:
                self._whose[row["id"]] = (chain, plan)
                self._last.setdefault(row["id"], self._stage.tempo.now())

    def _is_due(self, number: int) -> bool:
        if number not in self._whose:
            return False
        plan = self._whose[number][1]
        if number in self._to_bounce:
            return self._stage.tempo.due(self._last[number], _BOUNCES)
        return bool(plan.instalments) and self._stage.tempo.due(self._last[number], self._instalment(number, plan).days)

    def _instalment(self, number: int, plan: RealPlan) -> Instalment:
        return plan.instalments[min(self._paid[number], len(plan.instalments) - 1)]

    async def _chains(self, sales: set[int]) -> dict[int, str]:
        rows = await self._stage.tryton.find("sale.sale", [["id", "in", sorted(sales)]], ["reference"])
        return {row["id"]: self._stage.keys[row["reference"]] for row in rows if row["reference"] in self._stage.keys}

    async def _see_to(self, row: Row, chain: str, plan: RealPlan) -> None:
        number = row["id"]
        if number in self._to_bounce:
            await self._bounce(number, chain)
        elif row["amount_to_pay"] > 0:
            payment = await self._pay(row, self._instalment(number, plan).share, chain)
            if payment and plan.bounced and chain not in self._stage.bounced:
                self._to_bounce[number] = payment

    async def _pay(self, row: Row, share: int, chain: str) -> str:
        number = row["id"]
        amount = Money.of((row["amount_to_pay"] * share / 100).quantize(Decimal("0.01")), CURRENCY)
        reference = f"{number}/{self._paid[number] + 1}"
        request = RegisterPayment(invoice=str(number), amount=amount, reference=reference)
        try:
            payment: Any = await self._stage.certain("erp.register_payment", request, key_of("pay", reference))
        except BusinessRefusal as no:
            self._stage.memory.refused.append(f"{chain}: {no}")
            return ""
        self._paid[number] += 1
        self._last[number] = self._stage.tempo.now()
        return str(payment.id)

    async def _bounce(self, number: int, chain: str) -> None:
        payment = self._to_bounce[number]
        request = PaymentId(invoice=str(number), payment=payment)
        await self._stage.certain("erp.reverse_payment", request, key_of("bounce", payment))
        del self._to_bounce[number]
        self._stage.bounced.add(chain)
        self._last[number] = self._stage.tempo.now()


async def together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do several things, a few at a time; all are over when this is, then the first error is raised."""
    limit = asyncio.Semaphore(_HANDS)

    async def one(part: Coroutine[Any, Any, None]) -> None:
        async with limit:
            await part

    for ended in await asyncio.gather(*map(one, work), return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended


async def limit_credit(stage: RealStage) -> None:
    """Give the customers of the orders that the plan refuses a credit limit that any order exceeds."""
    orders = {order.number: order.customer.id for order in stage.book.opportunities}
    wanted = {orders[plan.number] for plan in stage.scenario.orders if isinstance(plan, RealPlan) and plan.credit}
    rows = await stage.tryton.find("party.party", [["code", "in", sorted(wanted)]], ["code"])
    if rows:
        numbers = [row["id"] for row in rows]
        await stage.tryton.call("model.party.party.write", numbers, {"credit_limit_amount": Decimal(1)})
