"""The adapter of Tryton 8.2: its sales, stock and accounting as the ERP, its opportunities as a CRM, over HTTP only."""

from __future__ import annotations

from ltc.adapters.tryton.base import OPTIONS
from ltc.adapters.tryton.crm import TrytonCrm
from ltc.adapters.tryton.directory import TrytonDirectory
from ltc.adapters.tryton.erp import TrytonErp
from ltc.ports.adapters import Adapter

ADAPTER = Adapter(
    name="tryton",
    title="Tryton 8.2",
    ports={"erp": TrytonErp, "customer": TrytonDirectory, "crm": TrytonCrm},
    verified="the vendor's server (trytond 8.2.1 on PostgreSQL)",
    options=OPTIONS,
)
