"""The HTTP face of the shared datasets: OGC API Features and the checks of procedures, for systems without SQL.

Reads as `procedure_reader` and so sees schema `shared` alone. What it serves is made elsewhere; nothing here decides.
"""
