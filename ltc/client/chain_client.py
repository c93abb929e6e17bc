"""The one way to chains: start, decide, intervene, ask. Command line and doors use nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from temporalio.client import Client

from ltc.client import beginning_again, recalling
from ltc.client.definitions import Definitions
from ltc.client.errors import BadInputError, NotFoundError, RefusedError
from ltc.client.healing import Healed, heal
from ltc.client.keys import SigningKey
from ltc.client.questions import Questions
from ltc.client.starting import Installation, Started, Starter
from ltc.client.talking import Talker, new_id
from ltc.client.task_talk import Doing, TaskTalk
from ltc.model.files import FileRef
from ltc.model.messages import NOTICES_QUEUE, Answer, Decision, Intervention, Where, call_queue
from ltc.ports.files import Files
from ltc.ports.operations import Registry
from ltc.ports.people import People
from ltc.settings import Settings
from ltc.store.store import Store

Verdict = Literal["approve", "reject", "send_back"]
Action = Literal[
    "retry", "skip", "correct", "hold", "release", "extend", "cancel", "migrate", "revert", "recalendar", "dispute",
    "promise", "settle",
]  # fmt: skip
OPERATOR = "operator"  # the role that may intervene


class ChainClient(Questions):
    """The typed client of chains. Errors are ``ltc.client.errors``; every method may raise StoreUnavailable too."""

    def __init__(
        self, *, temporal: Client, store: Store, settings: Settings, registry: Registry, people: People,
        key: SigningKey, place: Installation, effect_classes: Mapping[str, str], files: Files | None = None,
    ) -> None:  # fmt: skip
        ports = dict.fromkeys(operation.port for operation in registry.operations.values())
        super().__init__(temporal, store, place, [NOTICES_QUEUE, *map(call_queue, ports)])
        self._people = people
        self._talker = Talker(temporal, store, key, settings.signature_life)
        self.task_talk = TaskTalk(self._talker, store, files)
        self._settings = settings
        self._registry = registry
        self._classes = effect_classes
        self._starter: Starter | None = None
        self._definitions: Definitions | None = None

    async def definitions(self) -> Definitions:
        """Return the definitions there are; people's roles are read once per client."""
        if self._definitions is None:
            roles = {role: await self._people.members(role) for role in await self._people.roles()}
            self._definitions = Definitions(
                self._settings.process_defs, self._registry, roles, self._classes, self.place.calendars
            )
        return self._definitions

    async def start(
        self, process: str, fields: dict[str, Any], *, source: str = "client", actor: str = "", key: str = ""
    ) -> Started:
        """Start a chain from the fields of its start event, or find the one its business key has started.

        ``key`` stands for the business key that the definition makes of the fields.

        Raises:
            NotFoundError: no such process.
            BadInputError: the definition or the fields are wrong, or too large.
            EngineAwayError: the start is on record; the sweep starts it when Temporal is back.
        """
        return await (await self._starting()).start(process, fields, source=source, actor=actor, key=key)

    async def child_of(self, parent: str, process: str, fields: dict[str, Any], key: str = "") -> str:
        """Return the chain that a parent's start is on record as, whether or not it runs yet; empty: there is none.

        With its business key it is found whatever became of the definition since.

        Raises:
            NotFoundError: no such process.
            BadInputError: the definition or the fields are wrong.
        """
        chain = f"{process}:{key}" if key else await (await self._starting()).name_of(process, fields)
        record = await self.store.start_of(chain)
        return chain if record is not None and record.source == f"chain:{parent}" else ""

    def expires(self) -> datetime:
        """Return until when a message signed now is valid (real time)."""
        return self._talker.expires()

    async def say(self, chain: str, wish: Intervention) -> Answer:
        """Send what another chain wants of a chain; no person acts, so that no role is asked for.

        Raises:
            RefusedError: the chain does not believe the message.
            EngineAwayError: no answer; asking again with the same id is harmless.
        """
        return await self._talker.intervene(chain, wish, door="chain")

    async def relaunch(self, chain: str) -> None:
        """Start the workflow of a start on record that was never confirmed; or go on putting one on record again.

        Raises:
            NotFoundError: there is no such start.
            EngineAwayError: Temporal does not answer.
        """
        start = await self.store.start_of(chain)
        if start is not None and start.source == recalling.SOURCE:  # it has begun: who read it back was interrupted
            await recalling.recall(self.temporal, self.store, self._registry, self.place.name, chain)
        else:
            await self.launch_anew(chain)

    async def launch_anew(self, chain: str) -> None:
        """Start the workflow of a start on record, whether or not it was confirmed; harmless while Temporal knows it.

        Raises:
            NotFoundError: there is no such start.
            EngineAwayError: Temporal does not answer.
        """
        await (await self._starting()).relaunch(chain)

    async def repair(self, chain: str, why: str) -> None:
        """Take up a chain that was terminated from outside: what took effect is undone.

        Raises:
            NotFoundError: there is no such start, or Temporal has no history of the chain.
            RefusedError: the chain still runs, or ended by itself.
            EngineAwayError: Temporal does not answer.
        """
        await (await self._starting()).repair(chain, why)

    async def decide(
        self, task: str, decision: Verdict, actor: str, *, comment: str = "", digest: str = "",
        decision_id: str = "", door: str = "client", files: Sequence[FileRef] = (),
    ) -> Answer:  # fmt: skip
        """Decide a task (``CHAIN/TASK``). Without a digest, the figures on record now count as shown.

        The same ``decision_id`` again gets the same answer.

        Raises:
            NotFoundError: no such task.
            RefusedError: the chain does not believe the message.
            EngineAwayError: no answer; asking again with the same id is harmless.
        """
        chain, message = await self._decision(task, decision, actor, comment, digest, decision_id, files)
        return await self._talker.decide(chain, message, door=door)

    async def decide_by_signal(
        self, task: str, decision: Verdict, actor: str, *, comment: str = "", digest: str = "",
        decision_id: str = "", door: str = "client", files: Sequence[FileRef] = (),
    ) -> None:  # fmt: skip
        """Decide without waiting for an answer; raises as ``decide`` does."""
        chain, message = await self._decision(task, decision, actor, comment, digest, decision_id, files)
        await self._talker.decide_by_signal(chain, message, door=door)

    async def act(self, task: str, action: Doing, actor: str, *, door: str = "client", **more: Any) -> Answer:
        """Do something with a task (``CHAIN/TASK``); ``more`` takes values, ticks, comment, digest and act_id.

        The same ``act_id`` again gets the same answer. Answers are JSON as the form's fields want them; what does not
        fit comes back refused, with the reason by field.

        Raises:
            NotFoundError: it does not read like a task.
            BadInputError: malformed, or a file is not in the file store.
            RefusedError: the chain does not believe the message.
            EngineAwayError: no answer; asking again with the same id is harmless.
        """
        chain, name = await self._split(task)
        return await self.task_talk.act(chain, name, action, actor, door=door, **more)

    async def act_by_signal(self, task: str, action: Doing, actor: str, *, door: str = "client", **more: Any) -> None:
        """Do something with a task without waiting for an answer; raises as ``act`` does."""
        chain, name = await self._split(task)
        await self.task_talk.act_by_signal(chain, name, action, actor, door=door, **more)

    async def intervene(
        self, chain: str, action: Action, actor: str, reason: str, *, intervention_id: str = "", door: str = "client",
        **where: Any,
    ) -> Answer:  # fmt: skip
        """Act on a chain; ``where`` takes the other fields of ``ltc.model.messages.Intervention``.

        Raises:
            RefusedError: the actor may not intervene, or gives no reason.
            BadInputError: a field is unknown or malformed.
            EngineAwayError: no answer; asking again with the same id is harmless.
        """
        await self.require_operator(actor)
        if not reason.strip():
            raise RefusedError("an intervention needs a reason, for the record")
        try:
            message = Intervention(
                id=intervention_id or new_id(), action=action, reason=reason.strip(), actor=actor,
                expires=self._talker.expires(), outright=action == "correct", **where,
            )  # fmt: skip
        except ValueError as error:
            raise BadInputError(f"the intervention is malformed: {error}") from error
        return await self._talker.intervene(chain, message, door=door)

    async def require_operator(self, actor: str) -> None:
        """Refuse whoever may not intervene.

        Raises:
            RefusedError: the people file does not know the actor, or does not give the role ``operator``.
        """
        person = await self._people.person(actor)
        if person is None:
            raise RefusedError(f"{actor!r} is not in the people file; name a person of the role {OPERATOR!r}")
        if OPERATOR not in person.roles:
            able = ", ".join(await self._people.members(OPERATOR)) or "nobody"
            raise RefusedError(f"{actor} may not intervene: the role {OPERATOR!r} is held by {able}")

    async def where(self, chain: str) -> Where:
        """Ask the running chain itself where it stands.

        Raises:
            RefusedError: Temporal does not know it.
            EngineAwayError: no worker answers.
        """
        return await self._talker.where(chain)

    async def heal(self, chain: str) -> Healed:
        """Fill the holes of a chain's trail from Temporal's histories; one that is not on record is put there again.

        Raises:
            NotFoundError: Temporal knows no such chain.
            RefusedError: it is not on record, and belongs to another installation.
            EngineAwayError: Temporal does not answer.
        """
        if await self.store.start_of(chain) is None:
            return await recalling.recall(self.temporal, self.store, self._registry, self.place.name, chain)
        return await heal(self.temporal, self.store, chain)

    async def forgotten(self, after: bytes | None = None) -> tuple[list[str], bytes | None]:
        """Return chains of one page of those that Temporal has that are not on record, and where the next page begins.

        Raises:
            EngineAwayError: Temporal does not answer.
        """
        return await recalling.forgotten(self.temporal, self.store, after)

    async def begin_again(self, chain: str, actor: str, reason: str, door: str = "client") -> dict[str, Any]:
        """Begin a chain again that Temporal has lost; see ``ltc.client.beginning_again``.

        Raises:
            NotFoundError: nothing is on record of it.
            RefusedError: the actor may not, Temporal knows the chain, or it cannot be gone through again.
            EngineAwayError: Temporal does not answer.
        """
        return await beginning_again.begin_again(self, chain, actor, reason, door)

    async def owns(self, chain: str) -> bool:
        """Tell whether a chain that Temporal has is one of this installation; others may share the namespace.

        Raises:
            EngineAwayError: Temporal does not answer.
        """
        return await recalling.installation_of(self.temporal, chain) == self.place.name

    async def _starting(self) -> Starter:
        if self._starter is None:
            definitions = await self.definitions()
            self._starter = Starter(self.temporal, self.store, definitions, self._registry, self.place)
        return self._starter

    async def _decision(
        self, task: str, decision: Verdict, actor: str, comment: str, digest: str, decision_id: str,
        files: Sequence[FileRef],
    ) -> tuple[str, Decision]:  # fmt: skip
        chain, name = await self._split(task)
        digest = digest or await self.shown(chain, name)
        message = Decision(
            id=decision_id or new_id(), task=name, decision=decision, digest=digest, comment=comment, actor=actor,
            expires=self._talker.expires(), files=list(files),
        )  # fmt: skip
        return chain, message

    async def _split(self, task: str) -> tuple[str, str]:
        """Tell chain and task apart; business keys and item keys may hold a slash themselves.

        Raises:
            NotFoundError: it does not read like a task.
        """
        cuts = [number for number, letter in enumerate(task) if letter == "/" and 0 < number < len(task) - 1]
        for cut in cuts[1:]:
            if await self.store.chain(task[:cut]) is not None:
                return task[:cut], task[cut + 1 :]
        if not cuts:
            raise NotFoundError(f"{task!r} is not a task; tasks read CHAIN/STEP#VISIT, see `ltc task list`")
        return task[: cuts[0]], task[cuts[0] + 1 :]
