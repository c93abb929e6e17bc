"""Constructs of definitions by chance that hang on a whole chain: handlers, periods, ladders, tables, children."""

from __future__ import annotations

import random

TABLE = (
    "  terms:\n    inputs: {size: {is: order.net, type: money}}\n    outputs: {large: condition, days: whole}\n"
    "    hit: first\n    rows: [{when: {size: '< 1000.00 USD'}, then: {large: false, days: 1}}]\n"
    "    otherwise: {large: true, days: 9}\n"
)


def when(rng: random.Random) -> str:
    """When a leg is entered, now and then by the decision table."""
    said = rng.choice(["", "", "order.net.minor > 100000", "terms.large", "terms.days > 3"])
    return f"    when: {said}\n" if said else ""


def periods(rng: random.Random, name: str, block: str) -> str:
    """A leg that runs again and again."""
    end = rng.choice(["count: 2", "count: 4", "while: order.version < 99, count: 3"])
    stop = ", stop: {event: crm.lines_cancelled, match: event.opportunity == opportunity.id}"
    more = f", overlap: {rng.choice(['beside', 'queue', 'skip'])}, missed: {rng.choice(['catch_up', 'skip'])}"
    each = rng.choice(["{each: day", "{each: 2 weeks, on: monday", "{each: month, on: first_working_day, at: '09:00'"])
    return f"  {name}:\n    every: {each}, {end}{stop if rng.random() < 0.3 else ''}{more}, as: {name}_x}}\n    steps: [{block}]\n"


def ladder(rng: random.Random) -> str:
    """Waits for the money and reminds."""
    steps = (
        "steps: [{call: erp.create_dunning, name: remind, with: {invoice: invoice.id, level: 1}, on_revisit: skip, "
        "undo: {none: said is said}, on_refusal: {nothing_open: skip, default: hold}}]"
    )
    over = rng.choice(["hold", "skip", "{end: written_off, reason: \"'unpaid'\"}"])
    return (
        f"{{dunning: invoice, name: chase, levels: [{{name: first, after: 1d, notify: customer}}, {{name: second, after: 9d, {steps}}}], "
        f"hand_over: {{after: 20d, then: {over}}}, promises: 1, undo: {{irreversible: money is money}}}}, "
    )


def child(rng: random.Random, number: int) -> str:
    """Starts a chain of its own."""
    how = f"wait: {rng.choice(['end', 'none'])}, on_cancel: {rng.choice(['cancel', 'leave', 'hold'])}"
    return f"start: {{process: by_chance, key: opportunity.number, input: {{opportunity: opportunity}}, {how}}}, as: c{number}"


def handlers(rng: random.Random, legs: list[str], block: str) -> str:
    """Who hears what may come at any time, and how long the chain stays open for it."""
    during = f"while: [{rng.choice(legs)}], " if rng.random() < 0.3 else ""
    found = {
        "customer_cancels": f"{{event: crm.order_cancelled, match: event.opportunity == opportunity.id, {during}then: {{cancel: true}}}}",
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
