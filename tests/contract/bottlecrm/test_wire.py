"""What only BottleCRM does: its ids, its answers, leads that it takes for one, fields that it drops, its feed."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from ltc.adapters.bottlecrm import documents
from ltc.adapters.bottlecrm.crm import BottleCrm
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, Unavailable
from tests.contract.bottlecrm.conftest import connection
from tests.fakes.bottlecrm.server import FakeBottleCrm


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def line(quantity: int = 3, discount: str = "0", product: str = "P1") -> d.Line:
    net = usd(int(quantity * 1000 * (1 - Decimal(discount))))
    return d.Line(
        id="1", product=product, quantity=quantity, unit_price=usd(1000), discount=Decimal(discount), net=net,
        tax=usd(0), gross=net,
    )  # fmt: skip


def lead(number: str = "N-1", email: str = "buyer@x.example", **changes: Any) -> op.CreateLead:
    card = d.CustomerCard(id="C1", name="Buyer", email=email, phone="+33326471510", street="1 Road")
    given = {"external_id": number, "title": f"Deal {number}", "customer": card, "currency": "USD", "lines": [line()]}
    return op.CreateLead.model_validate({**given, **changes})


async def deal(crm: BottleCrm, number: str = "N-1", **changes: Any) -> d.Opportunity:
    made = await crm.create_lead(lead(number, **changes), "k")
    return await crm.convert_lead(op.LeadId(lead=made.id), "k")


async def win(crm: BottleCrm, opportunity: str) -> None:
    await crm.set_stage(op.SetStage(opportunity=opportunity, stage="won"), "k")


async def test_a_lead_becomes_a_deal_with_everything_it_said(crm: BottleCrm) -> None:
    lines = [line(3, "0.05"), line(2, product="P2")]
    found = await deal(crm, owner="nancy", lines=lines)
    assert (found.number, found.owner, found.customer, found.stage) == (
        "N-1", "nancy", d.CustomerRef(id="BUYER", name="Buyer"), "qualified",
    )  # fmt: skip
    assert [(one.product, one.quantity, one.discount, one.net.minor) for one in found.lines] == [
        ("P1", 3, Decimal("0.05"), 2850), ("P2", 2, Decimal(0), 2000),
    ]  # fmt: skip
    assert (found.net, found.tax, found.gross) == (usd(4850), usd(0), usd(4850))


async def test_four_posts_of_one_lead_at_once_make_one(crm: BottleCrm, fake: FakeBottleCrm) -> None:
    made = await asyncio.gather(*(crm.create_lead(lead(), f"k{number}") for number in range(4)))
    assert len({one.id for one in made}) == len(fake.leads) == 1


async def test_a_customers_second_lead_stays_one_of_its_own_when_addresses_are_tagged(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    await crm.create_lead(lead("N-1"), "k")
    await crm.create_lead(lead("N-2"), "k")
    assert sorted(one["email"] for one in fake.leads.values()) == ["buyer+N-1@x.example", "buyer+N-2@x.example"]


async def test_a_lead_that_bottlecrm_takes_for_another_is_refused_again_and_again(
    fake: FakeBottleCrm, url: str
) -> None:
    crm = BottleCrm(connection(url, fake.intake, options={"intake": fake.intake}))
    first = await crm.create_lead(lead("N-1"), "k")
    for _ in range(2):
        with pytest.raises(BusinessRefusal) as no:
            await crm.create_lead(lead("N-2"), "k")
        assert (no.value.reason, no.value.document) == ("duplicate_lead", first.id)
    await crm.aclose()


async def test_a_conversion_that_broke_off_is_probed_as_absent_and_completed(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    made = await crm.create_lead(lead(lines=[line(), line(product="P2")]), "k")
    fake.patch_lead({"status": "converted"}, {}, made.id)  # its answer was lost, the lines never came
    request = op.LeadId(lead=made.id)
    assert await crm.probe("crm.convert_lead", "k", request) is None
    found = await crm.convert_lead(request, "k")
    assert [one.product for one in found.lines] == ["P1", "P2"]
    assert await crm.probe("crm.convert_lead", "k", request) == found
    with pytest.raises(BusinessRefusal, match="already"):
        await crm.convert_lead(request, "k2")
    assert len(fake.deals) == 1


@pytest.mark.parametrize("identity", ["7", "../leads", "x" * 64])
async def test_an_id_that_is_no_uuid_is_not_asked_for(crm: BottleCrm, identity: str) -> None:
    with pytest.raises(BusinessRefusal) as no:
        await crm.get_opportunity(op.OpportunityId(opportunity=identity))
    assert no.value.reason == "not_found"


async def test_a_busy_webhook_says_when_to_come_back(crm: BottleCrm, fake: FakeBottleCrm) -> None:
    fake.busy = 1
    with pytest.raises(Unavailable) as away:
        await crm.create_lead(lead(), "k")
    assert away.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"token": SecretStr("bcrm_pat_wrong")}, "token is refused"),
        ({"password": SecretStr("wrong")}, "refused"),
        ({"options": {}}, "lead webhook"),
        ({"options": {"intake": "00000000-0000-4000-8000-000000000000"}}, "no active lead webhook"),
    ],
)
async def test_wrong_settings_are_one_clear_message_without_the_secret(
    fake: FakeBottleCrm, url: str, changes: dict[str, Any], says: str
) -> None:
    crm = BottleCrm(connection(url, fake.intake, **changes))
    with pytest.raises(Misconfigured, match=says) as wrong:
        await crm.create_lead(lead(), "k")
    assert "wrong" not in str(wrong.value)
    await crm.aclose()


@pytest.mark.parametrize(
    "changes", [{"token": SecretStr("")}, {"options": {"intakes": "x"}}, {"options": {"owner": "phone"}}]
)
def test_settings_that_cannot_work_are_refused_at_once(changes: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        BottleCrm(connection("http://127.0.0.1:9", "x", **changes))


async def test_a_field_that_is_not_defined_is_said_because_bottlecrm_drops_it(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    found = await deal(crm)
    fake.fields["Opportunity"].remove("ltc_stage")
    with pytest.raises(Misconfigured, match="ltc_stage"):
        await BottleCrm(connection(crm._api._http._url, fake.intake)).qualify_lead(
            op.OpportunityId(opportunity=found.id), "k"
        )


async def test_notes_are_written_without_fields_where_those_are_not_defined(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    fake.fields["Opportunity"] = ["ltc_external_id", "ltc_stage"]
    found = await deal(crm)
    request = op.LogProgress(opportunity=found.id, leg="order", outcome="done", text="order: done")
    assert await crm.log_progress(request, "k") == await crm.log_progress(request, "k")
    assert len(fake.comments[found.id]) == 1


async def test_the_fields_show_the_last_outcome_and_no_document_of_an_earlier_one(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    found = await deal(crm)
    for number, document in enumerate(("SO-1", "")):
        said = op.LogProgress(
            opportunity=found.id, leg="order", outcome=f"o{number}", document=document, text=f"order: o{number}"
        )
        await crm.log_progress(said, f"k{number}")
    custom = fake.deals[found.id]["custom_fields"]
    assert (custom["ltc_outcome"], custom.get("ltc_document")) == ("o1", None)


async def test_a_word_that_is_no_stage_shows_and_does_not_move_the_deal(crm: BottleCrm) -> None:
    found = await deal(crm)
    await win(crm, found.id)
    shown = await crm.set_stage(op.SetStage(opportunity=found.id, stage="ordered"), "k")
    assert (shown.stage, (await crm.get_opportunity(op.OpportunityId(opportunity=found.id))).stage) == (
        "ordered",
        "won",
    )
    await crm.reopen_lead(op.OpportunityId(opportunity=found.id), "k")
    assert (await crm.get_opportunity(op.OpportunityId(opportunity=found.id))).stage == "proposal"


async def test_more_happening_than_the_feed_shows_loses_nothing(crm: BottleCrm, fake: FakeBottleCrm) -> None:
    cursor = (await crm.events("")).next
    deals = [await deal(crm, f"N-{number}") for number in range(30)]
    for one in deals:  # 150 activities, of which BottleCRM shows 50
        await win(crm, one.id)
    seen: list[str] = []
    while True:
        page = await crm.events(cursor, limit=7)
        seen += [event.fields["opportunity_id"] for event in page.events]
        if page.next == cursor:
            break
        cursor = page.next
    assert seen == [one.id for one in deals]
    assert all(one["custom_fields"].get("ltc_stage") == "won" for one in fake.deals.values())


async def test_notes_on_a_deal_start_nothing_again(crm: BottleCrm) -> None:
    found = await deal(crm)
    await win(crm, found.id)
    page = await crm.events("")
    assert [event.name for event in page.events] == ["crm.opportunity_won"]
    said = op.LogProgress(opportunity=found.id, leg="order", outcome="done", text="order: done")
    await crm.log_progress(said, "k")
    assert (await crm.events(page.next)).events == []


async def test_a_deal_that_cannot_be_read_holds_nobody_up_and_comes_when_it_is_mended(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    bad, good = await deal(crm, "N-1"), await deal(crm, "N-2")
    cursor = (await crm.events("")).next
    fake.deals[bad.id]["currency"] = None
    await win(crm, bad.id)
    await win(crm, good.id)
    page = await crm.events(cursor)
    assert [event.fields["opportunity_id"] for event in page.events] == [good.id]
    fake.patch_deal({"currency": "USD"}, {}, bad.id)
    page = await crm.events(page.next)
    assert [event.fields["opportunity_id"] for event in page.events] == [bad.id]
    assert (await crm.events(page.next)).events == []


async def test_a_deal_lost_under_way_is_an_order_cancelled_and_one_that_never_ran_is_not(
    crm: BottleCrm, fake: FakeBottleCrm
) -> None:
    running, never = await deal(crm, "N-1"), await deal(crm, "N-2")
    await win(crm, running.id)
    cursor = (await crm.events("")).next
    for one in (running, never):
        fake.patch_deal({"stage": "CLOSED_LOST", "closed_on": "2026-11-22"}, {}, one.id)
    page = await crm.events(cursor)
    assert [(event.name, event.fields["opportunity"]) for event in page.events] == [
        ("crm.order_cancelled", running.id)
    ]  # fmt: skip


async def test_a_cursor_of_another_feed_is_refused(crm: BottleCrm) -> None:
    with pytest.raises(ContractBroken):
        await crm.events("42")


@pytest.mark.parametrize("text", ["P1 3 @ 10.00", "P1 x 0 @ 10.00", "x"])
def test_a_line_of_a_lead_that_somebody_broke_is_shown(text: str) -> None:
    with pytest.raises(ContractBroken):
        documents.lines_of(text, "USD")


def test_lines_are_read_as_they_were_written() -> None:
    lines = [line(3, "0.05"), line(2, "0.125", "A x B @ 3")]
    read = documents.lines_of(documents.lines_text(lines), "USD")
    assert [(one.product, one.quantity, one.discount, one.net) for one in read] == [
        (one.product, one.quantity, one.discount, one.net) for one in lines
    ]
