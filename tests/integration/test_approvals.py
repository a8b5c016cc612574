"""A true mass delete: approved by a person, for exactly these rows, once, and in the ledger."""

import psycopg
import pytest
from click.testing import CliRunner

from connectors.commands_approve import approve
from connectors.errors import ApprovalInvalid, ContractInvalid, ShrunkTooFar
from connectors.landing import extract
from connectors.warehouse.approvals import using
from infra.databases import ensure_database
from tests.integration.extract_world import CHANGES, MAKE, World, run, table

ALL = 20


@pytest.fixture(scope="module")
def source_database(cluster):
    return ensure_database(cluster, "approved", owner="approved_owner", password="scratch")


@pytest.fixture
def source(source_database):
    run(source_database, "drop schema if exists reg cascade", *MAKE.split(";"))
    return source_database


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch, source):
    made = World(tmp_path, warehouse, monkeypatch)
    made.contract(source, kind="sql", tables={"thing": table(**CHANGES)})
    extract("things")
    return made


def grant(*more):
    arguments = ["things", "thing", "--by", "Trưởng phòng Đăng ký", "--reason", "chuyển sang sổ mới", "--yes", *more]
    done = CliRunner().invoke(approve, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.strip(), done.stderr


def delete(source, condition):
    run(source, f"delete from reg.thing where {condition}")


def test_an_approved_mass_delete_is_applied_once_and_stands_in_the_ledger(world, source):
    delete(source, "id > 8")
    with pytest.raises(ShrunkTooFar, match="lienthong approve"):
        extract("things")
    token, said = grant()
    assert "12 of 20 rows are no longer at the source (60.0%)" in said
    assert len(world.live()) == ALL, "approving deletes nothing"
    (batch,) = extract("things", decide=using(token))
    assert (batch.deleted, len(world.live())) == (12, 8)
    entries = dict(world.ledger())
    assert entries["approval.granted"]["approved_by"] == "Trưởng phòng Đăng ký"
    assert entries["approval.used"]["batch_id"] == batch.batch_id
    assert token not in str(world.ledger())

    delete(source, "id > 3")
    with pytest.raises(ApprovalInvalid, match="used already"):
        extract("things", decide=using(token))
    assert len(world.live()) == 8


def test_one_row_more_and_it_is_refused(world, source):
    delete(source, "id > 8")
    token, _ = grant()
    run(source, "create table reg.kept as select * from reg.thing where id = 8")
    delete(source, "id = 8")
    with pytest.raises(ApprovalInvalid, match="other rows than the 13"):
        extract("things", decide=using(token))
    assert len(world.live()) == ALL
    run(source, "insert into reg.thing select * from reg.kept")
    (batch,) = extract("things", decide=using(token))
    assert batch.deleted == 12, "a refused use does not spend the token"


def test_an_approval_that_expired_or_never_was(world, source):
    delete(source, "id > 8")
    token, _ = grant("--hours", "1")
    world.rows("update raw._approval set granted_at = now() - interval '2 h', expires_at = now() - interval '1 h'"
               " returning 1")  # fmt: skip
    with pytest.raises(ApprovalInvalid, match="expired"):
        extract("things", decide=using(token))
    with pytest.raises(ApprovalInvalid, match="no approval with this token"):
        extract("things", decide=using("guessed"))
    assert len(world.live()) == ALL


def test_nobody_approves_an_empty_source_or_nothing(world, source):
    with pytest.raises(ContractInvalid, match="No approval is needed"):
        grant()
    delete(source, "true")
    with pytest.raises(ShrunkTooFar, match="0 rows at the source"):
        grant()


def test_the_loader_cannot_grant(world):
    statement = "insert into raw._approval select repeat('0', 64), 'a', 'b', 'all', '', 1, 1, 'a', 'b', now(), now()"
    with world.warehouse.connect("lt_loader") as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement)
