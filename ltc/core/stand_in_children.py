"""The chains that a simulated chain starts: one per business key, each ends as the script says, or is cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Children:
    """What is known of the chains that were started: when each ends, and how."""

    children: dict[str, tuple[datetime, str]]

    def __init__(self) -> None:
        self.children = {}

    def begun(self, child: str, outcome: str, at: datetime) -> bool:
        """Say how a chain that has just begun ends (``never``: it does not); tell whether anybody will hear of it."""
        self.children[child] = (NEVER, "") if outcome == "never" else (at, outcome)
        return outcome != "never"

    def says_no(self, op: str, args: dict[str, Any], now: datetime) -> str:
        """The reason for which an operation is refused as things stand; empty: it is not."""
        if op not in ("chain.cancel", "chain.require_ended"):
            return ""
        child = self._child(args["child"], now)
        if op == "chain.require_ended":
            return "" if child["ended"] else "still_running"
        return "completed" if child["ended"] and child["outcome"] not in ("cancelled", "rejected") else ""

    def chain_start(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        key = args.get("key") or f"{self._number('child')}"
        return self._child(f"{args['process']}:{key}", now)

    def chain_watch(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {"child": self._child(args["child"], now)}

    def chain_cancel(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        if not self._child(args["child"], now)["ended"]:
            self.children[args["child"]] = (now, "cancelled")
        return self._child(args["child"], now)

    def chain_require_ended(self, args: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._child(args["child"], now)

    def _number(self, what: str) -> int:
        raise NotImplementedError

    def _child(self, name: str, now: datetime) -> dict[str, Any]:
        at, outcome = self.children.get(name, (NEVER, ""))
        process, _, key = name.partition(":")
        return {
            "id": name, "version": 2 if at <= now else 1, "process": process, "key": key,
            "status": "ended" if at <= now else "running", "ended": at <= now,
            "outcome": outcome if at <= now else "", "reason": "",
        }  # fmt: skip
