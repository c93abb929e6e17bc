"""How every intervention runs: look, say the consequence, ask, act, report."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from ltc.cli.consequences import held
from ltc.cli.exits import BadUsageError, FailedError, NotFoundError, RefusedError
from ltc.cli.output import Format, note, one, tell
from ltc.cli.session import ask
from ltc.wording import fill, label, say

if TYPE_CHECKING:
    from ltc.cli.desk import Desk

Record = dict[str, Any]
INTERRUPTED = 130  # exit status after Ctrl-C
Say = Callable[[Record, Record], list[str]]


def confirm(question: str, yes: bool) -> None:
    """Ask unless told not to.

    Raises:
        BadUsageError: there is nobody to ask.
        RefusedError: the answer was no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadUsageError("nobody is there to confirm; add --yes to do it, or --dry-run to see what would happen")
    if not _answer(question):
        raise RefusedError("you said no; nothing was changed")


def _answer(question: str) -> bool:
    # The event loop around us takes Ctrl-C for itself, and would see it only after the answer.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return typer.confirm(say(question), err=True)
    except typer.Abort:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)


def carry_out(chain: str, actor: str, wish: Record, say: Say, dry_run: bool, yes: bool, output: Format) -> None:
    """Carry one intervention out, or with ``dry_run`` only say what it would do."""
    record, lines = ask(lambda desk: _carry_out(desk, chain, actor, wish, say, dry_run, yes, output))
    one(record, output, lambda _: tell("\n".join(lines)))


async def _carry_out(
    desk: Desk, chain: str, actor: str, wish: Record, say: Say, dry_run: bool, yes: bool, output: Format
) -> tuple[Record, list[str]]:
    await desk.may_intervene(actor)
    found = await desk.chain(chain)
    if found.get("state") == "ended":
        raise RefusedError(f"{chain} has ended ({found.get('outcome')}); an ended chain cannot be changed")
    lines = say(found, wish)
    if wish.get("document"):
        wish = {**wish, "document": await desk.document(chain, held(found, wish), wish["document"])}
    plan = {"chain": chain, "actor": actor, **wish}
    told = [f"{wish['action']} {chain}: {wish['reason']}", *(f"  {line}" for line in lines)]
    if dry_run:
        return {**plan, "dry_run": True, "consequence": lines}, [*told, "nothing was changed (dry run)"]
    if output is Format.TABLE or not yes:
        note("\n".join(told))
    confirm(f"{wish['action']} {chain}?", yes)
    answer = await desk.intervene(chain, actor, wish)
    judge(answer)
    message = answer.get("message") or ""
    return {**plan, "status": answer["status"], "message": message}, [
        f"done: {wish['action']} {chain}",
        *filter(None, [message]),
    ]


_ENDS: dict[str, type[Exception]] = {
    "not_found": NotFoundError, "closed": RefusedError, "not_your_turn": RefusedError, "already_decided": RefusedError,
    "figures_changed": RefusedError, "in_flight": RefusedError, "refused": RefusedError,
}  # fmt: skip
_WORDS = {
    "closed": "it is closed already",
    "not_your_turn": "it is not your turn",
    "already_decided": "you have decided already",
    "figures_changed": "the figures changed since they were shown; look again with `ltc task show`",
    "in_flight": "the step is in flight now; wait until it answers, or hold the chain first",
    "not_found": "there is no such place or task in this chain",
    "refused": "the chain refuses",
}


def judge(answer: Record) -> None:
    """Raise the error that stands for a chain's answer; return when it accepted.

    Raises:
        NotFoundError, RefusedError: by the answer's status.
    """
    status = answer.get("status")
    if status == "accepted":
        return
    reason = answer.get("message") or _WORDS.get(str(status), "the chain gave no reason")
    if answer.get("problems"):
        reason = "the answers do not fit the form; nothing of them is kept"
    head = str(status).replace("_", " ")
    raise _ENDS.get(str(status), FailedError)(fill("{status}: {reason}", status=label(head), reason=say(reason)))
