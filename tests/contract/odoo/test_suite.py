"""The contract suite over Odoo's wire: what tells most always, the rest of the bad days with ``make test-full``."""

import pytest

from ltc.contract.bench import Bench
from ltc.contract.cases import check, works
from ltc.contract.outcome import Case

LONG = ("twice-is-once", "error-after", "error-before", "cut", "busy", "late-after-retry", "nonsense", "read-nonsense",
        "read-cut")  # fmt: skip
TRYING = (
    "lost-reply",
    "late-commit",
    "inverse",
)  # many calls each: always with these, with the others in the long half
ALWAYS = ("crm.create_lead", "erp.create_order", "erp.post_invoice", "erp.register_payment", "erp.confirm_order")


def is_long(case: Case, subject: str) -> bool:
    return case.id in LONG or (case.id in TRYING and subject not in ALWAYS)


WORKS = [
    pytest.param(case, subject, id=f"{case.id}-{subject}", marks=[pytest.mark.full] if is_long(case, subject) else [])
    for case, subject in works()
]


@pytest.mark.parametrize(("case", "subject"), WORKS)
async def test_behaviour(bench: Bench, case: Case, subject: str) -> None:
    outcome = await check(bench, case, subject)
    if outcome.status == "unsupported":
        pytest.skip(outcome.why)
    assert outcome.status == "ok", f"{case.sentence}: {outcome.why}; {outcome.to_do}"
