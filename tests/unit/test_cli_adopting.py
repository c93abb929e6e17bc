"""Documents that operators supply: checked against what the step would have left, or read by their id."""

from typing import Any

import pytest

from ltc.cli import adopting
from ltc.cli.exits import BadUsageError, NotFoundError
from ltc.model.documents import Order
from ltc.model.money import Money
from ltc.ports.errors import BusinessRefusal
from ltc.ports.operations import OrderId, Registry

REGISTRY = Registry()
USD = Money(minor=100, currency="USD")
ORDER = Order(id="SO1", customer="C-1", lines=[], net=USD, tax=USD, gross=USD, status="draft", ordered=1)


class Erp:
    """Holds one order."""

    async def get_order(self, request: OrderId) -> Order:
        if request.order != "SO1":
            raise BusinessRefusal("not_found", "no such order")
        return ORDER


async def whole(given: dict[str, Any], operation: str) -> dict[str, Any]:
    return await adopting.whole(given, REGISTRY.operations[operation], REGISTRY, {"erp": Erp()})


async def test_an_id_alone_is_read_from_its_system():
    assert await whole({"id": "SO1"}, "erp.create_order") == ORDER.model_dump(mode="json")


@pytest.mark.parametrize("identity", ["SO9", "", "x" * 65])
async def test_an_id_that_the_system_does_not_know_is_not_found(identity):
    with pytest.raises(NotFoundError, match="the erp has no Order"):
        await whole({"id": identity}, "erp.create_order")


async def test_a_whole_document_is_taken_as_it_is():
    given = ORDER.model_dump(mode="json")
    assert await whole(given, "erp.confirm_order") == given


@pytest.mark.parametrize(
    ("given", "operation", "said"),
    [
        ({"id": "SO1", "status": "draft"}, "erp.create_order", "customer: Field required; give a whole Order, or"),
        ({"id": "SO1", "colour": "red"}, "erp.create_order", "give a whole Order"),
        ({"id": "RL1"}, "erp.release_delivery", "give a whole Release$"),
    ],
)
async def test_half_a_document_is_refused_with_its_field(given, operation, said):
    with pytest.raises(BadUsageError, match=said):
        await whole(given, operation)


def test_only_a_read_of_the_same_kind_and_system_reads_a_document():
    by = {name: adopting.reader_of(REGISTRY.operations[name], REGISTRY) for name in REGISTRY.operations}
    assert by["erp.create_order"].name == "erp.get_order"
    assert by["erp.post_invoice"].name == "erp.get_invoice"
    assert by["crm.qualify_lead"] is None
