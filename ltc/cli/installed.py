"""Finds the installation that a state folder holds: `ltc up` writes there with which settings it runs.

The environment wins; what it does not say is taken from ``STATE/installation.json``. Secrets are never written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ltc.cli.exits import BadUsageError

if TYPE_CHECKING:
    from ltc.settings import Settings

FILE = "installation.json"
_NAME = re.compile(r"LTC_[A-Z_]{1,60}")
_NOT_KEPT = ("LTC_STATE", "LTC_DATABASE")  # where we look, and what may hold a password
_SECRETS = (
    "LTC_CRM_TOKEN", "LTC_ERP_TOKEN", "LTC_SANDBOX_TOKEN", "LTC_SYSTEMS", "LTC_TEMPORAL_API_KEY", "LTC_DATABASE",
    "LTC_WEBHOOKS",
)  # fmt: skip
_DIGESTS = "digests"


def remember(state: Path, environment: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> None:
    """Write the settings of an installation into its state folder, for the commands that come later.

    Of ``secrets`` only a salted digest is written: it tells later whether they are still the same.
    """
    kept = {name: value for name, value in environment.items() if _NAME.fullmatch(name) and name not in _NOT_KEPT}
    if secrets is not None:
        kept[_DIGESTS] = json.dumps(_digests(secrets, os.urandom(16).hex()))
    path = state / FILE
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    path.chmod(0o600)


def secrets_here() -> dict[str, str]:
    """Return the settings of our environment that may hold secrets: what is started gets them by it alone."""
    return {name: value for name, value in os.environ.items() if name.split("__", 1)[0] in _SECRETS}


def differing(state: Path, environment: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """Return which settings are others than those that the state folder remembers; none where it remembers nothing."""
    kept = _kept(state)
    changed = [name for name, value in environment.items() if name not in _NOT_KEPT and kept.get(name, value) != value]
    if _DIGESTS in kept:
        before = json.loads(kept[_DIGESTS])
        now = _digests(secrets, before.get("", ""))
        changed += sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    return changed


def _digests(secrets: Mapping[str, str], salt: str) -> dict[str, str]:
    made = {
        name: hashlib.blake2b(value.encode(), salt=bytes.fromhex(salt), digest_size=16).hexdigest()
        for name, value in secrets.items()
    }
    return {"": salt, **made}


def set_aside(state: Path) -> bool:
    """Move a damaged file of settings out of the way, so that `ltc up` can write it anew; return whether it was."""
    try:
        _kept(state)
    except BadUsageError:
        path = state / FILE
        path.replace(path.with_suffix(".damaged"))
        return True
    return False


def adopt() -> None:
    """Take over what the state folder says and the environment does not.

    Raises:
        BadUsageError: the file is damaged.
    """
    temporal = "TEMPORAL_ADDRESS" in os.environ
    for name, value in _kept(Path(os.environ.get("LTC_STATE", ".ltc"))).items():
        if _NAME.fullmatch(name) and name not in _NOT_KEPT and not (temporal and name == "LTC_TEMPORAL_ADDRESS"):
            os.environ.setdefault(name, value)


def _kept(state: Path) -> dict[str, str]:
    path = state / FILE
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{path} cannot be read ({error}); run `ltc up` to write it anew") from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise BadUsageError(f"{path} is not a table of settings; run `ltc up` to write it anew")
    return kept


def load() -> Settings:
    """Return the settings of the installation at hand.

    Raises:
        BadUsageError: the state folder's file is damaged, or the virtual clock is none.
        SettingsError: a setting is wrong.
    """
    from pydantic import ValidationError

    from ltc import settings
    from ltc.model.base import first_fault
    from ltc.model.clock import VirtualClock

    adopt()
    found = settings.load()
    try:
        if found.clock:
            VirtualClock.model_validate_json(found.clock)
    except ValidationError as error:
        place, msg = first_fault(error)
        raise BadUsageError(f"LTC_CLOCK is no virtual clock: {place}: {msg}; unset it for real time") from error
    return found
