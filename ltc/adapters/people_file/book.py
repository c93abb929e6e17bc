"""What a people directory says once it is checked: people, roles, owners, substitutes; faults with their places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from ltc.adapters.people_file.rows import Row, Sheets, read
from ltc.model.base import Value
from ltc.model.messages import CUSTOMER
from ltc.ports.errors import Misconfigured
from ltc.ports.people import Person

V = TypeVar("V", bound=Value)
_MOST_FAULTS = 20


class Membership(Value):
    """Who holds a role; without a scope everywhere."""

    role: str
    members: list[str] = Field(default_factory=list)
    member: str = ""
    scope: str = ""


class Owner(Value):
    """Who owns a thing: ``kind`` customer, product, region, …; ``key`` its id."""

    kind: str
    key: str
    owner: str


class Substitute(Value):
    """``who`` decides for whom (``for``), from the first day to the last; for one role, or for all they are asked."""

    who: str
    whom: str = Field(alias="for")
    since: str = Field(default="", alias="from")
    until: str = ""
    role: str = ""


@dataclass(frozen=True)
class Stand:
    """A substitute with instants: from the beginning of the first day to the end of the last."""

    who: str
    whom: str
    since: datetime
    until: datetime
    role: str
    place: str

    def covers(self, at: datetime, role: str) -> bool:
        """Tell whether it holds at an instant, for what a person is asked as."""
        return self.since <= at < self.until and self.role in ("", role)


@dataclass
class Book:
    """A checked directory."""

    people: dict[str, Person] = field(default_factory=dict)
    roles: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # role -> (person, scope)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, key) -> person
    stands: list[Stand] = field(default_factory=list)

    def members(self, role: str, scope: str = "") -> list[str]:
        """The people who hold a role, in the directory's order."""
        held = [person for person, where in self.roles.get(role, []) if not scope or where in ("", scope)]
        return [person for person in self.people if person in held]

    def stand_in(self, person: str, at: datetime, role: str) -> str:
        """Follow substitutes from a person to somebody who is there."""
        seen = [person]
        while True:
            stand = next((one for one in self.stands if one.whom == seen[-1] and one.covers(at, role)), None)
            if stand is None:
                return seen[-1] if self.people[seen[-1]].active else ""
            if stand.who in seen:
                return ""
            seen.append(stand.who)


def load(path: Path) -> Book:
    """Read and check a directory.

    Raises:
        Misconfigured: with one line per fault, each naming file and line.
        OSError: a file cannot be read.
    """
    maker = _Maker(read(path))
    return maker.make()


class _Maker:
    def __init__(self, sheets: Sheets) -> None:
        self.sheets, self.book, self.faults = sheets, Book(), list[str]()
        self.zone: tzinfo = self._zone()

    def make(self) -> Book:
        self._people()
        self._roles()
        self._owners()
        self._substitutes()
        if not self.faults:
            self.faults += [*_rings(self.book), *_overlaps(self.book)]
        if self.faults:
            more = len(self.faults) - _MOST_FAULTS
            said = self.faults[:_MOST_FAULTS] + ([f"… and {more} more"] if more > 0 else [])
            raise Misconfigured("\n".join(said))
        return self.book

    def _zone(self) -> tzinfo:
        row = self.sheets.zone
        try:
            return ZoneInfo(str(row.values) if row else "UTC")
        except (ValueError, OSError, KeyError):
            assert row is not None
            self.faults.append(f"{row.place}: there is no time zone {row.values!r}; write one such as Europe/Berlin")
            return ZoneInfo("UTC")

    def _valid(self, kind: type[V], row: Row) -> V | None:
        try:
            return kind.model_validate(row.values)
        except ValidationError as error:
            self.faults.append(f"{row.place}: {_misfit(kind, error)}")
            return None

    def _known(self, person: str, place: str, what: str) -> bool:
        if person in self.book.people:
            return True
        self.faults.append(f"{place}: unknown {what} {person!r}; add that person")
        return False

    def _people(self) -> None:
        places: dict[str, str] = {}
        for row in self.sheets.people:
            person = self._valid(Person, row)
            if person is None:
                continue
            if not person.id or person.id == CUSTOMER or ":" in person.id:
                self.faults.append(f"{row.place}: {person.id!r} cannot be a person's id; choose another")
            elif person.id in places:
                self.faults.append(f"{row.place}: the id {person.id!r} is used twice; ids are unique")
            else:
                places[person.id] = row.place
                self.book.people[person.id] = person
                for role in dict.fromkeys(person.roles):
                    self.book.roles.setdefault(role, []).append((person.id, ""))
        whole = not self.faults  # who could not be read may be the manager of all others
        for person in self.book.people.values():
            if whole and person.manager and person.manager not in self.book.people:
                place = places[person.id]
                self.faults.append(
                    f"{place}: {person.id!r} has the unknown manager {person.manager!r}; add that person"
                )

    def _roles(self) -> None:
        for row in self.sheets.roles:
            held = self._valid(Membership, row)
            if held is None:
                continue
            for name in [*held.members, *([held.member] if held.member else [])]:
                if self._known(name, row.place, "member"):
                    self.book.roles.setdefault(held.role, []).append((name, held.scope))
        for person in list(self.book.people.values()):
            roles = [role for role, members in self.book.roles.items() if person.id in [one for one, _ in members]]
            self.book.people[person.id] = person.model_copy(update={"roles": roles})

    def _owners(self) -> None:
        for row in self.sheets.owners:
            owner = self._valid(Owner, row)
            if owner is None or not self._known(owner.owner, row.place, "owner"):
                continue
            if (owner.kind, owner.key) in self.book.owners:
                self.faults.append(f"{row.place}: {owner.kind} {owner.key!r} has an owner already; keep one of them")
            self.book.owners[owner.kind, owner.key] = owner.owner

    def _substitutes(self) -> None:
        for row in self.sheets.substitutes:
            one = self._valid(Substitute, row)
            if one is None:
                continue
            known = [self._known(one.who, row.place, "substitute"), self._known(one.whom, row.place, "person")]
            try:
                since, until = _day(one.since, self.zone), _day(one.until, self.zone, last=True)
            except ValueError as error:
                self.faults.append(f"{row.place}: {error}; write a day such as 2026-03-31")
                continue
            if one.who == one.whom:
                self.faults.append(f"{row.place}: {one.who!r} cannot stand in for themselves; name somebody else")
            elif since >= until:
                self.faults.append(f"{row.place}: the last day lies before the first; swap them")
            elif one.role and one.role not in self.book.roles:
                self.faults.append(f"{row.place}: nobody holds the role {one.role!r}; mend it, or leave it out")
            elif all(known):
                self.book.stands.append(Stand(one.who, one.whom, since, until, one.role, row.place))


def _day(text: str, zone: tzinfo, last: bool = False) -> datetime:
    """Return the beginning of a day, or its end; an open end lies far away. An instant with a zone stays as it is."""
    if not text:
        return datetime(9998, 1, 1, tzinfo=zone) if last else datetime(2, 1, 1, tzinfo=zone)
    if len(text) > 10:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} has no time zone")
        return moment
    day = date.fromisoformat(text)
    return datetime.combine(day + timedelta(days=1 if last else 0), time(), zone)


def _meet(one: Stand, other: Stand) -> bool:
    together = one.since < other.until and other.since < one.until
    return together and (not one.role or not other.role or one.role == other.role)


def _overlaps(book: Book) -> Iterator[str]:
    """Two substitutes of one person at one time: nobody could say who is asked."""
    for number, one in enumerate(book.stands):
        for other in book.stands[:number]:
            if one.whom == other.whom and one.role == other.role and _meet(one, other):
                yield f"{one.place}: {one.whom!r} has another substitute at that time, {other.who!r}; keep one of them"


def _misfit(kind: type[Value], error: ValidationError) -> str:
    """Say what is wrong with a row, and what to do, in the file's own words."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(field.alias or name for name, field in kind.model_fields.items())
        return f"unknown key {key!r}; use one of: {known}"
    if first["type"] == "missing":
        return f"{key!r} is missing; add it"
    return f"{key!r} cannot be read: {first['msg']}" if key else str(first["msg"])


def _rings(book: Book) -> Iterator[str]:
    """Substitutes that stand in for each other at one time, and people who manage themselves by way of others."""
    for number, first in enumerate(book.stands):
        way = [first]
        while (after := _next(book, way)) is not None:
            way.append(after)
            if after.who == first.whom:
                if number == min(book.stands.index(one) for one in way):
                    yield f"{first.place}: substitutes go in a circle: {_named(way)}; break it"
                break
            if after.who in [one.whom for one in way]:
                break
    for person in book.people:
        chain, at = [person], book.people[person].manager
        while at and at not in chain:
            chain.append(at)
            at = book.people[at].manager if at in book.people else ""
        if at == person and person == min(chain):
            if len(chain) == 1:
                yield f"{person!r} is their own manager; name somebody else, or nobody"
            else:
                yield f"{person!r} is their own manager by way of {', '.join(chain[1:])}; break the circle"


def _next(book: Book, way: list[Stand]) -> Stand | None:
    return next(
        (one for one in book.stands if one.whom == way[-1].who and all(_meet(one, before) for before in way)), None
    )


def _named(way: list[Stand]) -> str:
    return " → ".join([way[0].whom, *(one.who for one in way)])


def values(book: Book) -> dict[str, Any]:
    """Return what definitions are held against: roles with their members."""
    return {role: book.members(role) for role in sorted(book.roles)}
