"""Who holds what: parties, certificates, rights and the assets on the land."""

from datetime import date

import numpy as np

from infra.demo import names
from infra.demo.columns import Columns, none_where, office_hours, random_days, stream, texts
from infra.demo.territory import OLD_PROVINCES

FIRST_PARTY, FIRST_CERTIFICATE = 5_000_001, 3_000_001


def make_rights(parcels: Columns, *, seed: int, today: date) -> dict[str, Columns]:
    """Tables party, certificate, right and asset. One certificate covers one or two neighbouring parcels."""
    rng = stream(seed, "rights")
    held = np.flatnonzero(~parcels["ladoituongchiemdat"] & (rng.random(len(parcels["vpdk"])) < 0.92))
    office = parcels["vpdk"][held]
    starts = (rng.random(len(held)) < 0.8) | (office != np.roll(office, 1))
    starts[0] = True
    group = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    group_office = office[first]
    party, party_office = _parties_of_groups(group_office, rng)
    return {
        "party": _parties(party_office, rng, today),
        "certificate": _certificates(group_office, rng, today),
        "right": _rights(parcels, held, group, party=party, rng=rng, today=today),
        "asset": _assets(parcels, held, rng=rng, today=today),
    }


def _parties_of_groups(office: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    back = rng.integers(1, 40, len(office))
    source = np.arange(len(office)) - back
    reuse = (rng.random(len(office)) < 0.2) & (source >= 0)
    reuse &= office[np.maximum(source, 0)] == office
    own = np.cumsum(~reuse) - 1
    party = np.where(reuse, own[np.maximum(source, 0)], own)
    return party, office[~reuse]


def _parties(office: np.ndarray, rng: np.random.Generator, today: date) -> Columns:
    count = len(office)
    kind = rng.choice(np.array(["CA_NHAN", "HO_GIA_DINH", "TO_CHUC"], dtype=object), count, p=[0.68, 0.28, 0.04])
    is_company = kind == "TO_CHUC"
    companies = np.full(count, None, dtype=object)
    companies[is_company] = names.company_names(rng, int(is_company.sum()))
    codes = np.full(count, None, dtype=object)
    codes[is_company] = names.tax_codes(rng, int(is_company.sum()))
    number = names.personal_numbers(rng, office)
    old_number = rng.random(count) < 0.08
    number[old_number] = texts([f"16{n:07d}" for n in rng.integers(0, 10_000_000, int(old_number.sum()))])
    person_tax = ~is_company & ~old_number & (rng.random(count) < 0.3)
    codes[person_tax] = number[person_tax]
    province = texts([OLD_PROVINCES[code] for code in office])
    columns = {
        "nguoiid": np.arange(FIRST_PARTY, FIRST_PARTY + count),
        "vpdk": office,
        "loai": kind,
        "hoten": none_where(names.person_names(rng, count), is_company),
        "sogiayto": none_where(number, is_company),
        "ngaysinh": none_where(random_days(rng, count, first=date(1945, 1, 1), last=date(2004, 12, 31)), is_company),
        "dienthoai": none_where(names.telephones(rng, count), rng.random(count) < 0.4),
        "diachi": np.asarray("Thôn " + rng.integers(1, 13, count).astype(str).astype(object) + ", " + province),
        "tentochuc": companies,
        "masothue": codes,
        "capnhatluc": office_hours(rng, count, today=today),
    }
    return columns | {"ngaysinh": _born_as_numbered(columns["ngaysinh"], columns["sogiayto"])}


def _born_as_numbered(births: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The birth dates, in the year that a personal number of 12 digits tells; numbers of 9 tell none."""
    tells = np.array([number is not None and len(number) == 12 for number in numbers])
    months, days = births[tells].astype("datetime64[M]"), births[tells]
    year = np.array([int(number[4:6]) for number in numbers[tells]]) + 1900 - 1970
    month = (months - months.astype("datetime64[Y]")).astype(np.int64)
    day = np.minimum((days - months).astype(np.int64), 27)
    born = births.copy()
    born[tells] = (year * 12 + month).astype("datetime64[M]").astype("datetime64[D]") + day
    return born


def serials(is_new_form: np.ndarray) -> np.ndarray:
    """Serials of as many certificates: two letters, and six digits or, on the form of 2024, eight; none twice."""
    number = np.arange(len(is_new_form))
    letters = number // 1000 % 26**2
    digits = number % 1000 + number // (1000 * 26**2) * 1000 + np.where(is_new_form, 10_000_000, 100_000)
    return texts([f"{chr(65 + a // 26)}{chr(65 + a % 26)} {d}" for a, d in zip(letters, digits, strict=True)])


def _certificates(office: np.ndarray, rng: np.random.Generator, today: date) -> Columns:
    count = len(office)
    issued = random_days(rng, count, first=date(2005, 1, 1), last=date(2024, 12, 31))
    province = texts([OLD_PROVINCES[code] for code in office])
    return {
        "gcnid": np.arange(FIRST_CERTIFICATE, FIRST_CERTIFICATE + count),
        "vpdk": office,
        "sophathanh": serials(issued >= np.datetime64("2024-08-01")),
        "sovaoso": texts([f"CH{n:05d}" if n % 3 else f"CS {n:05d}" for n in rng.integers(1, 99_999, count)]),
        "ngaycap": issued,
        "donvicap": np.asarray("Văn phòng đăng ký đất đai tỉnh " + province),
        "tennguoiky": names.person_names(rng, count),
        "trangthaipl": rng.choice(np.array(["HIEU_LUC", "THU_HOI", "HUY"], dtype=object), count, p=[0.97, 0.02, 0.01]),
        "capnhatluc": office_hours(rng, count, today=today),
    }


def _rights(
    parcels: Columns, held: np.ndarray, group: np.ndarray, *, party: np.ndarray, rng: np.random.Generator, today: date
) -> Columns:
    couples = rng.random(len(held)) < 0.1
    row = np.repeat(np.arange(len(held)), np.where(couples, 2, 1))
    is_second = np.concatenate([[False], row[1:] == row[:-1]])
    holder = party[group[row]]
    # The second holder of a couple is the next party of the list, within the same office as neighbours are.
    holder = np.where(is_second, np.maximum(holder - 1, 0), holder)
    certificate = (FIRST_CERTIFICATE + group[row]).astype(object)
    certificate[rng.random(len(row)) < 0.03] = None
    return {
        "quyenid": np.arange(1, len(row) + 1),
        "vpdk": parcels["vpdk"][held][row],
        "gcnid": certificate,
        "thuadatid": parcels["thuadatid"][held][row],
        "nguoiid": FIRST_PARTY + holder,
        "loaiquyen": np.where(rng.random(len(row)) < 0.04, "THUE", "SU_DUNG").astype(object),
        "tuso": np.ones(len(row), dtype=np.int64),
        "mauso": np.where(couples[row], 2, 1),
        "capnhatluc": office_hours(rng, len(row), today=today),
    }


def _assets(parcels: Columns, held: np.ndarray, *, rng: np.random.Generator, today: date) -> Columns:
    is_field = parcels["_is_field"][held]
    built = held[rng.random(len(held)) < np.where(is_field, 0.08, 0.7)]
    kinds = np.where(parcels["_is_field"][built], "CAY_LAU_NAM", "NHA_O").astype(object)
    kinds[rng.random(len(built)) < 0.05] = "CONG_TRINH"
    return {
        "taisanid": np.arange(1, len(built) + 1),
        "vpdk": parcels["vpdk"][built],
        "thuadatid": parcels["thuadatid"][built],
        "loaitaisan": kinds,
        "capnhatluc": office_hours(rng, len(built), today=today),
    }
