"""Compiles decision tables: rows from the definition, or from a CSV file beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ltc.definition.build import Build, Use
from ltc.definition.cells import parse_cell, parse_output
from ltc.definition.errors import Mark
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.plan_tables import Cell, DecisionTable, Row, TableInput

MAX_TABLES, MAX_COLUMNS, MAX_ROWS, MAX_CSV = 20, 12, 500, 64 * 1024


@dataclass(frozen=True)
class Given:
    """One rule as it was written: the texts of its cells, and where each stands."""

    mark: Mark
    when: dict[str, tuple[list[str], Mark]]
    then: dict[str, tuple[str, Mark]]
    keys: dict[str, Mark]


def tables(build: Build, given: Mapping) -> dict[str, DecisionTable]:
    """Compile all decision tables of a definition."""
    if len(given.values) > MAX_TABLES:
        build.problems.add("LTC-D017", given.mark, what="tables", limit=MAX_TABLES)
        return {}
    return {name: _table(build, name, given.mapping(name), given.keys[name]) for name in given.values}


def _table(build: Build, name: str, keys: Mapping, mark: Mark) -> DecisionTable:
    build.places[f"table:{name}"] = mark
    inputs = {key: _input(build, name, key, keys.mapping("inputs")) for key in keys.mapping("inputs").values}
    outputs: dict[str, Any] = {key: keys.mapping("outputs").text(key) for key in keys.mapping("outputs").values}
    for key in outputs:
        if key in inputs:
            build.problems.add("LTC-D131", keys.mapping("outputs").keys[key], word=key)
    if len(inputs) + len(outputs) > MAX_COLUMNS:
        build.problems.add("LTC-D017", mark, what="columns of a table", limit=MAX_COLUMNS)
    rows = []
    for number, one in enumerate(_given(build, name, keys, inputs, outputs)):
        build.places[f"table:{name}:row:{number}"] = one.mark
        rows.append(_row(build, one, inputs, outputs))
    otherwise = None
    if "otherwise" in keys.values:
        build.places[f"table:{name}:otherwise"] = keys.keys["otherwise"]
        said = keys.mapping("otherwise")
        otherwise = _outputs(
            build, {key: (said.text(key), said.at(key)) for key in said.values}, outputs, said.mark, said.keys
        )
    hit: Any = keys.text("hit", "first")
    if "hit" in keys.values:
        build.places[f"table:{name}:hit"] = keys.at("hit")
    return DecisionTable(inputs=inputs, outputs=outputs, hit=hit, rows=rows, otherwise=otherwise)


def _input(build: Build, table: str, key: str, given: Mapping) -> TableInput:
    """Compile an input. Its expression is checked at each place that uses the table: that is where it is read."""
    one = given.mapping(key)
    source = one.values.get("is")
    build.places[f"table:{table}:input:{key}"] = one.at("is")
    text = ""
    if isinstance(source, Scalar):
        text = " ".join(source.text.split()) if source.lines > 1 else source.text
        use = Use(text, source.start, source.lines == 1, f"table:{table}", where=f"input '{key}'")
        build.asks.setdefault(table, {})[key] = use
    kind: Any = one.text("type")
    return TableInput(type=kind, source=text)


def _given(build: Build, name: str, keys: Mapping, inputs: dict[str, Any], outputs: dict[str, Any]) -> Iterator[Given]:
    if ("rows" in keys.values) == ("file" in keys.values):
        build.problems.add("LTC-D132", build.places[f"table:{name}"], word=name)
    elif "file" in keys.values:
        yield from _from_csv(build, keys.text("file"), keys.at("file"), inputs, outputs)
    elif len(keys.listing("rows").items) > MAX_ROWS:
        build.problems.add("LTC-D017", keys.at("rows"), what="rows of a table", limit=MAX_ROWS)
    else:
        for row in keys.listing("rows").mappings():
            when, then = row.mapping("when"), row.mapping("then")
            yield Given(
                row.mark,
                {key: (_texts(value), _at(value, when.keys[key])) for key, value in when.values.items()},
                {key: (then.text(key), then.at(key)) for key in then.values},
                {**when.keys, **then.keys},
            )


def _texts(source: Source) -> list[str]:
    if isinstance(source, Listing):
        return [item.text for item in source.items if isinstance(item, Scalar)]
    return [source.text] if isinstance(source, Scalar) else []


def _at(source: Source, key: Mark) -> Mark:
    return source.start if isinstance(source, Scalar) else source.mark if isinstance(source, Listing) else key


def _from_csv(build: Build, file: str, mark: Mark, inputs: dict[str, Any], outputs: dict[str, Any]) -> Iterator[Given]:
    lines = _lines(build, file, mark)
    if not lines:
        return
    head = [name.strip() for name in lines[0][1]]
    wanted = [*inputs, *outputs]
    for at, name in enumerate(head):
        if name not in wanted or name in head[:at]:
            build.problems.add("LTC-D133", Mark(1, at + 1, file), word=name, known=wanted)
    for name in wanted:
        if name not in head:
            build.problems.add("LTC-D022", Mark(1, 1, file), key=name, where=f"the header of {file}", doc="a column")
    if sorted(head) != sorted(wanted):
        return
    for line, cells in lines[1:]:
        if len(cells) != len(head):
            build.problems.add("LTC-D134", Mark(line, 1, file), found=len(cells), wanted=len(head))
            continue
        placed = {name: (cells[at].strip(), Mark(line, at + 1, file)) for at, name in enumerate(head)}
        when = {key: (_alternatives(placed[key][0]), placed[key][1]) for key in inputs}
        yield Given(Mark(line, 1, file), when, {key: placed[key] for key in outputs}, {})


def _alternatives(text: str) -> list[str]:
    """A cell of a CSV file lists its alternatives between bars: ``gold|platinum``."""
    return [part.strip() for part in text.split("|")]


def _lines(build: Build, file: str, mark: Mark) -> list[tuple[int, list[str]]]:
    """Read a CSV file beside the definition; empty lines count for nothing."""
    problem = "a definition given as text has no folder" if build.folder is None else ""
    path = None if build.folder is None else build.folder / file
    try:
        data = path.read_bytes() if path is not None and not path.is_symlink() else b""
        if path is not None and path.is_symlink():
            problem = "it is a link; put the file itself beside the definition"
        if len(data) > MAX_CSV:
            problem = f"it has more than {MAX_CSV} bytes"
        reader = csv.reader(data.decode("utf-8-sig").splitlines(), strict=True)
        found = [] if problem else [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
        if not problem and (len(found) < 2 or len(found) > MAX_ROWS + 1):
            problem = f"it has {max(0, len(found) - 1)} rows; 1 to {MAX_ROWS} are read"
    except OSError as error:
        problem = str(error.strerror)
    except (UnicodeDecodeError, csv.Error) as error:
        problem = f"it is no CSV text in UTF-8: {error}"[:120]
    if problem:
        build.problems.add("LTC-D016", mark, path=file, problem=problem)
        return []
    return found


def _row(build: Build, given: Given, inputs: dict[str, TableInput], outputs: dict[str, Any]) -> Row:
    when: dict[str, Cell] = {}
    for key, (texts, mark) in given.when.items():
        if key not in inputs:
            build.problems.add("LTC-D133", given.keys.get(key, mark), word=key, known=inputs)
            continue
        try:
            cell = parse_cell(texts, inputs[key].type)
        except ValueError as error:
            build.problems.add("LTC-D135", mark, word=key, problem=str(error))
            continue
        if cell is not None:
            when[key] = cell
    return Row(when=when, then=_outputs(build, given.then, outputs, given.mark, given.keys), line=given.mark.line)


def _outputs(
    build: Build, given: dict[str, tuple[str, Mark]], outputs: dict[str, Any], mark: Mark, keys: dict[str, Mark]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, (text, at) in given.items():
        if key not in outputs:
            build.problems.add("LTC-D133", keys.get(key, at), word=key, known=outputs)
            continue
        try:
            found[key] = parse_output(text, outputs[key])
        except ValueError as error:
            build.problems.add("LTC-D135", at, word=key, problem=str(error))
            continue
        if outputs[key] == "who":
            build.people.append((text, at))
    for key in outputs:
        if key not in given:
            build.problems.add("LTC-D136", mark, word=key)
    return {key: found[key] for key in outputs if key in found}
