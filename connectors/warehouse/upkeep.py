"""Nightly care for the tables: space of dead rows given back, statistics renewed. Removing versions: `collect.py`."""

from psycopg import sql

from connectors.warehouse.connect import connect, translated

# What dbt builds (staging, intermediate, warehouse) is made anew or analysed by the build itself.
SCHEMAS = ["raw", "release", "quality", "audit"]
_TABLES = """
select n.nspname, c.relname
from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'p') and not c.relispartition and n.nspname = any(%s) order by 1, 2
"""


def vacuum_analyze() -> int:
    """Vacuum and analyze every table that keeps data between releases; their number. Readers are never blocked."""
    with translated("vacuum"), connect("owner", autocommit=True) as conn:
        tables = conn.execute(_TABLES, (SCHEMAS,)).fetchall()
        for name in tables:
            conn.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier(*name)))
    return len(tables)
