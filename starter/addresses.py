"""Where the parts of an installation listen: on this machine, at a port that nobody else has."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

_HERE = ("localhost", "::1")


class AddressError(Exception):
    """Nothing can be started at an address; the text says why and which setting names another."""


@dataclass(frozen=True)
class Place:
    """An address that a setting names: ``variable`` is that setting, for messages."""

    host: str
    port: int
    variable: str

    @property
    def local(self) -> bool:
        """Whether it is on this machine's loopback; only there anything is started."""
        return self.host in _HERE or self.host.startswith("127.")

    def require_free(self, name: str) -> None:
        """Refuse a port that another program listens on: its answers would be taken for those of our own process.

        Raises:
            AddressError: somebody listens there.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: connections that are only waiting to be forgotten do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise AddressError(
                    f"{name} cannot listen at {self.host}:{self.port} ({error.strerror}): another program or another "
                    f"installation is there; end it, or set {self.variable} to a free address"
                ) from None


def place_of(address: str, variable: str) -> Place:
    """Read ``http://host:port`` or ``host:port``.

    Raises:
        AddressError: it names no host or no port; or a password for what is started here, which takes none.
    """
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or not port:
        named = shown(address)
        raise AddressError(f"{variable}: {named!r} names no host and port; write it as in http://127.0.0.1:8101")
    place = Place(host, port, variable)
    if place.local and "@" in parts.netloc:
        token = variable.removesuffix("_URL") + "_TOKEN"
        raise AddressError(f"{variable} holds a user or a password; what is started here takes {token} instead")
    return place


def shown(address: str) -> str:
    """Return an address as it may be shown: without user, password and query, where secrets may stand."""
    if "//" not in address:
        return address.rpartition("@")[2]
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
