"""Which line of a sale a wanted line is, what goods that are out forbid, and what the journal of a sale tells."""

from decimal import Decimal
from typing import Any

import pytest

from ltc.adapters.tryton.changes import as_they_are, changes, dearer, refuse
from ltc.adapters.tryton.journal import Wanted, described, note_amendment, note_taken_back, read_journal
from ltc.adapters.tryton.sales import Sale
from ltc.mapping import load_mapping
from ltc.ports.errors import BusinessRefusal, ContractBroken

MAPPING = load_mapping("tryton", None)
HEAD = {"id": 7, "state": "processing", "currency.": {"code": "USD"}}


def row(number: int, product: str, quantity: float, price: str = "18.0000") -> dict[str, Any]:
    return {"id": number, "product.": {"code": product}, "quantity": quantity, "unit_price": Decimal(price),
            "moves_ignored": []}  # fmt: skip


def gone(line: int, pieces: float) -> dict[str, Any]:
    return {"id": 90 + line, "state": "done", "quantity": pieces, "origin": f"sale.line,{line}",
            "to_location.": {"type": "customer"}}  # fmt: skip


def sale(*lines: dict[str, Any], moves: tuple[dict[str, Any], ...] = ()) -> Sale:
    return Sale(HEAD, list(lines), list(moves), [], MAPPING)


def wanted(product: str, quantity: int, price: str = "18.0000", line: str = "1") -> Wanted:
    return Wanted(line, product, quantity, Decimal(price))


def told(made: Sale, *asked: Wanted) -> list[tuple[int | None, str, int]]:
    return [
        (one.line["id"] if one.line else None, one.wanted.product, one.wanted.quantity) for one in changes(made, asked)
    ]


def test_the_ids_of_who_asks_need_not_be_trytons() -> None:
    made = sale(row(11, "CHAI", 3), row(12, "TEA", 2))
    assert told(made, wanted("CHAI", 3, line="1"), wanted("TEA", 2, line="2")) == []
    assert told(made, wanted("TEA", 5, line="11"), wanted("CHAI", 3, line="12")) == [(12, "TEA", 5)]
    assert told(made, wanted("CHAI", 3, line="11")) == [(12, "TEA", 0)]
    assert told(made, wanted("CHAI", 3), wanted("TEA", 2), wanted("OIL", 1)) == [(None, "OIL", 1)]


def test_of_two_lines_of_a_product_each_is_found_by_its_price() -> None:
    made = sale(row(11, "CHAI", 3), row(12, "CHAI", 1, "0.0000"))
    assert told(made, wanted("CHAI", 1, "0"), wanted("CHAI", 4)) == [(11, "CHAI", 4)]
    assert told(made, wanted("CHAI", 4, "17")) == [(11, "CHAI", 4), (12, "CHAI", 0)]


def test_a_line_that_was_given_up_is_used_again_and_no_change_of_its_own() -> None:
    made = sale(row(11, "CHAI", 3), row(12, "TEA", 0))
    assert told(made, wanted("CHAI", 3)) == []
    assert told(made, wanted("CHAI", 3), wanted("TEA", 2, "9")) == [(12, "TEA", 2)]
    assert [one.product for one in as_they_are(made)] == ["CHAI"]
    assert dearer(made, changes(made, [wanted("CHAI", 2), wanted("TEA", 2, "9")])) == Decimal(0)


@pytest.mark.parametrize(
    ("moves", "leaving", "asked", "backward", "reason"),
    [
        ((gone(11, 2),), {}, wanted("CHAI", 1), False, "below_shipped"),
        ((gone(11, 2),), {}, wanted("CHAI", 1), True, "already_shipped"),
        ((), {"11": 2}, wanted("CHAI", 1), False, "below_shipped"),
        ((gone(11, 2),), {}, wanted("CHAI", 3, "17"), False, "already_shipped"),
        ((gone(11, 3), gone(12, 2)), {}, wanted("CHAI", 9), False, "already_shipped"),
    ],
)
def test_what_is_out_stays_ordered_at_its_price(
    moves: tuple[dict[str, Any], ...], leaving: dict[str, int], asked: Wanted, backward: bool, reason: str
) -> None:
    made = sale(row(11, "CHAI", 3), row(12, "TEA", 2), moves=moves)
    with pytest.raises(BusinessRefusal) as refused:
        refuse(made, changes(made, [asked, wanted("TEA", 2)]), leaving, backward=backward)
    assert refused.value.reason == reason


def test_each_line_says_how_far_it_is() -> None:
    made = sale(row(11, "CHAI", 3), row(12, "TEA", 2), row(13, "OIL", 0), moves=(gone(11, 3), gone(12, 1)))
    assert [(one.line, one.ordered, one.shipped) for one in made.by_line()] == [("11", 3, 3), ("12", 2, 1)]


class Notes:
    """Tryton as far as the journal knows it."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    async def tell(self, method: str, values: list[dict[str, Any]]) -> list[int]:
        assert method == "model.ir.note.create"
        self.rows += values
        return [len(self.rows)]

    async def find(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        ((_, _, resource),) = domain
        return [one for one in self.rows if one["resource"] == resource]


async def test_the_journal_tells_what_was_before_and_what_still_stands() -> None:
    notes: Any = Notes()
    first, second = [wanted("CHAI", 3, line="11")], [wanted("CHAI", 5, line="11")]
    assigned = [{"id": 55, "state": "assigned", "partially_assigned": False}]
    waiting = [{"id": 56, "state": "waiting", "partially_assigned": False}]
    await note_amendment(notes, "7", "K1", first, assigned)
    await note_amendment(notes, "7", "K2", second, waiting)
    await note_amendment(notes, "7", "K1", second, [])  # landed late: what the first one says counts
    journal = await read_journal(notes, "7")
    assert [(one.key, one.released) for one in journal.entries] == [("K1", True), ("K2", False)]
    newest, begun = journal.newest(), journal.under("K1")
    assert newest is not None
    assert begun is not None
    assert (newest.key, begun.before, journal.last) == ("K2", tuple(first), "K1")
    await note_taken_back(notes, "7", "R2", "K2", [{"id": 57, "state": "waiting", "partially_assigned": False}])
    journal = await read_journal(notes, "7")
    assert journal.taken_back_under("R2") == next(one for one in journal.entries if one.key == "K2")
    newest = journal.newest()
    assert newest is not None
    assert (newest.key, journal.under("K2"), journal.last) == ("K1", None, "R2")
    assert described("K1", [*assigned, *waiting]) == "K1 #55; #56;"


async def test_a_note_that_a_person_changed_is_told_with_the_note() -> None:
    notes: Any = Notes()
    notes.rows = [
        {"resource": "sale.sale,7", "message": "hello\n[ltc amend K1]"},
        {"resource": "sale.sale,7", "message": "x"},
    ]
    with pytest.raises(ContractBroken, match="amendment K1 was changed by hand") as broken:
        await read_journal(notes, "7")
    assert "hello" in broken.value.evidence
