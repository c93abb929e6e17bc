"""Customers, rates and currencies of K3Cloud."""

import pytest

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken
from tests.contract.kingdee.conftest import World, key


async def test_customers(world: World) -> None:
    found = await world.customer.resolve(op.ResolveCustomer(customer=d.CustomerRef(id="C1", name="Buyer")))
    assert (found.erp_id, found.crm_id, found.currency) == ("C1", "C1", "CNY")
    with pytest.raises(BusinessRefusal) as refused:
        await world.customer.resolve(op.ResolveCustomer(customer=d.CustomerRef(id="C9", name="Nobody")))
    assert refused.value.reason == "unknown_customer"
    card = d.CustomerCard(id="C8", name="New Ltd", phone="+8613800000000", city="Foshan", country="CN")
    made = await world.customer.ensure(op.EnsureCustomer(customer=card, currency="USD"), key())
    assert (made.erp_id, made.currency) == ("C8", "USD")
    again = await world.customer.ensure(op.EnsureCustomer(customer=card, currency="USD"), key())
    assert (again, world.took("Save", "BD_Customer")) == (made, 1)
    blocked = card.model_copy(update={"id": "C3"})
    with pytest.raises(BusinessRefusal) as refused:
        await world.customer.ensure(op.EnsureCustomer(customer=blocked, currency="CNY"), key())
    assert refused.value.reason == "blocked_customer"


async def test_rate_and_currencies(world: World) -> None:
    rate = await world.erp.exchange_rate(op.Currencies(source="USD", target="CNY"))
    assert str(rate.rate) == "7.1"
    assert (await world.erp.exchange_rate(op.Currencies(source="CNY", target="CNY"))).rate == 1
    order = await world.draft()
    world.system.all("SAL_SaleOrder")[0].head["fsettlecurrid.fnumber"] = "PRE999"
    with pytest.raises(ContractBroken, match="no currency"):
        await world.erp.get_order(op.OrderId(order=order.id))


async def test_a_customer_that_is_refused_leaves_nothing(world: World) -> None:
    card = d.CustomerCard(id="C7", name="New Ltd")
    world.server.trouble("Submit", "msgcode", form="BD_Customer", code=11)
    with pytest.raises(BusinessRefusal):
        await world.customer.ensure(op.EnsureCustomer(customer=card, currency="CNY"), key())
    assert "C7" not in world.system.bills["bd_customer"]
