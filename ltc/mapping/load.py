"""Finds a system's mapping: the one shipped beside its adapter, or the one of the installation."""

from __future__ import annotations

import importlib.util
from importlib.metadata import entry_points
from pathlib import Path

from ltc.definition.errors import Mark
from ltc.definition.reader import MAX_BYTES
from ltc.mapping.compile import compile_mapping
from ltc.mapping.complaints import BadMapping, Complaints
from ltc.mapping.run import Mapping

_ADAPTERS = "ltc.adapters"  # the package of ours, and the entry point group of others
FILE = "mapping.yaml"


def load_mapping(name: str, override: Path | None = None) -> Mapping:
    """Load the field mapping of a system.

    Args:
        name: the adapter's name.
        override: a folder; its ``NAME.yaml``, if there is one, counts instead of the adapter's own.

    Raises:
        BadMapping: there is none, or it is wrong (it is ``Misconfigured``, too).
    """
    file = override / f"{name}.yaml" if override is not None else None
    if file is not None and file.is_file():
        return parse_mapping(_bytes(file), file.name, name)
    return _shipped(name)


def parse_mapping(data: bytes | str, file: str, system: str = "") -> Mapping:
    """Compile a mapping file; ``extends: shipped`` finds the adapter's own.

    Args:
        data: the file's bytes, or its text.
        file: its name, for complaints.
        system: the system that it must be about; empty: whichever it names.

    Raises:
        BadMapping: something is wrong with it.
    """
    return compile_mapping(data, file, system, _shipped)


def shipped_file(name: str) -> Path:
    """Return the file of the mapping that is shipped beside an adapter.

    Raises:
        BadMapping: there is no such adapter, or it ships none.
    """
    folder = _folder(name)
    if folder is None or not (folder / FILE).is_file():
        raise _missing(f"the mapping of '{name}'", "no adapter of that name ships one")
    return folder / FILE


def _folder(name: str) -> Path | None:
    """Where an adapter's package stands; nothing of it is imported."""
    modules = [f"{_ADAPTERS}.{name}", *(point.module for point in entry_points(group=_ADAPTERS, name=name))]
    for module in modules if name.isidentifier() else ():
        try:
            spec = importlib.util.find_spec(module)
        except ImportError:
            continue
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    return None


def _shipped(name: str) -> Mapping:
    return compile_mapping(_bytes(shipped_file(name)), f"{name}/{FILE}", name)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _missing(path.name, error.strerror or "it cannot be read") from None


def _missing(path: str, problem: str) -> BadMapping:
    return BadMapping([Complaints(path).problem("LTC-M016", Mark(), path=path, problem=problem)])
