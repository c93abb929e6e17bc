"""What an intervention will do, said before it is done, from what the views know of the chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ltc.cli.exits import BadUsageError, NotFoundError
from ltc.cli.pieces import document
from ltc.cli.sentences import where
from ltc.cli.text import counted, moment

Record = dict[str, Any]
_STANDING = ("certain", "scheduled", "unknown")


def consequence(chain: Record, wish: Record) -> list[str]:
    """Return, line by line, what an intervention on a chain will do.

    Raises:
        NotFoundError: the SLA, leg or effect named is not there.
        BadUsageError: several places are held and none was named.
    """
    return _SAY[wish["action"]](chain, wish)


def _here(row: Record, wish: Record) -> bool:
    return all(not wish.get(name) or wish[name] == row.get(name) for name in ("leg", "item", "step"))


def open_holds(chain: Record, wish: Record) -> list[Record]:
    """Return the holds at the place an intervention names: all of them when it names none."""
    return [row for row in chain.get("holds") or [] if not row.get("released") and _here(row, wish)]


def held(chain: Record, wish: Record) -> Record:
    """Return the one hold that an intervention names, or the only one.

    Raises:
        NotFoundError: nothing is held there.
        BadUsageError: several places are, and none was named.
    """
    holds = open_holds(chain, wish)
    holds = [row for row in holds if row.get("step")] or holds  # a chain held as a whole goes on by release alone
    if not holds:
        at = where({**wish, "visit": 0})
        raise NotFoundError(f"nothing is held {f'at {at} ' if at else ''}in {chain['chain']}; see `ltc chain show`")
    if len(holds) > 1 and not wish.get("leg"):
        places = ", ".join(where({**row, "visit": 0}) or "the chain" for row in holds)
        raise BadUsageError(f"several places are held ({places}): name one with --leg, --item, --step")
    return holds[0]


def _effect_at(chain: Record, hold: Record) -> Record | None:
    found = [row for row in chain.get("effects") or [] if _here(row, {k: hold.get(k) for k in ("leg", "item", "step")})]
    return max(found, key=lambda row: int(row.get("ordinal") or 0)) if found and hold.get("step") else None


def _held_line(hold: Record) -> str:
    place = where({**hold, "visit": 0}) or "the chain"
    return f"{place} is held since {moment(hold.get('since'))}: {hold.get('reason') or 'no reason given'}"


def _remains(chain: Record) -> list[Record]:
    return [row for row in chain.get("effects") or [] if row.get("status") == "remains"]


def _retry(chain: Record, wish: Record) -> list[str]:
    if _remains(chain):
        return ["undoing goes on; what remains is tried again:", *(_effect_line(row) for row in _remains(chain))]
    hold = held(chain, wish)
    effect = _effect_at(chain, hold)
    lines = [_held_line(hold)]
    if effect and effect["status"] in ("unknown", "scheduled"):
        lines.append(
            f"whether {effect['op']} took effect is not known: it is probed first, and sent only if it did not"
        )
    else:
        lines.append("the step is tried again, with the same effect key")
    return lines


def _skip(chain: Record, wish: Record) -> list[str]:
    if _remains(chain):
        said = "undoing goes on without these; you say that people have taken care of them:"
        return [said, *(_effect_line(row) for row in _remains(chain))]
    hold = held(chain, wish)
    effect = _effect_at(chain, hold)
    lines = [_held_line(hold), "the step is left out and the chain goes on behind it"]
    if wish.get("document"):
        lines.append("later steps read this document as its result")
    else:
        lines.append("it leaves no result: the chain refuses if later steps need one (--document supplies it)")
    if effect and effect["status"] in ("unknown", "scheduled"):
        lines.append(f"whether {effect['op']} took effect is probed first; what is found stays on the undo list")
    return lines


def _correct(chain: Record, wish: Record) -> list[str]:
    lines = [_held_line(held(chain, wish))]
    if wish.get("document"):
        return [*lines, "the document given is taken for what the step made: later steps read it, undoing undoes it"]
    lines.append("whether the earlier effect took place is probed first, where that is not known")
    names = ", ".join(sorted(wish.get("values") or {}))
    lines.append(f"if it did not, the step is done under a new effect key with your {names}")
    return [*lines, "if it did, the chain holds again (effect_exists): adopt the document with --document"]


def _hold(chain: Record, wish: Record) -> list[str]:
    if wish.get("leg"):
        place = where({**wish, "visit": 0})
        return [f"{place} rests until somebody releases the chain; the rest of it goes on, promised times count on"]
    flying = len(chain.get("steps") or [])
    lines = ["the whole chain rests until somebody releases it; promised times go on counting"]
    if flying:
        lines.append(f"{counted(flying, 'call')} in flight will still finish")
    return lines


def _release(chain: Record, _wish: Record) -> list[str]:
    holds = open_holds(chain, {})
    if not holds:
        raise NotFoundError(f"nothing is held in {chain['chain']}; see `ltc chain show`")
    return [*(_held_line(hold) for hold in holds), "everything goes on from there; a step that failed is tried again"]


def _extend(chain: Record, wish: Record) -> list[str]:
    rows = [row for row in chain.get("slas") or [] if row.get("state") in ("running", "paused")]
    found = [row for row in rows if row["sla"] == wish["sla"]]
    if not found:
        there = ", ".join(sorted({row["sla"] for row in rows})) or "none"
        raise NotFoundError(f"no SLA {wish['sla']!r} runs on {chain['chain']}; running: {there}")
    lines = [f"{row['sla']} was due {moment(row.get('deadline'))}: it gets {wish['by']} more" for row in found]
    return [*lines, "a warning or breach that happened stays on record"]


def _cancel(chain: Record, wish: Record) -> list[str]:
    effects = [row for row in chain.get("effects") or [] if row.get("status") in _STANDING]
    effects.sort(key=lambda row: -int(row.get("ordinal") or 0))
    many = counted(len(effects), "effect")
    if chain.get("pivot"):
        lines = [f"the chain is past the point of no return; {many} stand, newest first:"]
    else:
        lines = [f"the chain ends as cancelled; {many} to undo, newest first:"]
    lines += [_effect_line(row) for row in effects]
    if chain.get("pivot"):
        lines.append(
            "with --consent: what lies behind that point is undone by counter-documents, what lies before it stands"
            if wish.get("consent")
            else "without --consent the chain will refuse"
        )
    tasks = sum(row.get("state") == "open" for row in chain.get("tasks") or [])
    return [*lines, f"{counted(tasks, 'open approval')} closed unanswered"] if tasks else lines


def begun_again(chain: Record) -> list[str]:
    """Return, line by line, what beginning a lost chain again will do."""
    effects = [row for row in chain.get("effects") or [] if row.get("status") in _STANDING]
    return [
        "it begins at its first step, with the plan and the input of its start",
        f"{counted(len(effects), 'effect')} on record: what is done is not done again, what is unknown is probed first",
        "approvals are asked anew, promised times count from now, events that had come are delivered once more",
    ]


def _effect_line(row: Record) -> str:
    found = document({"type": row.get("type"), "id": row.get("document")})
    unsure = " (outcome unknown: probed first)" if row["status"] in ("unknown", "scheduled") else ""
    return f"  {row['op']} at {where({**row, 'visit': 0})}{f': {found}' if found else ''}{unsure}"


def _dispute(chain: Record, wish: Record) -> list[str]:
    return [f"nobody reminds the customer of {_claim(wish)} until `ltc chain settle` says that the dispute is over"]


def _promise(chain: Record, wish: Record) -> list[str]:
    return [
        f"nobody reminds the customer of {_claim(wish)} until {wish['by']}; without payment the ladder then goes on"
    ]


def _settle(chain: Record, wish: Record) -> list[str]:
    return [f"the dunning of {_claim(wish)} goes on where it was; levels are not repeated, and none is left out"]


def _claim(wish: Record) -> str:
    return where({**wish, "visit": 0}) or "what is being dunned"


_SAY: dict[str, Callable[[Record, Record], list[str]]] = {
    "retry": _retry, "skip": _skip, "correct": _correct, "hold": _hold, "release": _release, "extend": _extend,
    "cancel": _cancel, "dispute": _dispute, "promise": _promise, "settle": _settle,
}  # fmt: skip
