"""What all parts of the systems' machinery use: its error, its places, locks, and commands that are waited for."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
_LAST = 12  # lines of a log that a message quotes
_FOREIGN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "DJANGO_SETTINGS_MODULE")
_DROP = (
    "import os,sys;os.setgroups([]);os.setgid(int(sys.argv[2]));os.setuid(int(sys.argv[1]));"
    "os.umask(0o077);os.execv(sys.argv[3],sys.argv[3:])"
)

Say = Callable[[str], None]
Words = Sequence[str | Path]


class SystemsError(Exception):
    """A system cannot be installed, started or ended here; the text says what, where and what to do."""


@dataclass(frozen=True)
class Places:
    """Where things lie.

    Attributes:
        state: the folder of the running systems: their data, processes, ports and secrets.
        cache: the folder of what is made once: environments and templates; shared by all state folders.
    """

    state: Path
    cache: Path

    @classmethod
    def of(cls, state: Path, cache: Path | None = None) -> Places:
        """Return the places of a state folder; without a cache folder the user's own."""
        return cls(state.resolve(), (cache or default_cache()).resolve())

    def home(self, system: str) -> Path:
        """The folder of a system's data: in the state folder, or, where PostgreSQL's user cannot go, beside root's own.

        Root's folders are often closed to others, and PostgreSQL never runs as root.
        """
        account = other_account()
        if account is None or account.reaches(self.state):
            return self.state / system
        return Path("/var/tmp") / f"ltc-systems-{digest(str(self.state))}" / system  # noqa: S108 - named by the state folder, made by root

    def logs(self, name: str) -> Path:
        """The log of a process."""
        return self.state / "logs" / f"{name}.log"


def default_cache() -> Path:
    """Return the user's cache folder; root's is one that PostgreSQL's user can read, since it never runs as root."""
    given = os.environ.get("XDG_CACHE_HOME")
    if given:
        return Path(given) / "ltc" / "systems"
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return Path("/var/cache/ltc/systems") if root else Path.home() / ".cache" / "ltc" / "systems"


@dataclass(frozen=True)
class Account:
    """The operating system's user that PostgreSQL runs under when we are root."""

    name: str
    uid: int
    gid: int

    def words(self, command: Sequence[str]) -> list[str]:
        """Return the command run by this user; the process id is that of the command itself."""
        return [sys.executable, "-IS", "-c", _DROP, str(self.uid), str(self.gid), *command]

    def reaches(self, folder: Path) -> bool:
        """Tell whether this user can enter a folder and all above it."""
        for place in (folder, *folder.parents):
            if place.exists():
                found = place.stat()
                bit = 0o100 if found.st_uid == self.uid else 0o010 if found.st_gid == self.gid else 0o001
                if not found.st_mode & bit:
                    return False
        return True


def other_account() -> Account | None:
    """Return the user that takes root's place for PostgreSQL; None when we are not root.

    Raises:
        SystemsError: we are root and there is neither a user postgres nor a user nobody.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise SystemsError("PostgreSQL does not run as root, and there is no user postgres or nobody; run ltc as a user")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without what would lead another interpreter astray."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN and not name.startswith("LTC_")}
    return {**kept, **(extra or {})}


def run(
    command: Words, what: str, log: Path, *, env: Mapping[str, str] | None = None,
    cwd: Path | None = None, stdin: str | None = None, secret: Sequence[str] = (),
) -> str:  # fmt: skip
    """Run a command to its end, its output appended to a log; returns its standard output.

    Args:
        command: its words.
        what: what it does, for the message when it fails.
        log: where its output goes, also for people to look at later.
        env: added to the cleaned environment.
        cwd: the folder it runs in.
        stdin: what it reads.
        secret: what is blotted out of the log and of the message.

    Raises:
        SystemsError: it cannot be run, or ended with another status than 0; the text quotes its last words.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(  # noqa: S603 - the words are ours
            words, input=stdin or "", capture_output=True, text=True, check=False, cwd=cwd, env=environment(env)
        )
    except OSError as error:
        raise SystemsError(f"{what}: {words[0]} cannot be run ({error.strerror})") from error
    said = blot(f"{done.stdout}{done.stderr}", secret)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"== {what}\n{said}")
    if done.returncode:
        last = "\n".join(said.strip().splitlines()[-_LAST:])
        raise SystemsError(f"{what} failed (exit {done.returncode}); the whole log is {log}:\n{last}")
    return done.stdout


def blot(text: str, secret: Sequence[str]) -> str:
    """Return a text without the secrets."""
    for word in secret:
        text = text.replace(word, "***") if word else text
    return text


def digest(*parts: str | bytes | Path) -> str:
    """Return the digest of texts and of files and folders with their names: what a template's name is made of."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            files = sorted(part.rglob("*")) if part.is_dir() else [part]
            for file in files:
                if file.is_file() and file.suffix != ".pyc":
                    found.update(str(file.relative_to(part.parent)).encode() + b"\0" + file.read_bytes() + b"\0")
        else:
            found.update((part.encode() if isinstance(part, str) else part) + b"\0")
    return found.hexdigest()[:16]


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


@contextmanager
def one_at_a_time(path: Path, say: Say, what: str, patience: float = 900.0) -> Iterator[None]:
    """Let one process at a time into a block, by a lock file; the others wait.

    Raises:
        SystemsError: whoever is inside does not leave within ``patience`` seconds, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise SystemsError(f"{path.parent} cannot be written ({error.strerror}); choose another folder") from error
    with file:
        deadline, told = time.monotonic() + patience, False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SystemsError(f"another ltc command has been at {what} too long; end it ({path})") from None
                if not told:
                    say(f"waiting for another ltc command that is at {what}")
                    told = True
                time.sleep(0.1)
        yield
