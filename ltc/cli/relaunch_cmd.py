"""`ltc chain relaunch`: chains that Temporal has lost begin again from their start on record."""

from __future__ import annotations

from typing import Any

from ltc.cli import options
from ltc.cli.consequences import begun_again
from ltc.cli.inputs import reason
from ltc.cli.intervening import confirm
from ltc.cli.output import Format, note, one, tell
from ltc.cli.session import ask

Record = dict[str, Any]


def relaunch(
    chain: options.Chain, why: options.Reason, actor: options.Actor,
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Begin a chain again that Temporal has lost, as after its data was lost. Effects on record are not made twice.

    Refused while Temporal knows the chain, and where what happened cannot be gone through again: it was undone, sent
    back, moved to another version, or a step was skipped or corrected by hand.
    """
    given = reason(why)
    ask(lambda desk: desk.may_intervene(actor))
    lines = begun_again(ask(lambda desk: desk.lost(chain)))
    told = "\n".join([f"relaunch {chain}: {given}", *(f"  {line}" for line in lines)])
    record: Record = {"chain": chain, "actor": actor, "reason": given}
    if dry_run:
        record.update(dry_run=True, consequence=lines)
        one(record, output, lambda _: tell(f"{told}\nnothing was changed (dry run)"))
        return
    if output is Format.TABLE or not yes:
        note(told)
    confirm(f"relaunch {chain}?", yes)
    done = ask(lambda desk: desk.begin_again(chain, actor, given))
    one({**record, **done, "status": "accepted"}, output, lambda _: tell(f"done: relaunch {chain}"))
