"""What Odoo's three ports share: options, effect classes, the mapping, probes by operation, keys in Odoo's texts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel

from ltc.adapters.odoo.feed import Feed, Source
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.texts import keys_of
from ltc.adapters.odoo.wire import Domain, Odoo
from ltc.mapping import load_mapping
from ltc.ports.adapters import Connection
from ltc.ports.errors import Misconfigured
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage

OPTIONS: Mapping[str, str] = {
    "lang": "the language of Odoo's texts and stage names; en_US",
    "company": "the id of the company to work in; the API user's own",
    "journal": "the code of the bank or cash journal that payments go to; Odoo's choice",
    "write_off_account": "the code of the account for what is given up; write_off needs it",
    "write_off_journal": "the code of the journal for write-offs; MISC",
    "feed_overlap": "seconds for which the feed looks back for transactions that committed late; 60",
}
_POLL_SECONDS = 0.5


class OdooSystem:
    """One port on one Odoo database. Nothing is called before the first operation.

    Args:
        connection: address, API key, database, timeouts, options (``OPTIONS``).

    Raises:
        Misconfigured: an unknown or unusable option, no address, no key, a mapping that cannot be used.
    """

    classes: ClassVar[Mapping[str, EffectClass]] = {}
    reads: ClassVar[tuple[str, ...]] = ()

    def __init__(self, connection: Connection) -> None:
        options = dict(connection.options)
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown:
            raise Misconfigured(f"odoo: unknown option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
        self.settle_seconds = connection.settle_seconds
        self.options = options
        self.odoo = Odoo(connection, _context(options))
        self.map = load_mapping("odoo", connection.mapping)
        self._stated = dict(connection.classes)
        self._feed = Feed(self.odoo, self.sources(), _number(options, "feed_overlap", 60.0))

    def sources(self) -> list[Source]:
        """What the feed is made of."""
        return []

    def effect_class(self, operation: str) -> EffectClass:
        """Return what an unmodified Odoo offers against doing this operation twice, or what the settings say.

        Raises:
            Misconfigured: Odoo does not carry out this operation.
        """
        if operation not in self.classes:
            does = ", ".join((*self.classes, *self.reads))
            raise Misconfigured(f"odoo does not carry out {operation}; it does {does}")
        return self._stated.get(operation, self.classes[operation])

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether the effect with this key took place: by the key where Odoo can keep it, else by the state."""
        self.effect_class(operation)
        found: BaseModel | None = await getattr(self, f"probe_{operation.split('.', 1)[1]}")(request, key)
        return found

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return events after a cursor, by polling; with none there, look again until ``wait`` seconds are over."""
        page = await self._feed.page(after, limit)
        while not page.events and wait > 0:
            pause = min(_POLL_SECONDS, wait)
            await asyncio.sleep(pause)
            wait -= pause
            page = await self._feed.page(page.next, limit)
        return page

    async def aclose(self) -> None:
        """Close the connections."""
        await self.odoo.aclose()

    async def by_key(self, model: str, field: str, key: str, listing: Domain, fields: list[str]) -> list[Record]:
        """Return the records that carry a key: by searching for it, else by going through a listing.

        The listing is the second way to look: it does not depend on how the database searches texts.
        """
        wanted = [field, *fields]
        found = await self.odoo.find(model, [[field, "ilike", key], *listing], wanted)
        found = found or await self.odoo.find(model, listing, wanted)
        return [row for row in found if key in keys_of(row[field])]


def _context(options: Mapping[str, str]) -> Record:
    context: Record = {"lang": options.get("lang", "en_US"), "tz": "UTC"}
    if "company" in options:
        context["allowed_company_ids"] = [int(_number(options, "company", 0))]
    return context


def _number(options: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(options.get(name, default))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise Misconfigured(f"odoo: option {name!r} must be a number, not {options[name]!r}")
    return value
