"""Definitions by chance: small processes as YAML text, of every kind of step, nested."""

from __future__ import annotations

import random
from pathlib import Path

from ltc.definition.build import World
from ltc.definition.compile import compile_tree, read_source
from ltc.definition.plan import Plan
from tests.support.chains import head
from tests.unit.core import random_constructs as constructs
from tests.unit.core import random_people as people

HERE = Path(__file__).parent  # fragments lie beside
HEAD = (
    head("by_chance")
    + """\
tables:
  pace:
    inputs: {net: {is: opportunity.net, type: money}}
    outputs: {days: whole, answer: span, approver: who}
    rows: [{when: {net: "> 500.00 USD"}, then: {days: 60, answer: 4bh, approver: "role:one"}}]
    otherwise: {days: 5, answer: 1d, approver: "role:boss"}
"""
)
SLA = [
    "{target: 1d, escalate: [{at: 100%, reassign: 'role:boss'}, {at: 150%, reassign: manager}, {at: 300%, decide: reject}]}",
    "{target: 4bh, warn_at: 50%, escalate: [{at: 100%, notify: 'role:boss'}]}",
    "{target: 1d, warn_at: 80%, pause_while: waiting_for == 'operator', escalate: [{at: 150%, notify: customer}]}",
    "{target: 2bd, escalate: [{at: due + 1d, notify: customer}, {at: due + 9d, hold: true}]}",
    "{target: 6h, warn_at: 75%, pause_while: waiting_for == 'event'}",
    "{target: {table: pace.answer}, warn_at: 50%, escalate: [{at: 150%, hold: true}]}",
    "[{name: first, target: 4bh, escalate: [{at: 200%, hold: true}]}, {name: all, target: {table: pace.answer}, "
    "pause_while: waiting_for == 'customer', escalate: [{at: 100%, notify: customer}]}]",
    "{target: 30m, calendar: cn, pause_while: waiting_for == 'approver', escalate: [{at: 100%, reassign: 'person:ann'}, "
    "{at: 200%, decide: approve}]}",
    "{target: 90bm, pause_while: waiting_for == 'system' || waiting_for == 'person', escalate: [{at: due, notify: requester}]}",
    "[{name: seen, target: {due: opportunity.required_on}}, {name: done, target: 3bd, warn_at: 90%}]",
]
UNDO = [
    "{call: crm.set_stage, with: {opportunity: opportunity.id, stage: \"'won'\"}}",
    "{steps: [{call: crm.set_stage, with: {opportunity: opportunity.id, stage: \"'won'\"}}, "
    "{call: crm.reopen_lead, with: {opportunity: opportunity.id}}]}",
    "{none: it need not be undone}",
    "{irreversible: only with consent, with_consent: {call: crm.reopen_lead, with: {opportunity: opportunity.id}}}",
    "{irreversible: only with consent, with_consent: {steps: [{call: crm.reopen_lead, with: {opportunity: "
    "opportunity.id}}, {call: crm.set_stage, with: {opportunity: opportunity.id, stage: \"'won'\"}}]}}",
    "{irreversible: never}",
]


class Author:
    """Writes one definition. ``lines`` of YAML flow, so that nesting needs no indentation."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.steps = 0
        self.legs: list[str] = []
        self.loop = ""
        self.ships = False

    def text(self) -> str:
        """The whole definition."""
        legs = [self._order()]
        for number in range(self.rng.randint(1, 3)):
            legs += self._leg(f"leg{number}")
        if self.rng.random() < 0.3:
            self.steps += 1
            legs.append(constructs.periods(self.rng, "again", self._block(1)))
        self.loop = "news"  # beside the legs: nobody sends back from there
        tail = constructs.handlers(self.rng, self.legs, self._block(1)) if self.rng.random() < 0.7 else ""
        billing, parts = constructs.billing(self.rng)
        return f"{HEAD}{constructs.tables(self.rng)}{billing}{self._sla()}legs:\n{''.join(legs)}{parts}{tail}"

    def _sla(self, indent: str = "") -> str:
        return f"{indent}sla: {self.rng.choice(SLA)}\n" if self.rng.random() < 0.4 else ""

    def _order(self) -> str:
        self.legs.append("order")
        create = (
            "{call: erp.create_order, with: {customer: \"'C1'\", lines: opportunity.lines}, as: order, "
            "undo: {call: erp.cancel_order, with: {order: order.id}}, "
            "on_revisit: {call: erp.update_order, with: {order: order.id, lines: opportunity.lines}}}"
        )
        return f"  order:\n    steps: [{create}, {self._block(0)}]\n{self._sla('    ')}"

    def _leg(self, name: str) -> list[str]:
        kind = self.rng.choice(["plain", "plain", "lines", "goods"])
        if kind == "plain":
            self.legs.append(name)
            when = constructs.when(self.rng)
            return [f"  {name}:\n{when}    steps: [{self._block(0)}]\n{self._sla('    ')}"]
        if kind == "lines":
            return [self._looping(name, "opportunity.lines", "line", "line.id", "")]
        if self.ships:
            return [f"  {name}:\n    steps: [{self._block(0)}]\n"]
        self.ships = True
        wait = (
            "{wait: erp.goods_shipped, match: event.order == order.id, within: 30d, into: deliveries, "
            "until: order.shipped == order.ordered - order.cancelled, undo: {irreversible: the goods are out, "
            "with_consent: {call: erp.receive_return, with: {order: order.id}}}, on_revisit: skip, "
            f"on_timeout: {self.rng.choice(['hold', 'compensate', 'skip'])}}}"
        )
        release = (
            "{call: erp.release_delivery, with: {order: order.id}, as: release, on_revisit: skip, "
            "undo: {call: erp.cancel_delivery, with: {delivery: release.id}}}"
        )
        per = self.rng.choice(["item", "item", "chain"])
        pivot = f"    pivot: {{after: erp.goods_shipped, per: {per}}}\n" if self.rng.random() < 0.6 else ""
        goods = f"  {name}:\n    steps: [{release}, {wait}]\n{pivot}{self._sla('    ')}"
        return [goods, self._looping(f"{name}_bills", "deliveries", "delivery", "delivery.id", self._starts())]

    def _starts(self) -> str:
        return f", starts: {self.rng.choice(['on_item', 'on_item', 'when_complete'])}"

    def _looping(self, name: str, source: str, element: str, key: str, starts: str) -> str:
        self.loop = element
        sla = f", sla: {self.rng.choice(SLA)}" if self.rng.random() < 0.4 else ""
        bill = ""
        if element == "delivery":
            bill = (
                "{call: erp.post_invoice, with: {delivery: delivery.id}, as: invoice, on_revisit: skip, "
                "undo: {call: erp.credit_note, with: {invoice: invoice.id}}}, "
            )
            paid = (
                "{wait: erp.payment_allocated, match: event.invoice == invoice.id, until: invoice.settled, within: 20d, "
                "on_revisit: skip, undo: {irreversible: money is money}, "
                "on_timeout: {end: written_off, reason: \"'unpaid'\"}}, "
            )
            bill += constructs.ladder(self.rng) if self.rng.random() < 0.5 else paid
        block = self._block(0)
        self.loop = ""
        return (
            f"  {name}:\n    for_each: {{in: {source}, as: {element}, key: {key}{starts}{sla}}}\n"
            f"    steps: [{bill}{block}]\n{self._sla('    ')}"
        )

    # Blocks

    def _block(self, depth: int) -> str:
        return ", ".join(self._step(depth) for _ in range(self.rng.randint(1, 3 if depth == 0 else 2)))

    def _step(self, depth: int) -> str:
        kinds = [
            "call", "call", "call", "approve", "approve", "task", "wait", "delay", "read", "start", "either", "use",
        ]  # fmt: skip
        if depth < 2:
            kinds += ["choose", "parallel", "parallel"]
        self.steps += 1
        kind, name = self.rng.choice(kinds), f"name: s{self.steps}"
        plain = kind not in ("choose", "use", "delay")
        sla = f", sla: {self.rng.choice(SLA)}" if plain and self.rng.random() < 0.2 else ""
        return f"{{{getattr(self, '_' + kind)(depth)}, {name}{sla}}}"

    def _call(self, depth: int) -> str:
        again = ["skip", "{call: crm.set_stage, with: {opportunity: opportunity.id, stage: \"'again'\"}}"]
        return (
            f"call: crm.set_stage, with: {{opportunity: opportunity.id, stage: \"'s{self.steps}'\"}}, "
            f"undo: {self.rng.choice(UNDO)}, on_revisit: {self.rng.choice(again)}, "
            f"on_refusal: {{default: {self._reaction(depth, 'on_refusal')}}}{self._collects()}"
        )

    def _start(self, _depth: int) -> str:
        return constructs.child(self.rng, self.steps)

    def _use(self, _depth: int) -> str:
        return f"use: look, with: {{document: order, most: {self.rng.choice('05')}}}{self._seen()}"

    def _seen(self) -> str:
        return f", as: {{seen: u{self.steps}}}" if self.rng.random() < 0.5 else ""

    def _either(self, depth: int) -> str:
        mine = f"e{self.steps}"
        return (
            f"wait: [{{event: erp.goods_shipped, match: event.order == order.id, as: {mine}_left, into: {mine}_parcels}}, "
            f"{{event: crm.order_cancelled, match: event.opportunity == opportunity.id, as: {mine}_off}}], as: {mine}, "
            f"within: 2bd, undo: {{none: a hint}}, on_revisit: {self.rng.choice(['skip', 'again'])}, "
            f"on_timeout: {self._reaction(depth, 'on_timeout')}"
        )

    def _read(self, _depth: int) -> str:
        return "call: erp.get_order, with: {order: order.id}"

    def _approve(self, depth: int) -> str:
        slas = [f", sla: {self.rng.choice(SLA)}" if self.rng.random() < 0.3 else "" for _ in range(2)]
        levels = [people.level(self.rng, "one", slas[0])]
        if self.rng.random() < 0.4:
            levels.append(people.level(self.rng, "two", slas[1]))
        back = ""
        if not self.loop and self.rng.random() < 0.8:
            back = f", on_send_back: {self._back()}"
        return (
            f"approve: order, binds: [order.net], four_eyes: {self.rng.choice(['true', 'false'])}, "
            f"levels: [{', '.join(levels)}], none_found: {self._reaction(depth, 'none_found')}, "
            f"on_reject: {self._reaction(depth, 'on_reject')}{back}"
        )

    def _back(self) -> str:
        return f"{{send_back: {self.rng.choice(self.legs)}, max_rounds: {self.rng.randint(1, 3)}}}"

    def _task(self, depth: int) -> str:
        claim = ", claim: true" if self.rng.random() < 0.4 else ""
        within = f", within: 2bd, on_timeout: {self._reaction(depth, 'on_timeout')}" if self.rng.random() < 0.5 else ""
        declined = f", on_reject: {self._reaction(depth, 'on_reject')}" if self.rng.random() < 0.6 else ""
        form = people.form(self.rng, self.ships)
        return (
            f"task: t{self.steps}, assign: {people.whom(self.rng)}, "
            f"show: {{net: order.net}}, {form}, checklist: {{one: One}}, as: t{self.steps}, "
            f"undo: {self.rng.choice(UNDO)}, on_revisit: {self.rng.choice(['skip', 'again'])}, "
            f"none_found: {self._reaction(depth, 'none_found')}{claim}{within}{declined}"
        )

    def _wait(self, depth: int) -> str:
        return (
            f"wait: crm.order_cancelled, match: event.opportunity == opportunity.id, within: 2bd{constructs.waits(self.rng)}, "
            f"on_revisit: {self.rng.choice(['skip', 'again'])}, on_timeout: {self._reaction(depth, 'on_timeout')}"
        )

    def _delay(self, _depth: int) -> str:
        return f"{constructs.delay(self.rng)}, on_revisit: {self.rng.choice(['skip', 'again'])}"

    def _choose(self, depth: int) -> str:
        asks = self.rng.choice(["order.net.minor > 1", "order.net.minor > 1000000000", "pace.days > 30"])
        arms = [f"{{when: {asks}, steps: [{self._block(depth + 1)}]}}"]
        if self.rng.random() < 0.6:
            arms.append("{otherwise: []}")
        elif self.rng.random() < 0.5:
            end = self.rng.choice(["completed", "lost", "written_off", "cancelled", "rejected"])
            why = self.rng.choice(["", ", reason: opportunity.number"])
            arms.append(f"{{otherwise: [{self._block(depth + 1)}, {{end: {end}{why}}}]}}")
        return f"choose: [{', '.join(arms)}]"

    def _parallel(self, depth: int) -> str:
        count = self.rng.randint(2, 3)
        branches = [f"{{steps: [{self._block(depth + 1)}]}}" for _ in range(count)]
        join = self.rng.choice(["all", "any", "2"])
        return f"parallel: [{', '.join(branches)}], join: {join}, rest: {self.rng.choice(['keep', 'cancel'])}"

    def _collects(self) -> str:
        again = ", retry: {first: 2s, factor: 1.5, most: 9s, give_up: 1m, attempt: 5s}"
        return self.rng.choice(["", "", "", "", ", into: stages", again])

    def _reaction(self, depth: int, place: str) -> str:
        ends = ["{end: lost}", "{end: completed}", "{end: rejected, reason: \"'no'\"}"]
        if place != "on_reject":
            ends.append("{end: cancelled}")
        kinds = ["hold", "hold", "compensate", self.rng.choice(ends)]  # most chains are to come far
        if place != "on_reject":
            kinds += ["skip"] * 4
        if place != "none_found" and not self.loop:
            kinds.append(self._back())
        if depth < 1:
            self.steps += 1
            kinds += [people.secured(self.rng, self.steps, self.ships, place == "on_refusal")] * 2
            kinds.append(f"{{steps: [{self._step(depth + 1)}]}}")
        return self.rng.choice(kinds)


def by_chance(seed: int) -> tuple[Plan, str]:
    """A definition and its text. The lint is left out: the engine must stand what it would complain of."""
    text = Author(seed).text()
    operations = ("crm.set_stage", "crm.reopen_lead", "erp.create_order", "erp.release_delivery")
    rng = random.Random(seed + 1)
    classes = {name: rng.choice("ABCD") for name in operations}
    compiled = compile_tree(*read_source(text), World(effect_classes=classes, beside=HERE))
    compiled.build.problems.stop()
    return compiled.plan, text
