"""Takes real systems down when the test run that started them is killed: a process that waits for its end.

Its standard input is a pipe that only the run holds open. A run that ends well says so; one that dies, even by
SIGKILL of its whole process group, closes the pipe without a word.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WELL = b"well"


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Have the systems in a folder taken down if this process dies before the block's end."""
    words = [sys.executable, "-m", __name__, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True) as warden:
        try:
            yield
        finally:
            warden.communicate(_WELL)


def main() -> None:
    """Wait for the run's end; take down what it leaves, unless another run uses it, too."""
    if sys.stdin.buffer.read() == _WELL:
        return
    from tests.support.systems import clear  # only now: it takes a second

    clear(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
