"""`ltc def what-if`: what a changed definition would have done with the chains on record; a gate for a pipeline."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, Code
from ltc.cli.inputs import instant
from ltc.cli.output import Format, col, heading, note, one, table, tell
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, span

Record = dict[str, Any]
_DIFFERENCES = (col("CHAIN", "chain"), col("WHAT", "what"), col("HOW", "how"), col("OF", "of"), col("TIMES", "count"))
_LEGS = (
    col("LEG", "leg"), col("MEDIAN BEFORE", "before", lambda value: "" if value is None else span(value)),
    col("MEDIAN AFTER", "after", lambda value: "" if value is None else span(value)),
    col("CHAINS BEFORE", "chains_before"), col("CHAINS AFTER", "chains"),
)  # fmt: skip
_SECTIONS = (
    ("Differences", "differences", _DIFFERENCES),
    ("Outcomes", "outcomes", (col("CHAIN", "chain"), col("BEFORE", "before"), col("AFTER", "after"))),
    ("Time in legs", "legs", _LEGS),
    ("Decisions more or fewer", "approvers", (col("APPROVER", "approver"), col("DECISIONS", "decisions"))),
    ("Assumed, where the records do not tell", "assumptions", (col("ASSUMED", "assumed"), col("TIMES", "times"))),
    ("Events and wishes that found no place", "unheard", (
        col("CHAIN", "chain"), col("NOT HEARD", "events", lambda value: clean(", ".join(value))),
        col("REFUSED", "refused", lambda value: clean(", ".join(value))),
    )),
    ("Could not be gone through again", "not_replayed", (col("CHAIN", "chain"), col("WHY", "why"))),
)  # fmt: skip


def what_if(
    new: Annotated[str, typer.Argument(metavar="DEFINITION", help="A YAML file, a name, or PROCESS@DIGEST.")],
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="Chains started at or after it.")],
    process: Annotated[str, typer.Option("--process", help="Which process; default: the definition's.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many chains.")] = 1000,
    fail_if: Annotated[
        list[str] | None,
        typer.Option("--fail-if", metavar="COUNT>N", help="Exit 1 when it holds: breaches_gained > 0. Repeatable."),
    ] = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Go through the recorded chains again under a changed definition and say what would have differed.

    What systems answered, people decided and customers did is taken from the records, as long after what caused it as
    it was; what the records cannot tell is assumed, and every assumption is listed. A chain that cannot be gone
    through is counted and named.
    """
    from ltc.whatif.report import gate

    moment = instant(since, "--since")
    found: Record = ask(lambda desk: desk.what_if(new, moment, process, limit))
    one(found, output, _shown)
    try:
        held = [text for text in fail_if or [] if gate(text, found["counts"])]
    except ValueError as error:
        raise BadUsageError(f"--fail-if: {error}") from error
    for text in held:
        note(f"fails: {text}")
    if held:
        raise typer.Exit(Code.FAILED)


def _shown(record: Record) -> None:
    counts = record["counts"]
    tell(
        f"{record['process']} under plan {record['plan'][:12]}: {counted(counts['chains'], 'chain')}, "
        f"{counts['replayed']} gone through again, {counts['not_replayed']} not; "
        f"{counts['changed']} would have differed"
    )
    for name in ("breaches", "warnings", "escalations", "approvals", "holds", "undone"):
        gained, lost = counts[f"{name}_gained"], counts[f"{name}_lost"]
        if gained or lost:
            tell(f"{name}: {gained} gained, {lost} lost")
    for title, name, columns in _SECTIONS:
        if record[name]:
            heading(title)
            table(record[name], columns)
    if counts["left_out"]:
        note(f"{counts['left_out']} more chains were left out: raise --limit")
