"""Expands ``use:``: steps from fragments beside the definition take the place of the step that uses them.

A fragment's own names become names of the place of use, so that nothing is taken by accident; what a fragment reads
besides is handed to it as a parameter, written ``$name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ltc.definition.errors import Mark, Problems
from ltc.definition.fragment_names import PLACE, locals_of, renamed
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.reader import read
from ltc.definition.schema_check import check_shape
from ltc.definition.schema_fragments import FRAGMENT, USE

MOST_USES, MOST_DEPTH = 60, 5
_SIMPLE = re.compile(r"[A-Za-z_][\w.]*|-?[0-9]+|'[^']*'|\"[^\"]*\"")
_GIVEN = re.compile(rf"{PLACE}([a-z][a-z0-9_]*)")


def expand(tree: Mapping, folder: Path | None, problems: Problems) -> Mapping:
    """Return the tree with every ``use:`` replaced by the steps of its fragment.

    Raises:
        DefinitionError: a fragment is not there, is wrong, uses itself, or is used wrongly.
    """
    expander = _Expander(folder, problems)
    found = expander.mapping(tree, ())
    problems.stop()
    for name, mark in expander.unread:
        why = "nothing in the fragment reads it"
        problems.vain(mark, name, why)
    return found


@dataclass
class _Expander:
    folder: Path | None
    problems: Problems
    uses: int = 0
    read: dict[str, Mapping | None] = field(default_factory=dict)
    unread: list[tuple[str, Mark]] = field(default_factory=list)  # parameters that are handed over in vain

    def mapping(self, node: Mapping, within: tuple[str, ...]) -> Mapping:
        values = {key: self.value(key, value, within) for key, value in node.values.items()}
        return Mapping(node.mark, values, node.keys)

    def value(self, key: str, node: Source, within: tuple[str, ...]) -> Source:
        if isinstance(node, Mapping):
            return self.mapping(node, within)
        if not isinstance(node, Listing):
            return node
        items: list[Source] = []
        for item in node.items:
            if isinstance(item, Mapping) and "use" in item.values and key in ("steps", "otherwise"):
                items += self.used(item, within)
            else:
                items.append(self.value("", item, within))
        return Listing(node.mark, items)

    def used(self, step: Mapping, within: tuple[str, ...]) -> list[Source]:
        """Return the steps that stand for one use."""
        before = len(self.problems.found)
        check_shape(step, USE, "a 'use' step", self.problems)
        if len(self.problems.found) > before:
            return []
        name, at = step.text("use"), step.at("use")
        self.uses += 1
        if name in within or len(within) >= MOST_DEPTH or self.uses > MOST_USES:
            self.problems.add("LTC-D146", at, way=" → ".join([*within, name]), depth=MOST_DEPTH, most=MOST_USES)
            return []
        fragment = self.fragment(name, at)
        if fragment is None:
            return []
        given = self.given(step, fragment, name)
        place = f"{at.file or self.problems.file}:{at.line}:{at.column}" + (f", {at.used}" if at.used else "")
        body = _Body(f"{name}.yaml", place, given, self.names(step, fragment, name), self.problems)
        steps = [body.step(item) for item in fragment.listing("steps").items]
        inner = self.value("steps", Listing(step.mark, steps), (*within, name))
        return inner.items if isinstance(inner, Listing) else []

    def fragment(self, name: str, at: Mark) -> Mapping | None:
        """Read a fragment, once."""
        if name not in self.read:
            self.read[name] = None
            folder = self.folder / "fragments" if self.folder else None
            path = folder / f"{name}.yaml" if folder else None
            if folder is None or path is None or not path.is_file() or path.is_symlink():
                known = sorted(one.stem for one in folder.glob("*.yaml")) if folder and folder.is_dir() else []
                self.problems.add("LTC-D145", at, word=name, known=known)
                return None
            tree = read(path.read_bytes(), str(path))
            own = Problems(str(path))
            head = Mapping(tree.mark, {key: one for key, one in tree.values.items() if key != "steps"}, tree.keys)
            check_shape(head, FRAGMENT, "the fragment", own)
            if not tree.listing("steps").items:
                own.add("LTC-D022", tree.at("steps"), key="steps", where="the fragment", doc="a list of steps")
            if tree.text("fragment") != name and not own.found:
                own.add("LTC-D024", tree.at("fragment"), word=tree.text("fragment"), where="'fragment'", known=[name])
            own.stop()
            self.unread += [(key, replace(mark, file=f"fragments/{name}.yaml")) for key, mark in _unread(tree)]
            self.read[name] = tree
        return self.read[name]

    def given(self, step: Mapping, fragment: Mapping, name: str) -> dict[str, str]:
        """Return what a use hands to each parameter."""
        known, said = fragment.mapping("parameters"), step.mapping("with")
        for key, mark in said.keys.items():
            if key not in known.values:
                self.problems.add("LTC-D147", mark, word=key, name=name, known=known.values)
        found = {}
        for key in known.values:
            if key in said.values:
                found[key] = said.text(key)
            elif "default" in known.mapping(key).values:
                found[key] = known.mapping(key).text("default")
            else:
                self.problems.add("LTC-D148", step.mark, word=key, name=name)
                found[key] = "''"
        return found

    def names(self, step: Mapping, fragment: Mapping, name: str) -> dict[str, str]:
        """Return what each name of the fragment is called at the place of use."""
        own, wanted = locals_of(fragment.listing("steps")), step.mapping("as")
        for key, mark in wanted.keys.items():
            if key not in own:
                self.problems.add("LTC-D147", mark, word=key, name=name, known=own)
        prefix = step.text("name", name)
        return {key: wanted.text(key) if key in wanted.values else f"{prefix}_{key}"[:40] for key in own}


def _unread(tree: Mapping) -> Iterator[tuple[str, Mark]]:
    """Yield the parameters that nothing in the fragment reads: what a use hands them would do nothing."""
    read = " ".join(_texts(tree.values.get("steps")))
    for name, mark in tree.mapping("parameters").keys.items():
        if not re.search(rf"\${re.escape(name)}\b", read):
            yield name, mark


def _texts(node: Source | None) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    for inner in node.items if isinstance(node, Listing) else node.values.values() if isinstance(node, Mapping) else ():
        yield from _texts(inner)


@dataclass
class _Body:
    """The steps of one use: marks that say where they come from, own names, parameters filled in."""

    file: str
    place: str
    given: dict[str, str]
    names: dict[str, str]
    problems: Problems

    def step(self, node: Source) -> Source:
        return self.filled(renamed(self.marked(node), self.names, self.given, self.problems))

    def marked(self, node: Source) -> Source:
        if isinstance(node, Scalar):
            return replace(node, mark=self.mark(node.mark), start=self.mark(node.start))
        if isinstance(node, Listing):
            return Listing(self.mark(node.mark), [self.marked(item) for item in node.items])
        keys = {key: self.mark(mark) for key, mark in node.keys.items()}
        return Mapping(self.mark(node.mark), {key: self.marked(one) for key, one in node.values.items()}, keys)

    def mark(self, mark: Mark) -> Mark:
        return Mark(mark.line, mark.column, f"fragments/{self.file}", self.place)

    def filled(self, node: Source) -> Source:
        """Put what was handed over in the place of each parameter."""
        if isinstance(node, Listing):
            return Listing(node.mark, [self.filled(item) for item in node.items])
        if isinstance(node, Mapping):
            return Mapping(node.mark, {key: self.filled(one) for key, one in node.values.items()}, node.keys)
        if not isinstance(node.value, str) or PLACE not in node.value:
            return node
        whole = _GIVEN.fullmatch(node.value)
        if whole and whole[1] in self.given:
            text = self.given[whole[1]]
        else:
            text = _GIVEN.sub(lambda found: self.part(found[1]) if found[1] in self.given else found[0], node.value)
        if text in ("true", "false") or re.fullmatch(r"-?(?:0|[1-9][0-9]{0,14})", text):
            value: str | int | bool = text == "true" if text in ("true", "false") else int(text)
        else:
            value = text
        return replace(node, value=value, lines=2)

    def part(self, name: str) -> str:
        """A part of an expression keeps its meaning among what stands around it."""
        text = self.given[name]
        return text if _SIMPLE.fullmatch(text) else f"({text})"
