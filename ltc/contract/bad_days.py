"""What an adapter makes of a bad day: lost replies, late commits, a busy system, nonsense, silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ltc.contract.bench import Bench
from ltc.contract.effects import counted, found, name, probed
from ltc.contract.outcome import Broken, NotHere, require
from ltc.contract.proxy import Fault, Kind
from ltc.ports.errors import (
    BusinessRefusal,
    ContractBroken,
    Misconfigured,
    OutcomeUnknown,
    PortError,
    StillInFlight,
    Unavailable,
)
from ltc.ports.operations import OPERATIONS, EffectClass

_MAP = "tell the transport's failures apart as ltc.transport.http does"
_MOST_WRITES = 5  # faults are put on so many of an operation's writes: the first ones and the last


async def lost_reply(bench: Bench, operation: str) -> None:
    """A reply that is lost after the work was done leads to one effect, whichever of its requests it is."""
    await _each_write(bench, operation, "lost_reply", _unknown_or_done)


async def error_after(bench: Bench, operation: str) -> None:
    """An error answered after the work was done leads to one effect."""
    await _last_write(bench, operation, "error_after", _unknown_or_done)


async def nonsense(bench: Bench, operation: str) -> None:
    """An HTML page instead of an answer is ContractBroken with evidence (or unknown), and leads to one effect."""

    def told(error: PortError | None) -> None:
        _unknown_or_done(error, ContractBroken)
        if isinstance(error, ContractBroken):
            require(bool(error.evidence), f"no evidence: {error}", "put an excerpt of the answer into ContractBroken")

    await _last_write(bench, operation, "html", told)


async def cut_before(bench: Bench, operation: str) -> None:
    """A connection cut before the work is unknown, found absent by the probe, and then done once."""
    await _nothing_happened(bench, operation, "cut", (OutcomeUnknown, Unavailable))


async def error_before(bench: Bench, operation: str) -> None:
    """An error answered before the work is unknown, found absent by the probe, and then done once."""
    await _nothing_happened(bench, operation, "error_before", (OutcomeUnknown, Unavailable))


async def busy(bench: Bench, operation: str) -> None:
    """A system that is busy (503, Retry-After) did nothing; the adapter says so and when to come back."""
    error = await _nothing_happened(bench, operation, "busy", (OutcomeUnknown, Unavailable))
    if isinstance(error, Unavailable):
        wait = error.retry_after
        require(wait in (None, 7.0), f"retry_after is {wait}, the system said 7", "read the Retry-After header")


async def late_commit(bench: Bench, operation: str) -> None:
    """A request that lands late is absent until it lands, then found, and done once."""
    request, key = await bench.rig.ready(bench, operation), bench.key()
    fault = bench.proxy(operation).meet("hold", 1, bench.rig.writes)
    error = await _attempt(bench, operation, request, key)
    _met(fault, operation)
    require(
        isinstance(error, (OutcomeUnknown, Unavailable)), f"a request without an answer came out as {error!r}", _MAP
    )
    before = await probed(bench, operation, key, request)
    require(before is None, f"the probe finds {name(before)}, which has not landed yet", "let probe() only read")
    await bench.proxy(operation).release()
    done = await bench.carry(operation, request, key)
    await found(bench, operation, key, request, done)
    await counted(bench, operation, key, request, 1)


async def late_after_retry(bench: Bench, operation: str) -> None:
    """With class A or B even a request that lands after its own retry makes no second effect."""
    if bench.effect_class(operation) not in (EffectClass.A, EffectClass.B):
        raise NotHere(f"class {bench.effect_class(operation)}: the settle time keeps this from happening")
    request, key = await bench.rig.ready(bench, operation), bench.key()
    fault = bench.proxy(operation).meet("hold", 1, bench.rig.writes)
    await _attempt(bench, operation, request, key)
    _met(fault, operation)
    done = await bench.carry(operation, request, key)
    await bench.proxy(operation).release()
    await found(bench, operation, key, request, done)
    await counted(bench, operation, key, request, 1)


async def read_nonsense(bench: Bench, operation: str) -> None:
    """A read that is answered by HTML is ContractBroken with evidence, or Unavailable."""
    error = await _failed_read(bench, operation, "html")
    require(isinstance(error, (ContractBroken, Unavailable)), f"came out as {error!r}", "parse answers strictly")
    if isinstance(error, ContractBroken):
        require(bool(error.evidence), f"no evidence: {error}", "put an excerpt of the answer into ContractBroken")


async def read_cut(bench: Bench, operation: str) -> None:
    """A read without an answer is Unavailable: reads have no unknown outcome."""
    error = await _failed_read(bench, operation, "cut")
    require(isinstance(error, Unavailable), f"came out as {error!r}", "read with HttpClient.ask, not send")


async def silence(bench: Bench, port: str) -> None:
    """A system that says nothing is given up after the timeout: a read is Unavailable then."""
    operation, request = await _some_read(bench, port)
    async with bench.other(port, timeout=0.3) as impatient:
        fault = bench.proxies[port].meet("silence")
        error = await _error_of(bench, impatient, operation, request)
        _met(fault, operation)
    require(isinstance(error, Unavailable), f"came out as {error!r}", _MAP)


async def away(bench: Bench, port: str) -> None:
    """A system that is not there is Unavailable, reads and effects alike."""
    operation, request = await _some_read(bench, port)
    async with bench.other(port, url="http://127.0.0.1:9") as nobody:  # the port "discard": nobody listens
        error = await _error_of(bench, nobody, operation, request)
    require(isinstance(error, Unavailable), f"came out as {error!r}", _MAP)


async def wrong_credentials(bench: Bench, port: str) -> None:
    """Wrong credentials are Misconfigured in one clear message that does not say them."""
    from pydantic import SecretStr

    connection = bench.rig.connections[port]
    wrong = "wrong-secret-of-the-suite"
    changes: dict[str, Any] = {}
    for field in ("token", "password"):
        if getattr(connection, field).get_secret_value():
            changes[field] = SecretStr(wrong)
    if not changes:
        raise NotHere("this system is used without credentials")
    operation, request = await _some_read(bench, port)
    async with bench.other(port, **changes) as stranger:
        error = await _error_of(bench, stranger, operation, request)
    require(isinstance(error, Misconfigured), f"came out as {error!r}", "map 401/403 (or its like) to Misconfigured")
    require(wrong not in f"{error!r} {vars(error)}", "the error says the secret", "leave credentials out of messages")


async def _each_write(bench: Bench, operation: str, kind: Kind, told: Callable[[PortError | None], None]) -> None:
    for nth in _chosen(await _writes(bench, operation)):
        await _with_fault(bench, operation, kind, nth, told)


async def _last_write(bench: Bench, operation: str, kind: Kind, told: Callable[[PortError | None], None]) -> None:
    await _with_fault(bench, operation, kind, await _writes(bench, operation), told)


async def _with_fault(
    bench: Bench, operation: str, kind: Kind, nth: int, told: Callable[[PortError | None], None]
) -> None:
    request, key = await bench.rig.ready(bench, operation), bench.key()
    fault = bench.proxy(operation).meet(kind, nth, bench.rig.writes)
    told(await _attempt(bench, operation, request, key))
    _met(fault, operation)
    if bench.effect_class(operation) is EffectClass.D:
        raise NotHere("class D: after a lost reply a person looks; nothing is sent again")
    done = await bench.carry(operation, request, key)
    await found(bench, operation, key, request, done)
    await counted(bench, operation, key, request, 1)


async def _nothing_happened(
    bench: Bench, operation: str, kind: Kind, may: Sequence[type[PortError]]
) -> PortError | None:
    request, key = await bench.rig.ready(bench, operation), bench.key()
    fault = bench.proxy(operation).meet(kind, 1, bench.rig.writes)
    error = await _attempt(bench, operation, request, key)
    _met(fault, operation)
    require(isinstance(error, tuple(may)), f"came out as {error!r}", _MAP)
    there = await probed(bench, operation, key, request)
    require(there is None, f"the probe finds {name(there)}, of which the system saw nothing", "let probe() only read")
    done = await bench.carry(operation, request, key)
    await found(bench, operation, key, request, done)
    await counted(bench, operation, key, request, 1)
    return error


async def _attempt(bench: Bench, operation: str, request: Any, key: str) -> PortError | None:
    """Carry an effect out in one attempt, with the intent on record; return the error, if any."""
    try:
        await bench.carry(operation, request, key, attempts=1)
    except PortError as error:
        return error
    return None


async def _writes(bench: Bench, operation: str) -> int:
    """Return how many requests of an operation change something, as a clear run shows."""
    counts: dict[str, int] = bench.memory.setdefault("writes", {})
    if operation not in counts:
        request = await bench.rig.ready(bench, operation)
        before = len(bench.proxy(operation).seen)
        await bench.call(operation, request)
        counts[operation] = sum(bench.rig.writes(one) for one in bench.proxy(operation).seen[before:])
    require(counts[operation] > 0, "it sent no request that changes anything", "let Rig.writes tell what changes")
    return counts[operation]


def _chosen(writes: int) -> list[int]:
    return sorted({*range(1, min(writes, _MOST_WRITES - 1) + 1), writes})


def _unknown_or_done(error: PortError | None, *more: type[PortError]) -> None:
    """An adapter that looks for itself may know that it is done; nothing else may be said than that or unknown."""
    if isinstance(error, BusinessRefusal):
        raise Broken(f"a lost answer came out as a refusal: {error}", "read the state again before refusing")
    may = (OutcomeUnknown, StillInFlight, Unavailable, *more)
    require(error is None or isinstance(error, may), f"a lost answer came out as {error!r}", _MAP)


async def _failed_read(bench: Bench, operation: str, kind: Kind) -> PortError | None:
    request = await bench.rig.ready(bench, operation)
    fault = bench.proxy(operation).meet(kind)
    error = await _error_of(bench, bench.port(operation), operation, request)
    if not fault.met and error is None:
        raise NotHere("this read asked the system nothing")
    _met(fault, operation)
    return error


async def _error_of(bench: Bench, system: Any, operation: str, request: Any) -> PortError | None:
    known = OPERATIONS[operation]
    method = getattr(system, known.method)
    try:
        await bench.listen(method(request, bench.key()) if known.effect else method(request))
    except PortError as error:
        return error
    return None


async def _some_read(bench: Bench, port: str) -> tuple[str, Any]:
    for operation, one in OPERATIONS.items():
        if one.port == port and not one.effect and bench.carries(operation):
            return operation, await bench.rig.missing(bench, operation)
    raise NotHere("this port has no operation that only reads")


def _met(fault: Fault, operation: str) -> None:
    require(fault.met, f"{operation} sent no request for the fault to meet", "let Rig.writes tell what changes")
