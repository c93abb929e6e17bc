"""Compiles a task: whom it is given to, its form with every default filled in, its checklist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ltc.definition import form_values
from ltc.definition.build import Build
from ltc.definition.compile_reactions import Block, reaction, undo
from ltc.definition.compile_sla import span
from ltc.definition.currencies import CURRENCIES
from ltc.definition.nodes import Mapping, Scalar, Source, texts
from ltc.definition.plan import FormField, TaskNode
from ltc.definition.task_types import OWN

People = Callable[[Build, Source | None, str], dict[str, Any]]

MOST_FIELDS, MOST_TICKS, MOST_OPTIONS = 40, 40, 60
# Which keys a type of field knows; any other would do nothing.
KEYS = {
    "text": ("min", "max", "pattern"), "whole": ("min", "max"), "decimal": ("min", "max", "places"),
    "money": ("min", "max", "currency"), "date": ("min", "max"), "choice": ("options",), "yes_no": (),
    "document": ("from",), "file": ("min", "max", "kinds", "size"),
}  # fmt: skip
_SPECIAL = ("min", "max", "pattern", "options", "places", "currency", "from", "kinds", "size")
_BYTES = {"KB": 1024, "MB": 1024 * 1024}


def task(build: Build, step: Mapping, common: dict[str, Any], people: People, block: Block) -> TaskNode:
    """Compile a task; ``people`` reads whom to ask, as in a level of an approval."""
    node = common["id"]
    for key in ("as", "on_revisit", "on_timeout", "checklist"):
        if key in step.values:
            build.places[f"{node}:{key}"] = step.at(key)
    build.places[f"task:{node}:assign"] = step.at("assign")
    declined = step.values.get("on_reject")
    show = step.mapping("show")
    return TaskNode(
        **common,
        help=texts(step.values.get("help")),
        source=people(build, step.values.get("assign"), node),
        show={name: build.use(value, node, where=f"'{name}' of 'show'") for name, value in show.values.items()},
        form=_form(build, step.mapping("form"), node),
        checklist=_labels(build, step.mapping("checklist"), "items of its checklist", MOST_TICKS),
        claim=step.flag("claim"),
        result=step.text("as"),
        within=span(step, "within"),
        on_timeout=reaction(build, step.values.get("on_timeout"), "on_timeout", node, block),
        none_found=reaction(build, step.values.get("none_found"), "none_found", node, block),
        on_reject=reaction(build, declined, "on_reject", node, block) if declined else None,
        undo=undo(build, step.values.get("undo"), node),
        revisit=step.text("on_revisit"),
    )


def _labels(build: Build, given: Mapping, what: str, most: int) -> dict[str, dict[str, str]]:
    if len(given.values) > most:
        build.problems.add("LTC-D183", given.mark, found=len(given.values), what=what, limit=most)
    return {name: texts(value) for name, value in given.values.items()}


def _form(build: Build, given: Mapping, node: str) -> list[FormField]:
    if len(given.values) > MOST_FIELDS:
        build.problems.add("LTC-D183", given.mark, found=len(given.values), what="fields", limit=MOST_FIELDS)
    fields = []
    for name in given.values:
        if name in OWN:
            build.problems.add("LTC-D182", given.keys[name], word=name)
        place = f"field:{node}:{name}"
        build.places[place] = given.keys[name]
        fields.append(_field(build, name, given.mapping(name), place))
    return fields


def _field(build: Build, name: str, keys: Mapping, place: str) -> FormField:
    kind = keys.text("type")
    for key in keys.values:
        build.places[f"{place}:{key}"] = keys.at(key)
        if key in _SPECIAL and key not in KEYS[kind]:
            why = f"a field of type {kind} has none"
            build.problems.vain(keys.keys[key], key, why)
    made = FormField(
        name=name,
        type=kind,
        label=texts(keys.values.get("label")),
        help=texts(keys.values.get("help")),
        required=keys.flag("required", True),
        low=keys.text("min"),
        high=keys.text("max"),
        pattern=keys.text("pattern"),
        options=_labels(build, keys.mapping("options"), "options", MOST_OPTIONS),
        places=keys.whole("places", 2),
        currency=keys.text("currency") or (build.currency if kind == "money" else ""),
        source=keys.text("from"),
        kinds=[item.text for item in keys.listing("kinds").items if isinstance(item, Scalar)],
        size=_bytes(keys.text("size")),
    )
    if made.currency and made.currency not in CURRENCIES:
        build.problems.add("LTC-D046", keys.at("currency"), word=made.currency, known=CURRENCIES)
    return _checked(build, made, keys)


def _bytes(text: str) -> int:
    return int(text[:-2]) * _BYTES[text[-2:]] if text else 0


def _checked(build: Build, field: FormField, keys: Mapping) -> FormField:
    """Complain about bounds, patterns and defaults that no answer could be held against."""
    for word, problem, remedy in form_values.malformed(field):
        build.problems.add("LTC-D180", keys.at(word), word=word, field=field.name, problem=problem, remedy=remedy)
        return field
    if form_values.crossed(field):
        build.problems.add("LTC-D181", keys.at("max"), field=field.name, low=field.low, high=field.high)
        return field
    if "default" not in keys.values:
        return field
    if "required" in keys.values:
        why = "a field with a default is never empty"
        build.problems.vain(keys.keys["required"], "required", why)
    value, problem = form_values.written(field, keys.text("default"))
    if problem:
        remedy = "write a value that the field itself would take"
        build.problems.add(
            "LTC-D180", keys.at("default"), word="default", field=field.name, problem=problem, remedy=remedy
        )
    return field.model_copy(update={"default": value})
