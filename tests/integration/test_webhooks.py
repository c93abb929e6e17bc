"""The door for signed events before a real inbox: what comes in moves chains, starts them, or gets an owner."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from ltc.settings import load
from ltc.store.migrate import upgrade
from starter.events import Router, StartRules
from starter.standard_webhooks import headers_of, new_secret
from starter.webhooks import WebhookDoor, create_app
from tests.integration.rig import Rig, until

SECRET = new_secret()


def request(event: str, data: dict[str, Any], identity: str) -> dict[str, Any]:
    body = json.dumps({"type": event, "data": data}).encode()
    return {"content": body, "headers": headers_of([SECRET], identity, int(time.time()), body)}


async def send(rig: Rig, event: str, data: dict[str, Any], identity: str = "") -> httpx.Response:
    settings = load(webhooks={"shop": {"secrets": [SECRET]}})
    app = create_app(WebhookDoor(settings, rig.parts.store, rig.parts.registry))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as client:
        return await client.post("/webhooks/shop", **request(event, data, identity or uuid.uuid4().hex))


async def test_a_signed_cancellation_cancels_the_chain_once(rig: Rig) -> None:
    chain, deal = await rig.begin()
    await rig.order_of(chain)
    fields = {"opportunity": deal["opportunity_id"], "reason": "changed my mind"}
    assert (await send(rig, "crm.order_cancelled", fields, "C1")).status_code == 202
    assert (await send(rig, "crm.order_cancelled", fields, "C1")).status_code == 200
    result = await rig.ended(chain)
    assert result["outcome"] == "cancelled"


async def test_an_event_of_an_ended_chain_is_answered_so_and_gets_an_owner(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    await rig.client.intervene(chain, "cancel", "olga", "test")
    await rig.ended(chain)
    about = {"order": order["id"], "delivery": "DN-9"}

    async def noted() -> str:
        return str((await send(rig, "erp.goods_shipped", about)).json().get("note", ""))

    assert f"{chain} has ended" in await until(noted)

    async def late() -> list[dict[str, Any]]:
        return [row for row in await rig.parts.store.late_events() if row["source"] == "shop"]

    row = (await until(late))[0]
    assert (row["chain"], row["owner"], row["why"]) == (chain, "role:operator", "the chain has ended")
    assert await rig.parts.store.close_late_event("shop", row["event"], "olga")


async def test_a_signed_start_event_starts_its_chain_once(rig: Rig) -> None:
    deal = rig.deal()
    await rig.enter(deal)
    rules = StartRules({"crm.opportunity_won": "lead_to_cash"}, ["crm.opportunity_won"])
    router = Router(rig.client.temporal, rig.parts.store, rig.parts.registry, rig.client, rules)
    assert (await send(rig, "crm.opportunity_won", deal, "W1")).status_code == 202
    chain = f"lead_to_cash:{deal['opportunity']['number']}"

    async def begun() -> bool:  # the rig's own router, which starts nothing, may have looked at it first
        await rig.parts.store.mark_event("shop", "W1", "new")
        await router.deliver()
        return await rig.parts.store.start_of(chain) is not None

    await until(begun)
    assert (await send(rig, "crm.opportunity_won", deal, "W2")).status_code == 202
    await router.deliver()
    await rig.order_of(chain)


async def test_the_command_serves_the_door_and_sends_a_sample(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'ltc.db'}")
    env = {**os.environ, "LTC_STATE": str(tmp_path), "LTC_WEBHOOKS": json.dumps({"shop": {"secrets": [SECRET]}})}

    async def ltc(*words: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "ltc.cli.main", *words)
        return await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=pipe)

    serving = await ltc("webhook", "serve", "--port", "0")
    try:
        assert serving.stderr is not None
        said = ""
        while not (found := re.search(r"http://\S+/webhooks/shop", said)):
            line = await asyncio.wait_for(serving.stderr.readline(), 60)
            assert line, said
            said += line.decode()
        sample = ("webhook", "test", "shop", "--event", "erp.goods_shipped", "--id", "T1", "--url", found[0])
        data = json.dumps({"order": "SO-1", "delivery": "DN-1"})
        sent = await ltc(*sample, "--data", data, "-o", "json")
        answer, _ = await sent.communicate()
        assert json.loads(answer) == {"status": 202, "stored": "T1"}
        refused = await ltc(*sample, "--data", "{}")
        _, why = await refused.communicate()
        assert (refused.returncode, b"422: data." in why) == (4, True), why
        assert SECRET.encode() not in answer + why + said.encode()
    finally:
        serving.terminate()
        await serving.wait()


async def test_the_command_without_endpoints_says_what_to_set(tmp_path: Path) -> None:
    env = {**os.environ, "LTC_STATE": str(tmp_path)}
    env.pop("LTC_WEBHOOKS", None)
    pipe = asyncio.subprocess.PIPE
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ltc.cli.main", "webhook", "serve", env=env, stdout=pipe, stderr=pipe
    )
    _, why = await serving.communicate()
    assert serving.returncode == 2
    assert b"set LTC_WEBHOOKS" in why
