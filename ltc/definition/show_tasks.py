"""Says the form and the checklist of a task in words."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.plan import FormField, TaskNode
from ltc.definition.show_words import label_words
from ltc.model.phrase import Phrase, listed, phrase, together


def task_lines(node: TaskNode) -> Iterator[Phrase]:
    """Yield what a person is shown, fills in and ticks."""
    if node.help:
        yield phrase("help {texts}", texts=label_words(node.help))
    for name, source in node.show.items():
        yield phrase("shows {name} = {source}", name=name, source=source)
    for field in node.form:
        yield phrase("field {name}: {words}", name=field.name, words=field_words(field))
        if field.label:
            yield together("  ", phrase("shown as {texts}", texts=label_words(field.label)))
        if field.help:
            yield together("  ", phrase("help {texts}", texts=label_words(field.help)))
    for name, label in node.checklist.items():
        yield phrase("to tick: {name}", name=f"{name}: {label_words(label)}" if label else name)


def field_words(field: FormField) -> Phrase:
    """Say what is written into a field."""
    left_empty = not field.required and field.default is None
    said = [phrase("{type}, may be left empty", type=_type(field)) if left_empty else _type(field)]
    said += [phrase("from {least}", least=field.low)] if field.low else []
    said += [phrase("up to {most}", most=field.high)] if field.high else []
    said += [phrase("matching {pattern}", pattern=field.pattern)] if field.pattern else []
    said += [_option(word, label) for word, label in field.options.items()]
    said += [phrase("{places} decimal places", places=field.places)] if field.type == "decimal" else []
    said += [phrase("in {currency}", currency=field.currency)] if field.currency else []
    said += [phrase("one of {source}", source=field.source)] if field.source else []
    said += [phrase("kinds {kinds}", kinds=", ".join(field.kinds))] if field.kinds else []
    said += [phrase("at most {size} bytes each", size=field.size)] if field.size else []
    said += [phrase("default {value}", value=field.default)] if field.default is not None else []
    return listed(said)


def _type(field: FormField) -> Phrase:
    return phrase(field.type)


def _option(word: str, label: dict[str, str]) -> Phrase:
    if not label:
        return phrase("or {word}", word=word)
    return phrase("or {word} as {texts}", word=word, texts=label_words(label))
