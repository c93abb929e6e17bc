"""`ltc task claim|release|save|complete`: do tasks, fill in their forms, tick their checklists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, NotFoundError, RefusedError
from ltc.cli.inputs import json_object
from ltc.cli.intervening import confirm, judge
from ltc.cli.output import Format, heading, note, one, pairs, tell
from ltc.cli.pieces import answer as answered
from ltc.cli.session import ask
from ltc.cli.text import clean, moment
from ltc.wording import label, say

if TYPE_CHECKING:
    from ltc.cli.desk import Desk
    from ltc.definition.plan import TaskNode

Record = dict[str, Any]
Task = Annotated[str, typer.Argument(metavar="TASK", help="The task, as `ltc task list` shows it: CHAIN/STEP#VISIT.")]
Comment = Annotated[str, typer.Option("--comment", metavar="TEXT", help="What to put on record with it.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="An answer; again for more. FIELD= empties it.")
]
Attach = Annotated[
    list[str] | None, typer.Option("--file", metavar="FIELD=PATH", help="A file for a field; again for more.")
]
Ticks = Annotated[list[str] | None, typer.Option("--tick", metavar="ITEM", help="Tick an item of the checklist.")]
Unticks = Annotated[list[str] | None, typer.Option("--untick", metavar="ITEM", help="Take a tick away.")]
Form = Annotated[str, typer.Option("--form", metavar="JSON", help="Answers as JSON: text, @FILE, or - (stdin).")]
_SAID = {
    "claim": "claimed", "release": "released", "save": "saved", "complete": "completed", "reject": "declined",
}  # fmt: skip


def claim(task: Task, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE) -> None:
    """Claim a task, so that nobody else does it too."""
    _act(task, "claim", actor, comment, output)


def release(task: Task, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE) -> None:
    """Give a claimed task back; somebody else's with a comment."""
    _act(task, "release", actor, comment, output)


def save(
    task: Task, actor: options.Actor, sets: Sets = None, file: Attach = None, tick: Ticks = None,
    untick: Unticks = None, form: Form = "", comment: Comment = "", output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Save answers and ticks without completing the task."""
    _fill(task, "save", actor, comment, output, (sets, file, tick, untick, form), yes=True, dry_run=False)


def complete(
    task: Task, actor: options.Actor, sets: Sets = None, file: Attach = None, tick: Ticks = None,
    untick: Unticks = None, form: Form = "", comment: Comment = "", yes: options.Yes = False,
    dry_run: options.DryRun = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Complete a task: fill its form in, tick its checklist."""
    _fill(task, "complete", actor, comment, output, (sets, file, tick, untick, form), yes=yes, dry_run=dry_run)


def _act(task: str, action: str, actor: str, comment: str, output: Format) -> None:
    async def work(desk: Desk) -> Record:
        return await act(desk, await desk.task(task), action, actor, comment=comment)

    one(ask(work), output, lambda _: tell(f"{clean(task)} is {label(_SAID[action])} by {clean(actor)}"))


async def act(desk: Desk, found: Record, action: str, actor: str, **more: Any) -> Record:
    """Act on a task as it was read; refusals leave as the command's end."""
    if not found.get("work"):
        raise RefusedError(f"{found['ref']} is an approval: approve, reject or send it back")
    answer = await desk.act(found, action, actor, **more)
    for name, why in (answer.get("problems") or {}).items():
        typer.echo(f"  {clean(name)}: {clean(say(why))}", err=True)  # a field's name is its author's word
    judge(answer)
    return {"task": found["ref"], "action": action, "actor": actor, "status": answer["status"]}


Given = tuple[list[str] | None, list[str] | None, list[str] | None, list[str] | None, str]


def _fill(
    task: str, action: str, actor: str, comment: str, output: Format, given: Given, *, yes: bool, dry_run: bool
) -> None:
    async def work(desk: Desk) -> Record:
        found = await desk.task(task)
        if not found.get("work"):
            raise RefusedError(f"{found['ref']} is an approval: approve, reject or send it back")
        node = await desk.form(found)
        values = _values(desk, node, given, keep=not dry_run)
        ticks = {**dict.fromkeys(given[2] or [], True), **dict.fromkeys(given[3] or [], False)}
        plan = {"task": found["ref"], "action": action, "actor": actor, "values": values, "ticks": ticks}
        if dry_run:
            return {**plan, "dry_run": True}
        if not yes:
            note("\n".join([f"{found['ref']}:", *(f"  {name}  {answered(value)}" for name, value in values.items())]))
            confirm(f"{action} as {actor}?", yes)
        return {**plan, **await act(desk, found, action, actor, values=values, ticks=ticks, comment=comment)}

    word = "would be" if dry_run else "is"
    one(ask(work), output, lambda _: tell(f"{clean(task)} {label(word)} {label(_SAID[action])} by {clean(actor)}"))


def _values(desk: Desk, node: TaskNode, given: Given, *, keep: bool) -> Record:
    """Read answers as their fields want them.

    Raises:
        BadUsageError: there is no such field, or it does not take what is written.
    """
    from ltc.definition.form_values import written

    sets, attached, _, _, form = given
    fields = {field.name: field for field in node.form}
    values = json_object(form, "--form") if form else {}
    problems: list[str] = []
    for name, text in (_split(given_one, "--set", list(fields)) for given_one in sets or []):
        values[name], problem = written(fields[name], text) if text else (None, "")
        problems += [f"--set {name}: {problem}"] if problem else []
    if problems:
        raise BadUsageError("; ".join(problems))
    for name, path in (_split(given_one, "--file", list(fields)) for given_one in attached or []):
        if fields[name].type != "file":
            raise BadUsageError(f"--file {name}: the field is {fields[name].type}, no file")
        before = values.get(name)
        ref = desk.put_file(read_file(path), Path(path).name, keep=keep)
        values[name] = [*(before if isinstance(before, list) else []), ref]
    return values


def _split(given: str, option: str, fields: list[str]) -> tuple[str, str]:
    name, equals, text = given.partition("=")
    if not equals:
        raise BadUsageError(f"{option}: write FIELD=VALUE, not {given!r}")
    if name not in fields:
        raise BadUsageError(f"{option}: there is no field {name!r}; fields are {', '.join(fields) or 'none'}")
    return name, text


def read_file(path: str) -> bytes:
    """Return the bytes of a file.

    Raises:
        NotFoundError: there is none.
        BadUsageError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}") from None
    except OSError as error:
        raise BadUsageError(f"cannot read {path}: {error.strerror}") from error


def show_work(record: Record) -> None:
    """Show the form, the checklist and what is known of them."""
    work = record["work"]
    pairs([("claimed by", work.get("claimed_by")), ("at most to", moment(work.get("deadline")))])
    values = {**(work.get("saved") or {}), **(work.get("answers") or {})}
    if record.get("form"):
        heading("Form")
        pairs((name, answered(values[name]) if name in values else said) for name, said in record["form"].items())
    if record.get("checklist"):
        heading("Checklist")
        pairs((name, _tick(label, (work.get("ticks") or {}).get(name))) for name, label in record["checklist"].items())


def _tick(label: str, tick: Record | None) -> str:
    return f"[x] {label}, {tick['by']}, {moment(tick['at'])}" if tick else f"[ ] {label}"


def register(app: typer.Typer) -> None:
    """Put the commands beside those of approvals."""
    for command in (claim, release, save, complete):
        app.command(command.__name__)(command)
