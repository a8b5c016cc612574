"""Administrative units before and after 2025-07-01, and the VN-2000 zones in which their parcels are stated.

The real lists through the real extract and build; synthetic parcels (`stated_zones`) against all zones.
"""

import unicodedata
from collections.abc import Iterator

import pytest

from connectors.landing import extract
from expectations.rules import load_rulebook
from infra.cluster import Cluster
from tests.integration.built_land import ask, dbt, land_warehouse
from tests.integration.stated_zones import LEFT_OUT, NOT_LISTED, state_parcels_in_every_zone, state_sites_in_every_zone

SELECTED = ("path:models/staging/administrative_units", "path:models/intermediate/administrative")
SELECTED += ("path:models/marts/administrative", "path:seeds/administrative", "+int_parcel_located")
SELECTED += ("+facility", "+monitoring_station", "+mineral_licence")
PLACE_RULES = {"L05", "L12", "L13", "V01", "V02", "V03", "V04", "V05", "V06", "V07", "V09", "V10"}
SITE_RULES = {
    "facility": {"F02", "F08", "F09", "F10", "F12"},
    "monitoring_station": {"S02", "S09", "S10", "S11", "S13"},
    "mineral_licence": {"M04", "M16", "M37", "M38", "M40"},
}
UNIT_ON = """
select full_name from warehouse.administrative_unit
where code = %s and %s::date between valid_from and coalesce(valid_to, 'infinity'::date)
"""


@pytest.fixture(scope="module", autouse=True)
def _built_units(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with land_warehouse(cluster, "warehouse_of_units", tmp_path_factory.mktemp("units")):
        extract("administrative_units")
        state_parcels_in_every_zone()
        state_sites_in_every_zone()
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
    # a count of the list by code gives 472: one of them is blank, of the five island districts that had no communes
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


def test_provinces_and_communes_of_today_know_their_zones_and_their_ground():
    assert ask(
        """
        select count(distinct unit.unit_code), count(distinct zone.source_code), count(distinct area.commune_code)
        from intermediate.int_administrative_unit_listed as unit
        left join intermediate.int_commune_zone as zone
            on unit.unit_code = zone.source_code and unit.valid_from = zone.valid_from
        left join intermediate.int_commune_area as area on unit.unit_code = area.commune_code
        where unit.unit_level = 'commune' and unit.valid_to is null
        """
    ) == [(3_321, 3_321, 3_321)]
    # old Hà Nam surveyed in 105°30', today's Ninh Bình does in 105°00'
    assert ask("select epsg, is_former from intermediate.int_commune_zone where source_code = '13285' order by 1") == [
        *[(5897, False)] * 2,
        *[(9209, True)] * 2,
    ]


def failing(severity: str, dataset: str = "land_parcel", ids: set[str] = PLACE_RULES) -> str:
    """SQL: whether a row fails one of the rules about its place and zone of that severity."""
    rules = [r for r in load_rulebook(dataset).rules if r.id in ids and r.severity == severity]
    return " or ".join(f"({rule.predicate}) is not true" for rule in rules)


def test_no_wrong_zone_is_accepted_in_silence(capsys):
    counts = {
        is_right: rest
        for is_right, *rest in ask(
            f"""
            with placed as (
                select
                    parcel.registry_office_code::integer as true_srid, parcel.source_srid, parcel.sheet_no, located.*,
                    shape.placed_srid, shape.coordinate_error, shape.axes_swapped, shape.is_geometry_empty
                from intermediate.int_parcel_collected as parcel
                inner join intermediate.int_parcel_located as located using (parcel_id)
                inner join intermediate.int_parcel_geometry_repaired as shape using (parcel_id)
            ),
            judged as (
                select *, {failing("hold")} as is_held, {failing("warn")} as is_warned from placed
            )
            select source_srid = true_srid, count(*), count(distinct sheet_no), count(*) filter (where is_held),
                count(*) filter (where not is_held and is_warned),
                count(*) filter (where not is_held and not is_warned),
                count(*) filter (where is_held and suggested_srid = true_srid)
            from judged group by 1
            """
        )
    }
    right, wrong = counts[True], counts[False]
    with capsys.disabled():
        print(f"\nparcels in {wrong[1]} provinces stated in a wrong zone {wrong[0]}: held {wrong[2]} ", end="")
        print(f"(true zone suggested for {wrong[5]}), published with a warning {wrong[3]}, in silence {wrong[4]}")
        print(f"stated in the right zone {right[0]}: held {right[2]}, with a warning {right[3]}, confirmed {right[4]}")
    assert wrong[1] == right[1] == 34
    assert wrong[0] == 19 * right[0] > 10_000
    assert wrong[4] == 0
    assert right[2] == 0
    # only a zone 15' off that is usual in the same commune, on ground wider than that, can stay in question
    assert wrong[3] < 0.01 * wrong[0]
    assert wrong[5] > 0.9 * wrong[2]


def test_only_the_communes_that_no_usual_zone_reaches_are_left_out_of_the_proof(capsys):
    """Of the communes of today, those whose ground lies outside the range of every zone that may be stated there."""
    unreached = ask(
        """
        select unit.unit_code, unit.full_name
        from intermediate.int_administrative_unit_listed as unit
        inner join intermediate.int_commune_zone as zone
            on unit.unit_code = zone.source_code and unit.valid_from = zone.valid_from
        inner join staging.coordinate_range as range on zone.epsg = range.srid
        inner join intermediate.int_commune_area as area on unit.unit_code = area.commune_code
        where unit.unit_level = 'commune' and unit.valid_to is null
        group by unit.unit_code, unit.full_name
        having not bool_or(
            st_transform(st_centroid(area.geom), zone.epsg) @ st_makeenvelope(
                range.easting_min_m, range.northing_min_m, range.easting_max_m, range.northing_max_m, zone.epsg
            )
        )
        order by 1
        """
    )
    with capsys.disabled():
        print(f"\nleft out of the proof, because no usual zone reaches them: {unreached}")
    assert dict(unreached) == LEFT_OUT
    not_listed = ask(
        """
        select unit.code, unit.full_name from warehouse.administrative_unit as unit
        where unit.level = 'commune' and unit.valid_to is null and not exists (
            select from raw.administrative_units__crosswalk as listed
            where listed.new_code = unit.code and listed.new_longitude is not null
        )
        order by 1
        """
    )
    with capsys.disabled():
        print(f"without a centre in the list, so that no place can be made for them: {not_listed}")
    assert dict(not_listed) == NOT_LISTED
    of_them = "select count(*) from intermediate.int_parcel_collected where source_commune_code = any (%s)"
    assert ask(of_them, [*LEFT_OUT]) == [(0,)]


@pytest.mark.parametrize("dataset", SITE_RULES)
def test_no_wrong_zone_of_a_site_is_accepted_in_silence(dataset, capsys):
    book = load_rulebook(dataset)
    ids = SITE_RULES[dataset]
    counts = {
        is_right: rest
        for is_right, *rest in ask(
            f"""
            with judged as (
                select site.*, {failing("hold", dataset, ids)} as is_held, {failing("warn", dataset, ids)} as is_warned,
                    place.true_srid, place.province_code
                from {book.dataset.relation} as site
                inner join (
                    select thuadatid, vpdk::integer as true_srid, sohieutobando as province_code
                    from raw.land_registry__parcel
                ) as place on place.thuadatid = split_part({book.dataset.key[0]}, ':', 2)::bigint
            )
            select source_srid = true_srid, count(*), count(*) filter (where is_held),
                count(*) filter (where not is_held and is_warned),
                count(*) filter (where not is_held and not is_warned),
                count(*) filter (where is_held and suggested_srid = true_srid), count(distinct province_code)
            from judged group by 1
            """
        )
    }
    right, wrong = counts[True], counts[False]
    with capsys.disabled():
        print(f"\n{dataset} in {wrong[5]} provinces stated in a wrong zone {wrong[0]}: held {wrong[1]} ", end="")
        print(f"(true zone suggested for {wrong[4]}), published with a warning {wrong[2]}, in silence {wrong[3]}")
        print(f"stated in the right zone {right[0]}: held {right[1]}, with a warning {right[2]}, confirmed {right[3]}")
    assert wrong[5] == right[5] == 34
    assert wrong[0] == 19 * right[0] > 2_500
    assert wrong[3] == 0
    assert right[1] == 0
    assert wrong[2] < 0.01 * wrong[0]
    assert wrong[4] > 0.9 * wrong[1]
