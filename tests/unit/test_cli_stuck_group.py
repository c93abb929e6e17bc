"""`ltc stuck` says once for a system that is away what each chain that waits for it would say."""

from __future__ import annotations

from typing import Any

from ltc.cli.stuck_group import grouped
from tests.support.cli import ltc

ERP = {
    "system": "erp", "state": "away", "since": "2026-03-02T09:00:00+00:00", "next_try": "2026-03-02T09:10:00+00:00",
    "error": "Unavailable: ConnectError", "waiting": 2,
}  # fmt: skip


def row(chain: str, reason: str = "retrying", owner: str = "system:erp") -> dict[str, Any]:
    return {"chain": chain, "reason": reason, "owner": owner, "leg": "order", "detail": "…"}


def test_chains_that_wait_for_one_system_are_one_row() -> None:
    found = [row("a", "held", "olga"), *(row(f"c{n}") for n in range(36)), row("c9"), row("d", "unknown_outcome")]
    first, one = grouped(found, [ERP])
    assert first["chain"] == "a"
    assert (one["chain"], one["reason"], one["owner"]) == ("37 chains", "retrying", "system:erp")
    assert one["detail"] == "erp is away: Unavailable: ConnectError"
    assert (one["since"], one["next_at"], one["clock"]) == (ERP["since"], ERP["next_try"], "wall")
    assert len(one["chains"]) == 37
    assert one["allowed"] == []


def test_other_systems_and_reasons_stay_as_they_are() -> None:
    found = [row("a"), row("b", owner="system:crm"), row("c", "compensating"), row("d", "no_worker", "role:operator")]
    assert grouped(found, [ERP]) == found  # a alone speaks for itself
    assert grouped(found, []) == found


def test_each_is_asked_for_by_a_flag(monkeypatch) -> None:
    asked = []

    class Desk:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            return None

        async def stuck(self, *args):
            asked.append(args)
            return []

    monkeypatch.setattr("ltc.cli.desk.Desk", Desk)
    assert ltc("stuck", "--each").exit_code == 0
    assert ltc("stuck").exit_code == 0
    assert asked == [("", "", "", 100, True), ("", "", "", 100)]
