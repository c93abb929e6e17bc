"""The order file door: reads orders from two CSV files or JSON lines, row by row, and refuses bad orders alone."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ltc.model.documents import Opportunity
from starter.order_lines import BadOrderError, RawLine, RawOrder, SalesTerms, build_opportunity

MAX_BYTES = 20_000_000
MAX_FIELD = 10_000
ORDER_COLUMNS = ("OrderID", "CustomerID", "EmployeeID")
LINE_COLUMNS = ("OrderID", "ProductID", "UnitPrice", "Quantity", "Discount")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class OrderFileError(Exception):
    """The file as a whole cannot be read; the text says which file, what is wrong and what to do."""


@dataclass(frozen=True)
class Refusal:
    """An order that is not taken: where it stands (row 1 is the header), why, and what to do about it."""

    file: str
    row: int
    number: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        order = f"order {self.number}: " if self.number else ""
        return f"{self.file}:{self.row}: {order}{self.problem}; {self.remedy}"


@dataclass
class Reading:
    """What a file gave: the orders to send, in file order, and those refused."""

    opportunities: list[Opportunity] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def read_orders(orders: Path, lines: Path | None, terms: SalesTerms) -> Reading:
    """Read an order file.

    Args:
        orders: ``*.csv`` with one row per order, or ``*.jsonl`` with one order per line.
        lines: the CSV with one row per order line; only with a CSV of orders.
        terms: customers, products, people, currency, tax and the numbers already sent.

    Raises:
        OrderFileError: a file is missing, too large, empty, of an unknown kind or lacks a column.
    """
    if orders.suffix in (".jsonl", ".ndjson"):
        if lines is not None:
            raise OrderFileError(
                f"{lines.name}: a JSON lines file holds its order lines itself; leave {lines.name} out"
            )
        return _build(_json_orders(orders), orders.name, terms)
    if orders.suffix != ".csv":
        raise OrderFileError(
            f"{orders.name}: unknown kind of order file; give orders.csv and lines.csv, or orders.jsonl"
        )
    if lines is None:
        raise OrderFileError(f"{orders.name}: the order lines are missing; name the CSV that holds them too")
    return _build(_csv_orders(orders, lines), orders.name, terms)


def _build(found: Iterable[RawOrder | Refusal], name: str, terms: SalesTerms) -> Reading:
    reading = Reading()
    seen = set(terms.numbers_taken)
    for raw in found:
        if isinstance(raw, Refusal):
            reading.refusals.append(raw)
            continue
        try:
            if raw.number in seen:
                raise BadOrderError("this number was seen before", "give every order a number of its own")
            reading.opportunities.append(build_opportunity(raw, terms))
        except BadOrderError as error:
            where = error.file or name
            reading.refusals.append(Refusal(where, error.row or raw.row, raw.number[:64], error.problem, error.remedy))
        seen.add(raw.number)
    return reading


def _text(path: Path) -> str:
    """Read a file as UTF-8; what is not UTF-8 becomes surrogates, so that only the rows concerned are refused."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise OrderFileError(f"{path.name}: larger than {MAX_BYTES // 1_000_000} MB; split it")
        data = path.read_bytes()
    except OSError as error:
        raise OrderFileError(
            f"{path.name}: cannot be read ({error.strerror}); check the path and its rights"
        ) from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise OrderFileError(f"{path.name}: is UTF-16; save it as UTF-8")
    text = data.decode("utf-8-sig", errors="surrogateescape")
    if not text.strip():
        raise OrderFileError(f"{path.name}: is empty; it needs at least a header and one order")
    return text


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str] | Refusal]]:
    """Give the rows of a CSV file by column name, each with its row number, or why a row cannot be read."""
    text = _text(path)
    cells_of = _cells(text, path)
    header = next(cells_of)[1]
    if isinstance(header, Refusal):
        raise OrderFileError(str(header))
    header = [name.strip() for name in header]
    missing = [name for name in needed if name not in header]
    if missing:
        raise OrderFileError(f"{path.name}:1: column {missing[0]} is missing; the header must name {', '.join(needed)}")
    if len(set(header)) != len(header):
        raise OrderFileError(f"{path.name}:1: a column is named twice; keep one of each name")
    for row, cells in cells_of:
        if isinstance(cells, Refusal):
            yield row, cells
        elif len(cells) != len(header):
            problem = f"has {len(cells)} fields, the header {len(header)}"
            yield row, Refusal(path.name, row, _number(cells), problem, "quote fields that hold a comma")
        else:
            yield row, dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _cells(text: str, path: Path) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Give the fields of each row. A row that is not CSV is refused under the number it begins with."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > first:
                # The rows swallowed may belong to orders read already: half an order must not go through.
                raise OrderFileError(f"{path.name}:{first}: a quote is never closed; close it") from error
            number = _number([text.splitlines()[first - 1].split(",", maxsplit=1)[0].strip('" ')])
            yield first, Refusal(path.name, first, number, f"not CSV ({error})", "check its quotes")
            continue
        problem = _cell_problem(cells)
        if problem:
            yield first, Refusal(path.name, first, _number(cells), *problem)
        elif cells:
            yield first, cells


def _cell_problem(cells: list[str]) -> tuple[str, str] | None:
    for cell in cells:
        if len(cell) > MAX_FIELD:
            return f"a field is longer than {MAX_FIELD} characters", "shorten it"
        if _SURROGATE.search(cell):
            return "is not UTF-8", "save the file as UTF-8"
        if "\x00" in cell:
            return "holds a NUL character", "remove it"
    return None


def _number(cells: list[str]) -> str:
    """The order number of a row that cannot be read, for the message only."""
    number = cells[0] if cells else ""
    return number if number.isascii() and number.isalnum() and len(number) <= 64 else ""


def _csv_orders(orders: Path, lines: Path) -> Iterator[RawOrder | Refusal]:
    by_order, unread = _csv_lines(lines)
    numbers = set()
    for row, found in _rows(orders, ORDER_COLUMNS):
        if isinstance(found, Refusal):
            yield found
            continue
        number = found["OrderID"]
        if number in unread:
            yield unread[number]
        else:
            yield RawOrder(
                row, number, found["CustomerID"], found["EmployeeID"],
                found.get("Currency", ""), by_order.get(number, []), found.get("RequiredDate", ""),
            )  # fmt: skip
        numbers.add(number)
    for number, of_order in by_order.items():
        if number not in numbers:
            problem = "the line belongs to no order of the file"
            yield Refusal(lines.name, of_order[0].row, number[:64], problem, f"add the order to {orders.name}")
    for number, refusal in unread.items():
        if number not in numbers:
            yield refusal


def _csv_lines(path: Path) -> tuple[dict[str, list[RawLine]], dict[str, Refusal]]:
    """Give the lines by order, and for each order with an unreadable line why it is refused."""
    by_order: dict[str, list[RawLine]] = {}
    unread: dict[str, Refusal] = {}
    for row, found in _rows(path, LINE_COLUMNS):
        if isinstance(found, Refusal):
            unread.setdefault(found.number, found)
            continue
        line = RawLine(
            row, path.name, found["ProductID"], found["Quantity"], found["UnitPrice"],
            found["Discount"], found.get("Currency", ""),
        )  # fmt: skip
        by_order.setdefault(found["OrderID"], []).append(line)
    return by_order, unread


def _json_orders(path: Path) -> Iterator[RawOrder | Refusal]:
    for row, text in enumerate(_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        problem = ("a line is longer than 1 MB", "split the order") if len(text) > 1_000_000 else None
        if problem is None and _SURROGATE.search(text):
            problem = ("is not UTF-8", "save the file as UTF-8")
        if problem is not None:
            yield Refusal(path.name, row, "", *problem)
            continue
        try:
            yield _json_order(row, path.name, text)
        except (ValueError, RecursionError) as error:
            reason = str(error).split(":", maxsplit=1)[0] or "too deep"
            yield Refusal(path.name, row, "", f"not an order in JSON ({reason})", "write one JSON object per line")


def _json_order(row: int, name: str, text: str) -> RawOrder:
    order = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=str)
    if not isinstance(order, Mapping):
        raise ValueError("it is no object")
    unknown = set(order) - {"number", "customer", "owner", "currency", "lines", "required_on"}
    if unknown:
        raise ValueError(f"unknown field {min(unknown)[:40]!r}")
    lines = order.get("lines")
    if not isinstance(lines, list):
        raise ValueError("'lines' is no list")
    return RawOrder(
        row, _plain(order, "number"), _plain(order, "customer"), _plain(order, "owner"),
        _plain(order, "currency"), [_json_line(row, name, line) for line in lines], _plain(order, "required_on"),
    )  # fmt: skip


def _json_line(row: int, name: str, line: Any) -> RawLine:
    if not isinstance(line, Mapping):
        raise ValueError("a line is no object")
    unknown = set(line) - {"product", "quantity", "unit_price", "discount", "currency"}
    if unknown:
        raise ValueError(f"unknown field {min(unknown)[:40]!r} in a line")
    product, quantity, price, discount, currency = (
        _plain(line, key) for key in ("product", "quantity", "unit_price", "discount", "currency")
    )
    return RawLine(row, name, product, quantity, price, discount, currency)


def _plain(found: Mapping[str, Any], key: str) -> str:
    """Give a string or number as text; numbers keep the digits that the file has."""
    value = found.get(key, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{key!r} is neither text nor a number")
    return str(value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")
