"""Reads what people type: JSON given directly, from a file or from standard input; reasons; spans; instants."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from ltc.cli.exits import BadUsageError, NotFoundError

MAX_BYTES = 1 << 20
_TOO_DEEP = 40
_MAX_REASON = 500


def read_text(path: str, option: str) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raises:
        NotFoundError: there is no such file.
        BadUsageError: it cannot be read, is larger than 1 MB, or is not UTF-8.
    """
    try:
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if path == "-" else _bytes(Path(path))
    except FileNotFoundError as error:
        raise NotFoundError(f"{option}: there is no file {path}") from error
    except OSError as error:
        raise BadUsageError(f"{option}: cannot read {path}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise BadUsageError(f"{option}: {path} is larger than 1 MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUsageError(f"{option}: {path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def json_object(given: str, option: str) -> dict[str, Any]:
    """Return the JSON object that an option gives: as text, as ``@file``, or as ``-`` (standard input).

    Raises:
        BadUsageError: it is not JSON, not an object, too deep, has a key twice, or holds NaN.
        NotFoundError: there is no such file.
    """
    text = read_text(given[1:] or "-", option) if given.startswith("@") or given == "-" else given
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise BadUsageError(f"{option}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise BadUsageError(f"{option}: nested deeper than {_TOO_DEEP} levels") from error
    except ValueError as error:
        raise BadUsageError(f"{option}: {error}") from error
    if not isinstance(value, dict):
        raise BadUsageError(f'{option}: give a JSON object such as {{"id": "SO-1"}}, not {type(value).__name__}')
    _depth(value, 1, option)
    return value


def _unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        twice = next(key for index, (key, _) in enumerate(items) if key in dict(items[:index]))
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that a document can hold")


def _depth(value: Any, level: int, option: str) -> None:
    if level > _TOO_DEEP:
        raise BadUsageError(f"{option}: nested deeper than {_TOO_DEEP} levels")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _depth(child, level + 1, option)


def reason(text: str) -> str:
    """Return a reason fit for the record.

    Raises:
        BadUsageError: it is empty or longer than 500 characters.
    """
    said = text.strip()
    if not said:
        raise BadUsageError("--reason is empty; say in a few words why, it stays on record")
    if len(said) > _MAX_REASON:
        raise BadUsageError(f"--reason has {len(said)} characters; keep it under {_MAX_REASON}")
    return said


def instant(text: str, option: str) -> datetime:
    """Return the instant a person typed: ISO date or date-time; without an offset it is UTC.

    Raises:
        BadUsageError: it is neither.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadUsageError(f"{option}: {text!r} is no date; write 2026-03-02 or 2026-03-02T09:30+08:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
