"""Cases: whom a level asks, by which rule they decide, and what happens by itself when they do not."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, ends, sent, trail, way

LEGS = "order approval confirm"
ASK = "legs.approval.steps.0"
FIRST = f"{ASK}.levels.0"
FROM = sent("people.open_task", "levels", "0", "source")
LEVEL = sent("people.open_task", "levels", "0")
VOTED = trail(Kind.DECIDED, "actor", "door")
DECIDED = trail(Kind.DECIDED, "level", "actor", "decision", "door")
OFFERED = trail(Kind.TASK_OFFERED, "candidates")
MOVED = trail(Kind.TASK_HANDED, "how", "to", "candidates")
THREE = ["manager-1", "manager-2", "manager-3"]
SILENT = {"decisions": [("manager", "silent")], "days": 30}
OWNER = {f"{FIRST}.from": "{owner_of: order.customer, kind: customer}"}
SCOPED = {f"{FIRST}.from": "{role: finance, scope: opportunity.currency}"}
BY_TABLE = {f"{FIRST}.from": "{table: \"order.version > 0 ? 'role:finance' : 'person:fay'\"}"}
BUYER = {f"{FIRST}.from": "{external: customer}"}
TWICE = {
    f"{ASK}.levels+": "{name: finance, from: 'role:finance', same_person_again: skip}",
    f"{ASK}.four_eyes": "false",
}
BOTH = {"people": {"manager": ["maria"], "finance": ["maria", "fay"]}, "decisions": [("finance", "silent")]}
OTHERS = {**SILENT, "people": {"role:finance": ["fay"], "person:carl": ["carl"], "managers": ["maria"]}}


def rung(said: str) -> dict[str, str]:
    """A promise of the level with one rung that does something about it."""
    return {f"{FIRST}.sla": f"{{target: 1d, escalate: [{{at: 200%, {said}}}]}}"}


WHOM = [
    Case("from=(text)", FROM, [{"role": "finance"}], legs=LEGS, change={f"{FIRST}.from": "'role:finance'"},
         ignored={f"{FIRST}.from": "{manager_of: requester}"}),
    Case("from.manager_of.manager_of", FROM, [{"manager_of": "nancy", "up": 1}], legs=LEGS,
         ignored={f"{FIRST}.from.manager_of": "opportunity.id"}),
    Case("from.manager_of.up", FROM, [{"manager_of": "nancy", "up": 2}], legs=LEGS, change={f"{FIRST}.from.up": "2"},
         ignored={f"{FIRST}.from.up": GONE}),
    Case("from.owner_of.owner_of", FROM, [{"owner_of": "E-VINET", "kind": "customer"}], legs=LEGS, change=OWNER,
         ignored={f"{FIRST}.from.owner_of": "opportunity.id"}),
    Case("from.owner_of.kind", FROM, [{"owner_of": "E-VINET", "kind": "customer"}], legs=LEGS, change=OWNER,
         ignored={f"{FIRST}.from.kind": GONE}),
    Case("from.role.role", FROM, [{"role": "finance", "scope": "USD"}], legs=LEGS, change=SCOPED,
         ignored={f"{FIRST}.from.role": "credit"}),
    Case("from.role.scope", FROM, [{"role": "finance", "scope": "USD"}], legs=LEGS, change=SCOPED,
         ignored={f"{FIRST}.from": "'role:finance'"}),
    Case("from.table.table", FROM, [{"role": "finance"}], legs=LEGS, change=BY_TABLE,
         ignored={f"{FIRST}.from.table": "\"'person:fay'\""}),
    Case("from.external.external", VOTED, [("customer:Ann", "update")], legs=LEGS, change=BUYER,
         ignored={f"{FIRST}.from": "'role:finance'"}),
    Case("from.external.external=customer", FROM, [{"external": "customer"}], legs=LEGS, change=BUYER,
         ignored={f"{FIRST}.from": "'role:finance'"}),
    Case("level.substitutes", LEVEL, [{"name": "manager", "source": {"manager_of": "nancy", "up": 1}, "votes": 1,
                                       "substitutes": False}], legs=LEGS,
         change={f"{FIRST}.substitutes": "false"}, ignored={f"{FIRST}.substitutes": GONE}),
    Case("level.substitutes=false", sent("people.open_task", "levels", "0", "substitutes"), [False], legs=LEGS,
         change={f"{FIRST}.substitutes": "false"}, ignored={f"{FIRST}.substitutes": "true"}),
    Case("level.substitutes=true", sent("people.open_task", "levels", "0", "substitutes"), [None], legs=LEGS,
         change={f"{FIRST}.substitutes": "true"}, ignored={f"{FIRST}.substitutes": "false"}),
]  # fmt: skip

RULES = [
    Case("level.rule=sequence", OFFERED, [[one] for one in THREE], legs=LEGS, change={f"{FIRST}.rule": "sequence"},
         ignored={f"{FIRST}.rule": "all"}),
    Case("level.rule.votes.votes", VOTED, [("manager-1", "update"), ("manager-2", "update")], legs=LEGS,
         change={f"{FIRST}.from": "'role:finance'", f"{FIRST}.rule": "{votes: 2}"},
         ignored={f"{FIRST}.rule.votes": "1"}),
    Case("level.rule.percent.percent", VOTED, [("manager-1", "update"), ("manager-2", "update")], legs=LEGS,
         change={f"{FIRST}.rule": "{percent: 60}"}, ignored={f"{FIRST}.rule.percent": "67"}),
    Case("level.same_person_again", DECIDED,
         [("manager", "maria", "approve", "update"), ("finance", "maria", "approve", "automatic")], legs=LEGS,
         world=BOTH, change=TWICE, ignored={f"{ASK}.levels.1.same_person_again": GONE}),
    Case("level.same_person_again=skip", OFFERED, [["maria"], ["fay"]], legs=LEGS, world=BOTH, change=TWICE,
         ignored={f"{ASK}.levels.1.same_person_again": "ask"}),
    Case("level.same_person_again=ask", OFFERED, [["maria"], ["maria", "fay"]], legs=LEGS, world=BOTH,
         change={**TWICE, f"{ASK}.levels.1.same_person_again": "ask"},
         ignored={f"{ASK}.levels.1.same_person_again": "skip"}),
    Case("level.on_first_reject", trail(Kind.DECIDED, "decision"), ["reject", "approve"], legs=LEGS,
         world={"decisions": [("manager", "reject, approve, approve")]},
         change={f"{FIRST}.from": "'role:finance'", f"{FIRST}.on_first_reject": "wait_all"},
         ignored={f"{FIRST}.on_first_reject": GONE}),
    Case("level.on_first_reject=wait_all", way("confirm entered"), ["confirm entered"], legs=LEGS,
         world={"decisions": [("manager", "reject, approve, approve")]},
         change={f"{FIRST}.from": "'role:finance'", f"{FIRST}.rule": "{votes: 2}",
                 f"{FIRST}.on_first_reject": "wait_all"},
         ignored={f"{FIRST}.on_first_reject": "stop"}),
    Case("level.on_first_reject=stop", trail(Kind.DECIDED, "decision"), ["reject"], legs=LEGS,
         world={"decisions": [("manager", "reject, approve, approve")]},
         change={f"{FIRST}.from": "'role:finance'", f"{FIRST}.on_first_reject": "stop"},
         ignored={f"{FIRST}.on_first_reject": "wait_all"}),
]  # fmt: skip

BY_ITSELF = [
    Case("level.silence", all_of(DECIDED, way("confirm entered")),
         [[("manager", "rule:silence", "approve", "automatic")], ["confirm entered"]], legs=LEGS, world=SILENT,
         change={f"{FIRST}.silence": "{after: 3bd}"}, ignored={f"{FIRST}.silence": GONE}),
    Case("level.silence.after", trail(Kind.DECIDED, "at"), ["03-09 01:00"], legs=LEGS, world=SILENT,
         change={f"{FIRST}.silence": "{after: 5bd}"}, ignored={f"{FIRST}.silence.after": "5d"}),
    Case("level.silence.then", all_of(trail(Kind.DECIDED, "decision"), ends), [["reject"], "held: rejected by rule:silence"],
         legs=LEGS, world=SILENT, change={f"{FIRST}.silence": "{after: 3bd, then: reject}"},
         ignored={f"{FIRST}.silence.then": GONE}),
    Case("level.silence.then=reject", trail(Kind.DECIDED, "decision"), ["reject"], legs=LEGS, world=SILENT,
         change={f"{FIRST}.silence": "{after: 3bd, then: reject}"}, ignored={f"{FIRST}.silence.then": "approve"}),
    Case("level.silence.then=approve", trail(Kind.DECIDED, "decision"), ["approve"], legs=LEGS, world=SILENT,
         change={f"{FIRST}.silence": "{after: 3bd, then: approve}"}, ignored={f"{FIRST}.silence.then": "reject"}),
    Case("rung.reassign", MOVED, [("reassign", "role:finance", ["fay"])], legs=LEGS, world=OTHERS,
         change=rung("reassign: 'role:finance'"), ignored={f"{FIRST}.sla.escalate.0": "{at: 200%, notify: customer}"}),
    Case("reassign=role", OFFERED, [THREE, ["fay"]], legs=LEGS, world=OTHERS, change=rung("reassign: 'role:finance'"),
         ignored={f"{FIRST}.sla.escalate.0.reassign": "manager"}),
    Case("reassign=person", VOTED, [("carl", "update")], legs=LEGS, world=OTHERS,
         change=rung("reassign: 'person:carl'"), ignored={f"{FIRST}.sla.escalate.0.reassign": "'role:finance'"}),
    Case("reassign=manager", FROM, [{"manager_of": "nancy", "up": 1}, {"managers": THREE}], legs=LEGS, world=OTHERS,
         change=rung("reassign: manager"), ignored={f"{FIRST}.sla.escalate.0.reassign": "'role:finance'"}),
    Case("rung.decide", VOTED, [("rule:level:approval.approve_order:manager", "automatic")], legs=LEGS, world=SILENT,
         change=rung("decide: approve"), ignored={f"{FIRST}.sla.escalate.0": "{at: 200%, notify: customer}"}),
    Case("rung.decide=approve", trail(Kind.DECIDED, "decision"), ["approve"], legs=LEGS, world=SILENT,
         change=rung("decide: approve"), ignored={f"{FIRST}.sla.escalate.0.decide": "reject"}),
    Case("rung.decide=reject", trail(Kind.DECIDED, "decision"), ["reject"], legs=LEGS, world=SILENT,
         change=rung("decide: reject"), ignored={f"{FIRST}.sla.escalate.0.decide": "approve"}),
]  # fmt: skip

CASES = [*WHOM, *RULES, *BY_ITSELF]
