"""Operations and events of chains that chains start, and what they refuse for."""

from __future__ import annotations

from ltc.ports.chains import Child, ChildEnded, ChildId, ChildStatus, StartChain
from ltc.ports.registered import EventType, Operation

CHAINS = (
    Operation("chain.start", StartChain, Child, effect=True, inverse="chain.cancel"),
    Operation("chain.watch", ChildId, ChildStatus, effect=False),
    Operation("chain.cancel", ChildId, Child, effect=True),
    Operation("chain.require_ended", ChildId, Child, effect=True),
)

CHAIN_EVENTS = (EventType("chain.ended", ChildEnded, "child", "chain.watch", "child"),)

CHAIN_REFUSALS: dict[str, tuple[str, ...]] = {
    "chain.start": ("unknown_process", "bad_input", "cycle", "other_parent", "other_input"),
    "chain.cancel": ("completed", "past_pivot", "refused", "not_found"),
    "chain.require_ended": ("still_running", "not_found"),
}
