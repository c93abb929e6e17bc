"""Odoo's JSON-2 API (Odoo 19 and later): one call, one transaction, its answers as the error tree.

``POST /json/2/<model>/<method>`` with the bearer key; named parameters only, record ids as ``ids``; 200 holds the bare
value, any other status an error object ``{"name", "message", "arguments", "context", "debug"}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ltc.adapters.odoo.records import Record, records
from ltc.ports.adapters import Connection
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable
from ltc.transport.http import HttpClient, changing_nothing, json_of, retry_after

Domain = list[Any]

PAGE = 200  # records asked for at once
# PostgreSQL's ways to say that another transaction was first. Odoo tries a call again five times before it says so,
# and has rolled back when it does.
_ROLLED_BACK = ("SerializationFailure", "DeadlockDetected", "LockNotAvailable", "ReadOnlySqlTransaction",
                "ConcurrencyError", "LockError")  # fmt: skip
_SAID = ("could not serialize access", "could not obtain lock", "deadlock detected")


class Refused(BusinessRefusal):
    """Odoo raised a UserError or ValidationError: its text is for people, so the operation finds the reason itself."""

    def __init__(self, message: str) -> None:
        super().__init__("refused", message)


class Odoo:
    """Calls one Odoo database over JSON-2.

    Args:
        connection: address, API key (``token``), database, timeouts.
        context: Odoo's context, sent with every call: language, zone, companies.
    """

    def __init__(self, connection: Connection, context: Mapping[str, Any]) -> None:
        key = connection.token.get_secret_value()
        if not connection.url:
            raise Misconfigured("odoo: no address; give 'url' in LTC_SYSTEMS, such as https://erp.example.com")
        if not key:
            raise Misconfigured("odoo: no API key; give it as 'token' in LTC_SYSTEMS (a user's preferences, API Keys)")
        headers = {"authorization": f"bearer {key}", "content-type": "application/json"}
        if connection.database:
            headers["x-odoo-database"] = connection.database
        self._http = HttpClient("odoo", connection.url, connection.timeout, headers)
        self._context = dict(context)

    async def ask(self, model: str, method: str, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call a method that changes nothing: an answer that does not come is ``Unavailable``."""
        with changing_nothing():
            return await self._call(model, method, ids, None, named)

    async def tell(
        self, model: str, method: str, ids: Sequence[int] = (), *, within: Mapping[str, Any] | None = None, **named: Any
    ) -> Any:
        """Call a method that changes something; ``within`` is added to the context (wizards take their subject so).

        Raises:
            Refused: a UserError; nothing took effect.
            Unavailable, OutcomeUnknown, Misconfigured, ContractBroken: as the error tree says.
        """
        return await self._call(model, method, ids, within, named)

    async def create(self, model: str, values: Record, within: Mapping[str, Any] | None = None) -> int:
        """Create one record and return its id."""
        made = await self.tell(model, "create", within=within, vals_list=[values])
        if not isinstance(made, list) or len(made) != 1 or not isinstance(made[0], int):
            raise ContractBroken(f"odoo: {model}.create answered no id", str(made))
        return made[0]

    async def find(self, model: str, domain: Domain, fields: Sequence[str]) -> list[Record]:
        """Return all records that a domain selects, by id, page by page (from the last id: counting could skip one)."""
        found: list[Record] = []
        after = 0
        while True:
            page = await self.page(model, [*domain, ["id", ">", after]], fields, "id", PAGE)
            found += page
            if len(page) < PAGE:
                return found
            if page[-1]["id"] <= after:  # it would go on for ever
                raise ContractBroken(f"odoo: {model}.search_read does not go on after id {after}", str(page[-1]))
            after = page[-1]["id"]

    async def page(self, model: str, domain: Domain, fields: Sequence[str], order: str, limit: int) -> list[Record]:
        """Return the first records that a domain selects."""
        rows = await self.ask(model, "search_read", domain=domain, fields=list(fields), order=order, limit=limit)
        return records(rows, fields, f"{model}.search_read")

    async def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Record]:
        """Read records by id; those that do not exist are left out."""
        return await self.find(model, [["id", "in", list(ids)]], fields) if ids else []

    async def one(self, model: str, number: str, fields: Sequence[str], what: str, archived: bool = False) -> Record:
        """Read the one record with an id as ltc holds it (digits).

        Raises:
            BusinessRefusal: ``not_found``.
        """
        # Odoo leaves archived records out of a search that does not name the field.
        also: Domain = [["active", "in", [True, False]]] if archived else []
        rows = await self.find(model, [["id", "=", int(number)], *also], fields) if number.isdecimal() else []
        if not rows:
            raise BusinessRefusal("not_found", f"odoo has no {what} {number}", number)
        return rows[0]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(
        self, model: str, method: str, ids: Sequence[int], within: Mapping[str, Any] | None, named: Mapping[str, Any]
    ) -> Any:
        body = {**named, "context": {**self._context, **(within or {})}}
        if ids:
            body["ids"] = list(ids)
        response = await self._http.send("POST", f"/json/2/{model}/{method}", json=body)
        where = f"odoo: {model}.{method}"
        if response.is_success:
            return json_of(response, where)
        raise error_of(response, where)


def error_of(response: httpx.Response, where: str) -> PortError:
    """Return what an answer that is no success means."""
    status, said = response.status_code, _said(response)
    name, message = str(said.get("name", "")), str(said.get("message", ""))
    if status in (401, 403):
        return Misconfigured(
            f"{where}: odoo refuses our key or its rights ({status}: {_short(name)}); check the API key, its expiry"
            " (three months at most), the database, and the access rights of its user"
        )
    if status in (409, 423, 429, 503) or _lost_a_race(name, message):
        lost = status in (409, 423) or _lost_a_race(name, message)
        return Unavailable(f"{where}: busy ({status} {_short(name)})", retry_after(response), answered=lost)
    if status == 404:
        return _missing(where, name, message)
    if status == 422 and name.startswith("odoo."):
        return Refused(message)
    if 300 <= status < 400:
        return Misconfigured(f"{where}: redirected ({status}); give the address that Odoo itself answers at")
    if status >= 500 and not name:
        return OutcomeUnknown(f"{where}: failed on the way ({status}), with or without effect")
    # A bug in the server, or a call that this version does not take: rolled back, and the same next time.
    return ContractBroken(f"{where}: answered {status} {_short(name)}: {_short(message)}", message or response.text)


def _missing(where: str, name: str, message: str) -> PortError:
    if name.endswith("MissingError"):
        return BusinessRefusal("not_found", _short(message))
    return Misconfigured(
        f"{where}: odoo knows no such model, method or database ({_short(message) or 'no reason given'}); it must be"
        " Odoo 19 or later with the apps CRM, Sales, Inventory and Invoicing"
    )


def _said(response: httpx.Response) -> Record:
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _lost_a_race(name: str, message: str) -> bool:
    return name.rsplit(".", 1)[-1] in _ROLLED_BACK or any(text in message for text in _SAID)


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
