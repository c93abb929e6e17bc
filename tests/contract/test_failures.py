"""How an adapter tells failures apart, and what it never says."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from ltc.adapters.sandbox.directory import SandboxDirectory
from ltc.adapters.sandbox.erp import SandboxErp
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable
from ltc.ports.operations import EffectClass
from ltc.sandbox.server import ServerThread, create_app, listen
from ltc.sandbox.settings import SandboxSettings

ORDER = op.OrderId(order="SO1")


class Nonsense:
    """Answers what it was told to, whatever is asked."""

    status = 200
    body = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": self.body})


@pytest.fixture(scope="module")
def nonsense() -> Iterator[tuple[Nonsense, str]]:
    app = Nonsense()
    server = ServerThread(app).start()
    yield app, server.url
    server.stop()


async def _fails(url: str, status: int = 200, app: Nonsense | None = None, body: Any = b"", **more: Any) -> PortError:
    """Return the error of creating nothing much at a system that answers so."""
    if app:
        app.status, app.headers = status, more.pop("headers", ())
        app.body = body if isinstance(body, bytes) else json.dumps(body).encode()
    erp = SandboxErp(url, **more)
    with pytest.raises(PortError) as failed:
        await erp.cancel_order(ORDER, "KEY")
    await erp.aclose()
    return failed.value


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>welcome</html>", ContractBroken),
        (200, {"id": "SO1"}, ContractBroken),
        (200, [1, 2], ContractBroken),
        (200, b"", ContractBroken),
        (204, b"", ContractBroken),
        (400, {"detail": "bad"}, ContractBroken),
        (404, b"not here", ContractBroken),
        (422, ["reason"], ContractBroken),
        (422, {"reason": "credit_limit", "message": "too much", "document": "SO1"}, BusinessRefusal),
        (409, {"reason": "already_shipped", "message": "gone"}, BusinessRefusal),
        (401, b"", Misconfigured),
        (403, b"", Misconfigured),
        (429, b"", Unavailable),
        (503, b"", Unavailable),
        (500, {"reason": "credit_limit", "message": "a refusal it is not"}, OutcomeUnknown),
        (502, b"", OutcomeUnknown),
        (504, b"", OutcomeUnknown),
    ],
)
async def test_answers_become_errors(nonsense: tuple[Nonsense, str], status: int, body: Any, error: type) -> None:
    app, url = nonsense
    failed = await _fails(url, status, app, body)
    assert type(failed) is error
    if isinstance(failed, ContractBroken) and body:
        assert failed.evidence


async def test_evidence_is_an_excerpt(nonsense: tuple[Nonsense, str]) -> None:
    app, url = nonsense
    failed = await _fails(url, 200, app, b"x" * 100_000)
    assert isinstance(failed, ContractBroken)
    assert len(failed.evidence) <= 500


@pytest.mark.parametrize(("value", "seconds"), [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("nan", None), ("soon", None)])
async def test_retry_after(nonsense: tuple[Nonsense, str], value: str, seconds: float | None) -> None:
    app, url = nonsense
    failed = await _fails(url, 429, app, headers=((b"retry-after", value.encode()),))
    assert isinstance(failed, Unavailable)
    assert failed.retry_after == seconds


async def test_nobody_listens() -> None:
    free = listen("127.0.0.1", 0)
    port = free.getsockname()[1]
    free.close()
    assert isinstance(await _fails(f"http://127.0.0.1:{port}"), Unavailable)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "no address", "http://127.0.0.1:99999", ""])
async def test_address_that_is_none(url: str) -> None:
    assert isinstance(await _fails(url), Misconfigured)


async def test_reads_have_no_unknown_outcome(nonsense: tuple[Nonsense, str]) -> None:
    app, url = nonsense
    app.status, app.body, app.headers = 500, b"", ()
    erp, directory = SandboxErp(url), SandboxDirectory(url)
    with pytest.raises(Unavailable):
        await erp.get_order(ORDER)
    with pytest.raises(Unavailable):
        await erp.probe("erp.cancel_order", "KEY", ORDER)
    with pytest.raises(Unavailable):
        await directory.resolve(op.ResolveCustomer(customer={"id": "1", "name": "x"}))
    await erp.aclose()
    await directory.aclose()


async def test_probe_that_is_refused_for_another_reason_tells_nothing(nonsense: tuple[Nonsense, str]) -> None:
    app, url = nonsense
    app.status, app.body, app.headers = 404, b'{"reason": "no_such_page", "message": "?"}', ()
    erp = SandboxErp(url)
    with pytest.raises(ContractBroken):
        await erp.probe("erp.cancel_order", "KEY", ORDER)
    await erp.aclose()


async def test_operation_of_another_system_is_misconfigured() -> None:
    erp = SandboxErp("http://127.0.0.1:1")
    with pytest.raises(Misconfigured, match=r"crm\.set_stage"):
        erp.effect_class("crm.set_stage")


SECRET = "s3cr3t-t0ken-0f-the-erp"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("guarded") / "erp.sqlite"
    server = ServerThread(create_app(SandboxSettings("erp", path, token=SecretStr(SECRET)))).start()
    yield server.url
    server.stop()


async def test_wrong_token_is_misconfigured_and_never_said(guarded: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = SECRET[::-1]
    for token in ("", wrong):
        failed = await _fails(guarded, token=token)
        assert isinstance(failed, Misconfigured)
        assert wrong not in str(failed) + repr(failed)
    right = SandboxErp(guarded, token=SecretStr(SECRET))
    await right.check()
    with pytest.raises(BusinessRefusal):
        await right.get_order(ORDER)
    await right.aclose()
    assert caplog.records
    for secret in (SECRET, wrong):
        assert secret not in caplog.text
        assert secret not in repr(vars(right))


async def test_check_tells_another_effect_class(guarded: str) -> None:
    erp = SandboxErp(guarded, token=SECRET, classes={"erp.create_order": EffectClass.A})
    with pytest.raises(Misconfigured, match=r"serves erp\.create_order as class C, the settings say A"):
        await erp.check()
    await erp.aclose()


async def test_client_survives_a_restart_of_the_system(tmp_path: Path) -> None:
    """Pooled connections to a process that is gone are not a reason to fail for good."""
    path = tmp_path / "erp.sqlite"
    server = ServerThread(create_app(SandboxSettings("erp", path))).start()
    port = int(server.url.rsplit(":", 1)[1])
    erp = SandboxErp(server.url)
    await erp.check()
    server.stop()
    with pytest.raises(Unavailable):
        await erp.check()
    again = ServerThread(create_app(SandboxSettings("erp", path)), port).start()
    await erp.check()
    await erp.aclose()
    again.stop()


async def test_one_event_that_is_none_keeps_no_other_from_coming(nonsense: tuple[Nonsense, str]) -> None:
    app, url = nonsense
    good = {"id": "E1", "name": "erp.goods_shipped", "fields": {"order": "SO1"}, "at": "2026-03-02T01:00:00Z"}
    wrong = [{**good, "id": None}, {**good, "at": "soon"}, "gone", {}]
    said = {"events": [good, *wrong, {**good, "id": "E2", "trace": "x"}], "next": "9"}
    app.status, app.headers, app.body = 200, (), json.dumps(said).encode()
    erp = SandboxErp(url)
    page = await erp.events("")
    again = await erp.events("")
    assert [one.name for one in page.events] == ["erp.goods_shipped", *["malformed"] * 4, "erp.goods_shipped"]
    assert (page.events[0].id, page.events[-1].id, page.next) == ("E1", "E2", "9")
    assert len({one.id for one in page.events}) == 6
    assert again == page, "read twice, they are the same events"
    app.body = json.dumps({"events": "none", "next": "9"}).encode()
    with pytest.raises(ContractBroken):
        await erp.events("")
    await erp.aclose()
