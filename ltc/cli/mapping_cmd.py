"""`ltc mapping`: check, show and try the field mappings between systems and ltc's documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, Code, FailedError, NotFoundError
from ltc.cli.output import Column, Format, col, dumps, note, one, pairs, rows, tell
from ltc.cli.text import clean, counted

if TYPE_CHECKING:
    from ltc.mapping import Mapping
    from ltc.mapping.pairs import Need

app = typer.Typer(help="Check, show and try field mappings.", no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help="A folder whose NAME.yaml counts instead of the adapter's own."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="An adapter's name, or a mapping file.")]
_MOST_BYTES = 5_000_000
_PROBLEMS: list[Column] = [
    Column("PLACE", lambda row: clean(f"{row['file']}:{row['line']}:{row['column']}")),
    col("CODE", "code"),
    col("COMPLAINT", "sentence"),
    col("REMEDY", "remedy"),
]
_FIELDS = [col("ENTITY", "entity"), col("WAY", "way"), col("TARGET", "target"), col("SOURCE", "source"),
           col("TRANSFORM", "transform"), col("NOTE", "note")]  # fmt: skip
_NEEDS = [col("FIELD", "field"), col("NEEDED BY", "needed_by"), col("GIVEN BY", "given"), col("SURE", "certain")]


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="[FILE]", help="A mapping file.")] = "",
    adapter: Annotated[str, typer.Option("--adapter", metavar="NAME", help="The adapter whose mapping is meant.")] = "",
    source: Annotated[str, typer.Option("--from", metavar="NAME", help="With --to: the system that is read.")] = "",
    target: Annotated[str, typer.Option("--to", metavar="NAME", help="With --from: the one that is written.")] = "",
    folder: Folder = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Check a mapping, or what one system needs against what another gives. Exit 1 when there are complaints."""
    if bool(source) != bool(target) or sum(map(bool, (name, adapter, source))) != 1:
        raise BadUsageError("name one thing to check: a FILE, --adapter NAME, or --from NAME --to NAME")
    if source:
        _check_pair(_loaded(source, folder), _loaded(target, folder), output)
        return
    from ltc.mapping import BadMapping

    try:
        found = load(adapter or name, folder)
    except BadMapping as error:
        if output is Format.TABLE:
            for problem in error.problems:
                tell(problem)
        else:
            rows(error.problems, _PROBLEMS, output)
        note(counted(len(error.problems), "complaint"))
        raise typer.Exit(Code.FAILED) from None
    if output is Format.TABLE:
        tell(f"{found.file}: {counted(len(found.entities), 'entity', 'entities')}, nothing to complain about")
    else:
        rows([], _PROBLEMS, output)


def _check_pair(source: Mapping, target: Mapping, output: Format) -> None:
    from ltc.mapping.pairs import needs

    found = [_need(need) for need in needs(source, target)]
    rows(found, _NEEDS, output, empty=f"{target.system} requires nothing of ltc's documents")
    missing = sum(not need["given_by"] and not need["by_process"] for need in found)
    if missing:
        note(f"{counted(missing, 'required field')} of {target.system} that {source.system} does not give")
        raise typer.Exit(Code.FAILED)


def _need(need: Need) -> dict[str, Any]:
    missing = "(the process definition)" if need.by_process else "MISSING"
    sure = "" if not need.given_by else "yes" if need.sure else "no: it may be empty"
    return {**need.model_dump(), "given": need.given_by or missing, "certain": sure}


@app.command()
def show(name: Name, folder: Folder = None, output: options.Output = Format.TABLE) -> None:
    """Show every field of a mapping, both ways."""
    mapping = _loaded(name, folder)
    found = [
        {
            "entity": entity.name, "way": side, "target": target, "source": source,
            "transform": field.word or "fields", "arguments": dict(field.args),
            "note": ", ".join(word for word, on in (("required", field.required), ("may be left out", field.leave_out))
                              if on),
        }
        for entity in mapping.entities.values()
        for side, fields in (("read", entity.read), ("write", entity.write))
        for top in fields
        for target, source, field in top.flat()
    ]  # fmt: skip
    by_code = [
        {"entity": entity.name, "way": "read", "target": path.text, "source": "(the adapter's code)", "transform": "",
         "arguments": {}, "note": ""}
        for entity in mapping.entities.values()
        for path in entity.by_code
    ]  # fmt: skip
    rows([*found, *by_code], _FIELDS, output)


@app.command("try")
def try_it(
    name: Name,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="What is mapped, such as opportunity.")],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="One record as JSON; - is the standard input.")] = "-",
    write: Annotated[bool, typer.Option("--write", help="From ltc's values to the system's record.")] = False,
    folder: Folder = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Map one record that is given as JSON, and show what comes out. Exit 1 when it cannot be mapped."""
    from ltc.mapping import MappingError

    mapping, record = _loaded(name, folder), _record(file)
    try:
        made = mapping.write(entity, record) if write else mapping.read(entity, record)
    except MappingError as error:
        raise FailedError(str(error)) from None
    one(made, output, lambda shown: pairs((key, _value(value)) for key, value in shown.items()))


@app.command()
def reference(
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Renew a page's generated part.")
    ] = None,
) -> None:
    """Print the reference of mapping files."""
    from ltc.mapping.reference import reference as text
    from ltc.mapping.reference import renewed

    if write is None:
        typer.echo(text(), nl=False)
        return
    try:
        before = write.read_text(encoding="utf-8") if write.is_file() else ""
        write.write_text(renewed(before), encoding="utf-8")
    except OSError as error:
        raise FailedError(f"{write} cannot be written: {error.strerror}") from error
    note(f"written: {write}")


def load(name: str, folder: Path | None) -> Mapping:
    """Load a mapping by the adapter's name or from a file.

    Raises:
        BadMapping: it is wrong.
        NotFoundError: there is no such file, or no such adapter.
    """
    from ltc.mapping import BadMapping, load_mapping, parse_mapping
    from ltc.mapping.load import shipped_file

    if name.endswith((".yaml", ".yml")) or "/" in name:
        try:
            return parse_mapping(Path(name).read_bytes(), name)
        except OSError as error:
            raise NotFoundError(f"{name} cannot be read: {error.strerror}") from error
    if folder is None or not (folder / f"{name}.yaml").is_file():
        try:
            shipped_file(name)
        except BadMapping as error:
            raise NotFoundError(f"there is no adapter {name[:40]!r} with a mapping; name a file") from error
    return load_mapping(name, folder)


def _loaded(name: str, folder: Path | None) -> Mapping:
    from ltc.mapping import BadMapping

    try:
        return load(name, folder)
    except BadMapping as error:
        raise BadUsageError(str(error)) from error


def _record(file: str) -> Any:
    try:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1) if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise NotFoundError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise BadUsageError(f"a record has at most {_MOST_BYTES:,} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadUsageError(f"the record is not JSON: {error}") from None


def _value(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)
