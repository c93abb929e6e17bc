"""Compiles a mapping file: checked like a definition, every complaint with its place and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ltc.definition.errors import DefinitionError, Mark
from ltc.definition.nodes import Listing, Scalar, Source, kind
from ltc.definition.nodes import Mapping as Tree
from ltc.definition.reader import read
from ltc.mapping.arguments import Tables, country, unit_table, word_table, zone
from ltc.mapping.compile_fields import FieldCompiler
from ltc.mapping.compiled import Entity, Field
from ltc.mapping.complaints import BadMapping, Complaints, not_readable
from ltc.mapping.coverage import uncovered
from ltc.mapping.entities import Kind, models, name_of, resolve
from ltc.mapping.keys import ENTITY, TOP
from ltc.mapping.paths import Path
from ltc.mapping.run import Mapping
from ltc.mapping.transforms.base import SIDES


def compile_mapping(
    data: bytes | str, file: str, system: str, shipped: Callable[[str], Mapping] | None = None
) -> Mapping:
    """Compile a mapping file.

    Args:
        data: the file's bytes, or its text.
        file: its name, for complaints.
        system: the system that it must be about; empty: any.
        shipped: gives the mapping of a system that ``extends: shipped`` means; None: there is none to extend.

    Raises:
        BadMapping: something is wrong with it; all complaints at once.
    """
    try:
        tree = read(data, file)
    except DefinitionError as error:
        raise not_readable(error) from None
    problems = Complaints(file)
    made = _File(problems, tree).compile(system, shipped)
    problems.stop()
    return made


@dataclass
class _File:
    problems: Complaints
    tree: Tree
    shipped: Mapping | None = None
    tables: Tables = field(default_factory=Tables)

    def compile(self, system: str, shipped: Callable[[str], Mapping] | None) -> Mapping:
        self.known(self.tree, TOP, "the mapping")
        self.head(system)
        if self.extends(shipped is not None) and shipped is not None:
            self.shipped = shipped(self.tree.text("system"))
        for key, parse, found in (("tables", word_table, self.tables.words), ("units", unit_table, self.tables.units)):
            self.named(key, parse, found)
        fields = FieldCompiler(self.problems, self.tables, self.everywhere())
        entities = {} if self.shipped is None else dict(self.shipped.entities)
        nodes = self.tree.mapping("entities")
        for name, node in nodes.values.items():
            before = len(self.problems.found)
            made = self.entity(name, node, nodes.keys[name], fields)
            if made is not None:
                entities[name] = self.merged(entities.get(name), made)
            if made is not None and len(self.problems.found) == before:  # a field that is wrong is not missing besides
                self.covered(entities[name])
        if not self.problems.found:  # a field that is wrong may be the one that names the table
            for word, mark in self.unused():
                self.problems.add("LTC-M055", mark, word=word)
        return Mapping(self.tree.text("system"), self.problems.file, entities, self.absent(), self.tree.text("title"))

    def known(self, node: Tree, keys: Iterable[str], where: str) -> None:
        for key, mark in node.keys.items():
            if key not in keys:
                self.problems.add("LTC-M020", mark, word=key[:40], where=where, known=keys)

    def head(self, system: str) -> None:
        missing = [key for key in ("mapping", "system", "entities") if key not in self.tree.values]
        for key in missing:
            self.problems.add("LTC-M022", self.tree.mark, key=key, where="the mapping", doc=TOP[key])
        version = self.tree.values.get("mapping")
        if isinstance(version, Scalar) and version.value != 1:
            raise BadMapping([self.problems.problem("LTC-M030", version.mark, word=version.text[:20])])
        if missing:
            self.problems.stop()
        name = self.tree.text("system")
        if system and name != system:
            self.problems.add("LTC-M056", self.tree.at("system"), word=name[:40], wanted=system)
        entities = self.tree.values["entities"]
        if not isinstance(entities, Tree) or not entities.values:
            self.wrong(entities, "'entities'", "a mapping with at least one entity")

    def extends(self, possible: bool) -> bool:
        node = self.tree.values.get("extends")
        if node is None:
            return False
        if not isinstance(node, Scalar) or node.text != "shipped":
            self.wrong(node, "'extends'", "'shipped'")
        elif not possible:
            self.problems.add("LTC-M049", node.mark, first="extends", second="a mapping that is itself the shipped one")
        return True

    def named(self, key: str, parse: Callable[[Source], Any], found: dict[str, Any]) -> None:
        node = self.tree.values.get(key)
        if node is not None and not isinstance(node, Tree):
            self.wrong(node, f"'{key}'", "a mapping of tables")
        for name, table in self.tree.mapping(key).values.items():
            try:
                found[name] = parse(table)
            except ValueError as error:
                self.tables.broken.add(name)
                self.problems.add("LTC-M047", table.mark, word=name[:40], problem=str(error), doc=TOP[key])

    def unused(self) -> list[tuple[str, Mark]]:
        return [
            (name, mark)
            for key in ("tables", "units")
            for name, mark in self.tree.mapping(key).keys.items()
            if name not in self.tables.used
        ]

    def everywhere(self) -> dict[str, Any]:
        found = {}
        for key, arg, parse in (("zone", "zone", zone), ("country", "country_is", country)):
            if key in self.tree.values:
                try:
                    found[arg] = parse(self.tree.text(key))
                except ValueError as error:
                    self.problems.add("LTC-M047", self.tree.at(key), word=key, problem=str(error), doc=TOP[key])
        return found

    def absent(self) -> tuple[Any, ...]:
        node = self.tree.values.get("absent")
        own = self.shipped.absent if self.shipped is not None else ()
        if node is None:
            return own
        if not isinstance(node, Listing) or not all(isinstance(item, Scalar) for item in node.items):
            self.wrong(node, "'absent'", "a list of values")
            return own
        return (*own, *(item.value for item in node.items if isinstance(item, Scalar)))

    def entity(self, name: str, node: Source, mark: Mark, fields: FieldCompiler) -> Entity | None:
        if not isinstance(node, Tree):
            self.wrong(node, f"the entity '{name[:40]}'", "a mapping")
            return None
        self.known(node, ENTITY, f"the entity '{name[:40]}'")
        word = node.text("of") or name
        model = models().get(word)
        if model is None:
            place = node.at("of") if "of" in node.values else mark
            self.problems.add("LTC-M040", place, word=word[:40], known=models())
            return None
        if not {"read", "write"} & set(node.values):
            self.problems.add("LTC-M057", mark, word=name[:40])
        sides = [fields.fields(node.values[one], one, model, model) if one in node.values else () for one in SIDES]
        return Entity(name, model, mark, sides[0], sides[1], self.by_code(node, model))

    def by_code(self, node: Tree, model: type[BaseModel]) -> tuple[Path, ...]:
        found = node.values.get("by_code")
        if found is None:
            return ()
        if not isinstance(found, Listing) or not all(isinstance(item, Scalar) for item in found.items):
            self.wrong(found, "'by_code'", "a list of fields")
            return ()
        if "read" not in node.values:
            self.problems.add("LTC-M046", node.keys["by_code"], word="by_code", side="only write")
        return tuple(path for item in found.items if (path := self.field_of(item, model)) is not None)

    def field_of(self, node: Source, model: type[BaseModel]) -> Path | None:
        try:
            path = Path.parse(node.text if isinstance(node, Scalar) else "")
        except ValueError as error:
            self.problems.add("LTC-M047", node.mark, word="by_code", problem=str(error), doc=ENTITY["by_code"])
            return None
        if not isinstance(found := resolve(model, path), Kind):
            self.problems.add("LTC-M041", node.mark, model=name_of(model), word=found, known=model.model_fields)
            return None
        return path

    @staticmethod
    def merged(before: Entity | None, after: Entity) -> Entity:
        """Let the fields of an override replace those with the same target, and join the others."""
        if before is None:
            return after

        def joined(old: tuple[Field, ...], new: tuple[Field, ...]) -> tuple[Field, ...]:
            targets = {one.target.text for one in new}
            return (*(one for one in old if one.target.text not in targets), *new)

        by_code = {path.text: path for path in (*before.by_code, *after.by_code)}
        read, write = joined(before.read, after.read), joined(before.write, after.write)
        return Entity(after.name, after.model, after.mark, read, write, tuple(by_code.values()))

    def covered(self, entity: Entity) -> None:
        filled = {target: one for field in entity.read for target, _, one in field.flat()}
        for path in entity.by_code:
            if path.text in filled:
                self.problems.add("LTC-M052", filled[path.text].mark, word=path.text)
        for name, model, mark in uncovered(entity) if entity.read else ():
            self.problems.add("LTC-M050", mark, word=name, model=model)

    def wrong(self, node: Source, where: str, wanted: str) -> None:
        self.problems.add("LTC-M023", node.mark, where=where, wanted=wanted, found=kind(node))
