"""`ltc chain start` by each of its doors: a deal in the CRM, the start event's fields, an order file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ltc.cli.exits import BadUsageError, FailedError, NotFoundError, PartialError, RefusedError
from ltc.cli.inputs import json_object
from ltc.cli.output import Format, col, note, one, rows
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, short

if TYPE_CHECKING:
    from ltc.cli.desk import Desk
    from starter.order_file import Reading

Record = dict[str, Any]
_RESULTS = (
    col("NUMBER", "number"), col("RESULT", "result"), col("CHAIN", "chain"),
    col("WHY", "why", lambda value: short(value, 160)),
)  # fmt: skip


def from_input(process: str, given: str, actor: str, dry_run: bool, output: Format) -> None:
    """Start a chain from the fields of the process's start event."""
    fields = json_object(given, "--input")
    _print(ask(lambda desk: desk.start(process, fields, actor, dry_run)), output)


def from_crm(process: str, opportunity: str, actor: str, dry_run: bool, output: Format) -> None:
    """Start a chain from a deal as the CRM holds it now."""

    async def work(desk: Desk) -> Record:
        return await desk.start(process, await desk.opportunity(opportunity), actor, dry_run)

    _print(ask(work), output)


def _print(started: Record, output: Format) -> None:
    if output is Format.TABLE and started.get("existed") and not started.get("same_input", True):
        note("its business key had started this chain before, from other data; the first data counts")
    one(started, output, lambda record: typer.echo(f"{clean(record['chain'])}  {clean(record['result'])}"))


def from_file(
    process: str, file: Path, lines: Path | None, masterdata: Path | None, actor: str, dry_run: bool, output: Format
) -> None:
    """Start one chain per good order of a file; bad orders are refused with their row, the others go on."""
    from ltc.cli.session import run
    from starter import orderbook
    from starter.order_file import read_orders

    async def read() -> Reading:
        terms = orderbook.load(masterdata or orderbook.NORTHWIND).terms
        return read_orders(file, lines, terms)

    reading = run(read())
    refused = [
        {
            "number": bad.number,
            "result": "refused",
            "chain": "",
            "why": f"{bad.file}:{bad.row}: {bad.problem}; {bad.remedy}",
        }
        for bad in reading.refusals
    ]
    started = ask(lambda desk: _start_all(desk, process, reading, actor, dry_run)) if reading.opportunities else []
    rows([*refused, *started], _RESULTS, output, empty="the file holds no order")
    _judge([*refused, *started])


async def _start_all(desk: Desk, process: str, reading: Reading, actor: str, dry_run: bool) -> list[Record]:
    results: list[Record] = []
    for deal in reading.opportunities:
        fields = {"opportunity_id": deal.id, "opportunity": deal.model_dump(mode="json")}
        line: Record = {"number": deal.number, "why": ""}
        try:
            await desk.opportunity(deal.id)  # the chain works on the CRM's deal: it must be there
            started = await desk.start(process, fields, actor, dry_run)
            known = "this number was seen before; the chain it started goes on" if started["existed"] else ""
            results.append({**line, "result": started["result"], "chain": started["chain"], "why": known})
        except (RefusedError, NotFoundError, BadUsageError) as error:
            results.append({**line, "result": "refused", "chain": "", "why": str(error)})
    return results


def _judge(results: list[Record]) -> None:
    refused = sum(result["result"] == "refused" or result["result"] == "existed" for result in results)
    if refused and refused == len(results):
        raise FailedError(f"none of {counted(refused, 'order')} was started")
    if refused:
        raise PartialError(
            f"{refused} of {counted(len(results), 'order')} refused; mend these rows and send them again"
        )
