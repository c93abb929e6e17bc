"""`ltc calendar`: the days that differ, the years that are provisional, and open deadlines reckoned anew."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ltc.cli import migrate_cmd, options
from ltc.cli.exits import BadUsageError, Code, NotFoundError
from ltc.cli.migrate_cmd import Chains, Plan, Process, Rate, Who, Why
from ltc.cli.output import Column, Format, col, note, one, pairs, rows, table
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, moment
from ltc.definition import calendars
from ltc.definition.calendars import BusinessCalendar

Record = dict[str, Any]
app = typer.Typer(
    help="Show and check calendars; reckon open deadlines by newer ones.", no_args_is_help=True, rich_markup_mode=None
)
_LISTED = (
    col("CALENDAR", "name"), col("VERSION", "version"), col("ZONE", "zone"),
    Column("PROVISIONAL FROM", lambda row: clean(row["provisional"] or "")),
)  # fmt: skip
_DAYS = (col("DAY", "day"), col("IS", "works"), col("MARK", "mark"))
_CHECKED = (
    col("CALENDAR", "name"), Column("PROVISIONAL FROM", lambda row: clean(row["provisional"] or "")),
    Column("DEFINITIONS", lambda row: clean(", ".join(row["definitions"]))), col("OPEN DEADLINES THERE", "deadlines"),
    Column("CHAINS", lambda row: clean(str(len(row["chains"])))), col("EARLIEST", "earliest", moment),
)  # fmt: skip


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="[CALENDAR]", help="One calendar; default: list them.")] = "",
    year: Annotated[
        int | None, typer.Option("--year", min=2000, max=2100, help="Which year; default: this one.")
    ] = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Show a calendar: hours, week, and the days of a year that differ; unpublished years are marked provisional."""
    if not name:
        rows([_head(one) for one in _all()], _LISTED, output, empty="there is no calendar")
        return
    found = _load(name)
    year = year or datetime.now().astimezone().year
    one({**_head(found), "year": year, **_year(found, year)}, output, _shown)


@app.command()
def check(
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 when open deadlines lie in provisional years.")
    ] = False,
    output: options.Output = Format.TABLE,
) -> None:
    """Say which definitions, and which open deadlines of chains, depend on years that are not published yet."""
    uses, deadlines = _uses(), _deadlines()
    found = [_checked(calendar, uses, deadlines) for calendar in _all()]
    rows(found, _CHECKED, output, empty="there is no calendar")
    bad = sum(row["deadlines"] for row in found)
    if bad:
        note(f"{counted(bad, 'open deadline')} may move when the days are published: then ltc calendar recalendar")
    if bad and strict:
        raise typer.Exit(Code.FAILED)


@app.command()
def recalendar(
    chains: Chains = None, process: Process = "", leg: migrate_cmd.Leg = "", plan: Plan = False, rate: Rate = 0.0,
    actor: Who = "", why: Why = "", yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Reckon the open deadlines of running chains by the calendars as they are now; old and new go on record.

    What was breached stays breached, what was warned is not warned of again. Exit 5 when only some could be done.
    """
    meant = migrate_cmd.chosen(chains, process, leg, "")
    migrate_cmd.carry_out("recalendar", meant, "", {}, plan, rate, actor, why, yes, output)


def _folder() -> Path | None:
    from ltc import settings

    return settings.load().calendars()


def _all() -> list[BusinessCalendar]:
    folder = _folder()
    return [_load(name) for name in calendars.available(folder)]


def _load(name: str) -> BusinessCalendar:
    try:
        return calendars.load(name, _folder())
    except calendars.CalendarError as error:
        if "there is no calendar" in str(error):
            raise NotFoundError(str(error)) from error
        raise BadUsageError(str(error)) from error


def _head(calendar: BusinessCalendar) -> Record:
    source = calendar.source
    return {
        "name": source.name, "version": calendar.version[:12], "zone": source.zone,
        "country": source.country, "provisional": source.provisional.isoformat() if source.provisional else "",
    }  # fmt: skip


def _year(calendar: BusinessCalendar, year: int) -> Record:
    source = calendar.source
    found = calendar.exceptions(date(year, 1, 1), date(year + 1, 1, 1))
    hours = ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in source.hours)
    return {"hours": hours, "days": [_day(calendar, day, works) for day, works in found.items()]}


def _day(calendar: BusinessCalendar, day: date, works: bool) -> Record:
    source = calendar.source
    mark = "of this company" if day in source.overrides else ""
    if source.provisional and day >= source.provisional and not mark:
        mark = "provisional"
    return {"day": f"{day.isoformat()} {day:%a}", "works": "make-up day" if works else "off", "mark": mark}


def _shown(record: Record) -> None:
    names = ("name", "version", "zone", "country", "hours", "year")
    pairs([*((name, record[name]) for name in names), ("provisional from", record["provisional"])])
    table(record["days"], _DAYS)
    if record["provisional"] and record["provisional"][:4] <= str(record["year"]):
        note(f"the make-up days of {record['year']} are not published yet: promises that reach there may move")


def _uses() -> dict[str, list[str]]:
    """Return the definitions that count by each calendar. A definition that does not compile is said, and left out."""
    from ltc.cli.def_files import paths, world
    from ltc.definition.compile import load_checked
    from ltc.definition.errors import DefinitionError

    known, found = world(None), dict[str, list[str]]()
    for path in paths(None):
        try:
            plan = load_checked(path, known).plan
        except DefinitionError as error:
            note(f"{path.name} does not compile: {error.problems[0].code}; it is left out")
            continue
        for name in dict.fromkeys([plan.calendar, *(sla.calendar for sla in plan.slas.values())]):
            found.setdefault(name, []).append(plan.process)
    return found


def _deadlines() -> list[Record]:
    """Return the open deadlines of chains; none where there is no installation."""
    from ltc.cli import installed

    config = installed.load()
    if not config.database.get_secret_value() and not (config.state / "ltc.db").exists():
        return []
    found: list[Record] = ask(lambda desk: desk.open_deadlines())
    return found


def _checked(calendar: BusinessCalendar, uses: dict[str, list[str]], deadlines: list[Record]) -> Record:
    from ltc.definition.worktime import is_provisional

    mine = [row for row in deadlines if row["calendar"] == calendar.name]
    moments = [row["deadline"] for row in mine]
    found: list[Record] = []
    if moments and calendar.source.provisional:
        window = calendar.window(min(moments).date(), date(max(moments).year + 2, 1, 1))
        found = [row for row in mine if is_provisional(row["deadline"], window)]
    return {
        **_head(calendar), "definitions": uses.get(calendar.name, []) if calendar.source.provisional else [],
        "deadlines": len(found), "chains": sorted({row["chain"] for row in found}),
        "earliest": min((row["deadline"] for row in found), default=None),
    }  # fmt: skip
