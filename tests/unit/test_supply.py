"""The supply of the demonstration: about 15 % of the orders that are shipped find too little stock."""

import pytest

from starter import orderbook, scenario, supply


@pytest.mark.parametrize(("orders", "days"), [(830, 60.0), (200, 30.0), (60, 15.0)])
def test_about_fifteen_percent_wait_for_goods(orders: int, days: float) -> None:
    book = orderbook.load()
    known = {order.number: order for order in book.opportunities}
    chosen = scenario.read().subset(orders)
    shipped = [known[plan.number] for plan in chosen.in_turn() if plan.outcome not in ("lost", "rejected")]
    found = supply.plan(shipped, book.products, days * 24, chosen.seed)
    assert 0.10 <= found.back_orders / len(shipped) <= 0.20
    # No supplier at all would leave more waiting, plenty none: the schedule is what decides.
    assert supply._simulate(shipped, book.products, days * 24, 0, chosen.seed) > found.back_orders
    assert supply._simulate(shipped, book.products, days * 24, 5_000, chosen.seed) < found.back_orders
