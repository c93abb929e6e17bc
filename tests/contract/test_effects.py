"""What an effect promises, whatever its class: once per key, told apart from refusals, found again by its probe."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from ltc.adapters.sandbox.crm import SandboxCrm
from ltc.adapters.sandbox.directory import SandboxDirectory
from ltc.adapters.sandbox.erp import SandboxErp
from ltc.contract import states_after, states_supply
from ltc.ports import operations as op
from ltc.ports.context import CURRENT_ATTEMPT
from ltc.ports.crm import Crm
from ltc.ports.directory import CustomerDirectory
from ltc.ports.erp import Erp
from ltc.ports.errors import BusinessRefusal, ContractBroken, OutcomeUnknown, Unavailable
from ltc.ports.operations import OPERATIONS, EffectClass
from tests.contract.world import EFFECTS, MAKES_DOCUMENT, SERVED, World, chain, key, line, usd

TWICE = (
    "erp.create_order",
    "erp.register_payment",
    "crm.log_progress",
    "erp.post_down_payment",
    "erp.create_contract",
    "erp.create_dunning",
    "erp.credit_part",
)  # what may well be wanted a second time
every_effect = pytest.mark.parametrize("operation", EFFECTS)


@pytest.mark.parametrize(
    ("port", "adapter"), [(Crm, SandboxCrm), (Erp, SandboxErp), (CustomerDirectory, SandboxDirectory)]
)
def test_port_and_adapter_have_a_method_for_each_operation(port: type, adapter: type) -> None:
    wanted = {operation.method: operation for name, operation in OPERATIONS.items() if name in adapter.ways}
    assert set(adapter.ways) == {name for name in OPERATIONS if name.startswith(f"{adapter.system}.")}
    for method, operation in wanted.items():
        signature = inspect.signature(getattr(port, method))
        assert list(signature.parameters) == ["self", "request", *(["key"] if operation.effect else [])]
        assert list(inspect.signature(getattr(adapter, method)).parameters) == list(signature.parameters)


async def test_systems_serve_what_the_adapters_think(world: World) -> None:
    await world.erp.check()
    await world.crm.check()
    for name in EFFECTS:
        assert world.port(name).effect_class(name) is world.kind


@every_effect
async def test_effect_takes_place_and_its_probe_says_so(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    assert await world.probe(operation, one, request) is None
    done = await world.call(operation, request, one)
    assert isinstance(done, OPERATIONS[operation].gives)
    found = await world.probe(operation, one, request)
    assert found is not None
    assert found.id == done.id
    if not _told_by_state(world, operation):
        assert await world.probe(operation, key(), request) is None
    rows = await world.effects(operation, one)
    assert len(rows) == 1


@every_effect
async def test_second_call_with_the_same_key(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    first = await world.call(operation, request, one)
    if world.kind is EffectClass.A:
        assert await world.call(operation, request, one) == first
        assert len(await world.effects(operation, one)) == 1
    elif operation in TWICE:  # nothing but the protocol above the adapter keeps class C from two of them
        second = await world.call(operation, request, one)
        assert second.id != first.id
        with pytest.raises(ContractBroken, match="2 times under one key"):
            await world.probe(operation, one, request)
    elif operation == "customer.ensure":  # the customer is there: once more finds it
        assert await world.call(operation, request, one) == first
        assert len(await world.effects(operation, one)) == 1
    elif operation in ("erp.agree_terms", "erp.reprice_contract"):  # what is agreed is set anew
        assert (await world.call(operation, request, one)).id == first.id
    elif operation in ("erp.update_order", "erp.amend_order"):  # it sets lines absolutely: once more changes nothing
        assert (await world.call(operation, request, one)).lines == first.lines
        assert await world.probe(operation, one, request) is not None
    else:
        with pytest.raises(BusinessRefusal):
            await world.call(operation, request, one)


async def test_key_with_another_body_is_refused(world: World) -> None:
    one = key()
    await world.erp.create_order(op.CreateOrder(customer="C1", lines=[line()]), one)
    other = op.CreateOrder(customer="C1", lines=[line(quantity=9)])
    if world.kind is EffectClass.A:
        with pytest.raises(BusinessRefusal) as refused:
            await world.erp.create_order(other, one)
        assert refused.value.reason == "key_reused"
    assert len(await world.effects("erp.create_order", one)) == 1


@every_effect
@pytest.mark.parametrize(("fault", "said"), [("lost_reply", "no answer to"), ("5xx_after", "failed inside")])
async def test_effect_without_an_answer_is_found(world: World, operation: str, fault: str, said: str) -> None:
    request, one = await world.ready(operation), key()
    with chain(f"{fault}:{operation}"), pytest.raises(OutcomeUnknown, match=said):
        await world.call(operation, request, one)
    found = await world.probe(operation, one, request)
    assert isinstance(found, OPERATIONS[operation].gives)
    assert len(await world.effects(operation, one)) == 1


@every_effect
async def test_failure_before_the_effect_is_unknown_and_found_absent(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    with chain(f"5xx_before:{operation}"):
        with pytest.raises(OutcomeUnknown):
            await world.call(operation, request, one)
        assert await world.probe(operation, one, request) is None
        await world.call(operation, request, one)
    assert await world.probe(operation, one, request) is not None


@every_effect
async def test_refusal_has_a_reason_and_no_effect(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    with chain(f"refuse:{operation}"), pytest.raises(BusinessRefusal) as refused:
        await world.call(operation, request, one)
    assert refused.value.reason == "planned"
    assert await world.probe(operation, one, request) is None
    assert await world.effects(operation, one) == []


@every_effect
async def test_busy_system_says_when_to_come_back(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    with chain(f"busy:{operation}"), pytest.raises(Unavailable) as away:
        await world.call(operation, request, one)
    assert away.value.retry_after == 7
    assert await world.probe(operation, one, request) is None


@every_effect
async def test_late_commit_is_absent_until_it_lands(world: World, operation: str) -> None:
    request, one = await world.ready(operation), key()
    with chain(f"late_commit:{operation}"), pytest.raises(OutcomeUnknown):
        await world.call(operation, request, one)
    assert await world.probe(operation, one, request) is None
    assert (await world.http(operation).get("/faults/counts")).json()["late_commits_pending"] == 1
    landed = await world.http(operation).post(f"/barriers/{operation}/release")
    assert landed.json() == {"released": 1}
    assert await world.probe(operation, one, request) is not None
    assert len(await world.effects(operation, one)) == 1


async def test_late_commit_meets_its_own_retry(world: World) -> None:
    """The race that search-before-create loses: class A is safe, class C is safe only after the settle time."""
    operation = "erp.create_order"
    rule_chain = f"retry:{operation}"
    request, one = await world.ready(operation), key()
    with chain(rule_chain):
        with pytest.raises(OutcomeUnknown):
            await world.call(operation, request, one)
        await world.call(operation, request, one)
    await world.at_erp.post("/barriers/race/release")
    assert len(await world.effects(operation, one)) == (1 if world.kind is EffectClass.A else 2)


async def test_silent_system_is_unknown_after_the_timeout(world: World) -> None:
    impatient = SandboxErp(str(world.at_erp.base_url), timeout=0.2, classes=dict.fromkeys(EFFECTS, world.kind))
    request, one = await world.ready("erp.confirm_order"), key()
    with chain("timeout:erp.confirm_order"):
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            await impatient.confirm_order(request, one)
        assert time.monotonic() - started >= 0.2
    assert await impatient.probe("erp.confirm_order", one, request) is None
    await impatient.aclose()


@pytest.mark.parametrize("operation", sorted(name for name in EFFECTS if OPERATIONS[name].inverse))
async def test_inverse_undoes_and_says_what(world: World, operation: str) -> None:
    request, one, back = await world.ready(operation), key(), key()
    done = await world.call(operation, request, one)
    inverse = OPERATIONS[operation].inverse
    undo: dict[str, Callable[[Any], BaseModel]] = {
        **states_supply.UNDO, **states_after.UNDO,
        "crm.reopen_lead": lambda _: request,
        "crm.set_stage": lambda done: op.SetStage(opportunity=done.id, stage="qualified"),
        "erp.cancel_order": lambda done: op.OrderId(order=done.id),
        "erp.unconfirm_order": lambda done: op.OrderId(order=done.id),
        "erp.cancel_delivery": lambda done: op.DeliveryId(delivery=done.id),
        "erp.credit_note": lambda done: op.InvoiceId(invoice=done.id),
        "erp.receive_return": lambda done: op.OrderId(order=done.order),
        "erp.reverse_payment": lambda done: op.PaymentId(invoice=done.invoice, payment=done.id),
    }  # fmt: skip
    wish = undo[inverse](done)
    await world.call(inverse, wish, back)
    assert await world.probe(inverse, back, wish) is not None
    (row,) = await world.effects(inverse, back)
    (undone,) = await world.effects(operation, one)
    if operation == "erp.confirm_purchase":  # what is taken back is the purchase order, confirmed or not
        assert row["undo_of"]
    else:
        assert row["undo_of"] == undone["seq"]


@pytest.mark.parametrize("operation", sorted(set(SERVED) - {"crm.create_lead", "customer.ensure"}))
async def test_unknown_document_is_refused(world: World, operation: str) -> None:
    with pytest.raises(BusinessRefusal) as refused:
        await world.call(operation, world.missing(operation), key())
    assert refused.value.reason in ("not_found", "unknown_customer")
    assert refused.value.document


async def test_reads(world: World) -> None:
    delivery = await world.delivered(line(quantity=2, price=500))
    status = await world.erp.watch_shipments(op.OrderId(order=delivery.order))
    assert (status.order.shipped, [one.id for one in status.deliveries]) == (2, [delivery.id])
    assert (await world.erp.get_order(op.OrderId(order=delivery.order))).status == "shipped"
    invoice = await world.erp.post_invoice(op.DeliveryId(delivery=delivery.id), key())
    await world.post("/bank/payments", {"allocations": [{"invoice": invoice.id, "minor": 400}]})
    paid = await world.erp.watch_payments(op.InvoiceId(invoice=invoice.id))
    assert (paid.invoice.open, [one.amount for one in paid.payments]) == (usd(600), [usd(400)])
    assert not (await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).settled
    rate = await world.erp.exchange_rate(op.Currencies(source="EUR", target="USD"))
    assert str(rate.rate) == "1.08"
    buyer = await world.directory.resolve(op.ResolveCustomer(customer={"id": "CRM1", "name": "Buyer"}))
    assert (buyer.erp_id, buyer.crm_id) == ("C1", "CRM1")
    number = await world.opportunity()
    assert (await world.crm.get_opportunity(op.OpportunityId(opportunity=number))).stage == "won"


async def test_many_at_once_with_one_key(world: World) -> None:
    request, one = await world.ready("erp.confirm_order"), key()
    answers = await asyncio.gather(
        *(world.call("erp.confirm_order", request, one) for _ in range(8)), return_exceptions=True
    )
    done = [answer for answer in answers if not isinstance(answer, BusinessRefusal)]
    assert len(await world.effects("erp.confirm_order", one)) == 1
    assert len(done) == (8 if world.kind is EffectClass.A else 1)


async def test_index_may_lag_and_listings_are_long(world: World) -> None:
    """The second read path goes through every page of a customer's orders."""
    if world.kind is EffectClass.A:
        pytest.skip("class A is probed by its key")
    await world.post("/setup", {"customers": [{"id": "C9", "name": "Busy", "crm_id": "CRM9", "currency": "USD"}]})
    request, one = op.CreateOrder(customer="C9", lines=[line()]), key()
    for number in range(203):
        last = await world.erp.create_order(request, one if number == 201 else key())
    found = await world.probe("erp.create_order", one, request)
    assert found is not None
    assert found.id != last.id
    searched = (await world.at_erp.get("/orders", params={"reference": one})).json()["items"]
    assert len(searched) == (0 if world.lags else 1)


async def test_chain_and_attempt_reach_the_record_of_effects(world: World) -> None:
    request, one = await world.ready("erp.confirm_order"), f"{key()} 100% ключ"
    token = CURRENT_ATTEMPT.set(4)
    with chain("lead_to_cash:商机/7 é\n"):
        await world.call("erp.confirm_order", request, one)
    CURRENT_ATTEMPT.reset(token)
    (row,) = await world.effects("erp.confirm_order", one)
    assert (row["chain"], row["attempt"]) == ("lead_to_cash:商机/7 é\n", 4)
    assert await world.probe("erp.confirm_order", one, request) is not None


def test_every_document_maker_is_searched_by_reference() -> None:
    assert {name for name, way in SandboxErp.ways.items() if way.found_in} == set(MAKES_DOCUMENT)
    assert {name for name, way in SandboxCrm.ways.items() if way.found_in} == {"crm.create_lead", "crm.log_progress"}


def _told_by_state(world: World, operation: str) -> bool:
    """Without keys a customer is there or not, whoever made it."""
    return operation == "customer.ensure" and world.kind is EffectClass.C
