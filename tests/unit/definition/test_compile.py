"""What compiling gives: defaults filled in, blocks flattened, operations pinned, a digest that means something."""

import json
from pathlib import Path

import pytest

from ltc.definition.codes import CODES
from ltc.definition.compile import load
from ltc.definition.errors import DefinitionError
from ltc.definition.plan import ApproveNode, CallNode, ChooseNode, Plan, WaitNode
from ltc.definition.schema_json import written

DEFS = Path(__file__).parents[3] / "process_defs"
GOLDEN = Path(__file__).parent / "golden"
SHIPPED = ("lead_to_cash", "web_order")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load(Path(__file__).parent / "base.yaml")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_definitions_compile_to_what_is_recorded(name):
    plan = load(DEFS / f"{name}.yaml")
    found = json.loads(plan.model_dump_json(exclude_defaults=True, exclude={"digest"}))
    golden = GOLDEN / f"{name}.json"
    assert found == json.loads(golden.read_text(encoding="utf-8")), f"if meant, write it anew: {golden}"


def test_schema_json_is_up_to_date():
    assert (DEFS / "schema.json").read_text(encoding="utf-8") == written(), "run: ltc def schema --write"


def test_a_plan_survives_its_journey(plan):
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_the_digest_names_the_content(base, plan):
    assert load(base).digest == plan.digest
    assert load(base.replace("within: 10bd", "within: 11bd")).digest != plan.digest
    assert load(base + "# a comment\n").digest == plan.digest
    assert load(base.replace("calendar: cn", "calendar:    cn")).digest == plan.digest


def test_blocks_are_flat_with_pointers(plan):
    choice = plan.nodes["lead.choose"]
    assert isinstance(choice, ChooseNode)
    assert [(arm.when, arm.first) for arm in choice.arms] == [("opportunity.lost", "lead.end"), ("", "")]
    assert (plan.nodes["lead.end"].up, plan.nodes["lead.end"].next) == ("lead.choose", "")
    assert plan.nodes["lead.resolve"].next == "lead.choose"


def test_a_reaction_points_at_its_block(plan):
    confirm = plan.nodes["confirm.confirm_order"]
    assert isinstance(confirm, CallNode)
    reaction = confirm.on_refusal["credit_limit"]
    assert (reaction.kind, reaction.first, reaction.retry) == ("steps", "confirm.approve_order", True)
    assert reaction.override == {"override": "credit_limit"}
    assert plan.nodes["confirm.approve_order"].up == "confirm.confirm_order"
    assert confirm.on_refusal["default"].kind == "compensate"


def test_defaults_are_filled_in(plan):
    create, wait, approve = (
        plan.nodes[n] for n in ("order.create_order", "shipment.goods_shipped", "approval.approve_order")
    )
    assert isinstance(create, CallNode)
    assert isinstance(wait, WaitNode)
    assert isinstance(approve, ApproveNode)
    assert create.on_refusal["default"].kind == "hold"
    assert (create.retry.first, create.retry.give_up, create.retry.attempt) == (1.0, 900.0, 30.0)
    assert (wait.poll.amount, wait.poll.unit, wait.on_timeout.kind) == (1, "d", "hold")
    assert (approve.four_eyes, approve.none_found.kind) == (True, "hold")
    assert [level.votes for level in approve.levels] == [1, 2]
    assert plan.slas["chain"].calendar == "cn"


def test_waits_know_what_they_read_again(plan):
    wait = plan.nodes["shipment.goods_shipped"]
    assert isinstance(wait, WaitNode)
    (awaited,) = wait.events
    assert (awaited.subject, awaited.refresh) == ("order.id", "order")
    pinned = plan.events["erp.goods_shipped"]
    assert (pinned.read, pinned.read_takes, pinned.collects) == ("erp.watch_shipments", "order", "deliveries")
    assert not plan.operations["erp.watch_shipments"].effect


def test_operations_are_pinned(base):
    plan = load(base, effect_classes={"erp.create_order": "C"})
    create = plan.operations["erp.create_order"]
    assert (create.effect, create.inverse, create.effect_class, create.queue) == (
        True,
        "erp.cancel_order",
        "C",
        "ltc-erp",
    )
    assert (create.document, create.takes) == ("Order", ["customer", "lines"])
    assert plan.operations["customer.resolve"].document == ""


def test_loops_slas_and_pivots(plan):
    invoice, collection = plan.legs[-2:]
    assert invoice.loop is not None
    assert (invoice.loop.source, invoice.loop.on_item) == ("deliveries", True)
    assert collection.slas == ["item:collection"]
    assert plan.slas["item:collection"].due == "invoice.due_date"
    assert [(rung.percent, rung.hold) for rung in plan.slas["leg:order"].escalate] == [(100, False), (200, True)]
    assert [(pivot.leg, pivot.event, pivot.per_item) for pivot in plan.pivots] == [
        ("shipment", "erp.goods_shipped", False)
    ]


def test_step_names_are_the_authors_or_derived(base):
    twice = "      - {call: erp.get_order, with: {order: order.id}}\n"
    text = base.replace(
        "      - call: erp.release_delivery\n", twice * 2 + "      - call: erp.release_delivery\n        name: free\n"
    )
    names = [node for node in load(text).nodes if node.startswith("shipment")]
    assert names == ["shipment.get_order", "shipment.get_order-2", "shipment.free", "shipment.goods_shipped"]


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(DefinitionError, match="LTC-D016"):
        load(tmp_path / "none.yaml")


def test_an_operation_that_no_system_carries_out_is_refused():
    """LTC-D099: the installation's adapter has no such operation."""
    with pytest.raises(DefinitionError) as wrong:
        load(DEFS / "lead_to_cash.yaml", effect_classes={"erp.create_order": ""})
    assert "no system here carries out 'erp.create_order'" in str(wrong.value)


def test_every_code_has_a_case():
    """A code without a wrong definition in the tables is a sentence that nobody has ever seen."""
    folder = Path(__file__).parent
    said = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.*")))
    assert [code for code in CODES if code not in said] == []
