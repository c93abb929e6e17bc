"""What people do with tasks, through the client: signed, answered at once, files known to the file store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ltc.client.errors import BadInputError, NotFoundError
from ltc.client.talking import Talker, new_id
from ltc.definition.plan import Plan, TaskNode
from ltc.model.messages import Answer, TaskAct
from ltc.ports.files import Files
from ltc.store.store import Store

Doing = Literal[
    "claim", "release", "save", "complete", "reject",
    "transfer", "delegate", "add_signer", "take_back", "nudge", "withdraw",
]  # fmt: skip


class TaskTalk:
    """Sends acts on tasks. Errors are ``ltc.client.errors``."""

    def __init__(self, talker: Talker, store: Store, files: Files | None) -> None:
        self._talker = talker
        self._store = store
        self._files = files

    async def act(self, chain: str, task: str, action: Doing, actor: str, *, door: str, **more: Any) -> Answer:
        """Act on a task and return the chain's answer; raises as ``message`` does.

        Raises:
            EngineAwayError: no answer; asking again with the same id is harmless.
        """
        return await self._talker.act(chain, self.message(task, action, actor, **more), door=door)

    async def act_by_signal(self, chain: str, task: str, action: Doing, actor: str, *, door: str, **more: Any) -> None:
        """Act on a task without waiting for an answer.

        Raises:
            RefusedError: the chain has ended.
            EngineAwayError: Temporal does not answer.
        """
        await self._talker.act_by_signal(chain, self.message(task, action, actor, **more), door=door)

    def message(
        self, task: str, action: Doing, actor: str, values: Mapping[str, Any] | None = None,
        ticks: Mapping[str, bool] | None = None, comment: str = "", digest: str = "", act_id: str = "", to: str = "",
    ) -> TaskAct:  # fmt: skip
        """Make the message; what is not right about the answers themselves, the chain says.

        Raises:
            BadInputError: it is malformed, or names a file that the file store does not keep.
        """
        try:
            made = TaskAct(
                id=act_id or new_id(), task=task, action=action, actor=actor, values=dict(values or {}),
                ticks=dict(ticks or {}), comment=comment, digest=digest, to=to,
                expires=self._talker.expires(),
            )  # fmt: skip
        except ValueError as error:
            raise BadInputError(f"the answers are malformed: {error}") from error
        for name, value in made.values.items():
            for one in value if isinstance(value, list) else [value]:
                self._kept(name, one)
        return made

    def _kept(self, name: str, one: Any) -> None:
        digest = one.get("sha256") if isinstance(one, dict) else None
        if isinstance(digest, str) and self._files is not None and not self._files.has(digest):
            raise BadInputError(
                f"{name}: file {digest[:12]}… is not in the file store; put it there with `ltc file put`"
            )

    async def form(self, chain: str, leg: str, step: str) -> TaskNode:
        """Return the step of a task as the chain's plan has it: its form, its checklist.

        Raises:
            NotFoundError: the plan has no such task.
        """
        start = await self._store.start_of(chain)
        node = Plan.model_validate(start.plan).nodes.get(f"{leg}.{step}") if start else None
        if not isinstance(node, TaskNode):
            raise NotFoundError(f"{chain} has no task at {leg}.{step}")
        return node
