"""What `ltc doctor` finds at the door for signed events."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING

from ltc.cli.checks import Report

if TYPE_CHECKING:
    import httpx

    from ltc.settings import Settings

_SECONDS = 5.0
_NO_EVENT = "ltc.doctor"  # a door that takes the signature says that there is no such event: nothing is kept
_RESTART = "end the door and start it with the LTC_WEBHOOKS set here: `ltc down`, `ltc up`"


async def webhooks(settings: Settings, report: Report) -> None:
    """The door for signed events answers, serves every endpoint, and takes every secret. Nothing is kept there."""
    import httpx

    from ltc.ports.operations import Registry
    from starter.webhooks import endpoints

    wanted = endpoints(settings, Registry())
    if not wanted and not _runs_here(settings):
        return
    async with httpx.AsyncClient(base_url=f"http://{settings.webhook_address}", timeout=_SECONDS) as door:
        if not await _there(door):
            report.fail(
                f"no webhook is taken at {settings.webhook_address}",
                "set LTC_WEBHOOKS and run `ltc up`, or `ltc webhook serve`; elsewhere: set LTC_WEBHOOK_ADDRESS",
            )
            return
        for name, endpoint in wanted.items():
            for number, secret in enumerate(endpoint.secrets, 1):
                _judge(report, name, number, await _status(door, name, secret.get_secret_value()))
    if not wanted:
        report.ok(f"taken at {settings.webhook_address}; which ones is not looked at, LTC_WEBHOOKS is not set here")


def _runs_here(settings: Settings) -> bool:
    from ltc.processes import ProcessTable

    return any(one.name == "webhook" for one in ProcessTable.read(settings.state / "processes.json").records)


async def _there(door: httpx.AsyncClient) -> bool:
    import httpx

    try:
        return bool((await door.get("/about")).json() == {"system": "webhook"})
    except (httpx.HTTPError, ValueError):
        return False


async def _status(door: httpx.AsyncClient, name: str, secret: str) -> int:
    from starter.standard_webhooks import headers_of

    body = json.dumps({"type": _NO_EVENT, "data": {}}).encode()
    headers = headers_of([secret], f"doctor_{uuid.uuid4().hex}", int(time.time()), body)
    return (await door.post(f"/webhooks/{name}", content=body, headers=headers)).status_code


def _judge(report: Report, name: str, number: int, status: int) -> None:
    if status == 422:
        report.ok(f"{name} takes what secret {number} signs")
    elif status == 404:
        report.fail(f"the door does not serve {name}", _RESTART)
    elif status == 401:
        report.fail(f"the door takes nothing that secret {number} of {name} signs", _RESTART)
    else:
        report.fail(f"{name} answers {status}", "see the clock of both machines, and STATE/logs/webhook.log")
