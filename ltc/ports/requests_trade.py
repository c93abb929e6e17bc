"""What the operations of distributors and framework contracts take, and what their events say."""

from __future__ import annotations

from pydantic import Field

from ltc.model import documents as d
from ltc.model import trade as t
from ltc.model.base import Value


class InsureCredit(Value):
    """Have the credit insurer cover an order. ``override`` names the refusal that an approval has lifted."""

    order: d.DocumentId
    override: str = ""


class CoverId(Value):
    """A cover by its id."""

    cover: d.DocumentId


class ConsignmentId(Value):
    """A consignment by its id."""

    consignment: d.DocumentId


class CreateContract(Value):
    """A framework contract with a customer over the quantities of ``lines``, at their prices to begin with."""

    customer: d.DocumentId
    lines: list[d.Line]


class ContractId(Value):
    """A contract by its id."""

    contract: d.DocumentId


class RepriceContract(Value):
    """From now on a contract's prices are so many percent of what was agreed to begin with."""

    contract: d.DocumentId
    percent: int = Field(ge=1, le=1000)


class ContractStatus(Value):
    """A contract and everything called off so far."""

    contract: t.Contract
    call_offs: list[t.CallOff]


class WithdrawalReported(Value):
    """The customer took goods out of the consignment: they are delivered now."""

    order: str
    delivery: str


class CallOffRequested(Value):
    """The customer calls a part of a contract off, or closes it."""

    contract: str
    call_off: str = ""


class CallOffOrdered(Value):
    """A call-off to be carried out: what its own chain starts with."""

    contract: str
    number: str
    customer: str
    call_off: t.CallOff
