"""Chains on a real server: one that suggests early to continue as new, and lets attempts time out for real."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ltc.definition.plan import Plan
from tests.replay.scene import Act, Scene, after, held, script
from tests.support.chains import opportunity

CONFIRM, CREATE = "erp.confirm_order", "erp.create_order"


def real(name: str, definition: str, *acts: Act, net: int = 50_000, **said: Any) -> Scene:
    """A chain on a real server."""
    return Scene(f"real: {name}", definition, lambda: script(said), acts, net, real=True)


def _of_class(letter: str) -> Any:
    def adapt(plan: Plan) -> Plan:
        pinned = {name: one.model_copy(update={"effect_class": letter}) for name, one in plan.operations.items()}
        return plan.model_copy(update={"operations": pinned})

    return adapt


def _large() -> dict[str, Any]:
    """Lines of more than half a megabyte: more than an activity may take."""
    line = opportunity()["lines"][0]
    return {"lines": [{**line, "id": str(number)} for number in range(1, 3_001)]}


SCENES: tuple[Scene, ...] = (
    real("a small order", "lead_to_cash"),
    real("a large order", "lead_to_cash", net=800_000),
    real("five deliveries in two payments each", "lead_to_cash", parts=[20] * 5, pays=[50, 50]),
    real("rejected", "lead_to_cash", net=250_000, decisions=[("manager", "reject")]),
    real("sent back", "lead_to_cash", net=250_000, decisions=[("manager", "send_back")]),
    real(
        "held, then past the pivot with consent",
        "lead_to_cash",
        held("cancel", consent=True),
        cancel_after="erp.post_invoice",
        pays=[],
    ),
    real("cancelled in Temporal", "lead_to_cash", Act("shipment.goods_shipped", "cancel"), parts=[]),
    real("cancelled in Temporal past the pivot", "lead_to_cash", Act("collection", "cancel"), pays=[]),
    real("cut short and taken up again", "lead_to_cash", Act("shipment.goods_shipped", "repair"), parts=[]),
    real("cut short past the pivot", "lead_to_cash", Act("collection", "repair"), held("release"), pays=[100]),
    real("held by hand", "lead_to_cash", after("shipment.goods_shipped", "hold"), held("release")),
    real("web order", "web_order"),
    real("web order, large", "web_order", net=600_000),
    real("web order, cancelled", "web_order", cancel_after="erp.post_order_invoice", pays=[]),
    real("three lines", "branches"),
    replace(real("decisions by signal", "people"), signals=True),
    replace(real("decisions by signal, two levels", "lead_to_cash", net=800_000), signals=True),
    replace(real("a call that never answers, held, retried", "patience", held("retry")), hangs=("customer.resolve",)),
    replace(real("an effect that never answers, probed", "patience", held("retry")), hangs=(CREATE,)),
    replace(real("a call that fails once", "patience"), flaky=("customer.resolve",)),
    replace(
        real("nothing to search by: a human adopts", "lead_to_cash", held("retry"), lost={"crm.qualify_lead": True}),
        adapt=_of_class("D"),
    ),
    replace(
        real("nothing to search by: skipped", "lead_to_cash", held("skip"), lost={"crm.qualify_lead": True}),
        adapt=_of_class("D"),
    ),
    replace(real("too large to be sent", "lead_to_cash"), changes=_large()),
    replace(real("too large to be sent, cancelled", "lead_to_cash", held("cancel")), changes=_large()),
)
