"""The check of contract prices passes what the clause says of a day since it was asked for, and sees what it does not."""

from datetime import UTC, datetime

import pytest

from starter.books import Books, Effect
from starter.rehearsal.prices import prices_follow_the_clause
from tests.support.chains import shipped

CHECK = prices_follow_the_clause({"call_off": shipped("call_off"), "distributor": shipped("distributor")})


def books(*rows: tuple[str, str, int]) -> Books:
    """The contract CT1 of the chain CO1: operation, virtual instant and percentage of each effect."""
    real = datetime(2026, 3, 2, tzinfo=UTC)
    made = [
        Effect(
            "crm" if operation.startswith("crm") else "erp", number, real, operation,
            "CO1" if operation.startswith("crm") else "CT1", chain="" if operation.startswith("crm") else "call_off:CO1",
            quantity=percent, at_virtual=f"{at}+00:00",
        )
        for number, (operation, at, percent) in enumerate(rows, 1)
    ]  # fmt: skip
    return Books(effects=made)


ASKED = ("crm.change", "2026-04-08T02:00:00", 0)


@pytest.mark.parametrize(
    ("asked", "changed", "percent"),
    [
        ("2026-04-08T02:00:00", "2026-04-10T02:00:00", 104),
        ("2026-06-25T02:00:00", "2026-07-06T02:00:00", 104),  # decided in June, the customer agreed in July
        ("2026-06-25T02:00:00", "2026-07-06T02:00:00", 107),
        ("2026-03-31T17:00:00", "2026-03-31T18:00:00", 104),  # the first of April in Shanghai
    ],
)
def test_what_the_clause_says_of_a_day_since_is_sound(asked: str, changed: str, percent: int) -> None:
    found = list(CHECK(books(("crm.change", asked, 0), ("erp.reprice_contract", changed, percent))))
    assert found == []


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([ASKED, ("erp.reprice_contract", "2026-04-10T02:00:00", 107)],
         "costs 107 % from 2026-04-10 on, agreed was 104 %"),
        ([ASKED, ("erp.reprice_contract", "2026-07-02T02:00:00", 110)], "agreed was 104, 107 %"),
        ([("erp.reprice_contract", "2026-04-10T02:00:00", 104)], "and nobody asked for it"),
        ([("erp.reprice_contract", "2026-04-07T02:00:00", 104), ASKED], "and nobody asked for it"),
        ([("crm.change", "2026-03-31T15:00:00", 0), ("erp.reprice_contract", "2026-03-31T15:30:00", 104)],
         "agreed was 100 %"),
    ],
)  # fmt: skip
def test_a_planted_price_is_seen(rows: list[tuple[str, str, int]], text: str) -> None:
    ((subject, said),) = CHECK(books(*rows))
    assert subject == "CT1"
    assert text in said


def test_prices_that_no_clause_is_written_for_are_not_judged() -> None:
    free = prices_follow_the_clause({"call_off": shipped("distributor")})
    assert list(free(books(("erp.reprice_contract", "2026-04-10T02:00:00", 150)))) == []
