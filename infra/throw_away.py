"""Homes for tests: in a temporary folder, gone afterwards with every process in them, even if the tests are killed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.cluster import Cluster, remove_cluster, start_cluster
from infra.processes import reap_children, stop_all

PREFIX = "lienthong-test-"


@contextmanager
def throw_away_folder() -> Iterator[Path]:
    """A folder for homes (its subfolders), removed on leaving or when this process dies in whatever way."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o711)  # the account of the database server must pass
    guard = _guard(folder)
    try:
        yield folder
    finally:
        guard.communicate()  # closes our end: the guard cleans up
        reap_children()


@contextmanager
def throw_away_cluster() -> Iterator[Cluster]:
    """A running cluster that waits for no disk, in a folder of its own."""
    with throw_away_folder() as folder:
        yield start_cluster(folder / "cluster", throw_away=True)


def _guard(folder: Path) -> subprocess.Popen[bytes]:
    # A process outside our session, so that neither Ctrl-C nor a killed terminal reaches it.
    return subprocess.Popen(
        [sys.executable, "-m", "infra.throw_away", str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
    )


def main() -> None:
    """Wait until the other end of standard input is closed, then stop and remove every home in the folder."""
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    homes = [path for path in folder.iterdir() if path.is_dir()]
    for home in homes:
        stop_all(home, grace=1)
        remove_cluster(home)
    for home in homes:
        stop_all(home, grace=1)  # again: a process that was just being started did not bear its mark yet
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
