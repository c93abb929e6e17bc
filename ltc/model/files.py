"""References to files: what a chain, its trail and its views know of one; the bytes lie in the file store."""

from __future__ import annotations

from pydantic import Field

from ltc.model.base import Value


class FileRef(Value):
    """A stored file: its sha-256 (hex), its name as the sender gave it, its size in bytes, its kind (``pdf``)."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=0)
    kind: str = Field(default="", max_length=16)
