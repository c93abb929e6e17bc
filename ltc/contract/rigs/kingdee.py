"""The rig of Kingdee: everything is asked by POST, so the service in the path tells what changes something."""

from __future__ import annotations

from ltc.contract.base_rig import BaseRig
from ltc.contract.rig import Seen

_WRITES = frozenset({"Save", "BatchSave", "Submit", "CancelAssign", "Audit", "UnAudit", "Delete", "Push", "Draft",
                     "ExcuteOperation", "StatusConvert", "Allocate", "Cancel"})  # fmt: skip


class KingdeeRig(BaseRig):
    """K3Cloud: ``POST …/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.<Op>.common.kdsvc``."""

    def writes(self, seen: Seen) -> bool:
        """Tell by the service's operation."""
        _, marked, rest = seen.path.partition("DynamicFormService.")
        return bool(marked) and rest.split(".")[0] in _WRITES


RIG = KingdeeRig
