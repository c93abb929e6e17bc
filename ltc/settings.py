"""Every setting of an installation, read from the environment (``LTC_…``) and from nowhere else."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ltc.ports.health import Limits


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what to set."""


Part = Literal["workflows", "calls", "events", "sweep", "writeback"]
FILE_KINDS = (
    "pdf", "png", "jpg", "jpeg", "gif", "heic", "txt", "csv", "xml", "json", "md", "eml", "docx", "xlsx", "pptx",
    "odt", "ods", "ofd", "zip",
)  # fmt: skip
PARTS: tuple[Part, ...] = ("workflows", "calls", "events", "sweep", "writeback")

# Variables that other programs of ltc read: the sandbox, the command line, the demonstration.
OTHERS = ("LTC_SANDBOX_TOKEN", "LTC_ACTOR", "LTC_PLANT", "LTC_PROBES", "LTC_LANG")


class QueueLimits(BaseModel):
    """What one task queue may do at a time. ``rate`` is calls per second over all workers; 0 is unlimited."""

    concurrency: int = Field(default=50, ge=1, le=10_000)
    rate: float = Field(default=0.0, ge=0)


class SystemSettings(BaseModel):
    """How one port reaches its system. A setting that is empty is taken from the older ``LTC_ERP_URL`` and the like."""

    model_config = ConfigDict(extra="forbid")

    adapter: str = Field(default="sandbox", description="the adapter's name: ltc adapter list")
    url: str = ""
    token: SecretStr = SecretStr("")
    user: str = ""
    password: SecretStr = SecretStr("")
    database: str = Field(default="", description="the system's own database or account, where it has several")
    timeout: float | None = Field(default=None, gt=0, le=300, description="seconds; empty: LTC_HTTP_TIMEOUT")
    settle: float | None = Field(default=None, ge=0, le=3600, description="seconds; empty: LTC_SETTLE")
    mapping: Path | None = Field(default=None, description="a folder of field mappings that replace the adapter's own")
    breaker: Limits | None = Field(
        default=None, description="when calls stop while the system is away, and how they come back; ports share them"
    )
    options: dict[str, str] = Field(default_factory=dict, description="the adapter's own settings")


class WebhookSettings(BaseModel):
    """One endpoint for signed events: ``POST /webhooks/NAME``. Several secrets hold while one is being replaced."""

    model_config = ConfigDict(extra="forbid")

    secrets: list[SecretStr] = Field(min_length=1, max_length=4, description="whsec_…: ltc webhook secret makes one")
    events: list[str] = Field(default_factory=list, description="the events it takes; empty: every one there is")


class Settings(BaseSettings):
    """The settings. Paths are relative to the current folder; times are real seconds."""

    model_config = SettingsConfigDict(
        env_prefix="LTC_", env_nested_delimiter="__", extra="ignore", populate_by_name=True
    )

    installation: str = Field(default="ltc", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="part of every effect key")
    state: Path = Field(default=Path(".ltc"), description="the folder of databases, keys and logs")
    database: SecretStr = Field(default=SecretStr(""), description="database URL; empty: SQLite in the state folder")
    keys: Path | None = Field(default=None, description="the folder of the signing key; default STATE/keys")
    process_defs: Path = Field(default=Path("process_defs"), description="the folder of process definitions")
    calendar: str = Field(default="cn", description="what `ltc stuck` counts working time in; empty: not at all")
    people_file: Path = Field(default=Path("people.yaml"), description="who holds which role")
    files: Path | None = Field(default=None, description="the folder of attached files; default STATE/files")
    file_size: str = Field(
        default="20MB", pattern=r"^[1-9][0-9]{0,6}(KB|MB|GB)$", description="the most that one file may hold"
    )
    file_kinds: list[str] = Field(
        default_factory=lambda: list(FILE_KINDS), description="the kinds of files that are taken; [] takes any"
    )
    notices_file: Path | None = Field(
        default=None, description="where notices are written; default STATE/notices.jsonl"
    )

    temporal_address: str = Field(
        default="127.0.0.1:7233", validation_alias=AliasChoices("LTC_TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS")
    )
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr = SecretStr("")
    temporal_tls: bool = False
    build_id: str = Field(default="", description="set: workers are versioned under it, chains upgrade by themselves")

    crm_url: str = "http://127.0.0.1:8401"
    crm_token: SecretStr = SecretStr("")
    erp_url: str = "http://127.0.0.1:8402"
    erp_token: SecretStr = SecretStr("")
    systems: dict[str, SystemSettings] = Field(
        default_factory=dict, description="the system behind each port (crm, erp, customer); others are the sandbox"
    )
    http_timeout: float = Field(default=2.0, gt=0, le=300, description="to connect, and to wait for an answer")
    settle: float = Field(default=3.0, ge=0, le=3600, description="how long an abandoned call may still take effect")

    effect_classes: dict[str, Literal["A", "B", "C", "D"]] = Field(
        default_factory=dict, description="where a system's operations differ from its adapter's effect classes"
    )
    start_on: dict[str, str] = Field(
        default_factory=dict, description="events that begin chains: the process by event name; others wait for one"
    )
    webhooks: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")], WebhookSettings] = Field(
        default_factory=dict, description="endpoints for signed events by name (Standard Webhooks); empty: no door"
    )
    webhook_address: str = Field(
        default="127.0.0.1:8411", pattern=r"^[^\s:]+:[0-9]{1,5}$", description="where webhooks are taken"
    )
    webhook_size: int = Field(default=262_144, ge=1024, le=16_777_216, description="the most bytes of one webhook")
    parts: list[Part] = Field(
        default_factory=lambda: list(PARTS), description="what a worker process runs; ltc worker --only overrides it"
    )

    clock: str = Field(default="", description="the virtual clock as JSON, for demonstrations; empty: real time")
    queues: dict[str, QueueLimits] = Field(default_factory=dict, description="limits by port, or notices, chains")
    poll_events: float = Field(default=1.0, gt=0, description="seconds between two looks at a feed that has nothing")
    write_back: bool | None = Field(
        default=None, description="write outcomes into the CRM; empty: when LTC_SYSTEMS names the CRM (not the sandbox)"
    )
    sweep_every: float = Field(default=30.0, gt=0, description="seconds between two sweeps")
    answers_kept: float = Field(
        default=400.0,
        ge=0,
        description="days after a chain's end for which what systems answered to its reads is kept; 0: for ever",
    )
    signature_life: float = Field(default=300.0, gt=0, le=86_400, description="how long a signed message is valid")
    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("clock")
    @classmethod
    def _is_json_object(cls, text: str) -> str:
        if text:
            try:
                value: Any = json.loads(text)
            except ValueError:
                raise ValueError("is not JSON; give the virtual clock as a JSON object, or nothing") from None
            if not isinstance(value, dict):
                raise ValueError("is not a JSON object; give the virtual clock as one, or nothing")
        return text

    def database_url(self) -> str:
        """Return the database URL (it may hold a password: never print it)."""
        return self.database.get_secret_value() or f"sqlite:///{(self.state / 'ltc.db').resolve()}"

    def keys_folder(self) -> Path:
        """Return the folder of the signing key."""
        return self.keys or self.state / "keys"

    def notices(self) -> Path:
        """Return the file notices are written to."""
        return self.notices_file or self.state / "notices.jsonl"

    def files_folder(self) -> Path:
        """Return the folder of attached files."""
        return self.files or self.state / "files"

    def calendars(self) -> Path | None:
        """Return the folder of calendars beside the definitions; None when there is none: then ltc's own count."""
        folder = self.process_defs / "calendars"
        return folder if folder.is_dir() else None

    def limits(self, queue: str) -> QueueLimits:
        """Return the limits of a queue, by its port's name, ``notices`` or ``chains``."""
        return self.queues.get(queue) or QueueLimits()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return complaints about ``LTC_…`` variables that nothing reads, each with the name that may have been meant."""
    known = [f"LTC_{name.upper()}" for name in Settings.model_fields] + list(OTHERS)
    complaints = []
    for name in sorted(environment):
        if name.startswith("LTC_") and name.split("__", 1)[0] not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            complaints.append(f"the variable {name} means nothing to ltc{hint}")
    return complaints


def load(**overrides: Any) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: names the first wrong variable, what is wrong with it, never its value.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "__".join(str(part) for part in first["loc"]).upper()
        name = name if name.startswith(("LTC_", "TEMPORAL_")) else f"LTC_{name}"
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
    except ValueError as error:  # a JSON-valued variable that is not JSON
        raise SettingsError(f"{error}; variables such as LTC_QUEUES take JSON") from None
