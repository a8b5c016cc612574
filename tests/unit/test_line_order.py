"""What the order of lines tells: the vectorised reading agrees with reading line by line, in any blocks."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract_models import LineSeries
from connectors.sources._line_order import LineOrder

SERIES = LineSeries(by="symbol", time="time", value=("value", "status"), behind="is_behind", run="run_length")
LINES = st.lists(
    st.tuples(
        st.sampled_from(["COD", "TSS", "PM2,5"]),
        st.sampled_from([*(f"202611200{hour}0000" for hour in range(6)), "hôm qua"]),
        st.sampled_from(["1", "2", None]),
        st.sampled_from(["00", "01"]),
    ),
    max_size=40,
)


def told(lines, *, blocks=1):
    order, found = LineOrder(SERIES), []
    size = -(-len(lines) // blocks) or 1
    for first in range(0, len(lines), size):
        block = zip(*lines[first : first + size], strict=True)
        names = ("symbol", "time", "value", "status")
        columns = order.columns({name: pa.array(texts, pa.string()) for name, texts in zip(names, block, strict=True)})
        found += zip(columns["is_behind"].to_pylist(), columns["run_length"].to_pylist(), strict=True)
    return found


def line_by_line(lines):
    latest, runs, found = {}, {}, []
    for symbol, time, *value in lines:
        if not time.isdigit():
            found.append((None, None))
            continue
        run = None
        if time > latest.get(symbol, ""):
            last_value, run = runs.get(symbol, (None, None))
            run = run if last_value == value else [0]
            run[0] += 1
            runs[symbol] = (value, run)
        found.append((time < latest.get(symbol, ""), run))
        latest[symbol] = max(time, latest.get(symbol, ""))
    return [(is_behind, run[0] if run else None) for is_behind, run in found]


@settings(deadline=None)
@given(LINES)
def test_order_is_told_as_if_line_by_line(lines):
    plain = [(symbol, time, value or "", status) for symbol, time, value, status in lines]
    assert told(lines) == line_by_line(plain)


@settings(deadline=None)
@given(LINES)
def test_a_line_is_behind_also_where_the_later_one_came_in_an_earlier_block(lines):
    assert [behind for behind, _ in told(lines, blocks=3)] == [behind for behind, _ in told(lines)]


def test_lines_sent_again_are_behind_and_in_no_run():
    hour = [("COD", f"2026112008{minute:02d}00", "37.2", "00") for minute in range(0, 60, 5)]
    assert told(hour + hour[-4:]) == [(False, 12)] * 12 + [(True, None)] * 3 + [(False, None)]
