"""Folding what a chain gives up: the waits and holds of places that it leaves, of legs that it goes back over."""

from __future__ import annotations

from collections.abc import Callable

from ltc.store.reading import Entry
from ltc.store.rows import ChainView, Row


def clear(view: ChainView, entry: Entry, here: Callable[[Row], bool], *, flights: bool) -> ChainView:
    """Forget waits and lift holds at some places; with ``flights`` also what is under way there.

    ``here`` gets a mapping with ``leg``, ``item`` and ``step``.
    """
    for table in ("waits", "steps") if flights else ("waits",):
        for key, _ in list(view.each(table)):
            if here({"leg": key[0], "item": key[1], "step": key[2]}):
                view = view.drop(table, key)
    for key, row in list(view.each("holds")):
        if row["released"] is None and here(row):
            view = view.put("holds", key, released=entry.at)
    return view


def rewind(view: ChainView, entry: Entry, to: str) -> ChainView:
    """The chain goes back to a leg: what waits or is held there and in all later legs is given up."""
    first = view.get("legs", (to, ""))
    if first is None:
        return view
    again = [key[0] for key, row in view.each("legs") if row["ordinal"] >= first["ordinal"]]
    return clear(view, entry, lambda row: row["leg"] in again, flights=False)
