"""Checkpoints kept elsewhere: a ledger that was cut off at its end or written anew is found against them."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.commands_ledger import ledger
from connectors.errors import CheckpointUnkept, CheckpointUnread, LedgerBroken
from connectors.warehouse import releases
from connectors.warehouse.approvals import MassDelete, grant
from connectors.warehouse.checkpoints import (
    Checkpoint,
    keep_checkpoint,
    keep_checkpoint_after,
    places,
    read_checkpoints,
    verify_against,
)
from connectors.warehouse.ledger import export_ledger, record
from connectors.warehouse.ledger_chain import GENESIS_HASH, Entry, entry_line
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import RELATION, Wells, rule


@pytest.fixture
def kept_in(warehouse: Warehouse, tmp_path: Path, scratch_database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A file and a database of somebody else, where checkpoints are kept."""
    database = scratch_database("auditor").replace("postgresql://", "postgresql+psycopg://", 1)
    monkeypatch.setenv("LIENTHONG_CHECKPOINTS", f"{(tmp_path / 'worm' / 'kept.jsonl').as_uri()} {database}")
    return places()


def append(warehouse: Warehouse, count: int) -> None:
    with warehouse.connect("lt_publisher") as conn:
        for number in range(count):
            record(conn, "test.entry", {"number": number})
            conn.commit()


def test_what_a_chain_alone_cannot_show_shows_against_checkpoints(
    warehouse: Warehouse, kept_in: list[str], tmp_path: Path
) -> None:
    assert keep_checkpoint() is None
    assert [read_checkpoints(place) for place in kept_in] == [[], []]
    append(warehouse, 5)
    keep_checkpoint()
    append(warehouse, 4)
    made = keep_checkpoint()
    keep_checkpoint()  # again without a new entry: the file notes it, the database has it already
    assert made is not None and made.seq == 9
    assert [c.seq for c in read_checkpoints(kept_in[0])] == [5, 9, 9]
    assert [c.seq for c in read_checkpoints(kept_in[1])] == [5, 9]

    path = tmp_path / "ledger.jsonl"
    export_ledger(path)
    for place in kept_in:
        assert verify_against(path, read_checkpoints(place)) == 9
    lines = path.read_text().splitlines(keepends=True)

    path.write_text("".join(lines[:7]))
    assert verify_against(path, []) == 7, "cut off cleanly: the chain alone holds"
    with pytest.raises(LedgerBroken, match="an end after entry 7"):
        verify_against(path, read_checkpoints(kept_in[1]))

    path.write_text("".join(written_anew(9)))
    assert verify_against(path, []) == 9, "written anew: the chain alone holds"
    with pytest.raises(LedgerBroken, match="written anew at or before entry 5"):
        verify_against(path, read_checkpoints(kept_in[0]))
    with pytest.raises(LedgerBroken, match="written anew between entry 5 and 9"):
        verify_against(path, [Checkpoint(5, hash_of(5), "then"), read_checkpoints(kept_in[1])[1]])


def test_commands_keep_and_compare(warehouse: Warehouse, kept_in: list[str], tmp_path: Path) -> None:
    append(warehouse, 3)
    path = tmp_path / "ledger.jsonl"
    run = CliRunner().invoke
    assert run(ledger, ["checkpoint"]).output == "Entry 3 kept in 2 place(s).\n"
    assert run(ledger, ["export", str(path)]).exit_code == 0
    found = run(ledger, ["verify", str(path), "--against", str(tmp_path / "worm" / "kept.jsonl")])
    assert (found.exit_code, "1 checkpoint(s) found in it" in found.output) == (0, True), found.output
    nothing = run(ledger, ["verify", str(path), "--against", str(tmp_path / "nothing.jsonl")])
    assert (nothing.exit_code, "nothing to compare with" in nothing.output) == (2, True), nothing.output


def test_a_place_that_cannot_be_written_is_named_and_the_others_are_kept(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(warehouse, 1)
    (tmp_path / "a file").write_text("")
    good, bad = (tmp_path / "kept.jsonl").as_uri(), (tmp_path / "a file" / "kept.jsonl").as_uri()
    closed = "postgresql+psycopg://auditor:secret@127.0.0.1:1/auditor"
    monkeypatch.setenv("LIENTHONG_CHECKPOINTS", f"{bad} {closed} {good}")
    with pytest.raises(CheckpointUnkept) as unkept:
        keep_checkpoint()
    assert "secret" not in str(unkept.value)
    assert "127.0.0.1" in unkept.value.where
    assert len(read_checkpoints(good)) == 1
    (tmp_path / "kept.jsonl").write_text("{}\n")
    with pytest.raises(LedgerBroken, match="a line that is none"):
        read_checkpoints(good)


@pytest.mark.parametrize(
    ("place", "found"),
    [("mnt/worm:secret", "no URL"), ("/mnt/worm.jsonl", "no URL"), ("oracle://me:secret@h/x", "no driver"),
     ("nobody://me:secret@h/x", "no URL")],
)  # fmt: skip
def test_a_place_that_is_none_is_an_error_of_ours_and_undoes_nothing(
    warehouse: Warehouse, kept_in: list[str], place: str, found: str, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    append(warehouse, 2)
    monkeypatch.setenv("LIENTHONG_CHECKPOINTS", f"{place} {kept_in[0]}")
    with pytest.raises(CheckpointUnkept) as unkept:
        keep_checkpoint()
    assert found in unkept.value.found
    keep_checkpoint_after("publish of release 1")
    assert "publish of release 1 stands, but no checkpoint of it was kept" in caplog.text
    with pytest.raises(CheckpointUnread) as unread:
        read_checkpoints(place)
    assert found in unread.value.found
    assert "secret" not in f"{unkept.value} {unread.value} {caplog.text}"
    assert [c.seq for c in read_checkpoints(kept_in[0])] == [2, 2], "the other place was written all the same"


def test_the_tail_of_a_day_cannot_be_cut_unnoticed(
    warehouse: Warehouse,
    kept_in: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Publish, rollback and approval keep one each, so that cutting off just what they wrote is found."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path / "project"))
    deeds = ("release.published", "release.rolled_back", "approval.granted")
    with warehouse.connect("lt_builder") as builder, warehouse.connect() as owner:
        wells = Wells(builder, owner, tmp_path / "project")
        builder.execute(RELATION)
        book = wells.write_rules(rule("W01", "depth_m < depth_limit_m"))
        for number in range(2):
            wells.put(f"w{number}")
            wells.publish(book)
        releases.rollback(1, reason="a wrong well")
        gone = MassDelete("wells", "well", "all", 9, 10, "0" * 64)
        grant(gone, approved_by="A. Steward", reason="the register was cleaned", valid=timedelta(hours=1))
        seqs = dict(owner.execute("select kind, max(seq) from audit.ledger group by kind").fetchall())
    path, whole = tmp_path / "ledger.jsonl", tmp_path / "whole.jsonl"
    export_ledger(whole)
    lines = whole.read_text().splitlines(keepends=True)
    for place in kept_in:
        assert len(read_checkpoints(place)) == 4
        assert {seqs[kind] for kind in deeds} <= {kept.seq for kept in read_checkpoints(place)}
    against = ["--against", str(tmp_path / "worm" / "kept.jsonl")]
    for kind in deeds:
        path.write_text("".join(lines[: seqs[kind] - 1]))
        found = CliRunner().invoke(ledger, ["verify", str(path), *against])
        assert isinstance(found.exception, LedgerBroken), kind
        assert found.exception.found.startswith(f"an end after entry {seqs[kind] - 1}: the last entries were cut off")
    assert CliRunner().invoke(ledger, ["verify", str(whole), *against]).exit_code == 0
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []


def test_a_rollback_stands_where_no_checkpoint_can_be_kept(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path / "project"))
    (tmp_path / "a file").write_text("")
    with warehouse.connect("lt_builder") as builder, warehouse.connect() as owner:
        wells = Wells(builder, owner, tmp_path / "project")
        builder.execute(RELATION)
        book = wells.write_rules(rule("W01", "depth_m < depth_limit_m"))
        for number in range(2):
            wells.put(f"w{number}")
            wells.publish(book)
        monkeypatch.setenv("LIENTHONG_CHECKPOINTS", (tmp_path / "a file" / "kept.jsonl").as_uri())
        releases.rollback(1, reason="a wrong well")
    assert releases.current_release() == 1
    (warned,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    for part in ("rollback to release 1 stands", "CheckpointUnkept", "expected", "found", "a%20file", "Make the place"):
        assert part in warned, warned
    with pytest.raises(CheckpointUnkept):  # as the nightly run does
        keep_checkpoint()
    monkeypatch.delenv("LIENTHONG_DSN_AUDITOR_READER")
    releases.rollback(2, reason="it was right")
    assert releases.current_release() == 2
    assert "SettingMissing" in caplog.records[-1].getMessage()


def written_anew(count: int) -> list[str]:
    lines, previous = [], GENESIS_HASH
    for seq in range(1, count + 1):
        entry = Entry(seq, "2026-11-21T01:02:03.000004Z", "test.entry", '{"number": 0}', previous, "")
        entry = entry._replace(hash=entry.own_hash)
        lines.append(entry_line(entry))
        previous = entry.hash
    return lines


def hash_of(seq: int) -> str:
    return written_anew(seq)[-1].split('"hash": "')[1][:64]
