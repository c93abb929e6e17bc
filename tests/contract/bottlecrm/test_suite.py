"""The contract suite over BottleCRM's wire: always over the fake, in the long tests over the vendor's own server, too."""

import pytest

from ltc.contract.bench import Bench
from ltc.contract.cases import check, works
from ltc.contract.outcome import Case

WORKS = [(case, subject) for case, subject in works() if not subject or subject.startswith("crm")]
IDS = [f"{case.id}-{subject}" for case, subject in WORKS]


async def holds(bench: Bench, case: Case, subject: str) -> None:
    outcome = await check(bench, case, subject)
    if outcome.status == "unsupported":
        pytest.skip(outcome.why)
    assert outcome.status == "ok", f"{case.sentence}: {outcome.why}; {outcome.to_do}"


@pytest.mark.parametrize(("case", "subject"), WORKS, ids=IDS)
async def test_behaviour(bench: Bench, case: Case, subject: str) -> None:
    await holds(bench, case, subject)


@pytest.mark.full
@pytest.mark.parametrize(("case", "subject"), WORKS, ids=IDS)
async def test_behaviour_of_the_vendors_server(real_bench: Bench, case: Case, subject: str) -> None:
    await holds(real_bench, case, subject)
