"""The Northwind order book: 830 real-looking orders, their customers, products and people."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ltc.model.documents import Opportunity
from ltc.model.money import Money
from starter.order_file import OrderFileError, read_orders
from starter.order_lines import SalesTerms

NORTHWIND = Path(__file__).resolve().parent.parent / "examples" / "northwind"
CURRENCY = "USD"


@dataclass(frozen=True)
class Product:
    """A product: what it costs now and how many stand in the warehouse."""

    id: str
    name: str
    price: Money
    stock: int
    discontinued: bool


@dataclass(frozen=True)
class Employee:
    """A person of the sales side. ``id`` is ``first.last``; ``manager`` is such an id, empty at the top."""

    id: str
    name: str
    title: str
    manager: str


@dataclass(frozen=True)
class OrderBook:
    """Everything that the example data holds. Customers and products are by id; opportunities in order of number."""

    customers: dict[str, str]
    products: dict[str, Product]
    employees: dict[str, Employee]
    terms: SalesTerms
    opportunities: list[Opportunity]


def load(folder: Path = NORTHWIND) -> OrderBook:
    """Read the example data.

    Raises:
        OrderFileError: a file is missing or broken; the text names the file and row.
    """
    customers = {row["CustomerID"]: row["CompanyName"] for row in _table(folder / "customers.csv")}
    products = {product.id: product for product in map(_product, _table(folder / "products.csv"))}
    rows = _table(folder / "employees.csv")
    people = {row["EmployeeID"]: person_id(row["FirstName"], row["LastName"]) for row in rows}
    terms = SalesTerms(customers, frozenset(products), people, currency=CURRENCY)
    reading = read_orders(folder / "orders.csv", folder / "order_lines.csv", terms)
    if reading.refusals:
        raise OrderFileError(f"the example data is broken: {reading.refusals[0]}")
    employees = {person.id: person for person in (_employee(row, people) for row in rows)}
    return OrderBook(customers, products, employees, terms, reading.opportunities)


def person_id(first: str, last: str) -> str:
    """Make ``first.last`` in plain lower-case letters."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z.]", "", plain)


def _table(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise OrderFileError(
            f"{path.name}: cannot be read ({error.strerror}); check out the examples folder"
        ) from error


def _product(row: dict[str, str]) -> Product:
    price = Money.of(Decimal(row["UnitPrice"]), CURRENCY)
    return Product(row["ProductID"], row["ProductName"], price, int(row["UnitsInStock"]), row["Discontinued"] == "1")


def _employee(row: dict[str, str], people: dict[str, str]) -> Employee:
    manager = people.get(row["ReportsTo"], "")
    return Employee(people[row["EmployeeID"]], f"{row['FirstName']} {row['LastName']}", row["Title"], manager)
