"""`ltc db`: the database's schema."""

from __future__ import annotations

import typer

from ltc.cli import options
from ltc.cli.output import Format, note, one, pairs
from ltc.cli.session import run

app = typer.Typer(help="Bring the database to the present schema.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def root() -> None:
    """Bring the database to the present schema."""


@app.command()
def upgrade(dry_run: options.DryRun = False, output: options.Output = Format.TABLE) -> None:
    """Bring the database to the schema that this program needs, making it if it is new. Records are kept."""

    async def work() -> dict[str, object]:
        from ltc.cli import installed
        from ltc.store import migrate

        config = installed.load()
        url = config.database_url()
        before = migrate.current(url)
        migrate.require_known(url, before)
        if dry_run:
            return {"revision": before, "needed": migrate.head(), "dry_run": True}
        config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        after = migrate.upgrade(url)
        if before and before != after:
            note("views are made anew; lists are incomplete meanwhile (`ltc views refold` does it now)")
        return {"revision": after, "needed": migrate.head(), "dry_run": False}

    one(run(work()), output, _show)


def _show(record: dict[str, object]) -> None:
    if not record["dry_run"]:
        pairs([("schema", record["revision"])])
    elif record["revision"] == record["needed"]:
        pairs([("schema", record["revision"]), ("would do", "nothing, it is up to date")])
    else:
        pairs([("schema", record["revision"] or "none"), ("would do", f"upgrade to {record['needed']}")])
