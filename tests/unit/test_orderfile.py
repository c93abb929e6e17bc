"""The order file door takes good orders and refuses each bad one with its row and a remedy."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from starter.order_file import MAX_FIELD, OrderFileError, Reading, read_orders
from starter.order_lines import SalesTerms
from starter.orderbook import load

TERMS = SalesTerms({"ALFKI": "Alfreds"}, frozenset({"1", "2"}), {"1": "nancy.davolio"})
HEADER = "OrderID,CustomerID,EmployeeID"
LINE_HEADER = "OrderID,ProductID,UnitPrice,Quantity,Discount"
GOOD, GOOD_LINE = "1,ALFKI,1", "1,1,10.00,3,0.05"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_csv(folder: Path, orders: str | bytes, lines: str | bytes, terms: SalesTerms = TERMS) -> Reading:
    return read_orders(write(folder, "orders.csv", orders), write(folder, "lines.csv", lines), terms)


def read_pair(folder: Path, order: str, line: str) -> Reading:
    """Read one order under test (number 2) between two good ones (1 and 3)."""
    orders = "\n".join([HEADER, GOOD, order, "3,ALFKI,1"])
    lines = "\n".join([LINE_HEADER, GOOD_LINE, *([line] if line else []), "3,2,1,1,0"])
    return read_csv(folder, orders, lines)


def test_lines_that_together_are_too_much_are_refused_by_order(tmp_path: Path) -> None:
    lines = "\n".join(f"2,{product},80000000.00,1000000,0" for product in (1, 1))
    reading = read_csv(tmp_path, f"{HEADER}\n2,ALFKI,1\n", f"{LINE_HEADER}\n{lines}\n")
    assert [one.problem for one in reading.refusals] == ["comes to more than an amount can be"]


def test_a_good_order_is_rounded_per_line_half_even(tmp_path: Path) -> None:
    lines = f"{LINE_HEADER}\n1,1,0.05,1,0.5\n1,2,0.15,1,0.5\n"
    [order] = read_csv(tmp_path, f"{HEADER}\n{GOOD}\n", lines).opportunities
    assert [line.net.minor for line in order.lines] == [2, 8]  # 2.5 and 7.5 cents go to the even neighbour
    assert (order.net.minor, order.tax.minor, order.gross.minor) == (10, 1, 11)
    assert (order.id, order.owner, order.currency) == ("1", "nancy.davolio", "USD")


@pytest.mark.parametrize(
    ("order", "line", "place", "problem"),
    [
        ("2,ALFKI,1", "2,1,-1.00,3,0", "lines.csv:3", "negative"),
        ("2,ALFKI,1", "2,1,1.00,-3,0", "lines.csv:3", "negative"),
        ("2,ALFKI,1", "2,1,1.00,3,-0.1", "lines.csv:3", "negative"),
        ("2,ALFKI,1", "2,1,NaN,3,0", "lines.csv:3", "not a number"),
        ("2,ALFKI,1", "2,1,Infinity,3,0", "lines.csv:3", "not a number"),
        ("2,ALFKI,1", "2,1,1e9,3,0", "lines.csv:3", "not a number"),
        ("2,ALFKI,1", "2,1,=1+1,3,0", "lines.csv:3", "not a number"),
        ("2,ALFKI,1", "2,1,１０,3,0", "lines.csv:3", "not a number"),
        ("2,ALFKI,1", "2,1,,3,0", "lines.csv:3", "not a number"),
        ("2,ALFKI,1", "2,1,1.005,3,0", "lines.csv:3", "more decimals"),
        ("2,ALFKI,1", "2,1,999999999999.99,1000000,0", "lines.csv:3", "more than an amount can be"),
        ("2,ALFKI,1", "2,1,1.00,0,0", "lines.csv:3", "whole number"),
        ("2,ALFKI,1", "2,1,1.00,1.5,0", "lines.csv:3", "whole number"),
        ("2,ALFKI,1", "2,1,1.00,99999999,0", "lines.csv:3", "whole number"),
        ("2,ALFKI,1", "2,1,1.00,3,1", "lines.csv:3", "not below 1"),
        ("2,ALFKI,1", "2,9,1.00,3,0", "lines.csv:3", "unknown product '9'"),
        ("2,ALFKI,1", "2,1,1.00,3", "lines.csv:3", "4 fields"),
        ("2,ALFKI,1", "2,1,1.00,3,0,7", "lines.csv:3", "6 fields"),
        ("2,ALFKI,1", "", "orders.csv:3", "0 lines"),
        ("2,NOONE,1", "2,1,1,3,0", "orders.csv:3", "unknown customer 'NOONE'"),
        ("2,,1", "2,1,1,3,0", "orders.csv:3", "unknown customer ''"),
        ("2,ALFKI,7", "2,1,1,3,0", "orders.csv:3", "unknown employee '7'"),
        ("2,ALFKI", "2,1,1,3,0", "orders.csv:3", "2 fields"),
        ("1,ALFKI,1", "", "orders.csv:3", "seen before"),
        ("=cmd|'/c calc'!A1,ALFKI,1", "=cmd|'/c calc'!A1,1,1,3,0", "orders.csv:3", "not an id"),
        ("../../etc/passwd,ALFKI,1", "", "orders.csv:3", "not an id"),
        ("2,ALFKI,1", "4,1,1,3,0", "lines.csv:3", "belongs to no order"),
        (f"2,{'x' * (MAX_FIELD + 1)},1", "2,1,1,3,0", "orders.csv:3", "longer than"),
        (f"2,{'x' * 200_000},1", "2,1,1,3,0", "orders.csv:3", "not CSV (field larger"),
        ("2,ALFKI\x00,1", "2,1,1,3,0", "orders.csv:3", "NUL"),
    ],
)
def test_a_bad_order_is_refused_with_its_row_and_the_others_go_on(
    tmp_path: Path, order: str, line: str, place: str, problem: str
) -> None:
    reading = read_pair(tmp_path, order, line)
    assert [o.number for o in reading.opportunities] == ["1", "3"]
    refusal = next(r for r in reading.refusals if problem in r.problem)
    assert f"{refusal.file}:{refusal.row}" == place
    assert refusal.remedy
    assert len(str(refusal)) < 300


def test_mixed_currencies_are_refused_at_the_line_that_differs(tmp_path: Path) -> None:
    lines = f"{LINE_HEADER},Currency\n1,1,1,1,0,USD\n1,2,1,1,0,EUR\n2,1,1,1,0,EUR\n"
    reading = read_csv(tmp_path, f"{HEADER}\n{GOOD}\n2,ALFKI,1\n", lines)
    assert [str(r) for r in reading.refusals] == [
        "lines.csv:3: order 1: mixes the currencies USD and EUR; make one order per currency"
    ]
    assert [o.currency for o in reading.opportunities] == ["EUR"]


def test_a_number_sent_in_an_earlier_run_is_refused(tmp_path: Path) -> None:
    terms = SalesTerms(TERMS.customers, TERMS.products, TERMS.people, numbers_taken=frozenset({"1"}))
    reading = read_csv(tmp_path, f"{HEADER}\n{GOOD}\n", f"{LINE_HEADER}\n{GOOD_LINE}\n", terms)
    assert not reading.opportunities
    assert "seen before" in reading.refusals[0].problem


def test_a_row_that_is_not_utf8_is_refused_alone(tmp_path: Path) -> None:
    orders = f"{HEADER}\n{GOOD}\n".encode() + b"2,ALF\xe9KI,1\n"
    reading = read_csv(tmp_path, orders, f"{LINE_HEADER}\n{GOOD_LINE}\n2,1,1,1,0\n")
    assert [o.number for o in reading.opportunities] == ["1"]
    assert any(r.row == 3 and "UTF-8" in r.problem for r in reading.refusals)


def test_an_unclosed_quote_refuses_the_file_lest_half_an_order_goes_through(tmp_path: Path) -> None:
    with pytest.raises(OrderFileError, match=r"lines.csv:3: a quote is never closed"):
        read_csv(tmp_path, f"{HEADER}\n{GOOD}\n", f'{LINE_HEADER}\n{GOOD_LINE}\n1,"2,1,1,0\n1,2,1,1,0\n')


def test_an_order_with_an_unreadable_line_is_refused_whole(tmp_path: Path) -> None:
    reading = read_pair(tmp_path, "2,ALFKI,1", "1,1,1.00,3," + "0" * 200_000)
    assert [o.number for o in reading.opportunities] == ["3"]
    assert [(r.number, r.row) for r in reading.refusals] == [("1", 3), ("2", 3)]


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ("", "orders.csv: is empty"),
        ("  \n \n", "orders.csv: is empty"),
        ("OrderID,CustomerID\n1,ALFKI\n", "column EmployeeID is missing"),
        (f"{HEADER},OrderID\n1,ALFKI,1,1\n", "a column is named twice"),
        (f"{HEADER}\n{GOOD}\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path, orders: str | bytes, message: str) -> None:
    with pytest.raises(OrderFileError, match=message):
        read_csv(tmp_path, orders, f"{LINE_HEADER}\n{GOOD_LINE}\n")


def test_missing_files_and_unknown_kinds_are_named(tmp_path: Path) -> None:
    with pytest.raises(OrderFileError, match=r"none\.jsonl: cannot be read"):
        read_orders(tmp_path / "none.jsonl", None, TERMS)
    with pytest.raises(OrderFileError, match=r"orders\.xls: unknown kind"):
        read_orders(tmp_path / "orders.xls", None, TERMS)
    with pytest.raises(OrderFileError, match="order lines are missing"):
        read_orders(tmp_path / "orders.csv", None, TERMS)


def json_order(**changes: object) -> str:
    order = {
        "number": "1",
        "customer": "ALFKI",
        "owner": "1",
        "lines": [{"product": "1", "quantity": 2, "unit_price": 9.8}],
    }
    return json.dumps(order | changes)


def test_json_lines_keep_the_digits_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "orders.jsonl", json_order() + "\n")
    [order] = read_orders(path, None, TERMS).opportunities
    assert order.lines[0].unit_price.minor == 980
    assert order.lines[0].discount == Decimal(0)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not an order in JSON"),
        ("[]", "it is no object"),
        ("[" * 100_000, "not an order in JSON"),
        (json_order(lines=[{"product": "1", "quantity": 2, "unit_price": float("nan")}]), "NaN is no number"),
        (json_order(lines=[{"product": "1", "quantity": True, "unit_price": 1}]), "'quantity' is neither"),
        (json_order(lines=[{"product": "1", "quantity": 2, "unit_price": 1, "qty": 3}]), "unknown field 'qty'"),
        (json_order(lines=[{"product": "1", "quantity": 2, "unit_price": -1}]), "negative"),
        (json_order(lines=[7]), "a line is no object"),
        (json_order(lines="x"), "'lines' is no list"),
        (json_order(note="x"), "unknown field 'note'"),
        (json_order(currency="usd"), "no currency"),
        ('{"number": "1", "number": "2"}', "a field is given twice"),
    ],
)
def test_bad_json_lines_are_refused_with_their_row(tmp_path: Path, line: str, problem: str) -> None:
    path = write(tmp_path, "orders.jsonl", f"{json_order(number='8')}\n{line}\n{json_order(number='9')}\n")
    reading = read_orders(path, None, TERMS)
    assert [o.number for o in reading.opportunities] == ["8", "9"]
    [refusal] = reading.refusals
    assert refusal.row == 2
    assert problem in refusal.problem


def test_northwind_is_taken_whole() -> None:
    book = load()
    assert len(book.opportunities) == 830
    assert max(order.net.minor for order in book.opportunities) == 1_638_750
    assert sum(line.quantity for order in book.opportunities for line in order.lines) == 51_317
    assert sum(product.stock for product in book.products.values()) == 3_119
    assert len({order.id for order in book.opportunities}) == 830
