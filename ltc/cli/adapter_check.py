"""Runs the contract suite against a user's own system and says what it supports."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from ltc.cli.exits import BadUsageError, FailedError
from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import open_bench
from ltc.contract.building import Samples
from ltc.contract.cases import CASES, check, works
from ltc.contract.outcome import Outcome
from ltc.contract.rigs import rig_for
from ltc.ports.adapters import Adapter, Connection
from ltc.ports.errors import PortError

_WHOLE = ("customer_id", "customer_name")


def secret_of(path: Path | None, option: str) -> SecretStr:
    """Read a secret from a file; nothing else may hold it, a command line is seen by every process.

    Raises:
        BadUsageError: the file cannot be read.
    """
    if path is None:
        return SecretStr("")
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsageError(f"{option}: {path} cannot be read: {type(error).__name__}") from None


def samples_of(given: Sequence[str], base: Samples) -> Samples:
    """Return samples with what ``key=value`` pairs say otherwise.

    Raises:
        BadUsageError: a key is none, or its value cannot be one.
    """
    known = [field.name for field in dataclasses.fields(Samples) if field.name != "customer"]
    found: dict[str, Any] = {}
    card: dict[str, str] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or key not in (*known, *_WHOLE):
            raise BadUsageError(f"--sample {pair}: write KEY=VALUE; keys: {', '.join((*known, *_WHOLE))}")
        if key in _WHOLE:
            card[key.removeprefix("customer_")] = value
        else:
            found[key] = value
    try:
        if "price" in found:
            found["price"] = int(found["price"])
        if card:
            found["customer"] = type(base.customer).model_validate({**base.customer.model_dump(), **card})
    except (ValueError, ValidationError) as error:
        raise BadUsageError(f"--sample: {str(error).splitlines()[0]}") from None
    return dataclasses.replace(base, **found)


def connections_of(adapter: Adapter, ports: Sequence[str], one: Connection | None) -> dict[str, Connection]:
    """Return the connections by port: the one given for all, or those of LTC_SYSTEMS that use this adapter.

    Raises:
        BadUsageError: a port is not served, or nothing says where the system is.
    """
    for port in ports:
        if port not in adapter.ports:
            raise BadUsageError(f"--port {port}: the adapter {adapter.name} serves {', '.join(adapter.ports)}")
    wanted = list(ports) or list(adapter.ports)
    if one is not None:
        return dict.fromkeys(wanted, one)
    found = _from_settings(adapter, wanted)
    if not found:
        raise BadUsageError(
            f"where is the system? give --url, or name the adapter {adapter.name} in LTC_SYSTEMS (ltc adapter show"
            f" {adapter.name})"
        )
    return found


def _from_settings(adapter: Adapter, wanted: Sequence[str]) -> dict[str, Connection]:
    from ltc.bootstrap import connection_of
    from ltc.settings import SystemSettings, load

    settings = load()
    chosen = {port: settings.systems.get(port) or SystemSettings() for port in wanted}
    return {port: connection_of(settings, port, one) for port, one in chosen.items() if one.adapter == adapter.name}


def made_rig(adapter: Adapter, connections: Mapping[str, Connection], samples: Sequence[str]) -> BaseRig:
    """Return the adapter's rig, trading with the given samples."""
    rig = rig_for(adapter, connections)
    rig.samples = samples_of(samples, rig.samples)
    return rig


async def run(rig: BaseRig, only: Sequence[str], about: Sequence[str], tell: Callable[[str], None]) -> list[Outcome]:
    """Run the suite; return the outcomes.

    Raises:
        FailedError: it cannot be run: the system is away, or refuses the credentials.
    """
    outcomes: list[Outcome] = []
    try:
        async with open_bench(rig) as bench:
            for case in CASES:
                if only and case.id not in only:
                    continue
                some = [await check(bench, one, subject) for one, subject in works([case.id], about)]
                outcomes += some
                tell(f"{case.id}: {_counted(some)}")
    except PortError as error:
        where = ", ".join(sorted({one.url for one in rig.connections.values()}))
        raise FailedError(f"the suite cannot be run on {rig.name} at {where}: {error}") from None
    return outcomes


def _counted(outcomes: Sequence[Outcome]) -> str:
    counts = {status: sum(one.status == status for one in outcomes) for status in ("ok", "failed", "unsupported")}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "nothing to do"
