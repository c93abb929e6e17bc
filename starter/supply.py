"""The supply of the demonstration: how much the sandbox ERP's stock is refilled, so that about 15 % of orders wait."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from ltc.model.documents import Opportunity
from starter.orderbook import Product

EVERY_HOURS = 48.0  # virtual hours between two deliveries of the suppliers
RELEASED = 1.0  # virtual hours from the sending of an order to its release, as measured
PICKED = 22.0  # virtual hours from there until the warehouse has picked it, as measured: its nights are in them
BACK_ORDERS = 0.15
_LOTS = (*range(10), *range(10, 40, 2), *range(40, 130, 4))


@dataclass(frozen=True)
class Supply:
    """A schedule: each round brings every product up to ``lot`` pieces, and what released orders lack."""

    lot: int
    back_orders: int
    every_hours: float = EVERY_HOURS


def plan(orders: list[Opportunity], products: dict[str, Product], hours: float, seed: int) -> Supply:
    """Return the schedule under which the share of orders that find too little stock is nearest to 15 %.

    Args:
        orders: those that are shipped, in the order they are sent.
        products: with their stock on the first day.
        hours: virtual hours over which the orders are sent.
        seed: the one that the ERP gets.
    """
    found = [Supply(lot, _simulate(orders, products, hours, lot, seed)) for lot in _LOTS]
    return min(found, key=lambda supply: abs(supply.back_orders - BACK_ORDERS * len(orders)))


def _simulate(orders: list[Opportunity], products: dict[str, Product], hours: float, lot: int, seed: int) -> int:
    """Count the orders that find too little stock when they are picked, evenly over the hours."""
    store = _Store({product.id: product.stock for product in products.values()})
    short = 0
    for _, _, what, number in _happenings(len(orders), hours):
        if what == "round":
            store.refill(lot, number, seed)
        elif what == "release":
            store.release(number, orders[number])
        else:
            short += not store.pick(number)
    return short


def _happenings(orders: int, hours: float) -> list[tuple[float, int, str, int]]:
    """Return, in turn, when each order is released and picked and when the suppliers come."""
    rounds = int((hours + RELEASED + PICKED) / EVERY_HOURS) + 1
    found = [(EVERY_HOURS * number, 0, "round", number) for number in range(rounds)]
    for number in range(orders):
        released = hours * number / orders + RELEASED
        found += [(released, 1, "release", number), (released + PICKED, 2, "pick", number)]
    return sorted(found)


class _Store:
    """Stock, and what released orders still lack, as the sandbox ERP counts them."""

    def __init__(self, stock: dict[str, int]) -> None:
        self._stock = stock
        self._open: dict[int, Counter[str]] = {}
        self._waiting: list[int] = []

    def release(self, number: int, order: Opportunity) -> None:
        """Count an order among those that wait for goods."""
        wanted = self._open[number] = Counter[str]()
        for line in order.lines:
            wanted[line.product] += line.quantity

    def pick(self, number: int) -> bool:
        """Take what is there; tell whether it was all. What was not there goes out with the next round."""
        wanted = self._open.pop(number)
        for product in list(wanted):
            taken = min(self._stock[product], wanted[product])
            self._stock[product] -= taken
            wanted[product] -= taken
        left = Counter({product: quantity for product, quantity in wanted.items() if quantity})
        if left:
            self._open[number] = left
            self._waiting.append(number)
        return not left

    def refill(self, lot: int, number: int, seed: int) -> None:
        """Bring each product up to all that is open, and a seeded lot; what was waiting goes out at once."""
        demand = Counter[str]()
        for wanted in self._open.values():
            demand.update(wanted)
        for product, stock in self._stock.items():
            mixed = hashlib.sha256(f"{seed}/{product}/{number}".encode()).digest()
            self._stock[product] += int.from_bytes(mixed[:8], "big") % (lot + 1) + max(0, demand[product] - stock)
        waiting, self._waiting = self._waiting, []
        for order in waiting:
            self.pick(order)
