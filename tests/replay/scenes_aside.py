"""Chains that go on beside themselves: amended, kept open, by the month, dunned, with chains they started."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.replay.scene import Act, Scene, after, during, script
from tests.support.chains import opportunity

DAYS = timedelta(days=1)


def aside(name: str, *acts: Act, until: timedelta = 200 * DAYS, **said: Any) -> Scene:
    """A chain of aside."""
    return Scene(f"aside: {name}", "aside", lambda: script(said), acts, until=until)


def changed(at: str, quantity: int, number: int = 1, wait: timedelta = timedelta(hours=3)) -> Act:
    """The customer wants another quantity."""
    line = {**opportunity(50_000)["lines"][0], "quantity": quantity}
    fields = {"opportunity": "OP-1", "lines": [line], "reason": "other"}
    return Act(at, "event", {"id": f"C-{number}", "name": "crm.order_changed", "fields": fields}, wait)


BEGINS, FOUND_OUT = "other.start_tasks#1", "other.start_tasks#0/probe1"
BACK = {"id": "B-1", "name": "crm.return_announced", "fields": {"opportunity": "OP-1", "lines": [], "reason": "broken"}}

SCENES: tuple[Scene, ...] = (
    aside("three months, a child, paid in time"),
    aside("amended before it is decided, approved anew", changed("approval", 6, wait=timedelta(minutes=10))),
    aside("amended after it was decided, twice", changed("retainer", 6), changed("rest", 24, 2)),
    aside("an amendment refused, released", changed("retainer", 6), Act("held", "intervene", {"action": "retry"}),
          refuse={"erp.amend_order": ["below_shipped"]}),
    aside("reminded twice, then paid", pay_after=60 * DAYS + timedelta(minutes=53)),
    aside("never paid, written off", pays=[]),
    aside("disputed and settled", after("bill.", "dispute"), after("bill.", "settle"), pays=[]),
    aside("a reply of a reminder is lost", pays=[], lost={"erp.create_dunning": True}),
    aside("cancelled while its child runs", after("other.", "cancel"), children=["never"]),
    aside("cancelled while its child begins", during(BEGINS, "cancel"), children=["never"]),
    *(
        aside(f"cancelled, and {how} whether its child began: {'it did' if it_did else 'it did not'}",
              during(moment, "cancel"), children=["never"], lost={"chain.start": it_did})
        for how, moment in (("nobody knows", BEGINS), ("it is being found out", FOUND_OUT)) for it_did in (True, False)
    ),
    aside("cut short while its child begins", Act(f"during {BEGINS}", "repair"), children=["never"]),
    aside("something comes back while it is kept open", Act("bill.", "event", BACK, 12 * DAYS)),
    aside("cut short among its months", Act("retainer", "repair", wait=2 * DAYS)),
)  # fmt: skip
