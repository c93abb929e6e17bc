"""Times the evaluation of workflow tasks: a runner that wraps the sandboxed one."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner


@dataclass
class Samples:
    """Seconds per workflow task, of the clock on the wall and of this thread's CPU."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, wall: float, cpu: float) -> None:
        """Record one task."""
        with self._lock:
            self.wall.append(wall)
            self.cpu.append(cpu)

    def take(self) -> dict[str, list[float]]:
        """Return what has been recorded since the last call."""
        with self._lock:
            taken = {"wall": self.wall, "cpu": self.cpu}
            self.wall, self.cpu = [], []
        return taken


class _TimedInstance(WorkflowInstance):
    """An instance whose activations are timed; making the instance counts towards the first one."""

    def __init__(self, make: Any, samples: Samples) -> None:
        self._samples = samples
        self._wall, self._cpu = time.perf_counter(), time.thread_time()
        self._inner: WorkflowInstance = make()
        self._wall, self._cpu = time.perf_counter() - self._wall, time.thread_time() - self._cpu

    def activate(self, act: Any) -> Any:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return self._inner.activate(act)
        finally:
            self._samples.add(self._wall + time.perf_counter() - wall, self._cpu + time.thread_time() - cpu)
            self._wall = self._cpu = 0.0

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()


class TimedRunner(WorkflowRunner):
    """A sandboxed runner with a stopwatch."""

    def __init__(self, samples: Samples, inner: SandboxedWorkflowRunner) -> None:
        self._samples = samples
        self._inner = inner

    def prepare_workflow(self, defn: Any) -> None:
        self._inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _TimedInstance(lambda: self._inner.create_instance(det), self._samples)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        self._inner.set_worker_level_failure_exception_types(types)
