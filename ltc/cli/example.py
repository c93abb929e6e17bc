"""The example that `ltc up` begins with where nothing else is given: Northwind's people, products and open deals."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

LOT = 100  # pieces of every product that the suppliers bring every two days


def furnish(state: Path) -> dict[str, list[str]]:
    """Name the shipped definitions and people, and write the data that new sandbox systems begin with.

    Returns the words of their command lines that name it; none for a system that has data already. One whose start was
    broken off has a file without any.
    """
    from starter import example
    from starter.installation import ROOT

    if "LTC_PROCESS_DEFS" not in os.environ and not Path("process_defs").is_dir():
        os.environ["LTC_PROCESS_DEFS"] = str(ROOT / "process_defs")
    if "LTC_PEOPLE_FILE" not in os.environ and not Path("people.yaml").exists():
        os.environ["LTC_PEOPLE_FILE"] = str(example.PEOPLE)
    words: dict[str, list[str]] = {}
    for system, data, table in (("crm", _deals, "opportunities"), ("erp", _goods, "customers")):
        if _empty(state / f"{system}.db", table):
            path = state / f"{system}-data.json"
            path.write_text(json.dumps(data(), ensure_ascii=False), encoding="utf-8")
            words[system] = ["--data", str(path)]
    return words


def _empty(database: Path, table: str) -> bool:
    import sqlite3

    if not database.exists():
        return True
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None  # noqa: S608 - ours
    except sqlite3.Error as error:
        return "no such table" in str(error)
    finally:
        connection.close()


def _goods() -> dict[str, Any]:
    from starter import example, orderbook
    from starter.supply import Supply

    return example.master_data(orderbook.load(), Supply(lot=LOT, back_orders=0))


def _deals() -> dict[str, Any]:
    from starter import orderbook

    deals = [deal.model_dump(mode="json") for deal in orderbook.load().opportunities]
    return {"opportunities": [{"opportunity": {**deal, "stage": "open"}} for deal in deals]}
