"""What the client of chains refuses, each with one clear sentence: what, where, what to do."""

from __future__ import annotations


class ClientError(Exception):
    """A request to a chain that failed; the text says what, where and what to do."""


class NotFoundError(ClientError):
    """No such process, chain or task."""


class RefusedError(ClientError):
    """The request is understood and refused: not allowed, or not fit for where the chain stands."""


class BadInputError(ClientError):
    """The input is malformed; the text names the field."""


class EngineAwayError(ClientError):
    """Temporal does not answer; nothing was changed, or the request may be repeated as it is."""


class UnrecordedError(ClientError):
    """The chain has answered, and that it was asked could not be written down: asking again would ask twice."""
