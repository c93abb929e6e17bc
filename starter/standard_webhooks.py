"""Signs and verifies webhooks as the Standard Webhooks specification says (standardwebhooks.com, version 1.0.0).

Signed is ``ID.TIMESTAMP.BODY`` with HMAC-SHA256; a secret is ``whsec_`` and its key in base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
TOLERANCE = 300  # seconds that a message's time may differ from ours, either way
KEY_BYTES = (24, 64)  # how long the specification lets a key be
MOST_SIGNATURES = 16  # that one message may bring; a rotation brings two


class WebhookError(Exception):
    """A message is not taken. ``status`` is the HTTP status it is answered with; the text says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def new_secret() -> str:
    """Make a secret: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key of a secret.

    Raises:
        ValueError: it is not ``whsec_`` and base64 of 24 to 64 bytes; the text never holds it.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except (binascii.Error, ValueError):
        key = b""
    if not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
        raise ValueError(
            "a webhook's secret is whsec_ and the base64 of 24 to 64 bytes; make one with `ltc webhook secret`"
        )
    return key


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message, as the header ``webhook-signature`` holds it; ``timestamp`` in Unix seconds.

    Raises:
        ValueError: the secret is none.
    """
    content = b".".join((message.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest()).decode()


def headers_of(secrets_: Sequence[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message, signed with each secret (several while one is being replaced).

    Raises:
        ValueError: a secret is none.
    """
    signatures = " ".join(sign(secret, message, timestamp, body) for secret in secrets_)
    return {"webhook-id": message, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


def announced(headers: Mapping[str, str], now: float) -> tuple[str, int]:
    """Return the id and the time that a message's headers name.

    Raises:
        WebhookError: a header is missing or malformed, or the time is too far from ours (400).
    """
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not headers.get(name)]
    if missing:
        raise WebhookError(400, f"the header {missing[0]} is missing; sign messages as Standard Webhooks says")
    message, time = headers["webhook-id"], headers["webhook-timestamp"]
    if len(message) > 200 or not message.isprintable() or not message.isascii():
        raise WebhookError(400, "webhook-id is not usable; send 1 to 200 printable ASCII characters")
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        raise WebhookError(400, "webhook-timestamp is not a time; send whole seconds since 1970")
    if abs(now - int(time)) > TOLERANCE:
        raise WebhookError(
            400,
            f"webhook-timestamp is more than {TOLERANCE // 60} minutes off; sign anew for each try, check the clock",
        )
    return message, int(time)


def verify(secrets_: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Check that a message is signed with one of our secrets and is fresh; returns its id. ``now`` in Unix seconds.

    Every signature is compared with every secret in constant time; versions other than ``v1`` are passed over.

    Raises:
        WebhookError: a header is missing or malformed, the message is stale (400), no signature fits (401).
    """
    message, time = announced(headers, now)
    given = headers["webhook-signature"].split(" ")[:MOST_SIGNATURES]
    fits = False
    for secret in secrets_:
        expected = sign(secret, message, time, body).encode()
        for signature in given:
            fits |= hmac.compare_digest(expected, signature.encode(errors="replace"))
    if not fits:
        raise WebhookError(401, "no signature fits: sign ID.TIMESTAMP.BODY with the secret of this endpoint")
    return message
