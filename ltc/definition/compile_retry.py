"""Compiles how a call is retried: pauses that Temporal takes, and times that fit into each other."""

from __future__ import annotations

from decimal import Decimal

from ltc.definition.build import Build
from ltc.definition.nodes import Mapping
from ltc.definition.plan import Retry

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_USUAL = Retry()
# What must not be longer than what; each default gives way to what is said of the other.
_WITHIN = (("first", "most"), ("attempt", "give_up"))


def retry(build: Build, step: Mapping) -> Retry:
    """Compile ``retry:``. A time that is not said follows the one beside it, so that ``first: 5m`` alone will do.

    Temporal refuses a first pause above the longest one, and a factor below 1, with an error that would wedge the
    chain: both are complained about here.
    """
    given = step.mapping("retry")
    values = {key: _value(given, key) for key in given.values}
    for shorter, longer in _WITHIN:
        low, high = (values.get(key, getattr(_USUAL, key)) for key in (shorter, longer))
        if low <= high:
            continue
        if shorter in values and longer in values:
            told = {"word": shorter, "inner": given.text(shorter), "outer_what": longer, "outer": given.text(longer)}
            build.problems.add("LTC-D113", given.at(shorter), **told)
        else:
            values[longer if shorter in values else shorter] = low if shorter in values else high
    return Retry(**values)


def _value(given: Mapping, key: str) -> float:
    text = given.text(key)
    return float(Decimal(text)) if key == "factor" else float(int(text[:-1]) * _SECONDS[text[-1]])
