"""Held is not "not found": every held key answers HELD, in SQL and over HTTP, within the same release.

Of every dataset that a check reads, and in every way in which a check comes upon a record: by its key, by a number, by
the parcel, and by the place. Half of those held are gone from the release, half are served as they last were good.
How far a held record reaches: `test_held_reach.py`.
"""

import json
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from connectors.settings import project_root
from expectations.rules import load_rulebook
from infra.http_face.service import start_http_face
from infra.processes import stop_all
from tests.integration.answered_province import Province, answers, province
from tests.integration.held_records import ASKED, KEYS, READ_BY_NO_CHECK, READ_OTHERWISE, Asked, held


@pytest.fixture(scope="module")
def here(cluster, homes) -> Iterator[Province]:
    home = homes / "held-answers"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "held_answers", home) as made:
        yield made
        stop_all(home, grace=5)


@pytest.fixture(scope="module")
def client(here) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=start_http_face(), trust_env=False, timeout=20) as made:
        yield made


def test_every_dataset_is_asked_for_here_or_declared_as_read_by_no_check(here: Province) -> None:
    books = {path.stem for path in (project_root() / "expectations" / "rules").glob("*.yml")}
    with psycopg.connect(here.admin_dsn) as conn:
        read = {name for (name,) in conn.execute("select preview.tables_read()")} & books
        named = {name for (name,) in conn.execute("select unnest(datasets) from release.procedure_requirement")}
    assert books - read == READ_BY_NO_CHECK
    assert {asked.dataset for asked in ASKED} == read - READ_OTHERWISE.keys()
    assert named <= read, "a check names a dataset that no function of the checks reads"
    for name, reason in READ_OTHERWISE.items():
        holds = {rule.id for rule in load_rulebook(name).rules if rule.severity == "hold"}
        assert not holds or "part of" in reason or "unknown" in reason, (name, holds)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_every_held_key_answers_held_in_sql_and_over_http(here: Province, client, asked: Asked, capsys) -> None:
    with psycopg.connect(here.reader_dsn, autocommit=True) as reader:
        with held(here, asked) as found:
            assert len(found) == KEYS
            for key, subject in found:
                result, reason, evidence = answers(reader, asked.procedure, json.dumps(subject))[asked.check]
                assert result == "HELD", (key, subject, reason, evidence)
                (record,) = [h for h in evidence["held"] if (h["dataset"], h["record_key"]) == (asked.dataset, key)]
                assert record["rules"] == ["Z99"] and record["custodian"] == "Cơ quan chủ quản" and record["since"]
                assert over_http(client, asked, subject) == "HELD", key
        with capsys.disabled():
            print(f"\n{asked}: {2 * len(found)} answers HELD", end="")
        for _, subject in found[:2]:
            assert answers(reader, asked.procedure, json.dumps(subject))[asked.check][0] != "HELD"


def over_http(client: httpx.Client, asked: Asked, subject: dict) -> str:
    """The result of the check over HTTP."""
    answer = client.post(f"/v1/procedures/{asked.procedure}/check", json={"subject": subject})
    assert answer.status_code == 200, answer.text
    (found,) = [row for row in answer.json()["answers"] if row["check_code"] == asked.check]
    return str(found["result"])
