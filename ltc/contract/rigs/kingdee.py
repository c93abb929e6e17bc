"""The rig of Kingdee: everything is asked by POST, so the service in the path tells what changes something."""

from __future__ import annotations

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench, Refused
from ltc.contract.proxy import Seen

_WRITES = frozenset({"Save", "BatchSave", "Submit", "CancelAssign", "Audit", "UnAudit", "Delete", "Push", "Draft",
                     "ExcuteOperation", "StatusConvert", "Allocate", "Cancel"})  # fmt: skip


class KingdeeRig(BaseRig):
    """K3Cloud: ``POST …/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.<Op>.common.kdsvc``."""

    def writes(self, seen: Seen) -> bool:
        """Tell by the service's operation."""
        _, marked, rest = seen.path.partition("DynamicFormService.")
        return bool(marked) and rest.split(".")[0] in _WRITES

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """A reversed payment is a deleted bill: the state says that it is done, whoever did it."""
        return None if operation == "erp.reverse_payment" else await super().refused(bench, operation)


RIG = KingdeeRig
