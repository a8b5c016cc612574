"""Decisions on environmental impact assessment in the permit register, and the faults among them."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from infra.demo.columns import stream
from infra.demo.environment_facilities import Row, update_time
from infra.demo.ground_truth import Fault
from infra.demo.land_parcels import REFORM
from infra.demo.territory import OLD_PROVINCES

SYSTEM = "environment_permits"
MINISTRY_MOVED = date(2025, 3, 1)
WORKS = ["Đầu tư xây dựng", "Mở rộng, nâng công suất", "Cải tạo hệ thống xử lý nước thải của"]


def make_decisions(
    facilities: list[Row], permits: list[Row], *, seed: int, today: date, count: int
) -> tuple[list[Row], list[Fault]]:
    """A decision for every facility with a permit of group I and some of group II, with `count` faults of a kind."""
    rng = stream(seed, "eia_decisions")
    names = {facility["co_so_id"]: facility["ten_co_so"] for facility in facilities}
    groups: dict[int, str] = {}
    for permit in permits:
        if permit["co_so_id"] in names and permit["nhom_du_an"] in ("I", "II"):
            groups[permit["co_so_id"]] = min(permit["nhom_du_an"], groups.get(permit["co_so_id"], "II"))
    chosen = [key for key in sorted(groups) if groups[key] == "I" or rng.random() < 0.4]
    numbers = rng.permutation(np.arange(30, 4500))
    decisions = [
        make_decision(
            index + 1, {"co_so_id": key, "ten_co_so": names[key]}, rng, number=int(numbers[index]), today=today
        )
        | {"nhom_du_an": groups[key]}
        for index, key in enumerate(chosen)
    ]
    return decisions, _damage(decisions, count)


def make_decision(key: int, facility: Row, rng: np.random.Generator, *, number: int, today: date) -> Row:
    """A clean decision of one facility, its number written in one of the ways registers do."""
    decided = today - timedelta(days=int(rng.integers(200, 3600)))
    if rng.random() < 0.25:
        is_new = decided >= MINISTRY_MOVED
        issuer = "BNNMT" if is_new else "BTNMT"
        agency = "Bộ Nông nghiệp và Môi trường" if is_new else "Bộ Tài nguyên và Môi trường"
    else:
        province = OLD_PROVINCES[str(rng.choice(list(OLD_PROVINCES)))] if decided < REFORM else "Ninh Bình"
        issuer, agency = "UBND", f"UBND tỉnh {province}"
    has_date = rng.random() < 0.6
    day = str(rng.choice([f" ngày {decided:%d/%m/%Y}", f" ngày{decided:%d/%m/%Y}", f" {decided:%d.%m.%Y}"]))
    return {
        "quyet_dinh_id": key,
        "so_quyet_dinh": f"{number}/QĐ-{issuer}{day if has_date else ''}",
        "co_quan_phe_duyet": agency,
        "ngay_phe_duyet": None if has_date and rng.random() < 0.3 else decided.isoformat(),
        "ten_du_an": f"{rng.choice(WORKS)} {facility['ten_co_so']}",
        "nhom_du_an": "I",
        "co_so_id": facility["co_so_id"],
        "cap_nhat_luc": update_time(rng, today),
    }


def _unparsed(decision: Row, number: int) -> None:
    decision["so_quyet_dinh"] = ("đã phê duyệt", "QĐ phê duyệt ĐTM")[number % 2]


def _no_day(decision: Row, _number: int) -> None:
    decision.update(so_quyet_dinh=decision["so_quyet_dinh"].split(" ")[0].split("ngày")[0], ngay_phe_duyet=None)


def _unknown_facility(decision: Row, number: int) -> None:
    decision["co_so_id"] = 98_000 + number


def _ministry_gone(decision: Row, number: int) -> None:
    """Signed for a ministry that no longer existed on that day."""
    decision.update(
        so_quyet_dinh=f"{5200 + number}/QĐ-BTNMT ngày 12/09/2025",
        co_quan_phe_duyet="Bộ Tài nguyên và Môi trường",
        ngay_phe_duyet="2025-09-12",
    )


FAULTS: dict[str, tuple[str, Callable[[Row, int], None]]] = {
    "unparsed_decision": ("D01", _unparsed),
    "decision_without_day": ("D02", _no_day),
    "decision_unknown_facility": ("D03", _unknown_facility),
    "decision_issuer_gone": ("D04", _ministry_gone),
}


def _damage(decisions: list[Row], count: int) -> list[Fault]:
    free = iter(decisions[::-1])
    faults = []
    for fault, (rule, damage) in FAULTS.items():
        for number in range(count):
            decision = next(free)
            damage(decision, number)
            faults.append(_fault(decision, fault, rule))
    for _ in range(count):
        first, second = next(free), next(free)
        first.update(
            so_quyet_dinh=f"{6000 + first['quyet_dinh_id']}/QĐ-UBND ngày 04/06/2024",
            co_quan_phe_duyet="UBND tỉnh Ninh Bình",
            ngay_phe_duyet="2024-06-04",
        )
        for name in ("so_quyet_dinh", "co_quan_phe_duyet", "ngay_phe_duyet"):
            second[name] = first[name]
        faults += [_fault(row, "duplicate_decision", "D05") for row in (first, second)]
    return faults


def _fault(decision: Row, fault: str, rule: str) -> Fault:
    key = str(decision["quyet_dinh_id"])
    return Fault(SYSTEM, "eia_decision", key, "eia_decision", f"{SYSTEM}:{key}", fault, rule)
