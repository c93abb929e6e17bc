"""The fault plan: which request of which chain meets which fault, said up front and counted when served."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from ltc.model.base import Value
from ltc.model.ids import digest
from ltc.sandbox.database import Database

Fault = Literal[
    "refuse",  # a business refusal with `reason`; nothing takes effect
    "busy",  # 503 with Retry-After; nothing takes effect
    "slow",  # answers after `seconds`
    "5xx_before",  # 500; nothing takes effect, but the caller cannot know
    "5xx_after",  # takes effect, then 500
    "lost_reply",  # takes effect, then the connection drops without an answer
    "late_commit",  # the connection drops; it takes effect `seconds` later, or when `barrier` is released
    "timeout",  # no answer and no effect, until the caller goes away
    "duplicate_event",  # an event that comes twice, with the same id
    "out_of_order_event",  # an event that comes after a later one of its chain, or after `seconds`
    "lost_event",  # an event that never comes
]
EVENT_FAULTS = ("duplicate_event", "out_of_order_event", "lost_event")
EFFECT_FAULTS = ("5xx_after", "late_commit")


class FaultRule(Value):
    """One planned fault.

    It meets requests of ``operation`` (or events of that name) whose facts equal all of ``match`` (``chain``,
    ``opportunity``, ``customer``, ``order``, ``delivery``, ``invoice``): from the ``nth`` such request on, ``times``
    requests. ``seconds`` are real.
    """

    operation: str
    fault: Fault
    match: dict[Literal["chain", "opportunity", "customer", "order", "delivery", "invoice"], str] = Field(
        default_factory=dict
    )
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)
    seconds: float = Field(default=0.0, ge=0, le=3600)
    reason: str = ""
    message: str = ""
    barrier: str = ""

    @model_validator(mode="after")
    def _needs(self) -> Self:
        problems = (
            (self.fault == "refuse" and not self.reason, "refuse needs a reason"),
            (self.fault != "refuse" and bool(self.reason or self.message), "only refuse takes reason and message"),
            (self.fault == "slow" and not self.seconds, "slow needs seconds"),
            (self.fault == "late_commit" and bool(self.seconds) == bool(self.barrier),
             "late_commit needs either seconds or barrier"),
            (self.fault != "late_commit" and bool(self.barrier), "only late_commit takes a barrier"),
            (self.fault not in ("busy", "slow", "late_commit", "out_of_order_event") and bool(self.seconds),
             f"{self.fault} takes no seconds"),
        )  # fmt: skip
        wrong = [text for bad, text in problems if bad]
        if wrong:
            raise ValueError(wrong[0])
        return self


_RULES = TypeAdapter(list[FaultRule])


def read_plan(path: Path) -> list[FaultRule]:
    """Read a plan file: a JSON list of rules.

    Raises:
        ValueError: the file cannot be read or a rule is wrong; says which and why.
    """
    try:
        return _RULES.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ValueError(f"fault plan {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"fault plan {path}: line {error.lineno}: not JSON: {error.msg}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ValueError(f"fault plan {path}: rule {where}: {first['msg']}") from None


def check_plan(rules: Iterable[FaultRule], effects: Mapping[str, bool], events: Iterable[str]) -> None:
    """Check that every rule names an operation or event that exists and a fault it can have.

    Args:
        rules: the plan.
        effects: every operation that may be named, and whether it has an effect.
        events: every event that may be named.

    Raises:
        ValueError: the first rule that does not.
    """
    known = [*effects, *events]
    for number, rule in enumerate(rules):
        where = f"fault plan: rule {number}: {rule.operation}"
        if rule.operation not in known:
            raise ValueError(f"{where}: no such operation or event; there are {', '.join(sorted(known))}")
        is_event = rule.operation not in effects
        if is_event != (rule.fault in EVENT_FAULTS):
            raise ValueError(f"{where}: {rule.fault} is a fault of {'operations' if is_event else 'events'}")
        if not is_event and rule.fault in EFFECT_FAULTS and not effects[rule.operation]:
            raise ValueError(f"{where}: {rule.fault} needs an operation with an effect; this one only reads")


class FaultPlan:
    """The rules of one system, how far each has come, and the count of what was served."""

    def __init__(self, database: Database, rules: Iterable[FaultRule]) -> None:
        self._database = database
        self._rules: dict[str, list[tuple[str, FaultRule]]] = {}
        for number, rule in enumerate(rules):
            name = f"{number}-{digest(rule.model_dump())}"
            self._rules.setdefault(rule.operation, []).append((name, rule))

    def concerns(self, operation: str) -> bool:
        """Tell whether any rule names this operation or event; where none does, facts need not be gathered."""
        return operation in self._rules

    def take(self, operation: str, facts: Mapping[str, str]) -> FaultRule | None:
        """Return the fault that this request or event meets, and count it. Opens no transaction of its own."""
        taken: FaultRule | None = None
        for name, rule in self._rules.get(operation, ()):
            if any(facts.get(field) != value for field, value in rule.match.items()):
                continue
            seen = self._database.value(
                "INSERT INTO fault_progress VALUES (?, 1) ON CONFLICT (rule) DO UPDATE SET seen = seen + 1"
                " RETURNING seen",
                name,
            )
            if taken is None and rule.nth <= seen < rule.nth + rule.times:
                taken = rule
        if taken:
            self.count(operation, taken.fault, taken.reason, planned=True)
        return taken

    def count(self, operation: str, fault: str, reason: str, *, planned: bool) -> None:
        """Count a fault that was served; a refusal by the system's own rules counts as not planned."""
        self._database.run(
            "INSERT INTO fault_counts VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT (operation, fault, reason, planned) DO UPDATE SET count = count + 1",
            operation, fault, reason, int(planned),
        )  # fmt: skip

    def counts(self) -> list[dict[str, str | int | bool]]:
        """Return the table fault × operation as served so far."""
        rows = self._database.rows("SELECT * FROM fault_counts ORDER BY operation, fault, reason, planned")
        return [{**dict(row), "planned": bool(row["planned"])} for row in rows]
