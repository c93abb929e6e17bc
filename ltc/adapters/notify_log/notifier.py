"""The notifier that writes one JSON line per message, for installations without a channel of their own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ltc.ports.errors import Misconfigured, Unavailable
from ltc.ports.notifier import Message


class LogNotifier:
    """The port ``Notifier`` over an append-only file (created with mode 0600)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._lock = asyncio.Lock()

    async def send(self, messages: list[Message]) -> None:
        """Append the messages in one write.

        Raises:
            Misconfigured: the file cannot be opened.
            Unavailable: the disk takes no more.
        """
        lines = "".join(message.model_dump_json() + "\n" for message in messages)
        async with self._lock:
            try:
                os.write(self._open(), lines.encode())
            except OSError as error:
                raise Unavailable(f"notices cannot be written to {self._path}: {error.strerror}") from error

    async def aclose(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            except OSError as error:
                raise Misconfigured(f"the notices file {self._path} cannot be opened: {error.strerror}") from error
        return self._file
