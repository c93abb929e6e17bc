"""What `ltc doctor` asks of the engine and of the outside systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ltc.cli.checks import Report, usable

if TYPE_CHECKING:
    from ltc.settings import Settings

_WRITEBACK_PATIENCE = 30.0  # seconds that an outcome may wait before the doctor says so


async def temporal(settings: Settings, report: Report) -> None:
    """Temporal answers, and our namespace knows our search attributes."""
    from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
    from temporalio.api.workflowservice.v1 import GetSystemInfoRequest

    from ltc.client.connection import connect
    from ltc.devserver import SEARCH_ATTRIBUTES

    client = await connect(settings)
    info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    report.ok(f"Temporal {info.server_version} at {settings.temporal_address}, namespace {settings.temporal_namespace}")
    found = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=settings.temporal_namespace)
    )
    for name in SEARCH_ATTRIBUTES:
        if name not in found.custom_attributes:
            report.fail(
                f"the search attribute {name} is missing",
                f"temporal operator search-attribute create --name {name} --type Keyword",
            )


async def workers(settings: Settings, report: Report) -> None:
    """Somebody polls every queue, and whoever runs chains runs the code that is here."""
    from ltc.client.connection import connect
    from ltc.client.facts import pollers, pollers_named
    from ltc.code_version import code, code_of
    from ltc.model.messages import CHAINS_QUEUE, NOTICES_QUEUE, call_queue
    from ltc.ports.operations import Registry

    client = await connect(settings)
    ports = dict.fromkeys(operation.port for operation in Registry().operations.values())
    queues = [CHAINS_QUEUE, *map(call_queue, ports), NOTICES_QUEUE]
    idle = [queue for queue in queues if not await pollers(client, queue)]
    if idle:
        report.fail(f"no worker polls {', '.join(idle)}", "start one: `ltc up`, or `ltc worker`")
    else:
        report.ok(f"workers poll all {len(queues)} queues")
    named = sorted({one for one in await pollers_named(client, CHAINS_QUEUE) if code_of(one) not in ("", code())})
    if named:
        report.warn(
            f"other code than here runs chains: {', '.join(named)}; here it is {code()}",
            "restart them (`ltc down`, `ltc up`), or use the ltc that they run; one that was ended counts for 75 s",
        )


async def systems(settings: Settings, report: Report) -> None:
    """Every outside system answers us with the credentials we have, and serves what the settings say it does."""
    from ltc.bootstrap import systems_of
    from ltc.ports.errors import Misconfigured, PortError
    from ltc.ports.operations import Registry

    feeds = [name.split(".", 1)[0] for name in Registry().events]
    for name, system in systems_of(settings).items():
        check = getattr(system, "check", None)  # not every adapter has more to ask than its feed
        if name not in feeds and not check:
            continue  # the directory of customers lives in one of the others
        variable = f"LTC_{name.upper()}" if name in feeds else "LTC_ERP"
        try:
            await (check() if check else system.events("", 1))
            if name in feeds:
                report.ok(f"{name} answers")
        except Misconfigured as error:
            said, _, remedy = str(error).partition("; ")
            report.fail(said, remedy or f"set {variable}_URL and {variable}_TOKEN")
        except PortError as error:
            report.fail(str(error), f"start it (`ltc up`), or set {variable}_URL")
        finally:
            await system.aclose()


async def waiting(settings: Settings, report: Report) -> None:
    """No worker finds a system away."""
    from ltc.store import Store

    if not await usable(settings.database_url()):
        return
    async with await Store.open(settings.database_url()) as store:
        troubled = await store.troubled_systems()
    for one in troubled:
        report.warn(
            f"{one.system} is away for the workers since {one.since:%Y-%m-%d %H:%M:%SZ}, {one.waiting} calls wait:"
            f" {one.error}",
            "mend the system; the calls come back by themselves, the oldest first",
        )
    if not troubled:
        report.ok("no worker finds a system away")


async def writeback(settings: Settings, report: Report) -> None:
    """The CRM knows how far its deals are."""
    from datetime import UTC, datetime

    from ltc.store import Store, writebacks

    if not await usable(settings.database_url()):
        return
    async with await Store.open(settings.database_url()) as store:
        lag = await store.read(writebacks.lag)
    if not lag.outcomes:
        report.ok("the CRM knows of every outcome that is to be written back")
        return
    age = (datetime.now(UTC) - lag.since).total_seconds() if lag.since else 0.0
    waits = f"{lag.outcomes} outcomes of {lag.chains} chains wait for the CRM, the oldest for {age:.0f} s"
    if age < _WRITEBACK_PATIENCE:
        report.ok(waits)
    else:
        said = f": {lag.trouble}" if lag.trouble else ""
        report.warn(waits + said, "see that the CRM answers and that a worker runs the part writeback; nothing is lost")
