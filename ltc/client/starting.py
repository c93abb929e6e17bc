"""Starting a chain: the start is on record before the workflow begins, and one business key starts one chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from ltc.client.connection import reaching
from ltc.client.definitions import Definition, Definitions
from ltc.client.errors import BadInputError, EngineAwayError, NotFoundError, RefusedError
from ltc.client.start_values import MOST_BYTES, StartValues, evaluate_start
from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow
from ltc.model.clock import VirtualClock
from ltc.model.messages import CHAINS_QUEUE
from ltc.ports.operations import Registry
from ltc.ports.store import Records, Route, StartRequest
from workflows.start_input import ChainStart

AHEAD = timedelta(days=400)  # how far the calendar that travels with a chain reaches
WORKFLOW = "Chain"
PATIENCE = timedelta(seconds=20)
_CUT_SHORT = (
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
    WorkflowExecutionStatus.CANCELED,
)


@dataclass(frozen=True)
class Started:
    """A start: the chain's id, and whether its business key had started it before."""

    chain: str
    existed: bool
    same_input: bool = True


@dataclass(frozen=True)
class Installation:
    """What every chain of an installation starts with. ``calendar``: what questions count working time in."""

    name: str
    public_key: str
    clock: VirtualClock | None = None
    calendar: str = ""
    calendars: Path | None = None  # the folder of calendars; None: those that ship with ltc

    def business_time(self, real: datetime) -> datetime:
        """Return the business time of a real instant."""
        return self.clock.to_virtual(real) if self.clock else real


class Starter:
    """Starts chains."""

    def __init__(
        self, client: Client, records: Records, definitions: Definitions, registry: Registry, place: Installation
    ) -> None:
        self._client = client
        self._records = records
        self._definitions = definitions
        self._registry = registry
        self._place = place

    async def start(
        self, process: str, fields: dict[str, Any], *, source: str, actor: str = "", key: str = ""
    ) -> Started:
        """Start a chain from the fields of its start event, or find the one that its business key has started.

        ``key`` stands for the business key that the definition makes of the fields.

        Raises:
            NotFoundError: no such process.
            BadInputError: the definition or the fields are wrong, or the input is larger than MOST_BYTES.
            StoreUnavailable: the start cannot be put on record; nothing was started.
            EngineAwayError: it is on record, but Temporal does not answer; the sweep starts it later.
        """
        definition = self._definitions.get(process)
        values = evaluate_start(definition.plan, self._registry, fields, key)
        start = self._input(definition.plan, values)
        record = await self._records.record_start(self._request(definition, start, values, source, actor))
        if not record.created and record.confirmed:
            return Started(record.chain, existed=True, same_input=record.same_input)
        if record.created:
            await self._launch(start, values)
        else:
            await self.relaunch(record.chain)
        return Started(record.chain, existed=not record.created, same_input=record.same_input)

    async def name_of(self, process: str, fields: dict[str, Any]) -> str:
        """Return the id that a chain of a process with these fields has, started or not; raises as ``start`` does."""
        plan = self._definitions.get(process).plan
        return f"{plan.process}:{evaluate_start(plan, self._registry, fields).key}"

    async def relaunch(self, chain: str) -> None:
        """Start the workflow of a start on record, with the plan and the input recorded then.

        Raises:
            EngineAwayError: Temporal does not answer.
            NotFoundError: there is no such start.
        """
        request = await self._records.start_of(chain)
        if request is None:
            raise NotFoundError(f"no start of {chain!r} is on record")
        plan = Plan.model_validate(request.plan)
        values = evaluate_start(plan, self._registry, request.input, request.key)
        await self._launch(self._input(plan, values), values)

    async def repair(self, chain: str, why: str) -> None:
        """Go on, in a new run, with a chain that was terminated from outside: what took effect is undone.

        Raises:
            NotFoundError: Temporal has no history of the chain.
            RefusedError: the chain still runs, or ended by itself.
            EngineAwayError: no worker replays its history, or Temporal does not answer.
        """
        try:
            with reaching():
                start = await self._cut_short(chain)
                await self._client.start_workflow(
                    WORKFLOW,
                    start.model_copy(update={"repair": why}),
                    id=chain,
                    task_queue=CHAINS_QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                )
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise NotFoundError(f"Temporal has no history of {chain!r}") from error
            raise EngineAwayError(f"{chain} cannot be repaired now: {error.message}") from error

    async def _cut_short(self, chain: str) -> ChainStart:
        """Return what a new run of a chain that was terminated from outside starts with, as its history says."""
        handle = self._client.get_workflow_handle(chain)
        described = await handle.describe()
        if described.status not in _CUT_SHORT:
            raise RefusedError(f"{chain} was not cut short: it is {described.status and described.status.name}")
        start: ChainStart = await handle.query("pinned", result_type=ChainStart, rpc_timeout=PATIENCE)
        return start

    async def _launch(self, start: ChainStart, values: StartValues) -> None:
        """Start the workflow; harmless when it runs, or ran, already. Then its document routes events to it."""
        try:
            with reaching():
                await self._client.start_workflow(
                    WORKFLOW,
                    start,
                    id=start.chain,
                    task_queue=CHAINS_QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    request_eager_start=True,  # a worker that starts a chain runs it at once, unasked by its queue
                )
        except WorkflowAlreadyStartedError:
            pass  # it ran and closed: the business key stays taken
        except (RPCError, EngineAwayError) as error:
            raise EngineAwayError(
                f"{start.chain} is on record, but Temporal does not answer; the sweep of a worker starts it later"
            ) from error
        if values.document is not None:
            await self._records.correlate(values.document, Route(chain=start.chain))
        await self._records.confirm_start(start.chain)

    def _input(self, plan: Plan, values: StartValues) -> ChainStart:
        now = datetime.now(UTC)
        start = ChainStart(
            installation=self._place.name,
            chain=f"{plan.process}:{values.key}",
            key=values.key,
            plan=plan,
            windows=windows(plan, self._place.business_time(now), self._place.calendars),
            clock=self._place.clock,
            input=values.values,
            requester=values.requester,
            public_key=self._place.public_key,
            keeps_early=True,
            ends_in_result=True,
        )
        size = len(start.model_dump_json())
        if size > MOST_BYTES:
            raise BadInputError(
                f"the input of {start.chain} has {size} bytes; at most {MOST_BYTES} fit a chain: "
                "split the order, or leave out what the process does not use"
            )
        return start

    def _request(
        self, definition: Definition, start: ChainStart, values: StartValues, source: str, actor: str
    ) -> StartRequest:
        return StartRequest(
            chain=start.chain, installation=start.installation, process=start.plan.process, key=start.key,
            plan_digest=definition.plan.digest, definition=definition.text,
            plan=definition.written, input=values.fields, source=source, actor=actor,
        )  # fmt: skip


def windows(
    plan: Plan, now: datetime, folder: Path | None = None, since: datetime | None = None
) -> dict[str, CalendarWindow]:
    """Return the calendars a plan needs, from yesterday (or the day before an earlier instant) until AHEAD.

    Raises:
        BadInputError: a calendar is missing or wrong.
    """
    from ltc.definition import calendars

    needed = dict.fromkeys([plan.calendar, *(sla.calendar for sla in plan.slas.values())])
    first, until = (min(now, since or now) - timedelta(days=1)).date(), (now + AHEAD).date()
    try:
        return {name: calendars.window(name, first, until, folder) for name in needed if name}
    except calendars.CalendarError as error:
        raise BadInputError(str(error)) from error
