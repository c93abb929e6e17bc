"""Master data of the sandbox ERP: customers, products, rates and the replenishment schedule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Currency
from ltc.ports import operations as op
from ltc.sandbox.erp.documents import find
from ltc.sandbox.erp.supply import made_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


class CustomerData(Value):
    """A customer of the ERP. ``credit_limit`` in minor units; without one there is no check."""

    id: d.DocumentId
    name: str
    crm_id: d.DocumentId
    currency: Currency
    tier: str = "standard"
    credit_limit: int | None = Field(default=None, ge=0)
    terms_days: int = Field(default=30, ge=0)
    blocked: bool = False


class ProductData(Value):
    """A product. Stock counts only when the product is new. ``backorder``: may be sold when it is short."""

    id: d.DocumentId
    name: str
    stock: int = Field(default=0, ge=0)
    discontinued: bool = False
    backorder: bool = True


class WarehouseData(Value):
    """A second warehouse, with stock of its own; what is there already stays."""

    id: d.DocumentId
    name: str
    stock: dict[str, int] = Field(default_factory=dict)


class RateData(Value):
    """One unit of ``source`` is ``rate`` units of ``target``."""

    source: Currency
    target: Currency
    rate: Decimal = Field(gt=0)


class Replenishment(Value):
    """The schedule by which goods arrive; hours are virtual.

    ``first`` is the first round; when not said, one interval from now. Each round brings every product a seeded lot of
    ``lot_min`` to ``lot_max``; with ``cover`` also what released orders lack.
    """

    every_hours: float = Field(gt=0)
    lot_min: int = Field(default=0, ge=0)
    lot_max: int = Field(default=0, ge=0)
    cover: bool = True
    first: datetime | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lot_max < self.lot_min:
            raise ValueError("lot_max is below lot_min")
        if self.first and self.first.tzinfo is None:
            raise ValueError("first needs a time zone")
        return self


class Part(Value):
    """How many pieces of a part go into one piece of a product."""

    product: d.DocumentId
    quantity: int = Field(gt=0)


class PartsList(Value):
    """What a product is made of: with a parts list it is made to order, and its parts are bought or made."""

    product: d.DocumentId
    parts: list[Part] = Field(min_length=1)


class Setup(Value):
    """Master data. What is there already under the same id is replaced, except a product's stock.

    ``base`` is the currency of the books: payments in others make exchange differences.
    """

    customers: list[CustomerData] = Field(default_factory=list)
    products: list[ProductData] = Field(default_factory=list)
    rates: list[RateData] = Field(default_factory=list)
    replenishment: Replenishment | None = None
    parts_lists: list[PartsList] = Field(default_factory=list)
    base: Currency | None = None
    warehouses: list[WarehouseData] = Field(default_factory=list)


class Taken(Value):
    """How much was taken."""

    customers: int
    products: int
    rates: int


def setup(changed: Callable[[], None]) -> Callable[[Transaction, Setup], Taken]:
    """Return the command that takes master data; ``changed`` is told of a new schedule."""

    def work(tx: Transaction, asked: Setup) -> Taken:
        """Take master data: customers, products with their stock, rates, the replenishment schedule.

        What is there already under the same id is replaced, except a product's stock.
        """
        for customer in asked.customers:
            _customer(tx, customer)
        for product in asked.products:
            _product(tx, product)
        for warehouse in asked.warehouses:
            _warehouse(tx, warehouse)
        for rate in asked.rates:
            tx.run("INSERT OR REPLACE INTO rates VALUES (?, ?, ?)", rate.source, rate.target, str(rate.rate))
        for parts in asked.parts_lists:
            _parts(tx, parts)
        if asked.base:
            tx.run("INSERT OR REPLACE INTO books VALUES (1, ?)", asked.base)
        if asked.replenishment:
            _schedule(tx, asked.replenishment)
            changed()
        tx.unchanged = not tx.recorded
        return Taken(customers=len(asked.customers), products=len(asked.products), rates=len(asked.rates))

    return work


def resolve(tx: Transaction, asked: op.ResolveCustomer) -> d.Customer:
    """Find the customer that is a CRM customer. Refused: ``unknown_customer``."""
    row = tx.row("SELECT * FROM customers WHERE crm_id = ?", asked.customer.id)
    if row is None:
        text = f"no customer here is CRM customer {asked.customer.id} ({asked.customer.name})"
        raise Refusal("unknown_customer", text, asked.customer.id)
    return d.Customer(
        id=row["id"],
        name=row["name"],
        crm_id=row["crm_id"],
        erp_id=row["id"],
        currency=row["currency"],
        tier=row["tier"],
    )


def ensure(tx: Transaction, asked: op.EnsureCustomer) -> d.Customer:
    """Find the customer that is a CRM customer, or make it; without a credit limit, payable in 30 days.

    Refused: ``blocked_customer``, ``currency_mismatch`` (it is here with another currency). Never
    ``duplicate_customer``: names may repeat, and tax ids are not kept here.
    """
    card = asked.customer
    row = tx.row("SELECT * FROM customers WHERE crm_id = ?", card.id)
    if row is None:
        number = tx.database.next_id("CU")
        _customer(tx, CustomerData(id=number, name=card.name, crm_id=card.id, currency=asked.currency))
        tx.record("Customer", number)
        return resolve(tx, op.ResolveCustomer(customer=d.CustomerRef(id=card.id, name=card.name)))
    if row["blocked"]:
        raise Refusal("blocked_customer", f"customer {row['id']} is blocked", row["id"])
    if row["currency"] != asked.currency:
        raise Refusal("currency_mismatch", f"customer {row['id']} is billed in {row['currency']}", row["id"])
    tx.unchanged = True
    return resolve(tx, op.ResolveCustomer(customer=d.CustomerRef(id=card.id, name=card.name)))


def _customer(tx: Transaction, one: CustomerData) -> None:
    tx.run(
        "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
        " crm_id = excluded.crm_id, currency = excluded.currency, tier = excluded.tier,"
        " credit_limit = excluded.credit_limit, terms_days = excluded.terms_days, blocked = excluded.blocked",
        one.id, one.name, one.crm_id, one.currency, one.tier, one.credit_limit, one.terms_days, int(one.blocked),
    )  # fmt: skip


def _product(tx: Transaction, one: ProductData) -> None:
    new = tx.row("SELECT 1 FROM products WHERE id = ?", one.id) is None
    tx.run(
        "INSERT INTO products VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
        " discontinued = excluded.discontinued, backorder = excluded.backorder",
        one.id, one.name, one.stock, int(one.discontinued), int(one.backorder),
    )  # fmt: skip
    if new and one.stock:
        tx.record("Product", one.id, quantity=one.stock)


def _parts(tx: Transaction, one: PartsList) -> None:
    """Keep a parts list. Refused: ``not_found`` (a product), ``bad_parts_list`` (a part twice, or made of itself)."""
    wanted = [part.product for part in one.parts]
    for number in (one.product, *wanted):
        find(tx, "products", number)
    if len(set(wanted)) != len(wanted) or one.product in made_of(tx, wanted):
        raise Refusal("bad_parts_list", f"product {one.product}: a part twice, or made of itself", one.product)
    tx.run("DELETE FROM parts_lists WHERE product = ?", one.product)
    for part in one.parts:
        tx.database.insert("parts_lists", product=one.product, part=part.product, quantity=part.quantity)


def _warehouse(tx: Transaction, one: WarehouseData) -> None:
    tx.run("INSERT INTO warehouses VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name", one.id, one.name)
    for product, stock in one.stock.items():
        known = tx.row("SELECT 1 FROM stock_at WHERE warehouse = ? AND product = ?", one.id, product)
        if known is None and tx.row("SELECT 1 FROM products WHERE id = ?", product):
            tx.database.insert("stock_at", warehouse=one.id, product=product, stock=stock)
            tx.record("Product", product, quantity=stock)


def _schedule(tx: Transaction, plan: Replenishment) -> None:
    first = plan.first.timestamp() if plan.first else tx.now.timestamp() + plan.every_hours * 3600
    tx.run(
        "INSERT OR REPLACE INTO schedule VALUES (1, ?, ?, ?, ?, ?, 0)",
        plan.every_hours, plan.lot_min, plan.lot_max, int(plan.cover), first,
    )  # fmt: skip
