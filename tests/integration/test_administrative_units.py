"""Administrative units before and after 2025-07-01, from the real lists through the real extract and build."""

import unicodedata
from collections.abc import Iterator

import pytest

from connectors.landing import extract
from infra.cluster import Cluster
from tests.integration.built_land import ask, dbt, land_warehouse

SELECTED = ("path:models/staging/administrative_units", "path:models/intermediate/administrative")
SELECTED += ("path:models/marts/administrative", "path:seeds/administrative")
UNIT_ON = """
select full_name from warehouse.administrative_unit
where code = %s and %s::date between valid_from and coalesce(valid_to, 'infinity'::date)
"""


@pytest.fixture(scope="module", autouse=True)
def _built_units(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with land_warehouse(cluster, "warehouse_of_units", tmp_path_factory.mktemp("units")):
        extract("administrative_units")
        dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious", "--select", *SELECTED)
        yield


def test_every_unit_of_both_lists_is_there():
    counts = ask("select level, valid_to is null, count(*) from warehouse.administrative_unit group by 1, 2")
    assert {(level, today): count for level, today, count in counts} == {
        ("province", False): 63,
        ("district", False): 696,
        ("commune", False): 10_035,
        ("province", True): 34,
        ("commune", True): 3_321,
    }


def test_a_recycled_code_means_another_unit_on_each_side_of_the_reform():
    assert ask(UNIT_ON, "00004", "2025-06-30") == [("Phường Trúc Bạch",)]
    assert ask(UNIT_ON, "00004", "2025-07-01") == [("Phường Ba Đình",)]


def test_names_are_nfc_without_control_characters_and_say_when_they_were_repaired():
    names = [name for (name,) in ask("select full_name from warehouse.administrative_unit")]
    assert all(name == unicodedata.normalize("NFC", name).strip() and name.isprintable() for name in names)
    repaired = dict(
        ask("select code, full_name from warehouse.administrative_unit where name_repaired and valid_to is null")
    )
    assert repaired["00070"] == "Phường Hoàn Kiếm"


def test_every_old_unit_has_successors_and_every_new_commune_an_origin():
    assert ask(
        """
        select count(*) from warehouse.administrative_unit as unit
        where level <> 'district' and valid_to is not null
            and not exists (select from warehouse.administrative_unit_change where old_code = unit.code)
            or level <> 'district' and valid_to is null
            and not exists (select from warehouse.administrative_unit_change where new_code = unit.code)
        """
    ) == [(0,)]


def test_divided_communes_have_no_share_and_all_others_go_whole():
    rows = ask(
        "select kind, count(distinct old_code), min(area_share) from warehouse.administrative_unit_change group by 1"
    )
    found = {kind: (count, share) for kind, count, share in rows}
    assert found["SPLIT_PART"][1] is None
    assert found["SPLIT_PART"][0] == 471
    assert {share for kind, (_, share) in found.items() if kind != "SPLIT_PART"} == {1}
    assert found.keys() == {"SAME", "RENAMED", "MERGED", "SPLIT_PART"}


def test_blank_and_corrected_codes_are_found_by_name():
    rows = ask(
        "select old_code, new_code from warehouse.administrative_unit_change where method = 'OFFICIAL_LIST_BY_NAME'"
    )
    islands = {("318", "11948"), ("471", "19742"), ("498", "20333"), ("536", "21548"), ("755", "26732")}
    assert islands <= set(rows)
    assert {new for _, new in set(rows) - islands} == {"06978"}


def test_each_new_commune_names_the_resolution_that_made_it():
    assert ask(
        """
        select count(*), count(distinct resolution_number) from warehouse.administrative_unit
        where level = 'commune' and valid_to is null and resolved_on = '2025-06-16' and resolution_number ~ '^16'
        """
    ) == [(3_321, 34)]


def test_boundaries_are_in_vn2000_and_lie_where_their_province_is():
    assert ask(
        """
        select count(*) from warehouse.administrative_unit as commune
        inner join warehouse.administrative_unit as province
            on province.code = commune.parent_code and province.valid_to is null
        where commune.level = 'commune' and st_srid(commune.geom) = 4756
            and st_intersects(province.geom, st_pointonsurface(commune.geom))
        """
    ) == [(129,)]
