"""Checks decision tables where they are used: their inputs are read there, with the names of that place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ltc.definition.build import Build, Use
from ltc.definition.errors import Mark
from ltc.definition.expressions import ExpressionError, ExprType, TypeEnv, asked, check, names
from ltc.definition.flow import Known
from ltc.definition.names import Meaning
from ltc.definition.plan import Plan

_KINDS = {
    "text": ("string",), "whole": ("int",), "decimal": ("string", "int"), "condition": ("bool",),
    "date": ("timestamp", "string"),
}  # fmt: skip


@dataclass
class TableUses:
    """The check of one definition's tables; each complaint is made once."""

    plan: Plan
    build: Build
    told: dict[tuple[str, Mark], None] = field(default_factory=dict)

    def used(self, use: Use, table: str, visible: dict[str, Meaning], known: Known, mark: Mark) -> bool:
        """Check a table's inputs at a place that uses it; tells whether the place's own type can be checked."""
        fine = True
        for key, ask in self.build.asks.get(table, {}).items():
            try:
                inner, guarded = names(ask.source), {path.split(".")[0] for path in asked(ask.source)}
            except ExpressionError as error:
                self.wrong(ask, error)
                continue
            named = [self.name(table, ask, word, visible) for word in inner]
            unset = [w for w in inner if w in visible and w not in known.sure and w not in guarded]
            if unset and all(named):
                fine = False
                self.add("LTC-D141", mark, word=table, inner=unset[0])
            if all(named):
                self.type(table, key, ask, visible)
        return fine

    def name(self, table: str, ask: Use, word: str, visible: dict[str, Meaning]) -> bool:
        """Check a name that an input reads."""
        if word not in visible or word in ("event", "waiting_for"):
            self.add("LTC-D061", ask.mark, word=word, known=[name for name in visible if name not in self.plan.tables])
            return False
        if visible[word].what == "a table":
            self.add("LTC-D142", ask.mark, word=word)
            return False
        return True

    def type(self, table: str, key: str, ask: Use, visible: dict[str, Meaning]) -> None:
        """Check the type of an input, and that an amount in the base currency is compared with such amounts."""
        env = TypeEnv.of({name: meaning.type for name, meaning in visible.items()}, self.plan.currency)
        wanted = self.plan.tables[table].inputs[key].type
        try:
            kind = check(ask.source, env)
        except ExpressionError as error:
            self.wrong(ask, error)
            return
        if wanted == "money" and kind.kind == "int" and ask.source.startswith(("base(", "money(")):
            self.in_base(table, key)
        elif not _accepts(wanted, kind):
            self.add("LTC-D066", ask.mark, where=f"the input '{key}'", wanted=wanted, found=kind)

    def in_base(self, table: str, key: str) -> None:
        """Whole minor units of the base currency compare with amounts in the base currency only."""
        for at, row in enumerate(self.plan.tables[table].rows):
            cell = row.when.get(key)
            for part in cell.parts if cell else []:
                if part.currency != self.plan.currency:
                    mark = self.build.places[f"table:{table}:row:{at}"]
                    self.add("LTC-D144", mark, word=key, base=self.plan.currency, found=part.currency)

    def words(self, table: str, output: str) -> list[str]:
        """Return what an output of a table may give, if it is compared as a text or a number."""
        found = self.plan.tables.get(table)
        if found is None or found.outputs.get(output) not in ("text", "whole", "decimal", "span", "who"):
            return []
        given = [row.then[output] for row in found.rows] + ([found.otherwise[output]] if found.otherwise else [])
        return sorted(dict.fromkeys(str(word) for word in given))

    def column(self, use: Use, wanted: str) -> None:
        """Check that an expression is an output of a table, of the type wanted."""
        table, _, output = use.source.partition(".")
        known = [
            f"{name}.{key}" for name, one in self.plan.tables.items() for key, kind in one.outputs.items()
            if kind == wanted
        ]  # fmt: skip
        if f"{table}.{output}" not in known:
            self.add("LTC-D143", use.mark, word=use.source, wanted=wanted, known=known)

    def wrong(self, ask: Use, error: ExpressionError) -> None:
        """Pass on what the expressions' own check says of an input."""
        mark = replace(ask.mark, column=ask.mark.column + error.column - 1) if ask.exact else ask.mark
        self.add("LTC-D060", mark, problem=error.message, near=error.nearest, where=ask.where)

    def add(self, code: str, mark: Mark, **particulars: object) -> None:
        """Complain, once."""
        if (code, mark) not in self.told:
            self.told[(code, mark)] = None
            self.build.problems.add(code, mark, **particulars)  # type: ignore[arg-type]


def _accepts(wanted: str, kind: ExprType) -> bool:
    return kind.kind == "dyn" or (kind.is_money if wanted == "money" else kind.kind in _KINDS[wanted])
