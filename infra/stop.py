"""`make stop`: end every service of the home, then its cluster; with `--remove` (`make clean`), delete the home.

Uses the standard library alone, so that it works when the virtual environment is gone.
"""

import shutil
import sys
from pathlib import Path

from connectors.errors import LienThongError
from connectors.settings import home
from infra.cluster import remove_cluster, stop_cluster
from infra.processes import stop_all


def main() -> int:
    """Stop all and say what was stopped; 1 when something refuses to end."""
    folder = home()
    try:
        names = stop_all(folder)
        stop_cluster(folder)
        if "--remove" in sys.argv:
            _remove(folder)
    except LienThongError as error:
        print(error, file=sys.stderr)
        return 1
    print("Stopped: " + ", ".join([*names, "postgres"]))
    return 0


def _remove(folder: Path) -> None:
    # LIENTHONG_HOME may be mistyped: a folder that no runtime ever used is not ours to delete.
    if (folder / "ports.json").exists():
        remove_cluster(folder)
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
