"""What `ltc doctor` finds: one finding per check, with its remedy; a check that breaks is a finding too."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ltc.cli.errors import translate

if TYPE_CHECKING:
    from ltc.settings import Settings

PATIENCE = 15.0  # seconds for one check
OLDEST = (3, 11)
_ROOM = 64  # MB: what the databases of a busy day grow by before somebody looks again


@dataclass(frozen=True)
class Finding:
    """What one check found. ``remedy`` is empty when all is well."""

    check: str
    state: Literal["ok", "warn", "fail"]
    message: str
    remedy: str = ""


@dataclass
class Report:
    """The findings of one check, as it makes them."""

    check: str
    findings: list[Finding] = field(default_factory=list)

    def ok(self, message: str) -> None:
        """All is well."""
        self.findings.append(Finding(self.check, "ok", message))

    def warn(self, message: str, remedy: str) -> None:
        """It works, but should be seen to."""
        self.findings.append(Finding(self.check, "warn", message, remedy))

    def fail(self, message: str, remedy: str) -> None:
        """It does not work."""
        self.findings.append(Finding(self.check, "fail", message, remedy))


Check = Callable[["Settings", Report], Awaitable[None]]


async def carry_out(name: str, check: Check, settings: Settings) -> list[Finding]:
    """Run one check; whatever goes wrong in it is its finding."""
    report = Report(name)
    try:
        await asyncio.wait_for(check(settings, report), PATIENCE)
    except TimeoutError:
        report.fail(f"no answer within {PATIENCE:.0f} s", "see whether it is overloaded or behind a firewall")
    except Exception as error:  # noqa: BLE001 - the doctor reports every illness and goes on
        end = translate(error)
        said = str(end) if end else f"{type(error).__name__}: {error}"
        message, _, remedy = said.partition("; ")
        report.fail(message, remedy or "mend this, then run `ltc doctor` again")
    return report.findings


async def python(_: Settings, report: Report) -> None:
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST:
        report.fail(f"Python {version}", "use Python 3.11 or newer: make setup PYTHON=python3.11")
    else:
        report.ok(f"Python {version}")


async def state(settings: Settings, report: Report) -> None:
    """The state folder is there, ours, and closed to others."""
    folder = settings.state
    if not folder.is_dir():
        report.fail(
            f"{folder} does not exist", "run `ltc up`, or `ltc db upgrade` where systems and Temporal run elsewhere"
        )
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        report.fail(f"{folder} cannot be written", f"give it to the user that runs ltc: chown {folder}")
        return
    loose = [path for path in (folder, settings.keys_folder()) if path.is_dir() and path.stat().st_mode & 0o007]
    for path in loose:
        report.warn(f"{path} is open to everybody (mode {path.stat().st_mode & 0o777:o})", f"chmod 700 {path}")
    free = shutil.disk_usage(folder).free // 2**20
    if free < _ROOM:
        report.fail(f"{free} MB are left where {folder} lies", "make room: without it nothing can be recorded")
    elif not loose:
        report.ok(f"{folder}, closed to others")


async def keys(settings: Settings, report: Report) -> None:
    """The signing key is there and private."""
    from ltc.client.keys import FILE, load_or_create

    if not (settings.keys_folder() / FILE).exists():
        report.warn("there is no signing key yet", "it is made on first use: by `ltc up` or the first chain")
        return
    load_or_create(settings.keys_folder())
    report.ok("the signing key is readable by its owner only")


async def database(settings: Settings, report: Report) -> None:
    """The database answers, has this program's schema, and its views are whole."""
    from ltc.store import migrate

    url = settings.database_url()
    file = None if settings.database.get_secret_value() else settings.state / "ltc.db"
    if file and not file.exists():
        report.fail("there is no database yet", "run `ltc db upgrade`, or `ltc up`")
        return
    if file and not os.access(file, os.R_OK | os.W_OK):
        report.fail(f"{file} cannot be read and written", f"give it to the user that runs ltc: chown {file}")
        return
    there, needed = await asyncio.gather(asyncio.to_thread(migrate.current, url), asyncio.to_thread(migrate.head))
    if there == needed:
        report.ok(f"{url.partition(':')[0]}, schema {there}")
        await _views(url, report)
    else:
        migrate.require_known(url, there)
        report.fail(f"schema {there or 'none'}, needed is {needed}", "run `ltc db upgrade`")


async def usable(url: str) -> bool:
    """Tell whether the database can be asked; what is wrong with it is said by the check of the database alone."""
    from ltc.store import migrate

    try:
        return await asyncio.to_thread(migrate.current, url) == await asyncio.to_thread(migrate.head)
    except Exception:  # noqa: BLE001 - whatever it is, it has been said
        return False


async def _views(url: str, report: Report) -> None:
    """Lists over views whose indexes are missing read whole tables: nothing else would say why they are slow."""
    from ltc.store import Store
    from ltc.store.refolding import unfinished
    from ltc.store.view_tables import missing_indexes

    async with await Store.open(url) as store:
        started, missing = await store.read(unfinished), len(await store.read(missing_indexes))
    if started:
        report.warn(
            "a refold of the views has not ended: lists and `ltc sla` are incomplete,"
            f" and slow without {missing} indexes",
            "where none is running, run `ltc views refold`: it goes on where it was",
        )
    elif missing:
        report.warn(f"{missing} indexes of the views are missing: lists are slow", "run `ltc views refold`")


async def clock(settings: Settings, report: Report) -> None:
    """The clock is real, or a virtual one that can be read."""
    from datetime import UTC, datetime

    from ltc.bootstrap import clock_of

    made = clock_of(settings)
    if made is None:
        report.ok("real time")
        return
    report.warn(
        f"a virtual clock says {made.to_virtual(datetime.now(UTC)):%Y-%m-%d %H:%M}",
        "right for demonstrations; unset LTC_CLOCK for real business",
    )


async def people(settings: Settings, report: Report) -> None:
    """The people file can be read and names operators."""
    from ltc.adapters.people_file import PeopleFile
    from ltc.client.chain_client import OPERATOR

    directory = PeopleFile(settings.people_file)
    roles = await directory.roles()
    if OPERATOR not in roles:
        report.fail("nobody may intervene", f"give somebody the role {OPERATOR!r} in {settings.people_file}")
    else:
        report.ok(f"{settings.people_file}: roles {', '.join(roles)}")


async def definitions(settings: Settings, report: Report) -> None:
    """Every process definition compiles against our operations, roles and systems."""
    from ltc.adapters.people_file import PeopleFile
    from ltc.client.definitions import Definitions
    from ltc.client.errors import ClientError
    from ltc.ports.errors import Misconfigured
    from ltc.ports.operations import Registry

    directory = PeopleFile(settings.people_file)
    try:
        roles = {role: await directory.members(role) for role in await directory.roles()}
    except Misconfigured:
        roles = None  # said by the check of people; the rest can still be looked at
    known = Definitions(settings.process_defs, Registry(), roles, _effect_classes(settings))
    for name in known.names():
        try:
            report.ok(f"{name}, plan {known.get(name).plan.digest[:12]}")
        except ClientError as error:
            path = settings.process_defs / f"{name}.yaml"
            report.fail(f"{name}: {str(error).splitlines()[0]}", f"run `ltc def lint {path}`")
    if not known.names():
        report.fail(f"there is no definition in {settings.process_defs}", "set LTC_PROCESS_DEFS")


def _effect_classes(settings: Settings) -> dict[str, str]:
    from ltc.bootstrap import effect_classes, systems_of
    from ltc.ports.operations import Registry

    return effect_classes(Registry(), systems_of(settings))
