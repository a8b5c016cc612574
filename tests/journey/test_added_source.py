"""The README's "How to add a source", done with a real, dirty register of another country and another zone system."""

import shutil
from pathlib import Path

import pytest

from connectors.settings import project_root
from tests.journey.conftest import REFERENCE, Demonstration

FIXTURE = Path(__file__).parent.parent / "fixtures" / "mining_registry_salta"


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the project's contracts, models and rules, with the three files of the new source laid into it."""
    copy = tmp_path / "project"
    for folder in ("connectors/sources", "dbt_project", "expectations/rules"):
        shutil.copytree(
            project_root() / folder, copy / folder, ignore=shutil.ignore_patterns("target", "logs", "__pycache__")
        )
    shutil.copytree(FIXTURE / "added", copy, dirs_exist_ok=True)
    return copy


@pytest.mark.timeout(300)
def test_contract_staging_model_and_rules_are_all_it_takes(project, warehouse):
    new = Demonstration(
        warehouse.home,
        {
            **{f"LIENTHONG_DSN_{role.upper()}": dsn for role, dsn in warehouse.dsns.items()},
            "LIENTHONG_PROJECT": str(project),
            "LIENTHONG_CONN_MINING_REGISTRY_SALTA": FIXTURE.as_uri(),
        },
    )
    new.lienthong("contracts", "sync")
    new.lienthong("extract", "mining_registry_salta")
    new.lienthong("release")
    status = dict(new.rows("select dataset, row_count from shared.dataset_status"))
    # what has a source is left out until that was read; the reference rows of our own have none
    assert status.keys() - REFERENCE == {"mining_registry_salta"}
    published = status["mining_registry_salta"]
    outcomes = dict(
        new.rows("select outcome, count(*) from quality.row_outcome where dataset = 'mining_registry_salta' group by 1")
    )
    rejected = new.rows("select count(*) from raw._rejected")[0][0]
    assert published + outcomes["held"] + rejected == 3500
    found = dict(
        new.rows(
            "select rule_id, count(*) from quality.row_outcome, unnest(rule_ids) as rule_id "
            "where dataset = 'mining_registry_salta' group by 1"
        )
    )
    # 131 rows share 49 file numbers, two have none; 764 corner texts lost more than their last bracket, 11 only that.
    assert found["SA01"] == 131 + 2
    assert found["SA02"] == 253
    assert found["SA03"] == 134
    assert found["SA04"] == 764 + 11
    cut_short = "select count(*) from staging.stg_mining_registry_salta__licence where corner_text not like '%%))'"
    assert new.rows(cut_short)[0][0] == 764
    assert (
        found["SA07"]
        == new.rows("select count(*) from staging.stg_mining_registry_salta__licence where ring_count > 1")[0][0]
        >= 45
    )
    assert new.rows("select count(*) from shared.mining_registry_salta where geom is null")[0][0] == 0
    assert new.rows("select count(*) from shared.mining_registry_salta_at(1)")[0][0] == published
