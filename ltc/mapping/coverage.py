"""Which fields that ltc's models must have are filled by nothing, and what one system gives that another needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import BaseModel

from ltc.definition.errors import Mark
from ltc.mapping.compiled import Entity, Field
from ltc.mapping.entities import fields_of, name_of, required


class Gap(NamedTuple):
    """A field that nothing fills: its whole name, the document it belongs to, where the record is mapped."""

    field: str
    model: str
    mark: Mark


def uncovered(entity: Entity) -> Iterator[Gap]:
    """Yield the required fields of the entity's document that neither the mapping nor the adapter's code fills."""
    by_code = [tuple(str(part) for part in path.parts) for path in entity.by_code]
    yield from _gaps(entity.model, entity.read, by_code, entity.mark, "")


def _gaps(
    model: type[BaseModel], fields: Iterable[Field], by_code: list[tuple[str, ...]], mark: Mark, before: str
) -> Iterator[Gap]:
    """Dotted targets (``customer.id``) count for the record they lead into."""
    whole: dict[str, Field] = {}
    inside: dict[str, list[tuple[tuple[str, ...], Field]]] = {}
    for one in fields:
        first, *rest = (str(part) for part in one.target.parts)
        if rest:
            inside.setdefault(first, []).append((tuple(rest), one))
        else:
            whole[first] = one
    given = {path[0] for path in by_code if len(path) == 1}
    for name in required(model):
        if name not in whole and name not in given and name not in inside:
            yield Gap(before + name, name_of(model), mark)
    for name, kind in fields_of(model).items():
        if name in whole and whole[name].fields and kind.model is not None:
            yield from _gaps(
                kind.model, whole[name].fields, _under(by_code, name), whole[name].mark, f"{before}{name}."
            )
        elif name in inside and name not in given and kind.model is not None:
            known = {path[0] for path, _ in inside[name]} | {path[0] for path in _under(by_code, name)}
            yield from (
                Gap(f"{before}{name}.{one}", name_of(kind.model), inside[name][0][1].mark)
                for one in required(kind.model)
                if one not in known
            )


def _under(by_code: list[tuple[str, ...]], name: str) -> list[tuple[str, ...]]:
    """The rest of those paths that begin with a name; ``[*]`` in between counts for nothing."""
    rests = [path[2:] if path[1:2] == ("*",) else path[1:] for path in by_code if path[0] == name]
    return [rest for rest in rests if rest]
