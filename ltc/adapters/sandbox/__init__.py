"""The adapter of the sandbox CRM and ERP."""

from __future__ import annotations

from typing import Any

from ltc.adapters.sandbox.crm import SandboxCrm
from ltc.adapters.sandbox.directory import SandboxDirectory
from ltc.adapters.sandbox.erp import SandboxErp
from ltc.ports.adapters import Adapter, Connection


def _how(connection: Connection) -> dict[str, Any]:
    return {
        "token": connection.token,
        "timeout": connection.timeout,
        "settle_seconds": connection.settle_seconds,
        "classes": connection.classes,
    }


ADAPTER = Adapter(
    name="sandbox",
    title="ltc's own sandbox CRM and ERP",
    ports={
        "crm": lambda to: SandboxCrm(to.url, **_how(to)),
        "erp": lambda to: SandboxErp(to.url, **_how(to)),
        "customer": lambda to: SandboxDirectory(to.url, **_how(to)),
    },
    verified="the sandbox itself",
)
