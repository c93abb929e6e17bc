"""``ltc adapter``: which systems ltc can talk to, what each supports, checking one, beginning a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, Code, FailedError, NotFoundError
from ltc.cli.output import Format, col, note, one, pairs, rows
from ltc.cli.text import clean

if TYPE_CHECKING:
    from ltc.contract.outcome import Outcome
    from ltc.ports.adapters import Adapter, Connection

app = typer.Typer(no_args_is_help=True, help="See adapters of outside systems, check one, begin a new one.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The adapter's name, as `ltc adapter list` shows it.")]
SecretFile = Annotated[Path | None, typer.Option(metavar="FILE", help="A file that holds nothing but the secret.")]
_LIST = (col("ADAPTER", "name"), col("SYSTEM", "title"), col("PORTS", "ports"), col("VERIFIED AGAINST", "verified"))
_SUPPORT = (col("OPERATION", "operation"), col("CLASS", "how"), col("INVERSE", "inverse"))
_FAILED = (col("CASE", "case"), col("ABOUT", "subject"), col("WHY", "why"), col("WHAT TO DO", "to_do"))
_DONE = (col("OPERATION", "subject"), col("OK", "ok", right=True), col("FAILED", "failed", right=True),
         col("DOES NOT APPLY", "unsupported", right=True))  # fmt: skip


@app.command("list")
def list_(output: options.Output = Format.TABLE) -> None:
    """List the adapters that are installed: ltc's own, and those of other distributions."""
    from ltc import adapters

    rows([_listed(name) for name in adapters.names()], _LIST, output)


@app.command()
def show(name: Name, output: options.Output = Format.TABLE) -> None:
    """Show an adapter: what it was verified against, its options, each operation with effect class and inverse."""
    from ltc.contract.support import supported

    adapter = _found(name)
    table = [row for row in supported(adapter) if row.how]
    shown = {**_row(adapter), "options": dict(adapter.options), "operations": table}

    def show_it(record: dict[str, Any]) -> None:
        pairs((key, record[key]) for key in ("name", "title", "ports", "verified"))
        pairs((f"option {key}", clean(value)) for key, value in record["options"].items())
        typer.echo("")
        rows(record["operations"], _SUPPORT, Format.TABLE)

    one(shown, output, show_it)


@app.command()
def support(
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to this file instead.")] = None,
) -> None:
    """Print what ltc's own adapters support as a page of Markdown: operation × effect class × inverse."""
    from ltc import adapters
    from ltc.contract.support import page

    text = page(adapters.find(name) for name in adapters.OURS)
    if write is None:
        typer.echo(text, nl=False)
    else:
        write.write_text(text, encoding="utf-8")
        note(f"written: {write}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new adapter's name: lower-case, as in acme_erp.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to write it; default ./ltc-NAME.")] = None,
) -> None:
    """Write the skeleton of a new adapter: a package that passes lint, and that `check` leads on from case to case."""
    from ltc import adapters
    from ltc.cli.adapter_new import write

    if name in adapters.names():
        raise BadUsageError(f"there is an adapter {name} already; choose another name")
    folder = out or Path(f"ltc-{name}")
    for path in write(name, folder):
        typer.echo(str(path))
    note(f"next: cd {folder} && pip install -e . && ltc adapter check {name} --url http://… (docs/adapters.md)")


@app.command()
def check(
    name: Name,
    url: Annotated[str, typer.Option(help="The system's address; empty: as LTC_SYSTEMS says.")] = "",
    user: Annotated[str, typer.Option(help="Who logs in.")] = "",
    password_file: SecretFile = None,
    token_file: SecretFile = None,
    database: Annotated[str, typer.Option(help="The system's own database or account.")] = "",
    option: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="An adapter's own setting.")] = None,
    sample: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="What to trade with: product=…")] = None,
    port: Annotated[list[str] | None, typer.Option(help="Only this port: crm, erp, customer.")] = None,
    case: Annotated[list[str] | None, typer.Option(help="Only this case of the suite.")] = None,
    about: Annotated[list[str] | None, typer.Option(help="Only this operation, event or port.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for an answer.", min=0.1, max=300)] = 10.0,
    yes: options.Yes = False,
    output: options.Output = Format.TABLE,
) -> None:
    """Run the contract suite against your own system, through a proxy that plays bad days. It writes documents."""
    from ltc.cli.adapter_check import connections_of, secret_of
    from ltc.ports.adapters import Connection

    adapter = _found(name)
    given = None
    if url and not url.startswith(("http://", "https://")):
        raise BadUsageError(f"--url {url}: write the whole address, such as http://127.0.0.1:8402")
    if url:
        token, password = secret_of(token_file, "--token-file"), secret_of(password_file, "--password-file")
        given = Connection(
            url, token=token, user=user, password=password, database=database, timeout=timeout,
            options=_options(option or []),
        )  # fmt: skip
    elif user or database or option or password_file or token_file:
        raise BadUsageError("--user, --database, --option and the secrets' files go with --url")
    connections = connections_of(adapter, port or [], given)
    _known_words(case or [], about or [])
    note(
        f"{adapter.title}: this writes documents (customers, leads, orders, deliveries, invoices, payments) into the"
        " system, some of which stay: use a company or database for trials"
    )
    if not yes and not typer.confirm("write into it?", err=True):
        raise FailedError("nothing was done")
    _report(adapter, _outcomes(adapter, connections, sample or [], case or [], about or []), output)


def _outcomes(
    adapter: Adapter, connections: dict[str, Connection], sample: list[str], case: list[str], about: list[str]
) -> list[Outcome]:
    import asyncio

    from ltc.cli.adapter_check import made_rig, run
    from ltc.ports.errors import PortError

    try:
        rig = made_rig(adapter, connections, sample)
        return asyncio.run(run(rig, case, about, note))
    except PortError as error:
        raise FailedError(str(error)) from None


def _report(adapter: Adapter, outcomes: list[Outcome], output: Format) -> None:
    failed = [one for one in outcomes if one.status == "failed"]
    if output is Format.TABLE:
        rows(_by_subject(outcomes), _DONE, output)
        if failed:
            typer.echo("")
            rows(failed, _FAILED, output)
        note(f"{adapter.name}: {sum(one.status == 'ok' for one in outcomes)} ok, {len(failed)} failed")
    else:
        one({"adapter": adapter.name, "ok": not failed, "outcomes": outcomes}, output, lambda _: None)
    if failed:
        raise typer.Exit(Code.FAILED)


def _by_subject(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Count what applies; a subject to which nothing applies is left out."""
    counted: dict[str, dict[str, Any]] = {}
    for one_ in outcomes:
        name = one_.subject or f"({one_.case})"
        counted.setdefault(name, {"subject": name, "ok": 0, "failed": 0, "unsupported": 0})[one_.status] += 1
    return [row for row in counted.values() if row["ok"] or row["failed"]]


def _options(given: list[str]) -> dict[str, str]:
    for pair in given:
        if "=" not in pair:
            raise BadUsageError(f"--option {pair}: write KEY=VALUE")
    return dict(pair.split("=", 1) for pair in given)


def _known_words(cases: list[str], about: list[str]) -> None:
    from ltc.contract.cases import CASES
    from ltc.ports.operations import EVENTS, OPERATIONS

    subjects = [*OPERATIONS, *EVENTS, *sorted({operation.port for operation in OPERATIONS.values()})]
    for option, words, known in (("--case", cases, [case.id for case in CASES]), ("--about", about, subjects)):
        for word in words:
            if word not in known:
                raise BadUsageError(f"{option} {word}: there are {', '.join(known)}")


def _row(adapter: Adapter) -> dict[str, Any]:
    ports = ", ".join(sorted(adapter.ports))
    return {"name": adapter.name, "title": adapter.title, "ports": ports, "verified": adapter.verified}


def _listed(name: str) -> dict[str, Any]:
    """Return an adapter's row; one that cannot be loaded must not hide the others."""
    try:
        return _row(_found(name))
    except NotFoundError as error:
        return {"name": name, "title": str(error), "ports": "", "verified": ""}


def _found(name: str) -> Adapter:
    from ltc import adapters
    from ltc.ports.errors import Misconfigured

    try:
        return adapters.find(name)
    except Misconfigured as error:
        raise NotFoundError(str(error)) from None
