"""Release tables with the columns of the real marts, by their contracts, and the catalogue of procedures by its seeds.

What is written into them goes past build, check and gate: rows are put where a release would have put them.
"""

import csv
from pathlib import Path

import jinja2
import psycopg
import yaml
from psycopg import sql

from connectors.settings import project_root
from connectors.warehouse import releases
from connectors.warehouse.release_tables import OPEN_END, ensure_indexes, read_columns
from connectors.warehouse.shared_views import prepare
from connectors.warehouse.stage import StageCounts, record_counts
from expectations.rules import load_rulebook

PROJECT = project_root() / "dbt_project"
CATALOGUE = ("procedure", "procedure_requirement", "procedure_component", "dataset_coverage")


def make_relations(conn: psycopg.Connection, *names: str) -> None:
    """Empty relations `warehouse.<name>` with the columns that the contracts of the marts give them; as the builder."""
    columns = _contracts()
    for name in names:
        listed = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column["name"]), sql.SQL(column["data_type"]))
            for column in columns[name]
        )
        conn.execute(sql.SQL("create table warehouse.{} ({})").format(sql.Identifier(name), listed))


def make_catalogue(conn: psycopg.Connection) -> None:
    """The relations of the catalogue of procedures, by the text of their models over the seeds; as the builder."""
    for path in (
        *(PROJECT / "seeds" / "procedure").glob("*.csv"),
        PROJECT / "seeds" / "reference" / "licensing_level.csv",
    ):
        _load_seed(conn, path)
    macros = {
        "ref": lambda name: f"{'staging' if name.endswith(('_listed', '_level')) else 'warehouse'}.{name}",
        "row_hash": lambda columns: f"sha256(convert_to(row({', '.join(columns)})::text, 'UTF8'))",
    }
    for name in CATALOGUE:
        text = (PROJECT / "models" / "marts" / "procedure" / f"{name}.sql").read_text(encoding="utf-8")
        query = jinja2.Environment(autoescape=False).from_string(text).render(macros)
        conn.execute(f"create table warehouse.{name} as {query}")


def publish(*names: str, fill: dict[str, str] | None = None) -> int:
    """Publish a release of these datasets and answer its number.

    `fill` holds, by dataset, a query over the columns it names; the others publish what their relation holds.
    """
    release = releases.open_release({})
    for name in names:
        dataset = load_rulebook(name).dataset
        if fill is None or name not in fill:
            releases.stage(release, dataset)
            continue
        prepare(dataset)
        with psycopg.connect(_publisher_dsn()) as conn:
            _fill(conn, name, fill[name], release.release_id)
            ensure_indexes(conn, dataset)
            conn.execute(sql.SQL("analyze release.{}").format(sql.Identifier(name)))
            count = conn.execute(sql.SQL("select count(*) from release.{}").format(sql.Identifier(name))).fetchone()
            record_counts(conn, release.release_id, dataset, StageCounts(count[0] if count else 0, 0, 0, 0, 0))
    with psycopg.connect(_publisher_dsn()) as conn:
        conn.execute(
            "update release.dataset_release set source_as_of = now() where release_id = %s", (release.release_id,)
        )
    releases.publish(release)
    return release.release_id


def _fill(conn: psycopg.Connection, name: str, query: str, release_id: int) -> None:
    named = [c.name for c in conn.execute(f"select * from ({query}) as q limit 0").description or ()]
    present = {c.name for c in read_columns(conn, f"release.{name}")}
    assert present.issuperset(named), (name, set(named) - present)
    columns = sql.SQL(", ").join(map(sql.Identifier, named))
    conn.execute(
        sql.SQL(
            "insert into release.{} ({}, is_held, row_hash, from_release, to_release) "
            "select {}, false, '\\x00', {}, {} from ({}) as q"
        ).format(sql.Identifier(name), columns, columns, sql.Literal(release_id), sql.Literal(OPEN_END), sql.SQL(query))
    )


def _contracts() -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in (PROJECT / "models" / "marts").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models") or []:
            found[model["name"]] = model["columns"]
    return found


def _load_seed(conn: psycopg.Connection, path: Path) -> None:
    (listed,) = [
        seed["config"]["column_types"]
        for seed in yaml.safe_load((path.parent / f"_{path.parent.name}__seeds.yml").read_text("utf-8"))["seeds"]
        if seed["name"] == path.stem
    ]
    columns = ", ".join(f"{name} {kind}" for name, kind in listed.items())
    conn.execute(f"create table staging.{path.stem} ({columns})")
    with path.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    with conn.cursor().copy(f"copy staging.{path.stem} ({', '.join(header)}) from stdin (format csv, header)") as copy:
        copy.write(path.read_bytes())


def _publisher_dsn() -> str:
    from connectors.settings import warehouse_dsn

    return warehouse_dsn("lt_publisher")
