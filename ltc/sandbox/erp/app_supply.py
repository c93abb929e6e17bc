"""The routes and pages of billing by terms, making and buying in the sandbox ERP."""

from __future__ import annotations

from fastapi import FastAPI, Response

from ltc.model import supply as s
from ltc.sandbox.app import SandboxSystem, command, rows_answer, served
from ltc.sandbox.erp import billing, dunning, production, purchasing, shipping, supply, terms
from ltc.sandbox.erp.pages import Limit, Lists, add_document_page

ROUTES = (
    served("erp.agree_terms", "POST", "/orders/{order}/terms", terms.agree_terms),
    served("erp.close_short", "POST", "/orders/{order}/close-short", shipping.close_short),
    served("erp.post_down_payment", "POST", "/orders/{order}/down-payments", terms.post_down_payment),
    served("erp.post_instalment", "POST", "/orders/{order}/instalments/{instalment}", terms.post_instalment),
    served("erp.post_final_invoice", "POST", "/orders/{order}/final-invoice", terms.post_final_invoice),
    served("erp.accept_milestone", "POST", "/orders/{order}/milestones/{milestone}", terms.accept_milestone),
    served("erp.withdraw_acceptance", "POST", "/milestones/{milestone}/withdraw", terms.withdraw_acceptance),
    served("erp.post_milestone_invoice", "POST", "/milestones/{milestone}/invoice", terms.post_milestone_invoice),
    served("erp.post_dunning_fee", "POST", "/dunnings/{dunning}/fee", dunning.post_fee),
    served("erp.plan_supply", "POST", "/orders/{order}/supply", supply.plan_supply),
    served("erp.free_supply", "POST", "/supply-plans/{supply}/free", supply.free_supply),
    served("erp.create_production", "POST", "/productions", production.create_production),
    served("erp.release_production", "POST", "/productions/{production}/release", production.release_production),
    served("erp.recall_production", "POST", "/productions/{production}/recall", production.recall_production),
    served("erp.cancel_production", "POST", "/productions/{production}/cancel", production.cancel_production),
    served("erp.watch_production", "GET", "/productions/{production}/status", production.watch_production),
    served("erp.create_purchase", "POST", "/purchases", purchasing.create_purchase),
    served("erp.confirm_purchase", "POST", "/purchases/{purchase}/confirm", purchasing.confirm_purchase),
    served("erp.cancel_purchase", "POST", "/purchases/{purchase}/cancel", purchasing.cancel_purchase),
    served("erp.watch_purchase", "GET", "/purchases/{purchase}/status", purchasing.watch_purchase),
    command("workshop.finish", "/workshop/finish", production.Finish, s.ProductionOrder, production.finish),
    command("supplier.deliver", "/supplier/deliver", purchasing.Deliver, s.Receipt, purchasing.deliver),
    command("bank.transfer", "/bank/transfers", billing.Transfer, billing.Payments, billing.transfer),
)


def add_pages(app: FastAPI, system: SandboxSystem) -> None:
    """Add the lists of these documents, and what the workshop and the suppliers have to do."""
    _documents(app, system)
    _single(app, system)
    database = system.database

    @app.get("/workshop/open")
    async def workshop() -> Response:
        """What the workshop has to make."""
        return rows_answer(database.rows(
            "SELECT m.id AS production, m.order_id AS \"order\", o.chain, m.product, m.quantity, m.finished, m.released"
            " FROM productions m JOIN orders o ON o.id = m.order_id WHERE m.status = 'released' ORDER BY m.rowid"
        ))  # fmt: skip

    @app.get("/supplier/open")
    async def supplier() -> Response:
        """What suppliers have to deliver."""
        return rows_answer(database.rows(
            "SELECT p.id AS purchase, p.order_id AS \"order\", o.chain, p.product, p.quantity, p.received, p.confirmed"
            " FROM purchases p JOIN orders o ON o.id = p.order_id WHERE p.status IN ('confirmed', 'partly_received')"
            " ORDER BY p.rowid"
        ))  # fmt: skip

    @app.get("/parts-lists")
    async def parts_lists() -> Response:
        """What products are made of."""
        return rows_answer(database.rows("SELECT * FROM parts_lists ORDER BY product, part"))

    @app.get("/kept-stock")
    async def kept_stock() -> Response:
        """What is kept in stock for orders."""
        return rows_answer(database.rows("SELECT * FROM kept_stock WHERE quantity > 0 ORDER BY order_id, product"))

    @app.get("/receipts")
    async def receipts() -> Response:
        """Goods receipts, oldest first."""
        return rows_answer(database.rows("SELECT * FROM receipts ORDER BY rowid"))


def _documents(app: FastAPI, system: SandboxSystem) -> None:
    lists = Lists(system)

    @app.get("/milestones")
    async def milestones(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Accepted milestones, oldest first; of those withdrawn nothing may be billed."""
        by = {"reference": reference, "order_id": order}
        return lists.find(terms.MILESTONES, terms.milestone_of, limit, after, "reference", **by)

    @app.get("/productions")
    async def productions(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Production orders, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("productions", production.production_of, limit, after, "reference", **by)

    @app.get("/purchases")
    async def purchases(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Purchase orders, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("purchases", purchasing.purchase_of, limit, after, "reference", **by)

    @app.get("/supply-plans")
    async def supply_plans(reference: str = "", order: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Supply plans, oldest first."""
        by = {"reference": reference, "order_id": order}
        return lists.find("supply_plans", supply.plan_of, limit, after, "reference", **by)


def _single(app: FastAPI, system: SandboxSystem) -> None:
    """One document each, as it stands."""
    add_document_page(app, system, terms.MILESTONES, "milestone", terms.milestone_of, "milestones")
    add_document_page(app, system, "productions", "production order", production.production_of)
    add_document_page(app, system, "purchases", "purchase order", purchasing.purchase_of)
    add_document_page(app, system, "supply_plans", "supply plan", supply.plan_of, "supply-plans")
