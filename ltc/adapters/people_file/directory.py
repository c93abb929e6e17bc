"""Who holds which role, who manages whom, who owns what, who stands in for whom: from files, read again on change.

One YAML or JSON file (``people: [{id, name, roles: […], manager, email, active}]``, ``roles: {NAME: […]}``,
``owners``, ``substitutes``, ``zone``), one CSV of people, or a folder with ``people.csv``, ``roles.csv``, …
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ltc.adapters.people_file import book, rows
from ltc.adapters.people_file.book import Book
from ltc.ports.errors import Misconfigured
from ltc.ports.people import Person


class PeopleFile:
    """The port ``People`` over a file or a folder.

    Raises (all methods): Misconfigured when a file is missing, malformed, or says what cannot be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: list[tuple[str, int, int]] = []
        self._book = Book()

    async def person(self, person: str) -> Person | None:
        """Return a person by id, or None."""
        return self._read().people.get(person)

    async def members(self, role: str, scope: str = "") -> list[str]:
        """Return the ids of the people who hold a role (there, or everywhere), in the files' order."""
        return self._read().members(role, scope)

    async def manager_of(self, person: str, up: int = 1) -> str:
        """Return the id of the manager ``up`` levels above; empty when there is none."""
        people = self._read().people
        current = person
        for _ in range(up):
            known = people.get(current)
            if known is None or not known.manager:
                return ""
            current = known.manager
        return current

    async def owner_of(self, key: str, kind: str = "") -> str:
        """Return the id of who owns a thing; empty when nobody does."""
        owners = self._read().owners
        found = list(dict.fromkeys(who for (what, name), who in owners.items() if name == key and kind in ("", what)))
        if len(found) > 1:
            kinds = ", ".join(what for what, name in owners if name == key)
            raise Misconfigured(f"{key!r} is owned as {kinds} by different people; say which with 'kind:'")
        return found[0] if found else ""

    async def stand_in(self, person: str, at: datetime, role: str = "") -> str:
        """Return who decides for a person at an instant; empty when nobody does."""
        known = self._read()
        return known.stand_in(person, at, role) if person in known.people else ""

    async def roles(self) -> list[str]:
        """Return every role that somebody holds, sorted."""
        return sorted(self._read().roles)

    def _read(self) -> Book:
        try:
            stamp = [(str(one), *_changed(one)) for one in rows.files(self._path)]
            if stamp != self._stamp:
                self._book = book.load(self._path)
                self._stamp = stamp
        except OSError as error:
            raise Misconfigured(
                f"the people file {self._path} cannot be read ({error.strerror}); set LTC_PEOPLE_FILE"
            ) from error
        return self._book


def _changed(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def parse(path: Path) -> dict[str, Person]:
    """Read and check a people directory.

    Raises:
        Misconfigured: it is wrong; one line per fault, with its place.
        OSError: it cannot be read.
    """
    return book.load(path).people
