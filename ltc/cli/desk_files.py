"""What commands about attached files ask of an installation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ltc.bootstrap import Parts, files_of
from ltc.cli.desk_tasks import DOOR
from ltc.client.chain_client import ChainClient
from ltc.store import referenced

Record = dict[str, Any]


class FileDesk:
    """Files that nothing refers to any more. Only operators remove them."""

    client: ChainClient
    parts: Parts

    async def files_unused(self, days: int) -> list[Record]:
        """Return the files that nothing on record refers to and that nobody has used for so many days, real time."""
        files, since = files_of(self.parts.settings), datetime.now(UTC) - timedelta(days=days)
        aged = [name for name in files.kept() if files.used(name) < since]
        known = await self.client.store.read(referenced.digests) if aged else set()
        return [{"sha256": name, "used": files.used(name).isoformat()} for name in aged if name not in known]

    async def files_prune(self, days: int, actor: str, reason: str) -> list[Record]:
        """Remove the files that nothing refers to now; returns them."""
        await self.client.require_operator(actor)
        files, gone = files_of(self.parts.settings), await self.files_unused(days)
        for row in gone:
            files.remove(row["sha256"])
        detail = {"files": [row["sha256"] for row in gone], "days": days}
        await self.client.store.audit(actor, "prune_files", "", DOOR, reason, "done", detail)
        return gone
