"""Reads the files of a people directory into rows that know where they stand: YAML, JSON, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ltc.ports.errors import Misconfigured

MOST_BYTES = 1 << 20
SECTIONS = ("people", "roles", "owners", "substitutes")
_LISTS = {"people": "roles"}  # columns of a CSV that hold several values, parted by ';'


@dataclass(frozen=True)
class Row:
    """One entry of a section. ``place`` says the file and the line, for complaints."""

    place: str
    values: Any


@dataclass
class Sheets:
    """Everything that the files say, by section. ``zone``: in which days begin and end."""

    people: list[Row]
    roles: list[Row]
    owners: list[Row]
    substitutes: list[Row]
    zone: Row | None = None


def read(path: Path) -> Sheets:
    """Read one YAML or JSON file, one CSV of people, or a folder with ``people``, ``roles``, ``owners``, … in it.

    Raises:
        Misconfigured: a file is too large, not UTF-8, not YAML, or not a table; names the file and the line.
        OSError: it cannot be read.
    """
    sheets = Sheets([], [], [], [])
    for file in files(path):
        _read(file, sheets, alone=not path.is_dir())
    return sheets


def files(path: Path) -> list[Path]:
    """Return the files that a directory consists of."""
    if not path.is_dir():
        return [path]
    kinds = ("yaml", "yml", "json", "csv")
    found = [path / f"{name}.{kind}" for name in SECTIONS for kind in kinds if (path / f"{name}.{kind}").is_file()]
    if not any(file.stem == "people" for file in found):
        raise Misconfigured(f"{path}: no people.yaml and no people.csv in this folder; put one there")
    return found


def _read(file: Path, sheets: Sheets, alone: bool) -> None:
    raw = file.read_bytes()
    if len(raw) > MOST_BYTES:
        raise Misconfigured(f"{file}: larger than {MOST_BYTES} bytes; split the directory or use another adapter")
    if file.suffix == ".csv":
        getattr(sheets, "people" if alone else file.stem).extend(_table(file, raw))
        return
    top = _tree(file, raw)
    if not isinstance(top, yaml.MappingNode):
        raise Misconfigured(f"{file}: no list 'people' at the top; write people: [{{id, name, roles}}]")
    _sections(file, top, sheets, alone)


def _sections(file: Path, top: yaml.MappingNode, sheets: Sheets, alone: bool) -> None:
    seen = []
    for key, value in top.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen:
            raise Misconfigured(f"{file}, line {line}: {name!r} stands here twice; keep one of them")
        seen.append(name)
        if name == "zone":
            sheets.zone = Row(f"{file}, line {line}", _plain(value))
        elif name not in SECTIONS:
            known = ", ".join((*SECTIONS, "zone"))
            raise Misconfigured(f"{file}, line {line}: unknown key {name!r}; use one of: {known}")
        else:
            getattr(sheets, name).extend(_rows(file, name, value))
    if "people" not in seen and (alone or file.stem == "people"):
        raise Misconfigured(f"{file}: no list 'people' at the top; write people: [{{id, name, roles}}]")


def _rows(file: Path, name: str, section: yaml.Node) -> Iterator[Row]:
    line = section.start_mark.line + 1
    if name == "roles" and isinstance(section, yaml.MappingNode):
        for role, members in section.value:
            values = {"role": role.value, "members": _plain(members)}
            yield Row(f"{file}, line {role.start_mark.line + 1}, role {role.value}", values)
        return
    if not isinstance(section, yaml.SequenceNode):
        raise Misconfigured(f"{file}, line {line}: no list 'people' at the top; {name!r} must be a list")
    words = {"people": "person", "roles": "role", "owners": "owner", "substitutes": "substitute"}
    for number, item in enumerate(section.value, 1):
        yield Row(f"{file}, line {item.start_mark.line + 1}, {words[name]} {number}", _plain(item))


def _tree(file: Path, raw: bytes) -> yaml.Node | None:
    """Parse YAML; anchors and aliases are refused: a few hundred bytes of them become gigabytes."""
    try:
        for event in yaml.parse(raw, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise Misconfigured(f"{file}, line {line}: anchors and aliases are not allowed; write the value out")
        found: yaml.Node | None = yaml.compose(raw, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.line + 1}" if mark else "?"
        raise Misconfigured(
            f"{file}, line {where}: not YAML or JSON; mend it as people: [{{id, name, roles}}]"
        ) from error
    except RecursionError as error:
        raise Misconfigured(f"{file}: nested too deeply; write people: [{{id, name, roles}}]") from error
    return found


_MAKER = yaml.CSafeLoader("")


def _plain(node: yaml.Node) -> Any:
    """Return a node's value; dates stay texts, so that there is one reader of them."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if node.tag in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"):
        return _MAKER.construct_object(node)
    return node.value


def _table(file: Path, raw: bytes) -> Iterator[Row]:
    """The rows of a CSV with a head; empty cells are left out."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{file}: not UTF-8 text; save it as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text), strict=True)
    head = reader.fieldnames or []
    if not head or any(not (name or "").strip() for name in head) or len(dict.fromkeys(head)) != len(head):
        raise Misconfigured(f"{file}, line 1: each column needs a name of its own; the first line names them")
    try:
        for row in reader:
            if None in row or None in row.values():
                raise Misconfigured(f"{file}, line {reader.line_num}: {len(head)} values are needed, as in line 1")
            yield Row(f"{file}, line {reader.line_num}", _cells(file.stem, row))
    except csv.Error as error:
        raise Misconfigured(f"{file}, line {reader.line_num}: not CSV ({error}); mend the quotes") from error


def _cells(section: str, row: dict[str, str]) -> dict[str, Any]:
    cells: dict[str, Any] = {name.strip(): cell.strip() for name, cell in row.items() if cell.strip()}
    several = _LISTS.get(section, "roles")
    if several in cells:
        cells[several] = [one.strip() for one in cells[several].split(";") if one.strip()]
    return cells
