"""Telephone numbers in E.164, as far as that can be said without numbering plans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ltc.mapping.calling_codes import CALLING, Dialling
from ltc.mapping.countries import CODES
from ltc.mapping.errors import Unusable
from ltc.mapping.paths import ABSENT, Path
from ltc.mapping.transforms.base import Arg, Args, At, Spec

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_EXTENSION = re.compile(r"\s*(?:;?\s*(?:ext|extension|x|#|durchwahl)\.?\s*=?\s*\d{1,8})$", re.IGNORECASE)
_FILLING = re.compile(r"[\s().\-/·‐-―  ]+")
_INTERNATIONAL = "00"


@dataclass(frozen=True)
class Phone:
    """A telephone number.

    A number with ``+`` or ``00`` is taken as it is; another one is national to the country that the record or the
    file names: its trunk prefix goes, the country's code comes before it. Whether the number is in use, or has the
    right length for its country, cannot be said without the countries' numbering plans and is not checked.
    """

    country: Path | None = None
    country_is: str = ""
    drop_extension: bool = False

    def read(self, value: Any, at: At) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Unusable("it is no telephone number")
        digits = _FILLING.sub("", self._without_extension(str(value).strip()).replace("(0)", ""))
        if digits.startswith(_INTERNATIONAL):
            digits = "+" + digits.removeprefix(_INTERNATIONAL)
        if not digits.startswith("+"):
            digits = self._national(digits, at)
        if not _E164.fullmatch(digits):
            raise Unusable("it is no telephone number (E.164: + and 7 to 15 digits)")
        return digits

    def write(self, value: Any, at: At) -> str:
        if not isinstance(value, str) or not _E164.fullmatch(value):
            raise Unusable("it is no E.164 telephone number (+ and 7 to 15 digits)")
        return value

    def _without_extension(self, text: str) -> str:
        if not _EXTENSION.search(text):
            return text
        if not self.drop_extension:
            raise Unusable("it has an extension, which E.164 cannot hold; say extension: drop to do without")
        return _EXTENSION.sub("", text)

    def _national(self, digits: str, at: At) -> str:
        plan = self._dialling(at)
        if not digits.isascii() or not digits.isdigit():
            raise Unusable("it has characters that no telephone number has")
        if plan.trunk and digits.startswith(plan.trunk):
            digits = digits.removeprefix(plan.trunk)
        return f"+{plan.code}{digits}"

    def _dialling(self, at: At) -> Dialling:
        country = self.country_is
        if self.country is not None:
            found = at.find(self.country)
            country = "" if found is ABSENT else CODES.get(str(found).strip().upper(), "")
            country = country or self.country_is
        if not country:
            raise Unusable("it does not say its country: write it with +, or name 'country' or 'country_is'")
        if country not in CALLING:
            raise Unusable(f"how numbers of {country} are dialled is not known here; write it with +")
        return CALLING[country]


def _phone(args: Args) -> Phone:
    return Phone(args.get("country"), args.get("country_is", ""), args.get("extension") == "drop")


SPECS = (
    Spec(
        "phone", "a telephone number; E.164 in ltc", frozenset({"text"}), _phone,
        {
            "country": Arg("path", "where the record has the country's code, for a national number", sides=("read",)),
            "country_is": Arg("country", "the country of national numbers; default: the file's", sides=("read",)),
            "extension": Arg("word", "drop: leave an extension out, not refuse it", words=("drop",), sides=("read",)),
        },
    ),
)  # fmt: skip
