"""Where the people of a rehearsal act: the scenarios, the clock, the typed client, the systems, what they remember."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from ltc.client import ChainClient
from ltc.ports.files import Files
from ltc.ports.people import People
from starter.bots.office import Voters
from starter.bots.stage import LOG, Memory
from starter.rehearsal.shape import ChainPlan, Rule, Script
from starter.tempo import Tempo

Row = dict[str, Any]


@dataclass(frozen=True)
class Cast:
    """A planned chain with the scenario it belongs to."""

    script: Script
    plan: ChainPlan
    chain: str


@dataclass
class Remembered:
    """What people of the stage remember of the documents: which chain each belongs to, the newest of each type."""

    chain_of: dict[str, str] = field(default_factory=dict)
    newest: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, effect: Row) -> str:
        """Note whose document an effect is about; return the chain, or nothing."""
        known = effect["chain"] or self.chain_of.get(effect["document_id"]) or self.chain_of.get(effect["parent"], "")
        if known:
            self.chain_of.setdefault(effect["document_id"], known)
            self.newest[known][_snake(effect["document_type"])] = effect["document_id"]
        return known


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


@dataclass
class Stage:
    """Where people act."""

    scripts: list[Script]
    tempo: Tempo
    client: ChainClient
    crm: httpx.AsyncClient
    erp: httpx.AsyncClient
    people: People
    files: Files
    memory: Memory = field(default_factory=Memory)
    documents: Remembered = field(default_factory=Remembered)
    effects: list[Row] = field(default_factory=list)
    not_started: set[str] = field(default_factory=set)
    acted: Counter[tuple[str, str]] = field(default_factory=Counter)  # chain, sight
    last: dict[tuple[str, str], datetime] = field(default_factory=dict)
    voters: Voters = field(init=False)
    casts: dict[str, Cast] = field(init=False)
    _by_number: dict[str, Cast] = field(init=False)

    def __post_init__(self) -> None:
        self.voters = Voters(self)
        every = [Cast(script, plan, script.chain(plan)) for script in self.scripts for plan in script.chains]
        self.casts = {one.chain: one for one in every}
        self._by_number = {one.plan.number: one for one in every}

    def of(self, chain: str) -> Cast | None:
        """Return the plan of a chain; a child's is that of the chain whose business key begins its own."""
        if chain in self.casts:
            return self.casts[chain]
        number = chain.partition(":")[2]
        while number and number not in self._by_number:
            number = number[:-1]
        return self._by_number.get(number)

    def usual(self, cast: Cast) -> list[Rule]:
        """Return what people do for a chain where its script says nothing."""
        return [*cast.plan.usual, *cast.script.usual]

    async def command(self, system: httpx.AsyncClient, path: str, body: Any) -> Row | None:
        """Give a system a command; None when it says no."""
        answer = await system.post(path, json=body)
        if answer.status_code in (httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.NOT_FOUND):
            LOG.info("%s: %s", path, answer.text)
            return None
        answer.raise_for_status()
        done: Row = answer.json()
        return done
