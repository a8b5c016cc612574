"""Who may do what: every role, object and privilege of the warehouse, walked against one table.

Letters: U use and C create in a schema; r select, a insert, w update, d delete, D truncate, x references, t trigger;
X execute a function. What is not in the table must not be possible.
"""

from dataclasses import replace

import psycopg
import pytest

from connectors.warehouse.datasets import PartitionBy
from connectors.warehouse.schema import apply_ddl
from tests.conftest import Warehouse
from tests.integration.released_things import THING, fill, make_relation, run_release

DATED = replace(
    THING,
    name="dated",
    relation="warehouse.dated",
    key=("day",),
    facts=(),
    partition_by=PartitionBy("day", every="month"),
)
ROLES = ("lt_loader", "lt_builder", "lt_publisher", "procedure_reader", "auditor_reader")
ALL = "adDrtwx"
SCHEMAS = {
    "raw": {"lt_loader": "CU", "lt_builder": "U", "lt_publisher": "U"},
    "staging": {"lt_builder": "CU", "lt_publisher": "U"},
    "intermediate": {"lt_builder": "CU", "lt_publisher": "U"},
    "warehouse": {"lt_builder": "CU", "lt_publisher": "U"},
    "quality": {"lt_publisher": "U", "auditor_reader": "U"},
    "release": {"lt_publisher": "CU", "auditor_reader": "U"},
    "preview": {"lt_publisher": "CU"},
    "shared": {"lt_publisher": "CU", "procedure_reader": "U", "auditor_reader": "U"},
    "audit": {"lt_loader": "U", "lt_builder": "U", "lt_publisher": "U", "auditor_reader": "U"},
}
SEEN = {"procedure_reader": "r", "auditor_reader": "r"}
RELATIONS = {
    "raw.land_registry__sample": {"lt_loader": ALL, "lt_builder": "r"},
    "staging.stg_sample": {"lt_builder": ALL, "lt_publisher": "r"},
    "intermediate.int_sample": {"lt_builder": ALL, "lt_publisher": "r"},
    "intermediate.parcel_touched": {"lt_builder": ALL, "lt_publisher": "r"},
    "intermediate.constraint_overlaid": {"lt_builder": ALL, "lt_publisher": "r"},
    "intermediate.parcels_watched": {"lt_builder": ALL, "lt_publisher": "r"},
    "intermediate.parcel_gap": {"lt_builder": ALL, "lt_publisher": "r"},
    "intermediate.gap_survey": {"lt_builder": ALL, "lt_publisher": "r"},
    "warehouse.thing": {"lt_builder": ALL, "lt_publisher": "r"},
    "warehouse.dated": {"lt_builder": ALL, "lt_publisher": "r"},
    "quality.row_outcome": {"lt_publisher": "adrw", "auditor_reader": "r"},
    "quality.verdict": {"lt_publisher": "adrw", "auditor_reader": "r"},
    "quality.waived": {"lt_publisher": "adr", "auditor_reader": "r"},
    "quality.release_waiver": {"lt_publisher": "adr", "auditor_reader": "r"},
    "quality.rule": {"lt_publisher": "adrw", "auditor_reader": "r"},
    "quality.row_check": {"lt_publisher": "adrw", "auditor_reader": "r"},
    "quality.conservation": {"lt_publisher": "r", "auditor_reader": "r"},
    "quality.approved_delete": {"lt_publisher": "r", "auditor_reader": "r"},
    "release.conservation": {"lt_publisher": "adrw", "auditor_reader": "r"},
    "release.source_account": {"lt_publisher": "adrw", "auditor_reader": "r"},
    "release.release": {"lt_publisher": "arw", "auditor_reader": "r"},
    "release.dataset": {"lt_publisher": "arw", "auditor_reader": "r"},
    "release.dataset_release": {"lt_publisher": "arw", "auditor_reader": "r"},
    "release.refused_change": {"lt_publisher": "adr", "auditor_reader": "r"},
    "release.held": {"lt_publisher": "adr", "auditor_reader": "r"},
    "release.last_build": {"lt_publisher": "adr"},
    "release.lookup": {"lt_publisher": "r"},
    "release.pointer": {"lt_publisher": "rw", "auditor_reader": "r"},
    "release.kept": {"lt_publisher": "rw", "auditor_reader": "r"},
    "release.thing": {"lt_publisher": ALL},
    "release.dated": {"lt_publisher": ALL},
    "release.dated_y2026m11": {"lt_publisher": ALL},
    "preview.thing": {"lt_publisher": ALL},
    "preview.dated": {"lt_publisher": ALL},
    "shared.thing": SEEN | {"lt_publisher": ALL},
    "shared.thing_version": SEEN | {"lt_publisher": ALL},
    "shared.dated": SEEN | {"lt_publisher": ALL},
    "shared.dated_version": SEEN | {"lt_publisher": ALL},
    "shared.release": SEEN | {"lt_publisher": "r"},
    "shared.dataset_status": SEEN | {"lt_publisher": "r"},
    "shared.held_record": SEEN | {"lt_publisher": "r"},
    "shared.held_spell": SEEN | {"lt_publisher": "r"},
    "shared.rule": SEEN | {"lt_publisher": "r"},
    "shared.dataset_key": SEEN | {"lt_publisher": "r"},
    "shared.once_only_coverage": SEEN | {"lt_publisher": "r"},
    "audit.ledger": {"auditor_reader": "r"},
}
CALLED = {"lt_publisher": "X", "procedure_reader": "X", "auditor_reader": "X"}
FUNCTIONS = {
    "audit.record": {"lt_loader": "X", "lt_builder": "X", "lt_publisher": "X"},
    "audit.at_text": {"auditor_reader": "X"},
    "intermediate.watch_parcels": {"lt_builder": "X"},
    "intermediate.witness_of_parcels": {"lt_builder": "X"},
    "quality.declare_rules": {"lt_publisher": "X"},
    "release.count_rows": {"lt_publisher": "X"},
    "release.count_made_up": {"lt_publisher": "X"},
    "release.was_loaded_since": {"lt_publisher": "X"},
    "release.count_remainder": {"lt_publisher": "X"},
    "raw.pseudonymise": {"lt_builder": "X"},
    "preview.answers": {"lt_publisher": "X"},
    "preview.changed_answers": {"lt_publisher": "X"},
    "preview.names_stated": {"lt_publisher": "X"},
    "preview.read_dossier": {"lt_publisher": "X"},
    "preview.tables_read": {"lt_publisher": "X"},
    "shared.answer_for_receipt": CALLED,
    "shared.cell_box": CALLED,
    "shared.cells_held": CALLED,
    "shared.cells_touched": CALLED,
    "shared.commune_on": CALLED,
    "shared.commune_today": CALLED,
    "shared.check_procedure": CALLED,
    "shared.kept_release": CALLED,
    "shared.once_only_coverage_at": CALLED,
    "shared.parcel_encumbrances": CALLED,
    "shared.release_to_read": CALLED,
    "shared.vn2000_geometry": CALLED,
    "shared.source_as_of": CALLED,
    "shared.thing_at": CALLED,
    "shared.dated_at": CALLED,
}
BOOKKEEPING = {  # of the loader; made by 040_raw.sql
    "raw._batch": {"lt_loader": "adrw", "lt_builder": "r", "lt_publisher": "r"},
    "raw._approval": {"lt_loader": "rw"},  # to spend one; see 041_approvals.sql
    "raw._mark": {"lt_loader": "adrw", "lt_builder": "r"},
    "raw._file": {"lt_loader": "adrw", "lt_builder": "r"},
    "raw._rejected": {"lt_loader": "adrw", "lt_builder": "r", "lt_publisher": "r"},  # the publisher: where, not what
}
_SCHEMA_RIGHTS = """
select nspname, r.role, string_agg(p.letter, '' order by p.letter)
from pg_namespace, unnest(%(roles)s::text[]) as r (role), (values ('U', 'usage'), ('C', 'create')) as p (letter, name)
where nspname = any(%(schemas)s) and has_schema_privilege(r.role, oid, p.name) group by 1, 2
"""
_RELATION_RIGHTS = """
select n.nspname || '.' || c.relname, r.role, string_agg(p.letter, '' order by p.letter collate "en-x-icu")
from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid, unnest(%(roles)s::text[]) as r (role),
    (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete'), ('D', 'truncate'),
        ('x', 'references'), ('t', 'trigger')) as p (letter, name)
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'v', 'm', 'p')
    and (has_table_privilege(r.role, c.oid, p.name) or (
        p.letter in ('r', 'a', 'w', 'x') and has_any_column_privilege(r.role, c.oid, p.name)))
group by 1, 2
"""
_FUNCTION_RIGHTS = """
select n.nspname || '.' || f.proname, r.role, 'X'
from pg_proc as f inner join pg_namespace as n on f.pronamespace = n.oid, unnest(%(roles)s::text[]) as r (role)
where n.nspname = any(%(schemas)s) and f.prorettype <> 'trigger'::regtype
    and has_function_privilege(r.role, f.oid, 'execute')
"""


@pytest.fixture
def furnished(warehouse: Warehouse) -> Warehouse:
    """A warehouse with one object of each kind that the stages make while they work."""
    with warehouse.connect("lt_loader") as conn:
        conn.execute("create table raw.land_registry__sample (holder_name text)")
    with warehouse.connect("lt_builder") as conn:
        make_relation(conn)
        fill(conn, [("a", "1")])
        conn.execute("create table warehouse.dated (day date, row_hash bytea)")
        conn.execute("insert into warehouse.dated values ('2026-11-20', '')")
        conn.execute("create view staging.stg_sample as select 1 as id")
        conn.execute("create table intermediate.int_sample (id int)")
    run_release(THING, DATED)
    return warehouse


def walk(conn: psycopg.Connection, query: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, role, letters in conn.execute(query, {"roles": list(ROLES), "schemas": list(SCHEMAS)}):
        found.setdefault(name, {})[role] = "".join(sorted(letters))
    return found


def in_order(table: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {role: "".join(sorted(letters)) for role, letters in roles.items()} for name, roles in table.items()}


def test_every_privilege_is_as_the_table_says(furnished: Warehouse) -> None:
    with furnished.connect("admin") as conn:
        assert walk(conn, _SCHEMA_RIGHTS) == in_order(SCHEMAS)
        assert walk(conn, _RELATION_RIGHTS) == in_order(RELATIONS | BOOKKEEPING)
        assert walk(conn, _FUNCTION_RIGHTS) == in_order(FUNCTIONS)


@pytest.mark.parametrize(
    "grant",
    [
        "grant usage on schema raw to auditor_reader",
        "grant select (holder_name) on raw.land_registry__sample to procedure_reader",
        "grant update on release.pointer to public",
        "revoke select on shared.thing from procedure_reader",
        "create table quality.stray (id int); grant select on quality.stray to lt_loader",
        "grant execute on function audit.record(text, jsonb) to public",
    ],
)
def test_walk_notices_a_wrong_grant(furnished: Warehouse, grant: str) -> None:
    with furnished.connect("admin") as conn:
        conn.execute(grant)
    with pytest.raises(AssertionError):
        test_every_privilege_is_as_the_table_says(furnished)


def test_the_publisher_counts_rejected_rows_and_reads_none(furnished: Warehouse) -> None:
    with furnished.connect("lt_publisher") as conn:
        assert conn.execute("select count(*) from raw._rejected where system = 'land_registry'").fetchone() == (0,)
        for column in ("payload", "row_ref", "reason"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select {column} from raw._rejected")


def test_reader_is_refused_outside_shared(furnished: Warehouse) -> None:
    with furnished.connect("procedure_reader") as conn:
        assert conn.execute("select count(*) from shared.thing").fetchone() == (1,)
        for name in ("raw.land_registry__sample", "warehouse.thing", "release.thing", "audit.ledger"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select * from {name}")


def test_a_reader_has_limits_which_an_operator_may_set_otherwise(furnished: Warehouse) -> None:
    def limits(role: str) -> list[str]:
        with furnished.connect(role) as conn:
            names = ("statement_timeout", "idle_in_transaction_session_timeout")
            return [conn.execute(f"show {name}").fetchone()[0] for name in names]

    apply_ddl(furnished.dsn("admin"))  # settings belong to a database, and this one is a copy
    assert limits("procedure_reader") == ["1min", "10min"]
    assert limits("lt_publisher") == limits("auditor_reader") == ["0", "0"]
    with furnished.connect("admin") as conn:
        (database,) = conn.execute("select current_database()").fetchone()
        conn.execute(f"alter role procedure_reader in database {database} set statement_timeout = '100ms'")
    apply_ddl(furnished.dsn("admin"))
    assert limits("procedure_reader") == ["100ms", "10min"]
    with furnished.connect("procedure_reader") as conn, pytest.raises(psycopg.errors.QueryCanceled):
        conn.execute("select pg_sleep(5)")


def test_the_role_of_the_checks_reads_what_is_released_and_nothing_else(furnished: Warehouse) -> None:
    reach = (
        "select n.nspname from pg_namespace as n where has_schema_privilege('lt_checker', n.oid, 'usage') "
        "and n.nspname = any(%s) order by 1"
    )
    schemas = [*SCHEMAS, "checks"]
    written = (
        "select c.oid::regclass::text from pg_class as c where relkind in ('r', 'p') "
        "and relnamespace::regnamespace::text = any(%s) "
        "and has_any_column_privilege('lt_checker', c.oid, 'insert, update')"
    )
    with furnished.connect("admin") as conn:
        assert [name for (name,) in conn.execute(reach, (schemas,))] == [
            "checks",
            "preview",
            "quality",
            "release",
            "shared",
        ]
        assert conn.execute(written, (schemas,)).fetchall() == []
        assert conn.execute("select rolcanlogin, rolsuper from pg_roles where rolname = 'lt_checker'").fetchone() == (
            False,
            False,
        )
        for role in ROLES:
            assert conn.execute("select has_schema_privilege(%s, 'checks', 'usage')", (role,)).fetchone() == (False,)
        unpinned = (
            "select proname from pg_proc where prosecdef and pronamespace::regnamespace::text = any(%s) "
            "and not coalesce(proconfig::text like '%%search_path%%', false)"
        )
        assert conn.execute(unpinned, (schemas,)).fetchall() == []
