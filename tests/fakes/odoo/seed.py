"""What a fresh fake holds: a company in USD, its accounts, stages, price lists, products and customers."""

from __future__ import annotations

from tests.fakes.odoo.orm import Env


def seed(env: Env) -> None:
    """Create the master data."""
    for code, rate in (("USD", 1.0), ("EUR", 0.8), ("CNY", 7.2)):
        env.create("res.currency", {"name": code, "rate": rate})
    env.create("res.company", {"name": "My Company", "currency_id": 1})
    env.create("product.pricelist", {"name": "Default", "currency_id": 1})
    env.create("product.pricelist", {"name": "Europe", "currency_id": 2})
    for code, name in (("US", "United States"), ("DE", "Germany"), ("CN", "China")):
        env.create("res.country", {"code": code, "name": name})
    env.create("res.users", {"name": "Ann", "login": "ann"})
    for name, sequence, won in (
        ("New", 0, False),
        ("Qualified", 1, False),
        ("Proposition", 2, False),
        ("Won", 70, True),
        ("Ordered", 71, True),
    ):
        env.create("crm.stage", {"name": name, "sequence": sequence, "is_won": won})
    env.create("crm.lost.reason", {"name": "Too expensive"})
    env.create("account.payment.term", {"name": "30 Days", "days": 30})
    for code, name, kind in (("121000", "Account Receivable", "asset_receivable"), ("400000", "Product Sales", "income"),
                             ("101403", "Outstanding Receipts", "asset_current"), ("658000", "Bad Debt", "expense")):  # fmt: skip
        env.create("account.account", {"code": code, "name": name, "account_type": kind})
    for code, kind in (("INV", "sale"), ("BNK1", "bank"), ("MISC", "general")):
        env.create("account.journal", {"code": code, "name": code, "type": kind})
    tax = env.create("account.tax", {"name": "10%", "amount": 10.0})
    for code, stock, more in (("P1", 1e6, {}), ("P2", 4.0, {}), ("P3", 9.0, {"sale_ok": False}),
                              ("P4", 1e6, {"taxes_id": [[6, 0, [tax["id"]]]]}), ("S1", 0.0, {"type": "service", "invoice_policy": "order"}),
                              ("P5", 1e6, {"invoice_policy": "order"})):  # fmt: skip
        env.create("product.product", {"name": f"Product {code}", "default_code": code, "stock": stock, **more})
    env.create("res.partner", {"name": "Buyer", "ref": "CRM1"})
    env.create("res.partner", {"name": "Small", "ref": "CRM2", "credit_limit": 50.0})
    env.create("res.partner", {"name": "Gone", "ref": "CRM3", "active": False})
    env.create("res.partner", {"name": "European", "ref": "CRM4", "property_product_pricelist": 2})
