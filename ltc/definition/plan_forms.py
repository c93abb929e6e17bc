"""What a plan pins of a form: its fields."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ltc.model.base import Value

FieldType = Literal["text", "whole", "decimal", "money", "date", "choice", "yes_no", "document", "file"]


class FormField(Value):
    """One field of a form.

    ``low`` and ``high`` bound a value, of a text its length, of a file how many; as written, empty for none.
    ``default`` is a JSON value as answers hold it. ``source`` names the collection a document is one of.
    ``size`` is the most bytes of one file; 0 leaves it to the file store.
    """

    name: str
    type: FieldType
    label: dict[str, str] = Field(default_factory=dict)
    help: dict[str, str] = Field(default_factory=dict)
    required: bool = True
    default: Any = None
    low: str = ""
    high: str = ""
    pattern: str = ""
    options: dict[str, dict[str, str]] = Field(default_factory=dict)
    places: int = 2
    currency: str = ""
    source: str = ""
    kinds: list[str] = Field(default_factory=list)
    size: int = 0
