"""The example installation's data: Northwind's customers and products for the ERP, and the faults of a scenario."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from starter.orderbook import CURRENCY, NORTHWIND, OrderBook
from starter.scenario import PlannedFault, Scenario
from starter.supply import Supply

PEOPLE = NORTHWIND / "people.yaml"
TERMS_DAYS = 30
FaultTable = Counter[tuple[str, str, str]]  # operation, fault, reason → how often


def master_data(book: OrderBook, supply: Supply | None = None, first: datetime | None = None) -> dict[str, Any]:
    """Return the ERP's master data: without a credit limit, back-orders allowed, nothing discontinued."""
    customers = [
        {"id": f"C-{number}", "name": name, "crm_id": number, "currency": CURRENCY, "terms_days": TERMS_DAYS}
        for number, name in book.customers.items()
    ]
    products = [{"id": one.id, "name": one.name, "stock": one.stock} for one in book.products.values()]
    data: dict[str, Any] = {"customers": customers, "products": products}
    if supply is not None:
        data["replenishment"] = {"every_hours": supply.every_hours, "lot_max": supply.lot, "cover": True}
        data["replenishment"] |= {"first": first.isoformat()} if first else {}
    return data


def fault_rules(scenario: Scenario) -> dict[str, list[dict[str, Any]]]:
    """Return the fault plan of each sandbox system."""
    rules: dict[str, list[dict[str, Any]]] = {"crm": [], "erp": []}
    for plan in scenario.orders:
        for fault in plan.faults:
            rule = {name: value for name, value in fault.model_dump().items() if value not in ("", 0.0)}
            rules[system_of(fault.operation)].append({**rule, "match": {"opportunity": plan.number}})
    return rules


def system_of(operation: str) -> str:
    """Return which sandbox system serves an operation or event; the ERP knows the customers."""
    return "crm" if operation.startswith("crm.") else "erp"


def planned_faults(faults: Iterable[PlannedFault]) -> FaultTable:
    """Count planned faults by operation, kind and reason."""
    counts: FaultTable = Counter()
    for fault in faults:
        counts[fault.operation, fault.fault, fault.reason] += fault.times
    return counts


def write_data(folder: Path, data: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, list[str]]:
    """Write the systems' files; return the words of their command lines that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    words: dict[str, list[str]] = {"crm": [], "erp": ["--data", str(_write(folder / "erp-data.json", data))]}
    for system, plan in rules.items():
        words[system] += ["--faults", str(_write(folder / f"{system}-faults.json", plan))]
    return words


def _write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path
