"""Every dossier asked of both releases by the function that procedure systems call, and compared in Python."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from connectors.settings import warehouse_dsn

# By line and check: result before and after, reason before and after. One entry per answer that differs.
Changes = dict[tuple[int, str], tuple[str, str, str | None, str | None]]
_ASK = "select check_code, result, reason_code from shared.check_procedure(%s, %s, %s)"
_REFUSED, _NOT_ASKED = "REFUSED", "NOT_ASKED"


def changed_answers(file: Path, *, base: int, after: int, asked_at: str, sessions: int = 2) -> Changes:
    """What differs between two published releases for the dossiers of a file, all asked at one moment."""
    lines = list(enumerate(file.read_text(encoding="utf-8").splitlines(), 1))

    def share(number: int) -> Changes:
        changes: Changes = {}
        with psycopg.connect(warehouse_dsn("procedure_reader"), autocommit=True) as conn:
            for line_no, line in lines[number::sessions]:
                given = json.loads(line)
                question = given["procedure"], json.dumps({"asked_at": asked_at} | given["subject"])
                changes |= _differences(line_no, _ask(conn, *question, base), _ask(conn, *question, after))
        return changes

    with ThreadPoolExecutor(sessions) as pool:
        return {key: value for part in pool.map(share, range(sessions)) for key, value in part.items()}


def listed_changes(file: Path) -> Changes:
    """The same, as `lienthong preview --out` wrote it."""
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {
        (row["line"], row["check"]): (row["before"], row["after"], row["reason_before"], row["reason_after"])
        for row in rows
    }


def _ask(conn: psycopg.Connection, code: str, subject: str, release: int) -> dict[str, tuple[str, str | None]]:
    try:
        rows = conn.execute(_ASK, (code, subject, release), prepare=True).fetchall()
    except psycopg.errors.InvalidParameterValue as error:
        return {"*": (_REFUSED, error.diag.message_primary)}
    return {check: (result, reason) for check, result, reason in rows}


def _differences(line_no: int, was: dict, would_be: dict) -> Changes:
    if "*" in was and "*" in would_be:
        return {}
    changes: Changes = {}
    for check in ({*was} | {*would_be}) - {"*"}:
        before = was.get(check) or was.get("*") or (_NOT_ASKED, None)
        after = would_be.get(check) or would_be.get("*") or (_NOT_ASKED, None)
        if before != after:
            changes[line_no, check] = (before[0], after[0], before[1], after[1])
    return changes
