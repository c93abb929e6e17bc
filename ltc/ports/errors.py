"""What can go wrong outside, told apart in the adapter and nowhere else.

PortError
├── BusinessRefusal    a "no" with a reason: on_refusal decides
├── Unavailable        certainly not done, the system is away or busy: backoff, shown as retrying
├── OutcomeUnknown     may or may not have taken effect: probed before anything else happens
├── StillInFlight      an earlier attempt may still land: wait what remains of the settle time
├── Misconfigured      credentials, addresses, roles: held at once
└── ContractBroken     the system answered nonsense: held with the evidence
"""

from __future__ import annotations


class PortError(Exception):
    """Any error of an outside system. Its text may be shown and stored: it never holds secrets."""

    retryable = False


class BusinessRefusal(PortError):
    """The system said no, and why; nothing took effect."""

    def __init__(self, reason: str, message: str, document: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.document = document


class Unavailable(PortError):
    """The system did not take the request; nothing took effect. ``retry_after`` in seconds.

    ``answered``: it is there, and said that it could not do this just now (a lock, a race lost against another
    change). One that answers is not away: its circuit breaker stays closed.
    """

    retryable = True

    def __init__(self, message: str, retry_after: float | None = None, *, answered: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.answered = answered


class OutcomeUnknown(PortError):
    """No answer, or one that does not tell whether the effect took place. ``answered`` as in ``Unavailable``."""

    retryable = True

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class StillInFlight(PortError):
    """An earlier attempt may still take effect; ``remaining`` seconds until it no longer can."""

    retryable = True

    def __init__(self, message: str, remaining: float) -> None:
        super().__init__(message)
        self.remaining = remaining


class Misconfigured(PortError):
    """Wrong credentials, address or settings: retrying cannot help."""


class ContractBroken(PortError):
    """The system answered something its contract excludes; ``evidence`` is a short excerpt."""

    def __init__(self, message: str, evidence: str = "") -> None:
        super().__init__(message)
        self.evidence = evidence[:500]
