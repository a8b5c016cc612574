"""The monitoring feed as files: what a careful reader finds in them is exactly what the ground truth lists."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import mean, stdev

import pytest

from infra.demo.environment_permits import make_register
from infra.demo.monitoring_feed import DAYS, write_feed
from infra.demo.monitoring_files import LOCAL
from infra.demo.monitoring_stations import PARAMETERS
from infra.demo.vn2000_site_faults import STATION_FAULTS

TODAY = date(2026, 11, 20)
MEDIA = {"NBNT": "NUOC_THAI", "NBKT": "KHI_THAI", "NBKK": "KHONG_KHI"}


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feed")
    register, _ = make_register(seed=9, today=TODAY, count=2)
    return folder, write_feed(folder, register["facilities"], seed=9, today=TODAY, count=2)


@pytest.fixture(scope="module")
def hours(feed):
    """Values with their status by (station, symbol, hour), exact repetitions once."""
    values = defaultdict(set)
    for path in sorted(feed[0].glob("data/*/*.txt")):
        for line in path.read_bytes().decode().removesuffix("\r\n").split("\r\n"):
            symbol, value, unit, stamp, status = line.split("\t")
            values[path.parent.name, symbol, hour_of(stamp)].add((stamp, value, unit, status))
    return values


def read_in_order(feed):
    """By (station, symbol, hour): the rules that only the order of the lines of a file shows to be broken."""
    found = defaultdict(set)
    for path in sorted(feed[0].glob("data/*/*.txt")):
        seen, latest, stuck, times = set(), {}, {}, defaultdict(list)
        for line in path.read_bytes().decode().splitlines():
            symbol, value, _, stamp, status = line.split("\t")
            if stamp > latest.get(symbol, ""):
                times[symbol] = times[symbol] if stuck.get(symbol) == (value, status) else []
                latest[symbol], stuck[symbol] = stamp, (value, status)
                times[symbol].append(stamp)
                if len(times[symbol]) >= 8 and status == "00" and symbol not in ("Flow", "pH"):
                    for one in times[symbol]:
                        found[path.parent.name, symbol, hour_of(one)].add("E23")
            elif (symbol, stamp) not in seen:
                found[path.parent.name, symbol, hour_of(stamp)].add("E22")
            seen.add((symbol, stamp))
    return found


def hour_of(stamp):
    moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=LOCAL).astimezone(UTC)
    return moment.replace(minute=0)


def broken_rules(station, symbol, lines):
    parameters = {p.symbol: p for p in PARAMETERS[MEDIA[station[:4]]]}
    if symbol not in parameters:
        return {"E02"}
    good = [(stamp, float(value.replace(",", "."))) for stamp, value, _, status in lines if status == "00"]
    numbers = [number for _, number in good]
    rules = {
        "E03": any(unit not in parameters[symbol].units for _, _, unit, _ in lines),
        "E04": len({stamp for stamp, *_ in lines}) < len(lines),
        "E05": len(good) < 9,
        "E07": any(number < 0 or number > 50 * parameters[symbol].level for number in numbers),
        "E08": len(set(numbers)) == 1 and len(good) >= 6 and symbol not in ("Flow", "pH") and numbers[0] != 0,
        "E06": sum(status != "00" for *_, status in lines) > 3,
        "E09": len(good) >= 6 and not any(numbers),
        "E10": symbol not in ("Flow", "pH") and is_spiked(sorted(numbers)),
        "E16": any(status not in ("00", "01", "02") for *_, status in lines),
    }
    return {rule for rule, is_broken in rules.items() if is_broken}


def is_spiked(numbers):
    """Whether the largest lies more than 15 standard deviations of the others above their mean."""
    if len(numbers) < 6:
        return False
    *others, largest = numbers
    return largest - mean(others) > 15 * max(stdev(others), 0.01 * mean(others))


def named_early(feed):
    """The hours that lie after the time in the name of their file, as listed."""
    return {fault.record_key for fault in feed[1] if fault.rule_id == "E14"}


def test_the_listed_hours_and_no_others_break_a_rule(feed, hours):
    listed = [fault for fault in feed[1] if fault.dataset == "monitoring_hourly" and fault.rule_id != "E14"]
    expected = {fault.record_key: fault.rule_id for fault in listed}
    found = {}
    ordered = read_in_order(feed)
    for (station, symbol, hour), lines in hours.items():
        rules = broken_rules(station, symbol, lines) | ordered[station, symbol, hour]
        if rules:
            found[f"monitoring_feed:{station}|{symbol}|{hour:%Y-%m-%d %H:%M:%S}+00"] = rules
    assert set(found) == set(expected)
    assert all(rule in found[key] for key, rule in expected.items())
    assert set(expected.values()) == {
        "E02",
        "E03",
        "E04",
        "E05",
        "E06",
        "E07",
        "E08",
        "E09",
        "E10",
        "E16",
        "E22",
        "E23",
    }


def test_forty_stations_send_every_hour_of_fourteen_days(feed, hours):
    assert len({station for station, _, _ in hours}) == 40
    assert len({hour for _, _, hour in hours}) == DAYS * 24
    listed = (feed[0] / "tram.txt").read_text(encoding="utf-8").splitlines()
    assert len(listed) == 1 + 40 + 4 + len(STATION_FAULTS)


def test_some_files_come_late_or_twice_and_some_lines_twice(feed):
    late = twice = repeated = early = 0
    for path in feed[0].glob("data/*/*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        days = {line.split("\t")[3][:8] for line in lines}
        late += len(days) > 1
        twice += path.stem.endswith("59")
        repeated += len(set(lines)) < len(lines)
        last = datetime.strptime(path.stem.split("_")[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        newest = datetime.strptime(max(line.split("\t")[3] for line in lines), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if last < newest:
            early += 1
            assert newest - last == timedelta(hours=1)
        else:
            assert last - newest < timedelta(minutes=1)
    assert min(late, twice, repeated) >= 1
    assert early == 2
    assert len(named_early(feed)) >= 2 * 5


def test_calibration_and_errors_occur_but_never_make_an_hour_incomplete(hours):
    others = sorted(sum(status != "00" for *_, status in lines) for lines in hours.values())
    assert 100 < sum(others) < 0.02 * sum(map(len, hours.values()))
    assert others[-3:] == [2, 6, 6]  # but for the two listed
