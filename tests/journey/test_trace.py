"""A record of every dataset is followed back to its files in one answer, and every run said what it did."""

import json

import pytest
from click.testing import CliRunner

from connectors.errors import NotTraceable
from expectations.commands_trace import trace as command
from expectations.lineage.tracing import trace_record
from expectations.rules import load_rulebooks
from tests.journey.record_keys import record_keys

BOOKS = load_rulebooks()


@pytest.fixture(scope="module", autouse=True)
def _here(demonstration):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_HOME", str(demonstration.home))
        yield


def test_every_dataset_with_a_source_says_by_which_raw_rows_it_is_made() -> None:
    for name, book in BOOKS.items():
        assert set(book.dataset.sources) <= set(book.lineage.raw) or book.lineage.seeds, name
        assert book.lineage.raw or book.lineage.seeds, name


@pytest.mark.parametrize("name", BOOKS)
def test_records_are_followed_to_their_files(demonstration, name) -> None:
    asked = record_keys(demonstration, name)
    assert asked
    for key in asked:
        traced = trace_record(name, key)
        assert traced["published"] or traced["outcome"]["outcome"] == "held"
        assert traced["warehouse"]["is_as_published"] is (traced["published"] is not None)
        assert {rule["rule_id"] for rule in traced["rules"]} >= {"G01"} | {rule.id for rule in BOOKS[name].row_rules}
        rows = [row for source in traced["sources"] for row in source["rows"]]
        assert rows or traced["seeds"], key
        for row in rows:
            assert (row["file"]["is_unchanged"], row["file"]["problem"]) == (True, None)
            assert row["file"]["line_no"] >= 1
            assert row["batch"]["ledger_entry"] >= 1
        assert all(len(seed["sha256"]) == 64 for seed in traced["seeds"])


def test_a_held_parcel_is_shown_to_people(demonstration) -> None:
    key, rule = demonstration.rows(
        "select record_key, rule_ids[1] from quality.row_outcome where dataset = 'land_parcel' and outcome = 'held' "
        "and record_key like 'land_registry:%' order by 1 limit 1"
    )[0]
    shown = CliRunner().invoke(command, ["land_parcel", key], catch_exceptions=False).output
    raw_row = f"raw row  thuadatid={key.split(':')[1]}"
    for words in (f"land_parcel {key}", f"failed   {rule} (hold)", "custodian", "no row in this release", raw_row):
        assert words in shown, shown
    for words in ("not published", "sha256", "(unchanged)", "Cơ sở dữ liệu địa chính"):
        assert words in shown, shown
    told = CliRunner().invoke(command, ["land_parcel", key, "--json"], catch_exceptions=False).output
    assert json.loads(told)["outcome"]["rule_ids"][0] == rule


def test_nothing_of_a_person_is_shown(demonstration) -> None:
    ((key, *values),) = demonstration.rows(
        "select w.party_key, p.nguoiid::text, p.hoten, p.sogiayto, p.ngaysinh::text, p.dienthoai, p.diachi "
        "from warehouse.party as w inner join raw.land_registry__party as p on p.nguoiid = w.party_id "
        "where p.loai = 'CA_NHAN' and p.nguoiid > 1000 order by w.party_key limit 1"
    )
    ((right,),) = demonstration.rows("select right_key from shared.land_right where party_key = %s limit 1", key)
    for name, asked in (("party", key), ("land_right", right)):
        told = json.dumps(trace_record(name, [asked]), ensure_ascii=False)
        for value in filter(None, values[1:]):
            assert value not in told
        assert f'"{values[0]}"' not in told
        assert "as good as a person's name" in told


def test_a_raw_row_that_moved_on_is_found_in_the_file_of_then(demonstration) -> None:
    ((key, parcel),) = demonstration.rows(
        "select parcel_key, parcel_id from shared.land_parcel where parcel_id < 2e9 limit 1"
    )
    later = "update raw.land_registry__parcel set _change_no = _change_no {} 1000000 where thuadatid = {}"
    first = trace_record("land_parcel", [key])["sources"][0]["rows"][0]
    with demonstration.connect() as owner:
        try:
            owner.execute(later.format("+", parcel))
            moved = trace_record("land_parcel", [key], release_id=demonstration.release_id())["sources"][0]["rows"][0]
        finally:
            owner.execute(later.format("-", parcel))
    assert (first["changed_since"], moved["changed_since"]) == (False, True)
    assert moved["file"] == first["file"]


def test_a_refused_row_is_found_by_its_key(demonstration) -> None:
    with demonstration.connect() as owner:
        owner.execute(
            "insert into raw._rejected values (1, 'environment_permits', 'facility', 'all', '987654', '{}', 'x')"
        )
        try:
            traced = trace_record("facility", ["environment_permits:987654"])
        finally:
            owner.execute("delete from raw._rejected where row_ref = '987654'")
    assert traced["sources"][0]["rejected"] == [{"key": "987654", "batch_id": 1}]
    assert (traced["published"], traced["warehouse"]) == (None, None)


@pytest.mark.parametrize(
    ("dataset", "key", "release", "words"),
    [
        ("land_parcl", ["x"], None, "land_parcel\\?"),
        ("land_parcel", ["land_registry:4711"], None, "for example land_"),
        ("land_parcel_use", ["land_registry:1"], None, "parcel_key, seq, joined by"),
        ("land_parcel_use", ["land_registry:1", "x"], None, r"seq \(integer\)"),
        ("land_parcel", ["land_registry:1"], 4711, "found release 4711"),
    ],
)
def test_what_is_not_known_says_what_is_accepted(dataset, key, release, words) -> None:
    with pytest.raises(NotTraceable, match=words):
        trace_record(dataset, key, release_id=release)


def test_every_step_of_the_run_was_announced(demonstration) -> None:
    files = (demonstration.home / "lineage").glob("*.jsonl")
    events = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    done = {event["job"]["name"] for event in events if event["eventType"] == "COMPLETE"}
    assert {"build", "check_rows", "stage", "gate", "publish", "extract.land_registry.35", "build.land_parcel"} <= done
    assert {event["eventType"] for event in events} >= {"START", "COMPLETE"}
