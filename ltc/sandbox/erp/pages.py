"""Pages of the sandbox ERP to read: documents by reference or by what they hang on, and the people's lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel

from ltc.sandbox.app import SandboxSystem, indexed_before, rows_answer
from ltc.sandbox.erp import documents as rows
from ltc.sandbox.erp.dunning import dunning_of
from ltc.sandbox.erp.invoices import invoice_of
from ltc.sandbox.erp.returns import full
from ltc.sandbox.gate import answer
from ltc.sandbox.refusals import not_found

Limit = Annotated[int, Query(ge=1, le=1000)]


def add_pages(app: FastAPI, system: SandboxSystem) -> None:
    """Add every page."""
    _documents(app, system)
    _invoices(app, system)
    _payments(app, system)
    _dunnings(app, system)
    _more_documents(app, system)
    _work_lists(app, system)
    _master_data(app, system)


class Lists:
    """Runs the searches: ``reference`` goes through an index that may lag, everything else is read directly."""

    def __init__(self, system: SandboxSystem) -> None:
        self._system = system

    def find(
        self, table: str, make: Callable[[sqlite3.Row], BaseModel], limit: int, after: int, *extra: str, **by: str
    ) -> Response:
        self._system.gate.catch_up()
        wanted = {column: value for column, value in by.items() if value}
        conditions = [f"{column} = ?" for column in wanted]
        values: list[Any] = list(wanted.values())
        if "reference" in wanted:
            conditions.append("at_real <= ?")
            values.append(indexed_before(self._system))
        where = " AND ".join(["rowid > ?", *conditions])
        sql = f"SELECT rowid, * FROM {table} WHERE {where} ORDER BY rowid LIMIT ?"  # noqa: S608 - columns are ours
        found = self._system.database.rows(sql, after, *values, limit)
        items = [{**make(row).model_dump(mode="json"), **{name: row[name] for name in extra}} for row in found]
        return answer(200, {"items": items, "next": found[-1]["rowid"] if len(found) == limit else None})


def _made_by(table: str) -> str:
    """Return documents whose rows hold no reference, with the one that the record of effects has for them."""
    kind = {"deliveries": "Delivery", "payments": "Payment"}[table]
    first = f"FROM effects e WHERE e.document_id = t.id AND e.document_type = '{kind}' ORDER BY seq LIMIT 1"
    bank = (
        ", COALESCE((SELECT b.reference FROM bank_references b WHERE b.payment = t.id), '') AS bank_reference"
        if table == "payments"
        else ""
    )
    return (
        f"(SELECT t.rowid, t.*, (SELECT e.key {first}) AS reference, (SELECT e.at_real {first}) AS at_real{bank}"  # noqa: S608
        f" FROM {table} t)"
    )


def _documents(app: FastAPI, system: SandboxSystem) -> None:
    lists = Lists(system)

    @app.get("/orders")
    async def orders(
        reference: str = "", customer: str = "", chain: str = "", after: int = 0, limit: Limit = 200
    ) -> Response:
        """Orders, oldest first, with the chain that each came from and when it was entered."""
        by = {"reference": reference, "customer": customer, "chain": chain}
        return lists.find(
            "orders", partial(rows.order_from, system.database), limit, after, "chain", "release", "entered", **by
        )

    @app.get("/releases")
    async def releases(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Releases, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("releases", _release(system), limit, after, "reference", **by)

    @app.get("/deliveries")
    async def deliveries(
        reference: str = "", order: str = "", release: str = "", after: int = 0, limit: Limit = 200
    ) -> Response:
        """Deliveries, oldest first; ``return_id`` says how goods came back."""
        by = {"reference": reference, "order_id": order}
        if release:
            sql = "SELECT order_id FROM releases WHERE id = ?"
            by["order_id"] = system.database.value(sql, release) or "-"
        return lists.find(_made_by("deliveries"), rows.delivery_of, limit, after, "return_id", "reference", **by)


def _invoices(app: FastAPI, system: SandboxSystem) -> None:
    lists = Lists(system)

    @app.get("/invoices")
    async def invoices(
        reference: str = "", order: str = "", delivery: str = "", customer: str = "", part: str = "", after: int = 0,
        limit: Limit = 200,
    ) -> Response:  # fmt: skip
        """Invoices, oldest first."""
        by = {"reference": reference, "order_id": order, "delivery": delivery, "customer": customer, "part": part}
        return lists.find(
            "invoices", invoice_of, limit, after, "reference", "customer", "posted", "discount_rate", **by
        )


def _dunnings(app: FastAPI, system: SandboxSystem) -> None:
    lists = Lists(system)

    @app.get("/dunnings")
    async def dunnings(reference: str = "", invoice: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Dunning notices, oldest first."""
        return lists.find("dunnings", dunning_of, limit, after, "reference", reference=reference, invoice=invoice)

    @app.get("/dunnings/{dunning}")
    async def one_dunning(dunning: str) -> Response:
        """One dunning notice."""
        return document(system, "dunnings", "dunning notice", dunning, dunning_of)


def _payments(app: FastAPI, system: SandboxSystem) -> None:
    lists = Lists(system)

    @app.get("/payments")
    async def payments(reference: str = "", invoice: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Payments, oldest first; a refund is below zero, a reversed payment is zero."""
        by = {"reference": reference, "invoice": invoice}
        return lists.find(_made_by("payments"), rows.payment_of, limit, after, "bank_reference", "reference", **by)

    @app.get("/payments/{payment}")
    async def payment(payment: str) -> Response:
        """One payment; its version is 2 when it was reversed."""
        return document(system, "payments", "payment", payment, _payment(system))


def _more_documents(app: FastAPI, system: SandboxSystem) -> None:
    lists = Lists(system)

    @app.get("/credit-notes")
    async def credit_notes(reference: str = "", invoice: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Credit notes, oldest first."""
        by = {"reference": reference, "invoice": invoice}
        return lists.find("credit_notes", _credit(system), limit, after, "reference", **by)

    @app.get("/returns")
    async def returns(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Goods returns, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("returns", _return(system), limit, after, "order_id", "reference", **by)

    @app.get("/releases/{delivery}")
    async def release(delivery: str) -> Response:
        """One release."""
        return document(system, "releases", "release", delivery, _release(system))

    @app.get("/returns/{goods_return}")
    async def goods_return(goods_return: str) -> Response:
        """One goods return."""
        return document(system, "returns", "goods return", goods_return, _return(system))

    @app.get("/credit-notes/{credit_note}")
    async def credit_note(credit_note: str) -> Response:
        """One credit note; its version is 2 when it was taken back."""
        return document(system, "credit_notes", "credit note", credit_note, _credit(system))


def document(
    system: SandboxSystem, table: str, kind: str, number: str, make: Callable[[sqlite3.Row], BaseModel]
) -> Response:
    """Answer with one document as it stands, or that there is none."""
    row = system.database.row(f"SELECT * FROM {table} WHERE id = ?", number)  # noqa: S608 - table names are ours
    if row is None:
        no = not_found(kind, number)
        return answer(404, {"reason": no.reason, "message": str(no), "document": number})
    return Response(make(row).model_dump_json(), media_type="application/json")


def add_document_page(
    app: FastAPI, system: SandboxSystem, table: str, kind: str, make: Callable[[sqlite3.Row], BaseModel], path: str = ""
) -> None:
    """Add the page of one document of a kind; its path is the table's name unless another is given."""

    async def page(number: str) -> Response:
        return document(system, table, kind, number, make)

    path = path or table
    app.add_api_route(
        f"/{path}/{{number}}", page, methods=["GET"], name=f"one of {path}", summary=f"One {kind}", response_model=None
    )


def _payment(system: SandboxSystem) -> Callable[[sqlite3.Row], BaseModel]:
    def make(row: sqlite3.Row) -> BaseModel:
        reversed_ = system.database.row("SELECT 1 FROM reversals WHERE payment = ?", row["id"])
        return rows.payment_of(row).model_copy(update={"version": 2 if reversed_ else 1})

    return make


def _credit(system: SandboxSystem) -> Callable[[sqlite3.Row], BaseModel]:
    def make(row: sqlite3.Row) -> BaseModel:
        version = system.database.value("SELECT version FROM credit_states WHERE id = ?", row["id"]) or 1
        return rows.credit_note_of(row).model_copy(update={"version": version})

    return make


def _return(system: SandboxSystem) -> Callable[[sqlite3.Row], BaseModel]:
    def make(row: sqlite3.Row) -> BaseModel:
        return full(row, system.database.row("SELECT * FROM return_states WHERE id = ?", row["id"]))

    return make


def _release(system: SandboxSystem) -> Callable[[sqlite3.Row], BaseModel]:
    def make(row: sqlite3.Row) -> BaseModel:
        house = system.database.value("SELECT warehouse FROM picks WHERE release = ? LIMIT 1", row["id"]) or ""
        return rows.release_of(row).model_copy(update={"warehouse": house})

    return make


_TO_SHIP = (
    'SELECT r.id AS release, r.released, o.id AS "order", o.chain, o.customer, l.line, l.product,'
    " l.quantity - l.shipped - l.cancelled AS open, l.shipped, p.stock, '' AS warehouse, r.rowid AS number"
    " FROM releases r JOIN orders o ON o.id = r.order_id JOIN order_lines l ON l.order_id = o.id"
    " JOIN products p ON p.id = l.product WHERE r.status = 'open' AND l.quantity > l.shipped + l.cancelled"
    " AND NOT EXISTS (SELECT 1 FROM picks k WHERE k.release = r.id)"
    " UNION ALL SELECT r.id, r.released, o.id, o.chain, o.customer, k.line, k.product,"
    " MIN(k.quantity - k.shipped, l.quantity - l.shipped - l.cancelled), k.shipped,"
    " CASE k.warehouse WHEN 'main' THEN p.stock ELSE COALESCE(s.stock, 0) END, k.warehouse, r.rowid FROM picks k"
    " JOIN releases r ON r.id = k.release JOIN orders o ON o.id = r.order_id"
    " JOIN order_lines l ON l.order_id = o.id AND l.line = k.line JOIN products p ON p.id = k.product"
    " LEFT JOIN stock_at s ON s.warehouse = k.warehouse AND s.product = k.product"
    " WHERE r.status = 'open' AND k.quantity > k.shipped AND l.quantity > l.shipped + l.cancelled"
    " ORDER BY number, line"
)


def _work_lists(app: FastAPI, system: SandboxSystem) -> None:
    database = system.database

    @app.get("/warehouse/open")
    async def open_releases() -> Response:
        """What each warehouse has to ship: each open line of each released order, with what is in stock there."""
        system.gate.catch_up()
        return rows_answer(database.rows(_TO_SHIP))

    @app.get("/bank/open")
    async def open_invoices() -> Response:
        """What customers have to pay: each open invoice, in minor units, with its due date and chain."""
        return rows_answer(database.rows(
            "SELECT i.id AS invoice, i.order_id AS \"order\", i.delivery, o.chain, i.customer, i.currency, i.gross,"
            " i.paid, i.gross - i.paid - i.credited - i.discounted - i.written_off AS open, i.due_date, i.posted,"
            " i.kind, i.part, i.discount_rate, i.discount_until FROM invoices i"
            " JOIN orders o ON o.id = i.order_id"
            " WHERE i.gross > i.paid + i.credited + i.discounted + i.written_off ORDER BY i.rowid"
        ))  # fmt: skip


def _master_data(app: FastAPI, system: SandboxSystem) -> None:
    database = system.database

    @app.get("/customers")
    async def customers() -> Response:
        """Customers with their credit limits (minor units)."""
        return rows_answer(database.rows("SELECT * FROM customers ORDER BY id"))

    @app.get("/products")
    async def products() -> Response:
        """Products with their stock as of now, in all warehouses."""
        system.gate.catch_up()
        return rows_answer(database.rows(
            "SELECT p.stock + COALESCE((SELECT SUM(s.stock) FROM stock_at s WHERE s.product = p.id), 0) AS stock, p.*"
            " FROM products p ORDER BY p.id"
        ))  # fmt: skip

    @app.get("/order-lines")
    async def order_lines(order: str) -> Response:
        """How much of each line of an order is shipped and cancelled."""
        return rows_answer(database.rows("SELECT * FROM order_lines WHERE order_id = ? ORDER BY line", order))
