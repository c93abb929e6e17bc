"""The chains of the corpus."""

from __future__ import annotations

from ltc.core.stand_in import Script
from tests.replay.scene import Scene, held

SCENES: tuple[Scene, ...] = (
    Scene("small order", "lead_to_cash"),
    Scene("finance too", "lead_to_cash", net=800_000),
    Scene("never paid", "lead_to_cash", lambda: Script(pays=[])),
    Scene(
        "late cancel",
        "lead_to_cash",
        lambda: Script(cancel_after="erp.post_invoice", pays=[]),
        (held("cancel", consent=True),),
    ),
    Scene("web order", "web_order"),
    Scene("small order on a real server", "lead_to_cash", real=True),
    Scene("finance on a real server", "lead_to_cash", net=800_000, real=True),
)
