"""The answers of open dossiers at the published release and at the staged one, and where they differ.

Each session asks for its share of the dossiers, side by side. A dossier that the release cannot touch is passed over
(`touched.py`); all others are asked twice by the functions that answer procedure systems. One moment counts as "now"
for all, so that only the data differs.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import sql

from connectors.warehouse.connect import connect, translated
from connectors.warehouse.lease import Release
from expectations.dossiers.reading import read_dossiers
from expectations.dossiers.touched import has_catalogue, write_reading, write_touched
from expectations.dossiers.writing import write_changes

SESSIONS = 2
T = TypeVar("T")
# What was staged just now waits in the pending lists of these indexes, where every question would read all of it.
_FRESH = """
select gin_clean_pending_list(i.indexrelid)
from pg_index as i
inner join pg_class as c on i.indexrelid = c.oid
inner join pg_am as a on c.relam = a.oid
where a.amname = 'gin' and c.relnamespace = 'release'::regnamespace and pg_has_role(c.relowner, 'member')
"""
# Whether a source counts as too old depends on the moment and on how old the caller allows it to be.
_AGED = """
create temp table aged on commit drop as
select m.asked_at, m.max_age, b.dataset
from (select distinct asked_at, max_age from dossier) as m
cross join release.dataset_release as b
inner join release.dataset_release as s on b.dataset = s.dataset
where b.release_id = {base} and s.release_id = {staged}
    and (coalesce(m.asked_at, {now}) - b.source_as_of > least(m.max_age, b.max_age)) is true
    <> (coalesce(m.asked_at, {now}) - s.source_as_of > least(m.max_age, s.max_age)) is true
"""
_SIEVE = """
create temp table asked as
select d.line_no, d.dossier, d.procedure_code, d.subject || jsonb_build_object('asked_at', coalesce(
    d.subject ->> 'asked_at', {now_text}
)) as subject
from dossier as d
left join reading as r on r.name in (d.procedure_code, left(d.procedure_code, 8))
where {everything}
    or exists (
        select from touched as t
        where t.name = any(d.names || ('dossier:' || d.line_no)) and (not t.is_near or r.looks_around)
    )
    or (d.geom is not null and exists (
        select from touched_place as a where a.geom && d.geom and (not a.is_near or r.looks_around)
    ))
    or exists (
        select from aged as a
        where a.dataset = any(r.datasets)
            and a.asked_at is not distinct from d.asked_at and a.max_age is not distinct from d.max_age
    )
    -- of a day before one release and not before the other, what is over now is judged by its dates in one of them only
    or exists (
        select from release.release as b cross join release.release as s
        where b.release_id = {base} and s.release_id = {staged}
            and (d.asked_at at time zone 'Asia/Ho_Chi_Minh')::date
            >= (b.published_at at time zone 'Asia/Ho_Chi_Minh')::date
            and (d.asked_at at time zone 'Asia/Ho_Chi_Minh')::date
            < (coalesce(s.published_at, now()) at time zone 'Asia/Ho_Chi_Minh')::date
    )
"""
_ASK = """
create temp table changed_answer as
select d.line_no, d.dossier, d.procedure_code, c.*
from asked as d
cross join lateral preview.changed_answers(d.procedure_code, d.subject, {base}, {staged}) as c
"""
_TALLY = """
with known as (
    select distinct on (procedure_code) procedure_code, catalogue_no, name_vi, name_en
    from release.procedure order by procedure_code, to_release desc, valid_from desc
),
named as (
    select distinct on (check_code) check_code, name_vi, name_en
    from release.procedure_requirement order by check_code, to_release desc
)
select
    coalesce(k.procedure_code, c.procedure_code), k.name_vi, k.name_en,
    c.check_code, n.name_vi, n.name_en, c.before, c.after, count(*)
from changed_answer as c
left join known as k on left(c.procedure_code, 8) = k.procedure_code or c.procedure_code = k.catalogue_no
left join named as n on c.check_code = n.check_code
group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 4, 7, 8
"""
_TALLY_WITHOUT_NAMES = """
select procedure_code, null, null, check_code, null, null, before, after, count(*)
from changed_answer group by 1, 4, 7, 8 order by 1, 4, 7, 8
"""


@dataclass(frozen=True)
class Direction:
    """How many answers of one check of one procedure go from one result to another.

    `before` and `after` are PASS, FAIL, HELD, STALE, UNKNOWN, REFUSED (the question is refused as a whole) or NOT_ASKED
    (the procedure does not ask it in that release); when they are the same, only the reason differs. Names are None for
    a procedure that the catalogue does not have.
    """

    procedure_code: str
    procedure_vi: str | None
    procedure_en: str | None
    check_code: str
    check_vi: str | None
    check_en: str | None
    before: str
    after: str
    answers: int


@dataclass(frozen=True)
class AnswerChanges:
    """What a release would change of the answers of a list of dossiers; `asked` were not passed over as untouched.

    `asked_at` counts as the moment of every question that does not state one itself.
    """

    dossiers: int
    asked: int
    dossiers_changed: int
    directions: tuple[Direction, ...]
    asked_at: datetime | None = None

    @property
    def answers_changed(self) -> int:
        """How many answers differ in result or reason."""
        return sum(direction.answers for direction in self.directions)


class OpenDossiers:
    """A list of open dossiers, read and judged, kept by the sessions that will ask for them. Use within `with`."""

    def __init__(self, sessions: Sequence[psycopg.Connection], count: int) -> None:
        self._sessions, self.count = sessions, count

    def compare(self, base: int | None, release: Release, *, sieve: bool = True) -> AnswerChanges:
        """What the open release would change of the answers; `base` is the published release, None before the first.

        Without `sieve` every dossier is asked. Writes nothing but temporary tables of these sessions.
        """
        row = self._sessions[0].execute("select now()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        self._sessions[0].execute(_FRESH)

        def ask(conn: psycopg.Connection) -> int:
            return _compare(conn, base, release.release_id, moment, sieve=sieve)

        asked = sum(self._at_once(ask))
        return replace(self._tally(asked), asked_at=moment)

    def write_changes(self, file: Path) -> None:
        """Write every answer that changes, in the order of the list: JSON lines, or CSV if the file is named so."""
        with translated("list of changed answers"):
            write_changes(self._sessions[0], file)

    def _at_once(self, work: Callable[[psycopg.Connection], T]) -> list[T]:
        with ThreadPoolExecutor(len(self._sessions)) as pool, translated("answers of open dossiers"):
            try:
                return list(pool.map(work, self._sessions))
            except BaseException:
                for conn in self._sessions:  # or leaving would wait for the others to end
                    conn.cancel_safe()
                raise

    def _tally(self, asked: int) -> AnswerChanges:
        first = self._sessions[0]
        for other in self._sessions[1:]:
            with (
                other.cursor().copy("copy changed_answer to stdout (format binary)") as source,
                first.cursor().copy("copy changed_answer from stdin (format binary)") as target,
            ):
                for block in source:
                    target.write(block)
        rows = first.execute(_TALLY if has_catalogue(first) else _TALLY_WITHOUT_NAMES).fetchall()
        row = first.execute("select count(distinct line_no) from changed_answer").fetchone()
        return AnswerChanges(self.count, asked, row[0] if row else 0, tuple(Direction(*r) for r in rows))


@contextmanager
def open_dossiers(file: Path, *, sessions: int = SESSIONS) -> Iterator[OpenDossiers]:
    """The dossiers of a file, judged line by line; `DossiersUnreadable` names the lines that cannot be asked."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect("lt_publisher", autocommit=True)) for _ in range(sessions)]
        for conn in connections:
            conn.execute("set client_connection_check_interval = '500ms'")
            conn.execute("set jit = off")
        dossiers = OpenDossiers(connections, 0)

        def read(numbered: tuple[int, psycopg.Connection]) -> int:
            return read_dossiers(numbered[1], file, share=numbered[0], shares=sessions)

        with ThreadPoolExecutor(sessions) as pool:
            dossiers.count = sum(pool.map(read, enumerate(connections)))
        yield dossiers


def _compare(conn: psycopg.Connection, base: int | None, staged: int, moment: datetime, *, sieve: bool) -> int:
    asked = sift(conn, base, staged, moment, sieve=sieve)
    conn.execute("drop table if exists changed_answer")
    conn.execute(sql.SQL(_ASK).format(**_numbers(base, staged)))
    return asked


def sift(conn: psycopg.Connection, base: int | None, staged: int, moment: datetime, *, sieve: bool = True) -> int:
    """Fill the temporary table `asked` with the dossiers whose answers may differ between the releases; how many."""
    conn.execute("drop table if exists asked")
    with conn.transaction():
        everything = write_touched(conn, base, staged) or not sieve
        write_reading(conn)
        conn.execute(sql.SQL(_AGED).format(now=sql.Literal(moment), **_numbers(base, staged)))
        conn.execute(
            sql.SQL(_SIEVE).format(
                everything=sql.Literal(everything),
                now_text=sql.Literal(moment.isoformat()),
                **_numbers(base, staged),
            )
        )
    conn.execute("analyze asked")
    row = conn.execute("select count(*) from asked").fetchone()
    return int(row[0]) if row else 0


def _numbers(base: int | None, staged: int) -> dict[str, sql.Composable]:
    return {"base": sql.SQL("{}::bigint").format(sql.Literal(base)), "staged": sql.Literal(staged)}
