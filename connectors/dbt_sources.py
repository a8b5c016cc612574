"""The dbt `sources` files, derived from the contracts: one per source system, committed, never edited by hand.

`write_sources(check=True)` tells whether they still say what the contracts say. Reading the contracts is in
`contracts.py`; the models that use the sources belong to the dbt project.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from connectors.contracts import ColumnContract, SourceContract, TableContract, load_contracts
from connectors.errors import ContractInvalid
from connectors.settings import project_root

_HEADER = "# Derived from connectors/sources/{system}.yml by `lienthong contracts sync`. Do not edit.\n"
_BOOKKEEPING = {
    "_row_hash": "SHA-256 over the columns of the contract",
    "_batch_id": "batch that wrote the row last, in raw._batch",
    "_change_no": "number of the change that wrote the row last; it grows with every commit to this table",
    "_loaded_at": "time at which the row was loaded as it is",
    "_deleted_at": "time at which the row was no longer at the source; null is live",
}


def write_sources(check: bool = False) -> list[Path]:
    """Writes the sources files that differ from the contracts and answers their paths.

    With `check` nothing is written, and a difference is `ContractInvalid`.
    """
    wanted = {_path(contract.system): sources_text(contract) for contract in load_contracts().values()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if check and stale:
        raise ContractInvalid(
            expected="sources files of dbt that say what the contracts say",
            found=", ".join(str(path.relative_to(project_root())) for path in stale),
            where="dbt_project/models/staging",
            next_step="Run `lienthong contracts sync` and commit the result.",
        )
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return stale


def sources_text(contract: SourceContract) -> str:
    """The sources file of a contract."""
    source = {
        "name": contract.system,
        "schema": "raw",
        "description": f"{contract.title['vi']} ({contract.title['en']}). {contract.owner['agency']}.",
        "config": {"meta": {"legal_basis": contract.legal_basis} | dict(contract.owner.items())},
        "tables": [_table(contract, table) for table in contract.tables],
    }
    body = yaml.safe_dump({"version": 2, "sources": [source]}, allow_unicode=True, sort_keys=False, width=118)
    return _HEADER.format(system=contract.system) + body


def _path(system: str) -> Path:
    return project_root() / "dbt_project" / "models" / "staging" / system / f"_{system}__sources.yml"


def _table(contract: SourceContract, table: TableContract) -> dict[str, Any]:
    # Age is counted from raw._batch: a row's own time says when it changed, not when the source was last read.
    rows = f"from raw._batch where system = '{contract.system}' and table_name = '{table.name}'"
    read_at = f"select min(newest) from (select max(source_as_of) as newest {rows} group by partition) as t"  # noqa: S608
    return {
        "name": table.name,
        "identifier": f"{contract.system}__{table.name}",
        "description": f"{table.meaning} Grain: one row per {', '.join(table.key)} that the source has or had.",
        "config": {
            "loaded_at_query": read_at,
            "freshness": {"warn_after": _hours(table.freshness.warn), "error_after": _hours(table.freshness.stop)},
        },
        "columns": [
            *(_column(column) for column in table.columns),
            *([_geometry(table)] if table.geometry else []),
            *({"name": name, "description": meaning} for name, meaning in _BOOKKEEPING.items()),
        ],
    }


def _column(column: ColumnContract) -> dict[str, Any]:
    unit = f" [{column.unit}]" if column.unit else ""
    shown: dict[str, Any] = {
        "name": column.name,
        "data_type": column.typed.sql,
        "description": f"{column.meaning}{unit}",
        "config": {"meta": {"personal": column.personal, **({"unit": column.unit} if column.unit else {})}},
    }
    # The load itself refuses nulls and repeated keys, so these tests would read every row to learn nothing.
    return shown


def _geometry(table: TableContract) -> dict[str, Any]:
    geometry = table.geometry
    assert geometry is not None
    system = f"EPSG:{geometry.srid}" if geometry.srid else f"the system that {geometry.srid_column} states"
    return {
        "name": geometry.column,
        "data_type": "geometry",
        "description": f"{geometry.type} in {system}, as the source has it",
        "config": {"meta": {"personal": "none"}},
    }


def _hours(age: timedelta) -> dict[str, Any]:
    return {"count": int(age.total_seconds() // 3600), "period": "hour"}
