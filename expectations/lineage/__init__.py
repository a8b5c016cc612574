"""Where records come from: `lienthong trace` for one record, OpenLineage events for every run.

`declaration.py` is what a rulebook says of its raw rows, `tracing.py` follows it through `records.py` and `origins.py`,
`showing.py` prints, `flows.py` says what each step reads and writes. Raw files are looked into by
`connectors/raw_evidence.py`, events are made and sent by `connectors/lineage_events.py`.
"""
