"""Lost answers, dropped calls and late commits at every step of every operation; K3Cloud's MsgCodes; sessions."""

from collections import Counter
from typing import Any

import pytest
from pydantic import BaseModel

from ltc.adapters.kingdee import ADAPTER
from ltc.ports import operations as op
from ltc.ports.errors import (
    BusinessRefusal,
    ContractBroken,
    Misconfigured,
    OutcomeUnknown,
    PortError,
    Unavailable,
)
from ltc.ports.operations import OPERATIONS
from tests.contract.kingdee.conftest import World, key, line

STEPS = {
    "customer.ensure": ("Save", "Submit", "Audit"),
    "erp.create_order": ("Save",),
    "erp.update_order": ("Save",),
    "erp.cancel_order": ("ExcuteOperation",),
    "erp.confirm_order": ("Submit", "Audit"),
    "erp.unconfirm_order": ("UnAudit",),
    "erp.release_delivery": ("Save", "Submit", "Audit"),
    "erp.cancel_delivery": ("UnAudit", "ExcuteOperation"),
    "erp.ship_delivery": ("Save", "Submit", "Audit"),
    "erp.receive_return": ("Save", "Submit", "Audit"),
    "erp.post_invoice": ("Save", "Submit", "Audit"),
    "erp.credit_note": ("Save", "Submit", "Audit"),
    "erp.register_payment": ("Save", "Submit", "Audit"),
    "erp.reverse_payment": ("UnAudit", "ExcuteOperation"),
}
EVERY_STEP = [(name, step) for name, steps in STEPS.items() for step in range(len(steps))]
ORDER = op.CreateOrder(customer="C1", lines=[line()])


def effects(world: World, since: int) -> Counter[tuple[str, str, str]]:
    return Counter((one.service, one.form, one.number) for one in world.system.effects[since:])


async def probed(world: World, operation: str, one: str, request: BaseModel) -> Any:
    """Probe; "unfinished" when K3Cloud cannot say."""
    try:
        return await world.probe(operation, one, request)
    except Unavailable as unfinished:
        return "unfinished" if "retry the step" in str(unfinished) else unfinished


def test_every_effect_is_here() -> None:
    carried = {*ADAPTER.ports["erp"].classes, *ADAPTER.ports["customer"].classes}  # type: ignore[attr-defined]
    assert carried == set(STEPS)


@pytest.mark.parametrize("operation", sorted(STEPS))
async def test_steps_are_taken_in_order_and_a_second_call_takes_none(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    if operation not in ("erp.unconfirm_order",):
        assert await world.probe(operation, one, request) is None
    before = len(world.server.calls)
    first = await world.call(operation, request, one)
    asked = [service for service, _ in world.server.calls[before:] if service != "ExecuteBillQuery"]
    assert asked == list(STEPS[operation])
    assert isinstance(first, OPERATIONS[operation].gives)
    assert await world.probe(operation, one, request) == first
    since = len(world.system.effects)
    again = await world.call(operation, request, one)
    if operation != "erp.update_order":  # it sets lines absolutely: once more changes nothing but the date
        assert (again, effects(world, since)) == (first, Counter())


@pytest.mark.parametrize(("operation", "step"), EVERY_STEP)
@pytest.mark.parametrize("fault", ["lost", "dropped"])
async def test_an_answer_lost_at_any_step(world: World, operation: str, step: int, fault: str) -> None:
    request, one = await world.ready(operation), key()
    since = len(world.system.effects)
    world.server.trouble("*", fault, skip=step)
    with pytest.raises(OutcomeUnknown):
        await world.call(operation, request, one)
    told = await probed(world, operation, one, request)
    done = step if fault == "dropped" else step + 1
    assert len(effects(world, since)) == done
    if done == len(STEPS[operation]):
        assert isinstance(told, OPERATIONS[operation].gives)
    elif operation != "erp.unconfirm_order":
        assert told in (None, "unfinished")
        assert told == "unfinished" or done == 0 or OPERATIONS[operation].name in _BY_STATE
    result = await world.call(operation, request, one)
    assert isinstance(result, OPERATIONS[operation].gives)
    took = effects(world, since)
    if not (operation == "erp.update_order" and fault == "lost"):
        assert set(took.values()) == {1}
    assert Counter(service for service, _, _ in took) == Counter(_named(STEPS[operation]))
    assert await world.probe(operation, one, request) is not None


_BY_STATE = ("erp.confirm_order", "erp.cancel_delivery", "erp.reverse_payment", "erp.cancel_order", "erp.update_order")


def _named(steps: tuple[str, ...]) -> list[str]:
    return ["Cancel" if step == "ExcuteOperation" else step for step in steps]


@pytest.mark.parametrize(("operation", "step"), EVERY_STEP)
async def test_a_step_that_lands_late(world: World, operation: str, step: int) -> None:
    """It lands after the retry is through: K3Cloud refuses it, by the number or by the state."""
    request, one = await world.ready(operation), key()
    since = len(world.system.effects)
    world.server.trouble("*", "late", skip=step)
    with pytest.raises(OutcomeUnknown):
        await world.call(operation, request, one)
    assert await probed(world, operation, one, request) in (None, "unfinished") or operation == "erp.unconfirm_order"
    result = await world.call(operation, request, one)
    landed = world.server.release()
    assert landed == (1 if operation == "erp.update_order" else 0)
    if operation != "erp.update_order":
        assert set(effects(world, since).values()) == {1}
        assert await world.probe(operation, one, request) == result


@pytest.mark.parametrize(("operation", "step"), EVERY_STEP)
async def test_a_step_that_lands_before_the_retry(world: World, operation: str, step: int) -> None:
    request, one = await world.ready(operation), key()
    since = len(world.system.effects)
    world.server.trouble("*", "late", skip=step)
    with pytest.raises(OutcomeUnknown):
        await world.call(operation, request, one)
    assert world.server.release() == 1
    await world.call(operation, request, one)
    if operation != "erp.update_order":
        assert set(effects(world, since).values()) == {1}


async def test_a_save_that_lands_between_looking_and_saving(world: World) -> None:
    """The number is taken by the time we save: what is there is fetched and compared, nothing is made twice."""
    one = key()
    world.server.trouble("Save", "late")
    with pytest.raises(OutcomeUnknown):
        await world.erp.create_order(ORDER, one)
    world.server.trouble("ExecuteBillQuery", "empty")
    world.server.release()
    order = await world.erp.create_order(ORDER, one)
    assert (order.status, world.took("Save", "SAL_SaleOrder")) == ("draft", 1)


@pytest.mark.parametrize("status", ["A", "B", "C", "D"])
@pytest.mark.parametrize("operation", ["erp.cancel_delivery", "erp.reverse_payment"])
async def test_inverse_from_each_state(world: World, operation: str, status: str) -> None:
    request: Any = await world.ready(operation)
    number = getattr(request, "payment", None) or request.delivery
    form = "AR_RECEIVEBILL" if operation == "erp.reverse_payment" else "SAL_DELIVERYNOTICE"
    bill = world.system.bills[form.lower()][number]
    bill.status, bill.before = status, "A"
    await world.call(operation, request, key())
    assert bill.void
    wanted = {"A": [], "B": ["CancelAssign"], "C": ["UnAudit"], "D": []}[status]
    assert [one.service for one in world.system.effects if one.number == number][-1 - len(wanted) :] == [
        *wanted, "Cancel",
    ]  # fmt: skip


async def test_a_submitted_order_is_cancelled_and_unconfirmed(world: World) -> None:
    for undo in (world.erp.cancel_order, world.erp.unconfirm_order):
        order = await world.draft()
        world.system.do("Submit", "SAL_SaleOrder", {"Numbers": [order.id]})
        assert (await undo(op.OrderId(order=order.id), key())).status in ("cancelled", "draft")
        assert world.took("CancelAssign", number=order.id) == 1


async def test_a_refusal_whose_clearing_up_breaks_off_is_taken_up(world: World) -> None:
    release, one = await world.released(line(product="P2", quantity=2)), key()
    ship = op.ShipDelivery(delivery=release.id)
    world.server.trouble("Audit", "late", form="SAL_OUTSTOCK")
    with pytest.raises(OutcomeUnknown):
        await world.erp.ship_delivery(ship, one)
    world.system.stock["P2"] -= 3
    world.server.trouble("Delete", "lost")
    with pytest.raises(OutcomeUnknown):
        await world.erp.ship_delivery(ship, one)
    assert (world.server.release(), world.system.all("SAL_OUTSTOCK")) == (0, [])
    world.system.stock["P2"] -= 1
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.ship_delivery(ship, one)
    assert refused.value.reason == "out_of_stock"


async def test_a_lock_is_waited_for(world: World) -> None:
    order = await world.draft()
    world.system.locked.add(order.id)
    with pytest.raises(Unavailable, match="lock") as away:
        await world.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    assert away.value.retry_after == 3.0
    world.system.locked.clear()
    assert (await world.erp.confirm_order(op.ConfirmOrder(order=order.id), key())).status == "confirmed"


@pytest.mark.parametrize(
    ("code", "error", "read_error"),
    [
        (1, Misconfigured, Misconfigured), (2, Misconfigured, Misconfigured), (3, ContractBroken, ContractBroken),
        (4, OutcomeUnknown, Unavailable), (5, ContractBroken, ContractBroken), (6, OutcomeUnknown, Unavailable),
        (7, Misconfigured, Misconfigured), (8, ContractBroken, ContractBroken), (11, BusinessRefusal, None),
        (12, BusinessRefusal, None), (13, Unavailable, Unavailable), (14, Unavailable, Unavailable),
        (15, Misconfigured, Misconfigured), (99, OutcomeUnknown, Unavailable), (0, OutcomeUnknown, Unavailable),
    ],
)  # fmt: skip
async def test_msgcodes(world: World, code: int, error: type[PortError], read_error: type[PortError] | None) -> None:
    world.server.trouble("Save", "msgcode", code=code)
    with pytest.raises(error) as failed:
        await world.erp.create_order(ORDER, key())
    if code == 14:
        assert failed.value.retry_after == 30.0  # type: ignore[attr-defined]
    if read_error is not None:
        world.server.trouble("ExecuteBillQuery", "msgcode", code=code)
        with pytest.raises(read_error):
            await world.erp.get_order(op.OrderId(order="X"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("html", ContractBroken), ("response_error", OutcomeUnknown), ("convert", ContractBroken),
        ("no_document", ContractBroken), ("not_allowed", Misconfigured), ("odd", ContractBroken),
    ],
)  # fmt: skip
async def test_nonsense_is_told_with_its_evidence(world: World, answer: str, error: type[PortError]) -> None:
    world.server.trouble("Save", answer)
    with pytest.raises(error) as failed:
        await world.erp.create_order(ORDER, key())
    if error is ContractBroken:
        assert failed.value.evidence  # type: ignore[attr-defined]


@pytest.mark.parametrize("answer", ["html", "odd", "short_row", "no_rows"])
async def test_a_query_that_answers_nonsense(world: World, answer: str) -> None:
    order = await world.draft()
    world.server.trouble("ExecuteBillQuery", answer)
    with pytest.raises(ContractBroken):
        await world.erp.get_order(op.OrderId(order=order.id))


async def test_repeated_json_is_told_from_a_repeated_number(world: World) -> None:
    """After its document was deleted, ValidateRepeatJson would refuse the same JSON for good."""
    one = key()
    order = await world.erp.create_order(ORDER, one)
    world.system.do("Delete", "SAL_SaleOrder", {"Numbers": [order.id]})
    assert (await world.erp.create_order(ORDER, one)).id == order.id


async def test_amounts_that_k3cloud_works_out_differently_are_held(world: World) -> None:
    odd = line().model_copy(update={"net": line().net.model_copy(update={"minor": 2999})})
    with pytest.raises(ContractBroken, match="other amounts"):
        await world.erp.create_order(op.CreateOrder(customer="C1", lines=[odd]), key())
