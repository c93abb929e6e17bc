"""The contract suite over a real Tryton: what tells most always, the rest of the bad days with ``make test-full``."""

import pytest

from ltc.contract.bench import Bench
from ltc.contract.cases import check, works
from ltc.contract.outcome import Case

ALWAYS = ("takes-place", "lost-reply", "feed", "declared", "wrong-credentials", "stale-version", "amounts", "payments",
          "secrets")  # fmt: skip
WORKS = [
    pytest.param(case, subject, id=f"{case.id}-{subject}", marks=[] if case.id in ALWAYS else [pytest.mark.full])
    for case, subject in works()
]


@pytest.mark.parametrize(("case", "subject"), WORKS)
async def test_behaviour(bench: Bench, case: Case, subject: str) -> None:
    outcome = await check(bench, case, subject)
    if outcome.status == "unsupported":
        pytest.skip(outcome.why)
    assert outcome.status == "ok", f"{case.sentence}: {outcome.why}; {outcome.to_do}"
