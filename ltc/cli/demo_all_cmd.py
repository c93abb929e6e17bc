"""`ltc demo-all`: every shipped process runs its scenario on the sandbox, and is compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ltc.cli.exits import BadUsageError, FailedError

if TYPE_CHECKING:
    from starter.rehearsal.evidence import Evidence
    from starter.rehearsal.run import Options

app = typer.Typer(rich_markup_mode=None)


@app.command()
def demo_all(
    chains: Annotated[int, typer.Option("--chains", "-n", min=1, metavar="N", help="Chains of each process.")] = 1000,
    only: Annotated[str, typer.Option("--only", metavar="P,P", help="These processes only, by name.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep databases and logs even when all went well.")] = False,
    minutes: Annotated[float, typer.Option(min=0, help="Real minutes for the virtual clock; 0 chooses.")] = 0.0,
) -> None:
    """Run all shipped processes at once by their scenarios, compare with the plan. Exit 1 when a check fails."""
    from ltc import settings
    from starter.rehearsal import shape
    from starter.rehearsal.run import Options
    from starter.scenario import ScenarioError

    there = shape.processes()
    wanted = [name.strip() for name in only.split(",") if name.strip()] or there
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise BadUsageError(f"--only: there is no scenario of {unknown[0]!r}; there are {', '.join(there)}")
    try:
        scripts = [shape.read(name).subset(chains) for name in wanted]
    except ScenarioError as error:
        raise FailedError(str(error)) from error
    state = settings.load().state / "demo-all"
    if not _judge(_run(Options(scripts, state, minutes))):
        raise FailedError(f"a check failed; databases and logs are in {state}")
    if not keep:
        _remove(state)


def _run(options: Options) -> Evidence:
    from ltc.cli.interruptible import interruptible
    from ltc.client import ClientError
    from ltc.devserver import TemporalNotFoundError, TemporalNotReadyError
    from starter.installation import InstallationError
    from starter.order_file import OrderFileError
    from starter.progress import Progress
    from starter.rehearsal.run import rehearse
    from starter.report import console

    try:
        return interruptible(lambda: rehearse(options, Progress(console())))
    except (InstallationError, TemporalNotFoundError, TemporalNotReadyError, OrderFileError, ClientError) as error:
        raise FailedError(str(error)) from error


def _judge(evidence: Evidence) -> bool:
    from starter.rehearsal.report import show
    from starter.report import console

    return show(evidence, console())


def _remove(state: object) -> None:
    import shutil

    shutil.rmtree(str(state), ignore_errors=True)
