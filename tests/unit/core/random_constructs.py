"""Constructs of definitions by chance that hang on a whole chain: handlers, periods, ladders, tables, children."""

from __future__ import annotations

import random

WEEKDAYS = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def tables(rng: random.Random) -> str:
    """A decision table, by any rule of hitting, over inputs and outputs of every type."""
    hit = rng.choice(["first", "unique", "any"])
    more = [
        one for one in (
            ("who: {is: opportunity.owner, type: text}", "who: [bob, nancy]"),
            ("version: {is: order.version, type: whole}", "version: '< 99'"),
            ("part: {is: 'opportunity.lines[0].discount', type: decimal}", "part: '<= 100'"),
            ("lost: {is: opportunity.lost, type: condition}", "lost: false"),
        ) if rng.random() < 0.4
    ]  # fmt: skip
    asked, given = "".join(f", {one}" for one, _ in more), "".join(f", {one}" for _, one in more)
    values = "word: a, rate: 1.5, fee: 3.00 USD" if more else ""
    outputs = ", word: text, rate: decimal, fee: money" if more else ""
    small, large = (
        f"{{large: {word}, days: {days}{', ' if values else ''}{values}}}" for word, days in (("false", 1), ("true", 9))
    )
    return (
        f"  terms:\n    inputs: {{size: {{is: order.net, type: money}}{asked}}}\n"
        f"    outputs: {{large: condition, days: whole{outputs}}}\n    hit: {hit}\n"
        f"    rows: [{{when: {{size: '< 1000.00 USD'{given}}}, then: {small}}}]\n    otherwise: {large}\n"
    )


def billing(rng: random.Random) -> tuple[str, str]:
    """How is billed, and what may differ; and the leg that bills by parts, if any does."""
    basis = rng.choice(["delivery", "delivery", "order", "milestone", "", ""])
    allowed = ", tolerance: {over: 5%, under: 2.5%}" if rng.random() < 0.3 else ""
    sooner = ", cash_discount: {rate: 2%, within: 10d}" if rng.random() < 0.2 else ""
    parts, leg = _parts(rng, basis)
    return (f"billing: {{basis: {basis}{allowed}{sooner}{parts}}}\n" if basis else ""), leg


AGREED = (
    "  agreed:\n    steps: [{call: erp.agree_terms, with: {order: order.id, terms: billing}, undo: {none: terms end}, "
    "on_revisit: skip}]\n"
)


def _parts(rng: random.Random, basis: str) -> tuple[str, str]:
    undone = "undo: {call: erp.credit_note, with: {invoice: bill.id}}, on_revisit: skip"
    if basis == "order" and rng.random() < 0.6:
        bill = f"{{call: erp.post_instalment, with: {{order: order.id, instalment: part.name}}, as: bill, {undone}}}"
        leg = f"{AGREED}  parts:\n    for_each: {{in: billing.instalments, as: part, key: part.name}}\n    steps: [{bill}]\n"
        return ", instalments: [{name: first, share: 30%, after: order}, {name: rest, share: 70%, after: order}]", leg
    if basis != "milestone":
        return "", ""
    reached = (
        "{call: erp.accept_milestone, with: {order: order.id, milestone: mark.name, accepted_by: \"'ann'\"}, as: done, "
        "undo: {call: erp.withdraw_acceptance, with: {milestone: done.id}}, on_revisit: skip}"
    )
    bill = f"{{call: erp.post_milestone_invoice, with: {{milestone: done.id}}, as: bill, {undone}}}"
    leg = f"{AGREED}  marks:\n    for_each: {{in: billing.milestones, as: mark, key: mark.name}}\n    steps: [{reached}, {bill}]\n"
    return ", milestones: [{name: plan, share: 40%}, {name: done, share: 60%, accepted_by: customer}]", leg


def waits(rng: random.Random) -> str:
    """For whom a wait waits, and how often it looks."""
    return rng.choice(["", "", ", waits_for: customer", ", waits_for: others"]) + rng.choice(["", ", poll: 9d"])


def delay(rng: random.Random) -> str:
    """Lets time pass."""
    due = f"{{due: opportunity.required_on{rng.choice(['', ', after: 2bd'])}}}"
    return f"delay: {rng.choice(['1h', '2bd', due])}"


def when(rng: random.Random) -> str:
    """When a leg is entered, now and then by the decision table."""
    said = rng.choice(["", "", "order.net.minor > 100000", "terms.large", "terms.days > 3"])
    return f"    when: {said}\n" if said else ""


def periods(rng: random.Random, name: str, block: str) -> str:
    """A leg that runs again and again."""
    end = rng.choice(["count: 2", "count: 4", "while: order.version < 99, count: 3"])
    stop = ", stop: {event: crm.lines_cancelled, match: event.opportunity == opportunity.id}"
    more = f", overlap: {rng.choice(['beside', 'queue', 'skip'])}, missed: {rng.choice(['catch_up', 'skip'])}"
    each = rng.choice([
        "{each: day", "{each: 2 weeks, on: monday", "{each: month, on: first_working_day, at: '09:00'", "{each: week",
        "{each: month, on: last_day", "{each: month, on: last_working_day", "{each: month, on: 15", "{each: quarter",
        f"{{each: week, on: {rng.choice(WEEKDAYS)}",
    ])  # fmt: skip
    sla = ", sla: {target: 2d}" if rng.random() < 0.2 else ""
    since = rng.choice(["", "", ", from: opportunity.required_on", ", until: opportunity.required_on"])
    return (
        f"  {name}:\n    every: {each}, {end}{since}{stop if rng.random() < 0.3 else ''}{more}, as: {name}_x{sla}}}\n"
        f"    steps: [{block}]\n"
    )


def ladder(rng: random.Random) -> str:
    """Waits for the money and reminds."""
    steps = (
        "steps: [{call: erp.create_dunning, name: remind, with: {invoice: invoice.id, level: 1}, on_revisit: skip, "
        "undo: {none: said is said}, on_refusal: {nothing_open: skip, default: hold}}]"
    )
    over = rng.choice(
        ["hold", "skip", "{end: written_off, reason: \"'unpaid'\"}", f"{{{steps}}}".replace("remind", "last")]
    )
    more = [
        said for said in (
            ", pause_while: opportunity.lost", ", into: received", ", poll: 5d", ", sla: {target: 9d, warn_at: 50%}",
            ", retry: {first: 2s}",
        ) if rng.random() < 0.4
    ]  # fmt: skip
    return (
        f"{{dunning: invoice, name: chase, levels: [{{name: first, after: 1d, notify: customer}}, {{name: second, after: 9d, {steps}}}], "
        f"hand_over: {{after: 20d, then: {over}}}, promises: 1, undo: {{irreversible: money is money}}{''.join(more)}}}, "
    )


def child(rng: random.Random, number: int) -> str:
    """Starts a chain of its own."""
    how = f"wait: {rng.choice(['end', 'none'])}, on_cancel: {rng.choice(['cancel', 'leave', 'hold'])}"
    key = rng.choice(["", ", key: opportunity.number", f", key: opportunity.number + '-{number}'"])
    no = rng.choice(["hold", "skip", "compensate", "{end: lost}"])
    more = rng.choice(
        ["", ", into: kids", ", retry: {give_up: 1m}", f", on_refusal: {{other_input: {no}, default: hold}}"]
    )
    return f"start: {{process: by_chance{key}, input: {{opportunity: opportunity}}, {how}}}, as: c{number}{more}"


def handlers(rng: random.Random, legs: list[str], block: str) -> str:
    """Who hears what may come at any time, and how long the chain stays open for it."""
    during = f"while: [{rng.choice(legs)}], " if rng.random() < 0.3 else ""
    found = {
        "customer_cancels": f"{{event: crm.order_cancelled, match: event.opportunity == opportunity.id, {during}{rng.choice(['', 'when: opportunity.lost == false, '])}then: {{cancel: true}}}}",
        "change": (
            "{event: crm.order_changed, match: event.opportunity == opportunity.id, as: change, then: {amend: order, steps: ["
            "{call: erp.amend_order, with: {order: order.id, lines: change.lines}, as: order, on_refusal: {default: "
            f"{rng.choice(['hold', 'skip'])}}}, undo: {{call: erp.revert_amendment, with: {{order: order.id}}}}}}]}}}}"
        ),
        "back": "{event: crm.lines_cancelled, match: event.opportunity == opportunity.id, then: "
        + rng.choice(["{send_back: order, max_rounds: 1}", "{hold: true}"]) + "}",
        "returns": f"{{event: crm.return_announced, match: event.opportunity == opportunity.id, as: news, then: {{steps: [{block}]}}}}",
    }  # fmt: skip
    chosen = [name for name in found if rng.random() < 0.6]
    if not chosen:
        return ""
    kept = [name for name in chosen if name != "back"]
    open_ = f"keep_open: {{for: 9d, handlers: [{kept[-1]}]}}\n" if kept and rng.random() < 0.4 else ""
    return "handlers:\n" + "".join(f"  {name}: {found[name]}\n" for name in chosen) + open_
