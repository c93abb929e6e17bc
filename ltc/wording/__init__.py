"""Says sentences in the reader's language (``LTC_LANG``): English stands in the code, Chinese in catalogues."""

from __future__ import annotations

import os
from functools import cache, lru_cache

from ltc.wording.catalogue import Catalogue

LANGUAGES = ("en", "zh")
VARIABLE = "LTC_LANG"


class UnknownLanguageError(ValueError):
    """``LTC_LANG`` names a language that ltc does not speak."""


def language() -> str:
    """Return the language of messages: ``en`` or ``zh``.

    Raises:
        UnknownLanguageError: the variable names another one.
    """
    said = os.environ.get(VARIABLE) or LANGUAGES[0]
    if said not in LANGUAGES:
        raise UnknownLanguageError(f"{VARIABLE}: {said[:20]!r} is no language of ltc; use en or zh")
    return said


def foreign() -> bool:
    """Return whether messages are said in another language than they are written in."""
    return os.environ.get(VARIABLE) == "zh"


@cache
def chinese() -> Catalogue:
    """Return the Chinese catalogue, read once and only where it is needed."""
    return Catalogue("zh")


def say(text: str) -> str:
    """Return a message in the reader's language; what the catalogue does not know stays as it is.

    Messages are found by their English text, because many of them were made elsewhere and earlier: by a worker, in a
    trail entry, in the answer of a chain. Ids, names of keys and what people wrote are particulars and stay.
    """
    return _said(text, 1) if foreign() and text else text


def say_value(text: str) -> str:
    """Return a cell or value in the reader's language; carefully, as it may be what people wrote: a customer's name."""
    return _said(text, 0) if foreign() and text else text


def spoken(text: str, wanted: str = "") -> str:
    """Return a phrase in the language wanted, else the reader's; a plain text, such as an expression, as it is."""
    return chinese().spoken(text) if (wanted or language()) == "zh" else str(text)


@lru_cache(maxsize=4096)
def _said(text: str, depth: int) -> str:
    return chinese().block(text) or "\n".join(chinese().line(line, depth) for line in text.split("\n"))


def label(text: str) -> str:
    """Return the heading of a table, section or field in the reader's language."""
    return chinese().labels.get(text) or say(text) if foreign() else text


def noun(word: str) -> str:
    """Return a counted noun with its measure word (``个流程实例``); empty in English."""
    return chinese().nouns.get(word, "") if foreign() else ""


def fill(template: str, **particulars: object) -> str:
    """Return a short template, too short to be found by its text, filled in the reader's language."""
    known = chinese().fills.get(template, template) if foreign() else template
    return known.format(**particulars)
