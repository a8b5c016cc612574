"""Contracts: what is refused, and that what is derived from them is up to date."""

import shutil
from datetime import timedelta

import pytest
import yaml

from connectors.contracts import load_contract, load_contracts
from connectors.dbt_sources import write_sources
from connectors.errors import ContractInvalid
from connectors.settings import project_root

TABLE = {
    "source": "t.csv",
    "meaning": "Things.",
    "key": ["id"],
    "mode": "snapshot",
    "columns": {"id": {"type": "bigint", "nullable": False, "meaning": "id"}},
    "freshness": {"warn": "P1D", "stop": "P2D"},
}

SERIES = {"by": "symbol", "time": "time", "value": ["value"], "behind": "id", "run": "run"}


def contract(**changes):
    whole = {
        "system": "things",
        "title": {"vi": "Vật", "en": "Things"},
        "owner": {"agency": "Sở"},
        "legal_basis": "none",
        "access": {"kind": "files", "connection": "things"},
        "schedule": "0 1 * * *",
        "timezone": "Asia/Ho_Chi_Minh",
        "tables": {"thing": TABLE},
    }
    return whole | changes


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    folder = tmp_path / "connectors" / "sources"
    folder.mkdir(parents=True)

    def write(text):
        text = text if isinstance(text, str) else yaml.safe_dump(text, allow_unicode=True)
        (folder / "things.yml").write_text(text, encoding="utf-8")

    return write


def test_project_contracts_load_and_name_every_personal_column():
    contracts = load_contracts()
    assert set(contracts) >= {"land_registry", "mineral_cadastre", "monitoring_feed", "air_observations"}
    party = contracts["land_registry"].table("party")
    assert {c.name for c in party.columns if c.personal != "none"} == {
        "hoten", "sogiayto", "ngaysinh", "dienthoai", "diachi", "masothue",
    }  # fmt: skip
    assert party.mark.overlap == timedelta(hours=1)
    assert contracts["land_registry"].partition_names == ("35", "36", "37")


def test_a_good_contract_loads(write):
    write(contract())
    assert load_contract("things").table("thing").column_names == ("id",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tables": {"thing": TABLE | {"key": ["nothing"]}}}, "nothing is used but not among the columns"),
        ({"tables": {"thing": TABLE | {"columns": {"id": {"type": "bigint", "meaning": "id"}}}}}, "nullable: false"),
        ({"tables": {"thing": TABLE | {"columns": {"id": {"type": "number", "meaning": "id"}}}}}, "is not one of text"),
        ({"tables": {"thing": TABLE | {"colour": "red"}}}, "Extra inputs"),
        ({"tables": {"thing": TABLE | {"format": {"series": SERIES}}}}, "run, symbol, time, value is used but not"),
        ({"tables": {"thing": TABLE | {"mode": "changes"}}}, "mode changes needs a mark"),
        ({"tables": {"thing": TABLE | {"mode": "append"}}}, "append is for kind sftp_lines"),
        ({"tables": {"thing": TABLE | {"geometry": {"column": "geom", "type": "Point"}}}}, "exactly one of srid"),
        ({"partitions": {"column": "office", "values": {"1": "One"}}}, "office is not in it"),
        ({"partitions": {"column": "id", "values": {"../x": "One"}}}, "a partition value is letters"),
        ({"system": "other"}, "must say `system: things`"),
    ],
)
def test_a_bad_contract_says_what_is_wrong(write, changes, said):
    write(contract(**changes))
    with pytest.raises(ContractInvalid) as caught:
        load_contract("things")
    assert said in caught.value.found
    assert caught.value.where.endswith("things.yml")


def test_a_repeated_column_is_refused(write):
    text = yaml.safe_dump(contract(), allow_unicode=True)
    line = next(line for line in text.splitlines() if line.strip() == "id:")
    write(text.replace(line, f"{line}\n        meaning: once\n        type: text\n{line}", 1))
    with pytest.raises(ContractInvalid, match="id stands twice"):
        load_contract("things")


def test_an_unknown_system_is_refused_without_leaving_the_folder(write):
    with pytest.raises(ContractInvalid):
        load_contract("../../etc/passwd")


def test_rows_are_read_anew_when_their_shape_changes_but_not_for_a_new_ceiling(write):
    write(contract())
    before = load_contract("things").table("thing").shape_sha256
    write(contract(tables={"thing": TABLE | {"volume": {"min_rows": 5}}}))
    assert load_contract("things").table("thing").shape_sha256 == before
    write(contract(tables={"thing": TABLE | {"source": "u.csv"}}))
    assert load_contract("things").table("thing").shape_sha256 != before


def test_dbt_sources_say_what_the_contracts_say():
    assert write_sources(check=True) == []


def test_drift_of_the_dbt_sources_is_found_and_mended(tmp_path, monkeypatch):
    for folder in ("connectors/sources", "dbt_project/models/staging"):
        shutil.copytree(project_root() / folder, tmp_path / folder)
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    path = tmp_path / "connectors/sources/mineral_cadastre.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("zone id", "id of the zone"), encoding="utf-8")
    with pytest.raises(ContractInvalid, match="_mineral_cadastre__sources"):
        write_sources(check=True)
    assert [p.name for p in write_sources()] == ["_mineral_cadastre__sources.yml"]
    assert write_sources(check=True) == []
