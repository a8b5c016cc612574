"""A small dataset for the tests of row check and gate: its relation, its rulebook, and the steps of a release."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from connectors.warehouse import releases
from connectors.warehouse.releases import Release
from expectations.gate import gate
from expectations.row_check import RowCheck, check_rows
from expectations.rules import Rulebook, load_rulebook
from expectations.verdicts import Verdict

RELATION = """
create table warehouse.well (
    well_key text, depth_m numeric, kind text, permit_no text, depth_limit_m numeric, row_hash bytea
)
"""
HEADER: dict[str, Any] = {
    "dataset": "well",
    "title": {"vi": "Giếng", "en": "Wells"},
    "relation": "warehouse.well",
    "key": ["well_key"],
    "owner": "Sở Nông nghiệp và Môi trường",
    "sources": ["well_register.well"],
    "facts": ["depth_limit_m"],
    "guards": {"max_held_share": 0.9, "max_shrink": 0.5},
}


def rule(rule_id: str, predicate: str | None = None, **fields: Any) -> dict[str, Any]:
    """A rule as it stands in a rulebook."""
    body: dict[str, Any] = {
        "id": rule_id,
        "severity": "hold",
        "columns": ["depth_m"],
        "legal_basis": "Luật Tài nguyên nước 28/2023/QH15",
        "message": {"vi": "Không đạt.", "en": "Fails."},
    }
    return body | ({"predicate": predicate} if predicate else {}) | fields


@dataclass
class Wells:
    """The dataset `well` in a fresh warehouse."""

    builder: psycopg.Connection
    owner: psycopg.Connection
    project: Path

    def write_rules(self, *rules: dict[str, Any], **header: Any) -> Rulebook:
        """Writes the rulebook and answers it."""
        content = HEADER | header | {"rules": list(rules)}
        path = self.project / "expectations" / "rules" / "well.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return load_rulebook("well")

    def put(self, key: str, depth: float | None = 10, kind: str | None = "drilled", **columns: Any) -> None:
        """Inserts or replaces one row of the relation."""
        values = {"permit_no": key, "depth_limit_m": 100} | columns
        content = f"{depth}{kind}{values['permit_no']}".encode()
        self.builder.execute("delete from warehouse.well where well_key = %s", (key,))
        self.builder.execute(
            "insert into warehouse.well values (%s, %s, %s, %s, %s, sha256(%s))",
            (key, depth, kind, values["permit_no"], values["depth_limit_m"], content),
        )

    def check(self, rulebook: Rulebook, release: Release | None = None) -> tuple[Release, RowCheck]:
        """Opens a release unless one is given, and checks the rows."""
        release = release or releases.open_release({})
        return release, check_rows(rulebook, release)

    def judge(self, rulebook: Rulebook) -> tuple[Release, Verdict]:
        """Check, stage and gate."""
        release, _ = self.check(rulebook)
        releases.stage(release, rulebook.dataset)
        return release, gate(release)

    def publish(self, rulebook: Rulebook) -> Release:
        """A whole release, which must pass."""
        release, verdict = self.judge(rulebook)
        assert verdict.is_open, verdict.closed_by
        releases.publish(release)
        return release

    def outcomes(self, release: Release) -> dict[str, tuple[str, list[str]]]:
        """What the row check found: outcome and rules by key."""
        rows = self.owner.execute(
            "select record_key, outcome, rule_ids from quality.row_outcome where release_id = %s", (release.release_id,)
        )
        return {key: (outcome, ids) for key, outcome, ids in rows}
