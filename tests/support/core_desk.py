"""A desk whose chain lives in simulated time: what the command line says is answered by the core itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from ltc.adapters.files_folder import FolderFiles
from ltc.cli.desk_tasks import TaskDesk
from ltc.client.errors import NotFoundError
from ltc.client.task_talk import TaskTalk
from ltc.core.commands import Act, Decide
from ltc.core.simulation import Simulation
from ltc.definition.plan import TaskNode
from ltc.model.messages import Answer, Decision
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from tests.support.chains import head

EXPIRES = "2099-01-01T00:00:00Z"
# Somebody looks at the site, then somebody approves.
VISIT = (
    head("visits")
    + """\
legs:
  survey:
    steps:
      - task: survey
        title: {en: Survey the site, zh: 现场勘察}
        help: {en: Count the sockets., zh: 请清点插座。}
        assign: "role:field"
        claim: true
        show: {deal: opportunity.id}
        form:
          pieces: {type: whole, min: 1, max: 90}
          done: {type: yes_no}
          cost: {type: money, max: 100.00 USD}
          on: {type: date, required: false}
          kind: {type: choice, options: {roof: {en: Roof, zh: 屋顶}, wall: {en: Wall, zh: 墙面}}, required: false}
          note: {type: text, max: 20, required: false}
          papers: {type: file, kinds: [pdf], size: 1KB, max: 2, required: false}
        checklist: {cables: {en: Cables, zh: 电缆}}
        undo: {none: it was seen}
        as: survey
  approval:
    steps:
      - approve: opportunity
        levels: [{name: manager, from: "role:manager"}]
        on_reject: {end: rejected, reason: "'no'"}
"""
)


class CoreDesk(TaskDesk):
    """The tasks of one simulated chain. ``people``: who there is, besides those who are asked."""

    def __init__(self, simulation: Simulation, folder: Path, people: Mapping[str, bool]) -> None:
        self.simulation = simulation
        self.files = FolderFiles(folder / "files", 2048, ["pdf", "txt"])
        self.talk = TaskTalk(SimpleNamespace(expires=lambda: EXPIRES), SimpleNamespace(), self.files)  # type: ignore[arg-type]
        client: Any = SimpleNamespace(
            store=SimpleNamespace(task=self._task, tasks=self._tasks), act=self._act, decide=self._decide,
            task_talk=SimpleNamespace(form=self._form), now=lambda: simulation.now,
        )  # fmt: skip
        self.client = client
        settings = SimpleNamespace(files_folder=lambda: folder / "files", file_size="2KB", file_kinds=["pdf", "txt"])
        self._people = people
        self.parts = SimpleNamespace(settings=settings, people=SimpleNamespace(person=self._person))  # type: ignore[assignment]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    @property
    def chain(self) -> str:
        """The chain's id."""
        return self.simulation.state.chain

    async def _person(self, name: str) -> Any:
        return SimpleNamespace(active=self._people[name]) if name in self._people else None

    async def _tasks(self, _to: str, chain: str, state: str, limit: int) -> list[dict[str, Any]]:
        if chain not in ("", self.chain):
            return []
        view = fold_all(ChainView(self.chain), self.simulation.trail)  # type: ignore[arg-type]
        about = {"process": self.simulation.setting.plan.process, "customer": "VINET", "requester": "nancy"}
        rows: list[dict[str, Any]] = [
            {**about, **row, "chain": self.chain, "task": key[0], "level": key[1], "ref": f"{self.chain}/{key[0]}"}
            for key, row in view.each("tasks")
        ]
        return [row for row in rows if state in ("", row["state"])][:limit]

    async def _task(self, ref: str) -> dict[str, Any] | None:
        found = [row for row in await self._tasks("", "", "", 100) if row["ref"] == ref]
        return {**found[-1], "decisions": []} if found else None

    async def _form(self, chain: str, leg: str, step: str) -> TaskNode:
        node = self.simulation.setting.plan.nodes.get(f"{leg}.{step}")
        if not isinstance(node, TaskNode):
            raise NotFoundError(f"{chain} has no task at {leg}.{step}")
        return node

    async def _act(self, ref: str, action: Any, actor: str, *, door: str, **more: Any) -> Answer:
        message = self.talk.message(ref.partition("/")[2], action, actor, **more)
        return self._said(Act(message, door))  # type: ignore[arg-type]

    async def _decide(self, ref: str, decision: Any, actor: str, *, door: str, **more: Any) -> Answer:
        made = {"id": f"D{len(self.simulation.trail)}", "task": ref.partition("/")[2], "decision": decision}
        message = Decision.model_validate({**made, "actor": actor, "expires": EXPIRES, **more})
        return self._said(Decide(message, door))  # type: ignore[arg-type]

    def _said(self, event: Any) -> Answer:
        """As the client hears it: of a chain that has ended, Temporal knows nothing any more."""
        if self.simulation.finished is not None:
            return Answer(status="closed", message=f"{self.chain} has ended, or Temporal does not know it")
        answer = self.simulation.feed(event)
        assert answer is not None
        return answer


def pdf(folder: Path, name: str, size: int = 40) -> str:
    """Write a file that is a PDF as far as its beginning goes; return its path."""
    path = folder / name
    path.write_bytes((b"%PDF-1.7 " + base64.b64encode(b"x" * size))[:size])
    return str(path)
