# Copyright (C) 2026 the ltc authors
#
# This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public
# License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later
# version. It is distributed WITHOUT ANY WARRANTY. See <https://www.gnu.org/licenses/gpl-3.0.html>.
#
# It runs in Tryton's own virtual environment and uses Tryton's modules; nothing of ltc imports it.
"""Fill a Tryton 8.2 database so that deals can be delivered and billed: company, accounts, products, customers, users.

Call it with the Python of Tryton's virtual environment (trytond, proteus and the modules of ``MODULES`` installed, the
modules activated: see README.md)::

    python seed.py DATABASE TRYTOND_CONF DATA_JSON

It exits 0 when the database holds what the file says, and 1 with one line on stderr otherwise. Run again it changes
nothing that is there already; it adds what the file names anew. The file (an object; only ``company`` is required)::

    {"company":   {"name": "Northwind", "currency": "USD", "country": "US"},
     "currencies": [{"code": "EUR", "name": "Euro", "rate": "0.92"}],      units of it for one of the company's
     "tax":       {"name": "Sales tax", "rate": "0.08"},
     "payment_term": {"name": "30 days", "days": 30},
     "products":  [{"code": "1", "name": "Chai", "price": "18.00", "stock": 39, "service": false}],
     "customers": [{"code": "ALFKI", "name": "Alfreds Futterkiste", "street": "", "city": "Berlin",
                    "postal_code": "12209", "country": "DE", "phone": "+49…", "email": "", "credit_limit": "5000"}],
     "employees": [{"code": "nancy.davolio", "name": "Nancy Davolio"}],
     "users":     [{"login": "ltc", "name": "ltc", "password": "at least 8 characters", "employee": "nancy.davolio",
                    "groups": ["Sales", …]}],                              groups left out: all that ``GROUPS`` names
     "years":     [2025, 2026, 2027]}                                       left out: last, this and next year

Prices are net, in the company's currency. Stock is set once, when a product has never been counted or moved. Passwords
stand in the file: keep it readable by its owner only, and delete it afterwards.
"""

from __future__ import annotations

import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from proteus import Model, config

MODULES = (
    "sale", "sale_opportunity", "account_invoice_stock", "sale_credit_limit", "account_payment", "account_dunning",
    "sale_payment", "sale_amendment",
)  # fmt: skip
GROUPS = (
    "sale.group_sale", "sale.group_sale_admin", "sale_opportunity.group_opportunity", "stock.group_stock",
    "stock.group_stock_cancellation", "account.group_account", "party.group_party_admin",
    "account_credit_limit.group_credit_limit", "account_payment.group_payment",
    "sale_amendment.group_sale_amendment",
)  # fmt: skip
PAYMENT_METHOD = "Bank"
WRITE_OFF = "Bad debts"


def one(model: str, *domain: Any) -> Any:
    """Return the record that a domain finds, or None."""
    found = Model.get(model).find(list(domain), limit=1)
    return found[0] if found else None


def company(data: dict[str, Any]) -> Any:
    """Find or create the company, with its chart of accounts."""
    # Tryton chooses its database back end when it is imported: only once the configuration is read.
    from trytond.modules.account.tests.tools import create_chart
    from trytond.modules.company.tests.tools import create_company

    found = one("company.company")
    if found is None:
        party = Model.get("party.party")(name=data["name"])
        address = party.addresses[0] if party.addresses else party.addresses.new()
        address.country = one("country.country", ("code", "=", data.get("country", "")))
        party.save()
        create_company(party=party, currency=currency(data.get("currency", "USD")))
        found = one("company.company")
    configuration = config.get_config()
    configuration._context = Model.get("res.user").get_preferences(True, {})
    if one("account.account") is None:
        create_chart(found)
    return found


def currency(code: str, name: str = "", rate: str = "1", day: datetime.date = datetime.date(1970, 1, 1)) -> Any:
    """Find or create a currency; a rate is entered once."""
    found = one("currency.currency", ("code", "=", code))
    if found is None:
        digits = 0 if code in ("JPY", "KRW", "VND") else 2
        found = Model.get("currency.currency")(name=name or code, code=code, symbol=code, digits=digits)
        found.rounding = Decimal(1).scaleb(-digits)
        found.save()
    if not found.rates:
        found.rates.new(date=day, rate=Decimal(rate))
        found.save()
    return found


def fiscal_year(year: int, owner: Any) -> None:
    """Create a fiscal year with its periods and number sequences."""
    from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences

    years = Model.get("account.fiscalyear")
    if years.find([("start_date", "=", datetime.date(year, 1, 1))]):
        return
    kind = one("ir.sequence.type", ("name", "=", "Account Move"))
    moves = Model.get("ir.sequence.strict")(name=str(year), sequence_type=kind, company=owner)
    moves.save()
    made = years(name=str(year), company=owner, move_sequence=moves)
    made.start_date, made.end_date = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    made = set_fiscalyear_invoice_sequences(made)
    made.click("create_period")


def books(data: dict[str, Any], owner: Any) -> tuple[Any, Any]:
    """Create what billing needs; returns the product category and the payment term."""
    from trytond.modules.account.tests.tools import get_accounts

    accounts = get_accounts(owner)
    journals = {journal.type: journal for journal in Model.get("account.journal").find([])}
    if one("account.invoice.payment.method") is None:
        method = Model.get("account.invoice.payment.method")(name=PAYMENT_METHOD, journal=journals["cash"])
        method.credit_account = method.debit_account = accounts["cash"]
        method.save()
    if one("account.move.reconcile.write_off") is None:
        journal = Model.get("account.journal")(name=WRITE_OFF, type="write-off")
        journal.save()
        loss = Model.get("account.move.reconcile.write_off")(name=WRITE_OFF, journal=journal)
        loss.credit_account, loss.debit_account = accounts["revenue"], accounts["expense"]
        loss.save()
    return category(data.get("tax"), accounts), payment_term(
        data.get("payment_term") or {"name": "30 days", "days": 30}
    )


def category(asked: dict[str, Any] | None, accounts: dict[str, Any]) -> Any:
    """Find or create the accounting category of all products, with the sales tax."""
    found = one("product.category", ("name", "=", "Goods"), ("accounting", "=", True))
    if found is not None:
        return found
    found = Model.get("product.category")(name="Goods", accounting=True)
    found.account_expense, found.account_revenue = accounts["expense"], accounts["revenue"]
    if asked:
        tax = Model.get("account.tax")(name=asked["name"], description=asked["name"], type="percentage")
        tax.rate = Decimal(asked["rate"])
        tax.invoice_account = tax.credit_note_account = accounts["tax"]
        tax.save()
        found.customer_taxes.append(tax)
    found.save()
    return found


def payment_term(asked: dict[str, Any]) -> Any:
    """Find or create the payment term, and make it what customers get by default."""
    found = one("account.invoice.payment_term", ("name", "=", asked["name"]))
    if found is None:
        found = Model.get("account.invoice.payment_term")(name=asked["name"])
        line = found.lines.new(type="remainder")
        line.relativedeltas.new(days=int(asked.get("days", 30)))
        found.save()
    settings = Model.get("account.configuration")(1)
    if settings.default_customer_payment_term != found:
        settings.default_customer_payment_term = found
        settings.save()
    return found


def products(asked: list[dict[str, Any]], goods: Any) -> None:
    """Create the products that are not there, and count those that never were counted or moved."""
    unit = one("product.uom", ("name", "=", "Unit"))
    there = {product.code: product for product in Model.get("product.product").find([("code", "!=", None)])}
    templates = Model.get("product.template")
    made = {}
    for item in asked:
        if item["code"] in there:
            continue
        template = templates(name=item["name"], default_uom=unit, salable=True, account_category=goods)
        template.type = "service" if item.get("service") else "goods"
        template.list_price = Decimal(item["price"])
        (product,) = template.products
        product.suffix_code = item["code"]
        made[item["code"]] = template
    templates.save(list(made.values()))
    there.update({code: template.products[0] for code, template in made.items()})
    count([(there[item["code"]], item["stock"]) for item in asked if item.get("stock")])


def count(stock: list[tuple[Any, float]]) -> None:
    """Enter an inventory of the products that no move has ever touched."""
    moved = {move.product.id for move in Model.get("stock.move").find([("product", "in", [p.id for p, _ in stock])])}
    fresh = [(product, quantity) for product, quantity in stock if product.id not in moved]
    if not fresh:
        return
    inventory = Model.get("stock.inventory")()
    inventory.location = one("stock.location", ("code", "=", "STO"))
    for product, quantity in fresh:
        line = inventory.lines.new(product=product)
        line.quantity, line.expected_quantity = float(quantity), 0.0
    inventory.click("confirm")


def customers(asked: list[dict[str, Any]]) -> None:
    """Create the customers that are not there, by their code."""
    parties = Model.get("party.party")
    there = {party.code for party in parties.find([])}
    lands = {land.code: land for land in Model.get("country.country").find([])}
    parties.save([_party(item, lands) for item in asked if item["code"].strip() not in there])


def _party(item: dict[str, Any], lands: dict[str, Any]) -> Any:
    party = Model.get("party.party")(name=item["name"], code=item["code"].strip())
    address = party.addresses[0] if party.addresses else party.addresses.new()
    address.street, address.city = item.get("street", ""), item.get("city", "")
    address.postal_code, address.country = item.get("postal_code", ""), lands.get(item.get("country", ""))
    for kind in ("phone", "email"):
        if item.get(kind):
            party.contact_mechanisms.new(type=kind, value=item[kind])
    if item.get("credit_limit"):
        party.credit_limit_amount = Decimal(item["credit_limit"])
    return party


def countries(asked: list[dict[str, Any]]) -> None:
    """Create the countries that the customers and the company name by code: Tryton ships without any."""
    for code in sorted({item["country"] for item in asked if item.get("country")}):
        if one("country.country", ("code", "=", code)) is None:
            Model.get("country.country")(name=code, code=code).save()


def employees(asked: list[dict[str, Any]], owner: Any) -> dict[str, Any]:
    """Create the employees that are not there; returns them by code."""
    made = {}
    for item in asked:
        party = one("party.party", ("code", "=", item["code"]))
        if party is None:
            party = Model.get("party.party")(name=item["name"], code=item["code"])
            party.save()
        found = one("company.employee", ("party", "=", party.id))
        if found is None:
            found = Model.get("company.employee")(party=party, company=owner)
            found.save()
        made[item["code"]] = found
    return made


def users(asked: list[dict[str, Any]], owner: Any, staff: dict[str, Any]) -> None:
    """Create the users that are not there, with what they may do."""
    data = Model.get("ir.model.data")
    for item in asked:
        if one("res.user", ("login", "=", item["login"])) is not None:
            continue
        user = Model.get("res.user")(name=item.get("name") or item["login"], login=item["login"])
        user.password = item["password"]
        if "groups" in item:
            wanted = [one("res.group", ("name", "=", name)) for name in item["groups"]]
        else:
            wanted = [Model.get("res.group")(data.get_id(name, {})) for name in GROUPS]
        for group in filter(None, wanted):
            user.groups.append(group)
        user.companies.append(owner)
        user.company = owner
        if item.get("employee"):
            user.employees.append(staff[item["employee"]])
            user.employee = staff[item["employee"]]
        user.save()


def seed(data: dict[str, Any]) -> None:
    """Bring the database to what the file says."""
    countries([data["company"], *data.get("customers", [])])
    owner = company(data["company"])
    for item in data.get("currencies", []):
        currency(item["code"], item.get("name", ""), item["rate"])
    this = datetime.datetime.now(tz=datetime.UTC).year
    for year in data.get("years") or (this - 1, this, this + 1):
        fiscal_year(int(year), owner)
    goods, _ = books(data, owner)
    products(data.get("products", []), goods)
    customers(data.get("customers", []))
    users(data.get("users", []), owner, employees(data.get("employees", []), owner))


def main(arguments: list[str]) -> int:
    """Read the arguments, connect in-process and seed."""
    if len(arguments) != 3:
        sys.stderr.write("usage: seed.py DATABASE TRYTOND_CONF DATA_JSON\n")
        return 2
    database, configuration, path = arguments
    config.set_trytond(database, config_file=configuration)
    if one("ir.module", ("name", "=", "sale"), ("state", "=", "activated")) is None:
        sys.stderr.write(f"seed.py: the modules of Tryton are not activated in {database}: see README.md\n")
        return 1
    seed(json.loads(Path(path).read_text(encoding="utf-8")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
