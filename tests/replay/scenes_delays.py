"""Chains that let time pass: for a span, until an instant, in a branch; passed again, skipped, held, cut short."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.replay.scene import Act, Scene, after, held, script
from tests.replay.scenes_own import CANCELLED, event

DAYS = timedelta(days=1)
CONFIRM = "erp.confirm_order"


def delays(name: str, *acts: Act, wanted: str | None = "2026-03-20T00:00:00+00:00", **said: Any) -> Scene:
    """A chain of delays; ``wanted`` is the instant that the second one counts from."""
    changes = {"required_on": wanted}
    return Scene(
        f"delays: {name}", "delays", lambda: script(said), acts, changes=changes, until=60 * DAYS, ends_in_result=True
    )


SCENES = (
    delays("one after the other"),
    delays("the other branch is first", event("crm.order_cancelled", "order.", **CANCELLED)),
    delays("passed again: one skipped, one anew", refuse={CONFIRM: ["out_of_stock"]}),
    delays("skipped by an operator", after("order.create_order", "skip", leg="order", step="grace")),
    delays(
        "held by hand and released", after("order.create_order", "hold", leg="order", step="grace"), held("release")
    ),
    delays("no instant: held, tried again, passed by", held("retry"), held("skip"), wanted=None),
    delays("cancelled in Temporal meanwhile", Act("order.create_order", "cancel")),
    delays("cut short and taken up again", Act("order.create_order", "repair")),
)
