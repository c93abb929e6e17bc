"""The whole contract suite over Odoo's wire."""

import pytest

from ltc.contract.bench import Bench
from ltc.contract.cases import check, works
from ltc.contract.outcome import Case

WORKS = works()


@pytest.mark.parametrize(("case", "subject"), WORKS, ids=[f"{case.id}-{subject}" for case, subject in WORKS])
async def test_behaviour(bench: Bench, case: Case, subject: str) -> None:
    outcome = await check(bench, case, subject)
    if outcome.status == "unsupported":
        pytest.skip(outcome.why)
    assert outcome.status == "ok", f"{case.sentence}: {outcome.why}; {outcome.to_do}"
