"""`ltc task transfer|delegate|add-signer|take-back|nudge|withdraw`: handing an approval on, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import NotFoundError
from ltc.cli.intervening import judge
from ltc.cli.output import Format, one, tell
from ltc.cli.session import ask
from ltc.cli.text import clean

if TYPE_CHECKING:
    from ltc.cli.desk import Desk

Task = Annotated[str, typer.Argument(metavar="TASK", help="The approval, as `ltc task list` shows it.")]
To = Annotated[str, typer.Option("--to", metavar="PERSON", help="To whom: an id of the people file.")]
Comment = Annotated[str, typer.Option("--comment", metavar="TEXT", help="What to put on record.")]


def transfer(
    task: Task, to: To, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE
) -> None:
    """Let somebody else decide instead of you, for good."""
    _hand(task, "transfer", actor, to, comment, output)


def delegate(
    task: Task, to: To, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE
) -> None:
    """Ask somebody what they think; then it comes back to you."""
    _hand(task, "delegate", actor, to, comment, output)


def add_signer(
    task: Task, to: To, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE
) -> None:
    """Let somebody agree as well, whatever the rule says."""
    _hand(task, "add_signer", actor, to, comment, output)


def take_back(task: Task, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE) -> None:
    """Take your own agreement back, before the next person decides."""
    _hand(task, "take_back", actor, "", comment, output)


def nudge(task: Task, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE) -> None:
    """Remind those who have not decided; for who asked."""
    _hand(task, "nudge", actor, "", comment, output)


def withdraw(task: Task, actor: options.Actor, comment: Comment = "", output: options.Output = Format.TABLE) -> None:
    """Take the request back; what took effect is undone. For who asked."""
    _hand(task, "withdraw", actor, "", comment, output)


def _hand(task: str, action: str, actor: str, to: str, comment: str, output: Format) -> None:
    record = ask(lambda desk: _handed(desk, task, action, actor, to, comment))
    said = action.replace("_", " ") + (f" to {to}" if to else "")
    one(record, output, lambda _: tell(f"{clean(task)}: {clean(said)}, by {clean(actor)}"))


async def _handed(desk: Desk, task: str, action: str, actor: str, to: str, comment: str) -> dict[str, Any]:
    found = await desk.task(task)
    known = await desk.parts.people.person(to) if to else None
    if to and (known is None or not known.active):
        raise NotFoundError(f"{to!r} is not in the people file, or has left; name somebody who is")
    answer = await desk.act(found, action, actor, to=to, comment=comment)
    judge(answer)
    return {"task": found["ref"], "action": action, "actor": actor, "to": to, "status": answer["status"]}


def register(app: typer.Typer) -> None:
    """Put the commands beside those that decide."""
    for name, command in (
        ("transfer", transfer), ("delegate", delegate), ("add-signer", add_signer), ("take-back", take_back),
        ("nudge", nudge), ("withdraw", withdraw),
    ):  # fmt: skip
        app.command(name)(command)
