"""The drop folder of cadastral exports: two formats and encodings in one contract, deliveries that are not whole."""

from datetime import date
from pathlib import Path

import pyogrio
import pytest

from connectors.errors import ContractBroken, SourceUnavailable
from connectors.landing import extract
from infra.demo.exported_communes import load_exported
from infra.demo.land_exports import make_exports, write_exports


@pytest.fixture
def folder(tmp_path, warehouse, monkeypatch) -> Path:
    made = tmp_path / "drop"
    write_exports(made, make_exports(0.05, seed=5, today=date(2026, 11, 20)))
    monkeypatch.setenv("LIENTHONG_CONN_LAND_EXPORTS", made.as_uri())
    return made


def counts(system="land_exports"):
    return {batch.table_name: (batch.inserted, batch.updated, batch.rejected) for batch in extract(system)}


def test_exports_arrive_in_unicode_and_in_the_zone_of_their_province(folder, warehouse):
    first = counts()
    assert first["parcel_kim_boi"][0] >= 80 and first["parcel_lac_thuy"][0] >= 45
    for export, communes in load_exported().items():
        with warehouse.connect() as conn:
            rows = conn.execute(
                f"select ten_xa, ma_xa, st_srid(geom), ten_chu from raw.land_exports__parcel_{export}"
            ).fetchall()
        names = {commune.name for commune in communes}
        assert {row[0] for row in rows} == names
        assert {row[1] for row in rows} <= {code for c in communes for code in (c.code, *c.old_codes)}
        assert {row[2] for row in rows} == {9211}
        assert all(" " in row[3] and row[3].isprintable() for row in rows)
    assert counts() == {"parcel_kim_boi": (0, 0, 0), "parcel_lac_thuy": (0, 0, 0)}


def test_a_change_in_the_attributes_alone_of_a_shapefile_is_seen(folder):
    counts()
    table = (folder / "lac_thuy.dbf").read_bytes()
    assert table.count(b"ONT ") > 0
    (folder / "lac_thuy.dbf").write_bytes(table.replace(b"TMD", b"SKC").replace(b"ONT ", b"ODT "))
    assert counts()["parcel_lac_thuy"][1] > 0


def test_a_row_in_another_encoding_is_rejected_with_its_reason(folder, warehouse):
    path = folder / "kim_boi.gpkg"
    rows = pyogrio.read_dataframe(path)
    rows.loc[0, "TENXA"] = "Xã Kim Bôi bằng Unicode"
    path.unlink()
    pyogrio.write_dataframe(rows, path, layer="thua_dat", driver="GPKG")
    assert counts()["parcel_kim_boi"][2] == 1
    with warehouse.connect() as conn:
        assert conn.execute("select reason from raw._rejected").fetchall() == [("ten_xa does not fit text",)]


def test_half_a_delivery_loads_nothing(folder):
    counts()
    (folder / "lac_thuy.dbf").unlink()
    with pytest.raises(SourceUnavailable, match=r"lac_thuy\.dbf beside lac_thuy\.shp"):
        extract("land_exports")


def test_a_column_that_is_gone_stops_the_load(folder):
    rows = pyogrio.read_dataframe(folder / "kim_boi.gpkg").drop(columns=["DTPHAPLY"])
    (folder / "kim_boi.gpkg").unlink()
    pyogrio.write_dataframe(rows, folder / "kim_boi.gpkg", layer="thua_dat", driver="GPKG")
    with pytest.raises(ContractBroken, match="dien_tich_phap_ly"):
        extract("land_exports")
