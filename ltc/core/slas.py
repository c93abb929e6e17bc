"""SLA clocks: (budget, consumed, running since); deadlines are instants; late, never early."""

from __future__ import annotations

from datetime import datetime, timedelta

from ltc.core import awaited
from ltc.core.instants import instant_of, iso
from ltc.core.state import Flight, SlaClock, Token
from ltc.core.state_approvals import DueRung
from ltc.core.turn import OPERATOR, ChainError, Turn
from ltc.definition import worktime
from ltc.definition.plan import AnyNode, ParallelNode, Rung, Sla, Span
from ltc.definition.timespans import parse_span
from ltc.definition.worktime import CalendarWindow
from ltc.model import ids
from ltc.model.messages import Notice
from ltc.model.trail import Kind


def start(turn: Turn, names: list[str], *, leg: str, item: str, on: str) -> None:
    """Start the clocks that hang on a place."""
    for name in names:
        sla = turn.plan.slas[name]
        clock = SlaClock(f"{name}[{item}]" if item else name, name, on, leg, item, turn.now)
        try:
            _aim(turn, clock, sla)
        except (ChainError, TypeError, ValueError) as error:  # a document supplied by hand may hold any date
            turn.log(Kind.SLA_ENDED, leg=leg, item=item, sla=clock.id, on=on, why=f"not started: {error}"[:200])
            continue
        turn.state.slas[clock.id] = clock
        turn.log(
            Kind.SLA_STARTED, leg=leg, item=item, sla=clock.id, on=on, deadline=iso(clock.deadline),
            warn=iso(clock.warn), budget=clock.budget,
        )  # fmt: skip


def _aim(turn: Turn, clock: SlaClock, sla: Sla) -> None:
    window = _window(turn, sla)
    if sla.target is not None or sla.table:
        target = sla.target or parse_span(turn.value(sla.table, clock.leg, clock.item))
        clock.budget, clock.unit = worktime.length(target, window), target.unit
        clock.running_since = turn.now
        project(clock, sla, window)
    else:
        clock.due = clock.deadline = instant_of(turn.value(sla.due, clock.leg, clock.item), sla.due)
        clock.warn = share_of(clock, sla.warn_at) if sla.warn_at else None


def share_of(clock: SlaClock, percent: int) -> datetime:
    """The instant at which a share of the time from the start until a document's date has passed."""
    assert clock.due is not None
    return worktime.shifted(clock.started, max(timedelta(), clock.due - clock.started) * percent / 100)


def _window(turn: Turn, sla: Sla) -> CalendarWindow:
    return turn.setting.windows[sla.calendar]


def project(clock: SlaClock, sla: Sla, window: CalendarWindow) -> None:
    """Work the absolute instants out anew from what is left of the budget."""
    since = clock.running_since
    if since is None:
        clock.deadline = clock.warn = None
        return
    budget = clock.budget + clock.extended

    def instant(percent: int) -> datetime:
        return worktime.after(since, max(0, budget * percent // 100 - clock.consumed), clock.unit, window)

    clock.deadline = instant(100)
    clock.warn = instant(sla.warn_at) if sla.warn_at and not clock.warned else None


def start_step(turn: Turn, token: Token, node: AnyNode) -> None:
    """Start the clocks of a step, unless they run since an earlier try."""
    names = [name for name in node.slas if (f"{name}[{token.item}]" if token.item else name) not in turn.state.slas]
    start(turn, names, leg=token.leg, item=token.item, on=turn.place(token))


def end_step(turn: Turn, token: Token, node: AnyNode) -> None:
    """The step is done: its clocks end."""
    if node.slas:
        end(turn, on=ids.place(token.leg, token.item, node.step))


def drop_step(turn: Turn, token: Token) -> None:
    """A token is given up: the clocks of its step, of an approval's level there, and of the steps around it, end."""
    at = token.node
    while at:
        node = turn.plan.nodes[at]
        place = ids.place(token.leg, token.item, node.step)
        for clock in list(turn.state.slas.values()):
            if clock.on == place or clock.on.startswith(place + ":"):
                end(turn, on=clock.on)
        at = node.up if node.up and not isinstance(turn.plan.nodes[node.up], ParallelNode) else ""


def end(turn: Turn, *, leg: str = "", item: str = "", on: str = "") -> None:
    """End the clocks of a place, of an item, or of a leg."""
    for clock in list(turn.state.slas.values()):
        if (on and clock.on == on) or (leg and clock.leg == leg and (clock.item == item if item else not on)):
            _end(turn, clock)


def end_all(turn: Turn) -> None:
    """The chain ends: so do all its clocks."""
    for clock in list(turn.state.slas.values()):
        _end(turn, clock)


def _end(turn: Turn, clock: SlaClock) -> None:
    _climb(turn, clock)
    used = clock.consumed + _running(turn, clock)
    late = max(0.0, (turn.now - clock.deadline).total_seconds()) if clock.deadline else 0.0
    del turn.state.slas[clock.id]
    turn.log(Kind.SLA_ENDED, leg=clock.leg, item=clock.item, sla=clock.id, used=used, late=round(late, 1))


def _running(turn: Turn, clock: SlaClock) -> int:
    if clock.running_since is None:
        return 0
    window = _window(turn, turn.plan.slas[clock.sla])
    return worktime.consumed(clock.running_since, turn.now, clock.unit, window)


# Pausing, extending


def tend(turn: Turn) -> None:
    """Pause and resume what says ``pause_while``; then take every rung that is due."""
    if turn.state.status not in ("running", "compensating"):
        return
    for clock in list(turn.state.slas.values()):
        sla = turn.plan.slas[clock.sla]
        if sla.pause_while and clock.due is None:
            _tend_pause(turn, clock, sla)
    for clock in list(turn.state.slas.values()):
        _climb(turn, clock)


def _tend_pause(turn: Turn, clock: SlaClock, sla: Sla) -> None:
    try:
        wanted = bool(
            turn.value(sla.pause_while, clock.leg, clock.item, {"waiting_for": awaited.waiting_for(turn, clock, sla)})
        )
    except ChainError:
        wanted = False
    if wanted and clock.running_since is not None:
        _climb(turn, clock)  # what was due before it paused
        clock.consumed += _running(turn, clock)
        clock.running_since = None
        project(clock, sla, _window(turn, sla))
        turn.log(Kind.SLA_PAUSED, leg=clock.leg, item=clock.item, sla=clock.id)
    elif not wanted and clock.running_since is None:
        clock.running_since = turn.now
        project(clock, sla, _window(turn, sla))
        turn.log(Kind.SLA_RESUMED, leg=clock.leg, item=clock.item, sla=clock.id, deadline=iso(clock.deadline))


def extend(turn: Turn, clock: SlaClock, span: Span) -> None:
    """Give a clock more time; what has been breached stays breached."""
    sla = turn.plan.slas[clock.sla]
    window = _window(turn, sla)
    if clock.due is not None:
        clock.due = clock.deadline = worktime.deadline(clock.due, span, window)
        clock.warn = share_of(clock, sla.warn_at) if sla.warn_at and not clock.warned else None
    else:
        clock.extended += worktime.length(span, window)
        project(clock, sla, window)
    turn.log(
        Kind.SLA_EXTENDED,
        leg=clock.leg,
        item=clock.item,
        sla=clock.id,
        by=str(span),
        deadline=iso(clock.deadline),
    )


# Warnings, breaches, escalation


def _instants(turn: Turn, clock: SlaClock) -> list[tuple[datetime, str]]:
    """What is still to come of a clock: (instant, what)."""
    sla = turn.plan.slas[clock.sla]
    found: list[tuple[datetime, str]] = []
    if clock.deadline is None:
        return found
    if clock.warn is not None and not clock.warned:
        found.append((clock.warn, "warn"))
    if not clock.breached:
        found.append((clock.deadline, "breach"))
    for number, rung in enumerate(sla.escalate):
        if number not in clock.rungs:
            found.append((_rung_at(turn, clock, sla, rung), str(number)))
    return sorted(found, key=lambda one: (one[0], one[1] != "warn", one[1] != "breach", one[1]))


def _rung_at(turn: Turn, clock: SlaClock, sla: Sla, rung: Rung) -> datetime:
    window = _window(turn, sla)
    assert clock.deadline is not None
    if rung.offset is not None:
        return worktime.deadline(clock.deadline, rung.offset, window)
    if clock.due is not None:
        return share_of(clock, rung.percent)
    if clock.running_since is None or not rung.percent:
        return clock.deadline
    left = max(0, (clock.budget + clock.extended) * rung.percent // 100 - clock.consumed)
    return worktime.after(clock.running_since, left, clock.unit, window)


def next_instant(turn: Turn) -> datetime | None:
    """The earliest instant at which a clock has something to say."""
    coming = [found[0][0] for clock in turn.state.slas.values() if (found := _instants(turn, clock))]
    return min(coming, default=None)


def _climb(turn: Turn, clock: SlaClock) -> None:
    """Take what is due of one clock, in order."""
    for at, what in _instants(turn, clock):
        if at > turn.now:
            return
        lag = _lag(turn, max(at, clock.moved) if clock.moved else at)
        turn.spoke = True
        if what == "warn":
            clock.warned = True
            turn.log(Kind.SLA_WARNED, leg=clock.leg, item=clock.item, sla=clock.id, lag=lag)
        elif what == "breach":
            clock.breached = True
            turn.log(Kind.SLA_BREACHED, leg=clock.leg, item=clock.item, sla=clock.id, lag=lag)
        else:
            _escalate(turn, clock, int(what), lag)


def _lag(turn: Turn, at: datetime) -> float:
    """The engine's own lag: real seconds between the instant and this turn."""
    real = turn.setting.clock.to_real(at) if turn.setting.clock else at
    return round((turn.wall - real) / timedelta(seconds=1), 3)


def _escalate(turn: Turn, clock: SlaClock, number: int, lag: float) -> None:
    rung = turn.plan.slas[clock.sla].escalate[number]
    clock.rungs.append(number)
    turn.log(
        Kind.SLA_ESCALATED, leg=clock.leg, item=clock.item, sla=clock.id, rung=number, notify=rung.notify,
        hold=rung.hold, lag=lag, reassign=rung.reassign, decide=rung.decide,
    )  # fmt: skip
    if rung.reassign or rung.decide:
        turn.state.due_rungs.append(DueRung(clock.sla, number, clock.leg, clock.item, clock.on))
    if rung.notify:
        notice = Notice(to=rung.notify, about=f"{clock.id} at rung {number + 1}", detail={"chain": turn.state.chain})
        turn.side(
            "people.notify",
            notice.model_dump(mode="json"),
            Flight("notify", payload={"to": rung.notify, "about": clock.id}),
        )
    if rung.hold and turn.state.status == "running":
        owner = rung.notify if rung.notify.startswith(("role:", "person:")) else OPERATOR
        if turn.plan.slas[clock.sla].own and clock.leg:
            turn.hold_place(clock.leg, clock.item, "sla", owner=owner, sla=clock.id)
        else:
            turn.hold(None, "sla", owner=rung.notify or OPERATOR, sla=clock.id)
