"""dbt as a process of its own, which may be started before it is known what to build.

Importing dbt takes seconds: `start_early` spends them while the sources are read. What is built, and the verdict on
it, is in `build.py`.
"""

import atexit
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

_waiting: list[subprocess.Popen[str]] = []


def start_early(environment: Mapping[str, str]) -> None:
    """Starts a dbt that waits for its arguments; it ends by itself when this process does."""
    if not _waiting:
        _waiting.append(_start(environment))
        atexit.register(_end_waiting)


def run_dbt(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Runs dbt, in the process that waits if there is one: its exit code, and all it printed."""
    process = _waiting.pop() if _waiting else _start(environment)
    printed, _ = process.communicate(json.dumps(list(arguments)) + "\n")
    return process.returncode, printed


def _start(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    # dbt must not go on building behind a run that was killed: the next run would build at the same time.
    with_parent = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    return subprocess.Popen(
        [*with_parent, sys.executable, "-m", __name__],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _end_waiting() -> None:
    for process in _waiting:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def _main() -> None:
    from dbt.cli.main import cli

    line = sys.stdin.readline()
    if line:
        cli(json.loads(line), prog_name="dbt")


if __name__ == "__main__":
    _main()
