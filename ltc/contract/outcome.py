"""What a case of the suite is, and how it came out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ltc.contract.bench import Bench
from ltc.ports.operations import EVENTS, OPERATIONS

Kind = Literal["effect", "read", "operation", "event", "port", "whole"]
Status = Literal["ok", "failed", "unsupported"]


class Broken(Exception):
    """An adapter does not show a behaviour: ``why`` it is wrong, and what ``to_do``."""

    def __init__(self, why: str, to_do: str) -> None:
        super().__init__(f"{why}; {to_do}")
        self.why = why
        self.to_do = to_do


class NotHere(Exception):
    """A behaviour that this system's effect class or rig does not offer; the text says why."""


@dataclass(frozen=True)
class Case:
    """One behaviour. ``about`` says what its subject is: an effect, a read, any operation, an event, a port."""

    id: str
    sentence: str
    about: Kind
    run: Callable[[Bench, str], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """How a case came out for one subject. ``why`` and ``to_do`` are empty when it is ok."""

    case: str
    subject: str
    status: Status
    why: str = ""
    to_do: str = ""


Work: TypeAlias = tuple[Case, str]


def subjects(case: Case) -> Iterable[str]:
    """Return what a case is run about: every operation of its kind, every event, every port."""
    if case.about == "event":
        return list(EVENTS)
    if case.about in ("port", "whole"):
        return sorted({one.port for one in OPERATIONS.values()}) if case.about == "port" else [""]
    wanted = {"effect": (True,), "read": (False,), "operation": (True, False)}[case.about]
    return [name for name, one in OPERATIONS.items() if one.effect in wanted]


def require(holds: bool, why: str, to_do: str) -> None:
    """Say that a behaviour is missing unless it holds."""
    if not holds:
        raise Broken(why, to_do)
