"""How the store reaches its database without ever blocking the event loop: one writing thread, a few that read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from ltc.ports.store import StoreUnavailable
from ltc.store import migrate
from ltc.store.engines import make_engine, translate
from ltc.store.views import Views
from ltc.store.writer import Writer

P = ParamSpec("P")
Part = TypeVar("Part")
T = TypeVar("T")
READERS = 4


class Connected:
    """An open database. Functions of the store run on its threads; every error is one of ``ltc.ports.store``'s."""

    def __init__(self, url: str, readers: int = READERS) -> None:
        self.url = url
        self._write_engine = make_engine(url, writes=True)
        self._read_engine = make_engine(url, writes=False, size=readers)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="ltc-store-reader")
        self._writer = Writer(self._write_engine, lambda error: translate(error, url))
        self._views = Views()
        self._writer.rolled_back = self._views.forget_all
        self._writer.chore = self._views.write_behind
        self._writer.waiting = lambda: self._views.behind
        self._closed = False

    @classmethod
    async def open(cls, url: str, readers: int = READERS) -> Self:
        """Open a database that has this program's schema.

        Raises:
            StoreUnavailable: it cannot be reached.
            SchemaOutdated: ``ltc db upgrade`` has not run.
        """
        await asyncio.to_thread(migrate.require_current, url)
        return cls(url, readers)

    async def close(self) -> None:
        """Write what is queued, then let go of the database. Closing twice does nothing."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._let_go)

    def _let_go(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the store in a write transaction; returns after the commit."""
        return await self._writer.submit(lambda connection: function(connection, *args, **kwargs))

    async def write_healable(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write what can be had again from elsewhere: it survives the process, but a power cut may cost it."""
        return await self._writer.submit(lambda connection: function(connection, *args, **kwargs), lasting=False)

    async def write_together(self, function: Callable[[Connection, list[Part]], list[T]], given: Part, by: str) -> T:
        """Write what can be had again from elsewhere, in one call with all else that is queued for this function.

        The function gets what each caller gave, and returns for each what it is told. ``by``: whose part it is.
        """
        return await self._writer.submit_together(function, given, by)

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of the store on one snapshot of the database, views as far as this process has appended."""
        if self._views.behind and not self._closed:
            await self._writer.submit(self._views.write_behind, lasting=False)
        return await self.read_records(function, *args, **kwargs)

    async def read_records(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function that asks for no view on one snapshot of the database: it need not wait for them."""

        def run() -> T:
            try:
                with self._read_engine.begin() as connection:
                    return function(connection, *args, **kwargs)
            except Exception as error:
                translated = translate(error, self.url)
                if translated is error:
                    raise
                raise translated from error

        if self._closed:
            raise StoreUnavailable("the store is closed; open it again")
        return await asyncio.get_running_loop().run_in_executor(self._readers, run)
