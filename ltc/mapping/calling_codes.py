"""How national telephone numbers of a country are dialled from abroad (ITU-T E.164: country code, trunk prefix).

A country stands here only if one rule holds for the whole of it: its code, and the one prefix that national numbers
begin with and international ones do not have ("" if there is none). Others are not guessed at.
"""

from __future__ import annotations

from typing import NamedTuple


class Dialling(NamedTuple):
    """A country's code, and the trunk prefix that is left out behind it."""

    code: str
    trunk: str


_TRUNK_0 = """
    AE 971 AL 355 AM 374 AT 43 AU 61 BA 387 BD 880 BE 32 BG 359 BR 55 CH 41 CN 86 DE 49 EG 20 FI 358 FR 33 GB 44
    GE 995 HR 385 ID 62 IE 353 IL 972 IN 91 IQ 964 IR 98 JO 962 JP 81 KE 254 KH 855 KR 82 LK 94 MA 212 MD 373 ME 382
    MK 389 MY 60 NG 234 NL 31 NZ 64 PE 51 PH 63 PK 92 RO 40 RS 381 SA 966 SE 46 SI 386 SK 421 TH 66 TR 90 TW 886 UA 380
    VE 58 VN 84 ZA 27
"""
_NO_TRUNK = """
    BH 973 CL 56 CR 506 CY 357 CZ 420 DK 45 EC 593 EE 372 ES 34 GR 30 GT 502 HK 852 HN 504 IS 354 IT 39 KW 965 LU 352
    LV 371 MO 853 MT 356 MX 52 NI 505 NO 47 OM 968 PA 507 PL 48 PT 351 QA 974 SG 65 SV 503 TN 216 UY 598
"""
_OTHERS = {
    "US": ("1", "1"),
    "CA": ("1", "1"),
    "RU": ("7", "8"),
    "KZ": ("7", "8"),
    "HU": ("36", "06"),
    "LT": ("370", "0"),
}


def _table() -> dict[str, Dialling]:
    table = {country: Dialling(*pair) for country, pair in _OTHERS.items()}
    for text, trunk in ((_TRUNK_0, "0"), (_NO_TRUNK, "")):
        words = text.split()
        table |= {country: Dialling(code, trunk) for country, code in zip(words[::2], words[1::2], strict=True)}
    return table


CALLING = _table()
