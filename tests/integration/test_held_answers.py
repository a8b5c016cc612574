"""Held is not "not found": every held key answers HELD, in SQL and over HTTP, within the same release."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from infra.http_face.service import start_http_face
from infra.processes import stop_all
from tests.integration.answered_province import Province, answers, province

# Dataset: the procedure, the check and the name by which its key is asked for.
ASKED = {
    "land_parcel": ("LT-09", "PARCEL_EXISTS", "parcel_key"),
    "mineral_licence": ("LT-16", "LICENCE_IN_FORCE", "licence_key"),
    "environmental_permit": ("LT-22", "PERMIT_IN_FORCE", "permit_key"),
}
KEYS = 8
_HOLD = """
with kept as (
    select v.{key} as record_key from release.{dataset} as v, release.pointer as p
    where v.from_release <= p.release_id and v.to_release > p.release_id order by 1 limit {keys}
),
held as (
    insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian)
    select '{dataset}', k.record_key, p.release_id, 'held', array['Z99'], 'Cơ quan chủ quản'
    from kept as k, release.pointer as p
)
insert into release.held (dataset, release_id, record_key, last_good_release, is_served)
select '{dataset}', p.release_id, k.record_key, null, false from kept as k, release.pointer as p
"""


@pytest.fixture(scope="module")
def here(cluster, homes) -> Iterator[Province]:
    home = homes / "held-answers"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "held_answers", home) as made:
        yield made
        stop_all(home, grace=5)


@contextmanager
def held(here: Province) -> Iterator[list[tuple[str, str]]]:
    """Holds some keys of every dataset in the current release, and lets them go again."""
    with psycopg.connect(here.admin_dsn, autocommit=True) as conn:
        for dataset, (_, _, key) in ASKED.items():
            conn.execute(_HOLD.format(dataset=dataset, key=key, keys=KEYS))
        yield conn.execute("select dataset, record_key from shared.held_record where 'Z99' = any(rule_ids)").fetchall()
        conn.execute("delete from quality.row_outcome where rule_ids = '{Z99}'")


def test_every_held_key_answers_held_in_sql_and_over_http(here: Province) -> None:
    with httpx.Client(base_url=start_http_face(), trust_env=False, timeout=20) as client:
        before = over_http(client, "land_parcel", "land_registry:1")
        with held(here) as keys, psycopg.connect(here.reader_dsn, autocommit=True) as reader:
            assert {dataset for dataset, _ in keys} == ASKED.keys()
            assert len(keys) == KEYS * len(ASKED)
            for dataset, key in keys:
                procedure, check, name = ASKED[dataset]
                result, reason, evidence = answers(reader, procedure, {name: key})[check]
                assert (result, reason) == ("HELD", "RECORD_HELD"), (dataset, key)
                (record,) = [h for h in evidence["held"] if h["record_key"] == key]
                assert record["rules"] == ["Z99"] and record["custodian"] == "Cơ quan chủ quản" and record["since"]
                assert over_http(client, dataset, key) == "HELD", (dataset, key)
        assert before == over_http(client, "land_parcel", "land_registry:1") == "PASS"


def over_http(client: httpx.Client, dataset: str, key: str) -> str:
    """The result of the check that a dataset is asked by, over HTTP."""
    procedure, check, name = ASKED[dataset]
    answer = client.post(f"/v1/procedures/{procedure}/check", json={"subject": {name: key}})
    assert answer.status_code == 200, answer.text
    (found,) = [row for row in answer.json()["answers"] if row["check_code"] == check]
    return str(found["result"])
