"""Virtual environments of the systems' own: each made once from a hashed lock file, mended when half-made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ltc.systems.shared import ROOT, Places, Say, SystemsError, digest, environment, one_at_a_time, run

_ASK = "import ensurepip,sys,venv;print('.'.join(map(str,sys.version_info[:3])))"
_STAMP = ".complete"
_OLDEST, _NEWEST = 11, 14  # the Python 3 minor versions that are looked for


def ensure(name: str, python: Path, places: Places, say: Say) -> Path:
    """Return the environment that ``requirements/NAME.lock`` describes, made when it is not there yet.

    Args:
        name: the lock's name.
        python: the interpreter that it is made with.
        places: where environments are kept.
        say: told how it goes.

    Raises:
        SystemsError: the lock is missing, or pip could not install it (no network, a wheel that does not fit).
    """
    lock = ROOT / "requirements" / f"{name}.lock"
    if not lock.is_file():
        raise SystemsError(f"{lock.name} is missing; `ltc systems` works from a checkout of the repository")
    folder = places.cache / "venvs" / f"{name}-{digest(lock.read_bytes(), version_of(python))}"
    with one_at_a_time(folder.with_suffix(".lock"), say, f"the environment of {name}"):
        if (folder / _STAMP).is_file() and (folder / "bin" / "python").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)  # half-made: a stamp is written last
        say(f"{name}: installing its environment (Python {version_of(python)})")
        _make(name, lock, python, folder, places.cache / "logs" / f"{name}-install.log")
    return folder


def _make(name: str, lock: Path, python: Path, folder: Path, log: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    run([python, "-m", "venv", folder], f"making the environment of {name}", log)
    pip: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    run([*pip, "--require-hashes", "-r", lock], f"installing {name} (needs the package index once)", log)
    (folder / _STAMP).touch()


def our_python() -> Path:
    """Return the interpreter that ltc's own environment was made with."""
    return Path(getattr(sys, "_base_executable", sys.executable))


def find_python(least: tuple[int, int]) -> Path | None:
    """Return a Python of at least this version that can make environments: ours, PATH's, uv's or pyenv's."""
    seen: set[str] = set()
    for candidate in _candidates(least):
        if str(candidate) not in seen:
            seen.add(str(candidate))
            version = _ask(candidate)
            if version is not None and version >= least:
                return candidate
    return None


def version_of(python: Path) -> str:
    """Return an interpreter's version, such as 3.12.1.

    Raises:
        SystemsError: it does not run.
    """
    version = _ask(python)
    if version is None:
        raise SystemsError(f"{python} does not run, or it lacks venv or ensurepip; install a whole Python")
    return ".".join(map(str, version))


def _candidates(least: tuple[int, int]) -> Iterator[Path]:
    if sys.version_info[:2] >= least:
        yield our_python()
    names = [f"3.{minor}" for minor in range(max(_OLDEST, least[1]), _NEWEST + 1)]
    for name in names:
        found = shutil.which(f"python{name}")
        if found:
            yield Path(found)
    yield from _of_uv(names)
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for name in names:
        yield from sorted(home.glob(f"{name}.*/bin/python"), reverse=True)


def _of_uv(names: Sequence[str]) -> Iterator[Path]:
    uv = shutil.which("uv")
    for name in names if uv else ():
        found = subprocess.run(  # noqa: S603 - asks uv itself
            [str(uv), "python", "find", "--no-python-downloads", name], capture_output=True, text=True, check=False,
            env=environment(), timeout=30,
        )  # fmt: skip
        if found.returncode == 0 and found.stdout.strip():
            yield Path(found.stdout.strip())


def _ask(python: Path) -> tuple[int, ...] | None:
    """Ask an interpreter for its version; a pyenv shim without a version behind it says nothing."""
    try:
        done = subprocess.run(  # noqa: S603 - asks an interpreter that was found
            [str(python), "-I", "-c", _ASK], capture_output=True, text=True, check=False, timeout=30, env=environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.strip().split(".")
    return tuple(map(int, words)) if done.returncode == 0 and all(map(str.isdigit, words)) else None
