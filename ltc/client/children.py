"""Chains that chains start, behind the port ``chain``: the start is on record first, one business key, one child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ltc.client.errors import BadInputError, EngineAwayError, NotFoundError, RefusedError
from ltc.model.messages import Intervention
from ltc.ports.chains import Child, ChildId, ChildStatus, StartChain
from ltc.ports.context import CURRENT_CHAIN
from ltc.ports.errors import BusinessRefusal, Unavailable
from ltc.ports.operations import EffectClass
from ltc.ports.store import StartRequest
from ltc.ports.systems import EventPage

if TYPE_CHECKING:
    from ltc.client.chain_client import ChainClient

SOURCE = "chain:"  # of a start: the chain that asked for it follows
MOST_LEVELS = 8
_UNDONE = ("cancelled", "rejected")


class ChildChains:
    """The port ``chain``: starts, reads and cancels chains through the client."""

    settle_seconds = 3.0  # a start that was given up may still be put on record by a worker that stood still

    def __init__(self, client: ChainClient) -> None:
        self._client = client

    def effect_class(self, operation: str) -> EffectClass:
        """Return A: a business key starts one chain, and a cancelled chain stays cancelled."""
        del operation
        return EffectClass.A

    async def start(self, request: StartChain, key: str) -> Child:
        """Start a chain, or find the one that its business key has started.

        Raises:
            BusinessRefusal: ``unknown_process``, ``bad_input``, ``cycle``, ``other_parent``, ``other_input``.
            Unavailable: the engine is away; the start may be on record, and is carried out when it is back.
        """
        del key  # the business key is what keeps it single
        parent = CURRENT_CHAIN.get()
        await self._refuse_cycle(parent, request.process)
        try:
            started = await self._client.start(
                request.process, request.input, source=SOURCE + parent, actor=parent, key=request.key
            )
        except (NotFoundError, BadInputError) as error:
            return await self._recorded(parent, request, error)
        except EngineAwayError as error:
            raise Unavailable(str(error)) from error
        record = await self._client.store.start_of(started.chain)
        if record is not None and record.source != SOURCE + parent:
            raise BusinessRefusal("other_parent", f"{started.chain} was started by {record.source}", started.chain)
        if not started.same_input:
            raise BusinessRefusal("other_input", f"{started.chain} runs already, with other input", started.chain)
        return await self._read(started.chain)

    async def watch(self, request: ChildId) -> ChildStatus:
        """Read how a chain stands.

        Raises:
            BusinessRefusal: ``not_found``.
        """
        return ChildStatus(child=await self._read(request.child))

    async def cancel(self, request: ChildId, key: str) -> Child:
        """Cancel a chain; what it did is undone by itself.

        Raises:
            BusinessRefusal: ``completed`` (it ended with what it did), ``past_pivot``, ``not_found``.
            Unavailable: the engine is away, or the chain is on record and does not run (yet, or any more).
        """
        child = _undone(await self._read(request.child))
        if not child.ended and child.status != "compensating":
            await self._cancel(child, key)
        return await self._read(request.child)

    async def require_ended(self, request: ChildId, key: str) -> Child:
        """Say no while a chain runs.

        Raises:
            BusinessRefusal: ``still_running``, ``not_found``.
        """
        del key
        child = await self._read(request.child)
        if not child.ended:
            raise BusinessRefusal("still_running", f"{child.id} still runs: people decide what becomes of it", child.id)
        return child

    async def probe(self, operation: str, key: str, request: BaseModel) -> Child | None:
        """Tell whether a start is on record, or a cancel has been heard."""
        del key
        if isinstance(request, StartChain):
            found = await self._client.child_of(CURRENT_CHAIN.get(), request.process, request.input, request.key)
            return await self._read(found) if found else None
        assert isinstance(request, ChildId)
        child = await self._read(request.child)
        if operation == "chain.cancel":
            return child if child.status == "compensating" or child.outcome in _UNDONE else None
        return child if child.ended else None

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return nothing: how a child ends goes into the inbox with its last trail entry."""
        del limit, wait
        return EventPage(events=[], next=after)

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def _refuse_cycle(self, parent: str, process: str) -> None:
        seen, at = 0, parent
        while at:
            if at.split(":", 1)[0] == process or seen >= MOST_LEVELS:
                raise BusinessRefusal("cycle", f"{process} would be started within itself: {parent} comes of {at}", at)
            record: StartRequest | None = await self._client.store.start_of(at)
            at = record.source.removeprefix(SOURCE) if record and record.source.startswith(SOURCE) else ""
            seen += 1

    async def _recorded(self, parent: str, request: StartChain, error: Exception) -> Child:
        """An earlier attempt's start stays on record, and is carried out, whatever became of the definition since."""
        if request.key:
            mine = await self._client.child_of(parent, request.process, request.input, request.key)
            if mine:
                return await self._read(mine)
        reason = "unknown_process" if isinstance(error, NotFoundError) else "bad_input"
        raise BusinessRefusal(reason, str(error)) from error

    async def _read(self, chain: str) -> Child:
        record = await self._client.store.start_of(chain)
        if record is None:
            raise BusinessRefusal("not_found", f"no chain {chain!r} is on record", chain)
        view: dict[str, Any] = await self._client.store.chain(chain) or {}
        ended = view.get("ended") is not None
        return Child(
            id=chain, version=2 if ended else 1, process=record.process, key=record.key,
            status=str(view.get("state") or "running"), ended=ended, outcome=str(view.get("outcome") or ""),
            reason=str(view.get("reason") or "") if ended else "",
        )  # fmt: skip

    async def _cancel(self, child: Child, key: str) -> None:
        parent = CURRENT_CHAIN.get()
        wish = Intervention(
            id=f"cancel-{key}", action="cancel", reason=f"{parent} is undone", actor=parent, asserted=False,
            expires=self._client.expires(),
        )  # fmt: skip
        try:
            answer = await self._client.say(child.id, wish)
        except EngineAwayError as error:
            raise Unavailable(str(error)) from error
        except RefusedError as error:
            raise BusinessRefusal("refused", str(error), child.id) from error
        if answer.status == "closed":
            await self._closed(child)
        elif answer.status not in ("accepted", "in_flight"):
            raise BusinessRefusal("past_pivot", answer.message, child.id)

    async def _closed(self, child: Child) -> None:
        """Nobody heard: it has ended by itself, or is still to begin, or was cut short and will be taken up again."""
        if _undone(await self._read(child.id)).ended:
            return
        try:
            await self._client.relaunch(child.id)  # harmless where it has begun
        except EngineAwayError as error:
            raise Unavailable(str(error)) from error
        raise Unavailable(f"{child.id} is on record and does not run: it is cancelled once it does", answered=True)


def _undone(child: Child) -> Child:
    """Return a chain that can be cancelled, or that has been.

    Raises:
        BusinessRefusal: ``completed``: it ended with what it did.
    """
    if child.ended and child.outcome not in _UNDONE:
        raise BusinessRefusal("completed", f"{child.id} has ended: {child.outcome}", child.id)
    return child
