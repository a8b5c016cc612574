"""The register of environmental permits: rows as a spreadsheet kept for years has them, and the faults among them."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from infra.demo.columns import stream
from infra.demo.environment_eia import make_decisions
from infra.demo.environment_facilities import Row, make_facilities, update_time
from infra.demo.ground_truth import Fault
from infra.demo.land_parcels import REFORM
from infra.demo.territory import OLD_PROVINCES
from infra.demo.vn2000_site_faults import damage_facility_coordinates

SYSTEM = "environment_permits"
PERMITS = 300
# The last facilities hold no permit (any more), so that a damaged facility damages nothing else.
WITHOUT_PERMIT = 10
MINISTRY_MOVED = date(2025, 3, 1)
WATER = ["126 m3/ngày đêm", "NTSH: 09", "Tuần hoàn", "15,5 m3/ngày", "2.400 m3/ngày đêm", None]
WASTE = ["1.949 tấn/năm", "3074,5m3/năm", "15.000m3/năm Đất đá thải; 10 kg/năm CTRSH", None]
YEAR_ROWS = ["2022", "II | 2023", "II | 2024", "Năm 2025"]


def make_register(*, seed: int, today: date, count: int) -> tuple[dict[str, list[Row]], list[Fault]]:
    """Lists `permits`, `facilities` and `eia_decisions` with `count` faults of every kind, and what was damaged."""
    rng = stream(seed, "permits")
    facilities = make_facilities(seed=seed, today=today)
    numbers = rng.permutation(np.arange(20, 4000))
    permits = [
        make_permit(
            key,
            facilities[int(rng.integers(len(facilities) - WITHOUT_PERMIT))],
            rng,
            number=int(numbers[key]),
            today=today,
        )
        for key in range(1, PERMITS + 1)
    ]
    _replace_some(permits, rng)
    decisions, decision_faults = make_decisions(facilities, permits, seed=seed, today=today, count=count)
    faults = _damage_permits(permits, count) + _damage_facilities(facilities, count)
    faults += _insert_year_rows(permits, rng, today)
    misplaced, coordinate_faults = damage_facility_coordinates(facilities, seed=seed, today=today, count=count)
    facilities += misplaced
    faults += coordinate_faults
    lists = {"permits": permits, "facilities": facilities, "eia_decisions": decisions}
    return lists, faults + decision_faults


def make_permit(key: int, facility: Row, rng: np.random.Generator, *, number: int, today: date) -> Row:
    """A clean permit, its number and date written in one of the ways registers do."""
    signed = today - timedelta(days=int(rng.integers(30, (today - date(2022, 1, 10)).days)))
    is_ministry = rng.random() < 0.15
    if is_ministry:
        issuer, agency = (("BTNMT", "Bộ Tài nguyên và Môi trường"), ("BNNMT", "Bộ Nông nghiệp và Môi trường"))[
            signed >= MINISTRY_MOVED
        ]
    else:
        province = OLD_PROVINCES[str(rng.choice(list(OLD_PROVINCES)))] if signed < REFORM else "Ninh Bình"
        issuer, agency = "UBND", f"UBND tỉnh {province}"
    symbol = "GPMT" if is_ministry or rng.random() < 0.9 else str(rng.choice(["GP", "GPTNMT"]))
    text, has_date = write_permit_number(number, f"{symbol}-{issuer}", signed, rng)
    return {
        "giay_phep_id": key,
        "so_van_ban": text,
        "co_quan_cap": agency,
        "ngay_ky": None if has_date and rng.random() < 0.4 else signed.isoformat(),
        "co_so_id": facility["co_so_id"],
        "nhom_du_an": str(rng.choice(["I", "II", "III"])),
        "thoi_han_nam": int(rng.choice([7, 10])),
        "thay_the_cho": None,
        "nuoc_thai": WATER[int(rng.integers(len(WATER)))],
        "chat_thai_ran": WASTE[int(rng.integers(len(WASTE)))],
        "cap_nhat_luc": update_time(rng, today),
    }


def write_permit_number(number: int, symbol: str, signed: date, rng: np.random.Generator) -> tuple[str, bool]:
    """`2074/GPMT-UBND 20/09/2022`, `ngày18/07/2022` and so on, and whether the date is in it."""
    text = f"{number}/{symbol}"
    text = str(rng.choice([text, text, text, text.replace("-", "- "), f"{text}\u00a0", f"Số {text}"]))
    day = f"{signed:%d/%m/%Y}"
    tail = str(rng.choice(["", "", f" {day}", f" ngày {day}", f" ngày {day}", f" ngày{day}"]))
    return text + tail, bool(tail)


def _replace_some(permits: list[Row], rng: np.random.Generator) -> None:
    """Later permits of a facility replace an earlier one, whose number they quote."""
    latest: dict[Any, Row] = {}
    for permit in sorted((p for p in permits if p["ngay_ky"]), key=lambda p: str(p["ngay_ky"])):
        earlier = latest.get(permit["co_so_id"])
        if earlier is not None and rng.random() < 0.5:
            number = " ".join(str(earlier["so_van_ban"]).split("ngày")[0].split()[:1]).removeprefix("Số").strip()
            if "/" in number and "-" in number and not number.endswith("-"):
                day = date.fromisoformat(earlier["ngay_ky"])
                permit["thay_the_cho"] = f"{number} ngày {day:%d/%m/%Y}"
        latest[permit["co_so_id"]] = permit


def _no_date(permit: Row, _number: int) -> None:
    permit.update(so_van_ban=f"{permit['giay_phep_id'] + 9000}/GPMT-UBND", ngay_ky=None, thoi_han_nam=None)


def _two_permits(permit: Row, number: int) -> None:
    later = f"{1827 + number}/GPMT-UBND ngày 16/9/2024"
    permit["so_van_ban"] = f"{2568 + number}/GPMT-UBND ngày 27/12/2022, cấp điều chỉnh GPMT số {later}"


def _symbol_typo(permit: Row, number: int) -> None:
    permit["so_van_ban"] = f"{6100 + number}/GPMT-UNMD ngày 05/06/2024"
    permit["ngay_ky"] = "2024-06-05"


def _unparsed(permit: Row, number: int) -> None:
    permit["so_van_ban"] = ("theo hồ sơ lưu", "GPMT của UBND tỉnh", "chưa cập nhật số")[number % 3]


def _unknown_facility(permit: Row, number: int) -> None:
    permit["co_so_id"] = 99_000 + number


def _issuer_dissolved(permit: Row, number: int) -> None:
    """Signed after the reform for a committee that it had dissolved."""
    text = f"{6400 + number}/GPMT-UBND ngày 20/08/2025"
    permit.update(so_van_ban=text, co_quan_cap="UBND tỉnh Nam Định", ngay_ky="2025-08-20")


PERMIT_FAULTS: dict[str, tuple[str, str, Callable[[Row, int], None]]] = {
    "unparsed_permit": ("P01", "hold", _unparsed),
    "no_date": ("P02", "warn", _no_date),
    "unknown_facility": ("P03", "hold", _unknown_facility),
    "two_permits": ("P04", "hold", _two_permits),
    "symbol_typo": ("P05", "hold", _symbol_typo),
}


def _replace_one_of_two(permits: tuple[Row, Row, Row], number: int) -> None:
    """Two permits of one facility have the same number, of two years; a third says that it replaces this number."""
    numbered = f"{7800 + number}/GPMT-UBND"
    for permit, day in zip(permits, (date(2022, 6, 15), date(2023, 6, 14), date(2024, 10, 10)), strict=True):
        text = f"{7900 + number}/GPMT-UBND" if permit is permits[2] else numbered
        permit.update(so_van_ban=f"{text} ngày {day:%d/%m/%Y}", ngay_ky=day.isoformat(), co_quan_cap="UBND tỉnh Hà Nam")
        permit["co_so_id"] = permits[0]["co_so_id"]
    permits[2]["thay_the_cho"] = numbered


def _replace_unknown(permit: Row, number: int) -> None:
    permit["thay_the_cho"] = f"{8800 + number}/GPMT-UBND ngày 03/02/2021"


def _replace_unread(permit: Row, number: int) -> None:
    permit["thay_the_cho"] = ("giấy phép cũ của cơ sở", "GPMT năm 2022", "giấy phép xả thải")[number % 3]


def _damage_permits(permits: list[Row], count: int) -> list[Fault]:
    quoted = {str(permit["thay_the_cho"]).split(" ")[0] for permit in permits if permit["thay_the_cho"]}
    free = iter(
        [
            permit
            for permit in permits
            if not permit["thay_the_cho"] and not any(number in str(permit["so_van_ban"]) for number in quoted)
        ]
    )
    faults = []
    for fault, (rule, effect, damage) in PERMIT_FAULTS.items():
        for number in range(count):
            permit = next(free)
            damage(permit, number)
            faults.append(_fault("permit", permit["giay_phep_id"], fault=fault, rule=rule, effect=effect))
    for _ in range(count):
        first, second = next(free), next(free)
        first["so_van_ban"] = f"{7000 + first['giay_phep_id']}/GPMT-UBND ngày 12/05/2023"
        first["ngay_ky"], first["co_quan_cap"] = "2023-05-12", "UBND tỉnh Ninh Bình"
        for name in ("so_van_ban", "co_quan_cap", "ngay_ky"):
            second[name] = first[name]
        keys = [first["giay_phep_id"], second["giay_phep_id"]]
        faults += [_fault("permit", key, fault="duplicate_permit", rule="P06") for key in keys]
    for number in range(count):
        permit = next(free)
        _issuer_dissolved(permit, number)
        faults.append(_fault("permit", permit["giay_phep_id"], fault="issuer_dissolved", rule="P07"))
    return faults + _damage_replacements(free, count)


def _damage_replacements(free: Iterator[Row], count: int) -> list[Fault]:
    faults = []
    for number in range(count):
        among = (next(free), next(free), next(free))
        unknown, unread = next(free), next(free)
        _replace_one_of_two(among, number)
        _replace_unknown(unknown, number)
        _replace_unread(unread, number)
        for permit, fault, rule in (
            (among[2], "ambiguous_replacement", "P08"),
            (unknown, "unknown_replacement", "P09"),
            (unread, "unread_replacement", "P10"),
        ):
            faults.append(_fault("permit", permit["giay_phep_id"], fault=fault, rule=rule, effect="warn"))
    return faults


def _damage_facilities(facilities: list[Row], count: int) -> list[Fault]:
    free = iter(facilities[::-1])
    faults = []
    for number in range(count):
        wrong, far = next(free), next(free)
        wrong["ma_so_thue"] = ("0100233480", "70012345")[number % 2]
        far["x"] = f"{float(far['x'].replace(',', '.')) + 60_000:.2f}"
        faults.append(_fault("facility", wrong["co_so_id"], fault="bad_tax_code", rule="F01"))
        faults.append(_fault("facility", far["co_so_id"], fault="facility_elsewhere", rule="F02"))
    return faults


def _insert_year_rows(permits: list[Row], rng: np.random.Generator, today: date) -> list[Fault]:
    faults = []
    for index, text in enumerate(YEAR_ROWS):
        row = dict.fromkeys(permits[0]) | {"giay_phep_id": PERMITS + 1 + index, "so_van_ban": text}
        permits.insert(index * 70, row | {"cap_nhat_luc": update_time(rng, today)})
        faults.append(_fault("permit", row["giay_phep_id"], fault="year_row", rule="P00", effect="scope"))
    return faults


def _fault(table: str, key: Any, *, fault: str, rule: str, effect: str = "hold") -> Fault:
    dataset = {"permit": "environmental_permit", "facility": "facility"}[table]
    return Fault(SYSTEM, table, str(key), dataset, f"{SYSTEM}:{key}", fault, rule, effect)
