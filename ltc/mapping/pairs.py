"""Holds two systems' mappings together: what one must be given against what the other gives, by ltc's documents."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from ltc.mapping.compiled import Entity, Field
from ltc.mapping.entities import Kind, fields_of, name_of, resolve
from ltc.mapping.paths import ABSENT, EACH, Path
from ltc.mapping.run import Mapping
from ltc.model import documents
from ltc.model.base import Value
from ltc.model.money import Money

_Name = tuple[type[BaseModel], str]  # a model, and one of its fields


class Need(Value):
    """One required field of the target: the field of ltc's document, who needs it, who gives it.

    ``given_by`` is empty when the source gives nothing, although it reads such documents. ``by_process``: the value
    is not of a document that the source reads; the process definition supplies it from another step.
    """

    field: str
    needed_by: str
    given_by: str = ""
    by_process: bool = False
    sure: bool = False


def needs(source: Mapping, target: Mapping) -> list[Need]:
    """Return what the target's writes require, each with where the source's reads give it.

    Both meet in ltc's documents: what writes ``lines[*].product`` of any request needs ``line.product`` of any
    document that is read. ``sure`` is whether the source requires it, too, so that no record comes without it.
    """
    given, read = _given(source), _read(source)
    found: dict[tuple[_Name, str], Need] = {}
    for name, entity in target.entities.items():
        for path, field in _required(entity):
            owner = _owner(entity.model, path)
            if owner is None:
                continue
            where = _declared(owner)
            by, sure = given.get(where, ("", False))
            elsewhere = not by and (owner[0] not in read or owner[0].__module__ != documents.__name__)
            found[where, name] = Need(
                field=f"{name_of(where[0])}.{where[1]}", needed_by=f"{target.system} {name}: {field}", given_by=by,
                by_process=elsewhere, sure=sure,
            )  # fmt: skip
    return sorted(found.values(), key=lambda need: (bool(need.given_by), need.by_process, need.field, need.needed_by))


def _read(mapping: Mapping) -> set[type[BaseModel]]:
    """The records of which a system's reads give anything."""
    owners = (
        _owner(entity.model, Path.parse(target))
        for entity in mapping.entities.values()
        for one in entity.read
        for target, _, _ in one.flat()
    )
    return {owner[0] for owner in owners if owner is not None}


def _given(mapping: Mapping) -> dict[_Name, tuple[str, bool]]:
    """What a system's reads give, with where from, and whether for certain."""
    found: dict[_Name, tuple[str, bool]] = {}
    for name, entity in mapping.entities.items():
        for target, source, field in (flat for one in entity.read for flat in one.flat()):
            if (where := _leaf(entity.model, Path.parse(target))) is not None:
                found.setdefault(
                    where, (f"{mapping.system} {name}: {source}", field.required or field.default is not ABSENT)
                )
        for path in entity.by_code:
            if (where := _leaf(entity.model, path)) is not None:
                found.setdefault(where, (f"{mapping.system} {name}: the adapter's code", True))
                for inner in _inside(entity.model, path):
                    found.setdefault(inner, (f"{mapping.system} {name}: the adapter's code", True))
    return found


def _inside(model: type[BaseModel], path: Path) -> Iterator[_Name]:
    """What stands in a record, or in each of a list, that the adapter's code fills as a whole."""
    kind = resolve(model, path)
    if isinstance(kind, Kind) and kind.model is not None and kind.model is not Money:
        yield from ((kind.model, name) for name in fields_of(kind.model))


def _required(entity: Entity) -> Iterator[tuple[Path, str]]:
    for field in entity.write:
        yield from _from(field, "", "")


def _from(field: Field, source: str, target: str) -> Iterator[tuple[Path, str]]:
    whole = f"{target}{field.target.text}"
    for path in field.sources:
        joined = path.text.removeprefix("/") if path.top else source + path.text
        if field.required and len(field.sources) == 1:
            yield Path.parse(joined), whole
        for inner in field.fields:
            yield from _from(inner, f"{joined}.", f"{whole}[*]." if field.many else f"{whole}.")


def _leaf(model: type[BaseModel], path: Path) -> _Name | None:
    owner = _owner(model, path)
    return None if owner is None else _declared(owner)


def _declared(where: _Name) -> _Name:
    """``CustomerCard.name`` is ``CustomerRef.name``: a field belongs to the class that declares it first."""
    owner, name = where
    return [one for one in owner.__mro__ if name in getattr(one, "model_fields", {})][-1], name


def _owner(model: type[BaseModel], path: Path) -> _Name | None:
    """The innermost record that a path leads into, and the field of it; money counts as one field."""
    owner, name = model, ""
    for part in path.parts:
        if part is EACH or isinstance(part, int) or owner is Money:
            continue
        inner = fields_of(owner).get(name) if name else None
        if inner is not None and inner.model is not None:
            if inner.model is Money:
                break
            owner = inner.model
        name = str(part)
    return (owner, name) if name in fields_of(owner) else None
