"""Templates: a system created and seeded once, kept stopped in the cache, copied whenever a new one is asked for."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ltc.processes import ProcessTable
from ltc.systems.ground import Ground, Instance, ground_of, pick_port, read_secrets, stop, write_secrets
from ltc.systems.postgres import Cluster
from ltc.systems.shared import Places, Say, digest, one_at_a_time

_STAMP = ".complete"
BUILD_PORT = "build_port"  # where the cluster is served while a template is made


class Recipe(Protocol):
    """How one system is made and run."""

    name: str
    title: str
    ports: tuple[str, ...]

    def python(self) -> Path:
        """Return the interpreter of its environment."""

    def bare_digest(self) -> str:
        """Return what the name of its empty template is made of."""

    def digest(self) -> str:
        """Return what its template's name is made of."""

    def new_secrets(self) -> dict[str, str]:
        """Return fresh secrets; ``postgres`` is the cluster administrator's."""

    def create(self, ground: Ground) -> None:
        """Create its database, empty: what takes long and seldom changes."""

    def seed(self, ground: Ground) -> dict[str, str]:
        """Fill its database; returns further secrets."""

    def start(self, ground: Ground, instance: Instance) -> None:
        """Start its processes that do not run."""

    def wait(self, ground: Ground, instance: Instance) -> None:
        """Wait until it answers."""

    def settings(self, instance: Instance, secret: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Return what ``LTC_SYSTEMS`` says of it."""


def ensure(recipe: Recipe, places: Places, say: Say) -> Path:
    """Return the template of a recipe, made when it is not there; what an earlier attempt left half-made goes.

    Raises:
        SystemsError: a step of its making fails; nothing of it runs any more.
    """
    user = str(os.geteuid())  # the data belongs to the user that made it
    bare = _made(recipe, f"{recipe.name}-bare-{digest(recipe.bare_digest(), user)}", places, say, None)
    return _made(recipe, f"{recipe.name}-{digest(recipe.bare_digest(), recipe.digest(), user)}", places, say, bare)


def _made(recipe: Recipe, name: str, places: Places, say: Say, bare: Path | None) -> Path:
    template = places.cache / "templates" / name
    with one_at_a_time(template.with_suffix(".lock"), say, f"the template of {recipe.title}"):
        if (template / _STAMP).is_file():
            return template
        begun = time.monotonic()
        making = template.with_suffix(".making")
        _clear(making)
        shutil.rmtree(template, ignore_errors=True)
        make_folder(making)
        _build(recipe, making, places, say, bare)
        making.replace(template)
        (template / _STAMP).touch()
        say(f"{recipe.name}: {'seeded' if bare else 'created'} in {time.monotonic() - begun:.0f} s")
    return template


def make_folder(folder: Path) -> None:
    """Make a folder of our own, through which PostgreSQL's user may pass when we are root."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _clear(making: Path) -> None:
    """End what a broken-off making left running, and take its folder away."""
    if making.is_dir():
        stop(ProcessTable.read(making / "processes.json"))
        shutil.rmtree(making, ignore_errors=True)


def _build(recipe: Recipe, making: Path, places: Places, say: Say, bare: Path | None) -> None:
    port = pick_port()
    secret = read_secrets(bare) if bare else recipe.new_secrets()
    secret[BUILD_PORT] = str(port)
    table = ProcessTable(making / "processes.json")
    logs = places.cache / "logs"
    ground = ground_of(recipe.name, making, logs, table, places, recipe.python(), secret, say)
    log = ground.log(f"{recipe.name}-build")
    try:
        if bare is None:
            log.unlink(missing_ok=True)
            ground.cluster.create(log)
        else:
            ground.cluster.copy_from(bare / "pg")
            if (bare / "files").is_dir():
                shutil.copytree(bare / "files", making / "files", dirs_exist_ok=True)
        ground.start_postgres(port)
        if bare is None:
            recipe.create(ground)
        else:
            secret |= recipe.seed(ground)
    finally:
        ground.stop()
    write_secrets(making, {name: value for name, value in secret.items() if name != BUILD_PORT})


def copy(recipe: Recipe, template: Path, folder: Path, programs: Path) -> None:
    """Make a system's folder from a template; the secrets are the template's.

    Raises:
        SystemsError: the folder cannot be written, or PostgreSQL's user cannot reach it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder.parent)
    make_folder(folder)
    secret = read_secrets(template)
    Cluster(programs, folder / "pg", secret["postgres"]).copy_from(template / "pg")
    if (template / "files").is_dir():
        shutil.copytree(template / "files", folder / "files")
    write_secrets(folder, secret)  # last: a folder with secrets is a whole one
