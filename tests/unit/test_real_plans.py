"""The scenario of the demonstration on real systems: fixed before the run, cast from the book, every kind in it."""

from collections import Counter

import pytest

from starter.orderbook import load
from starter.real.plans import KINDS, ORDERS, cast, read
from starter.scenario import ScenarioError


def test_the_file_is_what_the_seed_casts() -> None:
    assert read() == cast(load())


def test_every_kind_is_planned_and_sixty_orders_are_told() -> None:
    scenario = read()
    planned = {kind for order in scenario.orders for kind in order.kinds}
    assert len({order.number for order in scenario.orders}) == ORDERS
    assert planned >= set(KINDS)
    assert sorted(order.rank for order in scenario.orders) == list(range(ORDERS))


def test_a_customer_whose_credit_is_limited_has_no_other_order() -> None:
    customers = {order.number: order.customer.id for order in load().opportunities}
    orders = Counter(customers[order.number] for order in read().orders)
    assert [orders[customers[order.number]] for order in read().orders if order.credit] == [1] * 5


def test_a_beginning_of_the_ranking_holds_every_story() -> None:
    assert len({order.story for order in read().subset(14).orders}) == 14
    with pytest.raises(ScenarioError, match="1 to 60"):
        read().subset(61)
