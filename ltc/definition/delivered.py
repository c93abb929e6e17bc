"""The function ``delivered(order)`` of expressions, written out when a definition is compiled."""

from __future__ import annotations

import re
from decimal import Decimal

_WHOLE = Decimal(100)
# A text is skipped whole; group 1 is what the function is asked of.
_DELIVERED = re.compile(r"'[^']*'|\"[^\"]*\"|\bdelivered\(\s*([a-z_][a-z0-9_.]*)\s*\)")


def written_out(source: str, under: str) -> str:
    """Write ``delivered(order)`` out: what was shipped or cancelled reaches what was ordered, less the tolerance.

    It does so in all, and in each line where the system says how far the lines are.
    """

    def out(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0]
        scale = 10 ** max(-int(Decimal(under).as_tuple().exponent), 0)
        least = int((_WHOLE - Decimal(under)) * scale)
        whole = f"({name}.shipped + {name}.cancelled) * {100 * scale} >= {name}.ordered * {least}"
        each = f"(_line.shipped + _line.cancelled) * {100 * scale} >= _line.ordered * {least}"
        return f"({whole} && (!has({name}.by_line) || {name}.by_line.all(_line, {each})))"

    return _DELIVERED.sub(out, source)
