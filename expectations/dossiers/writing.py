"""The list of answers that a release would change, streamed into a file: JSON lines, or CSV by the name of the file."""

from pathlib import Path

import psycopg

# JSON has no control character outside its escapes, so nothing is ever quoted by this "CSV".
_LINES = """
copy (
    select json_build_object(
        'dossier', dossier, 'line', line_no, 'procedure', procedure_code, 'check', check_code, 'before', before,
        'after', after, 'reason_before', reason_before, 'reason_after', reason_after
    )::text
    from changed_answer order by line_no, check_code
) to stdout (format csv, delimiter e'\\x01', quote e'\\x02')
"""
# What a spreadsheet would take for a formula gets an apostrophe, as in the feedback files: the text is the caller's.
_CSV = """
copy (
    select
        regexp_replace(dossier, '^(?=[[:space:]]*[=+@＝＋－＠-])', '''') as dossier, line_no as line,
        procedure_code as procedure, check_code as "check", before, after, reason_before, reason_after
    from changed_answer order by line_no, check_code
) to stdout (format csv, header)
"""


def write_changes(conn: psycopg.Connection, file: Path) -> None:
    """Write the temporary table `changed_answer` of this session."""
    query = _CSV if file.suffix.lower() == ".csv" else _LINES
    with file.open("wb") as stream, conn.cursor().copy(query) as copy:
        for block in copy:
            stream.write(block)
