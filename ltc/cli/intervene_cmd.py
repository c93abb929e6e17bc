"""The interventions of `ltc chain`: each says its consequence, asks, and goes on record with actor and reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.consequences import consequence
from ltc.cli.exits import BadUsageError
from ltc.cli.inputs import json_object, reason
from ltc.cli.intervening import carry_out
from ltc.cli.output import Format

Leg = Annotated[str, typer.Option("--leg", metavar="LEG", help="The leg concerned.")]
Item = Annotated[str, typer.Option("--item", metavar="KEY", help="The item of a looping leg.")]
Step = Annotated[str, typer.Option("--step", metavar="STEP", help="The step concerned.")]
Document = Annotated[
    str, typer.Option("--document", metavar="JSON", help="The document that later steps need: JSON, @file or -.")
]


def _place(leg: str, item: str, step: str) -> dict[str, str]:
    if step.count("."):
        raise BadUsageError(f"--step {step}: name the step alone and the leg with --leg")
    if (item or step) and not leg:
        raise BadUsageError("--item and --step need --leg")
    return {"leg": leg, "item": item, "step": step}


def retry(
    chain: options.Chain, why: options.Reason, actor: options.Actor, leg: Leg = "", item: Item = "", step: Step = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Try a held step again. An effect whose outcome is unknown is probed first."""
    wish = {"action": "retry", "reason": reason(why), **_place(leg, item, step)}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def skip(
    chain: options.Chain, why: options.Reason, actor: options.Actor, leg: Leg = "", item: Item = "", step: Step = "",
    document: Document = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Leave a held step out; --document supplies what later steps need of it."""
    wish: dict[str, Any] = {"action": "skip", "reason": reason(why), **_place(leg, item, step)}
    if document:
        wish["document"] = json_object(document, "--document")
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def correct(
    chain: options.Chain, why: options.Reason, actor: options.Actor, leg: Leg = "", item: Item = "", step: Step = "",
    values: Annotated[str, typer.Option("--values", metavar="JSON", help="New arguments: JSON, @file or -.")] = "",
    document: Document = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Do a held step again with other values, or adopt a document made by hand."""
    if bool(values) == bool(document):
        raise BadUsageError("give either --values (call again with these) or --document (adopt this one)")
    wish: dict[str, Any] = {"action": "correct", "reason": reason(why), **_place(leg, item, step)}
    if values:
        wish["values"] = json_object(values, "--values")
    else:
        wish["document"] = json_object(document, "--document")
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def hold(
    chain: options.Chain, why: options.Reason, actor: options.Actor, leg: Leg = "", item: Item = "", step: Step = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Let a chain, or with --leg one place in it, rest until somebody releases it."""
    wish = {"action": "hold", "reason": reason(why), **_place(leg, item, step)}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def release(
    chain: options.Chain, why: options.Reason, actor: options.Actor,
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Let everything that is held in a chain go on; what failed is tried again."""
    wish = {"action": "release", "reason": reason(why)}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def extend(
    chain: options.Chain, why: options.Reason, actor: options.Actor,
    sla: Annotated[str, typer.Option("--sla", metavar="SLA", help="Which one, as `ltc chain show` names it.")],
    by: Annotated[str, typer.Option("--by", metavar="SPAN", help="By how much, with its clock: 2bd, 4h, 7d.")],
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Give a promised time more time. A breach that happened stays one."""
    from ltc.definition.timespans import parse_span

    try:
        parse_span(by)
    except ValueError as error:
        raise BadUsageError(f"--by: {error}") from error
    wish = {"action": "extend", "reason": reason(why), "sla": sla, "by": by}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def cancel(
    chain: options.Chain, why: options.Reason, actor: options.Actor,
    consent: Annotated[
        bool, typer.Option("--consent", help="On somebody's word: also undo what lies past the point of no return.")
    ] = False,
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """End a chain: every effect that stands is undone, newest first."""
    wish = {"action": "cancel", "reason": reason(why), "consent": consent}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def dispute(
    chain: options.Chain, why: options.Reason, actor: options.Actor, leg: Leg = "", item: Item = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Note that the customer disputes what is being dunned: nobody reminds of it until `ltc chain settle`."""
    wish = {"action": "dispute", "reason": reason(why), **_place(leg, item, "")}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def promise(
    chain: options.Chain, why: options.Reason, actor: options.Actor,
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="A span (7d, 5bd), or an instant.")],
    leg: Leg = "", item: Item = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Note that payment is promised: the dunning rests until then, and goes on where it was if nothing came."""
    wish = {"action": "promise", "reason": reason(why), "by": until, **_place(leg, item, "")}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


def settle(
    chain: options.Chain, why: options.Reason, actor: options.Actor, leg: Leg = "", item: Item = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Take a dispute or a promise noted here back: the dunning goes on where it was."""
    wish = {"action": "settle", "reason": reason(why), **_place(leg, item, "")}
    carry_out(chain, actor, wish, consequence, dry_run, yes, output)


COMMANDS: dict[str, Callable[..., None]] = {
    "retry": retry, "skip": skip, "correct": correct, "hold": hold, "release": release, "extend": extend,
    "cancel": cancel, "dispute": dispute, "promise": promise, "settle": settle,
}  # fmt: skip
