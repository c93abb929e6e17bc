"""Turns the errors of other parts into ends of a command, without importing those parts."""

from __future__ import annotations

import sys

from ltc.cli.exits import BadUsageError, CliError, FailedError, NotFoundError, RefusedError

# Where an expected error comes from, its class there, and the end it stands for; the first match counts.
_TABLE: tuple[tuple[str, str, type[CliError]], ...] = (
    ("ltc.client.errors", "NotFoundError", NotFoundError),
    ("ltc.client.errors", "RefusedError", RefusedError),
    ("ltc.client.errors", "BadInputError", BadUsageError),
    ("ltc.client.errors", "ClientError", FailedError),
    ("ltc.settings", "SettingsError", BadUsageError),
    ("ltc.definition.errors", "DefinitionError", BadUsageError),
    ("ltc.definition.calendars", "CalendarError", BadUsageError),
    ("ltc.ports.errors", "BusinessRefusal", RefusedError),
    ("ltc.ports.errors", "PortError", FailedError),
    ("starter.order_file", "OrderFileError", BadUsageError),
    ("starter.installation", "InstallationError", FailedError),
    ("starter.scenario", "ScenarioError", FailedError),
    ("ltc.systems.shared", "SystemsError", FailedError),
    ("ltc.devserver", "TemporalNotFoundError", FailedError),
    ("ltc.devserver", "TemporalNotReadyError", FailedError),
)


def translate(error: BaseException) -> CliError | None:
    """Return the end that an expected error stands for; None when it is not an expected one."""
    if isinstance(error, CliError):
        return error
    for module, name, end in _TABLE:
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and isinstance(error, known):
            return end(str(error) or name)
    return _outside(error)


def _outside(error: BaseException) -> CliError | None:
    rpc = getattr(sys.modules.get("temporalio.service"), "RPCError", None)
    if rpc is not None and isinstance(error, rpc):
        return FailedError(f"Temporal answered: {getattr(error, 'message', '')}; `ltc doctor` checks the connection")
    database = getattr(sys.modules.get("sqlalchemy.exc"), "SQLAlchemyError", None)
    if database is not None and isinstance(error, database):
        # Its own text may quote the address with its password, and the parameters.
        return FailedError(f"the database refused ({type(error).__name__}); `ltc doctor` checks it")
    if isinstance(error, RuntimeError) and str(error).startswith("Failed client connect"):
        # A connection made lazily fails so at its first use.
        return FailedError("Temporal does not answer; start it with `ltc up`, or set TEMPORAL_ADDRESS")
    if isinstance(error, PermissionError):
        return FailedError(f"no permission for {error.filename}; check its owner and mode")
    if isinstance(error, OSError) and error.strerror and not isinstance(error, BrokenPipeError):
        if error.filename:
            return FailedError(f"{error.filename}: {error.strerror}; mend the path, or make room for it")
        return FailedError(f"a file cannot be written: {error.strerror}; make room, then run it again")
    return None
