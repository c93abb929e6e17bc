"""Pieces of sentences: amounts, documents, lists, and how they are joined in the reader's language."""

from __future__ import annotations

from typing import Any

from ltc.wording import foreign, label, say_value


def money(value: Any) -> str:
    """Return ``123.40 USD`` of a money record; anything else as it is."""
    if not isinstance(value, dict) or set(value) != {"minor", "currency"}:
        return "" if value is None else str(value)
    from ltc.model.money import Money

    return str(Money.model_validate(value))


def document(value: Any) -> str:
    """Return ``Order SO-7 v2`` of a document record."""
    if not isinstance(value, dict) or not value.get("id"):
        return ""
    version = f" v{value['version']}" if value.get("version") else ""
    return f"{value.get('type', 'document')} {value['id']}{version}"


def joined(*parts: Any) -> str:
    """Return the parts that are not empty, with commas; each in the reader's language where it is ltc's own."""
    said = (say_value(str(part)) for part in parts if part not in (None, "", [], {}))
    return ("，" if foreign() else ", ").join(said)


def after(heading: str, value: Any) -> str:
    """Return a value after its heading; empty when there is none."""
    return f"{label(heading)} {value}" if value not in (None, "", [], {}) else ""


def listed(value: Any) -> str:
    """Return a list with commas, anything else as text."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def detailed(value: Any) -> str:
    """Return the names and values of a mapping that are not empty."""
    if not isinstance(value, dict):
        return listed(value)
    return joined(*(f"{name} {listed(item)}" for name, item in value.items() if item not in (None, "", [], {})))


def answer(value: Any) -> str:
    """Return an answer of a form in words: money, decimals and files (by name and digest) as people read them."""
    if isinstance(value, dict) and "text" in value:
        return str(value["text"])
    if isinstance(value, list):
        return ", ".join(
            f"{one.get('name', '?')} ({one.get('sha256', '')[:12]})" if isinstance(one, dict) else str(one)
            for one in value
        )
    return label("yes" if value else "no") if isinstance(value, bool) else money(value)
