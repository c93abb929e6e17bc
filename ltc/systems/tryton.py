"""Tryton 8.2 as the ERP: its database created and seeded once, then served on loopback."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from ltc.systems import venvs
from ltc.systems.ground import Ground, Instance, pick_port
from ltc.systems.shared import LOOPBACK, ROOT, SystemsError, digest, run, write_private

NAME = "tryton"
TITLE = "Tryton 8.2"
PORTS = ("erp", "customer", "crm")
DATABASE = "northwind"
USER = "ltc"
_ROLE = "tryton"
_RECIPE = "2"  # part of the template's name: raised when what follows makes another database
_SOURCE = ROOT / "deploy" / "tryton"
_ADD_ON = _SOURCE / "ltc_key"
MODULES = (
    "sale", "sale_opportunity", "account_invoice_stock", "sale_credit_limit", "account_payment", "account_dunning",
    "sale_payment", "sale_amendment",
)  # fmt: skip


class Tryton:
    """How Tryton is made and run.

    ``data`` is what it is filled with, as ``deploy/tryton/seed.py`` takes it; ``add_on`` activates the module that
    gives documents a unique key.
    """

    name = NAME
    title = TITLE
    ports: tuple[str, ...] = PORTS

    def __init__(self, data: Mapping[str, Any], add_on: bool = True) -> None:
        self._data = data
        self._add_on = add_on and (_ADD_ON / "tryton.cfg").is_file()

    def python(self) -> Path:
        """Return the interpreter that Tryton's environment is made with."""
        return venvs.our_python()

    def digest(self) -> str:
        """Return what the template's name is made of: a template of other makings is another one."""
        return digest(_SOURCE / "seed.py", json.dumps(self._data, sort_keys=True))

    def bare_digest(self) -> str:
        """Return what the name of the empty template is made of."""
        add_on = [_ADD_ON] if self._add_on else []
        return digest(_RECIPE, ROOT / "requirements" / "tryton.lock", *add_on)

    def new_secrets(self) -> dict[str, str]:
        """Return fresh passwords."""
        return {name: secrets.token_urlsafe(18) for name in ("postgres", "role", "admin", "password")}

    def create(self, ground: Ground) -> None:
        """Create the database in the ground's cluster, whose server runs, with its modules.

        Raises:
            SystemsError: a step fails.
        """
        port = int(ground.secrets["build_port"])
        log = ground.log("tryton-build")
        role = f"create role {_ROLE} login password '{ground.secrets['role']}';"
        ground.cluster.sql(port, "postgres", role, log, list(ground.secrets.values()))
        ground.cluster.sql(port, "postgres", f"create database {DATABASE} owner {_ROLE};", log)
        config = self._configure(ground, port, 0)
        if self._add_on:
            self._install_add_on(ground)
        word = ground.folder / "admin.word"
        write_private(word, ground.secrets["admin"] + "\n")
        admin: list[str | Path] = [ground.python.with_name("trytond-admin"), "-c", config, "-d", DATABASE]
        env, hidden = {"TRYTONPASSFILE": str(word)}, list(ground.secrets.values())
        try:
            ground.say("tryton: creating its database (1 of 3)")
            email = ["--email", "admin@example.com"]
            run([*admin, "--all", *email], "creating Tryton's database", log, env=env, secret=hidden)
            ground.say("tryton: activating its modules (2 of 3)")
            modules = [*MODULES, *([_ADD_ON.name] if self._add_on else [])]
            activate = [*admin, "-u", *modules, "--activate-dependencies"]
            run(activate, "activating Tryton's modules", log, env=env, secret=hidden)
        finally:
            word.unlink(missing_ok=True)

    def seed(self, ground: Ground) -> dict[str, str]:
        """Fill the database by the script that runs in Tryton's own environment; it makes no further secrets.

        Raises:
            SystemsError: the script fails.
        """
        ground.say("tryton: entering company, accounts, products, customers and stock (3 of 3)")
        config = self._configure(ground, int(ground.secrets["build_port"]), 0)
        if self._add_on:
            self._install_add_on(ground)
        staff = self._data.get("employees") or [{}]
        user: dict[str, Any] = {"login": USER, "name": "ltc", "password": ground.secrets["password"]}
        user |= {"employee": staff[0]["code"]} if staff[0] else {}
        data = ground.folder / "data.json"
        write_private(data, json.dumps({**self._data, "users": [user]}))
        words: list[str | Path] = [ground.python, _SOURCE / "seed.py", DATABASE, config, data]
        try:
            run(words, "seeding Tryton", ground.log("tryton-build"), secret=list(ground.secrets.values()))
        finally:
            data.unlink(missing_ok=True)
        return {}

    @staticmethod
    def _install_add_on(ground: Ground) -> None:
        found = sorted(ground.environment.glob("lib/python3*/site-packages/trytond/modules"))
        if not found:
            raise SystemsError(f"{ground.environment} holds no trytond; remove the folder and try again")
        shutil.copytree(_ADD_ON, found[0] / _ADD_ON.name, dirs_exist_ok=True)

    @staticmethod
    def _configure(ground: Ground, database: int, port: int) -> Path:
        """Write Tryton's configuration for these ports; it holds the database's password."""
        files = ground.folder / "files"
        files.mkdir(exist_ok=True)
        config = ground.folder / "trytond.conf"
        write_private(
            config,
            "[database]\n"
            f"uri=postgresql://{_ROLE}:{ground.secrets['role']}@{LOOPBACK}:{database}/\n"
            f"path={files}\n"
            "[web]\n"
            f"listen={LOOPBACK}:{port}\n"
            "[session]\ntimeout=86400\n",  # seconds without a call; five minutes by default
        )
        return config

    def start(self, ground: Ground, instance: Instance) -> None:
        """Start PostgreSQL and Tryton, on the ports they had if these are free; what runs is left alone.

        Raises:
            SystemsError: one does not start.
        """
        postgres = f"{NAME}-postgres"
        if self._add_on:
            self._install_add_on(ground)  # the environment may be younger than the template
        if not ground.table.named(postgres):
            ground.stop([NAME])  # it would be left without a database
            instance.ports[postgres] = pick_port(instance.ports.get(postgres, 0))
            ground.start_postgres(instance.ports[postgres])
        if not ground.table.named(NAME):
            instance.ports[NAME] = pick_port(instance.ports.get(NAME, 0))
            config = self._configure(ground, instance.ports[postgres], instance.ports[NAME])
            ground.spawn(NAME, [ground.python.with_name("trytond"), "-c", config, "-d", DATABASE])

    def wait(self, ground: Ground, instance: Instance) -> None:
        """Wait until Tryton lets ltc's user in.

        Raises:
            SystemsError: it does not answer.
        """
        ground.until_up(lambda: _lets_in(instance.url(), ground.secrets["password"]))

    def settings(self, instance: Instance, secret: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Return what ``LTC_SYSTEMS`` says of this system, by port."""
        words = {
            "adapter": NAME, "url": instance.url(), "user": USER, "password": secret["password"], "database": DATABASE,
        }  # fmt: skip
        return {port: dict(words) for port in PORTS}


def _lets_in(url: str, password: str) -> bool:
    body = {"id": 1, "method": "common.db.login", "params": [USER, {"password": password}, "en"]}
    try:
        answer = httpx.post(f"{url}/{DATABASE}/rpc/", json=body, timeout=30.0, trust_env=False)
        return bool(answer.status_code == httpx.codes.OK and answer.json().get("result"))
    except (httpx.HTTPError, ValueError, AttributeError):
        return False
