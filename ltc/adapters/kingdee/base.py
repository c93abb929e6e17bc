"""What the ports of K3Cloud share: the connection, effect classes, probes by number, the making of documents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ltc.adapters.kingdee.account import account_of
from ltc.adapters.kingdee.answers import SaidNo
from ltc.adapters.kingdee.bills import Bills, State
from ltc.adapters.kingdee.client import K3Client
from ltc.adapters.kingdee.forms import Form
from ltc.adapters.kingdee.making import Maker, Model
from ltc.adapters.kingdee.reading import Reader, Record, in_force
from ltc.adapters.kingdee.words import refusal
from ltc.mapping import load_mapping
from ltc.ports.adapters import Connection
from ltc.ports.errors import BusinessRefusal, Misconfigured, OutcomeUnknown, Unavailable
from ltc.ports.operations import EffectClass

Probe = Callable[[str, Any], Awaitable[BaseModel | None]]
_KEY = re.compile(r"[A-Z0-9]{1,24}")


@dataclass(frozen=True)
class Tools:
    """One K3Cloud and what works on it."""

    bills: Bills
    reader: Reader
    maker: Maker

    def number(self, key: str) -> str:
        """Return the number of the document that an effect makes: the key itself, where it may be one."""
        told = key if _KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:24].upper()
        return self.maker.account.prefix + told

    async def make(self, form: Form, key: str, model: Callable[[str], Awaitable[Model]]) -> Record:
        """Save a document, submit and audit it, from wherever an earlier attempt got to.

        What is refused on the way leaves nothing behind: a document that never was in force is deleted again.

        Raises:
            BusinessRefusal: K3Cloud refuses it, or the document was made and is void.
        """
        number = self.number(key)
        state = await self.bills.find(form, number)
        if state is not None and state.void:
            raise BusinessRefusal("already_cancelled", f"{form.title} {number} was made and is void", number)
        try:
            if state is None:
                await self.bills.save(form, await model(number))
            await self.bills.finish(form, number)
        except SaidNo as no:
            await self._clear(form, number, no)
            raise refusal(no, number) from None
        return await self.audited(form, number)

    async def audited(self, form: Form, number: str) -> Record:
        """Return a document that was just audited: what counts is what stands there, not what the answer said."""
        record = await self.reader.find(form, number)
        if record is None or not in_force(record):
            raise OutcomeUnknown(f"kingdee: {form.title} {number} was audited, but does not stand as audited")
        return record

    async def made(self, form: Form, key: str) -> Record | None:
        """Find what an effect made, for its probe: None when it is not there, or is void again.

        Raises:
            Unavailable: it is there and unfinished: neither done nor absent. The step itself finishes it.
        """
        record = await self.reader.find(form, self.number(key))
        if record is None or in_force(record):
            return record
        if record["FCancelStatus"] != "A":
            return None
        raise Unavailable(
            f"kingdee: {form.title} {record['FBillNo']} is saved but not audited ({record['FDocumentStatus']});"
            " retry the step to finish it"
        )

    async def _clear(self, form: Form, number: str, no: SaidNo) -> None:
        try:
            await self.bills.discard(form, number)
        except SaidNo as stays:
            raise OutcomeUnknown(
                f"kingdee: {form.title} {number} was refused ({no.text}) and cannot be deleted ({stays.text})"
            ) from None


class KingdeeSystem:
    """One port of K3Cloud: subclasses have a method for each operation, and its probe in ``probes``."""

    port = ""
    classes: Mapping[str, EffectClass] = {}

    def __init__(self, connection: Connection) -> None:
        account = account_of(connection)
        client = K3Client(f"kingdee ({self.port})", connection.url, account, connection.timeout)
        bills = Bills(client)
        self.tools = Tools(bills, Reader(bills, load_mapping("kingdee", connection.mapping)), Maker(account))
        self.settle_seconds = connection.settle_seconds
        self._classes = {**self.classes, **connection.classes}
        self.probes: dict[str, Probe] = {}

    def effect_class(self, operation: str) -> EffectClass:
        """Return what K3Cloud offers against doing this operation twice.

        Raises:
            Misconfigured: the adapter does not carry it out.
        """
        if operation not in self.classes:
            raise Misconfigured(f"kingdee does not carry out {operation}; it does {', '.join(self.classes)}")
        return self._classes[operation]

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether an effect took place: a document by its number, a change by the document's state.

        Raises:
            Unavailable: K3Cloud is away, or the document is unfinished: saved and not audited.
        """
        self.effect_class(operation)
        try:
            return await self.probes[operation](key, request)
        except BusinessRefusal as no:
            if no.reason != "not_found":
                raise
            return None  # without the document it would have changed, the change cannot have taken place

    async def aclose(self) -> None:
        """Close the connections."""
        await self.tools.bills.client.aclose()


def known(state: State | None, form: Form, number: str) -> State:
    """Return the state of a document that has to be there.

    Raises:
        BusinessRefusal: ``not_found``.
    """
    if state is None:
        raise BusinessRefusal("not_found", f"there is no {form.title} {number}", number)
    return state
