"""However large a definition is made within the limits of the reader, it is answered in little time and memory."""

import contextlib
import time
import tracemalloc

import pytest

from ltc.definition.compile import load_checked
from ltc.definition.errors import DefinitionError
from tests.unit.definition.test_strange import REPAIR, WORLD

ROW = '      - {{when: {{tier: t{0}, worth: "{0}.00 USD..{1}.00 USD", warranty: any}}, then: {{pays: x{0}, quoted_in: 1bd}}}}\n'
ROWS = "".join(ROW.format(number, number + 3) for number in range(350))
PROMISES = ", ".join(f"{{name: s{number}, target: {number + 1}bd}}" for number in range(700))
RUNGS = ", ".join(f"{{at: {100 + number}%, notify: customer}}" for number in range(900))
LEVELS = "".join(
    f"                  - {{name: l{number}, after: {number + 1}h, notify: customer}}\n" for number in range(160)
)
GREEDY = "          serial: {type: text, pattern: '((((a{1000}){1000}){1000}){1000}){1000}'}\n          other:"
HOSTILE = {
    "a long table": ("    otherwise: {pays: after", ROWS + "    otherwise: {pays: after"),
    "many promises": ("sla: {target: 3bd, warn_at: 75%}", f"sla: [{PROMISES}]"),
    "many rungs": ("sla: {target: 3bd, warn_at: 75%}", f"sla: {{target: 3bd, escalate: [{RUNGS}]}}"),
    "many reminders": ("                  - {name: friendly", LEVELS + "                  - {name: friendly"),
    "a greedy pattern": ("          serial:", GREEDY),
    "many instalments": (
        "{basis: order}",
        "{basis: order, instalments: [" + ", ".join(f"{{name: n{n}, share: 0.1%}}" for n in range(1000)) + "]}",
    ),
}


def answered(text: str) -> float:
    """Return the seconds of CPU that an answer took, whether it is a plan or complaints."""
    began = time.process_time()
    with contextlib.suppress(DefinitionError):
        load_checked(text, WORLD)
    return time.process_time() - began


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_answered_at_little_cost(what):
    old, new = HOSTILE[what]
    assert old in REPAIR
    text = REPAIR.replace(old, new, 1)
    load_checked(REPAIR, WORLD)  # what is imported and read once is not its cost
    assert min(answered(text) for _ in range(3)) < 0.35  # seconds of CPU: 0.2 on a machine of its own
    tracemalloc.start()
    answered(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
