"""Which trails speak against beginning again: what would be done twice."""

from __future__ import annotations

from typing import Any

import pytest

from ltc.client.beginning_again import obstacle

PLAIN: list[dict[str, Any]] = [
    {"kind": "chain_started", "data": {}}, {"kind": "done", "data": {"op": "erp.create_order"}},
    {"kind": "intervened", "data": {"action": "hold"}}, {"kind": "intervened", "data": {"action": "retry"}},
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"kind": "compensating", "data": {}}, "it was being undone"),
        ({"kind": "sent_back", "data": {}}, "it was sent back"),
        ({"kind": "migrated", "data": {}}, "it was moved to another version of its definition"),
        ({"kind": "dunned", "data": {}}, "reminders have gone out"),
        ({"kind": "intervened", "data": {"action": "correct"}}, "a step was done by hand (correct)"),
        ({"kind": "intervened", "data": {"action": "skip"}}, "a step was done by hand (skip)"),
    ],
)
def test_what_would_be_done_anew_is_said(entry: dict[str, Any], told: str) -> None:
    assert obstacle(PLAIN) == ""
    assert obstacle([*PLAIN, entry]) == told
