"""A rig that builds every state with the adapter's own operations; override what a system does otherwise."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from ltc.contract import states_after, states_supply
from ltc.contract.bench import Bench, CannotPrepare, Refused
from ltc.contract.building import Builder
from ltc.contract.proxy import Seen
from ltc.contract.states import READY, REFUSED, missing_request
from ltc.ports import operations as op
from ltc.ports.errors import Misconfigured, Unavailable

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class BaseRig(Builder):
    """What most systems have in common, above the states that a builder makes."""

    async def prepare(self, bench: Bench) -> None:
        """Make a first contact that shows whether the suite can run at all; find or make the customer."""
        for port in self.connections:
            await self._greet(bench, port)
        if "erp" in self.connections:
            with contextlib.suppress(CannotPrepare):  # the cases that need a customer will say so
                await self.customer(bench)

    async def _greet(self, bench: Bench, port: str) -> None:
        """Read what is not there: a system that is away, or lets nobody in, would fail every case in the same words."""
        known = op.OPERATIONS.items()
        read = next((name for name, one in known if one.port == port and not one.effect and bench.carries(name)), "")
        if not read:
            return
        asked = len(bench.proxies[port].seen)
        try:
            await bench.call(read, await self.missing(bench, read))
        except (Misconfigured, Unavailable):
            if len(bench.proxies[port].seen) > asked:  # otherwise it is not written yet: the cases lead on
                raise
        except Exception:  # noqa: BLE001 - it answers; what is wrong with its answers is for the cases to say
            return

    def writes(self, seen: Seen) -> bool:
        """Tell by the method; systems that are asked by POST override this."""
        return seen.method not in _READS

    def cannot(self, case: str, subject: str) -> str:
        """Nothing is excluded."""
        return ""

    def secrets(self) -> tuple[str, ...]:
        """Return the connections' tokens and passwords."""
        found = (secret.get_secret_value() for one in self.connections.values() for secret in (one.token, one.password))
        return tuple(sorted({secret for secret in found if secret}))

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """This rig cannot look past the adapter."""
        return None

    async def ready(self, bench: Bench, operation: str) -> BaseModel:
        """Return a request with everything it needs in place."""
        return await READY[operation](self, bench)

    async def undo(self, bench: Bench, operation: str, request: BaseModel, result: Any) -> BaseModel:
        """Return the request of the inverse, from what the operation gave."""
        inverse = op.OPERATIONS[operation].inverse
        made: dict[str, Callable[[], BaseModel]] = {
            "crm.reopen_lead": lambda: request,
            "crm.set_stage": lambda: op.SetStage(opportunity=result.id, stage=self.samples.back),
            "erp.cancel_order": lambda: op.OrderId(order=result.id),
            "erp.unconfirm_order": lambda: op.OrderId(order=result.id),
            "erp.cancel_delivery": lambda: op.DeliveryId(delivery=result.id),
            "erp.receive_return": lambda: op.OrderId(order=result.order),
            "erp.credit_note": lambda: op.InvoiceId(invoice=result.id),
            "erp.reverse_payment": lambda: op.PaymentId(invoice=result.invoice, payment=result.id),
        }
        further = {**states_supply.UNDO, **states_after.UNDO}
        return further[inverse](result) if inverse in further else made[inverse]()

    async def missing(self, bench: Bench, operation: str) -> BaseModel:
        """Return the operation's request with ids that no system has."""
        return missing_request(self, operation)

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """Return what any system refuses: a second bill for a delivery, a product that is none."""
        make = REFUSED.get(operation)
        return await make(self, bench) if make else None

    async def cause(self, bench: Bench, event: str) -> str:
        """Make the system report an event, by the operation that leads to it."""
        if event == "erp.goods_shipped":
            return str((await self.delivered(bench)).order)
        if event == "erp.payment_allocated":
            invoice = await self.invoiced(bench)
            await self.must(bench, "erp.register_payment", op.RegisterPayment(invoice=invoice.id, amount=self.money(1)))
            return str(invoice.id)
        raise CannotPrepare(f"this rig does not know how {event} comes about in {self.name}")
