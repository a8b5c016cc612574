"""A working day at the permit register and at the stations: permits change, and every station sends its next file."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.demo.changes import Changes
from infra.demo.columns import stream
from infra.demo.environment_facilities import Row, make_facility
from infra.demo.environment_permits import SYSTEM, make_permit
from infra.demo.monitoring_files import STEP, file_path, make_readings, time_in_name, write_lines
from infra.demo.monitoring_stations import PARAMETERS
from infra.demo.territory import load_communes
from infra.settings_file import write_private


def mutate_register(
    path: Path, changes: Changes, *, share: float, seed: int, faulty: set[tuple[str, int]], now: datetime
) -> None:
    """Edit, add and delete a few permits and facilities; the file is replaced in one step."""
    rng = stream(seed, "mutate", "permits")
    register: dict[str, list[Row]] = json.loads(path.read_text(encoding="utf-8"))
    permits, facilities = register["permits"], register["facilities"]
    stamp = now.isoformat(timespec="seconds")
    clean = [p for p in permits if ("permit", p["giay_phep_id"]) not in faulty and p["thoi_han_nam"]]
    chosen = [clean[i] for i in rng.permutation(len(clean))[: max(3, round(share * len(permits)))]]
    for permit in chosen:
        permit.update(thoi_han_nam=17 - permit["thoi_han_nam"], cap_nhat_luc=stamp)
    changes.note(f"{SYSTEM}.permit", "edited", [permit["giay_phep_id"] for permit in chosen])
    gone = next(permit for permit in clean if permit not in chosen and not _is_in_succession(permit, permits))
    permits.remove(gone)
    changes.note(f"{SYSTEM}.permit", "deleted", [gone["giay_phep_id"]])
    facility = facilities[int(rng.integers(150))]
    facility.update(ten_co_so=f"{facility['ten_co_so']} (mở rộng)", cap_nhat_luc=stamp)
    changes.note(f"{SYSTEM}.facility", "edited", [facility["co_so_id"]])
    _add_facility(register, changes, rng, stamp=stamp, now=now)
    _rename_project(register, changes, seed=seed, faulty=faulty, stamp=stamp)
    write_private(path, json.dumps(register, ensure_ascii=False, indent=1))


def _rename_project(
    register: dict[str, list[Row]], changes: Changes, *, seed: int, faulty: set[tuple[str, int]], stamp: str
) -> None:
    rng = stream(seed, "mutate", "eia_decisions")
    clean = [row for row in register["eia_decisions"] if ("eia_decision", row["quyet_dinh_id"]) not in faulty]
    decision = clean[int(rng.integers(len(clean)))]
    decision.update(ten_du_an=f"{decision['ten_du_an']} (điều chỉnh)", cap_nhat_luc=stamp)
    changes.note(f"{SYSTEM}.eia_decision", "edited", [decision["quyet_dinh_id"]])


def _is_in_succession(permit: Row, permits: list[Row]) -> bool:
    """Whether it replaces another permit or is replaced: without it, the other one would change as well."""
    quoted = [str(other["thay_the_cho"]).split("/")[0] for other in permits if other["thay_the_cho"]]
    return bool(permit["thay_the_cho"]) or any(number in str(permit["so_van_ban"]) for number in quoted)


def _add_facility(register: dict[str, list[Row]], changes: Changes, rng: Any, *, stamp: str, now: datetime) -> None:
    communes = load_communes()
    key = max(row["co_so_id"] for row in register["facilities"]) + 1
    permit_key = max(row["giay_phep_id"] for row in register["permits"]) + 1
    facility = make_facility(key, communes[int(rng.integers(len(communes)))], rng, today=now.date())
    permit = make_permit(permit_key, facility, rng, number=10_000 + permit_key, today=now.date())
    register["facilities"].append(facility | {"cap_nhat_luc": stamp})
    register["permits"].append(permit | {"cap_nhat_luc": stamp})
    changes.note(f"{SYSTEM}.facility", "added", [key])
    changes.note(f"{SYSTEM}.permit", "added", [permit_key])


def send_next_files(folder: Path, changes: Changes, *, seed: int, now: datetime) -> None:
    """Every sending station adds one file, from its last time to now; whole hours when there is at least one."""
    rows = (folder / "tram.txt").read_text(encoding="utf-8").splitlines()
    header = rows[0].split("\t")
    for text in rows[1:]:
        station: Row = dict(zip(header, text.split("\t"), strict=True))
        if station["loai"] in PARAMETERS and (folder / "data" / station["ma_tram"]).is_dir():
            _send(folder, changes, station, seed=seed, now=now)


def _send(folder: Path, changes: Changes, station: Row, *, seed: int, now: datetime) -> None:
    last = max(map(time_in_name, (folder / "data" / station["ma_tram"]).glob("*.txt")))
    start = last - timedelta(minutes=last.minute % 5, seconds=last.second) + STEP
    count = int((now - start) / STEP)
    count -= count % 12 if count > 12 else 0
    if count < 1:
        return
    readings = make_readings(station, seed=seed, start=start, count=count)
    path = file_path(folder, station["ma_tram"], readings.times[-1])
    write_lines(path, readings.lines(0, count))
    changes.note("monitoring_feed.observation", "added", [path.name])
