"""The PostgreSQL/PostGIS end: connections, bulk load, releases, ledger and the DDL.

Knows nothing of source systems; `connectors/landing.py` brings both together.
"""
