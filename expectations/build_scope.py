"""How much a build has to make again: everything, or only what stands on source tables that changed since.

The warehouse remembers what its last complete build was made of. A build first makes it forget that: one that ends
half-way, or fails a test, is followed by a build of everything. How dbt is run is in `build.py`.
"""

import json
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from connectors.settings import project_root
from connectors.warehouse.lease import open_transaction
from expectations.fingerprint import Fingerprint, hash_files

_SOURCE = "source"


def changed_sources(made_of: Fingerprint, *, manifest: Path) -> frozenset[str] | None:
    """The source tables (`system.table`) that changed since the last complete build; None: build everything.

    `made_of` says what a build now would be made of; `manifest` is what dbt wrote at its last build. Everything is
    built on another day, with other definitions, and when a changed table is not known to dbt as a source: who reads
    it cannot be told then.
    """
    built = _last_build()
    now = made_of | {"contracts": _contracts()}
    if built is None or _without_raw(built) != _without_raw(now) or not manifest.exists():
        return None
    changed = frozenset(name for name, number in now["raw"].items() if built["raw"].get(name) != number)
    return changed if changed <= _sources_in(manifest) and built["raw"].keys() <= now["raw"].keys() else None


def forget_build() -> None:
    """From now on the warehouse counts as half-built; committed at once."""
    with open_transaction("note of the last build") as conn:
        conn.execute("delete from release.last_build")


def remember_build(made_of: Fingerprint) -> None:
    """The warehouse is complete and made of this."""
    with open_transaction("note of the last build") as conn:
        conn.execute("delete from release.last_build")
        conn.execute("insert into release.last_build values (%s)", (Jsonb(made_of | {"contracts": _contracts()}),))


def _last_build() -> Fingerprint | None:
    with open_transaction("note of the last build") as conn:
        row = conn.execute("select fingerprint from release.last_build").fetchone()
    return row[0] if row else None


def _contracts() -> str:
    return hash_files(project_root(), ("connectors/sources",))


def _without_raw(fingerprint: Fingerprint) -> dict[str, Any]:
    return {name: value for name, value in fingerprint.items() if name != "raw"}


def _sources_in(manifest: Path) -> frozenset[str]:
    names = json.loads(manifest.read_text(encoding="utf-8"))["sources"]
    return frozenset(".".join(name.split(".")[2:]) for name in names if name.startswith(f"{_SOURCE}."))
