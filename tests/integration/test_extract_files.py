"""Files as a source: the project's real lists, a real dirty register, and files that are not what they say."""

import shutil
from pathlib import Path

import pytest

from connectors.errors import AnswerNotData, ContractBroken, ContractInvalid, ShrunkTooFar, SourceUnavailable
from connectors.landing import extract
from connectors.raw_files import read_rows
from connectors.settings import project_root, raw_dir
from tests.integration.extract_world import World, table

LISTS = project_root() / "infra" / "data" / "administrative_units"


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch):
    made = World(tmp_path / "project", warehouse, monkeypatch)
    made.folder = tmp_path / "files"
    made.folder.mkdir()
    made.contract(made.folder.as_uri(), kind="files", tables={"thing": table(source="things.csv")})
    return made


def write(world, text, name="things.csv"):
    (world.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def test_real_lists_of_units_are_loaded_once(warehouse, monkeypatch):
    monkeypatch.setenv("LIENTHONG_CONN_ADMINISTRATIVE_UNITS", LISTS.as_uri())
    counts = {batch.table_name: batch.inserted for batch in extract("administrative_units")}
    assert counts == {
        "unit_2025": 3355, "legacy_ward": 10035, "legacy_district": 696, "crosswalk": 10602, "resolution": 3321,
        "province_boundary": 34, "commune_boundary": 129,
    }  # fmt: skip
    assert all(batch.rows_read == 0 for batch in extract("administrative_units"))
    with warehouse.connect() as conn:
        blank = "select count(*) from raw.administrative_units__crosswalk where old_code is null"
        assert conn.execute(blank).fetchone() == (5,)


def test_raw_files_are_private_complete_and_geoparquet(warehouse, monkeypatch, tmp_path):
    import geopandas

    monkeypatch.setenv("LIENTHONG_CONN_ADMINISTRATIVE_UNITS", LISTS.as_uri())
    extract("administrative_units")
    (folder,) = (raw_dir() / "administrative_units" / "commune_boundary" / "all").iterdir()
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {
        "rows.parquet": "0o600", "manifest.json": "0o600",
    }  # fmt: skip
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert sum(batch.num_rows for batch in read_rows(folder)) == 129
    assert geopandas.read_parquet(folder / "rows.parquet").crs.to_epsg() in (4326, None)


@pytest.mark.parametrize("text", ["\ufeffid,name\r\n1,Xã\r\n", "id,name\n1,Xã\n", 'name,id\n"Xã",1\n'])
def test_a_csv_may_have_a_mark_of_order_line_ends_and_columns_of_either_kind(world, text):
    write(world, text)
    extract("things")
    assert world.live() == [(1, "Xã")]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"id,name\n1,\xff\xfe\n", AnswerNotData),
        (b"", AnswerNotData),
        (b"<html><body>Error</body></html>\n", ContractBroken),
        (b"id,title\n1,x\n", ContractBroken),
        (b"id,name\n", ShrunkTooFar),
        (b"id,name\n" + b"x,y\n" * 3, ContractBroken),
    ],
)
def test_a_file_that_is_not_the_list_changes_nothing(world, text, error):
    write(world, "id,name\n1,Xã\n2,Phường\n")
    extract("things")
    write(world, text)
    with pytest.raises(error):
        extract("things")
    assert len(world.live()) == 2


def test_lines_with_too_many_fields_are_rejected_with_their_number(world):
    lines = [f"{number},x" for number in range(1, 200)]
    lines.insert(99, "7,too,many")
    write(world, "id,name\n" + "\n".join(lines) + "\n")
    (batch,) = extract("things")
    assert (batch.inserted, batch.rejected) == (199, 1)
    assert world.rows("select row_ref, reason from raw._rejected") == [("line 101", "3 fields instead of 2")]


def test_a_missing_file_may_come_back_and_a_path_may_not_leave_its_folder(world):
    with pytest.raises(SourceUnavailable):
        extract("things")
    write(world, "id,name\n1,x\n", "../outside.csv")
    world.contract(world.folder.as_uri(), kind="files", tables={"thing": table(source="../outside.csv")})
    with pytest.raises(ContractInvalid):
        extract("things")


def test_a_text_file_named_as_a_geopackage_is_not_opened(world):
    write(world, "<OGRVRTDataSource/>", "things.gpkg")
    world.contract(world.folder.as_uri(), kind="files", tables={"thing": table(source="things.gpkg")})
    with pytest.raises(AnswerNotData, match="other first bytes"):
        extract("things")


def test_real_parcels_of_another_country_arrive_whole(world):
    source = Path(__file__).parent.parent / "fixtures" / "parcels_bubenec" / "parcels.gpkg"
    shutil.copy(source, world.folder)
    parcels = table(
        source="parcels.gpkg",
        format={"layer": "parcel", "rename": {"ID": "id"}, "ignore": ["ID_2", "TYPPPD_KOD", "KATUZE_KOD", "OBEC_KOD"]},
        columns={"id": {"type": "text", "nullable": False, "meaning": "id"}},
        geometry={"column": "geom", "type": "Polygon", "srid": 3857, "extent": [14.3, 50.0, 14.5, 50.2]},
    )
    world.contract(world.folder.as_uri(), kind="files", tables={"thing": parcels})
    (batch,) = extract("things")
    assert batch.inserted == 407
    found = world.rows("select count(*), bool_and(st_isvalid(geom)), min(st_srid(geom)) from raw.things__thing")
    assert found == [(407, True, 3857)]
