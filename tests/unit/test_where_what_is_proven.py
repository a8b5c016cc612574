"""tests/README.md: every point has tests, and every file that it names is there."""

import re

from connectors.settings import project_root

TESTS = project_root() / "tests"


def test_every_file_that_the_page_names_is_there():
    named = set(re.findall(r"`((?:unit|integration|journey|dags|benchmarks)/\w+\.py)`", _page()))
    assert len(named) > 40
    assert {name for name in named if not (TESTS / name).exists()} == set()


def test_every_point_has_its_tests():
    rows = re.findall(r"^\| (\d+) \| .+ \| (.+) \|$", _page(), flags=re.MULTILINE)
    assert [int(number) for number, _ in rows] == [*range(1, 10), *range(1, 11)]
    assert all(".py`" in tests for _, tests in rows)


def _page() -> str:
    return (TESTS / "README.md").read_text(encoding="utf-8")
