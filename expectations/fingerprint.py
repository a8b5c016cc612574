"""What a release was made of: if it equals that of the last published release, there is nothing to publish.

Raw data by the number of the last change per table, the definitions (models, seeds, macros, rules) by the hash
of their content, and today's date, because validity and status depend on it.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.settings import project_root
from connectors.warehouse.lease import open_transaction

Fingerprint = dict[str, Any]
_TODAY_IN = ZoneInfo("Asia/Ho_Chi_Minh")  # as macros/build_date.sql has it
_DEFINITIONS = (
    "dbt_project/dbt_project.yml",
    "dbt_project/models",
    "dbt_project/macros",
    "dbt_project/seeds",
    "expectations/rules",
    "expectations/waivers.yml",
)
_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".csv", ".py"})


def read_fingerprint() -> Fingerprint:
    """The fingerprint that a release made now would have."""
    return {
        "raw": _raw_changes(),
        "definitions": definitions_hash(),
        "today": datetime.now(_TODAY_IN).date().isoformat(),
    }


def definitions_hash() -> str:
    """The hash of all models, macros, seeds and rules as they are now."""
    return hash_files(project_root(), _DEFINITIONS)


def hash_files(root: Path, parts: Iterable[str]) -> str:
    """The SHA-256 over names and contents of all definition files below `parts`, in name order."""
    digest = sha256()
    for path in sorted(_definition_files(root, parts)):
        content = sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\t{content}\n".encode())
    return digest.hexdigest()


def _definition_files(root: Path, parts: Iterable[str]) -> Iterable[Path]:
    for part in parts:
        place = root / part
        candidates = [place] if place.is_file() else place.rglob("*")
        yield from (path for path in candidates if path.is_file() and path.suffix in _SUFFIXES)


def _raw_changes() -> dict[str, int]:
    """Per source table the number of the newest change."""
    with open_transaction("fingerprint") as conn:
        rows = conn.execute(
            "select system || '.' || table_name, max(change_no) from raw._batch"
            " where change_no is not null group by 1 order by 1"
        ).fetchall()
    return dict(rows)
