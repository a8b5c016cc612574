"""dbt as a process of its own, which may be started before it is known what to build.

Importing dbt and parsing the project take seconds: `start_early` spends them while the sources are read. What is built,
and the verdict on it, is in `build.py`.
"""

import atexit
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from expectations.fingerprint import definitions_hash

_DECIDES = ("LIENTHONG_", "DBT_", "PG")  # what a build depends on; libraries put settings of theirs beside it

_waiting: list[tuple[dict[str, str], subprocess.Popen[str]]] = []


def start_early(parse: Sequence[str], environment: Mapping[str, str]) -> None:
    """Starts a dbt that parses (by these arguments) and then waits; it ends by itself when this process does."""
    if not _waiting:
        process = _start(environment)
        _send(process, "parse", parse)
        _waiting.append((_decisive(environment), process))
        atexit.register(_end_waiting)


def run_dbt(
    arguments: Sequence[str], environment: Mapping[str, str], *, meanwhile: Callable[[], object] | None = None
) -> tuple[int, str]:
    """Runs dbt, in the process that waits if there is one for this environment: its exit code, and all it printed.

    `meanwhile` is done in this process while dbt works.
    """
    process = _take_waiting(environment) or _start(environment)
    _send(process, "run", arguments)
    if meanwhile is not None:
        meanwhile()
    printed, _ = process.communicate()
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


def _send(process: subprocess.Popen[str], order: str, arguments: Sequence[str]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already, and said why
        process.stdin.write(json.dumps({order: list(arguments)}) + "\n")
        process.stdin.flush()


def _take_waiting(environment: Mapping[str, str]) -> subprocess.Popen[str] | None:
    if _waiting and _waiting[0][0] == _decisive(environment):
        return _waiting.pop()[1]
    _end_waiting()  # it would build another warehouse
    return None


def _decisive(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_DECIDES)}


def _end_waiting() -> None:
    while _waiting:
        _waiting.pop()[1].communicate()


def _main() -> int:
    """Carries out the orders that come in, one a line; the last one is to run."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    runner, parsed_from = dbtRunner(), ""
    for order in map(json.loads, sys.stdin):
        if "parse" in order:
            parsed_from = definitions_hash()
            parsed = runner.invoke(order["parse"]).result
            runner = dbtRunner(manifest=parsed) if isinstance(parsed, Manifest) else runner
            continue
        # Definitions that changed since are parsed again; those that could not be are as well, and dbt says why.
        done = (runner if definitions_hash() == parsed_from else dbtRunner()).invoke(order["run"])
        if done.exception is not None:
            print(done.exception)
        return 0 if done.success else 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
