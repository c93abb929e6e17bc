"""Finds the installation that a state folder holds: `ltc up` writes there with which settings it runs.

The environment wins; what it does not say is taken from ``STATE/installation.json``. Secrets are never written.
"""

from __future__ import annotations

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


def remember(state: Path, environment: Mapping[str, str]) -> None:
    """Write the settings of an installation into its state folder, for the commands that come later."""
    kept = {name: value for name, value in environment.items() if _NAME.fullmatch(name) and name not in _NOT_KEPT}
    path = state / FILE
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    path.chmod(0o600)


def differing(state: Path, environment: Mapping[str, str]) -> list[str]:
    """Return which settings are others than those that the state folder remembers; none where it remembers nothing."""
    kept = _kept(state)
    return [name for name, value in environment.items() if name not in _NOT_KEPT and kept.get(name, value) != value]


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
    from ltc.model.clock import VirtualClock

    adopt()
    found = settings.load()
    try:
        if found.clock:
            VirtualClock.model_validate_json(found.clock)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadUsageError(
            f"LTC_CLOCK is no virtual clock: {place}: {first['msg']}; unset it for real time"
        ) from error
    return found
