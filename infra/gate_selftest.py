"""`make gate-selftest`: damages data for every rule on a throw-away cluster, and says rule by rule what came of it.

And where the fact of the rule was seen to become true of a damaged raw record (`rule_origins.py`). Ends with 1 when a
rule does not notice the damage made for it, has none, or its fact was seen nowhere. The trial itself is in
`expectations/selftest`.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping

from expectations.rules import load_rulebooks
from expectations.selftest.trial import Trial, prepare, try_all
from infra.databases import database_dsn, ensure_warehouse
from infra.rule_origins import Origin, origin_of
from infra.throw_away import throw_away_cluster

WAREHOUSE = "gate_selftest"


def main() -> int:
    """Runs all trials and prints them; 0 when every rule noticed."""
    begun = time.monotonic()
    with throw_away_cluster() as cluster:
        os.environ["LIENTHONG_HOME"] = str(cluster.home)
        os.environ |= ensure_warehouse(cluster, WAREHOUSE)
        trials = list(try_all(prepare(database_dsn(cluster.admin_dsn, WAREHOUSE))))
    print_trials(trials)
    origins = {rule.id: origin_of(book, rule) for book in load_rulebooks().values() for rule in book.rules}
    print_origins(origins)
    rules = len(origins)
    unnoticed = [trial for trial in trials if not trial.is_noticed]
    print(f"\n{rules} rules and {len(trials) - rules} guards tried in {time.monotonic() - begun:.1f} s; ", end="")
    print(f"{len(unnoticed)} did not notice the damage made for them")
    return 1 if unnoticed or None in origins.values() else 0


def print_origins(origins: Mapping[str, Origin | None]) -> None:
    """One line per rule: where its fact was seen true; and how many rules by kind."""
    print("\nWhere the fact of each rule was seen to become true of a damaged record:")
    for rule_id, origin in sorted(origins.items()):
        print(f"{rule_id:<4} {origin.kind:<15} {origin.where}" if origin else f"{rule_id:<4} NOWHERE")
    kinds = Counter(origin.kind if origin else "NOWHERE" for origin in origins.values())
    print(", ".join(f"{kind}: {number}" for kind, number in kinds.most_common()))


def print_trials(trials: Iterable[Trial]) -> None:
    """One line per trial: id, dataset, outcome, what was damaged, and which other rules noticed."""
    for trial in trials:
        also = f"  (also {', '.join(trial.also)})" if trial.also else ""
        print(f"{trial.rule_id:<4} {trial.dataset:<27} {trial.outcome:<13} {trial.damaged}{also}")


if __name__ == "__main__":
    sys.exit(main())
