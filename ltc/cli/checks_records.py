"""What `ltc doctor` compares: the chains on record with those that Temporal has, the clocks of both with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ltc.cli.checks import Report, usable
from ltc.cli.text import counted

if TYPE_CHECKING:
    from temporalio.client import Client

    from ltc.settings import Settings
    from ltc.store import Store

_LOOKED_AT = 50  # chains asked about one by one
_APART = 30.0  # seconds that two clocks may differ by


async def records(settings: Settings, report: Report) -> None:
    """Temporal and the database know of the same chains: neither was lost, or put back from a copy."""
    from ltc.client.connection import connect
    from ltc.client.errors import EngineAwayError
    from ltc.store import Store

    url = settings.database_url()
    try:
        client = await connect(settings)
    except EngineAwayError:
        return  # said by the check of Temporal
    if not await usable(url):
        return
    async with await Store.open(url) as store:
        forgotten, unknown = await _forgotten(settings, client, store), await _unknown(client, store)
    if forgotten:
        report.warn(
            f"{forgotten} of the chains that Temporal has are not on record: was an older database put back?",
            "run `ltc views heal`: it reads them from Temporal's histories; the sweep of a worker does so, too",
        )
    if unknown:
        report.fail(
            f"Temporal does not know {counted(len(unknown), 'chain')} on record as open, such as {unknown[0]}",
            "put Temporal's own data back; what stays lost begins again by `ltc chain relaunch`",
        )
    if not forgotten and not unknown:
        report.ok("Temporal and the database know of the same chains")


async def time(settings: Settings, report: Report) -> None:
    """This machine's clock is that of the database, and nothing on record was made later than now."""
    from datetime import UTC, datetime

    from ltc.store import Store, lookups

    url = settings.database_url()
    if not await usable(url):
        return
    async with await Store.open(url) as store:
        theirs, newest = await store.read(lookups.clocks)
    now = datetime.now(UTC)
    apart, ahead = abs((theirs - now).total_seconds()), (newest - now).total_seconds() if newest else 0.0
    if apart > _APART:
        report.warn(
            f"this machine's clock and that of the database are {apart:.0f} s apart",
            "set both by NTP: signed messages are believed for LTC_SIGNATURE_LIFE seconds only",
        )
    if ahead > _APART:
        report.warn(
            f"the newest entry on record was made {ahead:.0f} s after now: a clock was set back, or another goes ahead",
            "set the clocks of all machines by NTP; what is due comes late until then, never early",
        )
    if max(apart, ahead) <= _APART:
        report.ok("this machine's clock agrees with the records")


async def _forgotten(settings: Settings, client: Client, store: Store) -> int:
    """Count the chains of ours on the first page of Temporal's list that are not on record."""
    from ltc.client.recalling import forgotten, installation_of

    named, _ = await forgotten(client, store)
    owners = [await installation_of(client, chain) for chain in named[-_LOOKED_AT:]]
    return len(named) - len(owners) + owners.count(settings.installation) if settings.installation in owners else 0


async def _unknown(client: Client, store: Store) -> list[str]:
    """Return open chains that Temporal does not know, of some that were not heard of lately."""
    from datetime import UTC, datetime

    from temporalio.service import RPCError, RPCStatusCode

    from ltc.store.lookups import quiet_chains

    found = []
    for chain, _, _ in await store.read(quiet_chains, datetime.now(UTC), "", _LOOKED_AT):
        try:
            await client.get_workflow_handle(chain).describe()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            found.append(chain)
    return found
