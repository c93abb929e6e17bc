"""What the shipped definitions show between them: every operation, event and kind of handler, but for those named here."""

from ltc.ports.operations import EVENTS, OPERATIONS
from tests.support.chains import ROOT, shipped

PLANS = [shipped(path.stem) for path in sorted((ROOT / "process_defs").glob("*.yaml")) if ".test" not in path.name]
NOT_SHOWN = {
    # what an event's arrival reads again, and what a probe reads
    "crm.get_opportunity", "erp.get_order", "erp.get_invoice",
    # what the doors and the writing back do, outside chains
    "crm.create_lead", "crm.convert_lead", "crm.log_progress",
    # where no warehouse and no cashier report anything: what `ltc demo-real` plays the people with
    "erp.ship_delivery", "erp.register_payment", "erp.reverse_payment",
    # a production order is cancelled as a whole; what the engine asks for itself
    "erp.recall_production", "chain.require_ended",
}  # fmt: skip


def test_every_operation_is_shown() -> None:
    shown = {name for plan in PLANS for name in plan.operations}
    assert set(OPERATIONS) - shown == NOT_SHOWN


def test_every_event_is_shown() -> None:
    shown = {name for plan in PLANS for name in plan.events}
    assert set(EVENTS) == shown


def test_every_kind_of_handler_is_shown() -> None:
    assert {handler.then.kind for plan in PLANS for handler in plan.handlers} == {
        "cancel",
        "hold",
        "send_back",
        "steps",
    }


def test_every_way_of_billing_is_shown() -> None:
    assert {plan.billing.basis for plan in PLANS if plan.billing.basis} == {"delivery", "order", "milestone"}
