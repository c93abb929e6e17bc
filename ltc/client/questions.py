"""Questions about chains: answered from the records' views, with what only Temporal knows gathered beside them."""

from __future__ import annotations

from temporalio.client import Client

from ltc.client.errors import NotFoundError
from ltc.client.lookups import digest_shown
from ltc.client.starting import Installation
from ltc.store.store import Store


class Questions:
    """What can be asked. ``store`` answers what its views hold."""

    def __init__(self, temporal: Client, store: Store, place: Installation) -> None:
        self.temporal = temporal
        self.store = store
        self.place = place

    async def shown(self, chain: str, task: str) -> str:
        """Return the digest of the figures that people see for a task.

        Raises:
            NotFoundError: no such task is on record.
        """
        digest = await self.store.read(digest_shown, chain, task)
        if digest is None:
            raise NotFoundError(f"no task {task!r} of {chain} is on record; `ltc task list --chain {chain}` shows them")
        return digest
