"""Cases: decision tables, promises with targets from them, several promises of one place, whose event a wait is for."""

from datetime import timedelta

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import ends, sent, trail

SHIPS = "order confirm shipment"
SLA = "legs.shipment.sla"
DEADLINE = trail(Kind.SLA_STARTED, "deadline")
SLOW = {"ship_after": timedelta(days=9)}
HELD = trail(Kind.CONDITION, "value", only="confirm ")
T = "tables.terms"
PROMISED = {SLA: "{target: {table: terms.answer}}"}


def table(**more: str) -> dict[str, str]:
    """A table that a promise's target is taken from: nancy's deals five days, others six."""
    said = {
        "inputs": "{who: {is: opportunity.owner, type: text}}", "outputs": "{answer: span}",
        "rows": "[{when: {who: nancy}, then: {answer: 5d}}]", "otherwise": "{answer: 6d}", **more,
    }  # fmt: skip
    return {"tables": f"{{terms: {{{', '.join(f'{key}: {value}' for key, value in said.items())}}}}}"}


def answers(
    item: str, ignored: dict[str, object], *, refused: str = "", sees: str = "03-07 01:00", **more: str
) -> Case:
    """A case of the promise that a table gives."""
    return Case(item, DEADLINE, [sees], {**table(**more), **PROMISED}, ignored, SHIPS, refused=refused)


def gives(kind: str, value: str, asks: str, other: str, refused: str) -> Case:
    """A case of an output's type: a condition that goes with this type alone."""
    rows = {"rows": f"[{{when: {{who: nancy}}, then: {{answer: {value}}}}}]", "otherwise": f"{{answer: {value}}}"}
    change = {**table(outputs=f"{{answer: {kind}}}", **rows), "legs.confirm.when": asks}
    ignored = {f"{T}.outputs.answer": other}
    return Case(f"tables.outputs={kind}", HELD, [True], change, ignored, SHIPS, refused=refused)


def looks_up(kind: str, source: str, cell: str, other: str, refused: str) -> Case:
    """A case of an input's type: a cell that goes with this type alone."""
    inputs = f"{{who: {{is: '{source}', type: {kind}}}}}"
    rows = f"[{{when: {{who: {cell}}}, then: {{answer: 5d}}}}]"
    return answers(
        f"tables.inputs.type={kind}", {f"{T}.inputs.who.type": other}, refused=refused, inputs=inputs, rows=rows
    )


TABLES = [
    answers("tables", {"tables": GONE}, refused="LTC-D061"),
    answers("tables.inputs", {f"{T}.inputs.who.is": "opportunity.id"}, sees="03-07 01:00"),
    answers("tables.inputs.is", {f"{T}.inputs.who.is": "opportunity.id"}),
    answers("tables.inputs.type", {f"{T}.inputs.who.type": "whole"}, refused="LTC-D135"),
    looks_up("text", "opportunity.owner", "nancy", "decimal", "LTC-D135"),
    looks_up("whole", "opportunity.version", "1..3", "text", "LTC-D066"),
    looks_up("decimal", "opportunity.lines[0].discount", "0..0.05", "text", ""),
    looks_up("money", "opportunity.net", '"> 1.00 USD"', "whole", "LTC-D135"),
    looks_up("date", '"2026-03-31"', "2026-01-01..2026-03-31", "text", ""),
    looks_up("condition", "opportunity.lost", "false", "text", "LTC-D066"),
    answers("tables.outputs", {f"{T}.outputs": "{answer: span, other: span}"}, refused="LTC-D136"),
    gives("text", "slow", "terms.answer == 'slow'", "whole", "LTC-D135"),
    gives("whole", "5", "terms.answer > 4", "text", "LTC-D060"),
    gives("decimal", "0.05", "terms.answer == '0.05'", "whole", "LTC-D135"),
    gives("money", "5.00 USD", "base(terms.answer) == 500", "text", "LTC-D060"),
    gives("condition", "true", "terms.answer", "text", "LTC-D060"),
    answers("tables.outputs=span", {f"{T}.outputs.answer": "text"}, refused="LTC-D143"),
    Case("tables.outputs=who", trail(Kind.TASK_OPENED, "source"), ["LTC-D044"],
         {**table(outputs="{answer: who}", rows='[{when: {who: nancy}, then: {answer: "role:credt"}}]',
                  otherwise='{answer: "role:finance"}'),
          "legs.approval.steps.0.levels.0.from": "{table: terms.answer}"},
         {f"{T}.outputs.answer": "text"}, "order approval", refused="LTC-D143"),
    answers("tables.hit", {f"{T}.hit": "unique"}, refused="LTC-D140", hit="first",
            rows="[{when: {who: nancy}, then: {answer: 5d}}, {when: {who: '!= bob'}, then: {answer: 7d}}]"),
    answers("tables.hit=first", {f"{T}.hit": "any"}, refused="LTC-D140", hit="first",
            rows="[{when: {who: nancy}, then: {answer: 5d}}, {when: {who: '!= bob'}, then: {answer: 7d}}]"),
    Case("tables.hit=unique", DEADLINE, ["LTC-D140"],
         {**table(hit="unique", rows="[{when: {who: nancy}, then: {answer: 5d}}, {when: {who: '!= bob'}, then: "
                  "{answer: 5d}}]"), **PROMISED}, {f"{T}.hit": "any"}, SHIPS),
    Case("tables.hit=any", DEADLINE, ["03-07 01:00"],
         {**table(hit="any", rows="[{when: {who: nancy}, then: {answer: 5d}}, {when: {who: '!= bob'}, then: "
                  "{answer: 5d}}]"), **PROMISED}, {f"{T}.hit": "unique"}, SHIPS, refused="LTC-D140"),
    answers("tables.rows", {f"{T}.rows.0": "{when: {who: bob}, then: {answer: 5d}}"}),
    answers("tables.rows.when", {f"{T}.rows.0.when": "{who: bob}"}),
    answers("tables.rows.when=(text)", {f"{T}.rows.0.when.who": "[bob, carl]"}),
    answers("tables.rows.when=(list)", {f"{T}.rows.0.when.who": "bob"},
            rows="[{when: {who: [bob, nancy]}, then: {answer: 5d}}]"),
    answers("tables.rows.then", {f"{T}.rows.0.then": "{answer: 8d}"}),
    answers("tables.otherwise", {f"{T}.otherwise": GONE}, refused="LTC-D138", sees="03-08 01:00",
            rows="[{when: {who: bob}, then: {answer: 5d}}]"),
    # A definition given as text has no folder where the file could lie; test_tables.py reads one.
    Case("tables.file", DEADLINE, ["LTC-D016"],
         {**table(), **PROMISED, f"{T}.file": "terms.csv", f"{T}.rows": GONE},
         {f"{T}.file": GONE, f"{T}.rows": "[{when: {who: nancy}, then: {answer: 5d}}]"}, SHIPS),
    answers("sla.target.table.table", {SLA: "{target: {table: terms.later}}"}, outputs="{answer: span, later: span}",
            rows="[{when: {who: nancy}, then: {answer: 5d, later: 9d}}]", otherwise="{answer: 6d, later: 9d}"),
]  # fmt: skip

PROMISES = [
    Case("sla=(list)", trail(Kind.SLA_STARTED, "sla", "deadline"),
         [("leg:shipment:first", "03-03 01:00"), ("leg:shipment:all", "03-07 01:00")],
         {SLA: "[{name: first, target: 1d}, {name: all, target: 5d}]"}, {SLA: "{target: 1d}"}, SHIPS),
    Case("sla.name", trail(Kind.SLA_STARTED, "sla"), ["leg:shipment:first"], {SLA: "{name: first, target: 1d}"},
         {f"{SLA}.name": GONE}, SHIPS),
    *(
        Case(item, trail(Kind.SLA_PAUSED, "sla"), ["leg:shipment"],
             {SLA: "{target: 1d, pause_while: waiting_for == 'customer'}", "legs.shipment.steps.1.waits_for": "customer"},
             {"legs.shipment.steps.1.waits_for": changed}, SHIPS, {**SLOW, "days": 30})
        for item, changed in (("step.wait.waits_for", GONE), ("step.wait.waits_for=customer", "others"))
    ),
    Case("step.wait.waits_for=others", trail(Kind.SLA_PAUSED, "sla"), ["item:collection[INV-D-1]"],
         {"legs.collection.for_each.sla": "{target: 1d, pause_while: waiting_for == 'event'}",
          "legs.collection.steps.0.waits_for": "others"},
         {"legs.collection.steps.0.waits_for": GONE}, world={"pays": [], "days": 60}),
    Case("waiting_for=customer", trail(Kind.SLA_PAUSED, "sla"), ["item:collection[INV-D-1]"],
         {"legs.collection.for_each.sla": "{target: 1d, pause_while: waiting_for == 'customer'}"},
         {"legs.collection.for_each.sla.pause_while": "waiting_for == 'event'"}, world={"pays": [], "days": 60}),
]  # fmt: skip

LOOK = "{use: look, with: {document: order}}"
USES = [
    Case("step.use.use", sent("erp.get_order", "mode"), ["read"], {"legs.order.steps+": LOOK},
         {"legs.order.steps.2.use": "none"}, "order", refused="LTC-D145"),
    Case("step.use.with", ends, "lost: ", {"legs.order.steps+": "{use: look, with: {document: order, version: 1}}"},
         {"legs.order.steps.2.with": "{document: order}"}, "order"),
    Case("step.use.as", ends, "lost: ",
         {"legs.order.steps+": "[{use: look, with: {document: order}, as: {seen: fresh}}, "
          "{choose: [{when: fresh.version > 0, steps: [{end: lost}]}]}]"},
         {"legs.order.steps.2.as": GONE}, "order", refused="LTC-D061"),
    Case("step.use.name", ends, "lost: ",
         {"legs.order.steps+": "[{use: look, with: {document: order}, name: mine}, "
          "{choose: [{when: mine_seen.version > 0, steps: [{end: lost}]}]}]"},
         {"legs.order.steps.2.name": GONE}, "order", refused="LTC-D061"),
]  # fmt: skip

CASES = [*USES, *TABLES, *PROMISES]
