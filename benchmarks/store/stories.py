"""The stories of generated chains: shipped definitions simulated on the pure core, started over three years."""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ltc.core import machine
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.turn import Setting
from ltc.definition import calendars
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from ltc.model.trail import Entry

NOW = datetime(2026, 10, 14, 3, 30, tzinfo=UTC)
DAY = timedelta(days=1)
YEARS = 3 * 365
DEFINITIONS = Path(__file__).parents[2] / "process_defs"
PROCESSES = ("lead_to_cash", "web_order")

# (name, weight, script): how chains go that end. Three of four leads become no order, as leads do: their trails are
# short, and a chain has some thirty entries on average; one that goes to the end has about seventy.
ENDED: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("not qualified", 270, {"refuse": {"crm.qualify_lead": ["not_qualified"]}}),
    ("withdrawn", 40, {"cancel_after": "crm.qualify_lead"}),
    ("plain", 60, {}),
    ("parcels", 12, {"parts": [50, 50]}),
    ("late payer", 12, {"pay_after": 45 * DAY}),
    ("rejected", 6, {"decisions": [("manager", "reject")]}),
    ("in two payments", 6, {"pays": [40, 60]}),
    ("cancelled", 4, {"cancel_after": "erp.create_order"}),
)
# and how they stand that have not
OPEN: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("on its way", 50, {}),
    ("unpaid", 30, {"pays": []}),
    ("silent approver", 8, {"decisions": [("manager", "silent"), ("approver", "silent")]}),
    ("held", 6, {"fail": {"erp.create_order": ["Misconfigured"]}}),
    ("reply lost", 4, {"lost": {"erp.create_order": True}}),
    ("slow parcel", 2, {"ship_after": 60 * DAY}),
)


@dataclass(frozen=True)
class Story:
    """One simulated chain: what its trail says."""

    process: str
    name: str
    open: bool
    trail: list[Entry]


def stories(count: int, seed: int = 7) -> Iterator[Story]:
    """Simulate so many stories: half of chains that have ended, half of open ones (a chain draws from its half)."""
    dice = random.Random(seed)
    settings = {name: _setting(load(DEFINITIONS / f"{name}.yaml")) for name in PROCESSES}
    made = 0
    while made < count:
        is_open = made % 2 == 1
        name, _, script = dice.choices(OPEN if is_open else ENDED, [one[1] for one in (OPEN if is_open else ENDED)])[0]
        process = dice.choices(PROCESSES, (3, 1))[0]
        began = NOW - dice.uniform(0.05, 40 if is_open else YEARS) * DAY - (timedelta() if is_open else 100 * DAY)
        trail = _simulate(settings[process], script, began, dice)
        if trail and is_open != any(entry.kind == "ended" for entry in trail):
            made += 1
            yield Story(process, name, is_open, trail)


def _setting(plan: Plan) -> Setting:
    names = sorted({plan.calendar, *(sla.calendar for sla in plan.slas.values())})
    return Setting(plan, {name: calendars.window(name, date(2023, 1, 1), date(2028, 1, 1)) for name in names})


def _simulate(setting: Setting, script: dict[str, Any], began: datetime, dice: random.Random) -> list[Entry]:
    deal = _deal(dice.choice((50_000, 250_000, 250_000, 800_000)))
    state = machine.begin(
        setting, chain=setting.plan.process, installation="bench", requester="nancy", values={"opportunity": deal}
    )
    began = began.replace(microsecond=dice.randrange(1000) * 1000)
    one = Simulation(setting, state, StandIn(Script(**deepcopy(script)), deal), began)
    one.run(NOW)
    return one.trail


def _deal(net: int) -> dict[str, Any]:
    money, nil = {"minor": net, "currency": "USD"}, {"minor": 0, "currency": "USD"}
    line = {
        "id": "1", "product": "11", "quantity": 12, "unit_price": {"minor": net // 12, "currency": "USD"},
        "discount": "0", "net": money, "tax": nil, "gross": money,
    }  # fmt: skip
    return {
        "id": "OP-1", "version": 1, "number": "10248", "customer": {"id": "VINET", "name": "Vins et alcools"},
        "owner": "nancy", "currency": "USD", "lines": [line], "net": money, "tax": nil, "gross": money,
        "stage": "won", "lost": False, "loss_reason": "", "required_on": None,
    }  # fmt: skip
