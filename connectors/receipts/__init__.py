"""Receipts: an answer to a procedure, signed, so that it can be shown, verified offline and computed again.

`canonical.py` is the one form in which a receipt is written, `signing.py` knows the keys, `receipt.py` makes and reads
receipts, `answering.py` asks the warehouse, `replay.py` asks it again. Which answers there are is decided in SQL
(`warehouse/ddl/270_check_procedure.sql`, `420_answer_for_receipt.sql`).
"""
