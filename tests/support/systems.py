"""Real systems for tests: one Tryton and one BottleCRM per run, from the cached template, shared by all test workers."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ltc.processes import born
from ltc.settings import SystemSettings
from ltc.systems.running import Systems
from ltc.systems.shared import Places, SystemsError
from starter.real.masterdata import seeds
from tests.support.warden import watched

FIXTURES = {"tryton": "real", "bottlecrm": "real_crm"}
FIRST_TIME = 900  # seconds: installing and seeding, where no template is in the cache yet
_PREFIX = "ltc-systems-"


@dataclass(frozen=True)
class RealSystem:
    """A system that really runs. ``settings`` is by port what LTC_SYSTEMS says of it; it holds secrets."""

    name: str
    systems: Systems
    settings: dict[str, SystemSettings]

    @property
    def url(self) -> str:
        """Where it answers."""
        return next(iter(self.settings.values())).url

    def strike(self) -> None:
        """Kill its server; its data stays."""
        self.systems.strike(self.name)

    def revive(self) -> None:
        """Start its server again, at the same address."""
        self.systems.revive(self.name)


@pytest.fixture(scope="session")
def tryton() -> Iterator[RealSystem]:
    """A Tryton filled with Northwind, fresh for this run; tests of one run share its database."""
    yield from _given("tryton")


@pytest.fixture(scope="session")
def bottlecrm() -> Iterator[RealSystem]:
    """A BottleCRM filled with Northwind, fresh for this run; tests of one run share its database."""
    yield from _given("bottlecrm")


def mark(items: list[pytest.Item]) -> None:
    """Give tests that use a real system its marker, and the time that its first installation takes."""
    for item in items:
        for fixture, marker in FIXTURES.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(getattr(pytest.mark, marker))
                if item.get_closest_marker("timeout") is None:
                    item.add_marker(pytest.mark.timeout(FIRST_TIME))


def _given(name: str) -> Iterator[RealSystem]:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / f"{_PREFIX}{name}-{run}"
    _sweep(name)
    try:
        with _used(folder, name) as found:
            yield found
    except SystemsError as error:
        _cannot(f"{name} cannot be had here: {error}")


@contextmanager
def own(name: str) -> Iterator[RealSystem]:
    """Give a system that no other test uses: for those who kill it."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{name}-own-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user, who has to get in
    _sweep(name)
    try:
        with _used(folder, name) as found:
            yield found
    except SystemsError as error:
        _cannot(f"{name} cannot be had here: {error}")


def _cannot(reason: str) -> None:
    """Skip, but never silently in CI: there a system that cannot be had is a failure."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def _used(folder: Path, name: str) -> Iterator[RealSystem]:
    """Be one of those who use the system in a folder: the first brings it up, the last takes it down.

    Also if it is killed: then its warden does.
    """
    systems = Systems(Places.of(folder), seeds(), print)
    with watched(folder):
        try:
            _book(folder, lambda users: (systems.up([name]), [*users, _me()])[1])
            yield RealSystem(name, systems, {port: SystemSettings(**row) for port, row in systems.settings().items()})
        finally:
            _book(folder, lambda users: _leave(systems, folder, [user for user in users if user != _me()]))


def clear(folder: Path) -> None:
    """Take down what runs in a folder, unless somebody who lives uses it."""
    _book(folder, lambda users: _leave(Systems(Places.of(folder), seeds(), print), folder, users))


def _leave(systems: Systems, folder: Path, left: list[list[Any]]) -> list[list[Any]]:
    if not left:
        systems.down()
        shutil.rmtree(folder, ignore_errors=True)
    return left


def _me() -> list[Any]:
    return [os.getpid(), born(os.getpid())]


def _book(folder: Path, change: Callable[[list[list[Any]]], list[list[Any]]]) -> None:
    """Change who uses a folder, one process at a time; users that died are left out."""
    lock = folder.with_suffix(".lock")
    book = folder.with_suffix(".users")
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        users = json.loads(book.read_text()) if book.exists() else []
        left = change([user for user in users if born(user[0]) == user[1]])
        if left:
            book.write_text(json.dumps(left))
        else:
            book.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)


def _sweep(name: str) -> None:
    """Take down what runs that were killed have left."""
    for book in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{name}-*.users"):
        folder = book.with_suffix("")
        try:
            alive = any(born(user[0]) == user[1] for user in json.loads(book.read_text()))
        except (OSError, ValueError):
            continue
        if not alive:
            clear(folder)
