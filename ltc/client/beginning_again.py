"""Chains that Temporal has lost begin again from their start on record; what took effect is on record and stays single.

Their effect keys are those of before: a step whose effect is on record as done gives what it gave then, one whose
outcome is not known is probed first. Reads are made anew, approvals asked anew, promised times counted anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from temporalio.service import RPCError, RPCStatusCode

from ltc.client.connection import reaching
from ltc.client.errors import EngineAwayError, NotFoundError, RefusedError
from ltc.model.trail import Kind

if TYPE_CHECKING:
    from ltc.client.chain_client import ChainClient

Record = dict[str, Any]
ACTION = "relaunch"
# What a chain that began again from its first step could not tell from what is on record, and would do twice.
_AGAINST = {
    Kind.COMPENSATING: "it was being undone", Kind.UNDONE: "something of it was undone",
    Kind.SENT_BACK: "it was sent back", Kind.REVISITED: "steps of it were passed twice",
    Kind.MIGRATED: "it was moved to another version of its definition", Kind.DUNNED: "reminders have gone out",
}  # fmt: skip
_BY_HAND = ("skip", "correct")  # these took the place of what a step does


def obstacle(entries: Iterable[Record]) -> str:
    """Say why a chain with this trail cannot begin again; empty when it can."""
    for entry in entries:
        if entry["kind"] in _AGAINST:
            return _AGAINST[entry["kind"]]
        if entry["kind"] == Kind.INTERVENED and entry["data"].get("action") in _BY_HAND:
            return f"a step was done by hand ({entry['data']['action']})"
    return ""


async def require_lost(client: ChainClient, chain: str) -> Record:
    """Return what is on record of a chain that Temporal does not know, and that can begin again.

    Raises:
        NotFoundError: nothing is on record of it.
        RefusedError: it has ended, Temporal knows it, or what happened in it cannot be gone through again.
        EngineAwayError: Temporal does not answer.
    """
    view = await client.store.chain(chain)
    if view is None or await client.store.start_of(chain) is None:
        raise NotFoundError(f"no start of {chain!r} is on record")
    if view["state"] == "ended":
        raise RefusedError(f"{chain} has ended: {view['outcome']}")
    try:
        with reaching():
            described = await client.temporal.get_workflow_handle(chain).describe()
        status = described.status.name.lower() if described.status else "there"
        raise RefusedError(f"Temporal knows {chain} (it is {status}); only a chain that Temporal has lost begins again")
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise EngineAwayError(f"Temporal does not answer: {error.message}") from error
    against = obstacle(await client.store.timeline(chain))
    if against:
        raise RefusedError(
            f"{chain} cannot begin again: {against}, and that would be done anew; finish it by hand in the systems "
            f"(`ltc chain show {chain}` lists what took effect), or put Temporal's data back"
        )
    return view


async def begin_again(client: ChainClient, chain: str, actor: str, reason: str, door: str) -> Record:
    """Begin a chain again that Temporal has lost; events that had reached it are delivered once more.

    Raises:
        NotFoundError, RefusedError, EngineAwayError: as ``require_lost`` says; or the actor may not intervene.
        StoreUnavailable: the records cannot be written.
    """
    await client.require_operator(actor)
    if not reason.strip():
        raise RefusedError("an intervention needs a reason, for the record")
    await require_lost(client, chain)
    await client.store.read_back_intents(chain)  # where the database was lost, too
    await client.launch_anew(chain)
    events = await client.store.deliver_again(chain)
    detail = {"at": datetime.now(UTC).isoformat(), "events": events}
    await client.store.audit(actor, ACTION, chain, door, reason.strip(), "accepted", detail)
    return {"chain": chain, "events": events}
