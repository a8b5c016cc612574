"""Land uses of parcels: one to three rows each, whose areas add up to the legal area of the parcel."""

from datetime import date

import numpy as np

from infra.demo.columns import Columns, none_where, office_hours, random_days, stream

# Codes of both schemes (TT 27/2018 and TT 08/2024), so that they are valid on any date from 2019-03-01.
HOUSE_SECOND = np.array(["CLN", "HNK", "NTS"], dtype=object)
FIELD_MAIN = np.array(["LUC", "HNK", "CLN", "NTS", "RSX"], dtype=object)
FIRST_DAY = date(2019, 3, 2)
TERM = {"ODT": "Lâu dài", "ONT": "Lâu dài", "DGT": "Lâu dài"}


def make_land_uses(parcels: Columns, *, seed: int, today: date) -> Columns:
    """Rows of `dc.dc_mucdichsudungdat`."""
    rng = stream(seed, "land_use")
    count = len(parcels["thuadatid"])
    main = _main_codes(parcels, rng)
    is_house = ~parcels["_is_field"] & ~parcels["ladoituongchiemdat"]
    uses = np.where(is_house, rng.choice([1, 2, 3], count, p=[0.6, 0.33, 0.07]), 1)
    parcel = np.repeat(np.arange(count), uses)
    seq = np.concatenate([np.arange(1, n + 1) for n in (1, 2, 3)])[_pattern(uses)]
    code = np.where(seq == 1, main[parcel], HOUSE_SECOND[(parcel + seq) % 3])
    since = random_days(rng, count, first=FIRST_DAY, last=date(2024, 6, 30))[parcel]
    agricultural = np.isin(code, ["LUC", "HNK", "CLN", "NTS", "RSX"])
    until = since + np.timedelta64(50 * 365, "D")
    planned = none_where(np.full(len(parcel), "ODT", dtype=object), rng.random(len(parcel)) > 0.05)
    return {
        "mdsdid": np.arange(1, len(parcel) + 1),
        "vpdk": parcels["vpdk"][parcel],
        "thuadatid": parcels["thuadatid"][parcel],
        "sothutumdsd": seq,
        "mucdichsudung": code,
        "mucdichsudungqh": planned,
        "dientich": _areas(parcels["dientichphaply"], uses, rng),
        "thoihansudung": np.where(agricultural, "50 năm", "Lâu dài").astype(object),
        "tungay": since,
        "denngay": none_where(until, ~agricultural),
        "lamucdichchinh": seq == 1,
        "capnhatluc": office_hours(rng, len(parcel), today=today),
        "_parcel": parcel,
    }


def _main_codes(parcels: Columns, rng: np.random.Generator) -> np.ndarray:
    count = len(parcels["thuadatid"])
    house = np.where(parcels["_is_ward"], "ODT", "ONT").astype(object)
    house[rng.random(count) < 0.03] = "TMD"
    # Rice, crops, perennials, ponds and forest by map sheet, as fields lie together.
    field = FIELD_MAIN[(parcels["_sheet"] * 7 + parcels["_commune"]) % np.where(rng.random(count) < 0.8, 1, 5)]
    main = np.where(parcels["_is_field"], field, house)
    main[parcels["ladoituongchiemdat"]] = "DGT"
    return main


def _pattern(uses: np.ndarray) -> np.ndarray:
    starts = np.array([0, 1, 3])[uses - 1]
    ends = np.cumsum(uses)
    within = np.arange(ends[-1]) - np.repeat(ends - uses, uses)
    return np.repeat(starts, uses) + within


def _areas(legal: np.ndarray, uses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Areas in whole tenths of m², so that their sum is exactly the legal area; the main use is the largest."""
    tenths = np.round(legal * 10).astype(np.int64)
    second = np.where(uses > 1, (tenths * rng.uniform(0.1, 0.3, len(uses))).astype(np.int64), 0)
    third = np.where(uses > 2, (tenths * rng.uniform(0.05, 0.15, len(uses))).astype(np.int64), 0)
    table = np.column_stack([tenths - second - third, second, third])
    return table[np.arange(3) < uses[:, None]] / 10
