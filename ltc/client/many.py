"""An intervention on many chains: where it acts in each of them, and what the chain answers to all of it."""

from __future__ import annotations

from typing import Any

from ltc.client.chain_client import ChainClient
from ltc.model.messages import Answer

Record = dict[str, Any]
PLACED = ("retry", "skip", "correct")  # these act on what is held: at every place that is meant
RELAUNCH = "relaunch"
ACTIONS = (*PLACED, "release", "hold", "cancel", "extend", RELAUNCH)
_CRITERIA = {"leg": "leg", "step": "step", "held": "reason"}  # of a wish: the column of a hold that it speaks of
NOTHING = "no step is held there (any more); a chain held as a whole goes on by `release`"
_WHOLE: list[Record] = [{}]


def places(view: Record | None, wish: Record) -> list[Record]:
    """Return the places of one chain that an action on held steps means; one without a name is left to the chain.

    Without ``leg``, ``step`` and ``held`` every held step is meant. While a chain is being undone and something
    remains, that is what is retried or skipped: it has no place.
    """
    wanted = {column: wish[name] for name, column in _CRITERIA.items() if wish.get(name)}
    view = view or {}
    holds = [row for row in view.get("holds") or () if row["released"] is None]
    found = [row for row in holds if all(row[column] == value for column, value in wanted.items())]
    if any(row["status"] == "remains" for row in view.get("effects") or ()):
        return _WHOLE if found or not wanted else []
    named = dict.fromkeys((row["leg"], row["item"], row["step"]) for row in found if row["step"])
    steps = [dict(zip(("leg", "item", "step"), place, strict=True)) for place in named]
    if not wanted and len(steps) <= 1:
        return _WHOLE
    return steps


async def ask(client: ChainClient, chain: str, bulk: Record, actor: str) -> Answer:
    """Ask one chain of a bulk action; where several places are meant, one after the other, until one is refused.

    Each place has one id for all tries: what was accepted once is not done again.

    Raises:
        NotFoundError, RefusedError, EngineAwayError, StoreUnavailable: as ``ChainClient.intervene`` or ``begin_again``.
    """
    if bulk["action"] == RELAUNCH:
        await client.begin_again(chain, actor, bulk["reason"], door="bulk")
        return Answer(status="accepted")
    wish: Record = bulk["detail"].get("wish") or {}
    more = {name: value for name, value in wish.items() if name not in _CRITERIA}
    meant = places(await client.store.chain(chain), wish) if bulk["action"] in PLACED else _WHOLE
    answer = Answer(status="not_found", message=NOTHING)
    for place in meant:
        at = "".join(f"/{place[name]}" for name in ("leg", "item", "step")) if len(meant) > 1 else ""
        answer = await client.intervene(
            chain, bulk["action"], actor, bulk["reason"], door="bulk", intervention_id=f"bulk-{bulk['id']}{at}",
            **place, **more,
        )  # fmt: skip
        if answer.status != "accepted":
            return answer
    return answer
