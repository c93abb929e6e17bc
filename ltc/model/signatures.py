"""Ed25519 signatures (RFC 8032) on messages to chains: made by our API, checked inside the Update's validator."""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ltc.model.messages import Signed


def _refusal() -> type[Exception]:
    """Let one check fail, and return what it raises.

    The library looks its exception up at its first failure. Inside Temporal's sandbox that look-up aborts the whole
    process (SDK 1.35, cryptography 46): a single forged message would kill the worker. So it fails once out here.
    """
    key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    try:
        key.verify(bytes(64), b"")
    except InvalidSignature as error:
        return type(error)
    return InvalidSignature


_REFUSAL = _refusal()  # while this module is being imported: nobody can forget it


def sign(message: Signed, private_key: bytes) -> str:
    """Return the signature (base64) of a message under a raw 32-byte private key."""
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(private_key).sign(message.signed_bytes())).decode()


def check(message: Signed, public_key: str, now: datetime) -> str:
    """Return why a message is not to be believed at real time ``now``; empty when it is.

    An empty ``public_key`` (base64) means that the installation signs nothing: every message is refused then.
    """
    if now > message.expires:
        return "the message has expired; send it again"
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(message.signature, validate=True), message.signed_bytes())
    except (_REFUSAL, ValueError):
        return "the message is not signed by this installation; send it through the ltc client"
    return ""
