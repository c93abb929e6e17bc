"""What a command prints: a table for people, JSON for programs; notes and questions go to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import typer

from ltc.cli.text import clean, columns_of
from ltc.wording import label, say, say_value

Row = dict[str, Any]
_NARROW = 40  # characters of an id that are kept in one line whatever the terminal


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class Column(NamedTuple):
    """A column of a table: its heading, and how a row's cell reads."""

    title: str
    cell: Callable[[Row], Any]
    right: bool = False


def col(title: str, key: str, form: Callable[[Any], str] = clean, *, right: bool = False) -> Column:
    """Return a column that shows one field."""
    return Column(title, lambda row: form(row.get(key)), right)


def note(message: str) -> None:
    """Say something beside the result (stderr)."""
    typer.echo(say(clean(message, keep_lines=True)), err=True)


def tell(message: Any, *, nl: bool = True, err: bool = False, bold: bool = False) -> None:
    """Print a sentence of a result, in the reader's language."""
    typer.secho(say(clean(message, keep_lines=True)), nl=nl, err=err, bold=bold)


def plain(value: Any) -> Any:
    """Return a JSON-able form of a value: pydantic models, dataclasses, instants, paths, enums."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return _object(value)


def _object(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return str(value)


def dumps(value: Any, *, indent: int | None = None) -> str:
    """Return JSON text; what is not JSON by nature is written by ``plain``."""
    return json.dumps(plain(value), ensure_ascii=False, indent=indent, default=str)


def rows(items: Iterable[Any], columns: Sequence[Column], output: Format, *, empty: str = "nothing to show") -> None:
    """Print a list: a table, a JSON array, or one JSON object per line."""
    records: list[dict[str, Any]] = [plain(item) for item in items]
    if output is Format.JSON:
        typer.echo(dumps(records, indent=2))
    elif output is Format.JSONL:
        for record in records:
            typer.echo(dumps(record))
    elif records:
        table(records, columns)
    else:
        note(empty)


def one(item: Any, output: Format, show: Callable[[dict[str, Any]], None]) -> None:
    """Print one thing: by ``show`` for people, as one JSON object otherwise."""
    record = plain(item)
    if output is Format.TABLE:
        show(record)
    else:
        typer.echo(dumps(record, indent=2 if output is Format.JSON else None))


def table(records: Sequence[Row], columns: Sequence[Column]) -> None:
    """Print a table: Rich on a terminal, aligned plain text elsewhere."""
    cells = [[say_value(str(column.cell(record))) for column in columns] for record in records]
    columns = [column._replace(title=label(column.title)) for column in columns]
    if sys.stdout.isatty():
        _rich(cells, columns)
    else:
        _aligned(cells, columns)


def _rich(cells: list[list[str]], columns: Sequence[Column]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    widths = [max(columns_of(line[index]) for line in cells) for index in range(len(columns))]
    roomy = (
        sum(max(width, columns_of(column.title)) + 2 for width, column in zip(widths, columns, strict=True))
        <= console.width
    )
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold underline")
    for index, column in enumerate(columns):
        # An id in two lines cannot be copied; where there is room, nothing is folded.
        grid.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=roomy or (index == 0 and widths[0] <= _NARROW),
        )
    for line in cells:
        grid.add_row(*(Text(cell) for cell in line))
    console.print(grid)


def _aligned(cells: list[list[str]], columns: Sequence[Column]) -> None:
    lines = [[column.title for column in columns], *cells]
    widths = [max(columns_of(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        fields = [
            " " * (width - columns_of(cell)) + cell if column.right else cell + " " * (width - columns_of(cell))
            for cell, width, column in zip(line, widths, columns, strict=True)
        ]
        typer.echo("  ".join(fields).rstrip())


def pairs(items: Iterable[tuple[str, Any]]) -> None:
    """Print ``name  value`` lines; empty values are left out."""
    shown = [(label(name), say_value(clean(value))) for name, value in items if value not in (None, "", [], {})]
    width = max((columns_of(name) for name, _ in shown), default=0)
    for name, value in shown:
        typer.echo(f"{name}{' ' * (width - columns_of(name))}  {value}")


def heading(text: str) -> None:
    """Print the title of a section."""
    typer.echo("")
    typer.secho(label(clean(text)), bold=True)
