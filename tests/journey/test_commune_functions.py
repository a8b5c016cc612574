"""What a commune code meant and means: `shared.commune_on` and `shared.commune_today`, as procedure systems ask."""

import csv
import re

import psycopg
import pytest

from connectors.settings import project_root
from connectors.warehouse.vn2000 import ZONES_FILE

READER = "LIENTHONG_DSN_PROCEDURE_READER"
DDL = project_root() / "connectors" / "warehouse" / "ddl" / "100_administrative_functions.sql"
# An old commune of Hà Nam that went into two of today's, both with a boundary.
DIVIDED, ONE, OTHER = "13285", "13285", "13366"


def commune_on(demonstration, *values):
    query = "select full_name, province_full_name, valid_to::text from shared.commune_on(%s, %s)"
    return demonstration.rows(query, *values, setting=READER)


def commune_today(demonstration, code, day, shape="null"):
    query = f"select commune_code, kind, area_share, decided_by, reason from shared.commune_today(%s, %s, {shape})"
    return demonstration.rows(query, code, day, setting=READER)


def inside(code: str) -> str:
    """SQL: a point inside a commune of today."""
    unit = f"(select u.geom from shared.administrative_unit as u where u.code = '{code}' and u.valid_to is null)"
    return f"st_pointonsurface({unit})"


def test_a_recycled_code_is_another_commune_on_each_side_of_the_reform(demonstration):
    assert commune_on(demonstration, "00004", "2025-06-30") == [("Phường Trúc Bạch", "Thành phố Hà Nội", "2025-06-30")]
    assert commune_on(demonstration, "00004", "2025-07-01") == [("Phường Ba Đình", "Thành phố Hà Nội", None)]
    # in force on both sides of the reform: only the island district, which had no communes
    assert commune_on(demonstration, "318", "2025-06-30")[0][0] == "Huyện Bạch Long Vĩ"
    assert commune_on(demonstration, "99999", "2025-07-01") == []


def test_a_whole_commune_is_told_by_its_code(demonstration):
    assert commune_today(demonstration, "00004", "2025-06-30") == [("00004", "MERGED", 1, "CODE", None)]
    assert commune_today(demonstration, "00004", "2025-07-01") == [("00004", "SAME", 1, "CODE", None)]
    assert commune_today(demonstration, "318", "2025-06-30") == [("11948", "RENAMED", 1, "CODE", None)]


def test_a_divided_commune_is_told_by_geometry_or_not_at_all(demonstration):
    both = [(code, "SPLIT_PART", None, "UNDECIDED") for code in (ONE, OTHER)]
    asked = [commune_today(demonstration, DIVIDED, "2025-06-30", shape) for shape in (
        "null", "st_setsrid(st_makepoint(105, 10), 4756)", f"st_buffer({inside(OTHER)}, 0.1)",
    )]  # fmt: skip
    assert [[row[:4] for row in rows] for rows in asked] == [both] * 3
    assert [rows[0][4] for rows in asked] == ["NO_GEOMETRY", "OUTSIDE_ALL", "ON_SEVERAL"]
    decided = [(OTHER, "SPLIT_PART", None, "GEOMETRY", None)]
    point, polygon = inside(OTHER), f"st_buffer({inside(OTHER)}, 0.0001)"
    elsewhere = [f"st_transform({point}, 4326)", f"st_transform({polygon}, 9209)", f"st_transform({point}, 5897)"]
    for shape in (point, polygon, *elsewhere):
        assert commune_today(demonstration, DIVIDED, "2025-06-30", shape) == decided, shape


def test_all_divided_communes_answer_with_every_candidate(demonstration):
    wrong = demonstration.rows(
        """
        with divided as (
            select old_code, array_agg(new_code order by new_code) as new_codes
            from shared.administrative_unit_change where kind = 'SPLIT_PART' group by 1
        )
        select count(*), count(*) filter (where new_codes is distinct from (
            select array_agg(commune_code order by commune_code)
                filter (where decided_by = 'UNDECIDED' and area_share is null)
            from shared.commune_today(old_code, '2025-06-30')
        )) from divided
        """,
        setting=READER,
    )
    assert wrong == [(471, 0)]


def test_a_kept_release_answers_and_another_does_not(demonstration):
    query = "select full_name from shared.commune_on('00004', '2025-06-30', %s)"
    assert demonstration.rows(query, demonstration.release_id(), setting=READER) == [("Phường Trúc Bạch",)]
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="never published"):
        demonstration.rows(query, 9_999, setting=READER)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("commune_on('4', '2025-07-01')", "five digits"),
        ("commune_on(null, '2025-07-01')", "five digits"),
        ("commune_on('00004', null)", "expected a date.*Phường Trúc Bạch.*Phường Ba Đình"),
        ("commune_today('00004', null)", "expected a date"),
        ("commune_on('00004', 'infinity')", "expected a day"),
        ("commune_on('00004', '1999-01-01')", "expected a date from 2004-07-08"),
        ("commune_on('001', '2025-06-30')", "form of a district"),
        ("commune_today('13285', '2025-06-30', 'linestring(105 20, 106 21)')", "point or polygon"),
        ("commune_today('13285', '2025-06-30', 'srid=4756;polygon empty')", "empty"),
        ("commune_today('13285', '2025-06-30', 'point(105.9 20.5)')", "SRID 0"),
        ("commune_today('13285', '2025-06-30', 'srid=32648;point(500000 2270000)')", "SRID 32648"),
        ("commune_today('13285', '2025-06-30', 'srid=4756;point(20.5 105.9)')", "in Vietnam"),
        ("commune_today('13285', '2025-06-30', 'srid=9209;point(2270000 540000)')", "easting 166000"),
        ("commune_today('13285', '2025-06-30', 'srid=4756;polygon((105 20,106 21,106 20,105 21,105 20))')", "valid"),
    ],
)
def test_a_malformed_question_is_an_error_that_says_what_is_accepted(demonstration, question, answer):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=answer):
        demonstration.rows(f"select * from shared.{question}", setting=READER)


def test_the_zones_that_the_functions_accept_are_those_of_the_warehouse():
    listed = re.search(r"zones constant integer \[\] := array\[([0-9,\s]+)\]", DDL.read_text(encoding="utf-8"))
    with ZONES_FILE.open(encoding="utf-8", newline="") as file:
        assert {int(code) for code in listed[1].split(",")} == {int(row["epsg"]) for row in csv.DictReader(file)}
