"""The installation's signing key: Ed25519, made on first use, in a file that only its owner reads."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ltc.client.errors import ClientError

FILE = "signing.key"
_LENGTH = 32


@dataclass(frozen=True)
class SigningKey:
    """A raw private key and its public half (base64). The private half is never shown."""

    private: bytes = field(repr=False)
    public: str


def load_or_create(folder: Path) -> SigningKey:
    """Read the key of an installation; make it when there is none. Two processes that both make one agree.

    Raises:
        ClientError: the file cannot be read or written, is damaged, or others may read it.
    """
    path = folder / FILE
    try:
        if not path.exists():
            _create(folder, path)
        raw = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        raise ClientError(f"the signing key {path} cannot be used ({error.strerror}); check LTC_KEYS") from error
    if mode & 0o077:
        raise ClientError(f"the signing key {path} can be read by others (mode {mode:o}); run: chmod 600 {path}")
    if len(raw) != _LENGTH:
        raise ClientError(f"the signing key {path} is damaged; restore it from the backup")
    public = Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw()
    return SigningKey(private=raw, public=base64.b64encode(public).decode())


def _create(folder: Path, path: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, Ed25519PrivateKey.generate().private_bytes_raw())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(own, path)  # fails when another process was first: its key counts
    except FileExistsError:
        pass
    finally:
        own.unlink()
