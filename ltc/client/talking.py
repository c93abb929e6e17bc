"""Decisions and interventions: signed here, answered by the chain at once, their trail entries stored here too."""

from __future__ import annotations

import asyncio
import base64
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from ltc.client.connection import reaching
from ltc.client.errors import EngineAwayError, RefusedError, UnrecordedError
from ltc.client.keys import SigningKey
from ltc.model.messages import Answer, Decision, Intervention, Signed, TaskAct, Where
from ltc.model.signatures import sign
from ltc.model.trail import unpack
from ltc.ports.errors import PortError
from ltc.ports.store import Records

LOG = logging.getLogger("ltc.client")
Said = TypeVar("Said", bound=Signed)
OBJECTIONS = ("refused", "in_flight")  # said before an Update is taken: nothing of it is in the history
ASK_AGAIN = (0.2, 0.5, 1.0, 2.0)  # seconds before what came too early is sent again
# What stands elsewhere in the audit, or, as a whole plan, in the records of plans.
_UNAUDITED = {"signature", "actor", "reason", "expires", "action", "plan", "windows"}
PATIENCE = timedelta(seconds=20)  # for an answer; a chain answers in milliseconds when a worker is there


class Talker:
    """Says things to chains and keeps a record of who said what."""

    def __init__(self, client: Client, records: Records, key: SigningKey, life: float) -> None:
        self._client = client
        self._records = records
        self._key = key
        self._life = timedelta(seconds=life)

    def expires(self) -> datetime:
        """Return until when a message signed now is valid (real time)."""
        return datetime.now(UTC) + self._life

    async def decide(self, chain: str, decision: Decision, *, door: str) -> Answer:
        """Send a decision by Update and store its entries.

        Raises:
            EngineAwayError: no answer came; asking again with the same decision id is harmless.
            RefusedError: the chain does not believe the message.
        """
        answer = await self._soon(chain, "decide", decision)
        detail = {"task": decision.task, "decision": decision.id, "digest": decision.digest}
        await self._audit(decision.actor, decision.decision, chain, door, decision.comment, answer.status, detail)
        return answer

    async def decide_by_signal(self, chain: str, decision: Decision, *, door: str) -> None:
        """Send a decision without waiting for an answer; the chain checks the signature in an activity.

        Raises:
            EngineAwayError: Temporal does not answer.
            RefusedError: the chain has ended.
        """
        await self._signal(chain, "decide_signal", decision)
        detail = {"task": decision.task, "decision": decision.id, "digest": decision.digest}
        await self._audit(decision.actor, decision.decision, chain, door, decision.comment, "sent", detail)

    async def act(self, chain: str, act: TaskAct, *, door: str) -> Answer:
        """Send what a person does with a task by Update and store its entries.

        Raises:
            EngineAwayError, RefusedError: as for ``decide``.
        """
        answer = await self._soon(chain, "act", act)
        await self._audit(act.actor, act.action, chain, door, act.comment, answer.status, _of(act))
        return answer

    async def act_by_signal(self, chain: str, act: TaskAct, *, door: str) -> None:
        """Send it without waiting for an answer; the chain checks the signature in an activity.

        Raises:
            EngineAwayError, RefusedError: as for ``decide_by_signal``.
        """
        await self._signal(chain, "act_signal", act)
        await self._audit(act.actor, act.action, chain, door, act.comment, "sent", _of(act))

    async def intervene(self, chain: str, intervention: Intervention, *, door: str) -> Answer:
        """Send an intervention by Update and store its entries.

        Raises:
            EngineAwayError, RefusedError: as for ``decide``.
        """
        # Temporal answers a known Update id as it did before: what was refused once and is asked again, under the same
        # intervention id, would be refused for ever. What was accepted the chain itself knows by that id.
        known = f"{intervention.id}.{new_id()[:8]}"
        answer = await self._update(chain, "intervene", self._signed(intervention), known)
        detail = intervention.model_dump(mode="json", exclude=_UNAUDITED)
        said = intervention.actor, intervention.action, chain, door, intervention.reason
        await self._audit(*said, answer.status, detail)
        return answer

    async def where(self, chain: str) -> Where:
        """Ask a chain where it stands.

        Raises:
            EngineAwayError: no worker answers.
            RefusedError: the chain is not known to Temporal any more.
        """
        handle = self._client.get_workflow_handle(chain)
        try:
            with reaching():
                answer: Where = await handle.query("where", result_type=Where, rpc_timeout=PATIENCE)
        except RPCError as error:
            raise _translated(error, chain) from error
        return answer

    def _signed(self, message: Said) -> Said:
        return message.model_copy(update={"signature": sign(message, self._key.private)})

    async def _soon(self, chain: str, name: str, message: Decision | TaskAct) -> Answer:
        """Send by Update, and again where it came too early: a moment later it is known whom the chain asks."""
        signed = self._signed(message)
        answer = await self._update(chain, name, signed, signed.id)
        for pause in ASK_AGAIN:
            if answer.status != "in_flight":
                break
            await asyncio.sleep(pause)
            # Temporal answers a known Update id as it did before, even much later: the message keeps its id, by which
            # the chain knows it, and every Update gets one that nobody used yet.
            answer = await self._update(chain, name, signed, f"{signed.id}.{new_id()}")
        return answer

    async def _signal(self, chain: str, name: str, message: Decision | TaskAct) -> None:
        try:
            with reaching():
                await self._client.get_workflow_handle(chain).signal(name, self._signed(message))
        except RPCError as error:
            raise _translated(error, chain) from error

    async def _update(self, chain: str, name: str, message: Decision | Intervention | TaskAct, identity: str) -> Answer:
        handle = self._client.get_workflow_handle(chain)
        try:
            with reaching():
                update = await handle.start_update(
                    name, message, id=identity, result_type=Answer, wait_for_stage=WorkflowUpdateStage.COMPLETED,
                    rpc_timeout=PATIENCE,
                )  # fmt: skip
            answer: Answer = await update.result(rpc_timeout=PATIENCE)
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.type in OBJECTIONS:
                return Answer.model_validate({"status": cause.type, "message": cause.message})
            raise RefusedError(_reason(error, chain)) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise EngineAwayError(f"{chain} did not answer in time; is a worker running? `ltc doctor` tells") from error
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return Answer(status="closed", message=f"{chain} has ended, or Temporal does not know it")
            raise _translated(error, chain) from error
        await self._store(chain, update.workflow_run_id or "", answer)
        return answer

    async def _store(self, chain: str, run: str, answer: Answer) -> None:
        if not answer.entries:
            return
        try:
            await self._records.append(chain, run, unpack(base64.b64decode(answer.entries)))
        except Exception as error:  # noqa: BLE001 - the chain has answered; holes are healed from its history
            LOG.warning("entries of an answer of %s not stored now (%s); healed later", chain, type(error).__name__)

    async def _audit(
        self, actor: str, action: str, chain: str, door: str, reason: str, outcome: str, detail: dict[str, Any]
    ) -> None:
        try:
            await self._records.audit(actor, action, chain, door, reason, outcome, detail)
        except PortError as error:
            raise UnrecordedError(
                f"{chain} has answered {outcome!r} to {action!r}, but this could not be written to the audit ({error})"
                "; do not ask again before `ltc chain show` says what the chain made of it"
            ) from error


def _of(act: TaskAct) -> dict[str, Any]:
    """What the audit keeps of an act: what was answered is in the trail."""
    return {"task": act.task, "act": act.id, "fields": sorted(act.values), "ticks": act.ticks}


def new_id() -> str:
    """Return an id for a decision or an intervention."""
    return uuid4().hex


def _reason(error: WorkflowUpdateFailedError, chain: str) -> str:
    cause = error.cause
    return f"{chain} refused: {cause.message if isinstance(cause, ApplicationError) else cause}"


def _translated(error: RPCError, chain: str) -> EngineAwayError | RefusedError:
    if error.status == RPCStatusCode.NOT_FOUND:
        return RefusedError(f"{chain} has ended, or Temporal does not know it")
    return EngineAwayError(f"Temporal does not answer for {chain}: {error.message}; is it running? `ltc doctor` tells")
