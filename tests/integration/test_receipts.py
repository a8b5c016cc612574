"""A thousand receipts over twenty releases are computed again and come out the same; what differs is shown."""

import json
import random
from base64 import urlsafe_b64encode
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors import commands_receipt
from connectors.errors import QuestionRefused, ReceiptInvalid
from connectors.receipts.answering import ask, issue_receipt
from connectors.receipts.receipt import Receipt, make_receipt, verify_receipt
from connectors.receipts.replay import replay
from connectors.settings import warehouse_dsn
from connectors.warehouse import ledger, releases
from connectors.warehouse.ledger import export_ledger
from connectors.warehouse.stage import StageCounts, record_counts
from expectations.rules import load_rulebook
from tests.benchmarks.questions import subject_for
from tests.integration.answered_province import PARCELS, Province, province

RELEASES, RECEIPTS = 20, 1_000
CHANGED, REMOVED, ADDED = 8, 4, 4  # bytes tried of every receipt
KEY = Ed25519PrivateKey.from_private_bytes(b"a key of thirty-two bytes, tests")
SETTING = urlsafe_b64encode(KEY.private_bytes_raw()).decode()
DATASETS = ("land_parcel", "land_restriction", "land_right")
# What a day changes: areas, restrictions and rights of every nth row get a new version, some parcels go.
_CHANGE = """
with old as (
    update release.{table} set to_release = {release}
    where to_release = 9223372036854775807 and hashtext({key} || {release}) %% 7 = 0 returning *
)
insert into release.{table} ({columns}, {set}, row_hash, from_release, to_release)
select {columns}, {to}, sha256(convert_to({key} || {release}, 'UTF8')), {release}, 9223372036854775807 from old
where hashtext({key}) %% 50 <> 0
"""
_CHANGED = {
    "land_parcel": ("parcel_key", "legal_area_m2", "legal_area_m2 + 1"),
    "land_restriction": ("restriction_key", "is_active", "not is_active"),
    "land_right": ("right_key", "status", "case status when 'IN_FORCE' then 'WITHDRAWN' else 'IN_FORCE' end"),
}


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "receipts"
    home.mkdir(mode=0o711, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, province(cluster, "receipts", home) as made:
        patch.setenv("LIENTHONG_RECEIPT_KEY", SETTING)
        yield made


@pytest.fixture(scope="module")
def receipts(here: Province) -> list[bytes]:
    """Receipts of every release, asked when it was in service or later, some before its age was confirmed anew."""
    rng = random.Random(6)
    made: list[bytes] = []
    known = [here.release]
    with psycopg.connect(warehouse_dsn("procedure_reader"), autocommit=True) as conn:
        procedures = [number for (number,) in conn.execute("select catalogue_no from shared.procedure order by 1")]
        while len(made) < RECEIPTS:
            for number in range(RECEIPTS // RELEASES):
                if number == RECEIPTS // RELEASES // 2:
                    confirm(known[-1])
                code = rng.choice(procedures)
                subject = subject_for(code, rng, PARCELS) | ({"max_age_hours": 48} if number % 3 else {})
                release = rng.choice(known) if number % 5 == 0 else None
                made.append(make_receipt(code, subject, ask(conn, code, subject, release_id=release), KEY))
            if len(known) < RELEASES:
                known.append(next_day(here))
    assert len(known) == RELEASES
    return made


def next_day(here: Province) -> int:
    release = releases.open_release({})
    n = release.release_id
    with psycopg.connect(here.admin_dsn) as conn:
        for table, (key, column, changed) in _CHANGED.items():
            (columns,) = conn.execute(
                "select string_agg(attname, ', ') from pg_attribute where attrelid = %s::regclass and attnum > 0 "
                "and not attisdropped and attname <> all(%s)",
                (f"release.{table}", [column, "row_hash", "from_release", "to_release"]),
            ).fetchone()
            statement = _CHANGE.format(table=table, release=n, key=key, set=column, to=changed, columns=columns)
            conn.execute(statement.replace("%%", "%"))
        conn.execute(
            "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian) "
            "select 'land_parcel', parcel_key, %s, 'held', '{L03}', 'Cơ quan thử nghiệm' from release.land_parcel "
            "where to_release > %s and hashtext(parcel_key || %s) %% 40 = 0",
            (n, n, n),
        )
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        for table in DATASETS:
            record_counts(conn, n, load_rulebook(table).dataset, StageCounts(PARCELS, 0, 0, 0, 0))
        conn.execute(
            "update release.dataset_release set source_as_of = now() - interval '5 days' where release_id = %s", (n,)
        )
    releases.publish(release)
    return n


def confirm(release_id: int) -> None:
    """As `releases.confirm` does after a read without changes: the sources are young again, and the ledger says so."""
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        conn.execute(
            "update release.dataset_release set source_as_of = now() where release_id = %s and dataset <> 'land_right'",
            (release_id,),
        )
        ledger.record(conn, "release.confirmed", {"release_id": release_id})


def read(data: bytes) -> Receipt:
    return verify_receipt(data, [KEY.public_key()], where="test")


def test_a_thousand_receipts_over_twenty_releases_replay_identically(here: Province, receipts: list[bytes]) -> None:
    genuine = [read(data) for data in receipts]
    assert {a["result"] for r in genuine for a in r.content["answers"]} == {"PASS", "FAIL", "HELD", "STALE", "UNKNOWN"}
    assert (len(genuine), len({r.release_id for r in genuine})) == (RECEIPTS, RELEASES)
    with psycopg.connect(warehouse_dsn("auditor_reader"), autocommit=True) as conn:
        found = [replay(receipt, conn) for receipt in genuine]
    assert [result.differences for result in found if not result.is_same] == []
    assert not any(result.has_other_checks for result in found)


def test_a_byte_changed_removed_or_added_anywhere_in_any_receipt_fails(receipts: list[bytes], capsys) -> None:
    rng, tried = random.Random(1), 0
    for data in receipts:
        places = rng.choices(range(len(data)), k=CHANGED + REMOVED + ADDED)
        tampered = [with_other_byte(data, place, rng) for place in places[:CHANGED]]
        tampered += [data[:place] + data[place + 1 :] for place in places[CHANGED : CHANGED + REMOVED]]
        tampered += [data[:place] + rng.randbytes(1) + data[place:] for place in places[-ADDED:]]
        assert [again for again in tampered if is_genuine(again)] == []
        tried += len(tampered)
    with capsys.disabled():
        print(f"\n{tried:,} receipts with one byte changed, removed or added: none is genuine", end="")
    assert tried == RECEIPTS * (CHANGED + REMOVED + ADDED)


def test_no_byte_of_a_receipt_of_any_procedure_can_be_another(here: Province, receipts: list[bytes], capsys) -> None:
    rng, shortest = random.Random(2), {}
    for data in sorted(receipts, key=len, reverse=True):
        shortest[read(data).procedure_code] = data
    with psycopg.connect(here.admin_dsn) as conn:
        assert len(shortest) == conn.execute("select count(*) from shared.procedure").fetchone()[0]
    for code, data in shortest.items():
        found = [place for place in range(len(data)) if is_genuine(with_other_byte(data, place, rng))]
        assert found == [], code
    with capsys.disabled():
        print(
            f"\n{sum(map(len, shortest.values())):,} bytes of {len(shortest)} procedures' receipts, each another",
            end="",
        )


def with_other_byte(data: bytes, place: int, rng: random.Random) -> bytes:
    """The bytes with one of them replaced by a random other one."""
    return data[:place] + bytes([(data[place] + rng.randrange(1, 256)) % 256]) + data[place + 1 :]


def is_genuine(data: bytes) -> bool:
    try:
        read(data)
    except ReceiptInvalid:
        return False
    return True


def test_every_dataset_that_a_check_reads_is_on_receipts(here: Province) -> None:
    """A dataset that checks need and `checks.rows_read` passes over would be missing in silence."""
    fixed_by_the_release = {"dataset_coverage"}
    with psycopg.connect(here.admin_dsn) as conn:
        needed = {n for (n,) in conn.execute("select distinct unnest(datasets) from shared.procedure_requirement")}
        texts = conn.execute("select string_agg(prosrc, '') from pg_proc where proname like '%_rows_read'").fetchone()[
            0
        ]
    assert {name for name in needed - fixed_by_the_release if f"when '{name}' then" not in texts} == set()


def test_what_was_edited_since_is_shown(here: Province, receipts: list[bytes]) -> None:
    receipt = next(r for r in map(read, receipts) if any(row["dataset"] == "land_parcel" for row in r.content["rows"]))
    key = next(row["record_key"] for row in receipt.content["rows"] if row["dataset"] == "land_parcel")
    edit = f"update release.land_parcel set row_hash = '\\xff', legal_area_m2 = 1 where parcel_key = '{key}'"
    forge = "update audit.ledger set hash = 'x' where seq = " + str(receipt.ledger_entry[0])
    with here.changed("alter table audit.ledger disable trigger all", edit, forge) as conn:
        differences = replay(receipt, conn).differences
    said = {d.what for d in differences}
    assert f"row land_parcel {key}" in said
    assert f"ledger entry {receipt.ledger_entry[0]}" in said
    older = f"update release.dataset_release set source_as_of = '2020-01-01' where release_id = {receipt.release_id}"
    with here.changed(older, "set constraints all immediate") as conn:
        assert replay(receipt, conn).is_same, "an age that was said later changes nothing of an answer given before"


def test_commands(here: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner().invoke
    subject, file, export = tmp_path / "subject.json", tmp_path / "receipt.json", tmp_path / "ledger.jsonl"
    subject.write_text(json.dumps({"parcel_key": "land_registry:18"}))
    issued = run(commands_receipt.receipt, ["issue", "LT-09", str(subject), "--output", str(file)])
    assert issued.exit_code == 0, issued.output
    subject.write_text('{"parcel_key": "land_registry:18", "parcel_key": "land_registry:1"}')
    twice = run(commands_receipt.receipt, ["issue", "LT-09", str(subject)])
    assert (twice.exit_code, "the member parcel_key is given twice" in twice.output) == (2, True), twice.output
    again = run(commands_receipt.replay, [str(file)])
    assert (again.exit_code, "The same:" in again.output) == (0, True), again.output
    export_ledger(export)
    # offline: no warehouse is known any more
    for role in ("PROCEDURE_READER", "AUDITOR_READER", "LT_PUBLISHER", "OWNER"):
        monkeypatch.delenv(f"LIENTHONG_DSN_{role}")
    found = run(commands_receipt.receipt, ["verify", str(file), "--ledger", str(export)])
    assert (found.exit_code, "genuine" in found.output) == (0, True), found.output
    lines = export.read_text().splitlines(keepends=True)
    export.write_text("".join(lines[:5]))
    cut = run(commands_receipt.receipt, ["verify", str(file), "--ledger", str(export)])
    assert "an end after entry 5" in str(cut.exception)
    file.write_bytes(file.read_bytes() + b"\n")
    assert isinstance(run(commands_receipt.receipt, ["verify", str(file)]).exception, ReceiptInvalid)


def test_replay_ends_with_1_when_something_differs(here: Province, tmp_path: Path) -> None:
    answered = json.loads(issue_receipt("LT-09", {"parcel_key": "land_registry:18"}))
    told = {name: answered[name] for name in ("asked_at", "release_id", "answers", "rows", "ledger", "checks_sha256")}
    told["answers"][0] |= {"result": "FAIL"}
    told |= {"checks_sha256": "0" * 64, "rows": []}
    (tmp_path / "r.json").write_bytes(make_receipt("LT-09", {"parcel_key": "land_registry:18"}, told, KEY))
    found = CliRunner().invoke(commands_receipt.replay, [str(tmp_path / "r.json")])
    assert found.exit_code == 1
    for words in (
        "answer PARCEL_EXISTS",
        '"result":"FAIL"',
        "nothing",
        "The checks were edited since",
        "difference(s)",
    ):
        assert words in found.output, found.output


@pytest.mark.parametrize(
    ("code", "subject", "release", "words"),
    [
        ("LT-99", {}, None, "not known"),
        ("LT-09", {"parcelkey": "x"}, None, "which no check knows"),
        ("LT-09", {}, 4711, "never published"),
        ("LT-19", {"organisation_tax_code": "001099012345"}, None, "number of a person"),
    ],
)
def test_what_cannot_be_answered_gets_no_receipt(here: Province, code, subject, release, words) -> None:
    with pytest.raises(QuestionRefused, match=words):
        issue_receipt(code, subject, release)
