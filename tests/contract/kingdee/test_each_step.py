"""At each step of each operation: K3Cloud refuses it (HTTP 200, IsSuccess false), or has forgotten our session."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from ltc.adapters.kingdee import ADAPTER
from ltc.ports.errors import BusinessRefusal
from ltc.ports.operations import OPERATIONS
from tests.contract.kingdee.conftest import World, key
from tests.contract.kingdee.test_faults import EVERY_STEP, STEPS, effects

MAKES = {name for name, steps in STEPS.items() if steps[0] == "Save" and name != "erp.update_order"}


@pytest.mark.parametrize(("operation", "step"), EVERY_STEP)
async def test_a_refusal_leaves_nothing_half_made_and_may_be_asked_again(
    world: World, operation: str, step: int
) -> None:
    request, one = await world.ready(operation), key()
    bills = {form: sorted(found) for form, found in world.system.bills.items()}
    since = len(world.system.effects)
    world.server.trouble("*", "msgcode", code=11, skip=step)
    with pytest.raises(BusinessRefusal) as refused:
        await world.call(operation, request, one)
    assert "意外的错误" in str(refused.value)
    if operation in MAKES:  # what was saved before the refusal is deleted again
        assert {form: sorted(found) for form, found in world.system.bills.items() if found} == {
            form: found for form, found in bills.items() if found
        }
        assert await world.probe(operation, one, request) is None
    result = await world.call(operation, request, one)
    assert isinstance(result, OPERATIONS[operation].gives)
    took = Counter(service for service, _, _ in effects(world, since).elements())
    assert took["Save"] - took["Delete"] == ("Save" in STEPS[operation])
    assert took["Audit"] == ("Audit" in STEPS[operation])
    if operation != "erp.unconfirm_order":
        assert await world.probe(operation, one, request) == result


@pytest.mark.parametrize(("operation", "step"), EVERY_STEP)
async def test_a_session_that_ends_midway_is_opened_again_and_no_step_is_taken_twice(
    world: World, operation: str, step: int
) -> None:
    request, one = await world.ready(operation), key()
    since = len(world.system.effects)
    world.server.signed = False
    options = {**world.connection.options, "auth": "app"}
    port: Any = ADAPTER.connect(operation.split(".")[0], replace(world.connection, options=options))
    world.opened.append(port)
    world.server.trouble("*", "msgcode", code=1, skip=step)
    result = await getattr(port, OPERATIONS[operation].method)(request, one)
    assert isinstance(result, OPERATIONS[operation].gives)
    assert world.server.logins == 2
    took = effects(world, since)
    assert set(took.values()) == {1}
    assert sum(took.values()) == len(STEPS[operation])
