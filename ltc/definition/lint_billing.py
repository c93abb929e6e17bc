"""Billing terms: what is agreed is used, and what falls due after a leg is billed after it."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.expressions import ExpressionError, selects
from ltc.definition.plan import Leg, Plan


def check_billing(plan: Plan, build: Build) -> None:
    """Complain about terms that nothing reads, and about parts that would never fall due."""
    read = _read(build)
    for what in ("cash_discount", "instalments", "milestones"):
        if f"billing:{what}" in build.places and not any(path in ("billing", f"billing.{what}") or
                                   path.startswith(f"billing.{what}.") for path in read):  # fmt: skip
            why = "nothing in the process reads it"
            remedy = "agree on it with the system: erp.agree_terms, with terms: billing"
            build.problems.vain(build.places[f"billing:{what}"], what, why, remedy)
    if plan.billing.terms is None:
        return
    driven = {leg.loop.source: leg for leg in plan.legs if leg.loop and leg.loop.on_item}
    for what in ("instalments", "milestones"):
        _due(plan, build, what, driven.get(f"billing.{what}"))


def _read(build: Build) -> list[str]:
    found: list[str] = []
    for use in build.uses:
        try:
            found += selects(use.source)
        except ExpressionError:
            continue  # said already
    return found


def _due(plan: Plan, build: Build, what: str, leg: Leg | None) -> None:
    order = [one.id for one in plan.legs]
    for part in (plan.billing.terms or {})[what]:
        after, place = part["after"], f"billing:{what}:{part['name']}"
        if after and after not in order:
            build.problems.add("LTC-D048", build.places[f"{place}:after"], word=after, known=order)
        elif after and leg is None:
            why = f"no leg loops over billing.{what} and starts on_item"
            build.problems.vain(build.places[f"{place}:after"], "after", why)
        elif leg is not None and not after:
            build.problems.add("LTC-D177", build.places[place], word=part["name"], leg=leg.id)
        elif leg is not None and order.index(after) >= order.index(leg.id):
            build.problems.add("LTC-D178", build.places[f"{place}:after"], word=after, leg=leg.id)
