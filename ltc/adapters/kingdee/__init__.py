"""The adapter of Kingdee K3Cloud (金蝶云星空) as the ERP and the directory of customers."""

from __future__ import annotations

from ltc.adapters.kingdee.account import OPTIONS
from ltc.adapters.kingdee.directory import KingdeeDirectory
from ltc.adapters.kingdee.erp import KingdeeErp
from ltc.ports.adapters import Adapter

ADAPTER = Adapter(
    name="kingdee",
    title="Kingdee K3Cloud (云星空)",
    ports={"erp": KingdeeErp, "customer": KingdeeDirectory},
    verified="a fake of its wire protocol",
    options=OPTIONS,
)
