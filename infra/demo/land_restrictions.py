"""What binds land: blocks on four kinds of subject, mortgages and disputes."""

from datetime import date, timedelta

import numpy as np

from infra.demo.columns import Columns, none_where, office_hours, random_days, stream, texts

BANKS = ["Ngân hàng TMCP Hoa Lư", "Ngân hàng TMCP Sông Đáy", "Quỹ tín dụng nhân dân Tràng An"]
COURTS = ["Tòa án nhân dân khu vực 1", "Thi hành án dân sự tỉnh Ninh Bình", "Cơ quan Cảnh sát điều tra"]
SUBJECTS = {"THUA": ("parcel", "thuadatid"), "GCN": ("certificate", "gcnid")}
SUBJECTS |= {"NGUOI": ("party", "nguoiid"), "TAISAN": ("asset", "taisanid")}


def make_restrictions(tables: dict[str, Columns], *, seed: int, today: date) -> dict[str, Columns]:
    """Tables block, mortgage and dispute over the generated subjects; sets the dispute flag of parcels."""
    rng = stream(seed, "restrictions")
    return {
        "block": _blocks(tables, rng, today),
        "mortgage": _mortgages(tables["right"], rng, today),
        "dispute": _disputes(tables["parcel"], rng, today),
    }


def _blocks(tables: dict[str, Columns], rng: np.random.Generator, today: date) -> Columns:
    kinds, subjects, offices = [], [], []
    for kind, (table, key) in SUBJECTS.items():
        rows = rng.choice(len(tables[table][key]), max(4, len(tables[table][key]) // 400), replace=False)
        kinds += [kind] * len(rows)
        subjects.append(tables[table][key][rows])
        offices.append(tables[table]["vpdk"][rows])
    count = len(kinds)
    start = random_days(rng, count, first=date(2020, 1, 1), last=today - timedelta(days=30))
    end = start + rng.integers(10, 900, count).astype("timedelta64[D]")
    return {
        "nganchanid": np.arange(1, count + 1),
        "vpdk": np.concatenate(offices),
        "loaidoituong": texts(kinds),
        "doituongid": np.concatenate(subjects),
        "loainganchan": np.where(rng.random(count) < 0.35, "KE_BIEN", "NGAN_CHAN").astype(object),
        "coquan": rng.choice(np.array(COURTS, dtype=object), count),
        "noidung": texts([f"Theo công văn số {n}/CV-TA" for n in rng.integers(1, 999, count)]),
        "ngaybatdau": start,
        "ngayketthuc": none_where(end, rng.random(count) < 0.55),
        "capnhatluc": office_hours(rng, count, today=today),
    }


def _mortgages(rights: Columns, rng: np.random.Generator, today: date) -> Columns:
    certified = np.flatnonzero(np.array([gcn is not None for gcn in rights["gcnid"]]))
    rows = np.sort(rng.choice(certified, max(10, len(certified) // 10), replace=False))
    count = len(rows)
    start = random_days(rng, count, first=date(2016, 1, 1), last=today - timedelta(days=20))
    end = start + rng.integers(365, 3650, count).astype("timedelta64[D]")
    discharged = np.minimum(start + rng.integers(100, 3000, count).astype("timedelta64[D]"), np.datetime64(today, "D"))
    return {
        "thechapid": np.arange(1, count + 1),
        "vpdk": rights["vpdk"][rows],
        "gcnid": rights["gcnid"][rows],
        "nguoiid": rights["nguoiid"][rows],
        "bennhanthechap": rng.choice(np.array(BANKS, dtype=object), count),
        "sodangky": texts([f"TC-{n:06d}" for n in np.arange(1, count + 1)]),
        "ngaythechap": start,
        "ngayketthuc": none_where(end, rng.random(count) < 0.1),
        "ngayxoa": none_where(discharged, rng.random(count) < 0.6),
        "capnhatluc": office_hours(rng, count, today=today),
    }


def _disputes(parcels: Columns, rng: np.random.Generator, today: date) -> Columns:
    lots = np.flatnonzero(~parcels["ladoituongchiemdat"])
    rows = np.sort(rng.choice(lots, max(75, len(lots) // 300), replace=False))
    count = len(rows)
    is_open = rng.random(count) < 0.6
    parcels["dangtranhchap"][rows[is_open]] = True
    since = random_days(rng, count, first=date(2018, 1, 1), last=today - timedelta(days=40))
    return {
        "tranhchapid": np.arange(1, count + 1),
        "vpdk": parcels["vpdk"][rows],
        "thuadatid": parcels["thuadatid"][rows],
        "contranhchap": is_open,
        "ngayphatsinh": since,
        "ngayketthuc": none_where(since + rng.integers(1, 39, count).astype("timedelta64[D]"), is_open),
        "noidung": texts([f"Tranh chấp ranh giới, đơn số {n}" for n in rng.integers(1, 9999, count)]),
        "capnhatluc": office_hours(rng, count, today=today),
    }
