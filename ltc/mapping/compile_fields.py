"""Compiles the fields of one direction, holding them against ltc's model as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ltc.definition.errors import Mark
from ltc.definition.nodes import Listing, Scalar, kind
from ltc.definition.nodes import Mapping as Tree
from ltc.mapping.arguments import BrokenTable, Tables, UnknownTable, argument
from ltc.mapping.compiled import Field
from ltc.mapping.complaints import Complaints
from ltc.mapping.entities import Kind, fields_of, name_of, resolve
from ltc.mapping.keys import FIELD
from ltc.mapping.paths import ABSENT, Path
from ltc.mapping.transforms import SPECS
from ltc.mapping.transforms.base import Side, Spec, Transform
from ltc.mapping.transforms.texts import Template


@dataclass
class FieldCompiler:
    """Compiles fields of one file. ``zone`` and ``country`` are the file's own arguments for every field."""

    problems: Complaints
    tables: Tables
    everywhere: dict[str, Any] = field(default_factory=dict)

    def fields(self, node: Any, side: Side, model: type[BaseModel], top: type[BaseModel]) -> tuple[Field, ...]:
        """Compile a list of fields of a model; ``top`` is the model of the whole record."""
        if not isinstance(node, Listing) or not node.items:
            self.problems.add("LTC-M023", node.mark, where=f"'{side}' or 'fields'", wanted="a list", found=kind(node))
            return ()
        made: list[Field] = []
        for item in node.items:
            if not isinstance(item, Tree):
                self.problems.add("LTC-M023", item.mark, where="a field", wanted="a mapping", found=kind(item))
                continue
            found = _One(self, item, side, model, top).compile()
            if found is not None:
                made.append(found)
        self._twice(made)
        return tuple(made)

    def _twice(self, made: list[Field]) -> None:
        seen: dict[str, Field] = {}
        for one in made:
            first = seen.setdefault(one.target.text, one)
            if first is not one:
                self.problems.add("LTC-M051", one.mark, word=one.target.text, line=first.mark.line)


@dataclass
class _One:
    """Compiles one field."""

    whole: FieldCompiler
    node: Tree
    side: Side
    model: type[BaseModel]
    top: type[BaseModel]

    def compile(self) -> Field | None:
        spec = self.spec()
        if spec is None and "fields" not in self.node.values:
            return None
        self.known_keys(spec)
        target, sources = self.target(), self.sources(spec)
        if target is None or sources is None:
            return None
        ours = self.ours(target, sources, spec)
        inner = self.inner(ours)
        made = self.transform(spec) if spec else None
        if (spec is None and not inner) or (spec is not None and made is None):
            return None
        args = {key: self.node.text(key) for key in (spec.args if spec else ()) if key in self.node.values}
        return Field(
            target, sources, spec.name if spec else "", made, self.node.mark, self.flag("required"), self.default(),
            self.leave_out(), inner, args,
        )  # fmt: skip

    def spec(self) -> Spec | None:
        word = self.node.text("transform")
        if "fields" in self.node.values:
            if word:
                self.complain("LTC-M049", "transform", first="transform", second="fields")
            return None
        if word not in SPECS:
            code = "LTC-M043" if word else "LTC-M022"
            self.complain(code, "transform", word=word[:40], known=SPECS, key="transform", where="a field",
                          doc=FIELD["transform"])  # fmt: skip
            return None
        return SPECS[word]

    def known_keys(self, spec: Spec | None) -> None:
        known = [*FIELD, *(spec.args if spec else ())]
        for key, mark in self.node.keys.items():
            if key not in known:
                name = spec.name if spec else "a field with fields"
                self.whole.problems.add("LTC-M044", mark, transform=name, word=key[:40], known=known)
        if spec and spec.sourceless and "source" in self.node.values:
            self.complain("LTC-M049", "source", first=f"transform: {spec.name}", second="source")

    def target(self) -> Path | None:
        found = self.path("target")
        if found is not None and (found.top or any(not isinstance(part, str) for part in found.parts)):
            self.complain("LTC-M054", "target", word=found.text)
            return None
        return found

    def sources(self, spec: Spec | None) -> tuple[Path, ...] | None:
        if spec and spec.sourceless:
            return ()
        node = self.node.values.get("source")
        if not isinstance(node, Listing):
            one = self.path("source")
            return None if one is None else (one,)
        found = [self.parsed(item, "source") for item in node.items]
        return tuple(path for path in found if path is not None) if found and None not in found else None

    def ours(self, target: Path, sources: tuple[Path, ...], spec: Spec | None) -> Kind | None:
        """Check the end of the field that is ltc's, and return its kind."""
        if self.side == "read":
            found = self.on_model(target, "target")
            if found is not None:
                self.fits(found, spec, target.text)
                self.many(found, any(path.many for path in sources), target.text)
            return found
        kinds = [self.on_model(path, "source") for path in sources]
        for found, path in zip(kinds, sources, strict=True):
            if found is not None:
                self.fits(found, spec, path.text)
                self.many(found, path.many or found.many, path.text, read=False)
        return kinds[0] if kinds else None

    def on_model(self, path: Path, key: str) -> Kind | None:
        model = self.top if path.top else self.model
        found = resolve(model, path)
        if isinstance(found, str):
            self.complain("LTC-M041", key, model=name_of(model), word=found, known=self.names(model, path))
            return None
        return found

    @staticmethod
    def names(model: type[BaseModel], path: Path) -> list[str]:
        """The fields there are where a path goes wrong."""
        for place in range(len(path.parts), 0, -1):
            found = resolve(model, Path(path.text, path.parts[:place]))
            if isinstance(found, Kind) and found.model is not None:
                return [f"[*].{name}" if found.many else name for name in fields_of(found.model)]
        return list(fields_of(model))

    def fits(self, ours: Kind, spec: Spec | None, text: str) -> None:
        suits = {"record"} if spec is None else set(spec.fits)
        if self.side == "write" and spec is not None:
            suits |= spec.also_writes
        if ours.name not in suits and not (spec and spec.sourceless and self.side == "write"):
            allowed = [name for name, one in SPECS.items() if ours.name in one.fits] or ["fields"]
            name = spec.name if spec else "fields"
            self.complain("LTC-M042", "transform", transform=name, field=f"'{text}'", wanted=str(ours), known=allowed)

    def many(self, ours: Kind, several: bool, text: str, *, read: bool = True) -> None:
        given = "a list" if several else "one value"
        if ours.many != several or (not read and ours.many and not Path.parse(text).many):
            self.complain("LTC-M053", "source", field=f"'{text}'", wanted=str(ours), found=given)

    def inner(self, ours: Kind | None) -> tuple[Field, ...]:
        node = self.node.values.get("fields")
        if node is None or ours is None or ours.model is None or ours.name != "record":
            return ()
        return self.whole.fields(node, self.side, ours.model, self.top)

    def transform(self, spec: Spec) -> Transform | None:
        args = dict(self.arguments(spec))
        if len(args) < sum(key in self.node.values for key in spec.args):
            return None
        for key, value in self.whole.everywhere.items():
            if key in spec.args and self.side in spec.args[key].sides:
                args.setdefault(key, value)
        missing = [key for key in spec.needs if key not in args]
        if spec.one_of and len([key for key in spec.one_of if key in args]) != 1:
            missing.append(" or ".join(spec.one_of))
        for key in missing:
            doc = spec.args[key].doc if key in spec.args else "exactly one of them"
            self.complain("LTC-M045", "transform", transform=spec.name, key=f"'{key}'", doc=doc)
        if missing:
            return None
        try:
            return spec.make(args)
        except ValueError as error:
            self.complain("LTC-M047", "transform", word=spec.name, problem=str(error), doc=spec.doc)
            return None

    def arguments(self, spec: Spec) -> Iterator[tuple[str, Any]]:
        for key, arg in spec.args.items():
            node = self.node.values.get(key)
            if node is None:
                continue
            if self.side not in arg.sides:
                self.complain("LTC-M046", key, word=key, side=self.side)
                continue
            try:
                value = argument(arg, node, self.whole.tables)
            except UnknownTable as error:
                known = self.whole.tables.words if arg.kind == "table" else self.whole.tables.units
                where = "tables" if arg.kind == "table" else "units"
                self.complain("LTC-M048", key, word=str(error)[:40], where=where, known=known)
                continue
            except BrokenTable:
                continue
            except ValueError as error:
                self.complain("LTC-M047", key, word=key, problem=str(error), doc=arg.doc)
                continue
            self.looks(key, value)
            yield key, value

    def looks(self, key: str, value: Any) -> None:
        """Where a transform looks beside its source on ltc's side, it must find something."""
        if self.side == "write":
            for path in value.paths if isinstance(value, Template) else [value] if isinstance(value, Path) else []:
                self.on_model(path, key)

    def default(self) -> Any:
        node = self.node.values.get("default")
        if node is None:
            return ABSENT
        if not isinstance(node, Scalar):
            self.complain("LTC-M023", "default", where="'default'", wanted="one value", found=kind(node))
            return ABSENT
        if self.flag("required"):
            self.complain("LTC-M049", "default", first="required", second="default")
        return node.value

    def leave_out(self) -> bool:
        word = self.node.text("unusable")
        if word not in ("", "leave_out"):
            self.complain("LTC-M024", "unusable", word=word[:40], where="'unusable'", known=("leave_out",))
        if word and self.flag("required"):
            self.complain("LTC-M049", "unusable", first="required", second="unusable")
        return bool(word)

    def flag(self, key: str) -> bool:
        node = self.node.values.get(key)
        if node is not None and not (isinstance(node, Scalar) and isinstance(node.value, bool)):
            self.complain("LTC-M023", key, where=f"'{key}'", wanted="true or false", found=kind(node))
        return self.node.flag(key)

    def path(self, key: str) -> Path | None:
        node = self.node.values.get(key)
        if node is None:
            self.complain("LTC-M022", key, key=key, where="a field", doc=FIELD[key])
            return None
        return self.parsed(node, key)

    def parsed(self, node: Any, key: str) -> Path | None:
        try:
            if not isinstance(node, Scalar):
                raise ValueError(f"it must be a path, not {kind(node)}")
            return Path.parse(node.text)
        except ValueError as error:
            self.whole.problems.add("LTC-M047", node.mark, word=key, problem=str(error), doc=FIELD[key])
            return None

    def complain(self, code: str, key: str, /, **particulars: Any) -> None:
        mark: Mark = self.node.at(key)
        self.whole.problems.add(code, mark, **particulars)
