"""Parts of the report that need no warehouse: safe cells, maps, charts, numbers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.data_docs import strip_page
from expectations.preview import REASON
from expectations.site.boundaries import Outline
from expectations.site.charts import draw_trend, sparkline
from expectations.site.feedback import known_as, safe_cell
from expectations.site.maps import draw_map
from expectations.site.places import Place
from expectations.site.rendering import make_environment
from expectations.site.wording import reason_words, thousands_vi


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=12))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    safe = safe_cell(text)
    assert not safe.lstrip(" \t\r\n\x00\ufeff\xa0").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert safe in {text, f"'{text}"}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r1", "\n1", "  =1", "\ufeff=1", "＝1"])
def test_each_way_to_begin_a_formula_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "land_registry:1", "Tỷ lệ > 5 %", "1-1", "a=b"])
def test_plain_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    ("concerns", "told"),
    [
        (["lot:106303/20159", "lot:any", "parcel:14287/1/41", "w7edejc9kduh"], "xã 14287, tờ 1, thửa 41; w7edejc9kduh"),
        (["cell:any", "commune:13540", "holder:0600277250"], "xã 13540; mã số thuế 0600277250"),
        (["land_registry:1000725", "1827/GPMT-UBND", "parcel:1"], "land_registry:1000725; 1827/GPMT-UBND; xã 1, tờ , thửa "),  # noqa: E501
        ([], ""),
    ],
)  # fmt: skip
def test_a_steward_reads_names_and_no_squares_of_ground(concerns: list[str], told: str) -> None:
    assert known_as(concerns) == told


def outline(code: str, parent: str | None, left: float) -> Outline:
    level = "commune" if parent else "province"
    return Outline(code, level, f"Xã {code}", parent, "M0 0", left, 0, left + 10, 10, left + 5, 5)


def test_a_map_shows_the_province_where_something_fails_and_counts_the_rest_there() -> None:
    outlines = [outline("37", None, 0), outline("25", None, 100), outline("00001", "37", 0), outline("00002", "37", 10)]
    places = [Place("00001", "a", "37", "b", 7), Place("09999", "c", "25", "d", 2), Place(None, None, None, None, 5)]
    drawn = draw_map(places, outlines)
    assert drawn is not None
    assert {(area.name, area.count) for area in drawn.areas if area.count} == {("Xã 00001", 7), ("Xã 25", 2)}
    assert drawn.left + drawn.width < 100, "the map is of the communes that are known"
    assert drawn.has_province_counts
    assert [label[2] for label in drawn.labels] == [7]
    assert drawn.legend == ((3, "5–19"),)


def test_there_is_no_map_of_places_that_nobody_knows() -> None:
    assert draw_map([Place(None, None, None, None, 5)], [outline("00001", "37", 0)]) is None
    assert draw_map([], []) is None


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 10**7)), min_size=2, max_size=40), st.booleans())
def test_every_point_of_a_chart_is_inside_it(values: list[tuple[int, int]], from_zero: bool) -> None:
    chart = draw_trend(values, from_zero=from_zero)
    assert chart is not None
    assert all(0 <= p.x <= chart.width and 0 <= p.y <= chart.height for p in chart.points)
    assert len(chart.labelled) <= 10
    assert chart.labelled[-1].release_id == values[-1][0]


def test_one_release_is_no_trend() -> None:
    assert draw_trend([(1, 5)], from_zero=True) is None
    assert sparkline([5]) is None


def test_numbers_are_written_as_in_each_language() -> None:
    assert thousands_vi(208505) == "208.505"
    text = make_environment().from_string("{{ num(208505) }} {{ t('<b>', 'x') }}").render()
    assert text == (
        '<span lang="vi">208.505</span><span lang="en">208,505</span> '
        '<span lang="vi">&lt;b&gt;</span><span lang="en">x</span>'
    )


def test_measured_values_are_written_as_in_each_language() -> None:
    both = '<span lang="vi">{}</span><span lang="en">{}</span>'
    written = {"0.04": both.format("0,04", "0.04"), "1234.5": both.format("1.234,5", "1,234.5"), "12 of 13": "12 of 13"}
    template = make_environment().from_string("{{ decimal(value) }}")
    assert {value: template.render(value=value) for value in written} == written


@pytest.mark.parametrize(
    "reason",
    ["nothing to publish: the rows are those of the published release", "gate closed: well W03",
     "BuildFailed before publishing", "the run that opened it ended without closing it",
     "a task of the run manual__1 failed", REASON],
)  # fmt: skip
def test_what_a_release_says_of_its_own_end_is_said_in_vietnamese(reason: str) -> None:
    told = reason_words(reason)
    assert told.en == reason
    assert re.search("[à-ỹ]", told.vi), told
    assert not re.search(r"\b(the|publish|closed|failed|preview)\b", told.vi), told


def test_what_a_person_gave_as_a_reason_stays_as_it_was_written() -> None:
    assert reason_words("sai mã xã") == ("sai mã xã", "sai mã xã")
    assert reason_words(None) == ("", "")


def test_a_page_of_the_library_keeps_its_facts_and_nothing_that_is_fetched_or_run() -> None:
    page = """<html><head><title>x</title><link rel="stylesheet" href="https://a.example/b.css">
<SCRIPT SRC='https://a.example/j.js'></SCRIPT><style>.a { background: url('https://a.example/l.png') }</style></head>
<body><img src="//a.example/p.png"><script>
$("p").hide();
</script><div class="card mb-3">
  <div class="card-header p-2"> <strong>Actions</strong></div><label onclick="f()">Failed Only</label></div>
<div class="card d-md-block"><p style="background: url( //a.example/q.png ) 0 0" data-toggle='table'>35 checks</p></div>
<a href="https://docs.example">how</a>
<footer>our <a href="https://a.example/newsletter">newsletter</a></footer></body></html>"""
    stripped = strip_page(page, "../assets")
    for gone in ("a.example", "script", "$(", "onclick", "Failed Only", "newsletter", "data-toggle", "<style"):
        assert gone not in stripped.lower(), gone
    for kept in ("35 checks", "background: none 0 0", 'href="https://docs.example"', 'href="../assets/docs.css"'):
        assert kept in stripped, kept
