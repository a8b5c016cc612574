"""Everything that moves rows across a boundary: source systems to raw files to the warehouse to releases.

Imports neither Airflow nor Great Expectations nor dbt; judging data lives in `expectations`, scheduling in `dags`.
"""
