"""The adapter of Odoo 19 and later, over its JSON-2 API."""

from __future__ import annotations

from ltc.adapters.odoo.base import OPTIONS
from ltc.adapters.odoo.crm import OdooCrm
from ltc.adapters.odoo.directory import OdooDirectory
from ltc.adapters.odoo.erp import OdooErp
from ltc.ports.adapters import Adapter

ADAPTER = Adapter(
    name="odoo",
    title="Odoo 19 and later (JSON-2)",
    ports={"crm": OdooCrm, "erp": OdooErp, "customer": OdooDirectory},
    verified="a fake of its wire protocol",
    options=OPTIONS,
)
