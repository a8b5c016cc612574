"""Asking the warehouse for an answer with everything that a receipt says of it."""

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from connectors.errors import QuestionRefused
from connectors.receipts.canonical import normalised
from connectors.receipts.receipt import make_receipt
from connectors.receipts.signing import signing_key
from connectors.warehouse.connect import connect, translated

ASK = "select shared.answer_for_receipt(%s, %s, %s, %s)"


def issue_receipt(procedure_code: str, subject: Mapping[str, Any], release_id: int | None = None) -> bytes:
    """A receipt of the present answer, or of the one that a kept release gave.

    `QuestionRefused` when procedure, subject or release cannot be understood.
    """
    key, about = signing_key(), normalised(dict(subject))
    with connect("procedure_reader", autocommit=True) as conn:
        answered = ask(conn, procedure_code, about, release_id=release_id)
    return make_receipt(procedure_code, about, answered, key)


def ask(
    conn: psycopg.Connection,
    procedure_code: str,
    subject: Mapping[str, Any],
    *,
    release_id: int | None = None,
    ledger_entry: int | None = None,
) -> dict[str, Any]:
    """Answers, rows, release, moment and ledger position, all from one snapshot; writes nothing.

    With `ledger_entry` the ages of sources are those known at that entry of the ledger.
    """
    values = (procedure_code, json.dumps(subject, ensure_ascii=False), release_id, ledger_entry)
    try:
        with translated(f"question {procedure_code}"):
            row = conn.execute(ASK, values).fetchone()
    except psycopg.errors.InvalidParameterValue as error:
        raise QuestionRefused(
            expected=(error.diag.message_detail or "a question that can be understood")
            .removeprefix("Accepted: ")
            .rstrip("."),
            found=error.diag.message_primary or "another",
            where=f"procedure {procedure_code}" + (f", release {release_id}" if release_id else ""),
            next_step=error.diag.message_hint or "Correct the question and ask again.",
        ) from error
    assert row is not None
    return dict(row[0])
