"""The self-test of the gate: every rule must notice data that was damaged for it, and no other rule may be needed.

`good_rows.py` holds one real row per dataset, `damage.py` breaks it, `trial.py` judges rule by rule; the runner with a
throw-away cluster is `infra/gate_selftest.py` (`make gate-selftest`).
"""
