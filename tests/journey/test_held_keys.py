"""Held is not "not found", for every record that the demonstration holds: by the check that reads it, and as an item.

Every record is asked for in the way in which a dossier would name it: by its key, by the parcel or facility it is of,
or by its place. The answer must be HELD because of that very record, in SQL and over HTTP.
"""

import json
import re
from urllib.parse import quote

import pytest

from tests.integration.held_records import READ_BY_NO_CHECK

_HELD = """
select h.dataset, h.record_key, o.concerns, h.is_served
from shared.held_record as h inner join quality.row_outcome as o
    on h.dataset = o.dataset and h.record_key = o.record_key and o.outcome = 'held'
where o.release_id = (select release_id from release.pointer) order by 1, 2
"""
_GOOD_PARCEL = "select min(parcel_key) from shared.land_parcel where not is_held and source_system = 'land_registry'"
# The procedure that reads a dataset, and how the record is named: {0}, {1} parts of its key; {parcel}, {facility} what
# it is of; {good} a parcel with which nothing is wrong.
ASKED = {
    "land_parcel": ("LT-09", {"parcel_key": "{0}"}),
    "land_parcel_use": ("LT-11", {"parcel_key": "{0}"}),
    "land_parcel_lineage": ("LT-05", {"parcel_key": "{1}"}),
    "land_right": ("LT-03", {"parcel_key": "{parcel}"}),
    "land_restriction": ("LT-09", {"parcel_key": "{parcel}"}),
    "party": ("LT-03", {"parcel_key": "{good}", "party_key": "{0}"}),
    "parcel_constraint": ("LT-14", {"parcel_key": "{0}"}),
    "mineral_licence": ("LT-16", {"licence_key": "{0}"}),
    "environmental_permit": ("LT-22", {"permit_key": "{0}"}),
    "eia_decision": ("LT-20", {"facility_key": "{facility}"}),
    "facility": ("LT-11", {"parcel_key": "{good}", "facility_key": "{0}"}),
    "mineral_zone": ("LT-14", None),
    "protected_area": ("LT-14", None),
}
_CELL = re.compile(r"cell:(\d+)/(\d+)")
CELL = 0.01  # degrees: the held record of a place is found by the cells that it touches


@pytest.fixture(scope="module")
def held(demonstration) -> list[tuple[str, str, list[str], bool]]:
    """Dataset, key, what it concerns, and whether its last good version is served."""
    return demonstration.rows(_HELD)


@pytest.fixture(scope="module")
def questions(demonstration, held) -> list[tuple[str, str, str, dict]]:
    """Dataset and key of a held record that some check reads, the procedure, and the subject that names it."""
    ((good,),) = demonstration.rows(_GOOD_PARCEL)
    made, nameless = [], []
    for dataset, key, names, _ in held:
        if dataset in READ_BY_NO_CHECK:
            continue
        procedure, form = ASKED[dataset]
        subject = subject_of(form, key, names, good)
        if subject is None:
            nameless.append((dataset, key, names))
        else:
            made.append((dataset, key, procedure, subject))
    # An order on something that is not in the register: it is held because nobody can say which parcel it is of.
    assert [n for n in nameless if n[0] != "land_restriction" or n[2]] == []
    assert len(nameless) <= 2
    assert {dataset for dataset, *_ in made} == {d for d, *_ in held} - READ_BY_NO_CHECK
    return made


def subject_of(form: dict[str, str] | None, key: str, names: list[str], good: str) -> dict | None:
    """The subject that names the record, None when nothing is known by which it could be named."""
    if form is None:
        cells = [found for name in names if (found := _CELL.fullmatch(name))]
        if not cells:
            return None
        middle = [(int(n) + 0.5) * CELL for n in cells[len(cells) // 2].groups()]
        return {"geometry": {"type": "Point", "coordinates": middle}, "srid": 4756}
    known = {"good": good} | {
        of: next((name.removeprefix(f"{dataset}:") for name in names if name.startswith(f"{dataset}:")), None)
        for of, dataset in (("parcel", "land_parcel"), ("facility", "facility"))
    }
    if any(known[word] is None for word in known if f"{{{word}}}" in str(form)):
        return None
    return {column: text.format(*key.split("|"), **known) for column, text in form.items()}


def is_told(answers: list[tuple[str, dict]], dataset: str, key: str) -> bool:
    """Is one of the answers HELD because of this record?"""
    return any(
        result == "HELD" and any((h["dataset"], h["record_key"]) == (dataset, key) for h in evidence.get("held") or ())
        for result, evidence in answers
    )


@pytest.mark.timeout(120)
def test_every_held_record_is_told_by_a_check_in_sql_and_over_http(questions, reader, client, capsys):
    wrong = []
    for dataset, key, procedure, subject in questions:
        ask = "select result, evidence from shared.check_procedure(%s, %s)"
        in_sql = reader.execute(ask, (procedure, json.dumps(subject))).fetchall()
        answer = client.post(f"/v1/procedures/{procedure}/check", json={"subject": subject})
        over_http = [(a["result"], a["evidence"]) for a in answer.json().get("answers", [])]
        for way, answers in (("SQL", in_sql), ("HTTP", over_http)):
            if not is_told(answers, dataset, key):
                wrong.append((way, dataset, key, procedure, subject, [result for result, _ in answers]))
    with capsys.disabled():
        print(f"\n{len(questions)} held records asked for by their checks, wrongly answered: {len(wrong)}")
    assert wrong == []
    assert len(questions) > 100


@pytest.mark.timeout(120)
def test_every_held_record_is_held_as_an_item(held, client):
    wrong = []
    for dataset, key, _, is_served in held:
        answer = client.get(f"/collections/{dataset}/items/{quote(key, safe='')}")
        told = answer.json()
        if is_served:
            fine = answer.status_code == 200 and told["properties"]["is_held"]
        else:
            fine = (answer.status_code, told.get("result")) == (409, "HELD") and told["held"]["record_key"] == key
        if not fine:
            wrong.append((dataset, key, answer.status_code, told))
    assert wrong == []
    assert len({dataset for dataset, *_ in held}) > 10


def test_another_answer_is_noticed():
    held = {"held": [{"dataset": "land_parcel", "record_key": "a:1"}]}
    assert is_told([("PASS", {}), ("HELD", held)], "land_parcel", "a:1")
    for answers in ([], [("PASS", held)], [("HELD", {})], [("HELD", {"held": None})]):
        assert not is_told(answers, "land_parcel", "a:1")
    assert not is_told([("HELD", held)], "land_parcel", "a:2")
