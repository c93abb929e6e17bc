"""Evaluates checked expressions over JSON values: deterministic, no I/O, fit for workflow code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from functools import lru_cache
from typing import Any

import cel

from ltc.definition.parsing import parse
from ltc.definition.syntax import ExpressionError, Node, path, walk
from ltc.definition.usage import Part, usage
from ltc.model.money import Money, exponent

_MOST = 2**63 - 1  # beyond it the runner reckons in floats
# Wide enough that amount times rate is exact; not the thread's own context, which others may set.
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)


class EvaluationError(ValueError):
    """An expression that gave no value: which one, and why."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(f"{source!r}: {message}")
        self.source = source
        self.message = message


class NoRate(Exception):
    """base() met an amount in a currency whose rate is not known."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"no exchange rate for {currency}")
        self.currency = currency


@dataclass(frozen=True, slots=True)
class _Program:
    """A compiled expression: what it reads, the bare path it is (if it is one), whether it calls our functions."""

    run: cel.Program
    reads: dict[str, Part]
    path: tuple[str, ...]
    converts: bool


def evaluate(source: str, variables: Mapping[str, Any], *, currency: str, rates: Mapping[str, str]) -> Any:
    """Evaluate an expression over JSON values.

    Args:
        source: an expression that ``check`` passed.
        variables: dicts, lists, texts, whole numbers, conditions; money is ``{"minor", "currency"}``; instants are
            ISO texts. A name without value is passed as ``{}``, so that has() is false.
        currency: the base currency.
        rates: base units per unit of another currency, as decimal texts: ``{"EUR": "7.81"}``.

    Returns:
        A JSON value; an instant as ISO text. A bare path gives the value as it stands.

    Raises:
        NoRate: base() needs the rate of a currency that ``rates`` lacks.
        EvaluationError: a field read is not there, division by zero, overflow, a broken value.
    """
    program = _compiled(source)
    if program.path:
        return _follow(source, program.path, variables)
    reads = {}
    for name, part in program.reads.items():
        if name not in variables:
            raise EvaluationError(source, f"{name!r} has no value here")
        reads[name] = part.cut(variables[name])
    return _run(source, program, reads, _Converter(currency, rates))


def _follow(source: str, path: tuple[str, ...], variables: Mapping[str, Any]) -> Any:
    value: Any = variables
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            raise EvaluationError(source, f"{name!r} has no value here; ask with has() first")
    return value


def _run(source: str, program: _Program, reads: dict[str, Any], converter: _Converter) -> Any:
    functions = converter.functions() if program.converts else None
    try:
        value = _plain(program.run.execute(cel.Context(variables=reads, functions=functions)))
    except KeyError as error:
        raise EvaluationError(source, f"{error.args[0]!r} has no value here; ask with has() first") from None
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise EvaluationError(source, str(error)) from None
    if converter.missing:
        raise NoRate(converter.missing[0])
    if converter.wrong:
        raise EvaluationError(source, converter.wrong[0])
    return value


class _Converter:
    """The functions base() and money() of one evaluation.

    They never raise, for the runner would log it and hide the cause: what is missing or wrong is kept here.
    """

    def __init__(self, currency: str, rates: Mapping[str, str]) -> None:
        self.currency = currency
        self.rates = rates
        self.missing: list[str] = []
        self.wrong: list[str] = []

    def functions(self) -> dict[str, Callable[..., Any]]:
        return {"base": self.base, "money": self.money}

    def base(self, amount: Any) -> int:
        try:
            minor, currency = int(amount["minor"]), amount["currency"]
            if currency != self.currency and currency not in self.rates:
                self.missing.append(currency)
                return 0
            if currency != self.currency:
                minor = converted(minor, currency, self.currency, self.rates[currency])
            if abs(minor) <= _MOST:
                return minor
            self.wrong.append(f"{str(amount['minor'])[:30]} {currency} is more than an amount can be")
        except (KeyError, TypeError):
            self.wrong.append("base() takes an amount of money with minor and currency")
        except (DecimalException, ValueError):
            self.wrong.append(f"the rate of {currency} is not a positive decimal number")
        return 0

    def money(self, text: str) -> int:
        try:
            amount = _constant(text)
        except ValueError as error:
            self.wrong.append(str(error))
            return 0
        if amount.currency != self.currency:
            self.wrong.append(f"the constant {text!r} is not in the base currency {self.currency}")
        return amount.minor


def converted(minor: int, source: str, target: str, rate: str) -> int:
    """Convert minor units: one unit of ``source`` is ``rate`` units of ``target``; half-even, once, at the end.

    Raises:
        ValueError: the rate is not a positive decimal number.
    """
    factor = Decimal(rate)
    if not factor.is_finite() or factor <= 0:
        raise ValueError(f"{rate!r} is not a rate")
    exact = _EXACT.multiply(Decimal(minor), factor)
    return int(_EXACT.quantize(_EXACT.scaleb(exact, exponent(target) - exponent(source)), Decimal(1)))


@lru_cache(maxsize=1024)
def _constant(text: str) -> Money:
    return Money.parse(text)


@lru_cache(maxsize=4096)
def _compiled(source: str) -> _Program:
    try:
        node = parse(source)
        program = cel.compile(_guarded(source, node))
    except (ExpressionError, ValueError) as error:
        raise EvaluationError(source, str(error)) from None
    converts = any(inner.kind == "call" and inner.text in ("base", "money") for inner in walk(node))
    bare = path(node)
    return _Program(program, usage(node), tuple(bare.split(".")) if bare else (), converts)


def _guarded(source: str, node: Node) -> str:
    """Rewrite the two forms that the runner means otherwise than the checker.

    has(a.b.c) asks for a.b first, for over dicts the runner fails where an absent a.b makes it false. A sign becomes
    a subtraction, for the runner negates the smallest whole number into itself, where others report the overflow.
    """
    edits: list[tuple[int, int, str]] = []
    _edit(source, node, edits)
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    return source


def _edit(source: str, node: Node, edits: list[tuple[int, int, str]]) -> None:
    if node.kind == "has":
        steps = [node.args[0]]
        while steps[-1].args[0].kind == "select":
            steps.append(steps[-1].args[0])
        asked = " && ".join(f"has({source[step.start : step.end]})" for step in reversed(steps))
        edits.append((node.start, node.end, f"({asked})"))
        return
    if node.kind == "unary" and node.text == "-":
        edits.append((node.start, node.start, "(0 "))
        edits.append((node.end, node.end, ")"))
    for arg in node.args:
        _edit(source, arg, edits)


def _plain(value: Any) -> Any:
    """Return a result as JSON: instants as ISO text in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, bool | int | str | float):
        return value
    raise TypeError(f"gives {type(value).__name__}, which is no value here")
