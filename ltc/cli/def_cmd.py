"""`ltc def`: check, show, draw and test process definitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltc.cli import options
from ltc.cli.def_files import compiled, paths, world
from ltc.cli.def_table_cmd import table
from ltc.cli.diff_cmd import diff, versions
from ltc.cli.exits import BadUsageError, Code, FailedError, NotFoundError
from ltc.cli.output import Column, Format, col, note, one, rows, tell
from ltc.cli.text import clean, counted
from ltc.cli.whatif_cmd import what_if
from ltc.wording import LANGUAGES, chinese, fill, foreign, label, say, spoken
from ltc.wording import language as reader

if TYPE_CHECKING:
    from ltc.definition.errors import Problem

app = typer.Typer(help="Check, show, draw and test process definitions.", no_args_is_help=True, rich_markup_mode=None)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[DEFINITION]...", help="Names or YAML files; default: all there are.")
]
Name = Annotated[str, typer.Argument(metavar="DEFINITION", help="A name, or a YAML file.")]
People = Annotated[
    Path | None,
    typer.Option("--people", metavar="FILE", help="The people file to hold roles against (LTC_PEOPLE_FILE)."),
]
Write = Annotated[Path | None, typer.Option("--write", metavar="FILE", help="Write it to this file instead.")]

_PROBLEMS: list[Column] = [
    Column("PLACE", lambda row: clean(f"{row['file']}:{row['line']}:{row['column']}")),
    col("CODE", "code"),
    col("COMPLAINT", "sentence"),
    col("REMEDY", "remedy"),
]


@app.command()
def lint(names: Names = None, people: People = None, output: options.Output = Format.TABLE) -> None:
    """Prove what can be proved before anything runs. Exit 1 when there are complaints; warnings refuse nothing."""
    from ltc.definition.compile import load_checked
    from ltc.definition.errors import DefinitionError

    known, digests = world(people), list[tuple[str, int]]()
    problems: list[Problem] = []
    slips: list[Problem] = []
    for path in paths(names):
        try:
            found = load_checked(path, known)
            plan, warnings = found.plan, found.build.problems.warnings
            slips += warnings
            digests.append((f"{path}: plan {plan.digest}", len(warnings)))
            if plan.process != path.stem:
                note(f"{path} says process: {plan.process}; it is started once the file is named {plan.process}.yaml")
        except DefinitionError as error:
            problems += error.problems
    if output is not Format.TABLE:
        rows([*problems, *slips], _PROBLEMS, output)
    else:
        _linted(digests, [*problems, *slips])
    if problems:
        note(f"{counted(len(problems), 'complaint')}; `ltc def codes` explains the codes")
        raise typer.Exit(Code.FAILED)


def _linted(digests: list[tuple[str, int]], problems: list[Problem]) -> None:
    for line, slips in digests:
        tell(clean(f"{line}, {counted(slips, 'warning')}" if slips else f"{line}, nothing to complain about"))
    for problem in problems:
        tell(fill("warning: {message}", message=say(str(problem))) if problem.warning else problem)


@app.command()
def show(name: Name, output: options.Output = Format.TABLE) -> None:
    """Show a compiled definition, with every default filled in."""
    from ltc.definition.show import lines

    plan = compiled(name)
    one(plan, output, lambda _: typer.echo(clean("\n".join(spoken(line) for line in lines(plan)), keep_lines=True)))


@app.command()
def diagram(
    name: Name,
    language: Annotated[
        str, typer.Option("--language", metavar="en|zh", help="The language of titles and labels; default: LTC_LANG.")
    ] = "",
    write: Write = None,
) -> None:
    """Draw a definition as a Mermaid flowchart."""
    from ltc.definition.diagram import mermaid

    wanted = language or reader()
    if wanted not in LANGUAGES:
        raise BadUsageError(f"there are no titles in {wanted[:20]!r}; use --language en or --language zh")
    _put(mermaid(compiled(name), wanted, lambda text: spoken(text, wanted)), write)


@app.command()
def schema(write: Write = None) -> None:
    """Print the language as JSON Schema, for editors."""
    from ltc.definition.schema_json import written

    _put(written(), write)


@app.command()
def reference(write: Write = None) -> None:
    """Print the language's reference; --write renews the generated part of a page."""
    from ltc.cli.def_test_shape import TESTS
    from ltc.definition.reference import BEGIN, renewed
    from ltc.definition.reference import reference as text

    before = write.read_text(encoding="utf-8") if write and write.is_file() else ""
    made = renewed(before, TESTS) if write else text(TESTS)
    if foreign():
        from ltc.wording.page import page

        kept, mark, generated = made.partition(BEGIN)
        made = kept + mark + page(generated)
    _put(made, write)


@app.command()
def codes(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="One code, such as LTC-D040; default: all.")] = "",
    output: options.Output = Format.TABLE,
) -> None:
    """Explain the codes of complaints."""
    from ltc.definition.codes import CODES
    from ltc.definition.errors import nearest

    if code and code not in CODES:
        near = nearest(code, CODES)
        raise NotFoundError(f"there is no code {code[:20]!r}" + (f"; did you mean {near}?" if near else ""))
    texts = {key: (text.sentence, text.remedy) for key, text in CODES.items()}
    if output is Format.TABLE and foreign():
        texts = {key: (sentence, remedy) for key, (sentence, remedy) in chinese().codes.items()}
    found = [
        {"code": key, "sentence": sentence, "remedy": remedy}
        for key, (sentence, remedy) in texts.items()
        if code in ("", key)
    ]
    rows(found, _PROBLEMS[1:], output)


@app.command("test")
def run_tests(names: Names = None, people: People = None, output: options.Output = Format.TABLE) -> None:
    """Run the tests beside definitions (NAME.test.yaml) on the pure core, without a server. Exit 1 when one fails."""
    from ltc.cli.def_test import Result, run_file
    from ltc.definition.errors import DefinitionError

    known, results, wrong = world(people), list[Result](), list[str]()
    for path in paths(names, tests=True):
        beside = path.with_name(f"{path.stem}.test.yaml")
        if beside.is_file():
            try:
                results += run_file(beside, path, known)
            except DefinitionError as error:
                wrong.append(str(error))
        else:
            note(f"{path} has no test; write {beside.name} beside it")
    if output is not Format.TABLE:
        rows(results, [], output)
    for result in results if output is Format.TABLE else ():
        typer.echo(clean(f"{label('ok' if result.ok else 'FAILED').ljust(6)}  {result.process}: {result.case}"))
        tell("".join(f"        {line}\n" for line in (*result.notes, *result.differences)), nl=False)
    failed = sum(1 for result in results if not result.ok)
    note(f"{counted(len(results) - failed, 'case')} passed, {failed} failed")
    if wrong:  # the cases of the others were run all the same
        raise BadUsageError("\n".join(wrong))
    if failed:
        raise typer.Exit(Code.FAILED)


app.command("diff")(diff)
app.command("table")(table)
app.command("versions")(versions)
app.command("what-if")(what_if)


def _put(text: str, write: Path | None) -> None:
    if write is None:
        typer.echo(text, nl=False)
        return
    try:
        write.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FailedError(f"{write} cannot be written: {error.strerror}") from error
    note(f"written: {write}")
