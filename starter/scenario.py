"""The scenario of the demonstration: for each order how it is to end and why, which faults meet it, what people do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, ValidationError

from ltc.model.base import Value, first_fault

SCENARIO = Path(__file__).resolve().parent.parent / "examples" / "northwind" / "scenario.json"
Outcome = Literal["completed", "lost", "cancelled", "rejected", "written_off"]
Hours = Annotated[float, Field(ge=0)]  # of working time
# What the whole order book must show at least five times, and a dozen orders at least once.
KINDS = (
    "business_refusal", "unknown_outcome", "send_back", "rejection", "sla_warning", "sla_breach", "escalation",
    "hold", "cancellation", "goods_return", "unpaid",
)  # fmt: skip


class ScenarioError(Exception):
    """The scenario cannot be read or does not fit; the text says where and what to do."""


class PlannedFault(Value):
    """A fault that meets one order: the ``nth`` call of the operation (or event) and the ``times`` - 1 after it."""

    operation: str
    fault: str
    nth: int = 1
    times: int = 1
    seconds: float = 0.0  # real
    reason: str = ""


class Act(Value):
    """What the people of a level (``leg.level``) do when asked: in the order they are asked."""

    level: str
    do: Literal["approve", "reject", "send_back"]
    after: Hours


class Parcel(Value):
    """One shipment: its share of what is still open, in percent, and how long after the release or last parcel."""

    share: Annotated[int, Field(gt=0, le=100)]
    after: Hours


class Instalment(Value):
    """One payment of an invoice: its share of what is open then, in percent, and calendar days after the invoice."""

    share: Annotated[int, Field(gt=0, le=100)]
    days: float


class Cancellation(Value):
    """The customer cancels: ``after`` working hours from the moment that the order is ``seen`` in a state."""

    seen: Literal["draft", "released", "shipped"]
    after: Hours


class Remedy(Value):
    """What the operator does about a hold in a leg: in the order the holds come."""

    leg: str
    do: Literal["release", "retry", "cancel"]
    after: Hours
    consent: bool = False


class OrderPlan(Value):
    """The plan of one order.

    ``rank`` orders all orders so that every beginning of the ranking is as varied as it can be. ``slow`` names the
    legs whose SLA (``chain``: the chain's) may be breached because the plan delays them.
    """

    number: str
    rank: int
    story: str
    outcome: Outcome
    why: str
    kinds: list[str] = Field(default_factory=list)
    early: bool = False
    lost: str = ""  # the reason why the deal is lost in the CRM
    faults: list[PlannedFault] = Field(default_factory=list)
    acts: list[Act] = Field(default_factory=list)
    parcels: list[Parcel] = Field(default_factory=list)
    instalments: list[Instalment] = Field(default_factory=list)
    cancellation: Cancellation | None = None
    remedies: list[Remedy] = Field(default_factory=list)
    slow: list[str] = Field(default_factory=list)


class Scenario(Value):
    """The plans of all orders, in order of number."""

    seed: int
    orders: list[OrderPlan]

    def subset(self, count: int) -> Self:
        """Return the ``count`` first orders of the ranking: few orders meet every kind already.

        Raises:
            ScenarioError: there are not so many orders.
        """
        if not 0 < count <= len(self.orders):
            raise ScenarioError(f"{count} orders were asked for; the scenario has 1 to {len(self.orders)}")
        return self.model_copy(update={"orders": [order for order in self.orders if order.rank < count]})

    def in_turn(self) -> list[OrderPlan]:
        """Return the orders as they are sent: those that take long come early, so that the end is near for all."""
        early = [order for order in self.orders if order.early]
        others = [order for order in self.orders if not order.early]
        turn: list[OrderPlan] = []
        while early or others:
            if early and (len(turn) % 3 == 0 or not others):
                turn.append(early.pop(0))
            else:
                turn.append(others.pop(0))
        return turn


S = TypeVar("S", bound=Scenario)


def read(path: Path = SCENARIO) -> Scenario:
    """Read the scenario of the demonstration.

    Raises:
        ScenarioError: it is missing or damaged; the text says where.
    """
    return read_as(Scenario, path)


def read_as(kind: type[S], path: Path) -> S:
    """Read a scenario file.

    Raises:
        ScenarioError: it is missing or damaged; the text says where.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ScenarioError(
            f"{path.name}: cannot be read ({error.strerror}); restore it from the repository"
        ) from error
    except ValidationError as error:
        place, msg = first_fault(error)
        raise ScenarioError(f"{path.name}: {place}: {msg}") from error


def write(scenario: Scenario, path: Path = SCENARIO) -> None:
    """Write a scenario file, one order a line."""
    head = json.dumps({"seed": scenario.seed})[1:-1]
    rows = [json.dumps(order.model_dump(exclude_defaults=True), ensure_ascii=False) for order in scenario.orders]
    path.write_text("{" + head + ', "orders": [\n' + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
