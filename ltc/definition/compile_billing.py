"""Compiles ``billing:`` into the terms that expressions and operations see."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ltc.definition.build import Build
from ltc.definition.currencies import CURRENCIES
from ltc.definition.nodes import Mapping as Keys
from ltc.definition.plan import Billing
from ltc.model.money import Money
from ltc.model.terms import BillingTerms

_WHOLE = Decimal(100)


def billing(build: Build, keys: Keys) -> Billing:
    """Compile the block; without one, deliveries are billed and nothing deviates."""
    tolerance = keys.mapping("tolerance")
    over, under = (_percent(tolerance.text(name, "0")) for name in ("over", "under"))
    build.under = under
    plain: dict[str, Any] = {"basis": keys.text("basis", "delivery"), "over": over, "under": under}
    if not keys.values:
        return Billing.model_validate(plain)
    build.places["billing"] = keys.mark
    for name in keys.values:
        build.places[f"billing:{name}"] = keys.keys[name]
    terms: dict[str, Any] = {"basis": plain["basis"], "tolerance": {"over": over, "under": under}}
    if "cash_discount" in keys.values:
        discount = keys.mapping("cash_discount")
        rate = _percent(discount.text("rate"))
        if not 0 < Decimal(rate) < _WHOLE:
            _range(build, discount, "rate", "the rate of the cash discount", "0.000001% to 99.999999%")
            return Billing.model_validate(plain)
        terms["cash_discount"] = {"rate": rate, "days": int(discount.text("within").removesuffix("d"))}
    for what in ("instalments", "milestones"):
        terms[what] = _parts(build, keys, what)
    build.problems.stop()
    return Billing.model_validate({**plain, "terms": BillingTerms.model_validate(terms).model_dump(mode="json")})


def heard(build: Build, agreed: Billing) -> Billing:
    """Leave the terms out of the plan when no expression speaks of them: they would only be carried along."""
    spoken = any(re.search(r"\bbilling\b", use.source) for use in build.uses)
    return agreed if spoken else agreed.model_copy(update={"terms": None})


def _percent(text: str) -> str:
    return text.rstrip("%")


def _range(build: Build, keys: Keys, key: str, where: str, wanted: str) -> None:
    build.problems.add("LTC-D023", keys.at(key), where=where, wanted=f"a share from {wanted}", found=keys.text(key))


def _parts(build: Build, keys: Keys, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in keys.listing(what).mappings():
        name = one.text("name")
        if name in [other["name"] for other in found]:
            build.problems.add("LTC-D176", one.at("name"), word=name, what=what)
        part: dict[str, Any] = {"name": name, "accepted_by": one.text("accepted_by"), "after": one.text("after")}
        part["share"] = _percent(one.text("share")) if "share" in one.values else None
        part["amount"] = _amount(build, one)
        if what == "instalments":
            part = {key: part[key] for key in ("name", "share", "after")}
        build.places[f"billing:{what}:{name}"] = one.mark
        for key in one.values:
            build.places[f"billing:{what}:{name}:{key}"] = one.at(key)
        found.append(part)
    _whole(build, keys, what, found)
    return found


def _amount(build: Build, one: Keys) -> dict[str, Any] | None:
    if "amount" not in one.values:
        return None
    try:
        amount = Money.parse(one.text("amount"))
    except ValueError as error:
        remedy = "write an amount and its currency, as in 5000.00 EUR"
        build.problems.add("LTC-D025", one.at("amount"), where="'amount'", problem=str(error), remedy=remedy)
        return None
    if amount.currency not in CURRENCIES:
        build.problems.add("LTC-D046", one.at("amount"), word=amount.currency, known=CURRENCIES)
    if amount.minor <= 0:
        problem, remedy = f"{one.text('amount')} bills nothing", "write an amount above zero"
        build.problems.add("LTC-D025", one.at("amount"), where="'amount'", problem=problem, remedy=remedy)
    return amount.model_dump()


def _whole(build: Build, keys: Keys, what: str, parts: list[dict[str, Any]]) -> None:
    """All parts make the whole order: shares of 100 % in all, or, of milestones, amounts throughout."""
    shared = [part for part in parts if part["share"] is not None]
    for part in parts:
        both = part["share"] is not None and part.get("amount") is not None
        place = build.places[f"billing:{what}:{part['name']}"]
        said = f"billing:{what}:{part['name']}:amount" in build.places
        if both or (part["share"] is None and (shared or not said)):
            build.problems.add("LTC-D175", place, word=part["name"])
    currencies = list(dict.fromkeys(part["amount"]["currency"] for part in parts if part.get("amount")))
    if len(currencies) > 1:
        problem, remedy = f"{', '.join(currencies)} in one order", "write all amounts in one currency"
        build.problems.add("LTC-D025", keys.keys[what], where=f"'{what}'", problem=problem, remedy=remedy)
    total = sum((Decimal(part["share"]) for part in shared), Decimal(0))
    if any(Decimal(part["share"]) <= 0 for part in shared) or (shared and total != _WHOLE):
        build.problems.add("LTC-D174", keys.keys[what], what=what, total=f"{total.normalize():f}")
