"""A library that is imported when used: not before, and then it works."""

import subprocess
import sys

SCRIPT = """
import sys
from expectations.lazy_imports import import_when_used
import_when_used("scipy.stats")
from scipy import stats
print("scipy.stats._stats_py" in sys.modules)
print(round(stats.entropy([0.5, 0.5]), 4))
import_when_used("scipy.stats")
print("scipy.stats._stats_py" in sys.modules)
"""


def test_a_module_is_read_when_it_is_used():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "0.6931", "True"]
