"""Framework contracts of the sandbox ERP: quantities called off over time, at the prices of the day."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from decimal import Decimal

from pydantic import Field, TypeAdapter

from ltc.model import documents as d
from ltc.model import trade as t
from ltc.model.base import Value
from ltc.model.money import Money, round_minor
from ltc.ports.requests_trade import ContractId, ContractStatus, CreateContract, RepriceContract
from ltc.sandbox.erp.documents import find
from ltc.sandbox.gate import chain_facts
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS contracts (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, customer TEXT NOT NULL REFERENCES customers, lines TEXT NOT NULL,
  percent INTEGER NOT NULL, quantity INTEGER NOT NULL, called INTEGER NOT NULL, status TEXT NOT NULL,
  reference TEXT NOT NULL, chain TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS call_offs (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, contract TEXT NOT NULL REFERENCES contracts, number INTEGER NOT NULL,
  lines TEXT NOT NULL, quantity INTEGER NOT NULL, requested_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS call_offs_contract ON call_offs (contract);
"""
_LINES = TypeAdapter(list[d.Line])


class Call(Value):
    """What the customer calls off: a share of each line of the contract, in percent, never more than is left."""

    contract: d.DocumentId
    share: int = Field(default=100, ge=1, le=100)


def contract_of(row: sqlite3.Row) -> t.Contract:
    """Return a contract."""
    return t.Contract(
        id=row["id"], version=row["version"], customer=row["customer"], lines=_LINES.validate_json(row["lines"]),
        quantity=row["quantity"], called=row["called"], status=row["status"], closed=row["status"] == "closed",
        percent=row["percent"],
    )  # fmt: skip


def call_off_of(row: sqlite3.Row) -> t.CallOff:
    """Return a call-off."""
    return t.CallOff(
        id=row["id"], version=row["version"], contract=row["contract"], number=str(row["number"]),
        lines=_LINES.validate_json(row["lines"]), quantity=row["quantity"],
        requested_at=datetime.fromisoformat(row["requested_at"]),
    )  # fmt: skip


def create_contract(tx: Transaction, asked: CreateContract) -> t.Contract:
    """Agree on a contract. Refused: ``unknown_customer``, ``blocked_customer``, ``unknown_product``."""
    customer = tx.row("SELECT * FROM customers WHERE id = ?", asked.customer)
    if customer is None or customer["blocked"]:
        reason = "blocked_customer" if customer else "unknown_customer"
        raise Refusal(reason, f"customer {asked.customer}: {reason}", asked.customer)
    for line in asked.lines:
        if tx.row("SELECT 1 FROM products WHERE id = ?", line.product) is None:
            raise Refusal("unknown_product", f"there is no product {line.product}", line.product)
    number = tx.database.next_id("CT")
    lines = json.dumps([line.model_dump(mode="json") for line in asked.lines])
    quantity = sum(line.quantity for line in asked.lines)
    tx.database.insert(
        "contracts", id=number, version=1, customer=customer["id"], lines=lines, percent=100, quantity=quantity,
        called=0, status="open", reference=tx.caller.key, chain=tx.caller.chain, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.record("Contract", number, quantity=quantity)
    return contract_of(find(tx, "contracts", number))


def cancel_contract(tx: Transaction, asked: ContractId) -> t.Contract:
    """Take a contract back of which nothing was called off. Refused: ``called_off``, ``already_cancelled``."""
    row = find(tx, "contracts", asked.contract)
    if row["status"] == "cancelled":
        raise Refusal("already_cancelled", f"contract {row['id']} is cancelled already", row["id"])
    if row["called"]:
        raise Refusal("called_off", f"{row['called']} of contract {row['id']} are called off", row["id"])
    tx.run("UPDATE contracts SET status = 'cancelled', version = version + 1 WHERE id = ?", row["id"])
    tx.record("Contract", row["id"], undoes=("erp.create_contract", row["id"]))
    return contract_of(find(tx, "contracts", row["id"]))


def watch_contract(tx: Transaction, asked: ContractId) -> ContractStatus:
    """Read a contract and everything called off so far."""
    rows = tx.rows("SELECT * FROM call_offs WHERE contract = ? ORDER BY number", asked.contract)
    contract = contract_of(find(tx, "contracts", asked.contract))
    return ContractStatus(contract=contract, call_offs=[call_off_of(row) for row in rows])


def call_off(tx: Transaction, asked: Call) -> t.CallOff:
    """The customer calls a part off, at the prices of today; the contract closes with the last piece.

    Refused: ``not_open``.
    """
    row = _open(tx, asked.contract)
    left = row["quantity"] - row["called"]
    lines: list[d.Line] = []
    for line in _LINES.validate_json(row["lines"]):
        quantity = min(left, max(1, line.quantity * asked.share // 100))
        if quantity:
            left -= quantity
            lines.append(_priced(line, quantity, row["percent"]))
    quantity = sum(line.quantity for line in lines)
    number = 1 + tx.value("SELECT COUNT(*) FROM call_offs WHERE contract = ?", row["id"])
    name = tx.database.next_id("CO")
    tx.database.insert(
        "call_offs", id=name, version=1, contract=row["id"], number=number, quantity=quantity,
        lines=json.dumps([line.model_dump(mode="json") for line in lines]), requested_at=tx.now.isoformat(),
    )  # fmt: skip
    status = "open" if left else "closed"
    tx.run(
        "UPDATE contracts SET called = called + ?, status = ?, version = version + 1 WHERE id = ?",
        quantity, status, row["id"],
    )  # fmt: skip
    tx.record("CallOff", name, parent=row["id"], quantity=quantity)
    tx.emit("erp.call_off_requested", {"contract": row["id"], "call_off": name}, chain_facts(row["chain"]))
    return call_off_of(find(tx, "call_offs", name))


def _priced(line: d.Line, quantity: int, percent: int) -> d.Line:
    """A part of a line at the price of the day: each amount rounded half-even."""
    share = Decimal(quantity) * percent / (Decimal(line.quantity) * 100)
    net = round_minor(line.net.minor * share)
    tax = round_minor(line.tax.minor * share)
    currency = line.net.currency
    money = {"net": net, "tax": tax, "gross": net + tax, "unit_price": round_minor(Decimal(net) / quantity)}
    amounts = {name: Money(minor=minor, currency=currency) for name, minor in money.items()}
    return line.model_copy(update={"quantity": quantity, **amounts})


def reprice(tx: Transaction, asked: RepriceContract) -> t.Contract:
    """Sales agree on other prices: what is called off from now on costs so much. Refused: ``not_open``."""
    row = _open(tx, asked.contract)
    tx.run("UPDATE contracts SET percent = ?, version = version + 1 WHERE id = ?", asked.percent, row["id"])
    tx.record("Contract", row["id"], quantity=asked.percent)
    return contract_of(find(tx, "contracts", row["id"]))


def close_contract(tx: Transaction, asked: ContractId) -> t.Contract:
    """The customer wants no more of it; the feed hints at it. Refused: ``not_open``."""
    row = _open(tx, asked.contract)
    tx.run("UPDATE contracts SET status = 'closed', version = version + 1 WHERE id = ?", row["id"])
    tx.record("Contract", row["id"])
    tx.emit("erp.call_off_requested", {"contract": row["id"], "call_off": ""}, chain_facts(row["chain"]))
    return contract_of(find(tx, "contracts", row["id"]))


def _open(tx: Transaction, number: str) -> sqlite3.Row:
    row = find(tx, "contracts", number)
    if row["status"] != "open":
        raise Refusal("not_open", f"contract {row['id']} is {row['status']}", row["id"])
    return row
