"""What definitions by chance ask of people: whom, by which levels and forms, and what secures a step that failed."""

from __future__ import annotations

import random

WHOM = (
    "'role:one'", "'role:one'", "'person:ann'", "{table: pace.approver}", "{manager_of: requester, up: 2}",
    "{owner_of: order.customer, kind: customer}", "{role: one, scope: opportunity.currency}", "{external: customer}",
)  # fmt: skip
RULES = ("any", "all", "{votes: 2}", "sequence", "{percent: 60}")
NO = ("hold", "compensate", "{end: rejected, reason: \"'no'\"}", "{end: lost}")
# Beside ``ok`` and ``cost``, which those who fill in anything know.
FIELDS = (
    "note: {type: text, required: false, max: 40, pattern: '[a-z]*', label: Note, help: In small letters}",
    "pieces: {type: whole, min: 1, max: 9, default: 3}", "share: {type: decimal, places: 2, required: true}",
    "day: {type: date, min: '2026-01-01'}", "kind: {type: choice, options: {a: One, b: {en: Two, zh: 二}}}",
    "price: {type: money, currency: EUR}", "paper: {type: file, kinds: [pdf], size: 1MB}",
    "parcel: {type: document, from: deliveries}", "other: {type: document}",
)  # fmt: skip


def whom(rng: random.Random) -> str:
    """Who is asked."""
    return rng.choice(WHOM)


def level(rng: random.Random, name: str, more: str) -> str:
    """One level of an approval."""
    silence = f", silence: {{after: {rng.choice(['2bh', '3d'])}, then: {rng.choice(['approve', 'reject'])}}}"
    heard = f", on_first_reject: {rng.choice(['stop', 'wait_all'])}"
    again = f", same_person_again: {rng.choice(['ask', 'skip'])}"
    when = f", when: {rng.choice(['order.net.minor > 100000', 'pace.days > 30', 'opportunity.lost'])}"
    stand = f", substitutes: {rng.choice(['true', 'false'])}"
    chosen = [said for said in (silence, heard, again, when, stand) if rng.random() < 0.25]
    return f"{{name: {name}, from: {whom(rng)}, rule: {rng.choice(RULES)}{more}{''.join(chosen)}}}"


def form(rng: random.Random, deliveries: bool) -> str:
    """The form of a task. Deliveries can be chosen from where there are any."""
    chosen = [one for one in FIELDS if rng.random() < 0.2 and (deliveries or "from:" not in one)]
    return f"form: {{{', '.join(['ok: {type: yes_no}', 'cost: {type: money, max: 50.00 USD}', *chosen])}}}"


def secured(rng: random.Random, number: int, deliveries: bool, refused: bool) -> str:
    """A task, or, where a call was refused, an approval, by which a step is tried again, or passed by."""
    again = "{stage: mended}" if refused else "{}"  # only a call has arguments
    then = rng.choice([f", then: {{retry: {again}}}", f", then: {{retry: {again}}}", ""])
    if refused and rng.random() < 0.5:
        back = f", on_reject: {rng.choice(NO)}" + rng.choice(["", ", sla: {target: 1d, warn_at: 50%}"])
        return (
            f"{{approve: order, name: r{number}, binds: [order.net], four_eyes: {rng.choice(['true', 'false'])}, "
            f"levels: [{level(rng, 'secures', '')}], none_found: hold{back}{then}}}"
        )
    more = [
        said for said in (
            ", claim: true", f", {form(rng, deliveries)}", ", show: {net: order.net}, checklist: {one: One}",
            ", within: 2bd, on_timeout: skip", ", none_found: compensate", f", on_reject: {rng.choice(NO)}",
            f", as: t{number}, undo: {{none: said is said}}", ", sla: {target: 1d, warn_at: 50%}",
        ) if rng.random() < 0.3
    ]  # fmt: skip
    revisit = rng.choice(["skip", "again"])
    return f"{{task: r{number}, assign: {whom(rng)}, on_revisit: {revisit}{''.join(more)}{then}}}"
