"""What a stand-in's books do with an order that is closed short, and with what somebody notes of an invoice."""

from datetime import timedelta
from typing import Any

from ltc.core.stand_in import Script, StandIn
from ltc.core.stand_in_books import Books
from ltc.ports.operations import OPERATIONS
from tests.support.chains import MONDAY, opportunity, usd


def given(books: Books, name: str, **args: Any) -> dict[str, Any]:
    """What an operation gives, which must be of its declared type."""
    found = books.take(name, args, MONDAY)
    OPERATIONS[name].gives.model_validate(found)
    return found


def test_what_is_closed_short_was_not_shipped_and_is_not_billed() -> None:
    deal = opportunity()
    books = Books(deal)
    given(books, "erp.create_order", customer="C1", lines=deal["lines"])
    down = given(books, "erp.post_down_payment", order="SO-1", share="30")
    given(books, "erp.ship_delivery", delivery="RE-1", lines=[{"line": "1", "product": "11", "quantity": 6}])
    order = given(books, "erp.close_short", order="SO-1")
    assert (order["shipped"], order["cancelled"]) == (6, 6)
    final = given(books, "erp.post_final_invoice", order="SO-1")
    assert (down["gross"], final["gross"]) == (usd(75_000), usd(50_000))


def noted(reason: str) -> list[dict[str, Any]]:
    """An unpaid invoice before and after something is noted of it, as a read shows it."""
    world = StandIn(Script(pays=[]), opportunity())
    for name in ("erp.create_order", "erp.post_order_invoice"):
        world.books.take(name, {"customer": "C1", "lines": opportunity()["lines"]}, MONDAY)
    fields = {"invoice": "INV-1", "reason": reason}
    said = {"event": "erp.receivable_changed", "after": "erp.post_order_invoice", "later": timedelta(hours=5)}
    world.script.events = [{**said, "fields": fields}]
    ((after, _),) = world._happenings("erp.post_order_invoice", MONDAY)
    return [world.books.erp_watch_payments({"invoice": "INV-1"}, at)["invoice"] for at in (MONDAY, MONDAY + after)]


def test_a_dispute_is_seen_from_its_moment_on() -> None:
    before, later = noted("dispute")
    assert (before["disputed"], later["disputed"]) == (False, True)
    assert later["version"] > before["version"]
