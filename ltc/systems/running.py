"""Systems brought up, looked at and taken down on a state folder; what was started is ended by its process id."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltc.processes import ProcessTable
from ltc.systems import templates
from ltc.systems.bottlecrm import BottleCrm
from ltc.systems.ground import Book, Ground, Instance, ground_of, read_secrets, stop
from ltc.systems.postgres import programs_of
from ltc.systems.shared import Places, Say, SystemsError, one_at_a_time
from ltc.systems.templates import Recipe
from ltc.systems.tryton import Tryton

NAMES = ("tryton", "bottlecrm")


@dataclass(frozen=True)
class Seeds:
    """What the systems are filled with.

    Attributes:
        tryton: as ``deploy/tryton/seed.py`` takes it.
        order_book: the folder with the order book that BottleCRM is filled from.
        add_on: whether Tryton gets the module that gives documents a unique key.
    """

    tryton: Mapping[str, Any]
    order_book: Path
    add_on: bool = True


@dataclass(frozen=True)
class Process:
    """A process as ``status`` shows it. ``url`` is empty for what stands below a system."""

    system: str
    name: str
    state: str
    pid: int = 0
    url: str = ""


class Systems:
    """The systems of a state folder."""

    def __init__(self, places: Places, seeds: Seeds, say: Say) -> None:
        self._places = places
        self._seeds = seeds
        self._say = say
        self._table = ProcessTable.read(places.state / "processes.json")

    def up(self, names: Sequence[str]) -> list[Process]:
        """Bring systems up; what runs already is left alone, what died is started again on its own data.

        Raises:
            SystemsError: a system cannot be installed, created or started; what this call started is ended.
        """
        recipes = [self._recipe(name) for name in names]
        templates.make_folder(self._places.state)
        with self._locked():
            begun = time.monotonic()
            self._table = ProcessTable.read(self._places.state / "processes.json")
            before = {record.name for record in self._table.living()}
            try:
                self._bring_up(recipes)
            except BaseException:
                self._end([record.name for record in self._table.living() if record.name not in before])
                raise
            self._say(f"{' and '.join(recipe.title for recipe in recipes)} up in {time.monotonic() - begun:.1f} s")
            return self._status()

    def down(self, keep: bool = False) -> list[str]:
        """End what runs here, and remove its data unless it is to be kept; returns the names of what ran.

        Raises:
            SystemsError: another command is at work on the folder.
        """
        if not self._places.state.is_dir():
            return []
        with self._locked():
            self._table = ProcessTable.read(self._places.state / "processes.json")
            names = [record.name for record in self._table.living()]
            self._end(names)
            if not keep:
                for name in NAMES:
                    shutil.rmtree(self._places.home(name), ignore_errors=True)
                (self._places.state / "systems.json").unlink(missing_ok=True)
            return names

    def status(self) -> list[Process]:
        """Return every process of every system here, running or not."""
        self._table = ProcessTable.read(self._places.state / "processes.json")
        return self._status()

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return ``LTC_SYSTEMS`` for a worker: each port with its system; it holds secrets.

        Raises:
            SystemsError: nothing was brought up here.
        """
        found: dict[str, dict[str, Any]] = {}
        book = Book.read(self._places)
        for name in NAMES:  # Tryton serves every port; where there is a CRM of its own, that one counts
            if name in book.instances:
                secret = read_secrets(self._places.home(name))
                found |= self._recipe(name).settings(book.instances[name], secret)
        if not found:
            raise SystemsError(f"no system was brought up in {self._places.state}; `ltc systems up tryton` does it")
        return found

    def strike(self, name: str) -> None:
        """Kill a system's server at once, as a fault would; its database and the rest of it run on."""
        for record in self._table.named(name):
            self._table.kill(record)

    def revive(self, name: str) -> None:
        """Start a killed server again, on its own port and data, and wait until it answers.

        Raises:
            SystemsError: it does not.
        """
        book = Book.read(self._places)
        recipe, instance = self._recipe(name), book.instances[name]
        ground = self._ground(recipe)
        recipe.start(ground, instance)
        recipe.wait(ground, instance)

    def _bring_up(self, recipes: Sequence[Recipe]) -> None:
        book = Book.read(self._places)
        homes = {recipe.name: self._places.home(recipe.name) for recipe in recipes}
        missing = [recipe for recipe in recipes if not (homes[recipe.name] / "secrets.json").is_file()]
        if missing:
            self._create(missing, book)
        for recipe in recipes:
            instance = book.instances.setdefault(recipe.name, Instance(recipe.name))
            recipe.start(self._ground(recipe), instance)
            book.write()
        for recipe in recipes:
            recipe.wait(self._ground(recipe), book.instances[recipe.name])
            self._say(f"{recipe.title} answers at {book.instances[recipe.name].url()}")

    def _create(self, recipes: Sequence[Recipe], book: Book) -> None:
        """Copy the templates, which are made side by side where they are missing."""
        with ThreadPoolExecutor(len(recipes)) as pool:
            made = list(pool.map(lambda recipe: templates.ensure(recipe, self._places, self._say), recipes))
        for recipe, template in zip(recipes, made, strict=True):
            self._end(self._processes(recipe.name))
            ground = self._ground(recipe, {})
            templates.copy(recipe, template, self._places.home(recipe.name), programs_of(ground.servers))
            book.instances[recipe.name] = Instance(recipe.name, template=template.name)

    def _recipe(self, name: str) -> Recipe:
        if name == "tryton":
            return Tryton(self._seeds.tryton, self._seeds.add_on)
        if name == "bottlecrm":
            return BottleCrm(self._seeds.order_book)
        raise SystemsError(f"there is no system {name!r}; there are {', '.join(NAMES)}")

    def _ground(self, recipe: Recipe, secret: Mapping[str, str] | None = None) -> Ground:
        folder = self._places.home(recipe.name)
        known = read_secrets(folder) if secret is None else secret
        logs = self._places.state / "logs"
        return ground_of(recipe.name, folder, logs, self._table, self._places, recipe.python(), known, self._say)

    def _processes(self, system: str) -> list[str]:
        return [record.name for record in self._table.living() if record.name.split("-")[0] == system]

    def _end(self, names: Sequence[str]) -> None:
        if names:
            stop(self._table, names)

    def _status(self) -> list[Process]:
        book, rows = Book.read(self._places), []
        living = {record.name: record.pid for record in self._table.living()}
        for instance in book.instances.values():
            for name in instance.ports:
                url = instance.url() if name == instance.name else ""
                state = "running" if name in living else "down"
                rows.append(Process(instance.name, name, state, living.get(name, 0), url))
        return rows

    def _locked(self) -> Any:
        return one_at_a_time(self._places.state / "lock", self._say, f"the systems in {self._places.state}")
