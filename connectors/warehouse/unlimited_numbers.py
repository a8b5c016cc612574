"""A published number that is given more digits: `numeric(18,6)` in the release, `numeric` in the relation by now.

The one change of a type that takes nothing from a consumer: every number that it held it can still hold. The server
only notes it, so that no version is rewritten and earlier releases answer with the digits that they were served with.
Any other change of a type is refused, in `release_tables.py`.
"""

import psycopg
from psycopg import sql
from psycopg.errors import DependentObjectsStillExist

from connectors.errors import PublishedShapeBroken
from connectors.warehouse.datasets import Dataset
from connectors.warehouse.release_tables import published_columns, read_columns, release_table

_DROPS = (
    "drop function if exists shared.{at}(bigint)",
    "drop view if exists shared.{version}",
    "drop view if exists shared.{name}",
    "drop view if exists preview.{name}",
)


def columns_to_lift(conn: psycopg.Connection, dataset: Dataset) -> list[str]:
    """The columns that are numbers of any length in the relation, and of limited length in the release."""
    kept = {c.name: c.type for c in read_columns(conn, f"release.{dataset.name}")}
    return [
        c.name
        for c in published_columns(conn, dataset)
        if c.type == "numeric" and kept.get(c.name, "").startswith("numeric(")
    ]


def lift_limits(conn: psycopg.Connection, dataset: Dataset, columns: list[str]) -> None:
    """Give the columns of the release table any length; its views are gone afterwards, and have to be made again.

    A view keeps the types that it was made with, so that it stands in the way. In one transaction with the views that
    follow, readers wait for milliseconds and see no gap.
    """
    names = {
        "name": sql.Identifier(dataset.name),
        "version": sql.Identifier(f"{dataset.name}_version"),
        "at": sql.Identifier(f"{dataset.name}_at"),
    }
    try:
        for statement in _DROPS:
            conn.execute(sql.SQL(statement).format(**names))
    except DependentObjectsStillExist as error:
        raise PublishedShapeBroken(
            expected=f"nothing that stands on the views of {dataset.name} but the views themselves",
            found=(error.diag.message_detail or str(error)).strip(),
            where=f"shared.{dataset.name}, whose {', '.join(columns)} get more digits",
            next_step="Drop what stands on them, run again, and make it anew.",
        ) from error
    for column in columns:
        conn.execute(
            sql.SQL("alter table {} alter column {} type numeric").format(
                release_table(dataset.name), sql.Identifier(column)
            )
        )
    conn.execute("update release.dataset set views_sha256 = null where dataset = %s", (dataset.name,))
