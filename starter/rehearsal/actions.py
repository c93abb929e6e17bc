"""What the people of a rehearsal can do about what they see."""

from __future__ import annotations

import string
from typing import Any

from starter.bots.office import OPERATOR
from starter.rehearsal.registry import NotYet, action
from starter.rehearsal.sights import Sight
from starter.rehearsal.stage import Row, Stage


@action("nothing")
async def nothing(stage: Stage, sight: Sight) -> bool:
    """Leave it."""
    return True


@action("approve", "reject", "send_back")
async def decide(stage: Stage, sight: Sight, named: str, by: str = "") -> bool:
    """Decide a task, with as many voices as it takes; ``by`` names who speaks."""
    await stage.voters.decide(sight.row, named, by)  # type: ignore[arg-type]
    return True


@action("retry", "release", "cancel", "skip", "hold", "extend", "correct")
async def intervene(stage: Stage, sight: Sight, named: str, **more: Any) -> bool:
    """Intervene as an operator, at the place of the sight; what more `ChainClient.intervene` takes may be given."""
    at = {"leg": sight.row.get("leg", ""), "item": sight.row.get("item", "")}
    where = at if named in ("retry", "release", "skip", "correct") and at["leg"] else {}
    answer = await stage.client.intervene(
        sight.chain, named, OPERATOR, f"{sight.row.get('reason') or sight.kind}: seen to", door="rehearsal",  # type: ignore[arg-type]
        intervention_id=f"{sight.chain}/{sight.key}/{named}/{stage.acted[sight.chain, sight.key]}", **{**where, **more},
    )  # fmt: skip
    if answer.status != "accepted":
        stage.memory.refused.append(f"{sight.chain}: {named} of {sight.key}: {answer.message}")
    return True


@action("ship")
async def ship(stage: Stage, sight: Sight, share: int = 100, lines: dict[str, int] | None = None) -> bool:
    """The warehouse ships a share (percent) of what is open, as far as there is stock, or so many of some lines."""
    shipped = []
    for row in sight.row["lines"]:
        wanted = max(1, -(-row["open"] * share // 100)) if lines is None else lines.get(str(row["line"]), 0)
        quantity = min(wanted, row["open"], row["stock"])
        if quantity > 0:
            shipped.append({"line": row["line"], "quantity": quantity})
    if not shipped:
        raise NotYet
    body = {"order": sight.row["order"], "lines": shipped}
    body |= {"warehouse": sight.place} if sight.place else {}
    return await stage.command(stage.erp, "/warehouse/ship", body) is not None


@action("pay")
async def pay(stage: Stage, sight: Sight, share: float = 100, minor: int = 0) -> bool:
    """The customer pays a share (percent) of what is open of an invoice, or an amount in minor units."""
    amount = minor or max(1, round(sight.row["open"] * share / 100))
    body = {"allocations": [{"invoice": sight.row["invoice"], "minor": amount}]}
    return await stage.command(stage.erp, "/bank/payments", body) is not None


@action("cancel_order")
async def cancel_order(stage: Stage, sight: Sight, reason: str = "the customer changed plans") -> bool:
    """The customer cancels the deal in the CRM."""
    number = number_of(stage, sight)
    return await stage.command(stage.crm, f"/opportunities/{number}/cancel", {"reason": reason}) is not None


@action("post")
async def post(
    stage: Stage, sight: Sight, path: str, system: str = "erp", body: dict[str, Any] | None = None, also: bool = False
) -> bool:
    """Give a sandbox system any command. ``{order}``, ``{invoice}`` … in path and body are the chain's documents.

    The names: every field of the sight, the newest document of each type of the chain, ``number``, ``chain``, ``now``.
    ``also``: a "no" of the system counts as done.
    """
    names = _names(stage, sight)
    client = stage.crm if system == "crm" else stage.erp
    done = await stage.command(client, string.Formatter().vformat(path, (), names), filled(body or {}, names))
    return done is not None or also


def filled(value: Any, names: Row) -> Any:
    """Fill the names in braces; a text that is nothing but a name becomes its value, whatever that is.

    Raises:
        KeyError: there is no such name.
    """
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if not isinstance(value, str):
        return value
    bare = value[1:-1]
    if value == f"{{{bare}}}" and bare in names:
        return names[bare]
    return string.Formatter().vformat(value, (), names)


def number_of(stage: Stage, sight: Sight) -> str:
    """Return the number of the deal that a sight is about; a child chain's is its parent's."""
    cast = stage.of(sight.chain)
    return cast.plan.deal.id if cast else sight.chain.partition(":")[2]


def _names(stage: Stage, sight: Sight) -> Row:
    number = number_of(stage, sight)
    fixed = {"chain": sight.chain, "number": number, "opportunity": number, "now": stage.tempo.now().isoformat()}
    return {**fixed, **stage.documents.newest.get(sight.chain, {}), **sight.row}
