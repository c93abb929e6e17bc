"""The plain chain on the engine: its operations, its start input, its activities that do nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from temporalio import activity

from benchmarks.yardstick import order as yardstick_order
from ltc.client.starting import windows
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from ltc.model.base import Value
from ltc.model.documents import Document
from ltc.model.messages import NOTICES_QUEUE, CallRequest, OpenTask, TaskOpened, call_queue
from ltc.ports.operations import EventType, Operation, Registry
from workflows.start_input import ChainStart

DEFINITION = Path(__file__).with_name("plain_chain.yaml")
APPROVER = "margaret"


class Customer(Value):
    """The customer of a yardstick order."""

    id: str
    name: str


class Line(Value):
    """A line of a yardstick order."""

    product: str
    quantity: int
    unit_price: int
    discount: str


class Order(Value):
    """The yardstick's order."""

    id: str
    customer: Customer
    currency: str
    net: int
    tax: int
    gross: int
    lines: list[Line]


class OrderWon(Value):
    """What starts the chain."""

    order_id: str
    order: Order
    requester: str = "nancy"


class WithOrder(Value):
    """What every call takes."""

    order: Order


OPERATIONS = tuple(
    Operation(name, WithOrder, Document, effect=effect)
    for name, effect in (
        ("crm.qualify_lead", True),
        ("customer.resolve_customer", False),
        ("erp.create_order", True),
        ("erp.check_credit", False),
        ("erp.release_delivery", True),
        ("erp.post_invoice", True),
        ("erp.send_invoice", True),
        ("erp.watch_payment", False),
    )
)


@cache
def plan() -> Plan:
    """Return the compiled definition."""
    events = {"bench.order_won": EventType("bench.order_won", OrderWon, subject="order_id")}
    registry = Registry({operation.name: operation for operation in OPERATIONS}, events, {})
    return load(DEFINITION, registry)


def start_input(number: int, chain: str, public_key: str) -> ChainStart:
    """Return what chain `number` starts with: the yardstick's order, everything pinned as for any chain."""
    order = yardstick_order(number)
    return ChainStart(
        installation="bench",
        chain=chain,
        key=order["id"],
        plan=plan(),
        windows=windows(plan(), datetime.now(UTC)),
        input={"deal": order},
        requester="nancy",
        public_key=public_key,
        ends_in_result=True,
    )


def activities(ask: Callable[[dict[str, Any]], None]) -> dict[str, list[Callable[..., Any]]]:
    """Return the activities by the task queue that the plan pins; the notice passes the task on to `ask`."""

    @activity.defn(name="people.open_task")
    async def open_task(request: OpenTask) -> TaskOpened:
        ask({"chain": activity.info().workflow_id, "task": request.task, "digest": request.digest})
        return TaskOpened(candidates={level.name: [APPROVER] for level in request.levels})

    queues: dict[str, list[Callable[..., Any]]] = {NOTICES_QUEUE: [open_task]}
    for operation in OPERATIONS:
        queue = plan().operations[operation.name].queue or call_queue(operation.port)
        queues.setdefault(queue, []).append(_no_op(operation.name))
    return queues


def _no_op(name: str) -> Callable[..., Any]:
    @activity.defn(name=name)
    async def call(request: CallRequest) -> dict[str, Any]:
        return {"id": f"{name.partition('.')[2]}-{request.args['order']['id']}", "version": 1}

    return call
