"""The pass by hand that the gate is measured against counts what the rulebooks say: the measurement can be run."""

import re

from expectations.rules import load_rulebooks
from tests.benchmarks.gate import HAND


def test_every_rule_over_rows_is_counted_by_hand_once():
    counted = [
        name.upper()
        for path in sorted(HAND.glob("*.sql"))
        for name in re.findall(r"\) as ([a-z]\d\d)\b", path.read_text(encoding="utf-8"))
    ]
    books = load_rulebooks().values()
    wanted = [rule.id for book in books for rule in (*book.row_rules, *(rule for rule, _ in book.references))]
    assert sorted(counted) == sorted(wanted)
