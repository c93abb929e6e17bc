"""What the adapters of both sandbox systems share: calling by a table, probing by effect class, the feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from ltc.adapters.sandbox.feed_page import page_of
from ltc.adapters.sandbox.http import SystemClient
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.ports.systems import EventPage
from ltc.transport.parse import parse

DEFAULT_CLASSES: Mapping[str, EffectClass] = {
    operation.name: EffectClass.C
    if operation.name in ("erp.create_order", "erp.post_invoice", "erp.release_delivery")
    else EffectClass.A
    for operation in OPERATIONS.values()
    if operation.effect
}


@dataclass(frozen=True)
class Way:
    """How an operation is called, and how class C looks its effect up again.

    ``path`` names fields of the request in braces. An operation that makes a document lists them at ``found_in``,
    searchable by reference, and by ``listed_by`` (parameter, field of the request). An operation that changes the
    document ``changes`` names leaves its reference in the change log, and ``reads`` is where that document stands.
    """

    method: str
    path: str
    found_in: str = ""
    listed_by: tuple[str, str] = ("", "")
    changes: str = ""
    reads: str = ""


class SandboxAdapter:
    """One system behind its port.

    Args:
        url: its address.
        token: the bearer token, if it wants one.
        timeout: real seconds to connect, and to wait for an answer.
        settle_seconds: how long an abandoned attempt may still take effect there.
        classes: effect classes that differ from ``DEFAULT_CLASSES``.
    """

    system = ""
    ways: Mapping[str, Way] = {}

    def __init__(
        self, url: str, *, token: SecretStr | str = "", timeout: float = 2.0, settle_seconds: float = 5.0,
        classes: Mapping[str, EffectClass] | None = None,
    ) -> None:  # fmt: skip
        secret = token if isinstance(token, SecretStr) else SecretStr(token)
        self._client = SystemClient(self.system, url, secret, timeout)
        self._classes = {**DEFAULT_CLASSES, **(classes or {})}
        self.settle_seconds = settle_seconds

    def effect_class(self, operation: str) -> EffectClass:
        """Return what the system offers against doing this operation twice."""
        self._way(operation)
        return self._classes.get(operation, EffectClass.A)

    async def check(self) -> None:
        """Check that the system is there, takes our token and serves each operation as we think it does.

        Raises:
            Unavailable: it is away.
            Misconfigured: it refuses our token, is another system, or serves an operation as another class.
        """
        about = await self._client.ask("/about")
        served = about.get("classes", {}) if isinstance(about, dict) else {}
        for operation in self.ways:
            if OPERATIONS[operation].effect and served.get(operation) != self._classes[operation]:
                raise Misconfigured(
                    f"{self.system}: serves {operation} as class {served.get(operation)}, the settings say"
                    f" {self._classes[operation]}; make them equal (ltc sandbox … --effect-class)"
                )

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether the effect with this key took place; by key (class A), or by reference, then by listing (C)."""
        way = self._way(operation)
        if self._classes.get(operation) is not EffectClass.C:
            return await self._probe_key(operation, key)
        if way.found_in:
            return await self._probe_documents(operation, way, key, request)
        return await self._probe_changes(operation, way, key, request)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return events after a cursor; with none there, wait up to ``wait`` real seconds for one."""
        params = {"after": after or "0", "limit": str(limit), "wait": str(wait)}
        return page_of(await self._client.ask("/events", params, wait), f"{self.system} events")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _read(self, operation: str, request: BaseModel) -> Any:
        way = self._way(operation)
        body = request.model_dump_json() if way.method == "POST" else None
        return parse(
            OPERATIONS[operation].gives, await self._client.ask(_fill(way.path, request), body=body), operation
        )

    async def _do(self, operation: str, request: BaseModel, key: str) -> Any:
        way = self._way(operation)
        said = await self._client.tell(way.method, _fill(way.path, request), request.model_dump_json(), key)
        return parse(OPERATIONS[operation].gives, said, operation)

    def _way(self, operation: str) -> Way:
        if operation not in self.ways:
            raise Misconfigured(f"{self.system} does not carry out {operation}; it does {', '.join(self.ways)}")
        return self.ways[operation]

    async def _probe_key(self, operation: str, key: str) -> BaseModel | None:
        try:
            said = await self._client.ask(f"/keys/{quote(key, safe='')}", {"operation": operation})
        except BusinessRefusal as no:
            if no.reason != "not_found":
                raise ContractBroken(f"a probe was refused as {no.reason}", str(no)) from None
            return None
        return parse(OPERATIONS[operation].gives, said, operation)

    async def _probe_documents(self, operation: str, way: Way, key: str, request: BaseModel) -> BaseModel | None:
        found = await self._list(way.found_in, {"reference": key})
        if not found:
            # The index behind the search may lag: a listing by what the document hangs on does not.
            parameter, field = way.listed_by
            listed = await self._list(way.found_in, {parameter: str(getattr(request, field))})
            found = [item for item in listed if item.get("reference") == key]
        one = _only(found, operation, key)
        return parse(OPERATIONS[operation].gives, one, operation) if one else None

    async def _probe_changes(self, operation: str, way: Way, key: str, request: BaseModel) -> BaseModel | None:
        found = await self._list("/changes", {"operation": operation, "reference": key})
        if not found:
            document = str(getattr(request, way.changes))
            listed = await self._list("/changes", {"operation": operation, "document": document})
            found = [item for item in listed if item.get("reference") == key]
        if not found:
            return None
        return parse(OPERATIONS[operation].gives, await self._client.ask(_fill(way.reads, request)), operation)

    async def _list(self, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = "0"
        while True:
            page = await self._client.ask(path, {**params, "after": after})
            try:
                found += page["items"]
                following = page.get("next")
            except (TypeError, KeyError, AttributeError):
                raise ContractBroken(f"{self.system}: {path} answered no list", str(page)) from None
            if following is None:
                return found
            after = str(following)


def _fill(path: str, request: BaseModel) -> str:
    if "{" not in path:
        return path
    fields = {name: quote(value, safe="") for name, value in request if isinstance(value, str)}
    return path.format_map(fields)


def _only(found: list[dict[str, Any]], operation: str, key: str) -> dict[str, Any] | None:
    if len(found) > 1:
        ids = ", ".join(str(item.get("id") or item.get("document_id")) for item in found)
        raise ContractBroken(f"{operation} took effect {len(found)} times under one key: {ids}", f"key {key}")
    return found[0] if found else None
