"""Replay: the question of a receipt, asked again of its release as things were known at its place in the ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from connectors.receipts.answering import ask
from connectors.receipts.canonical import canonical
from connectors.receipts.receipt import Receipt


@dataclass(frozen=True)
class Difference:
    """One thing that the receipt and the warehouse say differently; texts are JSON, or `nothing`."""

    what: str
    receipt: str
    now: str


@dataclass(frozen=True)
class Replay:
    """What came out: all differences, and whether the checks were edited since the receipt was issued."""

    differences: tuple[Difference, ...]
    has_other_checks: bool

    @property
    def is_same(self) -> bool:
        """Whether the same answers came from the same rows, and the ledger still has the entry."""
        return not self.differences


def replay(receipt: Receipt, conn: psycopg.Connection) -> Replay:
    """Computes the answers of a receipt again; `conn` is of auditor_reader. Writes nothing.

    `QuestionRefused` when its release is no longer kept.
    """
    entry, entry_hash = receipt.ledger_entry
    subject = receipt.subject | {"asked_at": receipt.content["asked_at"]}
    now = ask(conn, receipt.procedure_code, subject, release_id=receipt.release_id, ledger_entry=entry)
    row = conn.execute("select hash from audit.ledger where seq = %s", (entry,)).fetchone()
    kept_hash = row[0] if row else "nothing"
    differences = [*_compare(receipt.content, now)]
    if entry and kept_hash != entry_hash:
        differences.append(Difference(f"ledger entry {entry}", entry_hash, kept_hash))
    return Replay(tuple(differences), receipt.content["checks_sha256"] != now["checks_sha256"])


def _compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    yield from _differences("answer", _by(then["answers"], "check_code"), _by(now["answers"], "check_code"))
    yield from _differences(
        "row", _by(then["rows"], "dataset", "record_key"), _by(now["rows"], "dataset", "record_key")
    )
    if [a["check_code"] for a in then["answers"]] != [a["check_code"] for a in now["answers"]]:
        yield Difference("order of the answers", _shown(then["answers"]), _shown(now["answers"]))


def _by(items: list[dict[str, Any]], *names: str) -> dict[str, bytes]:
    return {" ".join(str(item[name]) for name in names): canonical(item) for item in items}


def _differences(kind: str, then: dict[str, bytes], now: dict[str, bytes]) -> Iterator[Difference]:
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield Difference(f"{kind} {name}", *(said.get(name, b"nothing").decode() for said in (then, now)))


def _shown(answers: list[dict[str, Any]]) -> str:
    return ", ".join(str(answer["check_code"]) for answer in answers)
