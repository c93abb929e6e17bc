"""The adapter of BottleCRM (django-crm 1.35): leads, deals, notes, and deals won as a feed."""

from ltc.adapters.bottlecrm.crm import OPTIONS, BottleCrm
from ltc.ports.adapters import Adapter

ADAPTER = Adapter(
    name="bottlecrm",
    title="BottleCRM",
    ports={"crm": BottleCrm},
    verified="the vendor's server (django-crm 1.35.0 on PostgreSQL 18)",
    options=OPTIONS,
)
