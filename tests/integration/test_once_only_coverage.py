"""Point 9: what the coverage counts is what the checks answer."""

import pytest

from tests.integration.answered_province import HELD_NOW, province


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "once-only-coverage"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "once_only_coverage", home) as made:
        yield made


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
        HELD_NOW.format(dataset="land_restriction", key="land_registry:R:x", concerns="land_registry:12"),
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
