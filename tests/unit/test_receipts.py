"""Receipts without a database: one form, one signature, and no byte that can be changed."""

import json
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.commands_receipt import receipt as command
from connectors.errors import ReceiptInvalid, SettingMissing
from connectors.receipts.canonical import NotCanonical, canonical, parse
from connectors.receipts.receipt import make_receipt, read_receipt, verify_receipt
from connectors.receipts.signing import SETTING, public_pem, sign, signing_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ANSWERED = {
    "asked_at": "2026-11-21T01:02:03.000004Z",
    "release_id": 7,
    "answers": [
        {
            "check_code": "PARCEL_EXISTS", "result": "PASS", "reason_code": "PARCEL_FOUND",
            "source_system": "land_registry", "as_of": None,
            "evidence": {"area_m2": 117.9, "phường": "Xã Thanh Lâm", "held": False},
        }
    ],
    "rows": [{"dataset": "land_parcel", "record_key": "land_registry:1", "row_hash": "0f" * 32}],
    "ledger": {"seq": 12, "hash": "ab" * 32},
    "checks_sha256": "cd" * 32,
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def made(**more) -> bytes:
    return make_receipt("LT-09", {"parcel_key": "land_registry:1"}, ANSWERED | more, KEY)


def is_genuine(data: bytes) -> bool:
    try:
        verify_receipt(data, [KEY.public_key()], where="test")
    except ReceiptInvalid:
        return False
    return True


def test_a_receipt_says_what_was_answered() -> None:
    found = verify_receipt(made(), [Ed25519PrivateKey.generate().public_key(), KEY.public_key()], where="test")
    assert (found.procedure_code, found.subject) == ("LT-09", {"parcel_key": "land_registry:1"})
    assert {name: found.content[name] for name in ANSWERED} == ANSWERED
    assert (found.release_id, found.ledger_entry) == (7, (12, "ab" * 32))


def test_no_byte_of_a_receipt_can_be_changed() -> None:
    data = made()
    assert is_genuine(data)
    for place, byte in enumerate(data):
        for other in {byte ^ 0x01, byte ^ 0x20, byte ^ 0x80, 0x20, 0x30, 0x22} - {byte}:
            assert not is_genuine(data[:place] + bytes([other]) + data[place + 1 :]), (place, bytes([other]))
        assert not is_genuine(data[:place] + data[place + 1 :]), f"byte {place} left out"
    for added in (b" ", b"\n", b"0"):
        assert not is_genuine(data + added)
        assert not is_genuine(added + data)


def test_what_is_signed_cannot_be_said_in_another_way() -> None:
    data = made()
    value = json.loads(data)
    for again in (
        json.dumps(value).encode(),
        json.dumps(value, ensure_ascii=False, sort_keys=True).encode(),
        data.replace(b'"release_id":7', b'"release_id":7.0'),
        data.replace(b'"release_id":7', b'"release_id":7,"release_id":7'),
        unicodedata.normalize("NFD", data.decode()).encode(),
        data.replace(b"117.9", b"1.179e2"),
        b"[" * 100_000,
        b"\xff",
        b"NaN",
    ):
        assert again != data
        assert not is_genuine(again)


def test_another_key_signs_nothing_for_us() -> None:
    other = Ed25519PrivateKey.generate()
    content = json.loads(make_receipt("LT-09", {}, ANSWERED, other))
    with pytest.raises(ReceiptInvalid, match="key "):
        verify_receipt(canonical(content), [KEY.public_key()], where="test")
    content |= {"key_id": json.loads(made())["key_id"]}
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    forged = canonical(unsigned | {"signature": sign(canonical(unsigned), other)})
    assert read_receipt(forged, where="test").release_id == 7
    with pytest.raises(ReceiptInvalid, match="it was changed"):
        verify_receipt(forged, [KEY.public_key()], where="test")


@pytest.mark.parametrize("change", [{"extra": 1}, {"rows": {}}, {"release_id": True}, {"ledger": {"seq": 1}}])
def test_what_is_no_receipt_is_refused_even_if_signed(change) -> None:
    with pytest.raises(ReceiptInvalid):
        verify_receipt(made(**change), [KEY.public_key()], where="test")


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_canonical_form_is_read_back_and_is_the_only_one(value) -> None:
    data = canonical(value)
    assert canonical(parse(data)) == data
    with pytest.raises(NotCanonical):
        parse(data + b" ")


def test_canonical_form_is_that_of_rfc_8785() -> None:
    sample = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27], "€": "\u20ac$\u000f\nA'\"\\", "\r": 1, "1": []}
    assert canonical(sample).decode() == (
        r'{"\r":1,"1":[],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"€":"€$\u000f\nA' + r"""'\"\\"}"""
    )
    for exact in (2**53 + 1, float("nan")):
        with pytest.raises(NotCanonical):
            canonical([exact])


def test_commands_verify_offline_and_print_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner().invoke
    (tmp_path / "r.json").write_bytes(made())
    (tmp_path / "key.pem").write_text(public_pem(KEY.public_key()))
    found = run(command, ["verify", str(tmp_path / "r.json"), "--key", str(tmp_path / "key.pem")])
    assert (found.exit_code, "genuine. LT-09" in found.output) == (0, True), found.output
    monkeypatch.setenv(SETTING, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
    assert run(command, ["key"]).stdout == public_pem(KEY.public_key())
    assert run(command, ["verify", str(tmp_path / "r.json")]).exit_code == 0
    (tmp_path / "key.pem").write_text("no key")
    bad = run(command, ["verify", str(tmp_path / "r.json"), "--key", str(tmp_path / "key.pem")])
    assert isinstance(bad.exception, ReceiptInvalid)
    monkeypatch.setenv(SETTING, "short")
    with pytest.raises(SettingMissing, match="32 secret bytes"):
        signing_key()
