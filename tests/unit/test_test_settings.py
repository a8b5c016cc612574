"""The test run itself: a skipped test fails in CI, a warning fails everywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.settings import project_root

SKIPS = "import pytest\n\ndef test_passes(): pass\n\n@pytest.mark.skip(reason='later')\ndef test_skips(): pass\n"


def run_pytest(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(text)
    arguments = [
        "-p",
        "tests.conftest",
        "-q",
        "-o",
        "cache_dir=cache",
        "--rootdir",
        str(folder),
        "-c",
        "pyproject.toml",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(folder)],
        cwd=project_root(),
        env={**os.environ, "CI": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("ci", "code", "outcome"), [("true", 1, "1 passed, 1 error"), ("", 0, "1 passed, 1 skipped")])
def test_skipped_test_fails_in_ci(tmp_path: Path, ci: str, code: int, outcome: str) -> None:
    done = run_pytest(tmp_path, SKIPS, CI=ci)
    assert outcome in done.stdout
    assert done.returncode == code


def test_warning_fails(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "import warnings\n\ndef test_warns(): warnings.warn('old')\n")
    assert "1 failed" in done.stdout


def test_the_tests_of_a_file_stay_together(request: pytest.FixtureRequest) -> None:
    """The group stands in the name of the test; pytest 9.2 takes no notice of what pytest-xdist 3.8 writes there."""
    is_grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@test_test_settings") or not is_grouped
