"""What an approval of a mass delete is good for: one use, one place, these rows, for so long; and who asks for it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from connectors.commands_approve import approve
from connectors.commands_extract import extract as extract_command
from connectors.errors import ApprovalInvalid, ShrunkTooFar
from connectors.landing import extract
from connectors.warehouse.approvals import MassDelete, grant, using
from infra.databases import ensure_database
from tests.integration.extract_world import CHANGES, MAKE, World, run, table

DELETE = MassDelete("things", "thing", "36", 12, 20, "ab" * 32)
BATCH = 7


@pytest.fixture
def loader(warehouse) -> Iterator[psycopg.Connection]:
    with warehouse.connect("lt_loader", autocommit=False) as conn:
        yield conn


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch, cluster):
    """Two tables of one system with the same rows, both loaded."""
    source = ensure_database(cluster, "guarded", owner="guarded_owner", password="scratch")
    run(source, "drop schema if exists reg cascade", *MAKE.split(";"), "create table reg.other as table reg.thing")
    run(source, "alter table reg.other add primary key (id)")
    made = World(tmp_path, warehouse, monkeypatch)
    volume = {"volume": {"min_rows": 1, "max_shrink": 0.5, "max_delete": 0.3}}
    tables = {"other": table(**CHANGES | volume | {"source": "reg.other"}), "thing": table(**CHANGES | volume)}
    made.contract(source, kind="sql", tables=tables)
    extract("things")
    made.source = source
    return made


def granted(**changes: Any) -> str:
    values = {"approved_by": "Trưởng phòng", "reason": "chuyển sổ", "valid": timedelta(hours=3)} | changes
    return grant(DELETE, **values)


def spent(conn: psycopg.Connection) -> list[tuple[Any, ...]]:
    return conn.execute("select used_at is not null, batch_id from raw._approval").fetchall()


@pytest.mark.parametrize("elsewhere", [{"system": "other"}, {"table_name": "other"}, {"partition": "37"}])
def test_it_is_good_for_its_place_alone(loader, elsewhere):
    token = granted()
    assert using(token)(loader, replace(DELETE, **elsewhere), BATCH) is False
    assert spent(loader) == [(False, None)]
    assert using(token)(loader, DELETE, BATCH) is True
    assert spent(loader) == [(True, BATCH)]


def test_it_lasts_as_long_as_was_said(loader, warehouse):
    granted(valid=timedelta(hours=3))
    assert loader.execute("select expires_at - granted_at from raw._approval").fetchone() == (timedelta(hours=3),)


def test_it_is_not_spent_by_a_load_that_fails(loader, warehouse):
    token = granted()
    assert using(token)(loader, DELETE, BATCH) is True
    loader.rollback()
    assert spent(loader) == [(False, None)]
    with warehouse.connect() as owner:
        kinds = [kind for (kind,) in owner.execute("select kind from audit.ledger order by seq")]
    assert "approval.granted" in kinds
    assert "approval.used" not in kinds


def test_of_two_loads_at_once_one_uses_it(loader, warehouse):
    token, answers = granted(), []

    def second() -> None:
        with warehouse.connect("lt_loader", autocommit=False) as conn:
            try:
                answers.append(using(token)(conn, DELETE, BATCH + 1))
            except ApprovalInvalid as error:
                answers.append(error.found)

    assert using(token)(loader, DELETE, BATCH) is True
    other = threading.Thread(target=second)
    other.start()
    other.join(0.5)
    assert other.is_alive(), "it waits until the first has ended"
    loader.commit()
    other.join(10)
    assert answers == ["one that another load has used meanwhile"]
    assert spent(loader) == [(True, BATCH)]


@pytest.mark.parametrize("blank", [{"approved_by": " "}, {"reason": "\n"}, {"valid": timedelta(0)}])
def test_somebody_answers_for_it_with_a_reason_and_an_end(warehouse, blank):
    with pytest.raises(psycopg.errors.CheckViolation):
        granted(**blank)


@pytest.mark.parametrize("column", ["expires_at = now() + interval '1 year'", "gone_sha256 = ''", "partition = '37'"])
def test_who_uses_it_cannot_make_it_good_for_more(loader, column):
    granted()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        loader.execute(f"update raw._approval set {column}")


def test_the_same_rows_of_another_table_are_refused_as_ever(world):
    run(world.source, "delete from reg.thing where id > 8")
    token = _approved("--yes")
    run(
        world.source, "insert into reg.thing select * from reg.other where id > 8", "delete from reg.other where id > 8"
    )
    with pytest.raises(ShrunkTooFar, match=r"things\.other"):
        extract("things", decide=using(token))
    assert world.rows("select count(*) from raw.things__other where _deleted_at is null") == [(20,)]
    assert world.rows("select used_at from raw._approval") == [(None,)]


def test_as_many_other_rows_are_refused(world):
    run(world.source, "delete from reg.thing where id > 8")
    token = _approved("--yes")
    run(
        world.source,
        "insert into reg.thing select * from reg.other where id = 20",
        "delete from reg.thing where id = 8",
    )
    with pytest.raises(ApprovalInvalid, match="other rows than the 12"):
        extract("things", decide=using(token))
    assert len(world.live()) == 20


def test_a_person_confirms_and_the_command_applies_it(world):
    run(world.source, "delete from reg.thing where id > 8")
    refused = CliRunner().invoke(approve, _ARGUMENTS, input="n\n")
    assert refused.exit_code == 1
    assert world.rows("select count(*) from raw._approval") == [(0,)]
    token = _approved(typed="y\n")
    assert world.rows("select expires_at - granted_at from raw._approval") == [(timedelta(hours=5),)]
    assert CliRunner().invoke(extract_command, ["things"]).exception.__class__ is ShrunkTooFar
    done = CliRunner().invoke(extract_command, ["things", "--approval", token])
    assert done.exit_code == 0, done.output
    assert len(world.live()) == 8


def test_between_the_two_ceilings_it_is_asked_for_as_well(world):
    """A delete that one ceiling of the contract lets pass and the other does not is above the ceilings."""
    run(world.source, "delete from reg.thing where id > 12")
    with pytest.raises(ShrunkTooFar, match="at most 6 rows deleted of 20"):
        extract("things")
    (_, batch) = extract("things", decide=using(_approved("--yes")))
    assert (batch.deleted, len(world.live())) == (8, 12)


_ARGUMENTS = ["things", "thing", "--by", "Trưởng phòng", "--reason", "chuyển sổ", "--hours", "5"]


def _approved(*more: str, typed: str | None = None) -> str:
    done = CliRunner().invoke(approve, [*_ARGUMENTS, *more], input=typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()
