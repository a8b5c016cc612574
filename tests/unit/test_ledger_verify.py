"""An exported ledger: whatever single thing is done to it, the first entry at fault is found and named."""

import json
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors.errors import LedgerBroken
from connectors.warehouse.ledger_chain import GENESIS_HASH, Entry, entry_line
from connectors.warehouse.ledger_verify import verify_ledger

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
QUICK = settings(max_examples=40, deadline=None)
PAYLOADS = st.lists(st.dictionaries(st.text(max_size=6), JSON, max_size=3), min_size=4, max_size=12)


def chain(payloads: list[dict[str, object]]) -> list[Entry]:
    made, prev = [], GENESIS_HASH
    for seq, payload in enumerate(payloads, 1):
        made.append(sealed(seq, payload, prev))
        prev = made[-1].hash
    return made


def sealed(seq: int, payload: object, prev: str, at: str = "2026-11-21T01:02:03.000004Z") -> Entry:
    entry = Entry(seq, at, "test.entry", json.dumps(payload, ensure_ascii=True), prev, "")
    return entry._replace(hash=entry.own_hash)


def verify(lines: list[str]) -> int:
    with NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8", newline="") as file:
        file.write("".join(lines))
        file.flush()
        return verify_ledger(Path(file.name))


def fault(lines: list[str]) -> LedgerBroken:
    with pytest.raises(LedgerBroken) as caught:
        verify(lines)
    return caught.value


def text(entries: list[Entry]) -> list[str]:
    return [entry_line(entry) for entry in entries]


@QUICK
@given(PAYLOADS)
def test_sound_chain_holds_and_is_json(payloads) -> None:
    lines = text(chain(payloads))
    assert verify(lines) == len(payloads)
    assert [json.loads(line)["payload"] for line in lines] == payloads


def test_empty_export_has_no_entries() -> None:
    assert verify([]) == 0


@QUICK
@given(PAYLOADS, st.data())
def test_edited_character_is_located(payloads, data) -> None:
    lines = text(chain(payloads))
    at = data.draw(st.integers(0, len(lines) - 1))
    spot = data.draw(st.integers(0, len(lines[at]) - 2))
    character = data.draw(st.sampled_from('0129aefz"{}: ,é'))
    assume(lines[at][spot] != character)
    lines[at] = lines[at][:spot] + character + lines[at][spot + 1 :]
    error = fault(lines)
    assert f"line {at + 1}" in error.where
    assert re.search(rf"entry {at + 1} (was edited|belongs)|cut short", error.found), error.found


@QUICK
@given(PAYLOADS, st.data())
def test_edit_with_its_hash_made_anew_is_located(payloads, data) -> None:
    entries = chain(payloads)
    at = data.draw(st.integers(0, len(entries) - 2))
    entries[at] = sealed(at + 1, {"forged": True}, entries[at].prev_hash, at="2026-11-22T00:00:00.000000Z")
    assert f"entry {at + 1} was edited and its hash made anew" in fault(text(entries)).found


@QUICK
@given(PAYLOADS, st.data())
def test_removed_entries_are_located(payloads, data) -> None:
    entries = chain(payloads)
    first = data.draw(st.integers(0, len(entries) - 2))
    last = data.draw(st.integers(first, len(entries) - 2))
    found = fault(text(entries[:first] + entries[last + 1 :])).found
    wanted = f"entry {first + 1} removed" if first == last else f"entries {first + 1} to {last + 1} removed"
    assert found == wanted


@QUICK
@given(PAYLOADS, st.data())
def test_moved_entry_is_located(payloads, data) -> None:
    entries = chain(payloads)
    source = data.draw(st.integers(0, len(entries) - 1))
    target = data.draw(st.integers(0, len(entries) - 1))
    assume(source != target)
    first = min(source, target)
    entries.insert(target, entries.pop(source))
    error = fault(text(entries))
    assert "reordered" in error.found
    assert f"line {first + 1}" in error.where


@QUICK
@given(PAYLOADS, st.data())
def test_copied_entry_is_located(payloads, data) -> None:
    entries = chain(payloads)
    source = data.draw(st.integers(0, len(entries) - 1))
    target = data.draw(st.integers(0, len(entries)))
    copy = entries[source]
    entries.insert(target, copy)
    found = fault(text(entries)).found
    assert re.match(rf"entry {copy.seq} was inserted", found), found


@QUICK
@given(PAYLOADS, st.data(), st.booleans())
def test_forged_entry_in_the_middle_is_located(payloads, data, is_sealed) -> None:
    entries = chain(payloads)
    at = data.draw(st.integers(1, len(entries) - 2))
    forged = sealed(at + 1, {"forged": True}, entries[at - 1].hash, at="2026-11-22T00:00:00.000000Z")
    entries.insert(at, forged if is_sealed else forged._replace(hash="f" * 64))
    assert f"entry {at + 1} was inserted" in fault(text(entries)).found


@QUICK
@given(PAYLOADS, st.data())
def test_file_cut_short_is_located(payloads, data) -> None:
    lines = text(chain(payloads))
    cut = data.draw(st.integers(1, len(lines[-1]) - 1))
    lines[-1] = lines[-1][:cut]
    assert "cut short at the end" in fault(lines).found


def test_bytes_that_are_not_utf8_are_an_edit(tmp_path: Path) -> None:
    lines = [line.encode() for line in text(chain([{}, {"a": "bcd"}, {}]))]
    lines[1] = lines[1].replace(b"bcd", b"b\xffd")
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(lines))
    with pytest.raises(LedgerBroken, match="entry 2 was edited"):
        verify_ledger(path)
