"""Cases: approvals, their levels and who decides."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, drawn, ends, sent, trail, way

LEGS = "order approval confirm"
ASK = "legs.approval.steps.0"
FIRST = f"{ASK}.levels.0"
TWO_LEVELS = {f"{ASK}.levels+": "{name: finance, from: 'role:finance'}"}
SELF = {"people": {"manager": ["nancy", "maria"]}}
NOBODY = {"people": {"manager": []}}
FROM = sent("people.open_task", "levels", "0", "source")
ROUNDS = trail(Kind.SENT_BACK, "to", "round")
VOTED = trail(Kind.DECIDED, "actor")


def decides(*said: str) -> dict[str, object]:
    """A manager who says this, one after another."""
    return {"decisions": [("manager", word) for word in said]}


STEP = [
    Case("step.approve.approve", trail(Kind.TASK_OPENED, "subject"), ["order"], legs=LEGS,
         change={"legs.order.steps+": "{call: erp.get_order, with: {order: order.id}, as: copy}"},
         ignored={f"{ASK}.approve": "copy"}),
    Case("step.approve.binds", sent("erp.confirm_order", "expect", "fields"), [["net", "lines"]], legs=LEGS,
         change={f"{ASK}.binds": "[order.net, order.lines]"}, ignored={f"{ASK}.binds": "[order.net]"}),
    Case("step.approve.four_eyes", trail(Kind.TASK_OFFERED, "candidates"), [["nancy", "maria"]], legs=LEGS, world=SELF,
         change={f"{ASK}.four_eyes": "false"}, ignored={f"{ASK}.four_eyes": GONE}),
    Case("step.approve.four_eyes=true", trail(Kind.TASK_OFFERED, "candidates"), [["maria"]], legs=LEGS, world=SELF,
         change={f"{ASK}.four_eyes": "true"}, ignored={f"{ASK}.four_eyes": "false"}),
    Case("step.approve.four_eyes=false", trail(Kind.TASK_OFFERED, "candidates"), [["nancy", "maria"]], legs=LEGS,
         world=SELF, change={f"{ASK}.four_eyes": "false"}, ignored={f"{ASK}.four_eyes": "true"}),
    # Four eyes keep apart who decided already, too.
    Case("step.approve.four_eyes=true", trail(Kind.TASK_OFFERED, "candidates"), [["maria"], ["fay"]], legs=LEGS,
         world={"people": {"manager": ["maria"], "finance": ["maria", "fay"]}},
         change={**TWO_LEVELS, f"{ASK}.four_eyes": "true"}, ignored={f"{ASK}.four_eyes": "false"}),
    Case("step.approve.levels", way("asks"), ["approval.approve_order asks manager", "approval.approve_order asks finance"],
         legs=LEGS, change=TWO_LEVELS, ignored={f"{ASK}.levels.1": GONE}),
    Case("step.approve.none_found", ends, "cancelled: no_approver", legs=LEGS, world=NOBODY,
         change={f"{ASK}.none_found": "compensate"}, ignored={f"{ASK}.none_found": GONE}),
    Case("step.approve.on_reject", ends, "rejected: rejected", legs=LEGS, world=decides("reject"),
         change={f"{ASK}.on_reject": "compensate"}, ignored={f"{ASK}.on_reject": GONE}),
    Case("step.approve.on_send_back", ROUNDS, [("order", 1)], legs=LEGS, world=decides("send_back"),
         ignored={f"{ASK}.on_send_back": GONE}),
    Case("step.approve.on_send_back.send_back", ROUNDS, [("order", 1)], legs=LEGS, world=decides("send_back"),
         ignored={f"{ASK}.on_send_back.send_back": "approval"}),
    Case("step.approve.on_send_back.max_rounds", all_of(ROUNDS, ends), [[("order", 1)], "rejected: sent back 1 times"],
         legs=LEGS, world=decides("send_back", "send_back"), change={f"{ASK}.on_send_back.max_rounds": "1"},
         ignored={f"{ASK}.on_send_back.max_rounds": GONE}),
    Case("step.approve.name", way("asks"), ["approval.ok asks manager"], legs=LEGS, change={f"{ASK}.name": "ok"},
         ignored={f"{ASK}.name": GONE}),
    Case("step.approve.title", drawn("All right?"), True, legs=LEGS, change={f"{ASK}.title": "All right?"},
         ignored={f"{ASK}.title": GONE}),
    Case("step.approve.sla", trail(Kind.SLA_STARTED, "sla", "on"),
         [("step:approval.approve_order", "approval.approve_order")], legs=LEGS,
         change={f"{ASK}.sla": "{target: 1d}"}, ignored={f"{ASK}.sla": GONE}),
]  # fmt: skip

LEVEL = [
    Case("level.name", way("asks"), ["approval.approve_order asks boss"], legs=LEGS, change={f"{FIRST}.name": "boss"},
         ignored={f"{FIRST}.name": "chief"}),
    Case("level.when", way("asks"), ["approval.approve_order asks manager"], legs=LEGS,
         change={**TWO_LEVELS, f"{ASK}.levels.1.when": "order.version > 1"}, ignored={f"{ASK}.levels.1.when": GONE}),
    Case("level.from", FROM, [{"role": "finance"}], legs=LEGS, change={f"{FIRST}.from": "'role:finance'"},
         ignored={f"{FIRST}.from": "'role:credit'"}),
    Case("who=role", FROM, [{"role": "finance"}], legs=LEGS, change={f"{FIRST}.from": "'role:finance'"},
         ignored={f"{FIRST}.from": "'person:finance'"}, refused="LTC-D045"),
    Case("who=person", FROM, [{"person": "fay"}], legs=LEGS, change={f"{FIRST}.from": "'person:fay'"},
         ignored={f"{FIRST}.from": "'role:fay'"}, refused="LTC-D044"),
    Case("level.rule", VOTED, ["manager-1", "manager-2", "manager-3"], legs=LEGS, change={f"{FIRST}.rule": "all"},
         ignored={f"{FIRST}.rule": GONE}),
    Case("level.rule=any", VOTED, ["manager-1"], legs=LEGS, change={f"{FIRST}.rule": "any"},
         ignored={f"{FIRST}.rule": "all"}),
    Case("level.rule=all", VOTED, ["manager-1", "manager-2", "manager-3"], legs=LEGS, change={f"{FIRST}.rule": "all"},
         ignored={f"{FIRST}.rule": "any"}),
    Case("level.sla", trail(Kind.SLA_STARTED, "sla", "on"),
         [("level:approval.approve_order:manager", "approval.approve_order:manager")], legs=LEGS,
         change={f"{FIRST}.sla": "{target: 1d}"}, ignored={f"{FIRST}.sla": GONE}),
]  # fmt: skip

# The approval that a refusal leads to: the same keys, in another record.
REFUSED = {"erp.confirm_order": ["credit_limit"]}
TWICE = {"erp.confirm_order": ["credit_limit", "credit_limit"]}
CREDIT = {
    "legs.confirm.steps.0.on_refusal": "{default: {approve: order, levels: [{name: credit, from: 'role:credit'}], "
    "then: {retry: {override: credit_limit}}}}"
}
GIVEN = "legs.confirm.steps.0.on_refusal.default"
CONFIRM = "order confirm"
OFFERED = trail(Kind.TASK_OFFERED, "candidates")
SIGNER = {"refuse": REFUSED, "people": {"credit": ["nancy", "cora"]}}


def credit(*said: str, refuse: dict[str, list[str]] = REFUSED) -> dict[str, object]:
    """A credit manager who says this after each refusal."""
    return {"refuse": refuse, "decisions": [("credit", word) for word in said]}


def after_refusal(item: str, look, sees, change, ignored, world=None, refused="") -> Case:
    """A case of ``reaction.approve``: edits are of that record."""
    more = {f"{GIVEN}.{key}": value for key, value in change.items()}
    without = {f"{GIVEN}.{key}": value for key, value in ignored.items()}
    return Case(
        f"reaction.approve.{item}",
        look,
        sees,
        {**CREDIT, **more},
        without,
        CONFIRM,
        world or {"refuse": REFUSED},
        refused,
    )


IN_REACTION = [
    after_refusal("name", way("asks"), ["confirm.limit asks credit"], {"name": "limit"}, {"name": GONE}),
    after_refusal("title", drawn("Lift the limit?"), True, {"title": "Lift the limit?"}, {"title": GONE}),
    after_refusal("approve", trail(Kind.TASK_OPENED, "subject"), ["order"], {}, {"approve": "customer"},
                  refused="LTC-D067"),
    after_refusal("binds", trail(Kind.TASK_OPENED, "figures"), [{"order.version": 1}], {"binds": "[order.version]"},
                  {"binds": GONE}),
    after_refusal("four_eyes", OFFERED, [["nancy", "cora"]], {"four_eyes": "false"}, {"four_eyes": GONE}, SIGNER),
    after_refusal("four_eyes=true", OFFERED, [["cora"]], {"four_eyes": "true"}, {"four_eyes": "false"}, SIGNER),
    after_refusal("four_eyes=false", OFFERED, [["nancy", "cora"]], {"four_eyes": "false"}, {"four_eyes": "true"}, SIGNER),
    after_refusal("levels", way("asks"), ["confirm.approve_order asks finance"],
                  {"levels": "[{name: finance, from: 'role:finance'}]"},
                  {"levels": "[{name: sales, from: 'role:sales', when: order.version > 1}]"}, refused=""),
    after_refusal("none_found", ends, "cancelled: no_approver", {"none_found": "compensate"}, {"none_found": GONE},
                  {"refuse": REFUSED, "people": {"credit": []}}),
    after_refusal("on_reject", ends, "rejected: rejected", {"on_reject": "compensate"}, {"on_reject": GONE},
                  credit("reject")),
    after_refusal("on_send_back", ROUNDS, [("order", 1)], {"on_send_back": "{send_back: order}"},
                  {"on_send_back": GONE}, credit("send_back", refuse=TWICE)),
    after_refusal("on_send_back.send_back", ROUNDS, [("order", 1)], {"on_send_back": "{send_back: order}"},
                  {"on_send_back.send_back": "confirm"}, credit("send_back", refuse=TWICE)),
    after_refusal("on_send_back.max_rounds", all_of(ROUNDS, ends), [[("order", 1)], "rejected: sent back 1 times"],
                  {"on_send_back": "{send_back: order, max_rounds: 1}"}, {"on_send_back.max_rounds": GONE},
                  credit("send_back", "send_back", refuse=TWICE)),
    after_refusal("sla", trail(Kind.SLA_STARTED, "sla"), ["step:confirm.approve_order"], {"sla": "{target: 1d}"},
                  {"sla": GONE}),
    after_refusal("then", sent("erp.confirm_order", "args", "override"), [None, "credit_limit"], {}, {"then": GONE}),
    after_refusal("then.retry", sent("erp.confirm_order", "args", "override"), [None, "credit_limit"], {},
                  {"then.retry.override": "everything"}),
]  # fmt: skip

CASES = [*STEP, *LEVEL, *IN_REACTION]
