"""`ltc task`: see approvals and tasks, decide approvals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options, task_hand_cmd, task_work_cmd
from ltc.cli.exits import BadUsageError, RefusedError
from ltc.cli.intervening import confirm, judge
from ltc.cli.output import Column, Format, col, heading, note, one, pairs, rows, table, tell
from ltc.cli.pieces import money
from ltc.cli.session import ask
from ltc.cli.text import clean, moment, short
from ltc.model.messages import CUSTOMER
from ltc.wording import fill, label

if TYPE_CHECKING:
    from ltc.cli.desk import Desk

app = typer.Typer(help="See approvals and tasks; decide, claim, complete.", no_args_is_help=True, rich_markup_mode=None)
Task = Annotated[str, typer.Argument(metavar="TASK", help="The task, as `ltc task list` shows it: CHAIN/STEP#VISIT.")]
Comment = Annotated[str, typer.Option("--comment", metavar="TEXT", help="What to put on record with the decision.")]
Attached = Annotated[
    list[str] | None, typer.Option("--file", metavar="PATH", help="Attach a file to the comment; again for more.")
]
Digest = Annotated[
    str,
    typer.Option("--digest", metavar="DIGEST", help="Decide only if the figures are still those (`ltc task show`)."),
]
_STATES = (
    "open",
    "approved",
    "rejected",
    "sent_back",
    "reopened",
    "completed",
    "declined",
    "timed_out",
    "cancelled",
    "all",
)
task_work_cmd.register(app)
task_hand_cmd.register(app)
_SAID = {"approve": "approved", "reject": "rejected", "send_back": "sent back"}


def _asked(row: dict[str, Any]) -> str:
    return short(", ".join(map(str, row.get("candidates") or [])), 60)


def _kind(row: dict[str, Any]) -> str:
    return "task" if row.get("work") else "approval"


_LIST = (
    col("TASK", "ref"), Column("KIND", _kind), col("SUBJECT", "subject"), col("LEVEL", "level"), col("STATE", "state"),
    Column("ASKED", _asked), col("CUSTOMER", "customer", lambda value: short(value, 24)),
    col("SINCE", "opened", moment),
)  # fmt: skip
_DECISIONS = (
    col("LEVEL", "level"), col("WHO", "actor"), col("SAID", "decision"), col("COMMENT", "comment"),
    col("AT", "at", moment),
)  # fmt: skip


@app.command("list")
def list_tasks(
    to: Annotated[str, typer.Option("--for", metavar="PERSON", help="Tasks that this person may decide.")] = "",
    chain: Annotated[str, typer.Option("--chain", metavar="CHAIN", help="Tasks of this chain.")] = "",
    state: Annotated[str, typer.Option(help=f"One of {', '.join(_STATES)}.")] = "open",
    limit: options.Limit = 50,
    output: options.Output = Format.TABLE,
) -> None:
    """List approvals and tasks, oldest first."""
    if state not in _STATES:
        raise typer.BadParameter(f"{state!r} is not one of {', '.join(_STATES)}", param_hint="--state")
    found = ask(lambda desk: desk.tasks(to, chain, "" if state == "all" else state, limit + 1))
    rows(found[:limit], _LIST, output, empty="no approval or task matches")
    if len(found) > limit:
        note("there are more: narrow the list or raise --limit")


@app.command()
def show(task: Task, output: options.Output = Format.TABLE) -> None:
    """Show what is to be decided or done: figures, form, checklist, who was asked, who said what."""
    one(ask(lambda desk: desk.task(task)), output, _show)


def _show(record: dict[str, Any]) -> None:
    typer.secho(f"{clean(record['ref'])}  {clean(record['state'])}", bold=True)
    pairs(
        [
            ("subject", record.get("subject")),
            ("title", record.get("title")),
            ("help", record.get("help")),
            ("level", record.get("level")),
            ("of", ", ".join(record.get("levels") or [])),
            ("asked", ", ".join(record.get("candidates") or [])),
            *_rule(record),
            ("requested by", record.get("requester")),
            ("customer", record.get("customer")),
            ("opened", moment(record.get("opened"))),
            ("closed", moment(record.get("closed"))),
            ("digest", record.get("digest")),
        ]
    )
    if record.get("figures"):
        heading("Figures")
        pairs((name, _figure(value)) for name, value in record["figures"].items())
    if record.get("work"):
        task_work_cmd.show_work(record)
    if record.get("decisions"):
        heading("Decisions")
        table(record["decisions"], _DECISIONS)


def _rule(record: dict[str, Any]) -> list[tuple[str, str]]:
    """How the level comes to a decision, who follows, who stands in, and what happens by itself."""
    said, votes = record.get("rule") or {}, record.get("votes")
    if record.get("work"):
        return []
    rule = "all of them" if votes == 0 else "any one of them" if votes == 1 else f"{votes} of them"
    if said.get("percent"):
        rule = f"{said['percent']} % of them" + (f": {said['need']}" if said.get("need") else "")
    rule = "one after another" if said.get("sequence") else rule
    rule += "; all are heard before a rejection counts" if said.get("wait_all") else ""
    silence = said.get("silence")
    coming = (
        fill("{then} on {at}", then=silence["then"], at=moment(silence["at"]))
        if silence and record.get("state") == "open"
        else ""
    )
    standing = [
        fill("{who} for {whom}", who=who, whom=", ".join(whom)) for who, whom in (said.get("standing") or {}).items()
    ]
    return [
        ("agree", rule), ("then", ", ".join(said.get("queue") or [])), ("standing in", "; ".join(standing)),
        ("by itself", coming),
    ]  # fmt: skip


def _figure(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} lines" if value and isinstance(value[0], dict) else ", ".join(map(str, value))
    return money(value)


def _decide(
    task: str, decision: str, actor: str, comment: str, digest: str, yes: bool, dry_run: bool, output: Format,
    files: list[str] | None,
) -> None:  # fmt: skip
    record = ask(lambda desk: _decided(desk, task, decision, actor, comment, digest, yes, dry_run, files or []))
    word = "would be" if dry_run else "is"
    one(record, output, lambda _: tell(f"{clean(task)} {label(word)} {label(_SAID[decision])} by {clean(actor)}"))


async def _decided(
    desk: Desk, task: str, decision: str, actor: str, comment: str, digest: str, yes: bool, dry_run: bool,
    files: list[str],
) -> dict[str, Any]:  # fmt: skip
    found = await desk.task(task)
    if found.get("work"):
        if files:
            raise RefusedError(f"{found['ref']} is a task: its files belong into its form")
        return await _declined(desk, found, decision, actor, comment, yes, dry_run)
    plan = {"task": found["ref"], "decision": decision, "actor": actor, "comment": comment, "digest": found["digest"]}
    _allowed(found, actor, digest)
    if dry_run:
        return {**plan, "dry_run": True}
    if not yes:
        note(_what(found))
        confirm(f"{decision.replace('_', ' ')} as {actor}?", yes)
    kept = [desk.put_file(task_work_cmd.read_file(path), Path(path).name, keep=True) for path in files]
    answer = await desk.decide(found, decision, actor, comment, kept)
    judge(answer)
    return {**plan, "status": answer["status"], "message": answer.get("message", "")}


async def _declined(
    desk: Desk, found: dict[str, Any], decision: str, actor: str, comment: str, yes: bool, dry_run: bool
) -> dict[str, Any]:
    """Decline a task; it can neither be approved nor sent back."""
    if decision != "reject":
        raise RefusedError(f"{found['ref']} is a task: complete it with `ltc task complete`, or reject it")
    if dry_run:
        return {"task": found["ref"], "action": "reject", "actor": actor, "dry_run": True}
    confirm(f"decline {found['ref']} as {actor}?", yes)
    return await task_work_cmd.act(desk, found, "reject", actor, comment=comment)


def _allowed(found: dict[str, Any], actor: str, digest: str) -> None:
    """Say early what the chain would say anyway; the chain itself has the last word."""
    if found["state"] != "open":
        raise RefusedError(f"{found['ref']} is {found['state']} already")
    if digest and digest != found["digest"]:
        raise RefusedError("the figures changed since you were shown them; look again with `ltc task show`")
    party = CUSTOMER if actor.startswith(f"{CUSTOMER}:") else actor
    if found.get("candidates") and party not in found["candidates"]:
        hint = f"; who speaks for them acts as {CUSTOMER}:NAME" if CUSTOMER in found["candidates"] else ""
        raise RefusedError(f"{actor} was not asked; asked were {', '.join(found['candidates'])}{hint}")


def _what(found: dict[str, Any]) -> str:
    figures = [f"  {name}  {_figure(value)}" for name, value in (found.get("figures") or {}).items()]
    return "\n".join(
        [f"{found['ref']}: {found['subject']}, level {found['level']}, {found.get('customer', '')}", *figures]
    )


@app.command()
def approve(
    task: Task, actor: options.Actor, comment: Comment = "", digest: Digest = "", file: Attached = None,
    yes: options.Yes = False, dry_run: options.DryRun = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Approve."""
    _decide(task, "approve", actor, comment, digest, yes, dry_run, output, file)


@app.command()
def reject(
    task: Task, actor: options.Actor, comment: Comment = "", digest: Digest = "", file: Attached = None,
    yes: options.Yes = False, dry_run: options.DryRun = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Reject; the definition says what follows. A comment is needed."""
    _decide(task, "reject", actor, _needed(comment), digest, yes, dry_run, output, file)


@app.command("send-back")
def send_back(
    task: Task, actor: options.Actor, comment: Comment = "", digest: Digest = "", file: Attached = None,
    yes: options.Yes = False, dry_run: options.DryRun = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Send back to be changed. A comment is needed."""
    _decide(task, "send_back", actor, _needed(comment), digest, yes, dry_run, output, file)


def _needed(comment: str) -> str:
    if not comment.strip():
        raise BadUsageError("--comment: say why, for the person who gets it back")
    return comment.strip()
