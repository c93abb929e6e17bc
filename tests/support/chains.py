"""Chains in simulated time: an opportunity, the shipped definitions, a script."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ltc.core import machine
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.turn import Setting
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)  # nine in the morning in Shanghai


def head(process: str) -> str:
    """How the definitions of tests begin: a chain for each won opportunity, its owner asking, in US dollars."""
    return f"""\
ltc: 1
process: {process}
calendar: cn
currency: USD
start:
  event: crm.opportunity_won
  key: event.opportunity.number
  input: {{opportunity: event.opportunity}}
  requester: event.opportunity.owner
"""


def usd(minor: int) -> dict[str, Any]:
    """Money in US cents."""
    return {"minor": minor, "currency": "USD"}


def opportunity(net: int = 250_000, **changes: Any) -> dict[str, Any]:
    """A won opportunity of one line, ``net`` in cents."""
    line = {
        "id": "1", "product": "11", "quantity": 12, "unit_price": usd(net // 12), "discount": "0",
        "net": usd(net), "tax": usd(0), "gross": usd(net),
    }  # fmt: skip
    plain = {
        "id": "OP-1", "version": 1, "number": "10248", "customer": {"id": "VINET", "name": "Vins et alcools"},
        "owner": "nancy", "currency": "USD", "lines": [line], "net": usd(net), "tax": usd(0), "gross": usd(net),
        "stage": "won", "lost": False, "loss_reason": "", "required_on": None,
    }  # fmt: skip
    return {**plain, **changes}


def window(name: str = "cn") -> CalendarWindow:
    """Nine to twelve and half past one to six, Monday to Friday, Shanghai time."""
    return CalendarWindow(
        name=name, version="test", hours=((540, 720), (810, 1080)), week="1111100", offsets=((0, 480),),
        since=date(2026, 3, 1), until=date(2027, 4, 1),
    )  # fmt: skip


@cache
def shipped(name: str) -> Plan:
    """A shipped definition, compiled."""
    return load(ROOT / "process_defs" / f"{name}.yaml")


def setting(plan: Plan) -> Setting:
    """A plan in its calendars."""
    names = sorted({plan.calendar, *(sla.calendar for sla in plan.slas.values())})
    return Setting(plan, {name: window(name) for name in names})


def called_off(deal: dict[str, Any]) -> dict[str, Any]:
    """A call-off of everything in a deal."""
    return {
        "id": "CO-1", "version": 1, "contract": "CT-1", "number": "1", "lines": deal["lines"],
        "quantity": sum(line["quantity"] for line in deal["lines"]), "requested_at": MONDAY.isoformat(),
    }  # fmt: skip


def simulate(
    plan: Plan | str = "lead_to_cash", script: Script | None = None, *, net: int = 250_000, run: bool = True,
    roundtrip: bool = False, until: timedelta = timedelta(days=400), **changes: Any,
) -> Simulation:  # fmt: skip
    """Run one chain in simulated time, to its end or until nothing happens any more."""
    plan = shipped(plan) if isinstance(plan, str) else plan
    deal = opportunity(net, **changes)
    around = setting(plan)
    values = {"opportunity": deal}
    if "call_off" in plan.start.input:
        values |= {"customer": "E-VINET", "call_off": called_off(deal)}
    state = machine.begin(around, chain=f"{plan.process}:10248", installation="test", requester="nancy", values=values)
    simulation = Simulation(around, state, StandIn(script or Script(), deal), MONDAY, roundtrip=roundtrip)
    if run:
        simulation.run(MONDAY + until)
    return simulation
