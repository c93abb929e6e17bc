"""Open deadlines reckoned anew, under another calendar or another promise; what was breached or warned stays so."""

from __future__ import annotations

from ltc.core import automatic, slas
from ltc.core.instants import instant_of, iso
from ltc.core.state import SlaClock, Token
from ltc.core.state_approvals import Task
from ltc.core.turn import ChainError, Setting, Turn
from ltc.definition import worktime
from ltc.definition.plan import DelayNode, Sla, TaskNode, WaitNode
from ltc.model.trail import Kind


def deadlines(turn: Turn, before: Setting, names: dict[str, str]) -> None:
    """Reckon every open deadline anew under the turn's setting; old and new go on record.

    Args:
        turn: its setting is the new one.
        before: the setting that the deadlines were reckoned under.
        names: promises that are called otherwise in the new plan.
    """
    for clock in list(turn.state.slas.values()):
        was, sla = before.plan.slas[clock.sla], turn.plan.slas.get(names.get(clock.sla, clock.sla))
        if sla is None:
            _dropped(turn, clock)
            continue
        _called(turn, clock, sla)
        try:
            _clock(turn, clock, was, sla)
        except (ChainError, TypeError, ValueError) as error:  # a document supplied by hand may hold any date
            turn.log(
                Kind.SLA_MOVED, leg=clock.leg, item=clock.item, sla=clock.id, why=f"kept: {error}"[:200],
                deadline=iso(clock.deadline), was=iso(clock.deadline),
            )  # fmt: skip
    for token in turn.state.tokens.values():
        _wait(turn, token)
    for task in turn.state.tasks.values():
        _silence(turn, task)


def _dropped(turn: Turn, clock: SlaClock) -> None:
    """The new plan promises this no more."""
    del turn.state.slas[clock.id]
    turn.log(Kind.SLA_ENDED, leg=clock.leg, item=clock.item, sla=clock.id, why="no longer promised")


def _called(turn: Turn, clock: SlaClock, sla: Sla) -> None:
    if clock.sla == sla.id:
        return
    del turn.state.slas[clock.id]
    clock.id, clock.sla = (f"{sla.id}[{clock.item}]" if clock.id.endswith("]") else sla.id), sla.id
    turn.state.slas[clock.id] = clock


def _clock(turn: Turn, clock: SlaClock, was: Sla, sla: Sla) -> None:
    before = clock.deadline
    clock.rungs = [number for number, rung in enumerate(sla.escalate) if rung in [was.escalate[n] for n in clock.rungs]]
    if sla.target is not None:
        _counted(turn, clock, sla)
    elif was.due != sla.due or clock.due is None:
        _dated(turn, clock, sla)
    elif sla.warn_at != was.warn_at:
        clock.warn = slas.share_of(clock, sla.warn_at) if sla.warn_at and not clock.warned else None
    if clock.deadline != before:
        clock.moved = turn.now
        turn.log(
            Kind.SLA_MOVED, leg=clock.leg, item=clock.item, sla=clock.id, was=iso(before),
            deadline=iso(clock.deadline), warn=iso(clock.warn),
        )  # fmt: skip


def _counted(turn: Turn, clock: SlaClock, sla: Sla) -> None:
    """A promise of a length of time. What was used counts on; by another clock, as the same share of the promise."""
    assert sla.target is not None
    window = turn.setting.windows[sla.calendar]
    budget = worktime.length(sla.target, window)
    if clock.due is not None:
        clock.due, clock.running_since, clock.consumed, clock.extended = None, clock.started, 0, 0
    elif _kind(clock.unit) != _kind(sla.target.unit) and clock.budget:
        clock.consumed = clock.consumed * budget // clock.budget
        clock.extended = clock.extended * budget // clock.budget
    clock.budget, clock.unit = budget, sla.target.unit
    slas.project(clock, sla, window)


def _kind(unit: str) -> str:
    return "working" if unit[0] == "b" else "days" if unit == "d" else "elapsed"


def _dated(turn: Turn, clock: SlaClock, sla: Sla) -> None:
    """A promise by a document's date."""
    due = instant_of(turn.value(sla.due, clock.leg, clock.item), sla.due)
    clock.due = clock.deadline = due
    clock.running_since, clock.consumed, clock.budget = None, 0, 0
    clock.warn = slas.share_of(clock, sla.warn_at) if sla.warn_at and not clock.warned else None


def _wait(turn: Turn, token: Token) -> None:
    """The time limit of a wait or a task, where it is known from when it counts."""
    node = turn.plan.nodes.get(token.node)
    if token.status not in ("waiting", "tasked") or token.deadline is None or token.since is None or token.expired:
        return
    span = node.within if isinstance(node, WaitNode | TaskNode) else node.span if isinstance(node, DelayNode) else None
    if span is None:
        return
    was = token.deadline
    token.deadline = turn.after(token.since, span)
    if token.deadline != was:
        turn.log(Kind.WAIT_MOVED, token, was=iso(was), deadline=iso(token.deadline))


def _silence(turn: Turn, task: Task) -> None:
    """When nobody's decision counts as one."""
    silence = automatic.silence_of(turn, task) if task.status == "open" else None
    if silence is None or task.silence_at is None or task.silence_since is None:
        return
    was = task.silence_at
    task.silence_at = turn.after(task.silence_since, silence.after)
    if task.silence_at != was:
        turn.log(
            Kind.SILENCE, turn.state.tokens[task.token], task=task.id, level=task.levels[task.at], then=silence.then,
            deadline=task.silence_at.isoformat(),
        )  # fmt: skip
