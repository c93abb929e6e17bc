"""HTTP to BottleCRM (django-crm 1.35): its answers as the error tree.

Seen on the vendor's server: 403 (not 401) for a token that is wrong; 404 as JSON for a record that is not there and as
an HTML page for an id that is no UUID; 400 as ``{"error": true, "errors": {field: [messages]}}``; a refused lead as
``{"result": "rejected", "errors": …}``; 429 with Retry-After from a lead webhook past its 120 posts a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable
from ltc.transport.http import HttpClient, changing_nothing, json_of, retry_after

NAME = "bottlecrm"
PAGE = 100


class Rejected(Exception):
    """BottleCRM refused values (400). ``fields`` holds its messages by field; the operation says what that means."""

    def __init__(self, where: str, fields: Mapping[str, str]) -> None:
        super().__init__(f"{where}: " + "; ".join(f"{name}: {said}" for name, said in fields.items()))
        self.fields = fields


class Api:
    """Calls one BottleCRM as one member of one organisation: the owner of the token.

    Args:
        url: its address.
        token: a personal access token; it brings the organisation and the rights of its owner.
        timeout: real seconds to connect, and to wait for an answer.
    """

    def __init__(self, url: str, token: SecretStr, timeout: float) -> None:
        self._http = HttpClient(NAME, url, timeout, {"authorization": f"Bearer {token.get_secret_value()}"})

    async def read(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read: whatever goes wrong on the way, nothing changed.

        Raises:
            BusinessRefusal: ``not_found``.
        Unavailable, Misconfigured, ContractBroken: as the port says.
        """
        try:
            with changing_nothing():
                return await self._send("GET", path, None, params, {})
        except Rejected as error:
            raise ContractBroken("bottlecrm refuses a question that it documents", str(error)) from None

    async def write(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Change something.

        Raises:
            Rejected: the values were refused; nothing was changed.
            BusinessRefusal: ``not_found``.
            OutcomeUnknown: no answer, or a failure inside: with or without effect.
        Unavailable, Misconfigured, ContractBroken: as the port says.
        """
        return await self._send(method, path, body, None, headers or {})

    async def listed(self, path: str, part: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Read a whole list, page by page; each record once, although pages shift when records come and go."""
        found: dict[str, dict[str, Any]] = {}
        offset = 0
        while True:
            page = await self.read(path, {**params, "limit": str(PAGE), "offset": str(offset)})
            rows = records(page, part, path)
            if len(rows) >= PAGE and all(str(row.get("id")) in found for row in rows):  # it would go on for ever
                raise ContractBroken(f"bottlecrm: {path} gives the same page at offset {offset}", str(rows[0]))
            found.update({str(row.get("id")): row for row in rows})
            if len(rows) < PAGE:
                return list(found.values())
            offset += PAGE - 1  # one row is read twice: a record deleted meanwhile must not hide its neighbour

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> dict[str, Any]:  # fmt: skip
        response = await self._http.send(method, path, json=body, params=params, headers=headers)
        where = f"{NAME}: {method} {path}"
        if not response.is_success:
            raise _error(response, where)
        said = json_of(response, where)
        if not isinstance(said, dict) or said.get("error") is True:
            raise ContractBroken(f"{where}: answered {response.status_code} without saying what", response.text)
        return said


def _error(response: httpx.Response, where: str) -> PortError | Rejected:
    status = response.status_code
    if status in (401, 403):
        return Misconfigured(
            f"{where}: our token is refused ({status}); check that it is valid, belongs to an administrator of the"
            " organisation and may write leads, opportunities and accounts"
        )
    if status in (429, 503):
        return Unavailable(f"{where}: busy ({status})", retry_after(response))
    if status >= 500:
        return OutcomeUnknown(f"{where}: failed inside ({status}), with or without effect")
    try:
        said = response.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return ContractBroken(f"{where}: answered {status} with something that is not JSON", response.text)
    if status == 404:
        return BusinessRefusal("not_found", f"{where}: there is no such record, or our token's owner may not see it")
    if status == 400:
        return Rejected(where, _messages(said.get("errors", said)))
    return ContractBroken(f"{where}: answered {status}", response.text)


def _messages(errors: Any) -> dict[str, str]:
    if not isinstance(errors, dict):
        return {"": str(errors)[:200]}
    return {
        str(name): (" ".join(map(str, said)) if isinstance(said, list) else str(said))[:200]
        for name, said in errors.items()
    }


def records(page: Mapping[str, Any], part: str, path: str) -> list[dict[str, Any]]:
    """Return a list of records out of an answer; ``part`` is where in it, dotted.

    Raises:
        ContractBroken: there is no such list.
    """
    found: Any = page
    for name in part.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ContractBroken(f"{NAME}: {path} answered no list {part}", str(page))
    return found


def record(page: Mapping[str, Any], part: str, path: str) -> dict[str, Any]:
    """Return one record out of an answer.

    Raises:
        ContractBroken: there is none.
    """
    found = page.get(part)
    if not isinstance(found, dict):
        raise ContractBroken(f"{NAME}: {path} answered no {part}", str(page))
    return found


def known(identity: str, what: str) -> str:
    """Return an id that can be one of BottleCRM's: it answers other ids with a page for people.

    Raises:
        BusinessRefusal: ``not_found``: it is no UUID, so there is no such record.
    """
    try:
        return str(UUID(identity))
    except ValueError:
        raise BusinessRefusal("not_found", f"bottlecrm has no {what} {identity[:64]!r}: its ids are UUIDs") from None
