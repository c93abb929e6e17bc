"""Numbers: whole, decimal, per cent, yes and no, and quantities in units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from ltc.definition.errors import listing
from ltc.mapping.errors import Unusable
from ltc.mapping.paths import ABSENT, Path
from ltc.mapping.transforms.base import AS_NUMBER, Arg, Args, At, Spec, number, plain, sent

_SAID = 15
_EXACT = 60  # digits: products of our numbers and factors never round


@dataclass(frozen=True)
class Integer:
    """A whole number; 5.0 is one, 5.5 is not."""

    form: str = "number"

    def read(self, value: Any, at: At) -> int:
        return self._whole(value)

    def write(self, value: Any, at: At) -> Any:
        return sent(Decimal(self._whole(value)), self.form)

    def _whole(self, value: Any) -> int:
        found = number(value)
        if found != found.to_integral_value():
            raise Unusable("it is no whole number")
        return int(found)


@dataclass(frozen=True)
class Fraction:
    """A decimal number, or with ``scale`` 100 one that the system holds as per cent and ltc as a part of 1."""

    form: str = "number"
    places: int | None = None
    scale: int = 1

    def read(self, value: Any, at: At) -> str:
        return plain(self._rounded(number(value) / self.scale))

    def write(self, value: Any, at: At) -> Any:
        return sent(self._rounded(number(value) * self.scale), self.form)

    def _rounded(self, value: Decimal) -> Decimal:
        return value if self.places is None else value.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Boolean:
    """Yes or no: true and false, or the system's two words for it."""

    yes: str = ""
    no: str = ""

    def read(self, value: Any, at: At) -> bool:
        if isinstance(value, bool) and not self.yes:
            return value
        if self.yes and str(value) in (self.yes, self.no):
            return str(value) == self.yes
        wanted = f"'{self.yes}' nor '{self.no}'" if self.yes else "true nor false"
        raise Unusable(f"it is neither {wanted}")

    def write(self, value: Any, at: At) -> Any:
        if not isinstance(value, bool):
            raise Unusable("it is neither true nor false")
        return (self.yes if value else self.no) if self.yes else value


@dataclass(frozen=True)
class Quantity:
    """A number of pieces, counted by the system in units; what would not come out whole is refused."""

    units: Mapping[str, Decimal] = field(default_factory=dict)
    unit: Path | None = None
    unit_is: str = ""
    form: str = "number"

    def read(self, value: Any, at: At) -> int:
        with localcontext(prec=_EXACT):
            found = number(value) * self._factor(at)
            if found != found.to_integral_value():
                raise Unusable(f"it is {plain(found)} in ltc's unit, and ltc counts whole ones")
            return int(found)

    def write(self, value: Any, at: At) -> Any:
        with localcontext(prec=_EXACT):
            factor = self._factor(at)
            found = number(value) / factor
            if len(found.normalize().as_tuple().digits) > _SAID:  # beyond this a JSON number is another one
                raise Unusable(f"it cannot be said exactly in units of {plain(factor)}")
            return sent(found.normalize() if self.form != "text" else Decimal(plain(found)), self.form)

    def _factor(self, at: At) -> Decimal:
        name: Any = self.unit_is
        if self.unit is not None:
            name = at.find(self.unit)
            if name is ABSENT:
                raise Unusable(f"its unit ('{self.unit.text}') is missing")
        if not self.units:
            return Decimal(1)
        if str(name) not in self.units:
            raise Unusable(f"its unit {str(name)[:40]!r} is not known; known are {listing(self.units)}")
        return self.units[str(name)]


def _fraction(args: Args, scale: int) -> Fraction:
    return Fraction(args.get("as", "number"), args.get("places"), scale)


def _boolean(args: Args) -> Boolean:
    if ("yes" in args) != ("no" in args):
        raise ValueError("say both 'yes' and 'no', or neither")
    return Boolean(args.get("yes", ""), args.get("no", ""))


def _quantity(args: Args) -> Quantity:
    units, unit, unit_is = args.get("units", {}), args.get("unit"), args.get("unit_is", "")
    if bool(units) != bool(unit or unit_is) or (unit and unit_is):
        raise ValueError("units need a table 'units' and either 'unit' (a path) or 'unit_is' (a word of the table)")
    if unit_is and unit_is not in units:
        raise ValueError(f"{unit_is!r} is not in the table; it has {listing(units)}")
    return Quantity(units, unit, unit_is, args.get("as", "number"))


_PLACES = Arg("whole", "round half-even to so many decimal places", low=0, high=12)
SPECS = (
    Spec(
        "integer", "a whole number", frozenset({"integer", "decimal"}),
        lambda args: Integer(args.get("as", "number")), {"as": AS_NUMBER}, also_writes=frozenset({"text"}),
    ),
    Spec(
        "decimal", "a decimal number", frozenset({"decimal"}), lambda args: _fraction(args, 1),
        {"places": _PLACES, "as": AS_NUMBER}, also_writes=frozenset({"integer"}),
    ),
    Spec(
        "percent", "per cent in the system (12.5), a part of one in ltc (0.125)", frozenset({"decimal"}),
        lambda args: _fraction(args, 100), {"places": _PLACES, "as": AS_NUMBER},
    ),
    Spec(
        "boolean", "true or false", frozenset({"boolean"}), _boolean,
        {"yes": Arg("text", "the system's word for true"), "no": Arg("text", "the system's word for false")},
    ),
    Spec(
        "quantity", "how many, in the system's units; ltc counts whole ones and nothing is rounded",
        frozenset({"integer"}), _quantity,
        {
            "units": Arg("units", "how many of ltc's unit each of the system's units is"),
            "unit": Arg("path", "where the record names the unit"),
            "unit_is": Arg("text", "the unit of every record"),
            "as": AS_NUMBER,
        },
    ),
)  # fmt: skip
