"""`ltc def table`: try a decision table with given inputs, or see all of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, FailedError, NotFoundError
from ltc.cli.output import Format, col, one, pairs, rows

_LIST = (col("TABLE", "table"), col("INPUTS", "inputs"), col("OUTPUTS", "outputs"), col("ROWS", "rows", right=True))


def table(
    name: Annotated[str, typer.Argument(metavar="DEFINITION", help="A name, or a YAML file.")],
    table_name: Annotated[str, typer.Argument(metavar="[TABLE]", help="The table; left out: those there are.")] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="INPUT=VALUE", help="An input; repeat for each.")
    ] = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Try a decision table: which row holds for these inputs, and what it gives. Exit 1 when none holds."""
    from ltc.cli.def_files import compiled
    from ltc.definition.table_trial import attempt, written
    from ltc.definition.tables import TableError

    plan = compiled(name)
    if not table_name:
        found_all = [_line(key, known) for key, known in plan.tables.items()]
        rows(found_all, _LIST, output, empty=f"{plan.process} has no table")
        return
    if table_name not in plan.tables:
        raise NotFoundError(f"there is no table {table_name!r}; there are: {', '.join(plan.tables) or 'none'}")
    try:
        found = attempt(plan, table_name, _inputs(given or []))
    except TableError as error:
        raise FailedError(str(error)) from error
    said = written(found.outputs)
    at = f"row {found.row}, line {found.line}" if found.row else "otherwise"
    one(
        {"table": table_name, "row": found.row, "line": found.line, "outputs": said},
        output,
        lambda _: pairs({"holds": at, **said}.items()),
    )


def _line(name: str, table_: Any) -> dict[str, Any]:
    inputs = ", ".join(f"{key} {one.type}" for key, one in table_.inputs.items())
    outputs = ", ".join(f"{key} {kind}" for key, kind in table_.outputs.items())
    return {"table": name, "inputs": inputs, "outputs": outputs, "rows": len(table_.rows), "hit": table_.hit}


def _inputs(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise BadUsageError(f"--set {pair[:40]}: write INPUT=VALUE, such as --set tier=gold")
        if key in found:
            raise BadUsageError(f"--set {key} is given twice; give each input once")
        found[key] = value
    return found
