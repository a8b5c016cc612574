"""The local runtime: a private PostgreSQL cluster, daemons, demonstration source systems, Airflow.

Nothing in `connectors` or `expectations` imports this package: a deployment brings its own servers and sets the same
settings in the environment.
"""
