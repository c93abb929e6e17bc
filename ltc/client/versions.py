"""Definitions by version: a name, a file, ``process@digest`` or a digest alone; what is run is kept on record."""

from __future__ import annotations

import re
from pathlib import Path

from ltc.client.definitions import Definition, Definitions
from ltc.client.errors import BadInputError, NotFoundError
from ltc.definition.plan import Plan
from ltc.store.store import Store

_KEPT = re.compile(r"(?:(?P<process>[a-z][a-z0-9_]{0,59})@)?(?P<digest>[A-Z2-7]{6,60})")


def is_kept(ref: str) -> bool:
    """Tell whether a reference names a version on record rather than a file."""
    return _KEPT.fullmatch(ref) is not None


async def find(ref: str, definitions: Definitions, store: Store) -> Definition:
    """Return the definition that a reference names.

    Raises:
        NotFoundError: there is none.
        BadInputError: the reference means several, or the file does not compile.
    """
    match = _KEPT.fullmatch(ref)
    if match is None:
        return definitions.at(Path(ref)) if ref.endswith((".yaml", ".yml")) or "/" in ref else definitions.get(ref)
    found = await store.find_plans(match["process"] or "", match["digest"])
    if not found:
        raise NotFoundError(f"no version {ref!r} is on record; `ltc def versions` shows those there are")
    if len(found) > 1:
        names = ", ".join(f"{one['process']}@{one['digest'][:12]}" for one in found)
        raise BadInputError(f"{ref!r} means several versions: {names}; give more of the digest")
    one = found[0]
    return Definition(text=one["definition"], plan=Plan.model_validate(one["plan"]), written=one["plan"])
