"""Cases: promised times, their warnings and escalation, and every way to write a length of time."""

from datetime import timedelta

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, sent, trail, way

SHIPS = "order confirm shipment"
SLOW = {"ship_after": timedelta(days=9)}  # the chain begins on Monday, 2 March, at one o'clock UTC, nine in Shanghai
SLA = "legs.shipment.sla"
DEADLINE = trail(Kind.SLA_STARTED, "deadline")
TOLD = sent("people.notify", "to")
CLIMBED = trail(Kind.SLA_ESCALATED, "at", "rung")
PAY = "legs.collection.for_each.sla"
UNPAID = {"pays": [], "days": 90}


def promise(text: str, **more: str) -> dict[str, str]:
    """The shipment leg promises this."""
    return {SLA: text, **more}


PROMISES = [
    Case("sla", trail(Kind.SLA_STARTED, "sla", "on"), [("chain", "chain")], legs=SHIPS,
         change={"sla": "{target: 5d}"}, ignored={"sla": GONE}),
    Case("sla.target", DEADLINE, ["03-07 01:00"], legs=SHIPS, change=promise("{target: 5d}"),
         ignored={f"{SLA}.target": "6d"}),
    Case("sla.target=(text)", DEADLINE, ["03-31 02:00"], change={PAY: "{target: 28d}"},
         ignored={f"{PAY}.target": "{due: invoice.due_date}"}),
    Case("sla.target.due.due", DEADLINE, ["04-02 02:00"], change={PAY: "{target: {due: invoice.due_date}}"},
         ignored={f"{PAY}.target": "28d"}),
    Case("sla.warn_at", trail(Kind.SLA_WARNED, "at"), ["03-05 01:00"], legs=SHIPS, world=SLOW,
         change=promise("{target: 4d, warn_at: 75%}"), ignored={f"{SLA}.warn_at": GONE}),
    Case("share", trail(Kind.SLA_WARNED, "at"), ["03-05 01:00"], legs=SHIPS, world=SLOW,
         change=promise("{target: 4d, warn_at: 75%}"), ignored={f"{SLA}.warn_at": "50%"}),
    # A share of the time until a document's date counts, too.
    Case("sla.warn_at", trail(Kind.SLA_WARNED, "at"), ["03-18 02:00"], world=UNPAID,
         change={PAY: "{target: {due: invoice.due_date}, warn_at: 50%}"}, ignored={f"{PAY}.warn_at": GONE}),
    Case("sla.pause_while", way("breached"), [], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, pause_while: waiting_for == 'event'}"), ignored={f"{SLA}.pause_while": GONE}),
    Case("sla.escalate", CLIMBED, [("03-03 01:00", 0)], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: 100%, notify: requester}]}"), ignored={f"{SLA}.escalate": GONE}),
    Case("sla.calendar", DEADLINE, ["03-03 17:00"], legs=SHIPS, change=promise("{target: 1bh, calendar: us}"),
         ignored={f"{SLA}.calendar": GONE}),
]  # fmt: skip

RUNGS = [
    Case("rung.at", CLIMBED, [("03-04 01:00", 0)], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: 200%, notify: requester}]}"),
         ignored={f"{SLA}.escalate.0.at": "100%"}),
    Case("rung=share", CLIMBED, [("03-04 01:00", 0)], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: 200%, notify: requester}]}"),
         ignored={f"{SLA}.escalate.0.at": "due"}),
    # A share of the time until a document's date: thirty days, from the day of the invoice on.
    Case("rung=share", CLIMBED, [("04-17 02:00", 0)], world=UNPAID,
         change={PAY: "{target: {due: invoice.due_date}, escalate: [{at: 150%, notify: customer}]}"},
         ignored={f"{PAY}.escalate.0.at": "due"}),
    Case("rung=due", CLIMBED, [("03-03 01:00", 0)], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: due, notify: requester}]}"),
         ignored={f"{SLA}.escalate.0.at": "due + 1d"}),
    Case("rung=due + span", CLIMBED, [("03-05 01:00", 0)], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: due + 2d, notify: requester}]}"),
         ignored={f"{SLA}.escalate.0.at": "due"}),
    Case("rung.notify", TOLD, ["role:sales"], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: 100%, notify: 'role:sales', hold: true}]}"),
         ignored={f"{SLA}.escalate.0.notify": GONE}),
    Case("rung.hold", way("held"), ["shipment held sla"], legs=SHIPS, world=SLOW,
         change=promise("{target: 1d, escalate: [{at: 100%, notify: 'role:sales', hold: true}]}"),
         ignored={f"{SLA}.escalate.0.hold": GONE}),
    *(
        Case(f"notify={name}", all_of(TOLD, trail(Kind.SLA_ESCALATED, "notify")), [[who], [who]], legs=SHIPS,
             world=SLOW, change=promise(f"{{target: 1d, escalate: [{{at: 100%, notify: '{who}'}}]}}"),
             ignored={f"{SLA}.escalate.0.notify": "'person:sam'" if name != "person" else "'role:sales'"})
        for name, who in (
            ("role", "role:sales"), ("person", "person:fay"), ("customer", "customer"), ("requester", "requester"),
        )
    ),
]  # fmt: skip

SPANS = [
    *(
        Case(f"span={unit}", DEADLINE, [deadline], legs=SHIPS, change=promise(f"{{target: 45{unit}}}"),
             ignored={f"{SLA}.target": f"45{other}"})
        for unit, deadline, other in (
            ("s", "03-02 01:00", "m"), ("m", "03-02 01:45", "s"), ("h", "03-03 22:00", "bh"),
            ("d", "04-16 01:00", "bd"), ("bm", "03-02 01:45", "bh"), ("bh", "03-10 01:00", "h"),
            ("bd", "05-04 01:00", "d"),
        )
    ),
    Case("span=P", DEADLINE, ["LTC-D025"], legs=SHIPS, change=promise("{target: P1D}"), ignored={f"{SLA}.target": "1d"}),
    # A wait's longest time is reckoned from an instant, not from a budget.
    *(
        Case(f"span={unit}", trail(Kind.WAITING, "deadline"), [deadline], legs=SHIPS,
             change={"legs.shipment.steps.1.within": f"45{unit}"},
             ignored={"legs.shipment.steps.1.within": f"45{other}"})
        for unit, deadline, other in (
            ("s", "03-02 01:00", "m"), ("m", "03-02 01:45", "s"), ("h", "03-03 22:00", "bh"),
            ("d", "04-16 01:00", "bd"), ("bm", "03-02 01:45", "bh"), ("bh", "03-10 01:00", "h"),
            ("bd", "05-04 01:00", "d"),
        )
    ),
]  # fmt: skip

# What waiting_for may be: words that stand in expressions only.
WAITING = [
    Case(f"waiting_for={word}", trail(Kind.SLA_PAUSED, "sla"), [f"leg:{leg}"],
         {f"legs.{leg}.sla": f"{{target: 1d, pause_while: waiting_for == '{word}'}}"},
         {f"legs.{leg}.sla.pause_while": f"waiting_for == '{other}'"}, f"order {leg}", {**world, "days": 30})
    for word, leg, other, world in (
        ("event", "shipment", "operator", SLOW),
        ("approver", "approval", "event", {"decisions": [("manager", "silent")]}),
        ("operator", "confirm", "approver", {"refuse": {"erp.confirm_order": ["out_of_stock"]}}),
        ("system", "confirm", "event", {}),
    )
]  # fmt: skip

CASES = [*PROMISES, *RUNGS, *SPANS, *WAITING]
