"""A file of open dossiers, read once and streamed by COPY into temporary tables: what is in them ends with the session.

JSON lines, one object {"dossier", "procedure", "subject"} a line, further keys ignored; or CSV with exactly these three
columns, the subject as JSON. Every line is judged before anything is built. Several sessions take a share each: session
`k` of `n` keeps the lines whose number leaves `k` when divided by `n`.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from connectors.errors import DossiersUnreadable

SHOWN = 5
_CHUNK = 1 << 20
_MARK = b"\xef\xbb\xbf"  # of UTF-8, as some editors write it before the first line
_AS_LINES = "copy pg_temp.given (line) from stdin (format csv, delimiter e'\\x01', quote e'\\x02')"
_AS_CSV = "copy pg_temp.given (dossier, procedure, subject) from stdin (format csv, header match)"
# A number that is no JSON, or no text at all, is told by the function that reads the line.
_FROM_CSV = """
update pg_temp.given as g set line = format(
    '{"dossier": %s, "procedure": %s, "subject": %s}', to_json(g.dossier), to_json(g.procedure), g.subject
)
"""
_READ = """
create temp table dossier as
select
    g.line_no, r.dossier, r.procedure_code, r.subject, r.geom, r.problem,
    case when r.problem is null then preview.names_stated(r.subject, r.geom) end as names,
    (r.subject ->> 'asked_at')::timestamptz as asked_at,
    make_interval(secs => (r.subject ->> 'max_age_hours')::double precision * 3600) as max_age
from pg_temp.given as g
cross join lateral preview.read_dossier(g.line) as r
where g.line_no % {shares} = {share} and g.line !~ '^\\s*$'
"""


def read_dossiers(conn: psycopg.Connection, file: Path, *, share: int = 0, shares: int = 1) -> int:
    """Fill the temporary table `dossier` of this session; how many dossiers its share has.

    Raises `DossiersUnreadable`, which names the lines, for the first that cannot be asked.
    """
    is_csv = file.suffix.lower() == ".csv"
    conn.execute("drop table if exists pg_temp.given, pg_temp.dossier")
    conn.execute(
        "create temp table given (line_no bigint generated always as identity, line text, "
        "dossier text, procedure text, subject text)"
    )
    _copy(conn, file, is_csv=is_csv)
    if is_csv:
        conn.execute(_FROM_CSV)
    conn.execute("set local jit = off")
    try:
        conn.execute(sql.SQL(_READ).format(shares=sql.Literal(shares), share=sql.Literal(share)))
    except psycopg.DataError as error:
        raise _unreadable(file, f"a value that cannot be read ({type(error).__name__})") from error
    _assert_readable(conn, file, is_csv=is_csv)
    conn.execute("drop table pg_temp.given")
    conn.execute("analyze pg_temp.dossier")
    row = conn.execute("select count(*) from pg_temp.dossier").fetchone()
    return int(row[0]) if row else 0


def _copy(conn: psycopg.Connection, file: Path, *, is_csv: bool) -> None:
    breaks, last = 0, b"\n"
    try:
        with conn.cursor().copy(_AS_CSV if is_csv else _AS_LINES) as copy:
            for chunk in _chunks(file):
                copy.write(chunk)
                breaks, last = breaks + chunk.count(b"\n"), chunk[-1:]
    except OSError as error:
        raise _unreadable(file, error.strerror or type(error).__name__) from error
    except psycopg.DataError as error:
        # The first line of the context says where, its end may quote the line.
        place = (error.diag.context or "").split(":", 1)[0].rpartition("given, ")[2]
        raise _unreadable(file, f"{place}: {error.diag.message_primary}") from error
    row = conn.execute("select count(*) from pg_temp.given").fetchone()
    lines = breaks + (last != b"\n")
    if not is_csv and row != (lines,):
        raise _unreadable(file, f"{lines:,} lines of which the warehouse took {row[0] if row else 0:,}")


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        chunk = stream.read(_CHUNK).removeprefix(_MARK)
        while chunk:
            yield chunk
            chunk = stream.read(_CHUNK)


def _assert_readable(conn: psycopg.Connection, file: Path, *, is_csv: bool) -> None:
    bad = conn.execute(
        "select line_no, problem, count(*) over () from pg_temp.dossier where problem is not null "
        "order by line_no limit %s",
        (SHOWN,),
    ).fetchall()
    if bad:
        name = "record" if is_csv else "line"
        told = "\n".join(f"{name} {number}: {problem}" for number, problem, _ in bad)
        more = bad[0][2] - len(bad)
        raise _unreadable(file, told + (f"\nand {more:,} more" if more else ""))


def _unreadable(file: Path, found: str) -> DossiersUnreadable:
    return DossiersUnreadable(
        expected='on every line {"dossier": "…", "procedure": "1.012784", "subject": {…}}, as check_procedure takes it',
        found=found,
        where=str(file),
        next_step="Correct or remove these lines; nothing was built.",
    )
