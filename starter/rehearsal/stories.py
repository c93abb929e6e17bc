"""The stories of a process, written by hand (`PROCESS.stories.yaml`): what its chains live through, and how often."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from ltc.model.base import Value, first_fault
from starter.rehearsal.known import check_rule
from starter.rehearsal.shape import FOLDER, MetFault, Rule
from starter.scenario import Outcome, ScenarioError
from starter.stories import SECONDS

_RULE_FIELDS = ("when", "do", "after", "nth", "where")
_FAULT = re.compile(r"(?P<fault>[0-9a-z_]+)(?::(?P<reason>[a-z_]+))?@(?P<operation>[a-z_.]+)")


class Deal(Value):
    """What the deals of a story are made of.

    Attributes:
        net: from and below which net amount in the currency's major unit; shared out over the lines.
        lines: from and up to how many lines.
        quantity: from and up to how many pieces of a line.
        products: which products; empty is any of Northwind's.
        customers: which CRM customers; empty is any of Northwind's.
        newcomer: the customer is new: the CRM alone knows it, each deal another one.
        exact: the lines themselves instead: product, quantity, price, and a discount if there is one.
    """

    currency: str = "USD"
    net: tuple[Decimal, Decimal] = (Decimal(100), Decimal(900))
    lines: tuple[int, int] = (1, 3)
    quantity: tuple[int, int] = (4, 20)
    products: list[str] = Field(default_factory=list)
    customers: list[str] = Field(default_factory=list)
    owner: str = ""
    newcomer: bool = False
    exact: list[dict[str, Any]] = Field(default_factory=list)
    extra: dict[str, Any] = Field(default_factory=dict)


class StoryRule(Value):
    """A rule as a story writes it: flat; ``after`` may be a range that the dice decide."""

    rule: Rule
    most: str = ""

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError("a rule is a mapping such as {when: bill, do: pay, after: 7d}")
        fields = {name: value for name, value in given.items() if name in _RULE_FIELDS}
        fields["args"] = {name: value for name, value in given.items() if name not in _RULE_FIELDS}
        most = ""
        if isinstance(fields.get("after"), list):
            fields["after"], most = fields["after"]
            Rule(when="x", do="x", after=most)
        rule = Rule.model_validate(fields)
        check_rule(rule)
        return {"rule": rule, "most": most}


def _fault(given: Any) -> Any:
    """Read ``lost_reply@erp.create_order``, ``refuse:credit_limit@erp.confirm_order`` or a mapping."""
    fields = given
    if isinstance(given, str):
        found = _FAULT.fullmatch(given)
        if found is None:
            raise ValueError(f"{given!r} is no fault; write lost_reply@erp.create_order or refuse:REASON@OPERATION")
        fields = {name: value for name, value in found.groupdict().items() if value}
    if isinstance(fields, dict) and fields.get("fault") in SECONDS:
        fields = {"seconds": SECONDS[fields["fault"]], **fields}
    return fields


class Story(Value):
    """One kind of fate.

    Attributes:
        count: how many chains live through it; with ``spread``, of each fault.
        spread: faults of which each chain meets one.
        early: its chains take long, so they are sent early.
        deal: the fields in which its deals differ from the process's.
        fields: further fields of the start event.
        effects: how often operations took effect in the end.
    """

    name: str
    count: int = Field(ge=1)
    ends: Outcome = "completed"
    why: str
    early: bool = False
    slow: list[str] = Field(default_factory=list)
    deal: dict[str, Any] = Field(default_factory=dict)
    faults: list[MetFault] = Field(default_factory=list)
    spread: list[MetFault] = Field(default_factory=list)
    script: list[StoryRule] = Field(default_factory=list)
    fields: dict[str, Any] = Field(default_factory=dict)
    effects: dict[str, int] = Field(default_factory=dict)

    @field_validator("deal")
    @classmethod
    def _deal(cls, given: dict[str, Any]) -> dict[str, Any]:
        Deal.model_validate(given)
        return given

    @field_validator("faults", "spread", mode="before")
    @classmethod
    def _faults(cls, given: Any) -> Any:
        return [_fault(one) for one in given] if isinstance(given, list) else given


class Stories(Value):
    """All stories of a process. ``prefix`` begins the business keys; it must differ from every other process's."""

    process: str
    prefix: str = Field(pattern=r"[A-Z]{1,4}")
    seed: int
    lasts: float = Field(gt=0, le=800)
    deal: Deal = Deal()
    master: dict[str, Any] = Field(default_factory=dict)
    usual: list[StoryRule] = Field(default_factory=list)
    stories: list[Story] = Field(min_length=1)


def stories_path(process: str, folder: Path = FOLDER) -> Path:
    """Return where the stories of a process lie."""
    return folder / f"{process}.stories.yaml"


def read_stories(process: str, folder: Path = FOLDER) -> Stories:
    """Read the stories of a process.

    Raises:
        ScenarioError: they are missing or wrong; the text says where.
    """
    path = stories_path(process, folder)
    try:
        return Stories.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScenarioError(f"{path.name}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path.name}: {error}") from error
    except ValidationError as error:
        place, msg = first_fault(error)
        raise ScenarioError(f"{path.name}: {place}: {msg}") from error
