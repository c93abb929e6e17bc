"""Activities about people: who may decide, telling them, and checking signatures of decisions sent as signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from activities.failures import raise_as_failure
from ltc.model.messages import Decision, Notice, OpenTask, TaskAct, TaskOpened
from ltc.model.signatures import check
from ltc.ports.approvers import Asked, approvers
from ltc.ports.notifier import Message, Notifier
from ltc.ports.people import People


class PeopleActivities:
    """The activities on the notices queue, over the ports ``People`` and ``Notifier``."""

    def __init__(self, people: People, notifier: Notifier, public_key: str) -> None:
        self._people = people
        self._notifier = notifier
        self._public_key = public_key

    def all(self) -> list[Callable[..., Any]]:
        """Return the activities, to be registered on the notices queue."""
        return [self.open_task, self.notify, self.check_signature, self.check_act]

    @activity.defn(name="people.open_task")
    async def open_task(self, request: OpenTask) -> TaskOpened:
        """Find out who may decide on each level, and tell those of the first level that has anybody."""
        try:
            asked = await self._asked(request)
            telling = [asked[level.name].people for level in request.levels if level.tell]
            first = next((people for people in telling if people), [])
            detail = {"task": request.task, "process": request.process, "figures": request.figures}
            await self._send(first, f"do {request.what}" if request.what else f"decide on {request.subject}", detail)
        except Exception as error:  # noqa: BLE001 - told apart there
            raise_as_failure(error)
        return TaskOpened(
            candidates={name: one.people for name, one in asked.items()},
            standing={name: one.standing for name, one in asked.items() if one.standing},
        )

    @activity.defn(name="people.notify")
    async def notify(self, notice: Notice) -> None:
        """Tell a role, a person or the customer something."""
        try:
            await self._send(await self._recipients(notice.to), notice.about, notice.detail)
        except Exception as error:  # noqa: BLE001 - told apart there
            raise_as_failure(error)

    @activity.defn(name="people.check_signature")
    async def check_signature(self, decision: Decision) -> str:
        """Return why a decision that came as a signal is not to be believed; empty when it is."""
        return check(decision, self._public_key, datetime.now(UTC))

    @activity.defn(name="people.check_act")
    async def check_act(self, act: TaskAct) -> str:
        """Return why an act on a task that came as a signal is not to be believed; empty when it is."""
        return check(act, self._public_key, datetime.now(UTC))

    async def _asked(self, request: OpenTask) -> dict[str, Asked]:
        at = request.at or datetime.now(UTC)
        return {
            level.name: await approvers(self._people, level.source, at, level.substitutes) for level in request.levels
        }

    async def _recipients(self, to: str) -> list[str]:
        if not to.startswith("role:"):
            return [to]
        return await self._people.members(to.removeprefix("role:"))

    async def _send(self, recipients: Iterable[str], about: str, detail: dict[str, Any]) -> None:
        info = activity.info()
        now = datetime.now(UTC)
        chain = info.workflow_id or ""
        messages = [
            Message(key=f"{chain}/{info.activity_id}/{to}", to=to, about=about, chain=chain, at=now, detail=detail)
            for to in dict.fromkeys(recipients)
        ]
        if messages:
            await self._notifier.send(messages)
