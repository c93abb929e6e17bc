"""Behaviours of documents over time, and what must never be said anywhere."""

from __future__ import annotations

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench
from ltc.contract.outcome import Broken, NotHere, require
from ltc.ports import operations as op
from ltc.ports.errors import Misconfigured
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.ports.systems import System


async def reads(bench: Bench, operation: str) -> None:
    """A read gives what its type says."""
    request = await bench.rig.ready(bench, operation)
    gives = OPERATIONS[operation].gives
    found = await bench.call(operation, request)
    require(isinstance(found, gives), f"gave {type(found).__name__}", f"return a {gives.__name__}")


async def stale_version(bench: Bench, _: str) -> None:
    """A document's version rises with each change, and a read after the change sees it."""
    for needed in ("erp.get_order", "erp.create_order", "erp.confirm_order"):
        if not bench.carries(needed):
            raise NotHere(f"needs {needed}")
    request = await bench.rig.ready(bench, "erp.confirm_order")
    order = op.OrderId(order=str(getattr(request, "order", "")))
    before = await bench.call("erp.get_order", order)
    await bench.call("erp.confirm_order", request)
    after = await bench.call("erp.get_order", order)
    require(
        after.version > before.version,
        f"the order's version was {before.version} before it was confirmed and is {after.version} after",
        "derive the version from what rises with each change: a write counter, a time of change in microseconds",
    )
    require(after.status != before.status, f"its status is still {after.status}", "read the state, never cache it")


async def amounts(bench: Bench, _: str) -> None:
    """Quantities and amounts survive the way through the system to the cent."""
    if not isinstance(bench.rig, BaseRig) or not bench.carries("erp.create_order"):
        raise NotHere("needs erp.create_order and a rig with samples")
    order = await bench.rig.draft(bench)
    line = bench.rig.line()
    require(order.ordered == line.quantity, f"{line.quantity} ordered, {order.ordered} there", "map quantities")
    require(
        order.net == line.net, f"{line.net} net ordered, {order.net} there", "map unit price, discount and currency"
    )


async def invoice_follows_payment(bench: Bench, _: str) -> None:
    """What is paid is no longer open; what bounces is open again."""
    for needed in ("erp.register_payment", "erp.watch_payments"):
        if not bench.carries(needed):
            raise NotHere(f"needs {needed}")
    request = await bench.rig.ready(bench, "erp.register_payment")
    invoice = op.InvoiceId(invoice=str(getattr(request, "invoice", "")))
    before = (await bench.call("erp.watch_payments", invoice)).invoice
    payment = await bench.call("erp.register_payment", request)
    after = (await bench.call("erp.watch_payments", invoice)).invoice
    left = f"{before.open} was open, {payment.amount} was paid, {after.open} is open now"
    require(after.open + payment.amount == before.open, left, "read what is open from the system")
    if bench.carries("erp.reverse_payment"):
        await bench.call("erp.reverse_payment", op.PaymentId(invoice=invoice.invoice, payment=payment.id))
        again = (await bench.call("erp.watch_payments", invoice)).invoice
        require(
            again.open == before.open, f"reversed, {again.open} is open of {before.open}", "undo the allocation, too"
        )


async def unknown_operation(bench: Bench, port: str) -> None:
    """What the system does not carry out has no method and no effect class: lint refuses it (LTC-D099)."""
    if port not in bench.systems:
        raise NotHere("the adapter does not serve this port")
    for operation, one in OPERATIONS.items():
        if one.port == port and one.effect:
            optional = any(operation in meaning for meaning in bench.rig.adapter.options.values())
            _method_and_class(bench.systems[port], operation, one.method, optional)


def _method_and_class(system: System, operation: str, method: str, optional: bool) -> None:
    """``optional``: one of the adapter's options says whether it is carried out, so a method may lie idle."""
    there = callable(getattr(system, method, None))
    try:
        kind = system.effect_class(operation)
    except Misconfigured as no:
        require(
            optional or not there,
            f"there is a method {method}, but effect_class({operation!r}) raises Misconfigured ({no})",
            "give it the class that is true, name it in the option that decides, or take it out: nothing calls it",
        )
        return
    require(there, f"effect_class({operation!r}) answers, but there is no method {method}", "raise Misconfigured there")
    known = ", ".join(EffectClass)
    require(kind in list(EffectClass), f"effect_class({operation!r}) gives {kind!r}", f"return one of {known}")


async def secrets_are_never_said(bench: Bench, _: str) -> None:
    """No password, token or session id is in any result, error, traceback or log of the whole run."""
    secrets = bench.rig.secrets()
    if not secrets:
        raise NotHere("this system is used without credentials")
    for text in bench.heard:
        for secret in secrets:
            if secret in text:
                where = text.replace(secret, "«secret»")[:200]
                raise Broken(f"a secret is said: {where}", "keep secrets as SecretStr until they are sent")
