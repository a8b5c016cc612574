"""Generated permits and facilities, clean and damaged."""

import re
from collections import Counter
from datetime import date

import pytest
import shapely
from stdnum.vn import mst

from infra.demo.environment_permits import make_register
from infra.demo.territory import load_communes, project, unproject
from infra.demo.vn2000_site_faults import FACILITY_FAULTS

TODAY = date(2026, 11, 20)
NUMBER = re.compile(
    r"(?P<no>\d{1,5})\s*/\s*(?P<sym>GPMT|GPTNMT|GP)-\s?(?P<issuer>UBND|BTNMT|BNNMT)"
    r"(?:.{0,12}?(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4}))?"
)
DECISION = re.compile(
    r"(?P<no>\d{1,5})/QĐ-(?P<issuer>UBND|BTNMT|BNNMT)(?:.{0,6}?(?P<d>\d{2})[/.](?P<m>\d{2})[/.](?P<y>\d{4}))?"
)


@pytest.fixture(scope="module")
def register():
    return make_register(seed=6, today=TODAY, count=2)


@pytest.fixture(scope="module")
def listed(register):
    return {(fault.table, int(fault.source_key)): fault.fault for fault in register[1]}


def test_clean_permits_parse_have_a_date_a_term_and_a_facility(register, listed):
    known = {row["co_so_id"] for row in register[0]["facilities"]}
    keys = Counter()
    for permit in register[0]["permits"]:
        if ("permit", permit["giay_phep_id"]) in listed:
            continue
        parts = NUMBER.search(permit["so_van_ban"])
        assert parts, permit["so_van_ban"]
        assert len(NUMBER.findall(permit["so_van_ban"])) == 1
        written = f"{parts['y']}-{int(parts['m']):02d}-{int(parts['d']):02d}" if parts["y"] else None
        signed = permit["ngay_ky"] or written
        assert signed
        assert written in (None, signed)
        assert permit["thoi_han_nam"] in (7, 10)
        assert permit["co_so_id"] in known
        keys[parts["no"], parts["sym"], parts["issuer"], signed] += 1
    assert max(keys.values()) == 1


def test_every_fault_kind_is_there(register):
    kinds = Counter(fault.fault for fault in register[1])
    assert kinds == {
        "unparsed_permit": 2, "no_date": 2, "unknown_facility": 2, "two_permits": 2, "symbol_typo": 2,
        "duplicate_permit": 4, "bad_tax_code": 2, "facility_elsewhere": 2, "year_row": 4, "issuer_dissolved": 2,
        "ambiguous_replacement": 2, "unknown_replacement": 2, "unread_replacement": 2,
        "unparsed_decision": 2, "decision_without_day": 2, "decision_unknown_facility": 2, "decision_issuer_gone": 2,
        "duplicate_decision": 4, **dict.fromkeys(FACILITY_FAULTS, 2),
    }  # fmt: skip
    assert {fault.effect for fault in register[1]} == {"hold", "warn", "scope"}


def test_replaced_permits_are_quoted_by_number_and_date(register, listed):
    """Of the same facility one permit has the number; two where that is the fault, none where it is another."""
    permits = register[0]["permits"]
    fitting = Counter()
    for permit in permits:
        if permit["thay_the_cho"]:
            number = permit["thay_the_cho"].split(" ")[0]
            same = [p for p in permits if p["co_so_id"] == permit["co_so_id"]]
            numbers = [str(p["so_van_ban"]).replace("- ", "-").removeprefix("Số ") for p in same if "/" in number]
            found = sum(text.startswith(number) for text in numbers)
            fitting[listed.get(("permit", permit["giay_phep_id"]), "clean"), found] += 1
    assert fitting.pop(("clean", 1)) > 10
    assert fitting == {("ambiguous_replacement", 2): 2, ("unknown_replacement", 0): 2, ("unread_replacement", 0): 2}


def test_clean_facilities_lie_in_their_commune_and_have_a_valid_tax_code(register, listed):
    communes = load_communes()
    for facility in register[0]["facilities"]:
        is_clean = ("facility", facility["co_so_id"]) not in listed
        if listed.get(("facility", facility["co_so_id"])) in FACILITY_FAULTS:
            continue
        northing, easting = (float(facility[name].replace(",", ".")) for name in ("x", "y"))
        site = unproject(shapely.Point(easting, northing), facility["he_toa_do"])
        code = facility["ma_xa"]
        here = any(c.boundary.contains(site) for c in communes if code == c.code or code in c.old_codes)
        tax = facility["ma_so_thue"]
        valid = len(tax) == 12 or mst.is_valid(tax)
        assert (here and valid) == is_clean, facility


def test_clean_decisions_are_dated_belong_to_facilities_and_name_an_issuer_of_their_day(register, listed):
    known = {row["co_so_id"] for row in register[0]["facilities"]}
    decisions = register[0]["eia_decisions"]
    for decision in decisions:
        if ("eia_decision", decision["quyet_dinh_id"]) in listed:
            continue
        parts = DECISION.search(decision["so_quyet_dinh"])
        assert parts, decision["so_quyet_dinh"]
        written = f"{parts['y']}-{parts['m']}-{parts['d']}" if parts["y"] else None
        day = decision["ngay_phe_duyet"] or written
        assert day
        assert written in (None, day)
        assert (parts["issuer"] == "BNNMT") <= (day >= "2025-03-01")
        assert (parts["issuer"] == "BTNMT") <= (day < "2025-03-01")
        assert ("Nam" in decision["co_quan_phe_duyet"]) <= (day < "2025-07-01")
        assert decision["co_so_id"] in known
        assert decision["nhom_du_an"] in ("I", "II")


def test_damaged_facilities_lie_where_their_fault_says(register, listed):
    """Read as stated, each is no number, no place of the country, or one outside its commune; some are near it."""
    communes = {code: c for c in load_communes() for code in (c.code, *c.old_codes)}
    seen = Counter()
    for facility in register[0]["facilities"]:
        fault = listed.get(("facility", facility["co_so_id"]))
        if fault not in FACILITY_FAULTS or fault == "facility_unreadable":
            continue
        commune = communes[facility["ma_xa"]]
        y, x = (float(facility[name].replace(",", ".")) for name in ("x", "y"))
        zone = facility["he_toa_do"] or commune.zone
        is_plausible = 300_000 < x < 700_000 and 900_000 < y < 2_600_000
        here = is_plausible and project(commune.boundary, zone).distance(shapely.Point(x, y))
        seen[fault] += 1
        if fault in ("facility_wrong_zone", "facility_in_no_zone"):
            assert here > 20_000
        elif fault == "facility_beyond_edge":
            assert 10 < here < 300
        elif fault != "facility_zone_not_stated":
            assert not is_plausible
    assert set(seen.values()) == {2}
    assert len(seen) == len(FACILITY_FAULTS) - 1
