"""The files of an archive: parts (gzipped JSON lines, or Parquet) and a manifest, each written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from ltc.model.ids import canonical
from ltc.ports.store import StoreError

MANIFEST = "manifest.json"
FORMATS = ("jsonl", "parquet")
_ENDS = {"jsonl": "jsonl.gz", "parquet": "parquet"}


class ArchiveDamaged(StoreError):
    """A file of an archive is not there, or not what its manifest says."""


def part_name(number: int, form: str) -> str:
    """Return the name of a part's file."""
    return f"part-{number:05}.{_ENDS[form]}"


def require(form: str) -> None:
    """Refuse a format that cannot be written here.

    Raises:
        StoreError: it needs a library that is not installed.
    """
    if form == "parquet":
        _arrow()


def _arrow(path: Path | None = None) -> Any:
    """Return the library, to write or to read a file."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        if path is not None:
            raise StoreError(f"{path} is Parquet, which needs the library pyarrow; install ltc[parquet]") from error
        raise StoreError(
            "Parquet needs the library pyarrow, which is not installed; install ltc[parquet], or use --format jsonl"
        ) from error
    return pyarrow


def write_part(path: Path, chains: Mapping[str, list[str]], form: str) -> str:
    """Write a part whole, and to the disk; returns the sha-256 of the file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if form == "parquet":
            _write_parquet(temporary, chains)
        else:
            _write_lines(temporary, chains)
        _land(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return sha256(path)


def _write_lines(path: Path, chains: Mapping[str, list[str]]) -> None:
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
        for lines in chains.values():
            packed.writelines(f"{line}\n".encode() for line in lines)


def _write_parquet(path: Path, chains: Mapping[str, list[str]]) -> None:
    """One row per record: chain, table and the record itself as JSON."""
    arrow = _arrow()
    lines = [(name, line) for name, given in chains.items() for line in given]
    columns = {
        "chain": [name for name, _ in lines],
        "table": [json.loads(line)["table"] for _, line in lines],
        "line": [line for _, line in lines],
    }
    arrow.parquet.write_table(arrow.table(columns), path, compression="zstd")


def _land(temporary: Path, path: Path) -> None:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256(path: Path) -> str:
    """Return the sha-256 of a file.

    Raises:
        ArchiveDamaged: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArchiveDamaged(f"{path} cannot be read ({error.strerror}); bring the archive's folder back") from error


def read_part(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Return the chains of a part with their lines, in order.

    Raises:
        ArchiveDamaged: the file cannot be read to its end.
    """
    try:
        rows = _parquet_lines(path) if path.suffix == ".parquet" else _lines(path)
        for name, lines in groupby(rows, key=lambda line: str(json.loads(line)["row"]["chain"])):
            yield name, list(lines)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ArchiveDamaged(f"{path} is damaged ({error}); bring the file back from a copy") from error


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def _parquet_lines(path: Path) -> Iterator[str]:
    yield from _arrow(path).parquet.read_table(path, columns=["line"]).column("line").to_pylist()


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = folder / f".{MANIFEST}.{os.getpid()}"
    temporary.write_bytes(canonical(dict(manifest)))
    _land(temporary, folder / MANIFEST)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of an archive.

    Raises:
        ArchiveDamaged: there is none, or it cannot be read.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArchiveDamaged(f"{path} cannot be read ({error}); name the folder of an archive") from error
    if not isinstance(found, dict) or not isinstance(found.get("parts"), list):
        raise ArchiveDamaged(f"{path} is no manifest of an archive; name the folder of one")
    return found


def wrong(folder: Path, parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the files of an archive: parts missing, altered, or with other chains than noted."""
    from ltc.store.archive.lines import digest

    found: list[str] = []
    for part in parts:
        path = folder / part["file"]
        try:
            if sha256(path) != part["sha256"]:
                found.append(f"{path.name} was altered: its sha-256 is not what the manifest says")
                continue
            there = {name: digest(lines) for name, lines in read_part(path)}
        except ArchiveDamaged as error:
            found.append(str(error))
            continue
        if there != part["chains"]:
            found.append(f"{path.name} holds other chains than the manifest says")
    return found
