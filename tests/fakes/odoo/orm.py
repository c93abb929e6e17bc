"""A small ORM: typed fields, domains with dotted paths, commands for linked rows, and transactions that can be undone."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.odoo.errors import LockNotAvailable, MissingError, ServerError, ValidationError
from tests.fakes.odoo.store import F, Row, Store

STAMP = "%Y-%m-%d %H:%M:%S"


@dataclass
class Env:
    """One transaction: when it began, on whose behalf, in which context."""

    store: Store
    now: datetime
    context: Row = field(default_factory=dict)
    locked: set[tuple[str, int]] = field(default_factory=set)

    def fields(self, model: str) -> dict[str, F]:
        return self.store.models[model]

    # --- reading

    def get(self, model: str, number: int) -> Row:
        try:
            return self.store.table(model)[number]
        except KeyError:
            raise MissingError(
                f"Record does not exist or has been deleted.\n(Record: {model}({number},), User: 2)"
            ) from None

    def value(self, model: str, row: Row, name: str) -> Any:
        """A field's value as Python has it; false where there is none."""
        if name == "id":
            return row["id"]
        spec = self.fields(model).get(name)
        if spec is None:
            raise ServerError(f"Invalid field {name!r} on {model!r}")
        if spec.compute is not None:
            return spec.compute(self, row)
        if spec.kind == "o2m":
            return [one["id"] for one in self.store.children(spec.to, spec.by, row["id"])]
        value = row.get(name)
        if value is None or value == "":
            return {"float": 0.0, "int": 0, "m2m": []}.get(spec.kind, False)
        return value

    def all(self, model: str) -> list[Row]:
        return list(self.store.table(model).values())

    def search(self, model: str, domain: list[Any]) -> list[Row]:
        leaves = [leaf for leaf in domain if isinstance(leaf, (list, tuple))]
        if "active" in self.fields(model) and not any(leaf[0] == "active" for leaf in leaves):
            domain = [*domain, ["active", "=", True]]
        return [row for row in self._candidates(model, domain) if self.match(model, row, domain)]

    def _candidates(self, model: str, domain: list[Any]) -> list[Row]:
        """The rows that a search must look at: by id or by a link where the domain says so without alternatives."""
        if all(isinstance(leaf, (list, tuple)) for leaf in domain):
            for name, operator, wanted in domain:
                if name == "id" and operator in ("=", "in"):
                    table = self.store.table(model)
                    return [table[one] for one in sorted(wanted if operator == "in" else [wanted]) if one in table]
                spec = self.fields(model).get(name)
                if spec and spec.kind == "m2o" and not spec.compute and operator in ("=", "in"):
                    numbers = sorted(set(wanted if operator == "in" else [wanted]))
                    found = [row for one in numbers for row in self.children(model, name, one)]
                    return sorted(found, key=lambda row: row["id"]) if len(numbers) > 1 else found
        return self.all(model)

    def children(self, model: str, by: str, number: Any) -> list[Row]:
        return self.store.children(model, by, number or None)

    def match(self, model: str, row: Row, domain: list[Any]) -> bool:
        """Evaluate a domain: prefix ``|``, ``&``, ``!``; what is not joined is and."""
        stack: list[bool] = []
        for token in reversed(domain):
            if token == "!":
                stack.append(not stack.pop())
            elif token in ("|", "&"):
                left, right = stack.pop(), stack.pop()
                stack.append(left or right if token == "|" else left and right)
            else:
                stack.append(self._leaf(model, row, *token))
        return all(stack)

    def _leaf(self, model: str, row: Row, path: str, operator: str, wanted: Any) -> bool:
        values, kind = self._along(model, row, path.split("."))
        if isinstance(wanted, str) and kind == "datetime" and operator in (">=", ">", "<", "<="):
            wanted = datetime.strptime(wanted, STAMP).replace(tzinfo=UTC)
        return _OPERATORS[operator](values, wanted)

    def _along(self, model: str, row: Row, path: list[str]) -> tuple[list[Any], str]:
        value = self.value(model, row, path[0])
        spec = F("int") if path[0] == "id" else self.fields(model)[path[0]]
        many = value if spec.kind in ("o2m", "m2m") else [value]
        if len(path) == 1:
            return (many or [False]) if spec.kind in ("o2m", "m2m") else many, spec.kind
        found, kind = [], "char"
        for number in many:
            if number:
                inner, kind = self._along(spec.to, self.get(spec.to, number), path[1:])
                found += inner
        return found or [False], kind

    def shown(self, model: str, row: Row, names: list[str]) -> Row:
        """A row as JSON: links as [id, name], times to the second, nothing as false."""
        made: Row = {"id": row["id"]}
        for name in names:
            value = self.value(model, row, name)
            spec = self.fields(model).get(name, F("int"))
            if spec.kind == "m2o" and value:
                value = [value, self.name(spec.to, value)]
            elif isinstance(value, datetime):
                value = value.strftime(STAMP)
            made[name] = value
        return made

    def name(self, model: str, number: int) -> str:
        row = self.get(model, number)
        return str(row.get("name") or f"{model},{number}")

    # --- writing

    def create(self, model: str, values: Row) -> Row:
        fields = self.fields(model)
        number = self.store.next(model)
        row: Row = {"id": number, "create_date": self.now, "write_date": self.now}
        for name, spec in fields.items():
            if spec.default is not None and name not in values:
                row[name] = spec.default(self) if callable(spec.default) else spec.default
        self.store.note(model, number, None)
        self.store.table(model)[number] = row
        self._assign(model, row, values)
        for name, spec in fields.items():
            if spec.required and not row.get(name):
                raise ValidationError(f"Missing required value for the field '{name}' ({name}).")
        return row

    def write(self, model: str, row: Row, **values: Any) -> None:
        """Write a row, as its transaction's own time."""
        if (model, row["id"]) in self.locked:
            raise LockNotAvailable
        self.store.note(model, row["id"], dict(row))
        row["write_date"] = self.now
        self._assign(model, row, values)

    def unlink(self, model: str, row: Row) -> None:
        self.store.note(model, row["id"], dict(row))
        del self.store.table(model)[row["id"]]

    def _assign(self, model: str, row: Row, values: Row) -> None:
        later = []
        for name, value in values.items():
            spec = self.fields(model).get(name)
            if spec is None or name in ("id", "write_date"):
                raise ServerError(f"Invalid field {name!r} on {model!r}")
            if spec.kind in ("o2m", "m2m"):
                later.append((name, spec, value))
            else:
                row[name] = self._checked(model, name, spec, value)
        for name, spec, value in later:
            self._commands(row, name, spec, value)

    def _checked(self, model: str, name: str, spec: F, value: Any) -> Any:
        if value is False or value is None:
            return False if spec.kind == "bool" else None
        wanted = {"char": str, "text": str, "html": str, "float": (int, float), "int": int, "m2o": int, "bool": bool}
        if spec.kind in wanted and not isinstance(value, wanted[spec.kind]):
            raise ServerError(f"Wrong value for {model}.{name}: {value!r}")
        if spec.kind == "m2o" and value not in self.store.table(spec.to):
            raise ValidationError(f"The operation cannot be completed: {spec.to} {value} does not exist.")
        if spec.kind == "datetime" and isinstance(value, str):
            return datetime.strptime(value, STAMP).replace(tzinfo=UTC)
        return value

    def _commands(self, row: Row, name: str, spec: F, commands: Any) -> None:
        for command in commands:
            code, number = command[0], command[1] if len(command) > 1 else 0
            if spec.kind == "o2m":
                self._child(row, spec, code, number, command)
            elif code == 6:
                row[name] = [self.get(spec.to, one)["id"] for one in command[2]]
            elif code == 4:
                row[name] = sorted({*(row.get(name) or []), self.get(spec.to, number)["id"]})
            else:
                raise ServerError(f"command {code} on {name}")

    def _child(self, row: Row, spec: F, code: int, number: int, command: Any) -> None:
        if code == 0:
            hook = CREATE.get(spec.to)
            values = {**command[2], spec.by: row["id"]}
            hook(self, values) if hook else self.create(spec.to, values)
        elif code == 1:
            hook_write = WRITE.get(spec.to)
            child = self.get(spec.to, number)
            hook_write(self, child, command[2]) if hook_write else self.write(spec.to, child, **command[2])
        elif code in (2, 5):
            rows = (
                [self.get(spec.to, number)]
                if code == 2
                else [one for one in self.all(spec.to) if one.get(spec.by) == row["id"]]
            )
            for one in rows:
                self.unlink(spec.to, one)
        else:
            raise ServerError(f"command {code} on {spec.to}")


CREATE: dict[str, Callable[[Env, Row], Row]] = {}
WRITE: dict[str, Callable[[Env, Row, Row], None]] = {}


def _like(values: list[Any], wanted: str) -> bool:
    pattern = wanted.replace("[", "[[]").replace("%", "*").replace("_", "?").lower()
    return any(isinstance(one, str) and fnmatch.fnmatchcase(one.lower(), f"*{pattern}*") for one in values)


_OPERATORS: dict[str, Callable[[list[Any], Any], bool]] = {
    "=": lambda values, wanted: wanted in values or (wanted is None and False in values),
    "!=": lambda values, wanted: wanted not in values,
    "in": lambda values, wanted: any(one in wanted for one in values),
    "not in": lambda values, wanted: not any(one in wanted for one in values),
    ">": lambda values, wanted: any(one and one > wanted for one in values),
    ">=": lambda values, wanted: any(one and one >= wanted for one in values),
    "<": lambda values, wanted: any(one and one < wanted for one in values),
    "<=": lambda values, wanted: any(one and one <= wanted for one in values),
    "ilike": _like,
}


class Clock:
    """The server's clock; tests move it on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead
