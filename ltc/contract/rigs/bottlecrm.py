"""The rig of BottleCRM: a REST interface, whose logging in is no change."""

from __future__ import annotations

from ltc.contract.base_rig import BaseRig
from ltc.contract.rig import Seen


class BottleCrmRig(BaseRig):
    """BottleCRM over REST."""

    def writes(self, seen: Seen) -> bool:
        """Tell by the method; tokens are fetched by POST, too."""
        return super().writes(seen) and "/auth/" not in seen.path


RIG = BottleCrmRig
