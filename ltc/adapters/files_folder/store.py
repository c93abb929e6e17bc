"""The file store of a folder: content-addressed by sha-256, written atomically, verified when read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ltc.model.files import FileRef
from ltc.ports.errors import Unavailable
from ltc.ports.files import FileDamaged, FileMissing, FileRefused

_DIGEST = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z0-9]{1,16}")
# How files of some kinds begin: what only calls itself so is refused.
_BEGINS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",), "png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF8",), "zip": (b"PK",), "docx": (b"PK",), "xlsx": (b"PK",),
}  # fmt: skip
_UNITS = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}


def parse_size(text: str) -> int:
    """Read a size such as ``500KB`` or ``20MB`` (units of 1024), in bytes.

    Raises:
        ValueError: it is none.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,6}) ?(KB|MB|GB)", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a size; write it as 500KB or 20MB")
    return int(match[1]) * _UNITS[match[2]]


def size_words(size: int) -> str:
    """Write bytes for people."""
    for unit, factor in reversed(_UNITS.items()):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


class FolderFiles:
    """The port ``Files`` over a folder: ``ab/cdef…`` for the digest ``abcdef…``; files are never overwritten."""

    def __init__(self, folder: Path, most: int, kinds: Sequence[str]) -> None:
        self.folder = folder
        self.most = most
        self.kinds = tuple(kinds)

    def put(self, data: bytes, name: str) -> FileRef:
        """Keep bytes under their digest; what is there already is not written again.

        Raises:
            FileRefused: too large, empty, without a usable name, or of a kind that is not taken.
            Unavailable: the disk does not take it.
        """
        plain = self._checked(data, name)
        digest = hashlib.sha256(data).hexdigest()
        try:
            if self._sound(digest):
                self._path(digest).touch()
            else:
                self._write(digest, data)
        except OSError as error:
            raise Unavailable(f"the file store {self.folder} cannot be written: {error.strerror}") from error
        return FileRef(sha256=digest, name=plain, size=len(data), kind=kind_of(plain))

    def get(self, sha256: str) -> bytes:
        """Return the bytes under a digest.

        Raises:
            FileMissing, FileDamaged: they are not there, or not as they were.
            Unavailable: the disk does not answer.
        """
        try:
            data = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileMissing(f"no file {sha256[:12]}… is kept in {self.folder}") from None
        except OSError as error:
            raise Unavailable(f"the file store {self.folder} cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileDamaged(f"file {sha256[:12]}… in {self.folder} is not what was kept; restore it from a backup")
        return data

    def has(self, sha256: str) -> bool:
        """Tell whether something is kept under a digest; who asks is about to refer to it, which counts as used."""
        if not _DIGEST.fullmatch(sha256) or not self._path(sha256).is_file():
            return False
        with contextlib.suppress(OSError):  # a folder that cannot be written is pruned by nobody
            self._path(sha256).touch()
        return True

    def used(self, sha256: str) -> datetime:
        """Return when a file was last kept or asked for.

        Raises:
            FileMissing: it is not there.
        """
        try:
            return datetime.fromtimestamp(self._path(sha256).stat().st_mtime, UTC)
        except OSError:
            raise FileMissing(f"no file {sha256[:12]}… is kept in {self.folder}") from None

    def remove(self, sha256: str) -> None:
        """Remove a file; one that is gone already is no harm.

        Raises:
            Unavailable: the disk does not take it.
        """
        try:
            self._path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"the file store {self.folder} cannot be written: {error.strerror}") from error

    def kept(self) -> list[str]:
        """Return the digests of all files, in order."""
        found = (path.parent.name + path.name for path in self.folder.glob("[0-9a-f][0-9a-f]/*"))
        return sorted(one for one in found if _DIGEST.fullmatch(one))

    def _sound(self, digest: str) -> bool:
        """Tell whether a file is there as it should be; one that was damaged is written anew."""
        path = self._path(digest)
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest

    def _checked(self, data: bytes, name: str) -> str:
        plain = name.replace("\\", "/").rpartition("/")[2].strip()
        kind = kind_of(plain)
        if not plain or len(plain) > 200 or not plain.isprintable():
            raise FileRefused("the file has no usable name: at most 200 printable characters")
        if not data:
            raise FileRefused(f"{plain} is empty")
        if len(data) > self.most:
            raise FileRefused(
                f"{plain} has {size_words(len(data))}, more than {size_words(self.most)} (LTC_FILE_SIZE) are not taken"
            )
        if self.kinds and kind not in self.kinds:
            raise FileRefused(
                f"{plain} is {kind or 'of no known kind'}; taken are {', '.join(self.kinds)} (LTC_FILE_KINDS)"
            )
        if kind in _BEGINS and not data.startswith(_BEGINS[kind]):
            raise FileRefused(f"{plain} is called {kind} but is none")
        return plain

    def _write(self, digest: str, data: bytes) -> None:
        """Write beside, flush to the disk, then take the name: a reader sees all of it or nothing."""
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(path)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise

    def _path(self, digest: str) -> Path:
        """Where a file lies; only a digest names one, so that no path leads out of the folder.

        Raises:
            FileMissing: it is no digest.
        """
        if not _DIGEST.fullmatch(digest):
            raise FileMissing(f"{digest[:80]!r} is no sha-256 digest: 64 hexadecimal digits")
        return self.folder / digest[:2] / digest[2:]


def kind_of(name: str) -> str:
    """Return the kind that a name's ending says: ``pdf`` of ``Protocol.PDF``; empty when it says none."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return ending if _KIND.fullmatch(ending) else ""
