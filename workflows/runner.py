"""The sandbox that chains run in, the same for workers, the replayer, tests and the bench."""

from __future__ import annotations

import base64
import logging  # noqa: TID251 - what is here runs beside chains, not in them
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any

from temporalio.bridge.proto.workflow_activation import RemoveFromCache
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.start_input import ChainResult

LOG = logging.getLogger("ltc.trail")
# Executed anew for each chain these modules cost 4 ms of a start. What the sandbox would have kept from them, the
# linter does: clocks, randomness, environment and sets are banned in their folders. They keep no state of their own.
OURS = ("ltc", "workflows")
# To guard built-in functions (open, input, breakpoint) the sandbox puts itself before isinstance, too, on all threads,
# at each step of each chain. Our own code is all that runs here, and a test sees that it calls none of them.
UNGUARDED = "__builtins__"


Ended = Callable[[str, str, bytes], None]  # told of a chain that is over: workflow id, run id, its last entries packed


@dataclass(frozen=True)
class ChainRunner(SandboxedWorkflowRunner):
    """The sandboxed runner, without what our converter never asks for; it tells of chains that are over.

    For each payload of a task the SDK asks the instance, inside the sandbox, which command the payload belongs to, so
    that a converter may treat it by its context. Ours treats all payloads alike and stores none elsewhere, and the
    asking was a third of the worker's work. A converter that uses contexts, or external storage, needs this back.
    """

    ended: Ended | None = None

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return an instance that runs in the sandbox and knows no contexts of payloads."""
        sandboxed = compiled_once(super().create_instance(det))
        return _ContextFree(sandboxed) if self.ended is None else _Heard(sandboxed, self.ended)


_compiled = lru_cache(maxsize=64)(partial(compile, filename="<sandbox>", mode="exec"))


def compiled_once(sandboxed: WorkflowInstance) -> WorkflowInstance:
    """Have the few lines that the sandbox runs at each task compiled once, not each time: a tenth of a chain's part.

    It hangs on a part of the SDK that is not promised. Where that is not there any more, nothing changes but the cost.
    """
    if hasattr(sandboxed, "_run_code"):
        sandboxed.__class__ = _compiling(type(sandboxed))
    return sandboxed


@cache
def _compiling(kind: Any) -> type:
    def run_code(self: Any, code: str, **given: Any) -> None:
        kind._run_code(self, _compiled(code), **given)

    return type(kind.__name__, (kind,), {"_run_code": run_code})


class _ContextFree(WorkflowInstance):
    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: Any) -> Any:
        return self._sandboxed.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Any:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()


class _Heard(_ContextFree):
    """Tells of a chain's end when Temporal has taken it, never of one that it sent back to hear something first.

    The SDK drops a chain from its cache with the reason that it has ended once the server has accepted the task that
    ended it. Where the reason is another, or the worker dies before, nothing is told, and the sweep reads the history.
    """

    def __init__(self, sandboxed: WorkflowInstance, ended: Ended) -> None:
        super().__init__(sandboxed)
        self._ended = ended
        self._result: bytes | None = None

    def activate(self, act: Any) -> Any:
        done = super().activate(act)
        for command in done.successful.commands:
            if command.HasField("complete_workflow_execution") and not act.is_replaying:
                self._result = command.complete_workflow_execution.result.data  # the codec changes the command itself
        if self._result is not None and any(_taken(job) for job in act.jobs):
            self._tell(self._result)
        return done

    def _tell(self, result: bytes) -> None:
        info = self.get_info()
        try:
            entries = ChainResult.model_validate_json(result).entries
            if entries:
                self._ended(info.workflow_id, info.run_id, base64.b64decode(entries))
        except Exception:  # the SDK would try to drop the chain again, for ever; the sweep heals it
            LOG.exception("the last entries of %s were not handed on", info.workflow_id)


def _taken(job: Any) -> bool:
    ending = RemoveFromCache.EvictionReason.WORKFLOW_EXECUTION_ENDING
    return bool(job.HasField("remove_from_cache")) and job.remove_from_cache.reason == ending


def chain_runner(ended: Ended | None = None) -> SandboxedWorkflowRunner:
    """Return the runner of chains; ``ended`` is told of each that is over, on the thread of its last task."""
    default = SandboxRestrictions.default.with_passthrough_modules(*OURS)
    members = default.invalid_module_members.with_child_unrestricted(UNGUARDED)
    return ChainRunner(restrictions=replace(default, invalid_module_members=members), ended=ended)
