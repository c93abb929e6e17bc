"""The scenario of a process: for each chain its deal, its planned ending, the faults it meets, what people do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from ltc.model.base import Value, first_fault
from ltc.model.documents import Opportunity
from starter.rehearsal.spans import read_span
from starter.scenario import Outcome, PlannedFault, ScenarioError

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples" / "scenarios"


class Rule(Value):
    """What somebody does about something seen.

    Attributes:
        when: the kind of sight and the pattern of its place (``task approval.*``); see `starter.rehearsal.sights`.
        do: the action; see `starter.rehearsal.actions`.
        after: how long after it is seen: ``2bh``, ``1bd``, ``12h``, ``3d``; of money and goods, after the last part.
        nth: of news, which such sight of the chain it is about; 0 is each of them.
        where: fields of the sight that must be just so; of a mapping those that are named.
        args: what the action takes.
    """

    when: str
    do: str
    after: str = "0h"
    nth: int = Field(default=1, ge=0)
    where: dict[str, Any] = Field(default_factory=dict)
    args: dict[str, Any] = Field(default_factory=dict)

    @field_validator("after")
    @classmethod
    def _span(cls, text: str) -> str:
        read_span(text)
        return text

    @property
    def kind(self) -> str:
        """The kind of sight."""
        return self.when.split(" ", 1)[0]

    @property
    def place(self) -> str:
        """The pattern of the sight's place."""
        return self.when.partition(" ")[2].strip() or "*"


class MetFault(PlannedFault):
    """A fault of a chain; ``of``: a child chain meets it, with this business key (``-1``: behind the chain's own)."""

    of: str = ""


class ChainPlan(Value):
    """The plan of one chain.

    Attributes:
        number: its business key, unique over all scenarios.
        rank: every beginning of the ranking is as varied as it can be.
        slow: the legs whose promised times (``chain``: the chain's) may be breached, because the plan delays them;
            ``*`` is all.
        script: what people do otherwise than usual.
        usual: what they do where the script says nothing, as the dice fell for this chain.
        deal: the opportunity that the chain is about.
        fields: further fields of the start event.
        effects: how often operations took effect for the chain in the end, as the systems' records have it.
    """

    number: str
    rank: int
    story: str
    ends: Outcome
    why: str
    early: bool = False
    slow: list[str] = Field(default_factory=list)
    faults: list[MetFault] = Field(default_factory=list)
    script: list[Rule] = Field(default_factory=list)
    usual: list[Rule] = Field(default_factory=list)
    deal: Opportunity
    fields: dict[str, Any] = Field(default_factory=dict)
    effects: dict[str, int] = Field(default_factory=dict)


class Script(Value):
    """The scenario of one process.

    Attributes:
        lasts: virtual days from the start of a chain to its end, at most.
        master: customers, products and rates of the ERP beside Northwind's.
        usual: what people do where a chain's own rules say nothing.
    """

    process: str
    seed: int
    lasts: float = Field(gt=0, le=800)
    master: dict[str, Any] = Field(default_factory=dict)
    usual: list[Rule] = Field(default_factory=list)
    chains: list[ChainPlan]

    def subset(self, count: int) -> Script:
        """Return the first chains of the ranking; all, where there are no more."""
        kept = [chain for chain in self.chains if chain.rank < count]
        return self.model_copy(update={"chains": kept})

    def in_turn(self) -> list[ChainPlan]:
        """Return the chains as they are sent: those that take long come early."""
        return sorted(self.chains, key=lambda chain: (not chain.early, chain.rank))

    def chain(self, plan: ChainPlan) -> str:
        """Return the id of a planned chain."""
        return f"{self.process}:{plan.number}"


def path_of(process: str, folder: Path = FOLDER) -> Path:
    """Return where the scenario of a process lies."""
    return folder / f"{process}.json"


def processes(folder: Path = FOLDER) -> list[str]:
    """Return the processes that have a scenario."""
    return sorted(path.stem for path in folder.glob("*.json"))


def read(process: str, folder: Path = FOLDER) -> Script:
    """Read the scenario of a process.

    Raises:
        ScenarioError: there is none, or it is damaged; the text says where and what to do.
    """
    path = path_of(process, folder)
    try:
        return Script.model_validate_json(path.read_bytes())
    except OSError as error:
        known = ", ".join(processes(folder)) or "none"
        text = f"there is no scenario of {process!r} ({error.strerror}); there are {known}"
        raise ScenarioError(text) from error
    except ValidationError as error:
        place, msg = first_fault(error)
        raise ScenarioError(f"{path.name}: {place}: {msg}") from error


def written(script: Script) -> str:
    """Return the text of a scenario file, one chain a line."""
    head = script.model_dump(mode="json", exclude={"chains"}, exclude_defaults=True)
    rows = [
        json.dumps(chain.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for chain in script.chains
    ]
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "chains": [\n' + ",\n".join(rows) + "\n]}\n"
