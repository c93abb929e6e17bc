"""The fields of a start are read back from what a chain began with, as far as the definition takes them over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ltc.client.recalling import fields_of


@pytest.mark.parametrize(
    ("key", "inputs", "values", "fields"),
    [
        ("event.opportunity_id", {"opportunity": "event.opportunity"}, {"opportunity": {"id": "1"}},
         {"opportunity": {"id": "1"}, "opportunity_id": "K"}),
        ("event.opportunity.number", {"opportunity": "event.opportunity"}, {"opportunity": {"number": "K", "id": "1"}},
         {"opportunity": {"number": "K", "id": "1"}, "opportunity_id": "1"}),
        ("event.order.id", {"net": "event.order.net"}, {"net": 5}, {"order": {"net": 5, "id": "K"}}),
        ("'A-' + event.id", {"day": "event.day", "twice": "event.n * 2"}, {"day": "d", "twice": 4}, {"day": "d"}),
        ("event.id.deep", {"id": "event.id", "gone": "event.gone"}, {"id": "plain"}, {"id": "plain"}),
    ],
)  # fmt: skip
def test_what_is_taken_over_unchanged_is_known(key: str, inputs: Any, values: Any, fields: Any) -> None:
    plan: Any = SimpleNamespace(start=SimpleNamespace(key=key, input=inputs))
    assert fields_of(plan, values, "K", "opportunity_id") == fields
