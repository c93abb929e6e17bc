"""The part of the desk about work that people do: approvals, tasks, and the files they bring."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ltc.bootstrap import Parts, files_of
from ltc.cli.exits import NotFoundError, RefusedError
from ltc.cli.output import plain
from ltc.client.chain_client import ChainClient
from ltc.definition.plan import TaskNode
from ltc.definition.show_tasks import field_words
from ltc.model.files import FileRef
from ltc.ports.approvers import approvers
from ltc.ports.files import FileRefused
from ltc.wording import language, spoken

Record = dict[str, Any]
DOOR = "cli"
_MOST = 10_000  # tasks looked through for one person


class TaskDesk:
    """What commands about approvals and tasks ask of an installation."""

    client: ChainClient
    parts: Parts

    async def tasks(self, to: str, chain: str, state: str, limit: int) -> list[Record]:
        """List approvals, oldest first: of one person, those that wait for them."""
        found = [await self._asked(plain(row)) for row in await self.client.store.tasks("", chain, state, _MOST)]
        mine = [row for row in found if not to or (to in row["candidates"] and to not in _deciders(row))]
        return mine[:limit]

    async def _asked(self, row: Record) -> Record:
        """Fill in who is asked: the trail may not have said it yet while a chain rests, the people file knows."""
        source = row.get("source") or {}
        if row["candidates"] or row["state"] != "open" or not isinstance(source, dict):
            return row
        found = await approvers(self.parts.people, source, self.client.now())
        first = found.people[:1] if (row.get("rule") or {}).get("sequence") else found.people
        return {**row, "candidates": first}

    async def task(self, ref: str) -> Record:
        """Return one approval with its decisions.

        Raises:
            NotFoundError: there is none.
        """
        found = await self.client.store.task(ref)
        if found is None:
            raise NotFoundError(f"there is no task {ref!r}; `ltc task list --state all` shows those there are")
        row = await self._asked(plain(found))
        if row.get("work"):
            node = await self.form(row)
            row["form"] = {field.name: spoken(field_words(field)) for field in node.form}
            row["checklist"] = {name: _here(label) or name for name, label in node.checklist.items()}
            row["title"], row["help"] = _here(node.title), _here(node.help)
        return row

    async def decide(
        self, task: Record, decision: Any, actor: str, comment: str, files: list[Record] | None = None
    ) -> Record:
        """Decide on the figures of the task as it was read, and return the chain's answer."""
        answer = await self.client.decide(
            task["ref"],
            decision,
            actor,
            comment=comment,
            digest=task["digest"],
            door=DOOR,
            files=[FileRef.model_validate(one) for one in files or []],
        )
        return answer.model_dump(mode="json")

    async def act(self, task: Record, action: Any, actor: str, **more: Any) -> Record:
        """Do something with a task as it was read, and return the chain's answer."""
        given = {"digest": task["digest"], **more}
        answer = await self.client.act(task["ref"], action, actor, door=DOOR, **given)
        return answer.model_dump(mode="json")

    async def form(self, task: Record) -> TaskNode:
        """Return a task's step, with its form and its checklist."""
        return await self.client.task_talk.form(task["chain"], task["leg"], task["step"])

    def put_file(self, data: bytes, name: str, *, keep: bool) -> Record:
        """Keep a file and return its reference; without ``keep`` only say what the reference would be.

        Raises:
            RefusedError: it is too large, or of a kind that is not taken.
        """
        try:
            if keep:
                return files_of(self.parts.settings).put(data, name).model_dump()
        except FileRefused as error:
            raise RefusedError(str(error)) from error
        return {"sha256": sha256(data).hexdigest(), "name": name, "size": len(data), "kind": ""}


def _here(texts: dict[str, str]) -> str:
    """What the author wrote in the reader's language; in English, where they wrote it in no other."""
    return texts.get(language()) or texts.get("en", "")


def _deciders(row: Record) -> list[str]:
    return [vote["actor"] for vote in row["decided_by"] or []]
