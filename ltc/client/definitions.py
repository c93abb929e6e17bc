"""Compiled definitions by name, read again when their file changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltc.client.errors import BadInputError, NotFoundError
from ltc.definition.errors import DefinitionError
from ltc.definition.plan import Plan
from ltc.ports.operations import Registry

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class Definition:
    """A definition: its text as read and the plan it compiles to."""

    text: str
    plan: Plan
    written: dict[str, Any]  # the plan as JSON values


class Definitions:
    """The folder of definitions. A definition is compiled once per change of its file."""

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        roles: Mapping[str, list[str]] | None,
        effect_classes: Mapping[str, str],
        calendars: Path | None = None,
    ) -> None:
        self._folder = folder
        self._registry = registry
        self._roles = roles
        self._classes = effect_classes
        self._calendars = calendars
        self._read: dict[str, tuple[tuple[int, int, tuple[tuple[str, int, int], ...]], Definition]] = {}

    def names(self) -> list[str]:
        """Return the names of all definitions in the folder."""
        return sorted(path.stem for path in self._folder.glob("*.yaml") if _NAME.fullmatch(path.stem))

    def get(self, process: str) -> Definition:
        """Return a definition.

        Raises:
            NotFoundError: there is no such file.
            BadInputError: the file does not compile; the text lists what is wrong with it.
        """
        path = self._folder / f"{process}.yaml"
        if not _NAME.fullmatch(process) or not path.is_file():
            known = ", ".join(self.names()) or "none"
            raise NotFoundError(f"no process {process!r} in {self._folder}; there are: {known}")
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, self._beside())
        known_already = self._read.get(process)
        if known_already and known_already[0] == stamp:
            return known_already[1]
        definition = self._compile(process, path)
        self._read[process] = (stamp, definition)
        return definition

    def at(self, path: Path) -> Definition:
        """Return the definition in a file, wherever it is and whatever it is called.

        Raises:
            NotFoundError: there is no such file.
            BadInputError: the file does not compile; the text lists what is wrong with it.
        """
        if not path.is_file():
            raise NotFoundError(f"there is no file {path}")
        return self._compile("", path)

    def _beside(self) -> tuple[tuple[str, int, int], ...]:
        """Return what tells whether a table or a fragment beside the definitions has changed."""
        files = [*self._folder.glob("*.csv"), *self._folder.glob("fragments/*.yaml")]
        return tuple(sorted((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files))

    def _compile(self, process: str, path: Path) -> Definition:
        from ltc.definition.compile import load  # heavy: CEL's checker; a client that only decides never needs it

        try:
            text = path.read_text(encoding="utf-8")
            plan = load(path, self._registry, self._roles, self._classes, _calendars(self._calendars))
        except DefinitionError as error:
            raise BadInputError(str(error)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise BadInputError(f"{path} cannot be read as UTF-8 text: {error}") from error
        if process and plan.process != process:
            raise BadInputError(f"{path} says process: {plan.process}; the file must be named after its process")
        return Definition(text=text, plan=plan, written=plan.model_dump(mode="json"))


def _calendars(folder: Path | None) -> dict[str, int]:
    """Return the calendars there are with their working minutes a day."""
    from ltc.definition import calendars

    found: dict[str, int] = {}
    for name in calendars.available(folder):
        try:
            hours = calendars.load(name, folder).source.hours
        except calendars.CalendarError as error:
            raise BadInputError(str(error)) from error
        found[name] = sum(end - start for start, end in hours)
    return found
