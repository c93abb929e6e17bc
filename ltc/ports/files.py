"""The port for files: bytes kept once under their digest; chains, trail and views hold references only."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ltc.model.files import FileRef
from ltc.ports.errors import PortError


class FileRefused(PortError):
    """A file that the store does not take: too large, empty, of a kind that is not allowed; says which and why."""


class FileMissing(PortError):
    """No file is kept under a digest."""


class FileDamaged(PortError):
    """What is kept under a digest does not have it any more."""


class Files(Protocol):
    """Keeps files. Every method may raise Unavailable (the disk does not answer)."""

    def put(self, data: bytes, name: str) -> FileRef:
        """Keep bytes, once however often they come.

        Raises:
            FileRefused: too large, empty, without a usable name, or of a kind that is not taken.
        """

    def get(self, sha256: str) -> bytes:
        """Return the bytes under a digest, checked against it.

        Raises:
            FileMissing, FileDamaged: they are not there, or not as they were.
        """

    def has(self, sha256: str) -> bool:
        """Tell whether something is kept under a digest, without reading it; this counts as using it."""

    def kept(self) -> list[str]:
        """Return the digests of all files, in order."""

    def used(self, sha256: str) -> datetime:
        """Return when a file was last kept or asked for.

        Raises:
            FileMissing: it is not there.
        """

    def remove(self, sha256: str) -> None:
        """Remove a file that nothing refers to any more."""
