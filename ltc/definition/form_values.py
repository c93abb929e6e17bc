"""The values of a form's fields: read from text, held against the field; pure, and linear in what people send."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import cel
from pydantic import ValidationError

from ltc.definition.plan_forms import FormField
from ltc.model.files import FileRef
from ltc.model.money import Money, exponent

MOST_TEXT, USUAL_TEXT, MOST_FILES, MOST_DIGITS = 4_000, 400, 20, 15
_DOCUMENT = re.compile(r"[^\s\x00-\x1f]{1,64}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_YES = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
Checked = tuple[Any, str]  # a value as answers hold it, and why it is not taken ("" when it is)


@lru_cache(maxsize=1)
def _matcher() -> cel.Program:
    # The runner's own regular expressions (RE2's syntax) take linear time: no pattern can stall a chain.
    return cel.compile("text.matches(pattern)")


def matches(text: str, pattern: str) -> bool:
    """Tell whether the whole text matches.

    Raises:
        ValueError: the pattern is none.
    """
    try:
        context = cel.Context(variables={"text": text, "pattern": f"^(?:{pattern})$"})
        return bool(_matcher().execute(context))
    except RuntimeError as error:
        raise ValueError(str(error).splitlines()[-1].removeprefix("error: ")) from None


# Values, by type of field


def _text(field: FormField, value: Any) -> Checked:
    if not isinstance(value, str):
        return None, "must be a text"
    if _CONTROL.search(value):
        return None, "holds control characters"
    least, most = int(field.low or 0), int(field.high or USUAL_TEXT)
    if len(value) > most:
        return None, f"has {len(value)} characters, at most {most} are taken"
    if len(value) < least:
        return None, f"has {len(value)} characters, at least {least} are needed"
    if field.pattern and not matches(value, field.pattern):
        return None, f"does not match {field.pattern}"
    return value, ""


def _whole(field: FormField, value: Any) -> Checked:
    if isinstance(value, bool) or not isinstance(value, int):
        return None, "must be a whole number"
    if abs(value) >= 10**MOST_DIGITS:
        return None, f"has more than {MOST_DIGITS} digits"
    return value, _bounds(field, value, int)


def _decimal(field: FormField, value: Any) -> Checked:
    text = value.get("text") if isinstance(value, dict) else str(value) if type(value) is int else value
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        return None, "must be a decimal number such as 12.50, written as text"
    number = Decimal(text)
    scaled = number.scaleb(field.places)
    if scaled != scaled.to_integral_value():
        return None, f"has more than {field.places} decimal places"
    return {"text": f"{number:.{field.places}f}", "scaled": int(scaled)}, _bounds(field, number, Decimal)


def _money(field: FormField, value: Any) -> Checked:
    try:
        amount = Money.parse(value) if isinstance(value, str) else Money.model_validate(value, strict=True)
    except (ValueError, InvalidOperation):
        return None, f"must be an amount such as 120.00 {field.currency}"
    if amount.currency != field.currency:
        return None, f"must be in {field.currency}, not {amount.currency}"
    if abs(amount.minor) >= 10**MOST_DIGITS:
        return None, f"has more than {MOST_DIGITS} digits"
    return amount.model_dump(), _bounds(field, amount.minor, lambda text: Money.parse(text).minor)


def _date(field: FormField, value: Any) -> Checked:
    found = _iso(value)
    if found is None:
        return None, "must be a date such as 2026-03-31"
    return found.isoformat(), _bounds(field, found, date.fromisoformat)


def _iso(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _choice(field: FormField, value: Any) -> Checked:
    if not isinstance(value, str) or value not in field.options:
        return None, f"must be one of {', '.join(field.options)}"
    return value, ""


def _yes_no(_field: FormField, value: Any) -> Checked:
    return (value, "") if isinstance(value, bool) else (None, "must be true or false")


def _document(_field: FormField, value: Any) -> Checked:
    if not isinstance(value, str) or not _DOCUMENT.fullmatch(value):
        return None, "must be the id of a document: at most 64 characters, no spaces"
    return value, ""


def _file(field: FormField, value: Any) -> Checked:
    given = value if isinstance(value, list) else [value]
    try:
        files = [FileRef.model_validate(one, strict=True) for one in given]
    except ValidationError:
        return None, "must be stored files, each with sha256, name, size and kind"
    for one in files:
        if field.size and one.size > field.size:
            return None, f"{one.name} has {one.size} bytes, at most {field.size} are taken"
        if field.kinds and one.kind not in field.kinds:
            return None, f"{one.name} is {one.kind or 'of no known kind'}; taken are {', '.join(field.kinds)}"
    least, most = int(field.low or 1), int(field.high or 1)
    if not least <= len(files) <= most:
        return None, f"{len(files)} files are given; {least if least == most else f'{least} to {most}'} are taken"
    return [one.model_dump() for one in files], ""


_CHECKS: dict[str, Callable[[FormField, Any], Checked]] = {
    "text": _text, "whole": _whole, "decimal": _decimal, "money": _money, "date": _date, "choice": _choice,
    "yes_no": _yes_no, "document": _document, "file": _file,
}  # fmt: skip


def checked(field: FormField, value: Any) -> Checked:
    """Hold a JSON value against a field; the value as answers hold it, or why it is not taken."""
    found, problem = _CHECKS[field.type](field, value)
    return (None, problem) if problem else (found, "")


def _bounds(field: FormField, value: Any, read: Callable[[str], Any]) -> str:
    if field.low and value < read(field.low):
        return f"is less than {field.low}"
    return f"is more than {field.high}" if field.high and value > read(field.high) else ""


# What authors and command lines write


def written(field: FormField, text: str) -> Checked:
    """Read a value as people write it, then check it."""
    if field.type == "whole":
        return checked(field, int(text)) if _WHOLE.fullmatch(text.strip()) else (None, "must be a whole number")
    if field.type == "yes_no":
        return checked(field, _YES.get(text.strip().lower()))
    return checked(field, text if field.type == "text" else text.strip())


def malformed(field: FormField) -> Iterator[tuple[str, str, str]]:
    """Say what is wrong with a field as its author wrote it: (key, problem, remedy)."""
    for key, text in (("min", field.low), ("max", field.high)):
        if text and (problem := _unbounded(field, text)):
            yield key, problem, "write a bound of the field's own type"
    if field.pattern:
        try:
            matches("", field.pattern)
        except ValueError as error:
            yield "pattern", str(error), "write a regular expression of RE2's syntax, without look-around"
    if field.type == "choice" and not field.options:
        yield "options", "a choice needs options", "add options: {word: what people see}"
    if field.type == "file" and "" in field.kinds:
        yield "kinds", "an empty kind", "write kinds such as pdf"


def _unbounded(field: FormField, text: str) -> str:
    """Why a text is no bound of a field."""
    if field.type in ("text", "file"):
        most = MOST_TEXT if field.type == "text" else MOST_FILES
        return "" if re.fullmatch("[0-9]{1,5}", text) and int(text) <= most else f"a count from 0 to {most} is needed"
    plain = field.model_copy(update={"low": "", "high": ""})
    return written(plain, text)[1]


def crossed(field: FormField) -> bool:
    """Tell whether the bounds of a field leave nothing between them."""
    if field.type == "text":
        return int(field.low or 0) > int(field.high or USUAL_TEXT)
    if field.type == "file":
        return int(field.low or 1) > int(field.high or 1) or field.high == "0"
    if not (field.low and field.high):
        return False
    read: dict[str, Callable[[str], Any]] = {
        "whole": int, "decimal": Decimal, "date": date.fromisoformat, "money": lambda text: Money.parse(text).minor,
    }  # fmt: skip
    return bool(read[field.type](field.low) > read[field.type](field.high)) if field.type in read else False


def shown(field: FormField, value: Any) -> str:
    """Write a value of an answer for people."""
    if field.type == "money":
        places = exponent(value["currency"])
        return f"{Decimal(value['minor']).scaleb(-places):.{places}f} {value['currency']}"
    if field.type == "decimal":
        return str(value["text"])
    if field.type == "file":
        return ", ".join(f"{one['name']} ({one['size']} bytes, {one['sha256'][:12]})" for one in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if field.type == "yes_no" else str(value)
