"""What JSON leaves open is refused, and nothing that is clear."""

import json

import pytest

from infra.http_face.strict_json import fault_of_headers, fault_of_json

UNCLEAR = {
    '{"a": 1, "a": 1}': 'the member "a" is given twice',
    '{"subject": {"k": [{"b": 1, "c": 2, "b": 3}]}}': 'the member "b" is given twice',
    '{"a": 1e400}': "beyond the range of numbers",
    '{"a": -1e400}': "beyond the range of numbers",
    '{"a": NaN}': "none of JSON",
    '{"a": [-Infinity]}': "none of JSON",
    '{"a": "x\\u0000"}': "a zero byte or half of a character",
    '{"\\ud800": 1}': "a zero byte or half of a character",
    '{"a": "\\udfff"}': "a zero byte or half of a character",
    '{"a": 1,}': "not JSON",
    '{"a": 1} {}': "not JSON",
    "": "not JSON",
    '{"a": ' + "9" * 5000 + "}": "not JSON",
}


@pytest.mark.parametrize(("body", "problem"), UNCLEAR.items(), ids=[body[:40] for body in UNCLEAR])
def test_unclear_json_is_refused(body, problem):
    status, found, accepted = fault_of_json(body.encode())
    assert status == 400 and problem in found and accepted


def test_bytes_that_are_no_utf_8_are_refused():
    for body in (b'{"a": "\xff"}', '{"a": 1}'.encode("utf-16"), '{"a": "Đ"}'.encode("latin-1", "replace") + b"\xc3"):
        assert fault_of_json(body)[1] == "the body is not in UTF-8"


@pytest.mark.parametrize("value", [
    {}, [], "Đất ở tại nông thôn", "\U0001f5fa", {"a": {"a": {"a": 1}}}, [{"a": 1}, {"a": 1}], 1e308, 2**70, None,
])  # fmt: skip
def test_clear_json_is_read(value):
    for ascii_only in (True, False):
        assert fault_of_json(json.dumps(value, ensure_ascii=ascii_only).encode()) is None
    assert fault_of_json(b"\xef\xbb\xbf" + json.dumps(value).encode()) is None, "a mark at the beginning"


@pytest.mark.parametrize(("kind", "encoding", "status"), [
    ("application/json", "", None),
    ("application/json; charset=UTF-8", "identity", None),
    ('application/json;charset="utf-8"', "", None),
    ("application/geo+json", "", None),
    ("application/json; charset=utf-16", "", 415),
    ("text/plain", "", 415),
    ("application/x-www-form-urlencoded", "", 415),
    ("", "", 415),
    ("application/json", "gzip", 415),
    ("application/json", "br", 415),
])  # fmt: skip
def test_a_body_is_json_as_it_stands(kind, encoding, status):
    fault = fault_of_headers({b"content-type": kind.encode(), b"content-encoding": encoding.encode()})
    assert (fault and fault[0]) == status
