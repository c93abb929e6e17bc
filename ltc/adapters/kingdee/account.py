"""How to get into a K3Cloud: the account of the settings, checked, and the headers and log-in that prove it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from ltc.ports.adapters import Connection
from ltc.ports.errors import Misconfigured

OPTIONS: dict[str, str] = {
    "auth": "how to get in: signed (default; headers signed with the application's secret), app (session by"
    " LoginByAppSecret) or user (session by ValidateUser with the user's password)",
    "app_id": "the application's id, for auth signed and app; its secret is the setting token",
    "lcid": "the language of messages: 2052 (default) is Chinese, 1033 English",
    "org": "the number of the organisation that sells, ships and bills; default 100",
    "stock": "the number of the warehouse that goods leave from and come back to",
    "zone": "the time zone of the server's times; default Asia/Shanghai",
    "crm_field": "the field of BD_Customer that holds the CRM's id of a customer; default FNumber, the customer's code",
    "prefix": "what the numbers of documents made by ltc begin with; default LTC",
}
AUTHS = ("signed", "app", "user")
# With this the vendor's SDK hides the gateway's part of an application id (encode_util.DecodeAppSecret, SDK 8.2.0).
_HIDDEN_WITH = b"0054f397c6234378b09ca7d3e5debce7"


@dataclass(frozen=True)
class Account:
    """The settings of one K3Cloud, checked. ``secret`` and ``password`` are sent, never shown."""

    auth: str
    database: str
    user: str
    app_id: str
    secret: str = field(repr=False)
    password: str = field(repr=False)
    lcid: str
    org: str
    stock: str
    zone: ZoneInfo
    crm_field: str
    prefix: str

    def secrets(self) -> tuple[str, ...]:
        """Return what may never appear in a message."""
        return tuple(text for text in (self.secret, self.password) if text)

    def signed_headers(self, path: str) -> dict[str, str]:
        """Return the headers that sign one POST to a path (SDK 8.2.0, webapi_client.BuildHeader)."""
        stamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        data = f"{self.database},{self.user},{self.lcid},{self.org}"
        client, hidden = self.app_id.split("_", 1) if self.app_id.count("_") == 1 else ("", "")
        said = f"POST\n{quote(path, safe='')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{stamp}\n"
        return {
            "X-Api-ClientID": client, "X-Api-Auth-Version": "2.0", "x-api-timestamp": stamp, "x-api-nonce": nonce,
            "x-api-signheaders": "x-api-timestamp,x-api-nonce", "X-Api-Signature": signature(said, _shown(hidden)),
            "X-Kd-Appkey": self.app_id, "X-Kd-Appdata": base64.b64encode(data.encode()).decode(),
            "X-Kd-Signature": signature(self.app_id + data, self.secret),
        }  # fmt: skip

    def login(self) -> tuple[str, dict[str, Any]]:
        """Return the service that opens a session, and what it takes."""
        who = {"acctID": self.database, "username": self.user, "lcid": int(self.lcid)}
        if self.auth == "user":
            return "AuthService.ValidateUser", {**who, "password": self.password}
        return "AuthService.LoginByAppSecret", {**who, "appId": self.app_id, "appSecret": self.secret}


def signature(text: str, secret: str) -> str:
    """Return base64 of the hexadecimal HMAC-SHA256: of the digits, not of the bytes (SDK 8.2.0, hmac_util)."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().encode()).decode()


def account_of(connection: Connection) -> Account:
    """Check the settings.

    Raises:
        Misconfigured: an option is unknown, or something needed to get in is missing; names it, never its value.
    """
    said = connection.options
    unknown = sorted(set(said) - set(OPTIONS))
    if unknown:
        raise Misconfigured(f"kingdee: there is no option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
    account = Account(
        auth=said.get("auth", "signed"), database=connection.database, user=connection.user,
        app_id=said.get("app_id", ""), secret=connection.token.get_secret_value(),
        password=connection.password.get_secret_value(), lcid=said.get("lcid", "2052"), org=said.get("org", "100"),
        stock=said.get("stock", ""), zone=_zone(said.get("zone", "Asia/Shanghai")),
        crm_field=said.get("crm_field", "FNumber"), prefix=said.get("prefix", "LTC"),
    )  # fmt: skip
    _complete(connection.url, account)
    return account


def _complete(url: str, account: Account) -> None:
    if account.auth not in AUTHS:
        raise Misconfigured(f"kingdee: the option auth is one of {', '.join(AUTHS)}")
    needed = {"url": url, "database (the account's id, acctID)": account.database, "user": account.user}
    if account.auth == "user":
        needed["password"] = account.password
    else:
        needed |= {"option app_id": account.app_id, "token (the application's secret)": account.secret}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise Misconfigured(f"kingdee: auth {account.auth} needs the setting {' and '.join(missing)}")
    if urlsplit(url).scheme not in ("http", "https"):
        raise Misconfigured("kingdee: the address in the settings is no http URL")
    if not account.lcid.isdigit():
        raise Misconfigured("kingdee: the option lcid is a number: 2052 or 1033")
    if not (account.prefix.isalnum() and account.prefix.isascii() and len(account.prefix) <= 6):
        raise Misconfigured("kingdee: the option prefix is one to six letters or digits")
    if not account.crm_field.replace("_", "").isalnum():
        raise Misconfigured("kingdee: the option crm_field is the name of a field")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Misconfigured("kingdee: the option zone is a time zone such as Asia/Shanghai") from None


def _shown(hidden: str) -> str:
    """Return the gateway's secret behind the second part of an application id; empty when that part is none."""
    if len(hidden) != 32:
        return ""
    try:
        held = base64.b64decode(hidden, validate=True)
    except ValueError:
        return ""
    return base64.b64encode(bytes(a ^ b for a, b in zip(held, _HIDDEN_WITH, strict=False))).decode()
