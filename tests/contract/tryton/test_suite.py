"""The contract suite over a real Tryton: each behaviour on one subject always, on all with ``make test-full``."""

import pytest

from ltc.contract.bench import Bench
from ltc.contract.cases import check, works
from ltc.contract.outcome import Case

# Each behaviour where it tells most for what it costs: a payment costs Tryton ten times what an order does.
# The feed of the ERP is not among them: tests beside these, on the same Tryton, would be heard in it.
ALWAYS = {
    "takes-place": "erp.create_order",
    "twice-is-once": "erp.create_order",
    "inverse": "erp.release_delivery",
    "refusal": "erp.release_delivery",
    "not-found": "erp.post_invoice",
    "lost-reply": "erp.post_invoice",
    "error-after": "erp.create_order",
    "error-before": "erp.confirm_order",
    "cut": "erp.create_order",
    "busy": "erp.confirm_order",
    "late-commit": "erp.create_order",
    "late-after-retry": "erp.create_order",
    "nonsense": "erp.create_order",
    "reads": "erp.get_order",
    "read-nonsense": "erp.get_order",
    "read-cut": "erp.get_order",
    "feed": "crm.opportunity_won",
    "silence": "erp",
    "away": "erp",
    "wrong-credentials": "erp",
    "declared": "erp",
    "stale-version": "",
    "amounts": "",
    "payments": "",
    "secrets": "",
}
WORKS = [
    pytest.param(
        case, subject, id=f"{case.id}-{subject}", marks=[] if ALWAYS[case.id] == subject else [pytest.mark.full]
    )
    for case, subject in works()
]


@pytest.mark.parametrize(("case", "subject"), WORKS)
async def test_behaviour(bench: Bench, case: Case, subject: str) -> None:
    outcome = await check(bench, case, subject)
    if outcome.status == "unsupported" and ALWAYS[case.id] != subject:
        pytest.skip(outcome.why)
    assert outcome.status == "ok", f"{case.sentence}: {outcome.why}; {outcome.to_do}"


def test_every_behaviour_is_shown_always() -> None:
    always = [work.id for work in WORKS if not work.marks]
    assert len(always) == len(ALWAYS) == len({case.id for case, _ in works()})
