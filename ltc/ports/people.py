"""The port for who people are: roles, who manages whom, who owns what, and who stands in for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import AliasChoices, Field

from ltc.model.base import Value


class Person(Value):
    """A person as the people directory knows them. ``manager`` is a person's id; empty at the top.

    Who is not ``active`` decides nothing any more, but may have a substitute.
    """

    id: str
    name: str
    roles: list[str] = Field(default_factory=list)
    manager: str = ""
    email: str = Field(default="", validation_alias=AliasChoices("email", "mail"))
    active: bool = True


class People(Protocol):
    """Who may decide. Every method is a read; answers are in the directory's order.

    Raises (all methods): Unavailable when the directory is away, Misconfigured when it cannot be read.
    """

    async def person(self, person: str) -> Person | None:
        """Return a person by id, or None."""

    async def members(self, role: str, scope: str = "") -> list[str]:
        """Return the ids of the people who hold a role; with a scope, of those who hold it there or everywhere."""

    async def manager_of(self, person: str, up: int = 1) -> str:
        """Return the id of the manager ``up`` levels above a person; empty when there is none."""

    async def owner_of(self, key: str, kind: str = "") -> str:
        """Return the id of who owns a customer, a product, a region, …; empty when nobody does.

        Raises:
            Misconfigured: no kind is said, and things of several kinds under this key have different owners.
        """

    async def stand_in(self, person: str, at: datetime, role: str = "") -> str:
        """Return who decides for a person at an instant: they themselves, their substitute's substitute, or nobody."""

    async def roles(self) -> list[str]:
        """Return every role that somebody holds."""
