"""BottleCRM (django-crm 1.35.0) as the CRM: its database created and seeded once, then served on loopback."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from ltc.systems import venvs
from ltc.systems.ground import Ground, Instance, pick_port
from ltc.systems.postgres import redis_of
from ltc.systems.shared import LOOPBACK, ROOT, SystemsError, digest, run, write_private

NAME = "bottlecrm"
TITLE = "BottleCRM 1.35.0"
PORTS = ("crm",)
LEAST_PYTHON = (3, 12)
NO_PYTHON = (
    "BottleCRM needs Python 3.12 or newer, and there is none on PATH, in uv or in pyenv: install one "
    "(`uv python install 3.12`, `pyenv install 3.12`), or let Tryton's own opportunities serve as the CRM "
    "(`ltc systems up tryton`)"
)
_RECIPE = "1"  # part of the template's name: raised when what follows makes another database
_DATABASE = _ROLE = "bottlecrm"
_SEED = ROOT / "deploy" / "bottlecrm" / "seed.py"
_THREADS = 8


class BottleCrm:
    """How BottleCRM is made and run. ``data`` is the folder of the order book that it is filled from."""

    name = NAME
    title = TITLE
    ports: tuple[str, ...] = PORTS

    def __init__(self, data: Path) -> None:
        self._data = data

    def python(self) -> Path:
        """Return an interpreter that BottleCRM runs on.

        Raises:
            SystemsError: there is none on this machine.
        """
        found = venvs.find_python(LEAST_PYTHON)
        if found is None:
            raise SystemsError(NO_PYTHON)
        return found

    def digest(self) -> str:
        """Return what the template's name is made of: a template of other makings is another one."""
        return digest(_SEED, self._data)

    def bare_digest(self) -> str:
        """Return what the name of the empty template is made of."""
        return digest(_RECIPE, ROOT / "requirements" / "bottlecrm.lock")

    def new_secrets(self) -> dict[str, str]:
        """Return fresh passwords, and the key that signs sessions."""
        made = {name: secrets.token_urlsafe(18) for name in ("postgres", "role", "redis")}
        return {**made, "key": secrets.token_urlsafe(48)}

    def create(self, ground: Ground) -> None:
        """Create the database in the ground's cluster, whose server runs.

        Raises:
            SystemsError: a step fails.
        """
        port = int(ground.secrets["build_port"])
        log = ground.log("bottlecrm-build")
        # Its rows are kept apart by row security, which a superuser would pass by.
        role = f"create role {_ROLE} login nosuperuser password '{ground.secrets['role']}';"
        ground.cluster.sql(port, "postgres", role, log, list(ground.secrets.values()))
        ground.cluster.sql(port, "postgres", f"create database {_DATABASE} owner {_ROLE};", log)
        ground.say("bottlecrm: creating its database (1 of 2)")
        self._run(ground, ["-m", "django", "migrate", "--no-input", "-v", "1"], "creating BottleCRM's database")

    def seed(self, ground: Ground) -> dict[str, str]:
        """Fill the database by the script that runs in BottleCRM's own environment; returns the secrets it made.

        Raises:
            SystemsError: the script fails.
        """
        ground.say("bottlecrm: entering users, customers, contacts and products (2 of 2)")
        said = self._run(ground, [_SEED, "--data", self._data], "seeding BottleCRM")
        return _understood(said, ground.log("bottlecrm-build"))

    def _run(self, ground: Ground, words: list[str | Path], what: str) -> str:
        redis = self._start_redis(ground, pick_port())
        env = self._environment(ground, int(ground.secrets["build_port"]), redis)
        hidden = list(ground.secrets.values())
        log = ground.log("bottlecrm-build")
        return run([ground.python, *words], what, log, env=env, cwd=ground.folder, secret=hidden)

    @staticmethod
    def _start_redis(ground: Ground, port: int) -> int:
        process = f"{NAME}-redis"
        config = ground.folder / "redis.conf"
        # In memory alone: it holds the marks of rate limits and a queue that nobody need work off.
        write_private(
            config,
            f'bind {LOOPBACK}\nport {port}\nrequirepass {ground.secrets["redis"]}\nsave ""\nappendonly no\n'
            f"dir {ground.folder}\ndaemonize no\nmaxmemory 64mb\nmaxmemory-policy allkeys-lru\n",
        )
        record = ground.spawn(process, [redis_of(ground.servers), config], cwd=ground.folder)
        ground.until(record, lambda: _listens(port))
        return port

    @staticmethod
    def _environment(ground: Ground, database: int, redis: int) -> dict[str, str]:
        broker = f"redis://:{ground.secrets['redis']}@{LOOPBACK}:{redis}"
        return {
            "DJANGO_SETTINGS_MODULE": "crm.settings", "SECRET_KEY": ground.secrets["key"], "DEBUG": "False",
            "DBNAME": _DATABASE, "DBUSER": _ROLE, "DBPASSWORD": ground.secrets["role"], "DBHOST": LOOPBACK,
            "DBPORT": str(database), "DB_POOL_ENABLED": "true", "CELERY_BROKER_URL": f"{broker}/0",
            "CELERY_RESULT_BACKEND": f"{broker}/0", "CACHE_URL": f"{broker}/1", "ALLOWED_HOSTS": LOOPBACK,
            "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def start(self, ground: Ground, instance: Instance) -> None:
        """Start PostgreSQL, Redis and BottleCRM, on the ports they had if these are free; what runs is left alone.

        Raises:
            SystemsError: one does not start.
        """
        below = (f"{NAME}-postgres", f"{NAME}-redis")
        if not all(ground.table.named(process) for process in below):
            ground.stop([NAME])  # its ground is taken away from under it
        for process in below:
            if not ground.table.named(process):
                instance.ports[process] = pick_port(instance.ports.get(process, 0))
                if process == below[0]:
                    ground.start_postgres(instance.ports[process])
                else:
                    self._start_redis(ground, instance.ports[process])
        if not ground.table.named(NAME):
            instance.ports[NAME] = pick_port(instance.ports.get(NAME, 0))
            env = self._environment(ground, *(instance.ports[process] for process in below))
            words: list[str | Path] = [ground.python.with_name("gunicorn"), "crm.wsgi:application", "--workers", "1"]
            words += ["--threads", str(_THREADS), "--bind", f"{LOOPBACK}:{instance.ports[NAME]}", "--timeout", "120"]
            ground.spawn(NAME, words, env, cwd=ground.folder)

    def wait(self, ground: Ground, instance: Instance) -> None:
        """Wait until BottleCRM takes ltc's token.

        Raises:
            SystemsError: it does not answer.
        """
        ground.until_up(lambda: _takes(instance.url(), ground.secrets["token"]))

    def settings(self, instance: Instance, secret: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Return what ``LTC_SYSTEMS`` says of this system, by port."""
        words = {
            "adapter": NAME, "url": instance.url(), "token": secret["token"], "password": secret["intake_key"],
            "options": {"intake": secret["intake"], "lead_address": "tagged"},  # one customer, many leads
        }  # fmt: skip
        return {"crm": words}


def _understood(said: str, log: Path) -> dict[str, str]:
    """Return the secrets that the seeding made."""
    try:
        found = json.loads(said.strip().splitlines()[-1])
        return {name: str(found[name]) for name in ("token", "intake", "intake_key", "org", "user")}
    except (IndexError, ValueError, KeyError) as error:
        raise SystemsError(f"seeding BottleCRM gave no token; see {log}") from error


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _takes(url: str, token: str) -> bool:
    try:
        answer = httpx.get(
            f"{url}/api/opportunities/", params={"limit": 1}, timeout=30.0, trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK
