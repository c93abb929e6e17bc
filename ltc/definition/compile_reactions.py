"""Compiles what happens when something goes another way: reactions and undo."""

from __future__ import annotations

from collections.abc import Callable

from ltc.definition.build import Build
from ltc.definition.nodes import Listing, Mapping, Source
from ltc.definition.plan import Call, Reaction, Undo

Block = Callable[[Build, Listing, str, str], str]

# What each place of a reaction may say. ``skip`` after a rejection would make the approval worthless.
ALLOWED = {
    "on_refusal": ("hold", "compensate", "skip", "end", "send_back", "approve", "task", "steps"),
    "on_timeout": ("hold", "compensate", "skip", "end", "send_back", "task", "steps"),
    "hand_over": ("hold", "skip", "end", "steps"),
    "none_found": ("hold", "compensate", "skip", "end", "task", "steps"),
    "on_reject": ("hold", "compensate", "end", "send_back", "task", "steps"),
    "on_send_back": ("send_back",),
}
_OUTCOMES = {
    "on_refusal": "cancelled",
    "on_timeout": "cancelled",
    "hand_over": "written_off",
    "none_found": "cancelled",
    "on_reject": "rejected",
    "on_send_back": "rejected",
}


def reaction(build: Build, source: Source | None, place: str, owner: str, block: Block) -> Reaction:
    """Compile a reaction of the step ``owner``; ``place`` is the key it stands under. Absent means hold."""
    if source is None:
        return Reaction(kind="hold")
    build.places[f"{owner}:{place}"] = source.mark
    word = place.split(".")[0]
    kind = _kind(source)
    if kind not in ALLOWED[word]:
        build.problems.add("LTC-D092", source.mark, where=f"'{word}'", word=kind, known=ALLOWED[word])
        return Reaction(kind="hold")
    if not isinstance(source, Mapping):
        return _bare(kind, _OUTCOMES[word])
    if kind == "end":
        reason = build.use(source.values.get("reason"), owner, want="string", where="'reason'")
        return Reaction(kind="end", outcome=source.text("end"), reason=reason)
    if kind == "send_back":
        build.places[f"{owner}:{place}:leg"] = source.at("send_back")
        return Reaction(kind="send_back", leg=source.text("send_back"), max_rounds=source.whole("max_rounds", 3))
    return _steps(build, source, owner, block, kind)


def _bare(kind: str, outcome: str) -> Reaction:
    if kind == "compensate":
        return Reaction(kind="compensate", outcome=outcome)
    return Reaction(kind="skip") if kind == "skip" else Reaction(kind="hold")


def _steps(build: Build, source: Mapping, owner: str, block: Block, kind: str) -> Reaction:
    if kind == "steps":
        return Reaction(kind="steps", first=block(build, source.listing("steps"), _leg(owner), owner))
    first = block(build, Listing(source.mark, [source]), _leg(owner), owner)
    retry = source.mapping("then").values.get("retry")
    override = {key: retry.text(key) for key in retry.values} if isinstance(retry, Mapping) else {}
    if isinstance(retry, Mapping):
        _check_override(build, retry, owner)
    return Reaction(kind="steps", first=first, retry=isinstance(retry, Mapping), override=override)


def _check_override(build: Build, retry: Mapping, owner: str) -> None:
    op = build.owners.get(owner, "")
    operation = build.world.registry.operations.get(op)
    for key, mark in retry.keys.items():
        if not op:
            why = "what is tried again is no call"
            build.problems.vain(mark, key, why, "write then: {retry: {}}")
        if operation and key not in operation.takes.model_fields:
            build.problems.add("LTC-D059", mark, word=key, op=op, known=operation.takes.model_fields)


def _kind(source: Source) -> str:
    if isinstance(source, Mapping):
        return next((key for key in ("end", "send_back", "approve", "task", "steps") if key in source.values), "")
    return "" if isinstance(source, Listing) else source.text


def _leg(owner: str) -> str:
    return owner.split(".", 1)[0]


def undo(build: Build, source: Source | None, node: str) -> Undo | None:
    """Compile an undo of a step."""
    if not isinstance(source, Mapping):
        return None
    build.places[f"{node}:undo"] = source.mark
    scope = f"undo:{node}"
    if "none" in source.values:
        return Undo(kind="none", reason=source.text("none"))
    if "irreversible" in source.values:
        consent = source.values.get("with_consent")
        calls = invocations(build, consent, scope) if isinstance(consent, Mapping) else []
        return Undo(kind="irreversible", calls=calls, reason=source.text("irreversible"))
    return Undo(kind="call", calls=invocations(build, source, scope))


def invocations(build: Build, source: Mapping, scope: str) -> list[Call]:
    """Compile one call, or several under ``steps``."""
    many = source.listing("steps").mappings() if "steps" in source.values else (source,)
    calls = []
    for keys in many:
        calls.append(build.call(keys, scope))
        build.places[f"{scope}:{len(calls) - 1}"] = keys.at("call")
    return calls
