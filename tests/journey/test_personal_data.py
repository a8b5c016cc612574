"""No invented person of the demonstration sources appears in anything that quality work leaves behind.

Searched for: every value of every column that a contract marks as personal (`persons.py`), in every form in which
people and machines write it (`written_forms.py`). Searched in: every file of the home, and its name, but the sources
themselves, the raw files and the database's own; receipts of answers, and what commands say of records; workbooks and
archives are unpacked. And in all that Airflow keeps of real runs: values handed on, logs, events. The tables outside
`raw` are searched in `test_first_release.py`.
"""

import ast
import base64
import dataclasses
import hashlib
import json
import re
import unicodedata
import zipfile
from datetime import date
from pathlib import Path

import pytest

from connectors.receipts.answering import issue_receipt
from connectors.settings import project_root
from connectors.warehouse.releases import Release
from expectations.lineage.showing import shown_trace
from expectations.lineage.tracing import trace_record
from expectations.rules import load_rulebooks
from tests.journey.airflow_runs import DAGS, SYSTEMS, Kept, run_dags, write_readable
from tests.journey.persons import personal_columns, personal_days, personal_values, public_names, values_by_column
from tests.journey.record_keys import record_keys
from tests.journey.written_forms import grep_forms, numbers_of, write_forms

# The sources, the raw files, the database's own files, and secrets: where persons may be.
NOT_SEARCHED = {"demo", "raw", "pg", "env"}
# The names of all files: a name of a person may be in one.
PATHS = "paths.txt"
# Written by every run; a search that does not see them proves nothing.
MUST_BE_SEARCHED = (
    "reports/",
    "feedback/",
    "data_docs/",
    "gx/",
    "dbt/target/run_results.json",
    "dbt/target/manifest.json",
    "dbt/target/compiled/",
    "dbt/logs/",
    "lineage/",
    "docProps/core.xml",
    "receipts/",
    "told/",
    PATHS,
)
# Of every procedure what is known of the land and licences of natural persons.
_SUBJECTS = """
select p.procedure_code, jsonb_build_object('parcel_key', r.parcel_key, 'party_key', r.party_key)
from shared.procedure as p, lateral (
    select r.parcel_key, r.party_key
    from shared.land_right as r inner join shared.party as a on r.party_key = a.party_key
    where a.kind = 'PERSON' order by r.right_key limit 3
) as r
union all
select p.procedure_code, jsonb_build_object('licence_key', l.licence_key) from shared.procedure as p, lateral (
    select licence_key from shared.mineral_licence order by holder_tax_code nulls first, licence_key limit 3
) as l
"""
_PERSON = """
select hoten, sogiayto from raw.land_registry__party
where loai = 'CA_NHAN' and sogiayto ~ '^0[0-9]{11}$' and hoten ~ 'Đ|[^ -~]' and hoten like '% % %'
order by nguoiid limit 1
"""
# A birth date is a day like any other: only days that no published record and no law has a reason to name.
_DATE_COLUMNS = """
select format('select %I::text from %I.%I where %I is not null', column_name, table_schema, table_name, column_name)
from information_schema.columns
where table_schema = 'warehouse' and data_type = 'date'
"""


@pytest.fixture(scope="module")
def persons(demonstration, tmp_path_factory) -> Path:
    """A file with one thing per line by which a person would be recognised."""
    values = personal_values(demonstration)
    names = tmp_path_factory.mktemp("persons") / "persons.txt"
    assert len(values) > 1000
    write_forms(names, values, public_names(demonstration))
    return names


@pytest.fixture(scope="module")
def left_behind(demonstration, tmp_path_factory) -> Path:
    """A copy of every searched file, with archives unpacked beside them."""
    copy = tmp_path_factory.mktemp("left") / "home"
    for path in sorted(demonstration.home.rglob("*")):
        place = path.relative_to(demonstration.home)
        if place.parts[0] in NOT_SEARCHED or not path.is_file() or path.suffix == ".lock":
            continue
        target = copy / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        if zipfile.is_zipfile(path):
            zipfile.ZipFile(path).extractall(target.with_name(f"{target.name}.unpacked"))
    issue_receipts(demonstration, copy / "receipts")
    tell_of_records(demonstration, copy / "told")
    places = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*"))
    (copy / PATHS).write_text("\n".join(places), encoding="utf-8")
    return copy


def tell_of_records(demonstration, folder: Path) -> None:
    """What commands say: of a published and a held record of every dataset, for people and machines; of the ledger."""
    folder.mkdir()
    ledger = folder / "ledger.jsonl"
    for arguments in (["status"], ["ledger", "export", str(ledger)], ["ledger", "verify", str(ledger)]):
        told = demonstration.lienthong(*arguments)
        (folder / f"{'-'.join(arguments[:2])}.txt").write_text(told.stdout + told.stderr, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in demonstration.environment.items():
            patch.setenv(name, value)
        for dataset in load_rulebooks():
            asked = record_keys(demonstration, dataset)
            for number, key in enumerate(dict.fromkeys((asked[0], asked[-1]))):
                traced = trace_record(dataset, key)
                told = f"{shown_trace(traced)}\n{json.dumps(traced, ensure_ascii=False)}"
                (folder / f"trace-{dataset}-{number}.txt").write_text(told, encoding="utf-8")


def issue_receipts(demonstration, folder: Path) -> None:
    """A receipt for every procedure and some subjects, each in a file."""
    folder.mkdir()
    subjects = demonstration.rows(_SUBJECTS)
    assert len(subjects) > 100
    with pytest.MonkeyPatch.context() as patch:
        for name, value in demonstration.environment.items():
            patch.setenv(name, value)
        for number, (procedure, subject) in enumerate(subjects):
            (folder / f"{number}.json").write_bytes(issue_receipt(procedure, subject))


def test_every_personal_column_is_searched_for(demonstration, persons):
    """Also what is easily forgotten: who signed, where a parcel is, what an order says. Airflow runs their systems."""
    lines = (path.read_text(encoding="utf-8").splitlines() for path in (persons, numbers_of(persons)))
    searched = set().union(*lines)
    by_column = values_by_column(demonstration)
    for place in ("land_registry__certificate.tennguoiky", "land_registry__block.noidung",
                  "land_registry__parcel.diachi", "land_exports__parcel_kim_boi.ten_chu",
                  "environment_permits__facility.dia_chi", "mineral_cadastre__licence.chu_giay_phep"):  # fmt: skip
        assert f"raw.{place}" in by_column
    for place, values in by_column.items():
        assert values and values <= searched, f"nothing of {place} is searched for"
    columns = personal_columns(demonstration)
    assert len(columns) == len(by_column) + sum(kind == "date" for _, _, kind, _ in columns)
    assert {table.removeprefix("raw.").partition("__")[0] for table, *_ in columns} == set(SYSTEMS)


def test_every_kind_of_file_is_searched(left_behind):
    searched = [path.relative_to(left_behind).as_posix() for path in left_behind.rglob("*") if path.is_file()]
    for place in MUST_BE_SEARCHED:
        assert any(place in path for path in searched), f"nothing of {place} was found among {len(searched)} files"
    assert any("unpacked" in path for path in searched), "no workbook was unpacked"


@pytest.mark.timeout(240)
def test_persons_are_in_no_file(persons, left_behind):
    assert matches(persons, left_behind) == []


def test_birth_dates_are_in_no_file(demonstration, left_behind, tmp_path):
    births = personal_days(demonstration)
    union = " union ".join(query for (query,) in demonstration.rows(_DATE_COLUMNS))
    explained = {date.fromisoformat(text) for (text,) in demonstration.rows(union) if len(text) == 10}
    # The examples in rules and unit tests are ours.
    laws = (project_root() / "dbt_project" / "seeds").rglob("*.csv")
    pages = [*(project_root() / "expectations").rglob("*.yml"), *(project_root() / "dbt_project").rglob("*.yml")]
    known = "\n".join(path.read_text(encoding="utf-8") for path in (*laws, *pages))
    # A question is quoted in the log with the error that answers it: days that others asked for are no days of ours.
    log = left_behind / "logs" / "postgres.log"
    entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", log.read_text(encoding="utf-8"))
    log.write_text("\n".join(entry for entry in entries if " procedure_reader@" not in entry), encoding="utf-8")
    days = [day for day in births - explained if day.isoformat() not in known]
    assert len(days) > 200
    patterns = tmp_path / "days.txt"
    written = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")
    patterns.write_text("\n".join(f"{day:{form}}" for day in days for form in written), encoding="utf-8")
    assert matches(patterns, left_behind) == []


def test_the_search_finds_a_person_wherever_one_is(demonstration, persons, tmp_path):
    """The checks above can fail: in a page, in a log, and however the name or the number is written."""
    ((name, number),) = demonstration.rows(_PERSON)
    told = {tmp_path / f"{place}-{n}": text for n, text in enumerate(told_in_disguise(name, number))
            for place in ("page.html", "x.log")}  # fmt: skip
    for path, text in told.items():
        path.write_text(f"value ({text}) is too long", encoding="utf-8")
    found = grep_forms(persons, tmp_path, "-l")
    assert {text for path, text in told.items() if str(path) not in found} == set()


def told_in_disguise(name: str, number: str) -> list[str]:
    """A name and a number as somebody would write them who does not mean to hide them."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in plain if letter.isascii())
    *family, given = plain.split()
    coded = base64.b64encode(json.dumps({"holder": name, "id": number}, ensure_ascii=False).encode()).decode()
    return [
        name,
        plain,
        plain.upper(),
        name.upper(),
        f"{given} {' '.join(family)}",
        "-".join(plain.lower().split()),
        unicodedata.normalize("NFD", name),
        json.dumps(name),
        json.dumps(json.dumps(name)),
        coded,
        number,
        f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}",
        f"{number[:4]}.{number[4:8]}.{number[8:]}",
        hashlib.sha256(number.encode()).hexdigest(),
    ]


def test_what_tasks_hand_to_each_other_is_numbers_and_a_token():
    """Airflow keeps what a task returns (XCom): nothing but counts, and id and token of a release, can be in it."""
    allowed = {"None", "bool", "Opened", "Opened | None", "int", "dict[str, int]"}
    found = {}
    for path in sorted((project_root() / "dags").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(d) for d in node.decorator_list):
                found[f"{path.name}:{node.name}"] = ast.unparse(node.returns) if node.returns else "?"
    assert len(found) >= 8
    assert {name: kind for name, kind in found.items() if kind not in allowed} == {}
    assert {field.name for field in dataclasses.fields(Release)} == {"release_id", "token"}


@pytest.fixture(scope="module")
def kept_by_airflow(demonstration, tmp_path_factory) -> Kept:
    """What Airflow has after a working day was read and released by it."""
    demonstration.lienthong("demo", "mutate", "--share", "0.01", "--seed", "21")
    return run_dags(demonstration, tmp_path_factory.mktemp("airflow"))


@pytest.mark.timeout(600)
def test_persons_are_in_nothing_that_airflow_keeps(persons, kept_by_airflow):
    """The values themselves that tasks hand on (XCom), beside logs, events and all else in its database."""
    assert kept_by_airflow.states == dict.fromkeys(DAGS, "success")
    handed_on = (kept_by_airflow.folder / "xcom.rows").read_text(encoding="utf-8")
    assert {"extract", "build", "stage"} <= set(re.findall(r'"task_id": "(\w+)"', handed_on))
    assert "licence" in handed_on, "the rows changed per table"
    assert "rows_changed" in (kept_by_airflow.folder / "asset_event.rows").read_text(encoding="utf-8")
    assert "extract" in (kept_by_airflow.folder / "tasks.log").read_text(encoding="utf-8")
    assert matches(persons, kept_by_airflow.folder) == []


def test_a_person_in_a_value_of_airflow_would_be_found(persons, tmp_path):
    """Also where JSON wrote the letters of a name by their numbers."""
    names = persons.read_text(encoding="utf-8").splitlines()
    name = next(name for name in names if not name.isascii())
    write_readable(tmp_path / "xcom.rows", json.dumps({"value": {"holder": name}}))
    assert matches(persons, tmp_path) != []
    write_readable(tmp_path / "xcom.rows", json.dumps(json.dumps({"holder": name})))
    assert matches(persons, tmp_path) != []


def matches(patterns, place) -> list[str]:
    return grep_forms(patterns, place, "-o", "-m", "3")[:5]
