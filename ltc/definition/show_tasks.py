"""Says the form and the checklist of a task in words."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.plan import FormField, TaskNode
from ltc.definition.show_words import label_words


def task_lines(node: TaskNode) -> Iterator[str]:
    """Yield what a person is shown, fills in and ticks."""
    yield from _texts("help", node.help)
    for name, source in node.show.items():
        yield f"shows {name} = {source}"
    for field in node.form:
        yield f"field {field.name}: {field_words(field)}"
        yield from (f"  {line}" for line in _texts("shown as", field.label))
        yield from (f"  {line}" for line in _texts("help", field.help))
    for name, label in node.checklist.items():
        yield f"to tick: {name}{': ' + label_words(label) if label else ''}"


def _texts(what: str, texts: dict[str, str]) -> Iterator[str]:
    if texts:
        yield f"{what} {label_words(texts)}"


def field_words(field: FormField) -> str:
    """Say what is written into a field."""
    said = [field.type if field.required or field.default is not None else f"{field.type}, may be left empty"]
    said += [f"{word} {text}" for word, text in (("from", field.low), ("up to", field.high)) if text]
    said += [f"matching {field.pattern}"] if field.pattern else []
    for word, label in field.options.items():
        said.append(f"or {word}{' as ' + label_words(label) if label else ''}")
    said += [f"{field.places} decimal places"] if field.type == "decimal" else []
    said += [f"in {field.currency}"] if field.currency else []
    said += [f"one of {field.source}"] if field.source else []
    said += [f"kinds {', '.join(field.kinds)}"] if field.kinds else []
    said += [f"at most {field.size} bytes each"] if field.size else []
    said += [f"default {field.default}"] if field.default is not None else []
    return ", ".join(said)
