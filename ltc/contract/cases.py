"""All cases of the suite, and running them: one outcome for every case and subject."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from ltc.contract import bad_days, effects, feed, whole
from ltc.contract.bench import Bench, CannotPrepare
from ltc.contract.outcome import Broken, Case, NotHere, Outcome, Work, subjects
from ltc.ports.errors import PortError
from ltc.ports.operations import EVENTS, OPERATIONS

CASES: tuple[Case, ...] = (
    Case("takes-place", "an effect takes place once and its probe says so", "effect", effects.takes_place),
    Case("twice-is-once", "asked for twice under one key, it takes place once", "effect", effects.twice_is_once),
    Case("inverse", "its inverse undoes it", "effect", effects.inverse_undoes),
    Case("refusal", "a refusal has a reason and no effect", "effect", effects.refused_with_a_reason),
    Case("not-found", "what does not exist is refused, not broken", "operation", effects.not_found),
    Case("lost-reply", "a lost reply leads to one effect", "effect", bad_days.lost_reply),
    Case("error-after", "an error after the work leads to one effect", "effect", bad_days.error_after),
    Case("error-before", "an error before the work is found absent and done once", "effect", bad_days.error_before),
    Case("cut", "a cut connection is found absent and done once", "effect", bad_days.cut_before),
    Case("busy", "a busy system did nothing and is asked again", "effect", bad_days.busy),
    Case("late-commit", "what lands late is absent until then, and done once", "effect", bad_days.late_commit),
    Case("late-after-retry", "what lands after its retry makes no second", "effect", bad_days.late_after_retry),
    Case("nonsense", "nonsense is held with its evidence", "effect", bad_days.nonsense),
    Case("reads", "a read gives what it says", "read", whole.reads),
    Case("read-nonsense", "a read of nonsense is no document", "read", bad_days.read_nonsense),
    Case("read-cut", "a read without an answer changed nothing", "read", bad_days.read_cut),
    Case("feed", "the change feed is complete, ordered and resumable", "event", feed.feed),
    Case("silence", "a silent system is given up after the timeout", "port", bad_days.silence),
    Case("away", "a system that is not there is away", "port", bad_days.away),
    Case("wrong-credentials", "wrong credentials are one clear message", "port", bad_days.wrong_credentials),
    Case("declared", "what is not carried out is not offered", "port", whole.unknown_operation),
    Case("stale-version", "a document's version rises with each change", "whole", whole.stale_version),
    Case("amounts", "quantities and amounts arrive as they were sent", "whole", whole.amounts),
    Case("payments", "paid is not open, bounced is open again", "whole", whole.invoice_follows_payment),
    Case("secrets", "no secret in any result, error or log of the run", "whole", whole.secrets_are_never_said),
)


def works(only: Sequence[str] = (), about: Sequence[str] = ()) -> list[Work]:
    """Return every case with every subject, in the order to run them (secrets last: it looks back on all others).

    Args:
        only: ids of cases; none means all.
        about: operations, events or ports; none means all.
    """
    return [
        (case, subject)
        for case in CASES
        if not only or case.id in only
        for subject in subjects(case)
        if not about or not subject or subject in about
    ]


async def check(bench: Bench, case: Case, subject: str) -> Outcome:
    """Run one case about one subject."""
    reason = not_for(bench, case, subject)
    if reason:
        return Outcome(case.id, subject, "unsupported", reason)
    try:
        await case.run(bench, subject)
    except (NotHere, CannotPrepare) as no:
        return Outcome(case.id, subject, "unsupported", str(no))
    except Broken as broken:
        return Outcome(case.id, subject, "failed", broken.why, broken.to_do)
    except PortError as error:
        return Outcome(case.id, subject, "failed", f"{type(error).__name__}: {error}", "make this call succeed")
    except Exception as error:  # noqa: BLE001 - an adapter under work may raise anything; the report says what
        text = f"{type(error).__name__}: {error}{_place(bench, error)}"
        return Outcome(case.id, subject, "failed", text, "raise only ltc.ports.errors from the adapter")
    finally:
        bench.calm()
    return Outcome(case.id, subject, "ok")


def _place(bench: Bench, error: BaseException) -> str:
    """Say where in the adapter, or in its rig, an error that nobody foresaw arose."""
    theirs = {Path(inspect.getfile(type(one))).parent for one in (*bench.systems.values(), bench.rig)}
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).parent in theirs]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno}, in {frames[-1].name})" if frames else ""


def not_for(bench: Bench, case: Case, subject: str) -> str:
    """Return why a case does not apply to a subject here; "" when it does."""
    if subject in OPERATIONS and not bench.carries(subject):
        return "the adapter does not carry it out"
    port = subject.split(".")[0]
    if (subject in EVENTS or case.about == "port") and port not in bench.systems:
        return f"the adapter does not serve the port {port}"
    return bench.rig.cannot(case.id, subject)


async def run(bench: Bench, only: Sequence[str] = (), about: Sequence[str] = ()) -> AsyncIterator[Outcome]:
    """Run the suite; outcomes come as they are known."""
    for case, subject in works(only, about):
        yield await check(bench, case, subject)
