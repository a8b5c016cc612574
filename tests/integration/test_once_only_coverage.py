"""What the coverage counts is what the checks answer."""

import pytest

from tests.integration.answered_province import HELD_NOW, province


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "once-only-coverage"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "once_only_coverage", home) as made:
        yield made


# A complete dossier about each subject that the coverage counts: what a citizen would bring is stated, so that what is
# left unanswered is what the data do not tell. The parcels that are gone are held.
SUBJECTS = """
create temp table subject on commit drop as
select 'PARCEL' as kind, jsonb_strip_nulls(jsonb_build_object(
    'parcel_key', p.parcel_key, 'certificate_serial', coalesce(r.certificate_serial, 'ZZ 99999999'),
    'party_key', coalesce(r.party_key, 'party1'), 'target_land_use_code', 'ONT', 'new_areas_m2', '[60, 60]'::jsonb,
    'mortgagee_consent', true, 'mortgage_request', 'DELETE', 'area_m2', 130, 'licence_key', 'mineral_cadastre:1',
    'facility_key', 'environment_permits:1', 'parcel', jsonb_build_object(
        'commune_code', p.commune_code, 'commune_valid_on', '2026-01-01', 'sheet_no', p.sheet_no,
        'parcel_no', p.parcel_no
    )
)) as about
from release.land_parcel as p
left join lateral (
    select certificate_serial, party_key from release.land_right where parcel_key = p.parcel_key
    order by status is distinct from 'IN_FORCE' limit 1
) as r on true
union all
select 'PARCEL', jsonb_build_object(
    'parcel_key', h.record_key, 'commune_code', '90000', 'commune_valid_on', '2026-01-01',
    'certificate_serial', 'ZZ 99999999'
)
from release.held as h where h.dataset = 'land_parcel' and not h.is_served
union all
select 'LICENCE', jsonb_build_object(
    'licence_key', l.licence_key, 'organisation_tax_code', '0402230476', 'mineral_group', 'II',
    'licensing_authority', 'UBND'
)
from release.mineral_licence as l
union all
select 'PERMIT', jsonb_build_object('permit_key', p.permit_key) from release.environmental_permit as p
union all
select 'FACILITY', jsonb_build_object(
    'facility_key', f.facility_key, 'target_land_use_code', 'SKC', 'parcel_key', 'land_registry:20',
    'project_group', coalesce((
        select min(e.project_group) from release.environmental_permit as e where e.facility_key = f.facility_key
    ), 'I')
)
from release.facility as f
union all
select 'ORGANISATION', jsonb_strip_nulls(jsonb_build_object('organisation_tax_code', p.organisation_tax_code))
from release.party as p where p.kind = 'ORGANISATION'
union all
select 'ORGANISATION', jsonb_build_object('organisation_tax_code', o.concerns[1])
from release.held as h inner join quality.row_outcome as o on h.dataset = o.dataset and h.record_key = o.record_key
where h.dataset = 'party' and not h.is_served
"""
ASKED = """
select a.procedure_code, a.check_code, a.counted_over,
    count(*) filter (where a.result in ('PASS', 'FAIL')), count(*) filter (where a.result = 'UNKNOWN'),
    count(*) filter (where a.result = 'HELD'), count(*) filter (where a.result = 'STALE'), count(*)
from (
    select c.procedure_code, c.check_code, c.counted_over, r.result
    from (select distinct procedure_code, counted_over from coverage) as asked
    inner join subject as s on asked.counted_over = s.kind
    cross join lateral shared.check_procedure(asked.procedure_code, s.about) as r
    inner join coverage as c
        on asked.procedure_code = c.procedure_code and asked.counted_over = c.counted_over
        and r.check_code = c.check_code
) as a
group by 1, 2, 3
"""
COUNTED = """
select procedure_code, check_code, counted_over, answered, unknown, held, stale, n_subjects from coverage
"""
OLD = (
    "update release.dataset_release set source_as_of = now() - interval '9 days', max_age = interval '7 days' "
    "where dataset = '{}'"
)
GONE = (
    "delete from release.land_parcel where parcel_key = 'land_registry:30'",
    "delete from release.land_right where parcel_key = 'land_registry:30'",
    "insert into release.held select 'land_parcel', release_id, 'land_registry:30', null, false from release.pointer",
    HELD_NOW.format(dataset="land_parcel", key="land_registry:30", concerns=""),
)
SECOND = """
insert into release.land_right
    (right_key, parcel_key, right_type, party_key, share, status, is_held, row_hash, from_release, to_release)
select 'second:{0}', 'land_registry:{0}', '{1}', '{2}', {3}, 'UNCERTIFIED', false, '', release_id, 9223372036854775807
from release.pointer
"""
CODED = (
    "update release.party set kind = 'ORGANISATION', organisation_name = 'Công ty', organisation_tax_code = '{}' "
    "where party_key in ('{}', '{}')"
)
FEW = (
    "delete from release.land_parcel where parcel_id >= 32",
    "delete from release.party where split_part(party_key, 'party', 2)::integer >= 100",
    "delete from release.mineral_licence where split_part(licence_key, ':', 2)::integer > 25",
    "delete from release.facility where split_part(facility_key, ':', 2)::integer > 20",
    "delete from release.environmental_permit where split_part(permit_key, ':', 2)::integer > 15",
)
STATES = {
    "as published": (),
    "areas, uses and rights that are not recorded": (
        "update release.land_parcel set legal_area_m2 = null where parcel_id < 10",
        "delete from release.land_parcel_use where parcel_key = 'land_registry:11'",
        "delete from release.land_right where parcel_key = 'land_registry:12'",
        "update release.land_right set status = 'PENDING' where parcel_key = 'land_registry:13'",
        "update release.land_right set party_key = null where parcel_key = 'land_registry:14'",
        "update release.mineral_licence set status = 'UNKNOWN' where licence_key = 'mineral_cadastre:1'",
        "update release.mineral_licence set holder_tax_code = null where licence_key = 'mineral_cadastre:2'",
        "update release.mineral_licence set issued_on = null where licence_key = 'mineral_cadastre:3'",
        "update release.environmental_permit set status = 'UNKNOWN' where permit_key = 'environment_permits:6'",
        "update release.environmental_permit set project_group = 'III' where permit_key = 'environment_permits:7'",
        "update release.environmental_permit set project_group = 'I' where permit_key = 'environment_permits:10'",
    ),
    "documents that others may have replaced, and terms that are not recorded": (
        "update release.environmental_permit set may_be_replaced_by = 'x' where number in ('3', '4')",
        "update release.environmental_permit set status = 'UNKNOWN', may_be_replaced_by = 'x' where number = '6'",
        "update release.environmental_permit set status = 'REPLACED', may_be_replaced_by = 'x' where number = '9'",
        "update release.environmental_permit set valid_to = null where number = '12'",
        "update release.environmental_permit set valid_to = current_date - 1 where number = '15'",
        "update release.mineral_licence set valid_to = null where number = '1'",
        "update release.mineral_licence set licence_type = null where number = '2'",
        "update release.mineral_licence set replaced_by = 'mineral_cadastre:4' where number = '3'",
        "update release.mineral_licence set replaced_by = 'mineral_cadastre:6' where number = '5'",
        "update release.mineral_licence set valid_from = current_date + 9 where number = '6'",
        "update release.mineral_licence set replaced_by = 'mineral_cadastre:999' where number = '7'",
        "update release.mineral_licence set status = 'UNKNOWN' where number = '8'",
        "update release.mineral_licence set status = 'REPLACED' where number in ('11', '12')",
        "update release.mineral_licence set replaced_by = 'mineral_cadastre:999' where number = '11'",
        "update release.mineral_licence set needs_reissue = true where number = '9'",
        "update release.mineral_licence set issued_on = null where number = '10'",
    ),
    "held": (
        *GONE,
        HELD_NOW.format(dataset="land_restriction", key="land_registry:R:x", concerns="land_parcel:land_registry:12"),
        *(
            HELD_NOW.format(
                dataset=name, key=f"land_registry:x{number}", concerns=f"land_parcel:land_registry:{number}"
            )
            for number, name in enumerate(("land_right", "land_parcel_use", "land_parcel_lineage", "land_right"), 16)
        ),
        HELD_NOW.format(dataset="land_restriction", key="land_registry:R:y", concerns="land_parcel:land_registry:19"),
        # one organisation is held and known by another entry, one is held, and of one there was never a good record
        CODED.format("0107094917", "party25", "party25"),
        CODED.format("0301464904", "party50", "party50"),
        "update release.party set is_held = true where party_key in ('party25', 'party50')",
        HELD_NOW.format(dataset="party", key="party25", concerns="0107094917"),
        HELD_NOW.format(dataset="land_right", key="land_registry:25", concerns="land_parcel:land_registry:25"),
        HELD_NOW.format(dataset="party", key="party50", concerns="0301464904"),
        "delete from release.party where party_key = 'party75'",
        "insert into release.held select 'party', release_id, 'party75', null, false from release.pointer",
        HELD_NOW.format(dataset="party", key="party75", concerns="0300588569"),
        "update release.land_parcel set is_held = true where parcel_id = 15",
        HELD_NOW.format(dataset="land_parcel", key="land_registry:15", concerns=""),
        HELD_NOW.format(dataset="eia_decision", key="environment_permits:x", concerns="facility:environment_permits:8"),
        HELD_NOW.format(
            dataset="environmental_permit",
            key="environment_permits:y",
            concerns="facility:environment_permits:18,environmental_permit:environment_permits:9",
        ),
        # the same text is the key of other records
        HELD_NOW.format(dataset="environmental_permit", key="environment_permits:12", concerns=""),
        HELD_NOW.format(dataset="eia_decision", key="environment_permits:14", concerns=""),
        "update release.environmental_permit set is_held = true where permit_key = 'environment_permits:12'",
        "update release.facility set is_held = true where facility_key = 'environment_permits:11'",
        HELD_NOW.format(dataset="facility", key="environment_permits:11", concerns=""),
    ),
    "several rights": (
        SECOND.format(16, "USE", "spouse", "null"),
        SECOND.format(17, "USE", "party17", "null"),
        SECOND.format(18, "USE", "heir", "0.5"),
        SECOND.format(19, "LEASE", "tenant", "null"),
        SECOND.format(20, "USE", "spouse", "1"),
        SECOND.format(21, "UNKNOWN", "somebody", "null"),
        "update release.land_right set share = 0.5 where parcel_key = 'land_registry:18'",
    ),
    "organisations registered twice": (
        *(SECOND.format(number, "USE", f"party{number + 20}", "null") for number in (22, 23, 25, 26, 27, 28)),
        CODED.format("0107094917", "party22", "party42"),
        "update release.land_right set share = 0.5 where parcel_key = 'land_registry:23'",
        CODED.format("0402230476", "party23", "party43"),
        CODED.format("0100233488", "party25", "party25"),
        CODED.format("0100233488-001", "party45", "party45"),
        CODED.format("0301464904", "party26", "party46"),
        "update release.party set is_held = true where party_key = 'party46'",
        # one beside another, and a third share of another
        CODED.format("0100109106", "party27", "party47"),
        SECOND.format(27, "USE", "party3", "null").replace("second:", "third:"),
        CODED.format("0400101394", "party28", "party48"),
        "update release.land_right set share = 0.25 where parcel_key = 'land_registry:28'",
        SECOND.format(29, "LEASE", "party49", "null"),
        SECOND.format(29, "LEASE", "party50", "null").replace("second:", "third:"),
        CODED.format("0300588569", "party49", "party50"),
    ),
    "old": (OLD.format("land_right"), OLD.format("mineral_licence"), OLD.format("party")),
    "elsewhere": ("update release.dataset_coverage set area_code = '01' where dataset = 'land_restriction'",),
}


@pytest.mark.parametrize("state", STATES)
def test_the_coverage_of_every_procedure_is_what_asking_for_every_subject_gives(here, state):
    with here.changed(*FEW, *STATES[state]) as conn:
        conn.execute("create temp table coverage on commit drop as select * from shared.once_only_coverage")
        conn.execute(SUBJECTS)
        asked = {row[:3]: row[3:] for row in conn.execute(ASKED)}
        counted = {row[:3]: row[3:] for row in conn.execute(COUNTED)}
    assert len({code for code, _, _ in counted}) == 23
    differing = {what: (counted[what], asked.get(what)) for what in counted if counted[what] != asked.get(what)}
    assert not differing, "\n".join(f"{what}: counted {c}, asked {a}" for what, (c, a) in differing.items())


ASK_EVERY_PARCEL = """
select a.check_code, count(*) filter (where a.result in ('PASS', 'FAIL')), count(*) filter (where a.result = 'UNKNOWN'),
    count(*) filter (where a.result = 'HELD'), count(*) filter (where a.result = 'STALE'), count(*)
from shared.land_parcel as p,
    shared.check_procedure('LT-06', jsonb_build_object('parcel_key', p.parcel_key)) as a
where a.check_code in ('PARCEL_EXISTS', 'PARCEL_AREA_MATCHES', 'SAME_HOLDER', 'SAME_LAND_USE', 'NO_SEIZURE',
    'NO_DISPUTE', 'NO_BLOCK_ON_PERSON')
group by a.check_code
"""


def test_once_only_coverage_counts_what_the_checks_answer(here):
    aged = (
        "update release.dataset_release set source_as_of = now() - interval '9 days', max_age = interval '7 days' "
        "where dataset = 'land_right'"
    )
    changes = (
        "update release.land_parcel set legal_area_m2 = null where parcel_id < 10",
        "delete from release.land_parcel_use where parcel_key = 'land_registry:11'",
        HELD_NOW.format(dataset="land_restriction", key="land_registry:R:x", concerns="land_parcel:land_registry:12"),
        aged,
    )
    with here.changed(*changes) as conn:
        counted = {
            row[0]: row[1:]
            for row in conn.execute(
                "select check_code, answered, unknown, held, stale, n_subjects, n_components, n_components_replaced, "
                "share_of_components_replaced_by_data from shared.once_only_coverage where procedure_code = '1.012784'"
            )
        }
        asked = conn.execute(ASK_EVERY_PARCEL).fetchall()
        assert len(asked) == 7
        for check, *numbers in asked:
            assert list(counted[check][:5]) == numbers, check
        components, replaced, share = counted["SAME_HOLDER"][5:]
        assert (components, replaced, 0 < share < 0.5) == (6, 2, True)
