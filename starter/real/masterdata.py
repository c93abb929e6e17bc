"""What the real systems are filled with: Northwind's company, customers, products and people."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ltc.systems.running import Seeds
from starter.orderbook import CURRENCY, NORTHWIND, OrderBook, load

_COUNTRIES = {
    "Argentina": "AR", "Austria": "AT", "Belgium": "BE", "Brazil": "BR", "Canada": "CA", "Denmark": "DK",
    "Finland": "FI", "France": "FR", "Germany": "DE", "Ireland": "IE", "Italy": "IT", "Mexico": "MX", "Norway": "NO",
    "Poland": "PL", "Portugal": "PT", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "UK": "GB", "USA": "US",
    "Venezuela": "VE",
}  # fmt: skip
_TERM = {"name": "30 days", "days": 30}


def seeds(add_on: bool = True) -> Seeds:
    """Return what the systems are filled with.

    Raises:
        OrderFileError: the example data is missing or broken.
    """
    return Seeds(tryton_data(load()), NORTHWIND, add_on)


def tryton_data(book: OrderBook) -> dict[str, Any]:
    """Return Northwind as ``deploy/tryton/seed.py`` takes it: without taxes, credit limits and back-orders."""
    year = datetime.now(UTC).year
    return {
        "company": {"name": "Northwind", "currency": CURRENCY, "country": "US"},
        "payment_term": _TERM,
        "products": [
            {"code": one.id, "name": one.name, "price": str(one.price).split()[0], "stock": one.stock}
            for one in book.products.values()
        ],
        "customers": customer_rows(),
        "employees": [{"code": person.id, "name": person.name} for person in book.employees.values()],
        "years": [year - 1, year, year + 1],
    }


def customer_rows() -> list[dict[str, Any]]:
    """Return the customers, each with its address."""
    return [_customer(row) for row in _rows(NORTHWIND / "customers.csv")]


def _customer(row: dict[str, str]) -> dict[str, Any]:
    return {
        "code": row["CustomerID"], "name": row["CompanyName"], "street": row["Address"], "city": row["City"],
        "postal_code": row["PostalCode"], "country": _COUNTRIES.get(row["Country"], ""),
        "email": f"{row['CustomerID'].lower()}@northwind.example",
    }  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
