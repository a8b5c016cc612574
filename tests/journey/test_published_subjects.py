"""What is published of land, minerals, the environment and the metrics agrees with itself, across datasets.

Administrative units, coordinates, overlay, procedure checks and the HTTP face have files of their own
(`test_commune_functions.py`, `tests/integration/test_vn2000.py`, `test_overlay.py`, `test_procedure_checks.py`,
`test_http_face.py`). Each query here counts what contradicts; it is looked at as a procedure system sees it.
"""

import pytest

READER = "LIENTHONG_DSN_PROCEDURE_READER"
LAND = {
    "uses add up to the area of the certificate": """
        select count(*) from (
            select p.legal_area_m2, sum(u.area_m2) as used
            from shared.land_parcel as p inner join shared.land_parcel_use as u using (parcel_key)
            where not p.is_held and not u.is_held
                and not exists (
                    select from shared.held_record as h
                    where h.dataset = 'land_parcel_use' and h.record_key like p.parcel_key || '|%'
                )
            group by p.parcel_key, p.legal_area_m2
        ) as s where abs(used - legal_area_m2) > 0.1
    """,
    "a right is one in a parcel that is known or held": """
        select count(*) from shared.land_right as r
        where not exists (select from shared.land_parcel as p where p.parcel_key = r.parcel_key)
            and not exists (
                select from shared.held_record as h where h.dataset = 'land_parcel' and h.record_key = r.parcel_key
            )
    """,
    "a parcel's commune is one of today, and its number is given once": """
        select count(*) from (
            select count(*) over (partition by p.commune_code, p.sheet_no, p.parcel_no) as n, u.code
            from shared.land_parcel as p
            left join shared.administrative_unit as u
                on p.commune_code = u.code and u.level = 'commune' and u.valid_to is null
            where not p.is_held
        ) as s where n > 1 or code is null
    """,
}
MINERALS = {
    "the status of a licence follows from its days and its successor": """
        select count(*) from shared.mineral_licence
        where not is_held and status <> case
            when replaced_by is not null then 'REPLACED'
            when valid_to < (now() at time zone 'Asia/Ho_Chi_Minh')::date then 'EXPIRED'
            when valid_from > (now() at time zone 'Asia/Ho_Chi_Minh')::date then 'NOT_YET' else 'IN_FORCE'
        end
    """,
    "only a licence issued before the law of 2025 and still live is to be issued anew, by 2028-07-01": """
        select count(*) from shared.mineral_licence
        where needs_reissue and (
            issued_on >= '2025-07-01' or reissue_by <> '2028-07-01' or status not in ('IN_FORCE', 'NOT_YET')
        )
    """,
    "an overlap is one with a live licence, or with a zone or area that is in force": """
        select count(*) from shared.parcel_constraint as c
        left join shared.mineral_licence as l
            on c.constraint_dataset = 'mineral_licence' and c.constraint_key = l.licence_key
        where (c.constraint_dataset = 'mineral_licence' and not l.is_held and l.status <> 'IN_FORCE')
            or c.valid_to < (now() at time zone 'Asia/Ho_Chi_Minh')::date
            or c.overlap_share > 1.000001 or c.overlap_area_m2 <= 0
    """,
}
ENVIRONMENT = {
    "a permit that was replaced names its successor, and one in force has none": """
        select count(*) from shared.environmental_permit
        where not is_held and (status = 'REPLACED') <> (replaced_by is not null)
    """,
    "no permit is in force that another one may have replaced, and of those that may none is replaced": """
        select count(*) from shared.environmental_permit
        where not is_held and may_be_replaced_by is not null
            and (status in ('IN_FORCE', 'EXPIRING', 'REPLACED') or may_be_replaced_by = permit_key)
    """,
    "permits and decisions are of a facility that is known or held": """
        select count(*) from (
            select facility_key from shared.environmental_permit where facility_key is not null
            union all
            select facility_key from shared.eia_decision where facility_key is not null
        ) as d
        where not exists (select from shared.facility as f where f.facility_key = d.facility_key)
            and not exists (
                select from shared.held_record as h where h.dataset = 'facility' and h.record_key = d.facility_key
            )
    """,
    "an hour exceeds only where there is a limit, and counts no more values than it expects": """
        select count(*) from shared.monitoring_hourly
        where (is_exceedance and limit_value is null) or n_valid > n_expected
    """,
    "an index is that of its level": """
        select count(*) from shared.air_quality_index
        where vn_aqi not between 0 and 500 or (level is null) <> (vn_aqi is null)
    """,
}
METRICS = {
    "every subject that is counted is answered, unknown, held or stale": """
        select count(*) from shared.once_only_coverage
        where answered + unknown + held + stale <> n_subjects or answered_share not between 0 and 1
            or unknown_rate not between 0 and 1
    """,
    "no paper is replaced by a check that no register answers": """
        select count(*) from shared.once_only_coverage as c
        inner join shared.procedure_requirement as r using (procedure_code, check_code)
        where not r.is_connected and c.answered > 0
    """,
    "the share of a procedure is that of its components, and not of more than can be replaced": """
        select count(*) from shared.once_only_coverage
        where n_components_replaced > n_components
            or share_of_components_replaced_by_data > n_components_replaced::numeric / nullif(n_components, 0)
    """,
    "every procedure is counted, with every requirement": """
        select count(*) from shared.procedure_requirement as r
        where not exists (
            select from shared.once_only_coverage as c
            where c.procedure_code = r.procedure_code and c.check_code = r.check_code
        )
    """,
}


@pytest.mark.parametrize("what", LAND)
def test_land(demonstration, what):
    assert demonstration.rows(LAND[what], setting=READER) == [(0,)]


@pytest.mark.parametrize("what", MINERALS)
def test_minerals(demonstration, what):
    assert demonstration.rows(MINERALS[what], setting=READER) == [(0,)]


@pytest.mark.parametrize("what", ENVIRONMENT)
def test_environment(demonstration, what):
    assert demonstration.rows(ENVIRONMENT[what], setting=READER) == [(0,)]


@pytest.mark.parametrize("what", METRICS)
def test_metrics(demonstration, what):
    assert demonstration.rows(METRICS[what], setting=READER) == [(0,)]
