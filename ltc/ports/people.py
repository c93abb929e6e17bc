"""The port for who people are: roles and who manages whom."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from ltc.model.base import Value


class Person(Value):
    """A person as the people directory knows them. ``manager`` is a person's id; empty at the top."""

    id: str
    name: str
    roles: list[str] = Field(default_factory=list)
    manager: str = ""
    email: str = ""


class People(Protocol):
    """Who may decide. Every method is a read; answers are in the directory's order.

    Raises (all methods): Unavailable when the directory is away, Misconfigured when it cannot be read.
    """

    async def person(self, person: str) -> Person | None:
        """Return a person by id, or None."""

    async def members(self, role: str) -> list[str]:
        """Return the ids of the people who hold a role; empty when the role is unknown."""

    async def manager_of(self, person: str, up: int = 1) -> str:
        """Return the id of the manager ``up`` levels above a person; empty when there is none."""

    async def roles(self) -> list[str]:
        """Return every role that somebody holds."""
