"""The wire of the fake K3Cloud: always HTTP 200, JSON in JSON, rows in rows, cookies and signatures, and its troubles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from starlette.types import Receive, Scope, Send

from tests.fakes.kingdee.bills import BadQuery, Bill, select
from tests.fakes.kingdee.catalogue import KINDS
from tests.fakes.kingdee.k3cloud import K3Cloud, No

ROOT = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub."
LOST = "会话信息已丢失，请重新登录"


@dataclass
class Trouble:
    """What goes wrong with the next call of a service (``*``: of any that writes), on a form if one is named.

    ``kind``: lost (done, no answer), dropped (not done, no answer), late (done when released, no answer), echo (every
    secret in an answer that makes no sense), or one of ``ANSWERS``; ``code`` for ``msgcode``. ``skip`` lets so many calls pass first.
    """

    service: str
    kind: str
    form: str = ""
    code: int = 0
    skip: int = 0


@dataclass
class Server:
    """An ASGI application over one account."""

    system: K3Cloud = field(default_factory=K3Cloud)
    database: str = "acct1"
    user: str = "ltc"
    password: str = "pw-hidden-1"
    app_id: str = "244001_" + base64.b64encode(b"gateway-secret-000000000").decode()
    secret: str = "app-secret-hidden"
    signed: bool = True
    troubles: list[Trouble] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[Callable[[], Any]] = field(default_factory=list)

    def trouble(self, service: str, kind: str, form: str = "", code: int = 0, skip: int = 0) -> None:
        """Plan what goes wrong."""
        self.troubles.append(Trouble(service, kind, form, code, skip))

    def release(self) -> int:
        """Let what was late take effect; returns how many did."""
        late, self.waiting = self.waiting, []
        done = 0
        for run in late:
            try:
                run()
                done += 1
            except No:
                continue
        return done

    def expire(self) -> None:
        """Forget every session."""
        self.sessions.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        path = scope["path"]
        if not path.startswith(ROOT) or not path.endswith(".common.kdsvc"):
            await _answer(send, "", status=403)
            return
        text, cookie = self._handle(path, path[len(ROOT) :].removesuffix(".common.kdsvc"), headers, body)
        await _answer(send, text, cookie)

    def _handle(self, path: str, service: str, headers: dict[str, str], body: bytes) -> tuple[str | None, str]:
        said = json.loads(body)
        if service.startswith("AuthService."):
            return self._log_in(service.removeprefix("AuthService."), said)
        name = service.removeprefix("DynamicFormService.")
        if not self._known(path, headers):
            return _no(name, 1, LOST), ""
        data = json.loads(said["data"])
        form = str(said.get("formid") or data.get("FormId"))
        self.calls.append((name, form))
        return self._serve(name, form, data, str(said.get("opNumber", ""))), ""

    def _serve(self, name: str, form: str, data: dict[str, Any], operation: str) -> str | None:
        trouble = self._trouble(name, form)
        kind = trouble.kind if trouble else ""
        if kind == "msgcode" and trouble:
            return _no(name, trouble.code, "意外的错误")
        if kind == "echo":
            return json.dumps([self.secret, self.password, sorted(self.sessions)[-1:]])
        if kind in ANSWERS:
            return ANSWERS[kind]
        if kind == "dropped":
            return None
        if kind == "late":
            self.waiting.append(lambda: self.system.do(name, form, data, operation))
            return None
        answer = self._run(name, form, data, operation)
        return None if kind == "lost" else answer

    def _run(self, name: str, form: str, data: dict[str, Any], operation: str) -> str:
        try:
            if name == "ExecuteBillQuery":
                return json.dumps(self._rows(form, data), default=_number)
            return _yes(self.system.do(name, form, data, operation))
        except No as no:
            return _no(name, no.code, no.text, no.field)
        except BadQuery as bad:
            return _no(name, 4, str(bad))

    def _rows(self, form: str, data: dict[str, Any]) -> list[list[Any]]:
        if form == "STK_Inventory":
            return [
                [product, float(stock)]
                for product, stock in self.system.stock.items()
                if f"'{product}'" in data["FilterString"]
            ]
        kind = KINDS.get(form.lower())
        if kind is None:
            raise BadQuery(f"标识为“{form}”的业务对象不存在")
        return select(kind, self.system.all(form), data)

    def _trouble(self, service: str, form: str) -> Trouble | None:
        for trouble in self.troubles:
            writes = trouble.service == "*" and service != "ExecuteBillQuery"
            if (trouble.service == service or writes) and trouble.form in ("", form):
                if trouble.skip:
                    trouble.skip -= 1
                    continue
                self.troubles.remove(trouble)
                return trouble
        return None

    def _log_in(self, service: str, said: dict[str, Any]) -> tuple[str, str]:
        self.logins += 1
        right = said["acctID"] == self.database and said["username"] == self.user
        if service == "ValidateUser":
            right = right and said["password"] == self.password
        else:
            right = right and (said["appId"], said["appSecret"]) == (self.app_id, self.secret)
        if not right:
            text = f"用户名或密码错误 {said.get('password', said.get('appSecret'))}"
            return json.dumps({"LoginResultType": 0, "Message": text, "MessageCode": "CheckPasswordPolicy"}), ""
        session = f"session-hidden-{self.logins}"
        self.sessions.add(session)
        return json.dumps({"LoginResultType": 1, "Message": None, "KDSVCSessionId": session}), session

    def _known(self, path: str, headers: dict[str, str]) -> bool:
        if not self.signed:
            cookies = dict(part.strip().split("=", 1) for part in headers.get("cookie", "").split(";") if "=" in part)
            return headers.get("kdservice-sessionid", cookies.get("kdservice-sessionid")) in self.sessions
        client, hidden = self.app_id.split("_")
        key = bytes(a ^ b for a, b in zip(base64.b64decode(hidden), b"0054f397c6234378b09ca7d3e5debce7", strict=False))
        nonce, stamp = headers.get("x-api-nonce"), headers.get("x-api-timestamp")
        text = f"POST\n{path.replace('/', '%2F')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{stamp}\n"
        data = base64.b64decode(headers.get("x-kd-appdata", "")).decode()
        return (
            headers.get("x-api-clientid") == client
            and headers.get("x-api-auth-version") == "2.0"
            and headers.get("x-api-signature") == _sign(text, base64.b64encode(key).decode())
            and headers.get("x-kd-appkey") == self.app_id
            and data.split(",")[:2] == [self.database, self.user]
            and headers.get("x-kd-signature") == _sign(self.app_id + data, self.secret)
        )


def _sign(text: str, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().encode()).decode()


def _yes(bills: list[Bill]) -> str:
    done = [{"Id": bill.id, "Number": bill.number, "DIndex": place} for place, bill in enumerate(bills)]
    status = {"IsSuccess": True, "Errors": [], "SuccessEntitys": done, "SuccessMessages": [], "MsgCode": 0}
    first = {"Id": done[0]["Id"], "Number": done[0]["Number"], "NeedReturnData": [{}]} if done else {}
    return json.dumps({"Result": {"ResponseStatus": status, **first}}, ensure_ascii=False)


def _no(service: str, code: int, text: str, field: str = "") -> str:
    status = {
        "ErrorCode": 500, "IsSuccess": False, "Errors": [{"FieldName": field, "Message": text, "DIndex": 0}],
        "SuccessEntitys": [], "SuccessMessages": [], "MsgCode": code,
    }  # fmt: skip
    body: Any = {"Result": {"ResponseStatus": status}}
    return json.dumps([[body]] if service == "ExecuteBillQuery" else body, ensure_ascii=False)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


ANSWERS = {
    "html": "<html><body>登录</body></html>",
    "response_error": "response_error: System.NullReferenceException",
    "convert": json.dumps({
        "Result": {
            "ResponseStatus": {"IsSuccess": True, "Errors": [], "SuccessEntitys": [{"Id": 1, "Number": "X"}], "MsgCode": 0},
            "ConvertResponseStatus": {"IsSuccess": False, "Errors": [{"Message": "没有可以转换的数据"}]},
        }
    }, ensure_ascii=False),
    "no_document": json.dumps({"Result": {"ResponseStatus": {"IsSuccess": True, "SuccessEntitys": [], "MsgCode": 0}}}),
    "not_allowed": _no("Save", 11, "当前用户未指定允许调用WebAPI接口"),
    "empty": "[]",
    "short_row": "[[1]]",
    "no_rows": json.dumps([{"FID": 1}]),
    "odd": json.dumps({"Result": {}}),
}  # fmt: skip


async def _answer(send: Send, text: str | None, session: str = "", status: int = 200) -> None:
    """Send an answer; without a text the connection breaks off in the middle of one."""
    body = (text or "").encode()
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    if session:
        headers.append((b"set-cookie", f"kdservice-sessionid={session}; Path=/; HttpOnly".encode()))
    length = len(body) if text is not None else 100
    headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": text is None})
