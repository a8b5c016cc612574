"""A small dataset of this test's own, and what one needs to release it. Not a test."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from connectors.warehouse import releases
from connectors.warehouse.datasets import Dataset

THING = Dataset(
    name="thing",
    title_vi="Vật thử",
    title_en="Things",
    relation="warehouse.thing",
    key=("thing_key",),
    owner="Cơ quan thử nghiệm",
    sources=("land_registry.parcel",),
    facts=("distance_m",),
)


def make_relation(conn: psycopg.Connection, dataset: Dataset = THING) -> None:
    """Create the relation of a dataset like `THING`, as dbt would: owned by the builder."""
    conn.execute(
        f"create table {dataset.relation} (thing_key text, label text, distance_m float8, "
        "geom geometry(Point, 4756), row_hash bytea)"
    )
    conn.execute(f"comment on column {dataset.relation}.label is 'label of the thing'")


def fill(conn: psycopg.Connection, rows: Iterable[tuple[str, str]], dataset: Dataset = THING) -> None:
    """Replace the content of the relation by (key, label)."""
    conn.execute(f"delete from {dataset.relation}")
    conn.cursor().executemany(
        f"insert into {dataset.relation} values (%(key)s, %(label)s, 5, "
        "st_setsrid(st_makepoint(105.9, 20.2), 4756), sha256(convert_to(%(label)s, 'UTF8')))",
        [{"key": key, "label": label} for key, label in rows],
    )


def outcome(conn: psycopg.Connection, release: releases.Release, kind: str, keys: Sequence[str]) -> None:
    """Say, as the row check would, that rules failed for these keys of `THING`."""
    conn.cursor().executemany(
        "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian) "
        "values ('thing', %s, %s, %s, '{T01}', 'Cơ quan thử nghiệm')",
        [(key, release.release_id, kind) for key in keys],
    )


def run_release(*datasets: Dataset) -> int:
    """Open, stage and publish; the id of the release."""
    release = releases.open_release({})
    for dataset in datasets or (THING,):
        releases.stage(release, dataset)
    releases.publish(release)
    return release.release_id


def rows(conn: psycopg.Connection, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return conn.execute(query, parameters).fetchall()


def served(conn: psycopg.Connection, source: str = "shared.thing") -> dict[str, tuple[str, bool]]:
    """What a view or function serves of `THING`: label and is_held by key."""
    return {key: (label, held) for key, label, held in rows(conn, f"select thing_key, label, is_held from {source}")}


def good(**labels: str) -> dict[str, tuple[str, bool]]:
    """The rows a reader should see when none is held."""
    return {key: (label, False) for key, label in labels.items()}
