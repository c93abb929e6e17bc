"""Which definitions a command means, and what they are held against: files, operations, calendars, people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ltc.cli import installed
from ltc.cli.exits import BadUsageError, NotFoundError
from ltc.cli.output import note

if TYPE_CHECKING:
    from ltc.definition.build import World
    from ltc.definition.plan import Plan


_TESTS = ".test.yaml"


def paths(names: list[str] | None, *, tests: bool = False) -> list[Path]:
    """Return the files that were named; all definitions of the installation when none was.

    A file of tests (``NAME.test.yaml``, as a shell's ``*.yaml`` names it) is no definition: it is left out with a note,
    or, with ``tests``, stands for its definition.

    Raises:
        NotFoundError: there is no such definition.
    """
    folder = _folder()
    if not names:
        found = sorted(path for path in folder.glob("*.yaml") if "." not in path.stem)
        if not found:
            raise NotFoundError(f"there is no definition in {folder}; set LTC_PROCESS_DEFS or name a file")
        return found
    named = [_path(name, folder) for name in names]
    if tests:
        return list(dict.fromkeys(path.with_name(path.name.replace(_TESTS, ".yaml")) for path in named))
    for path in named:
        if path.name.endswith(_TESTS):
            note(f"{path} holds tests; `ltc def test` runs them")
    return [path for path in named if not path.name.endswith(_TESTS)]


def _path(name: str, folder: Path) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        if not Path(name).is_file():
            raise NotFoundError(f"there is no file {name}")
        return Path(name)
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.yaml") if "." not in one.stem)) or "none"
        raise NotFoundError(f"there is no definition {name!r} in {folder}; there are: {known}")
    return path


def _folder() -> Path:
    from ltc import settings

    return settings.load().process_defs


def compiled(name: str) -> Plan:
    """Compile one definition; what is wrong with it ends the command."""
    from ltc.definition.compile import load_checked
    from ltc.definition.errors import DefinitionError

    path = _path(name, _folder())
    try:
        return load_checked(path, world(None)).plan
    except DefinitionError as error:
        raise BadUsageError(str(error)) from error


def world(people: Path | None) -> World:
    """Return what definitions are held against here: our operations, calendars and, if there is a file, people."""
    from ltc.definition.build import World

    return World(roles=_roles(people), calendars=_calendars())


def _calendars() -> dict[str, int]:
    """Return the calendars there are, with their working minutes a day."""
    from ltc.definition import calendars

    sources = {name: calendars.load(name).source for name in calendars.available()}
    return {name: sum(end - start for start, end in source.hours) for name, source in sources.items()}


def _roles(people: Path | None) -> Mapping[str, Collection[str]] | None:
    from ltc import settings
    from ltc.adapters.people_file.directory import parse
    from ltc.ports.errors import Misconfigured

    installed.adopt()  # an installation knows which people file it runs with
    path = people or settings.load().people_file
    if not people and not path.is_file():
        note(f"roles are not checked: there is no people file {path}; name one with --people")
        return None
    try:
        found = parse(path)
    except (Misconfigured, OSError) as error:
        raise BadUsageError(f"the people file cannot be used: {error}") from error
    roles: dict[str, list[str]] = {}
    for person in found.values():
        for role in person.roles:
            roles.setdefault(role, []).append(person.id)
    return roles
