"""Who does the tasks of a rehearsal: claims them, fills their forms, ticks their lists, or declines."""

from __future__ import annotations

import hashlib
from typing import Any

from ltc.core.stand_in_tasks import example
from ltc.definition.plan import FormField, TaskNode
from ltc.model.messages import Answer
from starter.bots.stage import LOG
from starter.rehearsal.registry import NotYet, action
from starter.rehearsal.sights import Sight
from starter.rehearsal.stage import Row, Stage


@action("complete")
async def complete(
    stage: Stage, sight: Sight, set: dict[str, Any] | None = None, by: str = "", comment: str = ""
) -> bool:
    """Complete a task: with these answers, the plainest ones to whatever else is required, and everything ticked."""
    node = await _form(stage, sight)
    answers = {field.name: _answer(stage, field) for field in node.form if field.required}
    return await _act(stage, sight, node, "complete", by, comment, {**answers, **(set or {})})


@action("decline")
async def decline(stage: Stage, sight: Sight, by: str = "", comment: str = "it cannot be done") -> bool:
    """Decline a task that may be declined."""
    node = await _form(stage, sight)
    return await _act(stage, sight, node, "reject", by, comment, {})


async def _form(stage: Stage, sight: Sight) -> TaskNode:
    """Return the task's form from the definition, which no chain of a rehearsal outlives."""
    plan = (await stage.client.definitions()).get(sight.chain.partition(":")[0]).plan
    node = plan.nodes[f"{sight.row['leg']}.{sight.row['step']}"]
    assert isinstance(node, TaskNode)
    return node


def _answer(stage: Stage, field: FormField) -> Any:
    """Return the plainest answer to a field; of a file, a small one that the file store keeps."""
    if field.type != "file":
        return example(field)
    kind = field.kinds[0] if field.kinds else "pdf"
    begins = {"pdf": b"%PDF-1.4 ", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "zip": b"PK"}.get(kind, b"")
    kept = stage.files.put(begins + hashlib.sha256(field.name.encode()).digest(), f"{field.name}.{kind}")
    return [kept.model_dump(mode="json")] * max(1, int(field.low or 1))


async def _act(stage: Stage, sight: Sight, node: TaskNode, what: Any, by: str, comment: str, values: Row) -> bool:
    row = sight.row
    people = [by] if by else await stage.voters.asked_people(row)
    claimed = (row["work"] or {}).get("claimed_by", "")
    if not people:
        raise NotYet  # whom to ask is still being found out
    actor = claimed or people[0]
    if node.claim and not claimed:
        _known(await stage.client.act(row["ref"], "claim", actor, door="rehearsal"))  # claimed twice is claimed once
    ticks = dict.fromkeys(node.checklist, True) if what == "complete" else {}
    answer = await stage.client.act(
        row["ref"], what, actor, door="rehearsal", values=values, ticks=ticks, comment=comment, digest=row["digest"],
        act_id=f"{row['ref']}/{what}/{stage.acted[sight.chain, sight.key]}",
    )  # fmt: skip
    _known(answer)
    over = answer.status in ("closed", "already_decided")
    done_before = over and stage.acted[sight.chain, sight.key]  # what is shown is a moment old
    if answer.status != "accepted" and not done_before:
        LOG.info("%s of %s: %s %s", what, row["ref"], answer.status, answer.message)
        stage.memory.refused.append(f"{sight.chain}: {what} of {row['task']}: {answer.message}")
    return True


def _known(answer: Answer) -> None:
    """Wait for as long as it is still being found out who may do it."""
    if answer.status == "in_flight":
        raise NotYet
