"""Files as a source: the project's real lists, a real dirty register, and files that are not what they say."""

import io
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
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


def real_parcels(world):
    """407 parcels of Prague in the drop folder, and the contract of their file."""
    source = Path(__file__).parent.parent / "fixtures" / "parcels_bubenec" / "parcels.gpkg"
    shutil.copy(source, world.folder)
    parcels = table(
        source="parcels.gpkg",
        format={"layer": "parcel", "rename": {"ID": "id"}, "ignore": ["ID_2", "TYPPPD_KOD", "KATUZE_KOD", "OBEC_KOD"]},
        columns={"id": {"type": "text", "nullable": False, "meaning": "id"}},
        geometry={"column": "geom", "type": "Polygon", "srid": 3857, "extent": [14.3, 50.0, 14.5, 50.2]},
    )
    world.contract(world.folder.as_uri(), kind="files", tables={"thing": parcels})
    return world.folder / "parcels.gpkg"


def test_a_ring_that_is_not_closed_arrives_as_the_line_it_is(world):
    file = real_parcels(world)
    with closing(sqlite3.connect(file)) as layer, layer:
        for (trigger,) in layer.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            layer.execute(f'drop trigger "{trigger}"')
        fid, geom = layer.execute("select fid, geom from parcel order by fid limit 1").fetchone()
        moved = np.frombuffer(geom[-16:]) + 0.5
        layer.execute("update parcel set geom = ? where fid = ?", (geom[:-16] + moved.tobytes(), fid))
    (batch,) = extract("things")
    assert (batch.inserted, batch.rejected) == (407, 0)
    last = "st_endpoint(st_geometryn(geom, st_numgeometries(geom)))"
    found = world.rows(f"select st_x({last}), st_y({last}) from raw.things__thing where st_dimension(geom) = 1")
    assert found == [tuple(moved)]


def test_real_parcels_of_another_country_arrive_whole(world):
    real_parcels(world)
    (batch,) = extract("things")
    assert batch.inserted == 407
    found = world.rows("select count(*), bool_and(st_isvalid(geom)), min(st_srid(geom)) from raw.things__thing")
    assert found == [(407, True, 3857)]


def workbook(world, rows, sheet="Toa do", name="things.xlsx"):
    frame = pd.DataFrame(rows, columns=["Mã", "Tên"])
    pyogrio.write_dataframe(frame, world.folder / name, layer=sheet, driver="XLSX")


def test_a_sheet_of_a_workbook_is_read_as_text_and_fitted(world):
    columns = {"id": {"type": "bigint", "nullable": False, "meaning": "id"}, "name": {"type": "text", "meaning": "x"}}
    layout = {"layer": "Toa do", "rename": {"Mã": "id", "Tên": "name"}}
    world.contract(
        world.folder.as_uri(), kind="files",
        tables={"thing": table(source="things.xlsx", format=layout, columns=columns)},
    )  # fmt: skip
    workbook(world, [[1, "2.345.678,12"], [2, "Mỏ đá"], [3, None]])
    extract("things")
    assert world.live() == [(1, "2.345.678,12"), (2, "Mỏ đá"), (3, None)]
    assert extract("things")[0].rows_read == 0
    good = (world.folder / "things.xlsx").read_bytes()
    (world.folder / "things.xlsx").unlink()
    workbook(world, [[1, "x"]], sheet="Khác")
    # a workbook that would read well, with a member that unpacks to a thousand times its size
    bomb = io.BytesIO(good)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.bin", b" " * 40_000_000)
    for content in ((world.folder / "things.xlsx").read_bytes(), b"PK not a workbook", bomb.getvalue(), good[:900]):
        write(world, content, "things.xlsx")
        with pytest.raises(AnswerNotData):
            extract("things")
    assert len(world.live()) == 3
