"""The supply of the demonstration: how much the sandbox ERP's stock is refilled, so that about 15 % of orders wait."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from ltc.model.documents import Opportunity
from starter.orderbook import Product

EVERY_HOURS = 48.0  # virtual hours between two deliveries of the suppliers
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
        orders: in the order they are sent.
        products: with their stock on the first day.
        hours: virtual hours over which the orders are sent.
        seed: the one that the ERP gets.
    """
    found = [Supply(lot, _simulate(orders, products, hours, lot, seed)) for lot in _LOTS]
    return min(found, key=lambda supply: abs(supply.back_orders - BACK_ORDERS * len(orders)))


def _simulate(orders: list[Opportunity], products: dict[str, Product], hours: float, lot: int, seed: int) -> int:
    """Count the orders that find too little stock when shipped in turn, evenly over the hours."""
    stock = {product.id: product.stock for product in products.values()}
    lacking: Counter[str] = Counter()
    short, number = 0, 0
    for index, order in enumerate(orders):
        while number < int(hours * index / len(orders) / EVERY_HOURS):
            _refill(stock, lacking, lot, number, seed)
            number += 1
        wanted = Counter[str]()
        for line in order.lines:
            wanted[line.product] += line.quantity
        short += any(stock[product] < quantity for product, quantity in wanted.items())
        for product, quantity in wanted.items():
            taken = min(stock[product], quantity)
            stock[product] -= taken
            lacking[product] += quantity - taken
    return short


def _refill(stock: dict[str, int], lacking: Counter[str], lot: int, number: int, seed: int) -> None:
    """One round: what is lacking comes and goes out at once; the seeded lot stays."""
    lacking.clear()
    for product in stock:
        mixed = hashlib.sha256(f"{seed}/{product}/{number}".encode()).digest()
        stock[product] += int.from_bytes(mixed[:8], "big") % (lot + 1)
