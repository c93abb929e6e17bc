"""``ltc sandbox``: the CRM and the ERP that really run, with faults on demand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Run a CRM or an ERP to try ltc with: HTTP, SQLite, faults by plan.")

Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Db = Annotated[Path, typer.Option(help="SQLite file; made when it is not there.")]
ClockOption = Annotated[
    str, typer.Option(help="Virtual clock: its JSON, or a file with it.", envvar="LTC_CLOCK", show_default="real time")
]
Faults = Annotated[Path | None, typer.Option(help="Fault plan: a JSON file.")]
Classes = Annotated[
    list[str] | None, typer.Option("--effect-class", help="How an operation is served, as erp.create_order=C.")
]
Seed = Annotated[int, typer.Option(help="Decides the replenishment schedule.")]
Data = Annotated[Path | None, typer.Option(help="Master data: a JSON file, as POST /setup or /opportunities takes.")]
Lag = Annotated[float, typer.Option(help="Seconds until a search by reference sees a new document.", min=0)]


@app.command()
def crm(
    port: Port = 8401, db: Db = Path("crm.sqlite"), host: Host = "127.0.0.1", clock: ClockOption = "",
    faults: Faults = None, effect_class: Classes = None, data: Data = None, index_lag: Lag = 0.0,
) -> None:  # fmt: skip
    """Run the CRM. LTC_SANDBOX_TOKEN, when set, is the bearer token callers must bring."""
    _run("crm", host, port, db, clock, faults, effect_class or [], 1, data, index_lag)


@app.command()
def erp(
    port: Port = 8402, db: Db = Path("erp.sqlite"), host: Host = "127.0.0.1", clock: ClockOption = "",
    faults: Faults = None, effect_class: Classes = None, seed: Seed = 1, data: Data = None, index_lag: Lag = 0.0,
) -> None:  # fmt: skip
    """Run the ERP. LTC_SANDBOX_TOKEN, when set, is the bearer token callers must bring."""
    _run("erp", host, port, db, clock, faults, effect_class or [], seed, data, index_lag)


def _run(
    system: Any, host: str, port: int, db: Path, clock: str, faults: Path | None, classes: list[str], seed: int,
    data: Path | None, index_lag: float,
) -> None:  # fmt: skip
    from pydantic import SecretStr

    from ltc.cli.exits import BadUsageError
    from ltc.cli.output import tell
    from ltc.sandbox.clock import read_clock
    from ltc.sandbox.faults import read_plan
    from ltc.sandbox.server import create_app, listen, serve
    from ltc.sandbox.settings import SandboxSettings, parse_class

    try:
        settings = SandboxSettings(
            system, db, read_clock(clock), tuple(read_plan(faults)) if faults else (),
            dict(parse_class(text, system) for text in classes), seed,
            SecretStr(os.environ.get("LTC_SANDBOX_TOKEN", "")), index_lag, data,
        )  # fmt: skip
        application = create_app(settings)
        listener = listen(host, port)
    except ValueError as error:
        raise BadUsageError(str(error)) from None
    address = f"http://{host}:{listener.getsockname()[1]}"
    renewed = application.state.system.database.renewed
    if renewed:
        tell(f"sandbox {system}: {db} is of an older ltc; brought to this one: {', '.join(renewed)}", err=True)
    tell(f"sandbox {system}: listening on {address}, pages on {address}/docs, data in {db}", err=True)
    serve(application, listener)
