"""Values into contract types: exact or refused, never rounded; and JSON that would hurt a parser."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.column_types import column_type
from connectors.sources._file_formats import broken_shapes
from connectors.sources._fit import fit_column
from connectors.sources._http import Number, nesting_depth, parse_json
from connectors.sources._ogc_features import parse_geometries
from connectors.sources._shape import _classified, _holds

ZONE = "Asia/Ho_Chi_Minh"
LIMITS = {"smallint": 15, "integer": 31, "bigint": 63}


def fit(values, kind):
    fitted, wrong = fit_column(pa.array(values, pa.string()), column_type(kind), timezone=ZONE)
    return fitted.to_pylist(), wrong.tolist()


@settings(deadline=None)
@given(st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=20), st.sampled_from(list(LIMITS)))
def test_integers_fit_exactly_within_their_range(numbers, kind):
    limit = 2 ** LIMITS[kind]
    fitted, wrong = fit([str(number) for number in numbers], kind)
    for number, value, is_wrong in zip(numbers, fitted, wrong, strict=True):
        assert is_wrong == (not -limit <= number < limit)
        assert value == (None if is_wrong else number)


@settings(deadline=None)
@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6), min_size=1
    )
)
def test_decimals_are_never_rounded(numbers):
    fitted, wrong = fit([format(number, "f") for number in numbers], "numeric(8,2)")
    for number, value, is_wrong in zip(numbers, fitted, wrong, strict=True):
        fits = number == round(number, 2) and abs(number) < 10**6
        assert is_wrong == (not fits)
        assert value == (number if fits else None)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", ["0", "-0", "007", "-2147483648"], ["", " 1", "1 ", "+1", "0x1F", "1.0", "1e3", "2147483648", "١"]),
        ("numeric(14,1)", ["-0.0", "9999999999999.9", "1.50"], ["1.25", "1,5", ".5", "1e2", "NaN", "99999999999999.9"]),
        ("double", ["1e3", "-2.5", "0"], ["inf", "nan", "1e400", "1,5", " 1"]),
        ("boolean", ["true", "False", "0", "1"], ["yes", "t", "2", ""]),
        ("date", ["2024-02-29", "0001-01-01"], ["2023-02-29", "29/02/2024", "2024-2-9", "2024-02-29T00:00:00"]),
        (
            "timestamptz",
            ["2024-01-01T00:00:00+07:00", "2024-01-01 00:00:00Z"],
            ["2024-01-01", "24:00", "2024-13-01T00:00:00"],
        ),
        ("text", ["Ninh Bình"], ["a\0b"]),
    ],
)
def test_edges_of_every_type(kind, good, bad):
    assert fit(good, kind)[1] == [False] * len(good)
    assert fit(bad, kind) == ([None] * len(bad), [True] * len(bad))


def test_a_time_without_offset_is_one_of_the_time_zone_of_the_contract():
    fitted, _ = fit(["2024-01-01T07:00:00", "2024-01-01T07:00:00Z", None], "timestamptz")
    assert fitted == [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 7, tzinfo=UTC), None]


def test_whole_numbers_of_a_typed_source_fit_a_numeric_column():
    fitted, wrong = fit_column(pa.array([7, 10**5, None]), column_type("numeric(6,1)"), timezone=ZONE)
    assert (fitted.to_pylist(), wrong.tolist()) == ([Decimal(7), None, None], [False, True, False])


def test_one_misfit_among_many_is_found_alone():
    values = [str(number) for number in range(5000)]
    values[4321] = "99999999999999999999"
    fitted, wrong = fit(values, "bigint")
    assert np.flatnonzero(wrong).tolist() == [4321]
    assert fitted[4320] == 4320


def test_a_midnight_is_a_date_and_a_time_of_day_is_not():
    values = pa.array([datetime(2024, 1, 1), datetime(2024, 1, 1, 12), None], pa.timestamp("ms"))  # noqa: DTZ001
    fitted, wrong = fit_column(values, column_type("date"), timezone=ZONE)
    assert wrong.tolist() == [False, True, False]
    assert fitted.to_pylist()[1:] == [None, None]


def test_json_numbers_keep_every_digit():
    value = parse_json(b'{"a": 12345678901234567.89}')["a"]
    assert isinstance(value, Number)
    assert value.text == "12345678901234567.89"


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[1", b"NaN", b"<html></html>", b"\xff\xfe"])
def test_json_that_is_none_or_nested_too_deep_is_refused(text):
    with pytest.raises(ValueError, match=r"nested|not JSON"):
        parse_json(text)


def test_depth_is_counted_outside_of_strings():
    assert nesting_depth(rb'{"a": "[[[[ \" [[[[", "b": [[1]]}') == 3


def test_geometry_collections_nested_deep_never_reach_the_parser():
    """shapely 2.2 ends the process on a collection nested 100,000 deep."""
    deep = b'{"type":"GeometryCollection","geometries":[' * 100_000 + b"]}" * 100_000
    with pytest.raises(ValueError, match="nested 200000 deep"):
        parse_json(deep)


def test_a_polygon_with_an_unclosed_ring_or_cut_off_is_marked_and_no_other():
    square = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    bow_tie = shapely.to_wkb(shapely.MultiPolygon([shapely.Polygon([(0, 0), (2, 0), (0, 3), (2, 3)])]))
    unclosed = square[:-16] + np.array([0.5, 0.5]).tobytes()
    shapes = pa.array([square, unclosed, None, square[:-3], bow_tie, shapely.to_wkb(shapely.Point(1, 2))], pa.binary())
    assert broken_shapes(shapes).tolist() == [False, True, False, True, False, False]


def test_a_broken_geometry_is_marked_and_a_missing_one_is_not():
    good = {"type": "Point", "coordinates": [105.9, 20.2]}
    shapes, wrong, opened = parse_geometries([good, {"type": "Point", "coordinates": ["x"]}, None])
    assert wrong.tolist() == [False, True, False]
    assert opened.tolist() == [False, False, False]
    assert shapes[0][:5] == b"\x01\x01\x00\x00\x00"


def test_changes_of_shape_are_classified():
    found = {"so_giay": "text", "moi": "text", "ngay": "text"}
    assert _classified(["moi", "so_giay"], ["cu_xyz", "sogiay"], ["ngay is text, not date"], found) == (
        "renamed? sogiay -> so_giay; removed cu_xyz; added moi (text); retyped ngay is text, not date"
    )


@pytest.mark.parametrize(
    ("contract", "source", "holds"),
    [
        ("bigint", "integer", True),
        ("integer", "bigint", False),
        ("numeric(14,1)", "numeric(12,1)", True),
        ("numeric(14,1)", "numeric(14,2)", False),
        ("text", "bigint", False),
        ("timestamptz", "timestamp", False),
    ],
)
def test_a_source_type_may_be_narrower_but_not_wider(contract, source, holds):
    assert _holds(column_type(contract), source) is holds
