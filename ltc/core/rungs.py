"""What a rung does about the approvals that are open where its promise was made: others are asked, or it is decided."""

from __future__ import annotations

from typing import Any

from ltc.core import deciding, levels
from ltc.core.state import Flight
from ltc.core.state_approvals import DueRung, Task
from ltc.core.turn import Turn
from ltc.definition.plan import Rung
from ltc.model.trail import Kind


def act(turn: Turn) -> bool:
    """Act on the rungs that are due; tell whether something was decided."""
    kept: list[DueRung] = []
    decided = False
    noted, turn.state.due_rungs = turn.state.due_rungs, []
    for one in noted:
        rung = _rung(turn, one)
        if rung is None:
            continue
        for task in [task for task in turn.state.tasks.values() if _meant(turn, one, task)]:
            if not deciding.ready(turn, task):
                kept.append(one)
            elif rung.decide:
                deciding.decide(turn, task, rung.decide, f"rule:{one.sla}")
                decided = True
            else:
                _reassign(turn, task, rung, one)
    turn.state.due_rungs += kept
    return decided


def _rung(turn: Turn, one: DueRung) -> Rung | None:
    """The rung that was due; None where the chain has moved meanwhile to a plan that promises otherwise."""
    sla = turn.plan.slas.get(one.sla)
    rungs = sla.escalate if sla else []
    found = rungs[one.rung] if one.rung < len(rungs) else None
    return found if found and (found.decide or found.reassign) else None


def _meant(turn: Turn, one: DueRung, task: Task) -> bool:
    token = turn.state.tokens.get(task.token)
    if token is None or token.task != task.id or task.status not in ("opening", "open"):
        return False
    place = turn.place(token)
    if turn.plan.slas[one.sla].scope in ("step", "level"):
        return one.on in (place, f"{place}:{task.levels[task.at]}")
    return token.leg == one.leg and one.item in ("", token.item)


def _reassign(turn: Turn, task: Task, rung: Rung, one: DueRung) -> None:
    kind, _, name = rung.reassign.partition(":")
    source: dict[str, Any] = {kind: name} if name else {"managers": [*task.candidates, *task.queue]}
    token = turn.state.tokens[task.token]
    task.handed += 1
    payload = {"level": task.levels[task.at], "rule": f"rule:{one.sla}", "to": rung.reassign}
    flight = Flight("reassign", token.id, "people.open_task", place=task.id, payload=payload)
    levels.find(turn, task, source, f"{task.id}/{task.levels[task.at]}/{task.handed}", flight)


def reassigned(turn: Turn, flight: Flight, result: dict[str, Any]) -> None:
    """Others are asked instead of those who have not decided; where they are none or too few, those are asked on."""
    task, token = turn.state.tasks.get(flight.place), turn.owner(flight)
    level = str(flight.payload["level"])
    if task is None or token is None or task.status != "open" or task.levels[task.at] != level:
        return
    node = levels.node_of(turn, task)
    plan = levels.level_of(node, task)
    before, queued = task.candidates, task.queue
    task.standing = {**task.standing, **result.get("standing", {}).get(level, {})}
    voted = [*task.approvals, *task.rejections]
    found = levels.may_decide(turn, node, task, result.get("candidates", {}).get(level, []))
    others = [one for one in found if one not in voted]
    need = levels.needed(plan, len(task.approvals) + len(others))
    if len(task.approvals) + len(others) < need:
        others = [*others, *(one for one in (*before, *queued) if one not in others and one not in voted)]
        need = task.need
    task.need = need
    if others and found:
        task.silence_at = None
        levels.offer(turn, token, task, others)
        task.candidates = [*(one for one in before if one in voted and not plan.in_turn), *task.candidates]
    turn.log(
        Kind.TASK_HANDED, token, task=task.id, level=level, how="reassign", actor=flight.payload["rule"],
        to=flight.payload["to"], candidates=task.candidates, why="" if found else "nobody was found",
    )  # fmt: skip


def not_reassigned(turn: Turn, flight: Flight, message: str) -> None:
    """Who they are could not be found out: those who were asked are asked on."""
    turn.log(
        Kind.TASK_HANDED, turn.owner(flight), task=flight.place, level=flight.payload["level"], how="reassign",
        actor=flight.payload["rule"], to=flight.payload["to"], why=message[:200],
    )  # fmt: skip
