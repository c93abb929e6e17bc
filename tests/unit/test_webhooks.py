"""Signed events: what is taken, what is refused and how it is said; secrets, rotation, replays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ltc.cli import checks, checks_webhooks
from ltc.devserver import free_port
from ltc.ports.errors import Unavailable
from ltc.ports.operations import Registry
from ltc.ports.store import DocumentRef, InboxEvent
from ltc.sandbox.server import ServerThread
from ltc.settings import SettingsError, load
from starter.standard_webhooks import PREFIX, WebhookError, headers_of, key_of, new_secret, sign, verify
from starter.webhooks import WebhookDoor, create_app

SECRET, OLD, STRANGE = new_secret(), new_secret(), new_secret()
NOW = 1_772_413_200
SHIPPED = {"type": "erp.goods_shipped", "data": {"order": "SO-1", "delivery": "DN-1"}}


class Records:
    """An inbox in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], InboxEvent] = {}
        self.away = False
        self.ended: list[str] = []

    async def receive(self, event: InboxEvent) -> bool:
        if self.away:
            raise Unavailable("the database is away")
        new = (event.source, event.id) not in self.kept
        self.kept.setdefault((event.source, event.id), event)
        return new

    async def received(self, source: str, event: str) -> InboxEvent | None:
        return self.kept.get((source, event))

    async def ended_chains(self, document: DocumentRef) -> list[str]:
        return self.ended


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def door(records: Records) -> Iterator[httpx.Client]:
    webhooks = {"shop": {"secrets": [SECRET, OLD]}, "bank": {"secrets": [STRANGE], "events": ["erp.payment_allocated"]}}
    settings = load(webhooks=webhooks, webhook_size=2048)
    server = ServerThread(create_app(WebhookDoor(settings, records, Registry(), lambda: NOW))).start()
    with httpx.Client(base_url=server.url) as client:
        yield client
    server.stop()


def post(
    door: httpx.Client, sent: Any = SHIPPED, *, to: str = "shop", secrets: tuple[str, ...] = (SECRET,), time: int = NOW,
    identity: str = "msg_1", without: str = "", **more: Any,
) -> httpx.Response:  # fmt: skip
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = {**headers_of(secrets, identity, time, body), **{name.replace("_", "-"): to for name, to in more.items()}}
    headers.pop(without, None)
    return door.post(f"/webhooks/{to}", content=body, headers=headers)


def test_the_published_vector() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_event_is_in_the_inbox_when_it_is_answered(door: httpx.Client, records: Records) -> None:
    answer = post(door)
    assert (answer.status_code, answer.json()) == (202, {"stored": "msg_1"})
    kept = records.kept["shop", "msg_1"]
    assert (kept.name, kept.fields) == ("erp.goods_shipped", SHIPPED["data"])
    assert kept.document == DocumentRef(system="erp", type="order", id="SO-1")


def test_a_replay_is_answered_well_and_kept_once(door: httpx.Client, records: Records) -> None:
    post(door)
    again = post(door, time=NOW + 60)
    assert (again.status_code, again.json()) == (200, {"known": "msg_1", "state": "new"})
    assert len(records.kept) == 1


def test_another_event_under_a_known_id_is_refused_and_not_swallowed(door: httpx.Client) -> None:
    post(door)
    other = post(door, {**SHIPPED, "data": {"order": "SO-2", "delivery": "DN-1"}})
    assert other.status_code == 409
    assert "an id of its own" in other.json()["error"]


@pytest.mark.parametrize("secrets", [(SECRET,), (OLD,), (STRANGE, OLD), (STRANGE, SECRET)])
def test_a_secret_is_replaced_without_losing_an_event(door: httpx.Client, secrets: tuple[str, ...]) -> None:
    assert post(door, secrets=secrets).status_code == 202


def test_versions_that_we_do_not_know_are_passed_over(door: httpx.Client) -> None:
    body = json.dumps(SHIPPED).encode()
    good = sign(SECRET, "msg_1", NOW, body)
    assert post(door, webhook_signature=f"v2,xyz v1a,abc {good}").status_code == 202
    assert post(door, webhook_signature=good.replace("v1,", "v2,")).status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"secrets": (STRANGE,)}, 401, "no signature fits"),
        ({"webhook_signature": "nonsense"}, 401, "no signature fits"),
        ({"webhook_signature": "v1,\u00fc".encode("latin-1")}, 401, "no signature fits"),
        ({"webhook_id": "msg_2"}, 401, "no signature fits"),
        ({"webhook_timestamp": str(NOW + 1)}, 401, "no signature fits"),
        ({"without": "webhook-signature"}, 400, "webhook-signature is missing"),
        ({"without": "webhook-id"}, 400, "webhook-id is missing"),
        ({"without": "webhook-timestamp"}, 400, "webhook-timestamp is missing"),
        ({"webhook_timestamp": "yesterday"}, 400, "whole seconds"),
        ({"webhook_timestamp": "9" * 40}, 400, "whole seconds"),
        ({"webhook_id": "x" * 201}, 400, "1 to 200"),
        ({"time": NOW - 301}, 400, "5 minutes"),
        ({"time": NOW + 301}, 400, "5 minutes"),
        ({"to": "nobody"}, 404, "no such webhook"),
        ({"to": "bank", "secrets": (SECRET,)}, 401, "no signature fits"),
        ({"to": "bank", "secrets": (STRANGE,)}, 422, "it takes erp.payment_allocated"),
        ({"sent": {**SHIPPED, "pad": "x" * 2048}}, 413, "2048 bytes"),
        ({"sent": b"{"}, 400, "not JSON"),
        ({"sent": b"\xff\xfe"}, 400, "not JSON"),
        ({"sent": b"[" * 2000}, 400, "not JSON"),
        ({"sent": b'{"type": "erp.goods_shipped", "data": {"order": NaN}}'}, 400, "not JSON"),
        ({"sent": b'{"type": "erp.goods_shipped", "data": {"order": "\\u0000"}}'}, 422, "NUL"),
        (
            {"sent": b'{"type": "erp.goods_shipped", "data": {"order": "\\ud800", "delivery": "x"}}'},
            422,
            "half a character",
        ),
        ({"sent": {**SHIPPED, "data": {"order": "S" * 201, "delivery": "x"}}}, 422, "more than 200 characters"),
        ({"sent": [1]}, 422, "type and data"),
        ({"sent": {"type": "erp.goods_shipped"}}, 422, "type and data"),
        ({"sent": {"type": 7, "data": {}}}, 422, "type and data"),
        ({"sent": {"type": "erp.goods_vanished", "data": {}}}, 422, "'erp.goods_vanished' is no event"),
        ({"sent": {**SHIPPED, "data": {"order": "SO-1"}}}, 422, "data.delivery: Field required"),
        ({"sent": {**SHIPPED, "data": {"order": 7, "delivery": "x"}}}, 422, "data.order"),
        ({"sent": {**SHIPPED, "data": {"order": "", "delivery": "x"}}}, 422, "names no document"),
        ({"sent": {**SHIPPED, "data": {**SHIPPED["data"], "drop": "table"}}}, 422, "data.drop"),
    ],
)
def test_what_is_not_taken_is_told_in_one_message_and_not_kept(
    door: httpx.Client, records: Records, change: dict[str, Any], status: int, says: str
) -> None:
    answer = post(door, **change)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert says in answer.json()["error"]
    assert records.kept == {}
    assert not any(secret.removeprefix(PREFIX) in answer.text for secret in (SECRET, OLD, STRANGE))


def test_a_body_that_says_no_length_is_cut_off_too(door: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    headers = headers_of([SECRET], "msg_1", NOW, b"x")
    assert door.post("/webhooks/shop", content=parts(), headers=headers).status_code == 413


def test_with_the_database_away_the_sender_is_told_to_come_again(door: httpx.Client, records: Records) -> None:
    records.away = True
    answer = post(door)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    records.away = False
    assert post(door).status_code == 202


def test_an_event_for_an_ended_chain_says_where_it_goes(door: httpx.Client, records: Records) -> None:
    records.ended = ["lead_to_cash:7"]
    assert "lead_to_cash:7 has ended" in post(door).json()["note"]


@pytest.mark.parametrize("wrong", ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%%"])
def test_what_is_no_secret_is_refused_without_being_shown(wrong: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and the base64") as told:
        key_of(wrong)
    assert "MfKQ" not in str(told.value)


@pytest.mark.parametrize(
    ("webhooks", "says"),
    [
        ({"shop": {"secrets": ["short"]}}, "LTC_WEBHOOKS: shop: a webhook's secret"),
        ({"shop": {"secrets": [SECRET], "events": ["erp.nothing"]}}, "there is no event 'erp.nothing'"),
    ],
)
def test_wrong_endpoints_are_refused_when_the_door_opens(webhooks: Any, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        WebhookDoor(load(webhooks=webhooks), Records(), Registry())


@pytest.mark.parametrize("webhooks", [{"shop": {"secrets": []}}, {"Shop/..": {"secrets": [SECRET]}}, {"shop": {}}])
def test_wrong_settings_are_refused_when_they_are_read(webhooks: Any) -> None:
    with pytest.raises(SettingsError, match="LTC_WEBHOOKS"):
        load(webhooks=webhooks)


def test_verify_gives_the_id() -> None:
    assert verify([SECRET], headers_of([SECRET], "m", NOW, b"{}"), b"{}", NOW + 299) == "m"
    with pytest.raises(WebhookError):
        verify([SECRET], headers_of([SECRET], "m", NOW, b"{}"), b"{} ", NOW)


@pytest.fixture
def served(records: Records) -> Iterator[str]:
    settings = load(webhooks={"shop": {"secrets": [SECRET]}})
    server = ServerThread(create_app(WebhookDoor(settings, records, Registry()))).start()
    yield server.url.removeprefix("http://")
    server.stop()


async def examined(address: str, webhooks: dict[str, Any], state: Path) -> list[tuple[str, str]]:
    settings = load(webhooks=webhooks, webhook_address=address, state=state)
    found = await checks.carry_out("webhooks", checks_webhooks.webhooks, settings)
    return [(one.state, one.message) for one in found]


async def test_the_doctor_asks_the_door_about_every_endpoint_and_secret(
    served: str, records: Records, tmp_path: Path
) -> None:
    wanted = {"shop": {"secrets": [SECRET, OLD]}, "bank": {"secrets": [SECRET]}}
    assert await examined(served, wanted, tmp_path) == [
        ("ok", "shop takes what secret 1 signs"),
        ("fail", "the door takes nothing that secret 2 of shop signs"),
        ("fail", "the door does not serve bank"),
    ]
    assert records.kept == {}


async def test_the_doctor_says_that_nobody_is_at_the_door(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    assert await examined(address, {}, tmp_path) == []
    silent = ("fail", f"no webhook is taken at {address}")
    assert await examined(address, {"shop": {"secrets": [SECRET]}}, tmp_path) == [silent]
    (tmp_path / "processes.json").write_text('[{"name": "webhook", "pid": 1, "born": "x"}]')
    assert await examined(address, {}, tmp_path) == [silent]
    ((state, said),) = await examined(address, {"shop": {"secrets": ["whsec_x"]}}, tmp_path)
    assert (state, said.startswith("LTC_WEBHOOKS: shop: ")) == ("fail", True)


async def test_a_door_whose_endpoints_are_unknown_here_is_looked_at_all_the_same(served: str, tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text('[{"name": "webhook", "pid": 1, "born": "x"}]')
    ((state, said),) = await examined(served, {}, tmp_path)
    assert (state, "LTC_WEBHOOKS is not set here" in said) == ("ok", True)
