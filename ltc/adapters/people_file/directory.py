"""Who holds which role and who manages whom, from a file that is read again when it changes.

The file is ``people: [{id, name, roles: […], manager, email}]`` in YAML or JSON.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ltc.ports.errors import Misconfigured
from ltc.ports.people import Person

MOST_BYTES = 1 << 20


class PeopleFile:
    """The port ``People`` over a file.

    Raises (all methods): Misconfigured when the file is missing, malformed, or names an unknown manager.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] = (0, 0)
        self._people: dict[str, Person] = {}

    async def person(self, person: str) -> Person | None:
        """Return a person by id, or None."""
        return self._read().get(person)

    async def members(self, role: str) -> list[str]:
        """Return the ids of the people who hold a role, in the file's order."""
        return [person.id for person in self._read().values() if role in person.roles]

    async def manager_of(self, person: str, up: int = 1) -> str:
        """Return the id of the manager ``up`` levels above; empty when there is none."""
        people = self._read()
        current = person
        for _ in range(up):
            known = people.get(current)
            if known is None or not known.manager:
                return ""
            current = known.manager
        return current

    async def roles(self) -> list[str]:
        """Return every role that somebody holds, sorted."""
        return sorted({role for person in self._read().values() for role in person.roles})

    def _read(self) -> dict[str, Person]:
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._people = parse(self._path)
                self._stamp = stamp
        except OSError as error:
            raise Misconfigured(
                f"the people file {self._path} cannot be read ({error.strerror}); set LTC_PEOPLE_FILE"
            ) from error
        return self._people


def parse(path: Path) -> dict[str, Person]:
    """Read a people file.

    Raises:
        Misconfigured: it is too large, not YAML, or not a list of people; names the place.
        OSError: it cannot be read.
    """
    raw = path.read_bytes()
    if len(raw) > MOST_BYTES:
        raise Misconfigured(f"{path}: larger than {MOST_BYTES} bytes; split the directory or use another adapter")
    try:
        data = yaml.load(_plain(raw, path), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{mark.line + 1}" if mark else "?"
        raise Misconfigured(
            f"{path}, line {line}: not YAML or JSON; mend it as people: [{{id, name, roles}}]"
        ) from error
    rows = data.get("people") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise Misconfigured(f"{path}: no list 'people' at the top; write people: [{{id, name, roles}}]")
    return _people(path, rows)


def _plain(raw: bytes, path: Path) -> bytes:
    """Refuse anchors and aliases: a few hundred bytes of them become gigabytes."""
    for event in yaml.parse(raw, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            mark = event.start_mark
            line = mark.line + 1 if mark else 1
            raise Misconfigured(f"{path}, line {line}: anchors and aliases are not allowed; write the value out")
    return raw


def _people(path: Path, rows: list[Any]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for number, row in enumerate(rows, 1):
        try:
            person = Person.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Misconfigured(f"{path}, person {number}: {place}: {first['msg']}") from error
        if person.id in people:
            raise Misconfigured(f"{path}, person {number}: the id {person.id!r} is used twice; ids are unique")
        people[person.id] = person
    for person in people.values():
        if person.manager and person.manager not in people:
            raise Misconfigured(f"{path}: {person.id!r} has the unknown manager {person.manager!r}; add that person")
    return people
