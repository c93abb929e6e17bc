"""`ltc event`: what outside systems reported and no chain could take, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, NotFoundError
from ltc.cli.output import Column, Format, col, note, one, plain, rows
from ltc.cli.session import ask
from ltc.cli.text import clean, moment, short

if TYPE_CHECKING:
    from ltc.cli.desk import Desk

app = typer.Typer(help="See events that no chain took; deal with them.", no_args_is_help=True, rich_markup_mode=None)
_STATES = ("late", "unmatched", "new", "routed")


def _fields(row: dict[str, Any]) -> str:
    return short(", ".join(f"{name} {value}" for name, value in (row.get("fields") or {}).items()), 60)


_LIST = (
    col("SOURCE", "source"), col("ID", "event"), col("EVENT", "name"), Column("ABOUT", _fields), col("CHAIN", "chain"),
    col("RESTS WITH", "owner"), col("WHY", "why", lambda value: short(value, 60)), col("SINCE", "at", moment),
)  # fmt: skip


@app.command("list")
def list_events(
    state: Annotated[str, typer.Option(help=f"One of {', '.join(_STATES)}.")] = "late",
    limit: options.Limit = 50,
    output: options.Output = Format.TABLE,
) -> None:
    """List late events (their chain has ended, or nobody can take them), or those in another state, oldest first."""
    if state not in _STATES:
        raise typer.BadParameter(f"{state!r} is not one of {', '.join(_STATES)}", param_hint="--state")
    found = ask(lambda desk: _events(desk, state, limit + 1))
    rows(found[:limit], _LIST, output, empty=f"no event is {state}")
    if len(found) > limit:
        note("there are more: raise --limit")


async def _events(desk: Desk, state: Any, limit: int) -> list[dict[str, Any]]:
    store = desk.client.store
    if state == "late":
        return [plain(row) for row in (await store.late_events())[:limit]]
    found = [plain(event) for event in await store.inbox(state, limit)]
    return [{**row, "event": row["id"], "at": row["received"], "owner": "", "why": ""} for row in found]


@app.command()
def close(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Where it came from, as `ltc event list` shows it.")],
    event: Annotated[str, typer.Argument(metavar="ID", help="Its id there.")],
    reason: options.Reason,
    actor: options.Actor,
    output: options.Output = Format.TABLE,
) -> None:
    """Record that a late event has been dealt with, by whom and how; it leaves the list."""
    if not reason.strip():
        raise BadUsageError("--reason is empty; say what was done about the event")
    ask(lambda desk: _close(desk, source, event, reason, actor))
    closed = {"source": source, "event": event, "closed_by": actor}
    one(closed, output, lambda _: typer.echo(f"{clean(event)} of {clean(source)} is closed"))


async def _close(desk: Desk, source: str, event: str, reason: str, actor: str) -> None:
    from ltc.cli.desk_tasks import DOOR

    await desk.may_intervene(actor)
    store = desk.client.store
    about = next((row for row in await store.late_events() if (row["source"], row["event"]) == (source, event)), None)
    if about is None or not await store.close_late_event(source, event, actor):
        raise NotFoundError(f"no late event {event!r} of {source!r} is open; `ltc event list` shows those that are")
    detail = {"source": source, "event": event}
    await store.audit(actor, "close_event", about["chain"], DOOR, reason, "done", detail)
