"""Shapes: what may stand where in a definition, said as data. The checker, the JSON schema and the docs read them."""

from __future__ import annotations

from dataclasses import dataclass, field

# Formats of texts: a pattern (None: checked elsewhere), words for a complaint, and what to do.
FORMATS: dict[str, tuple[str | None, str]] = {
    "name": (r"[a-z][a-z0-9_]{0,39}", "a name: lower-case letters, digits and _, beginning with a letter"),
    "text": (r"(?s)(?=.*\S).{1,400}", "a text of at most 400 characters"),
    "expression": (r"(?s).{1,512}", "an expression of at most 512 characters"),
    "word": (r"[^\n]{0,64}", "a word, or '' for none"),
    "given": (r"(?s).{1,200}", "a value"),
    "operation": (r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", "an operation, such as erp.create_order"),
    "event": (r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", "an event, such as erp.goods_shipped"),
    "after": (r"[a-z][a-z0-9_.-]*", "an event or the name of a step"),
    "span": (r"[0-9].*|P.*", "a length of time, such as 4h, 30d, 4bh or 5bd"),
    "elapsed": (r"[1-9][0-9]{0,3}[smhd]", "a length of time, such as 12h or 3d"),
    "real_time": (r"[1-9][0-9]{0,5}[smh]", "a length of real time, such as 30s, 5m or 1h"),
    "period": (
        r"([1-9][0-9]? )?(day|week|month|quarter|year)s?",
        "how often: day, week, month, quarter or year, or several of them (2 weeks)",
    ),
    "time": (r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of the day, such as 09:00"),
    "factor": (r"[1-9][0-9]?(\.[0-9]{1,3})?", "a factor from 1 on, such as 2 or 1.5"),
    "percent": (r"[0-9]{1,4}%", "a share, such as 80%"),
    "tolerance": (r"[0-9]{1,3}(\.[0-9]{1,6})?%", "a tolerance, such as 5% or 2.5%"),
    "share": (r"[0-9]{1,3}(\.[0-9]{1,6})?%", "a share, such as 30% or 33.33%"),
    "amount": (r"-?[0-9]{1,15}(\.[0-9]{1,4})? [A-Z]{3}", "an amount and its currency, such as 5000.00 EUR"),
    "days": (r"[1-9][0-9]{0,2}d", "a number of calendar days, such as 10d"),
    "rung": (r"[0-9]{1,4}%|due( *\+.*)?", "a rung: 150% of the budget, due, or due + 7d"),
    "who": (r"(role|person):[A-Za-z0-9_.@-]{1,64}", "role:NAME or person:NAME"),
    "reassign": (r"(role|person):[A-Za-z0-9_.@-]{1,64}|manager", "role:NAME, person:NAME or manager"),
    "asked": (r"[a-z][a-z0-9_]{0,39}|(role|person):[A-Za-z0-9_.@-]{1,64}", "a level, role:NAME or person:NAME"),
    "party": (r"[A-Za-z0-9_.@-]{1,64}", "a name of letters, digits, '_', '.', '@' and '-'"),
    "notify": (
        r"(role|person):[A-Za-z0-9_.@-]{1,64}|customer|requester",
        "role:NAME, person:NAME, customer or requester",
    ),
    "file_kind": (r"[a-z0-9]{1,16}", "a kind of file, such as pdf or png"),
    "bytes": (r"[1-9][0-9]{0,5}(KB|MB)", "a size, such as 500KB or 5MB"),
    "currency": (r"[A-Z]{3}", "an ISO 4217 code, such as USD"),
    "column": (r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}", "a table and one of its outputs, such as terms.answer"),
    "cell": (r"(?s).{1,200}", "a value, '< 5', '>= 5', '!= x', 1..10, a date, or any"),
    "csv": (r"[A-Za-z0-9_-]{1,60}\.csv", "the name of a CSV file beside the definition, such as prices.csv"),
    "calendar": (r"[a-z][a-z0-9_-]{0,39}", "the name of a calendar"),
}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A text of one of the formats."""

    format: str
    doc: str


@dataclass(frozen=True)
class Choice:
    """One of a few words. ``reserved`` words are refused as not in this version."""

    words: tuple[str, ...]
    doc: str
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flag:
    """true or false; ``only`` is the one value that makes sense, if there is but one."""

    doc: str
    only: bool | None = None


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int
    doc: str


@dataclass(frozen=True)
class Many:
    """A list. ``distinct``: what stands in it twice would count once."""

    of: Shape
    doc: str
    least: int = 1
    distinct: bool = False


@dataclass(frozen=True)
class Table:
    """A mapping whose keys the author chooses (of a format) and whose values have one shape."""

    of: Shape
    doc: str
    key: str = "name"
    least: int = 1


@dataclass(frozen=True)
class Record:
    """A mapping with known keys."""

    title: str
    keys: dict[str, Shape]
    doc: str
    required: tuple[str, ...] = ()
    reserved: dict[str, str] = field(default_factory=dict)  # key -> what to write instead
    may_be_empty: bool = False


@dataclass(frozen=True)
class OneOf:
    """A word, a text, a list, or one of several records told apart by the key that only it has."""

    title: str
    doc: str
    words: tuple[str, ...] = ()
    text: Text | Whole | None = None
    listing: Many | None = None
    records: dict[str, Record] = field(default_factory=dict)
    reserved: dict[str, str] = field(default_factory=dict)  # signature keys and words kept for later


@dataclass(frozen=True)
class Ref:
    """Another shape by name: lets steps hold steps."""

    name: str
    doc: str = ""


Shape = Text | Choice | Flag | Whole | Many | Table | Record | OneOf | Ref
