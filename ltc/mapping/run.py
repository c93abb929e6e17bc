"""Applies a mapping: a record becomes ltc's values, ltc's values become a record."""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from ltc.definition.errors import nearest
from ltc.mapping.compiled import Entity, Field
from ltc.mapping.errors import MappingError, Unusable, excerpt
from ltc.mapping.paths import ABSENT, is_absent
from ltc.mapping.transforms.base import At, Side
from ltc.model.base import first_fault
from ltc.ports.errors import ContractBroken, Misconfigured


@dataclass(frozen=True)
class Mapping:
    """The field mapping between one system and ltc's documents."""

    system: str
    file: str
    entities: Named[str, Entity]
    absent: tuple[Any, ...] = ()
    title: str = ""

    def read(self, entity: str, record: Named[str, Any]) -> dict[str, Any]:
        """Turn a system's record into values of ltc's document, as JSON: money ``{minor, currency}``, instants in UTC.

        Raises:
            MappingError: the record lacks a required field, or a value is none that its transform takes.
            Misconfigured: the mapping does not read such an entity.
        """
        return _Run(self._entity(entity, "read"), "read", record, self.absent).whole()

    def write(self, entity: str, values: Named[str, Any] | BaseModel) -> dict[str, Any]:
        """Turn values of ltc's document or request into fields of the system's record. A missing value has no field.

        Raises:
            MappingError: a required value is missing, or cannot be said in the system.
            Misconfigured: the mapping does not write such an entity.
        """
        ours = to_jsonable_python(values)
        return _Run(self._entity(entity, "write"), "write", ours, ()).whole()

    def document(self, entity: str, record: Named[str, Any], /, **by_code: Any) -> Any:
        """Read a record and make ltc's document of it, with the fields that the adapter's code fills.

        Raises:
            ContractBroken: the record cannot be mapped, or is no such document; with the evidence.
        """
        try:
            values = {**self.read(entity, record), **by_code}
            return self.entities[entity].model.model_validate(values)
        except MappingError as error:
            raise ContractBroken(f"{self.system}: {error}", excerpt(record)) from None
        except ValidationError as error:
            place, msg = first_fault(error)
            raise ContractBroken(f"{self.system}: {entity}: {place}: {msg}", excerpt(record)) from None

    def fields(self, entity: str, values: Named[str, Any] | BaseModel) -> dict[str, Any]:
        """Write values as the system's fields.

        Raises:
            Misconfigured: they cannot be said in this system with this mapping.
        """
        try:
            return self.write(entity, values)
        except MappingError as error:
            raise Misconfigured(f"{self.system}: {error}; correct the value, or the mapping {self.file}") from None

    def _entity(self, name: str, side: Side) -> Entity:
        found = self.entities.get(name)
        if found is None or not found.side(side):
            known = [one for one, entity in self.entities.items() if entity.side(side)]
            near = nearest(name, known)
            hint = f"; did you mean {near!r}?" if near else ""
            raise Misconfigured(
                f"{self.file} does not {side} {name!r}; it {side}s {', '.join(known) or 'nothing'}{hint}"
            )
        return found


@dataclass
class _Run:
    entity: Entity
    side: Side
    record: Any
    absent: tuple[Any, ...]
    at: list[str] = field(default_factory=list)

    def whole(self) -> dict[str, Any]:
        if not isinstance(self.record, dict):
            raise MappingError(self.entity.name, "(all)", "(all)", "it is no record", self.record)
        return self.fields(self.entity.side(self.side), self.record, "", "")

    def fields(self, fields: tuple[Field, ...], element: Any, target: str, source: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for one in fields:
            value = self.field(one, element, target, source)
            if value is not ABSENT:
                one.target.put(made, value)
        return made

    def field(self, one: Field, element: Any, target: str, source: str) -> Any:
        here, origin = target + one.target.text, source + one.source
        at, found = At(self.record, element, self.absent), ABSENT
        try:
            for path in one.sources:
                found = at.find(path)
                if found is not ABSENT:
                    break
            if found is ABSENT:
                found = one.default
            value = ABSENT if found is ABSENT and one.sources else self.made(one, found, at, here, origin)
        except Unusable as error:
            if not one.leave_out:
                raise MappingError(self.entity.name, here, origin, str(error), _shown(found)) from None
            value = ABSENT
        if value is ABSENT and one.required:
            raise MappingError(self.entity.name, here, origin, "it is required and missing")
        return value

    def made(self, one: Field, found: Any, at: At, target: str, source: str) -> Any:
        if not one.many:
            return self.single(one, found, at, target, source)
        made = []
        for place, item in enumerate(found):
            here = f"{source}#{place}" if "[*]" not in source else source.replace("[*]", f"[{place}]", 1)
            try:
                value = (
                    ABSENT if is_absent(item, self.absent) else self.single(one, item, at, f"{target}[{place}]", here)
                )
            except Unusable as error:
                raise MappingError(self.entity.name, f"{target}[{place}]", here, str(error), _shown(item)) from None
            if value is not ABSENT:
                made.append(value)
        return made

    def single(self, one: Field, found: Any, at: At, target: str, source: str) -> Any:
        if one.fields:
            if not isinstance(found, dict):
                raise Unusable("there should be a record")
            return self.fields(one.fields, found, f"{target}.", f"{source}.")
        if one.transform is None:
            raise AssertionError("a field without fields has a transform")
        return one.transform.read(found, at) if self.side == "read" else one.transform.write(found, at)


def _shown(value: Any) -> Any:
    return None if value is ABSENT else value
