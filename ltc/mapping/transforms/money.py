"""Money: an amount in the system, in major or minor units, with the currency that the record or the file names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ltc.definition.currencies import CURRENCIES
from ltc.definition.errors import listing
from ltc.mapping.errors import Unusable
from ltc.mapping.paths import ABSENT, Path
from ltc.mapping.transforms.base import AS_NUMBER, Arg, Args, At, Spec, number, sent
from ltc.model.money import Money, exponent

_KNOWN = frozenset(CURRENCIES)


@dataclass(frozen=True)
class Codes:
    """Currency codes, by the system's own words where it has such."""

    words: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: Any, at: At) -> str:
        word = str(value).strip()
        code = self.words.get(word, "") if self.words else word.upper()
        if code not in _KNOWN:
            known = f"; known are {listing(self.words)}" if self.words else ""
            raise Unusable(f"{word[:20]!r} is no currency{known}")
        return code

    def write(self, value: Any, at: At) -> str:
        if value not in _KNOWN:
            raise Unusable(f"{str(value)[:20]!r} is no currency")
        if not self.words:
            return str(value)
        found = [word for word, code in self.words.items() if code == value]
        if not found:
            raise Unusable(f"the table has no word for {value}; it has {listing(self.words.values())}")
        return found[0]


@dataclass(frozen=True)
class Amount:
    """Money. Read: rounded half-even to the currency's minor unit. Written: refused in any other currency."""

    codes: Codes
    currency: Path | None = None
    currency_is: str = ""
    minor: bool = False
    form: str = "number"

    def read(self, value: Any, at: At) -> dict[str, Any]:
        currency = self._currency(at)
        amount = number(value)
        if self.minor and amount != amount.to_integral_value():
            raise Unusable("minor units are whole")
        minor = int(amount) if self.minor else Money.of(amount, currency).minor
        return {"minor": minor, "currency": currency}

    def write(self, value: Any, at: At) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("minor"), int) or "currency" not in value:
            raise Unusable("it is no money")
        wanted = self._currency(at, written=True)
        if value["currency"] != wanted:
            raise Unusable(f"it is in {value['currency']}, not in {wanted}")
        amount = number(value["minor"])
        if self.minor:
            return sent(amount, self.form)
        return sent(amount.scaleb(-exponent(wanted)), self.form)

    def _currency(self, at: At, written: bool = False) -> str:
        if self.currency is None:
            return self.currency_is
        found = at.find(self.currency)
        if found is ABSENT:
            raise Unusable(f"its currency ('{self.currency.text}') is missing")
        # What is written comes from ltc, which has codes only.
        return Codes().read(found, at) if written else self.codes.read(found, at)


def _amount(args: Args) -> Amount:
    return Amount(
        Codes(args.get("currencies", {})), args.get("currency"), args.get("currency_is", ""),
        args.get("minor", False), args.get("as", "number"),
    )  # fmt: skip


_WORDS = Arg("table", "the system's words for currencies: {1: USD, RMB: CNY}; without it, ISO 4217 codes")
SPECS = (
    Spec(
        "money", "an amount with its currency; read half-even to the currency's smallest coin, never converted",
        frozenset({"money"}), _amount,
        {
            "currency": Arg("path", "where the source names the currency that the amount is, or must be, in"),
            "currency_is": Arg("currency", "the currency of every record"),
            "currencies": Arg("table", _WORDS.doc, sides=("read",)),
            "minor": Arg("flag", "the system counts in minor units (cents, fen)"),
            "as": AS_NUMBER,
        },
        one_of=("currency", "currency_is"),
    ),
    Spec(
        "currency", "an ISO 4217 currency code", frozenset({"text"}), lambda args: Codes(args.get("currencies", {})),
        {"currencies": _WORDS},
    ),
)  # fmt: skip
