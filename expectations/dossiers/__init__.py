"""Open dossiers, and what a staged release would change of their answers.

`reading.py` takes a file of dossiers into the warehouse, `touched.py` says what the release touches and which dossiers
name none of it, `answering.py` asks the others of both releases. The answers themselves come from the functions that
answer procedure systems (connectors/warehouse/ddl/430_preview_dossiers.sql).
"""
