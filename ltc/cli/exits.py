"""How a command ends: exit codes, and the errors that stand for them."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Exit status of every command."""

    OK = 0
    FAILED = 1  # it was tried and did not work: a system away, a check that found something
    USAGE = 2  # the command line or a file it names is wrong
    NOT_FOUND = 3  # no such chain, task, process, opportunity
    REFUSED = 4  # understood and not allowed: by the chain, by a role, by the person asked
    PARTIAL = 5  # some items done, others not


class CliError(Exception):
    """An expected end other than success: one message that says what, where and what to do."""

    code = Code.FAILED


class FailedError(CliError):
    """It was tried and did not work."""


class BadUsageError(CliError):
    """What was typed, or a file it names, is wrong."""

    code = Code.USAGE


class NotFoundError(CliError):
    """What was named does not exist."""

    code = Code.NOT_FOUND


class RefusedError(CliError):
    """Understood, and not allowed now."""

    code = Code.REFUSED


class PartialError(CliError):
    """Some of it was done."""

    code = Code.PARTIAL
