"""What an effect promises: once per key, found again by a truthful probe, undone by its inverse."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ltc.contract.bench import Bench
from ltc.contract.outcome import Broken, NotHere, require
from ltc.ports.errors import BusinessRefusal, PortError, Unavailable
from ltc.ports.operations import OPERATIONS, EffectClass

# Effects that may well be wanted again on the same document: only the key tells two of them apart.
REPEATABLE = ("erp.create_order", "erp.register_payment", "crm.log_progress")
_PROBE_TRUE = "make probe() look the effect up by its key or reference, and by the document's state where it has none"


async def takes_place(bench: Bench, operation: str) -> None:
    """An effect is absent, takes place, and is then found."""
    request, key = await bench.rig.ready(bench, operation), bench.key()
    before = await probed(bench, operation, key, request)
    require(before is None, f"probe finds {name(before)} before anything was done", _PROBE_TRUE)
    done = await bench.call(operation, request, key)
    gives = OPERATIONS[operation].gives
    require(isinstance(done, gives), f"gave {type(done).__name__}", f"return a {gives.__name__}")
    await found(bench, operation, key, request, done)
    if operation in REPEATABLE:
        other = await probed(bench, operation, bench.key(), request)
        require(other is None, f"probe finds {name(other)} under a key that nothing was done with", _PROBE_TRUE)
    await counted(bench, operation, key, request, 1)


async def twice_is_once(bench: Bench, operation: str) -> None:
    """The same effect asked for twice takes place once: by the system (A, B), or by the protocol above it (C, D)."""
    request, key = await bench.rig.ready(bench, operation), bench.key()
    first = await bench.carry(operation, request, key)
    if bench.effect_class(operation) in (EffectClass.A, EffectClass.B):
        second = await bench.call(operation, request, key)
    else:
        second = await bench.carry(operation, request, key)
    require(
        name(second) == name(first),
        f"class {bench.effect_class(operation)} is claimed, but the second call with one key gave {name(second)}"
        f" after {name(first)}",
        "find what the first call made and return it, or claim the class that is true",
    )
    await counted(bench, operation, key, request, 1)


async def inverse_undoes(bench: Bench, operation: str) -> None:
    """The inverse undoes what the operation did, and is found by its probe."""
    inverse = OPERATIONS[operation].inverse
    if not inverse:
        raise NotHere("it has no inverse")
    if not bench.carries(inverse):
        raise NotHere(f"the adapter does not carry out its inverse {inverse}")
    request = await bench.rig.ready(bench, operation)
    done = await bench.call(operation, request)
    back, key = await bench.rig.undo(bench, operation, request, done), bench.key()
    undone = await bench.carry(inverse, back, key)
    await found(bench, inverse, key, back, undone)
    await counted(bench, inverse, key, back, 1)


async def refused_with_a_reason(bench: Bench, operation: str) -> None:
    """A refusal says why in the words of REFUSALS, and nothing took effect."""
    refused = await bench.rig.refused(bench, operation)
    if refused is None:
        raise NotHere("no request is known that this system refuses")
    key = bench.key()
    no = await refusal(bench, operation, refused.request, key)
    require(
        no.reason in refused.reasons,
        f"refused as {no.reason!r} ({no})",
        f"map the system's answer to one of {', '.join(refused.reasons)}",
    )
    await counted(bench, operation, key, refused.request, 0)


async def not_found(bench: Bench, operation: str) -> None:
    """What does not exist is refused as not_found (or as the reason the operation has for it), naming it."""
    if operation in ("crm.create_lead", "customer.ensure"):
        raise NotHere("it names no document that must exist")
    request = await bench.rig.missing(bench, operation)
    no = await refusal(bench, operation, request, bench.key())
    known = ("not_found", "unknown_customer", "unknown_product")
    require(no.reason in known, f"refused as {no.reason!r} ({no})", "raise BusinessRefusal('not_found', …, document)")


async def refusal(bench: Bench, operation: str, request: BaseModel, key: str) -> BusinessRefusal:
    """Return the refusal that a request meets."""
    to_do = "raise BusinessRefusal with the reason in the adapter"
    try:
        done = await bench.call(operation, request, key)
    except BusinessRefusal as no:
        return no
    except PortError as error:
        raise Broken(f"came out as {type(error).__name__}: {error}", to_do) from error
    raise Broken(f"was not refused: gave {name(done)}", "check that the system refuses this, then " + to_do)


async def probed(bench: Bench, operation: str, key: str, request: BaseModel) -> Any:
    """Probe; class D may say that it cannot."""
    try:
        return await bench.probe(operation, key, request)
    except Unavailable as error:
        if bench.effect_class(operation) is EffectClass.D:
            raise NotHere("class D: there is nothing to probe by") from error
        raise Broken(f"the probe says it cannot know: {error}", _PROBE_TRUE) from error


async def found(bench: Bench, operation: str, key: str, request: BaseModel, done: Any) -> None:
    """Check that the probe finds what was done."""
    again = await probed(bench, operation, key, request)
    require(
        again is not None and name(again) == name(done),
        f"the probe finds {name(again)} of {name(done)} that was just done",
        _PROBE_TRUE,
    )


async def counted(bench: Bench, operation: str, key: str, request: BaseModel, wanted: int) -> None:
    """Check the system's own records, where they can be read past the adapter."""
    there = await bench.rig.count(bench, operation, key, request)
    require(
        there in (None, wanted),
        f"the system's own records hold it {there} times, not {wanted}",
        "let no retry send what took effect; claim class C where the system does not keep keys",
    )


def name(document: Any) -> str:
    """Return what identifies a document, for comparing and for messages."""
    if document is None:
        return "nothing"
    return f"{type(document).__name__} {getattr(document, 'id', document)}"
