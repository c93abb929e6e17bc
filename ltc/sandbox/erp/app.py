"""The sandbox ERP as an HTTP application."""

from __future__ import annotations

from fastapi import FastAPI

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.sandbox.app import assemble, build, command, load_master_data, served
from ltc.sandbox.clock import Clock
from ltc.sandbox.erp import (
    amendments,
    app_supply,
    app_trade,
    billing,
    credits,
    documents,
    dunning,
    masterdata,
    orders,
    payments,
    picking,
    returns,
    shipping,
    stock,
    supply,
)
from ltc.sandbox.erp.pages import add_pages
from ltc.sandbox.settings import SandboxSettings

ROUTES = (
    served("customer.resolve", "POST", "/customers/resolve", masterdata.resolve),
    served("erp.exchange_rate", "GET", "/rates/{source}/{target}", billing.exchange_rate),
    served("erp.create_order", "POST", "/orders", orders.create_order),
    served("erp.update_order", "PUT", "/orders/{order}", orders.update_order),
    served("erp.get_order", "GET", "/orders/{order}", orders.get_order),
    served("erp.cancel_order", "POST", "/orders/{order}/cancel", orders.cancel_order),
    served("erp.confirm_order", "POST", "/orders/{order}/confirm", orders.confirm_order),
    served("erp.unconfirm_order", "POST", "/orders/{order}/unconfirm", orders.unconfirm_order),
    served("erp.release_delivery", "POST", "/orders/{order}/release", shipping.release_delivery),
    served("erp.cancel_delivery", "POST", "/releases/{delivery}/cancel", picking.cancel_delivery),
    served("erp.watch_shipments", "GET", "/orders/{order}/shipments", shipping.watch_shipments),
    served("erp.receive_return", "POST", "/orders/{order}/returns", shipping.receive_return),
    served("erp.post_invoice", "POST", "/deliveries/{delivery}/invoice", billing.post_invoice),
    served("erp.post_order_invoice", "POST", "/orders/{order}/invoice", billing.post_order_invoice),
    served("erp.get_invoice", "GET", "/invoices/{invoice}", billing.get_invoice),
    served("erp.credit_note", "POST", "/invoices/{invoice}/credit", billing.credit_note),
    served("erp.watch_payments", "GET", "/invoices/{invoice}/payments", billing.watch_payments),
    served("erp.write_off", "POST", "/invoices/{invoice}/write-off", billing.write_off),
    served("customer.ensure", "POST", "/customers/ensure", masterdata.ensure),
    served("erp.ship_delivery", "POST", "/releases/{delivery}/ship", picking.ship_delivery),
    served("erp.register_payment", "POST", "/invoices/{invoice}/payments", payments.register_payment),
    served("erp.reverse_payment", "POST", "/payments/{payment}/reverse", payments.reverse_payment),
    served("erp.create_dunning", "POST", "/invoices/{invoice}/dunnings", dunning.create_dunning),
    served("erp.cancel_dunning", "POST", "/dunnings/{dunning}/cancel", dunning.cancel_dunning),
    command("collections.note", "/collections/notes", dunning.Note, d.Invoice, dunning.note),
    served("erp.amend_order", "PUT", "/orders/{order}/lines", amendments.amend_order),
    served("erp.cancel_lines", "POST", "/orders/{order}/cancel-lines", amendments.cancel_lines),
    served("erp.revert_amendment", "POST", "/orders/{order}/revert", amendments.revert_amendment),
    served("erp.accept_return", "POST", "/orders/{order}/announced-returns", returns.accept_return),
    served("erp.cancel_return", "POST", "/returns/{goods_return}/cancel", returns.cancel_return),
    served("erp.watch_returns", "GET", "/orders/{order}/returned", returns.watch_returns),
    served("erp.credit_return", "POST", "/invoices/{invoice}/credit-return", credits.credit_return),
    served("erp.credit_and_refund", "POST", "/invoices/{invoice}/credit-and-refund", credits.credit_and_refund),
    served("erp.credit_part", "POST", "/invoices/{invoice}/credit-part", credits.credit_part),
    served("erp.credit_cancelled", "POST", "/invoices/{invoice}/credit-cancelled", credits.credit_cancelled),
    served("erp.cancel_credit", "POST", "/credit-notes/{credit_note}/cancel", credits.cancel_credit),
    served("erp.refund", "POST", "/invoices/{invoice}/refund", credits.refund),
    served("erp.plan_picks", "GET", "/orders/{order}/picks", picking.plan_picks),
    served("erp.release_picks", "POST", "/orders/{order}/picks", picking.release_picks),
    command("warehouse.take_in", "/warehouse/take-in", op.ReturnId, d.GoodsReturn, returns.take_in),
    command("warehouse.ship", "/warehouse/ship", picking.ShipFrom, shipping.Shipped, picking.ship),
    command("warehouse.replenish", "/warehouse/replenish", stock.Replenish, stock.StockLevel, stock.replenish),
    command("warehouse.close_short", "/warehouse/close-short", op.OrderId, d.Order, shipping.close_short),
    command("bank.pay", "/bank/payments", billing.Pay, billing.Payments, billing.pay),
    command("bank.refund", "/bank/refunds", billing.Refund, d.Payment, billing.refund),
    *app_supply.ROUTES,
    *app_trade.ROUTES,
)


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> FastAPI:
    """Make the ERP's HTTP application.

    Raises:
        ValueError: the database, the fault plan or the master data is wrong.
    """
    system = assemble(
        settings, documents.SCHEMA + dunning.SCHEMA + supply.SCHEMA + app_trade.SCHEMA, documents.facts, clock
    )
    replenisher = stock.Replenisher(settings.seed)
    system.gate.before = replenisher
    set_up = command("erp.setup", "/setup", masterdata.Setup, masterdata.Taken, masterdata.setup(replenisher.forget))
    load_master_data(system, set_up)
    app = build("Sandbox ERP", system, (*ROUTES, set_up))
    add_pages(app, system)
    app_supply.add_pages(app, system)
    app_trade.add_pages(app, system)
    return app
