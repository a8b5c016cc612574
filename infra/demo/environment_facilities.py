"""Facilities of the permit register: invented sites inside real communes, coordinates as text in VN-2000."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely

from infra.demo import names
from infra.demo.columns import stream
from infra.demo.land_parcels import REFORM
from infra.demo.territory import Commune, load_communes, project

FACILITIES = 220
KINDS = {
    "Nhà máy chế biến nông sản": "Chế biến nông sản",
    "Nhà máy xi măng": "Sản xuất xi măng",
    "Trang trại chăn nuôi": "Chăn nuôi",
    "Khu công nghiệp": "Hạ tầng khu công nghiệp",
    "Nhà máy dệt nhuộm": "Dệt nhuộm",
    "Bệnh viện đa khoa": "Y tế",
    "Nhà máy gạch": "Vật liệu xây dựng",
    "Cơ sở giết mổ": "Giết mổ gia súc",
}

Row = dict[str, Any]


def make_facilities(*, seed: int, today: date) -> list[Row]:
    """Clean facilities, each at most a few steps from the middle of its commune."""
    rng = stream(seed, "facilities")
    communes = load_communes()
    return [
        make_facility(key, communes[int(rng.integers(len(communes)))], rng, today=today)
        for key in range(1, FACILITIES + 1)
    ]


def make_facility(key: int, commune: Commune, rng: np.random.Generator, *, today: date) -> Row:
    """One facility."""
    kind = str(rng.choice(list(KINDS)))
    is_person = rng.random() < 0.08
    code, known_on = commune_code(commune, rng, today=today)
    person = names.personal_numbers(rng, np.array([commune.office]))[0]
    return {
        "co_so_id": key,
        "ten_co_so": f"{kind} {rng.choice(names.COMPANY_WORDS)} {key}",
        "chu_co_so": str((names.person_names if is_person else names.company_names)(rng, 1)[0]),
        "ma_so_thue": str(person if is_person else names.tax_codes(rng, 1)[0]),
        "nganh": KINDS[kind],
        "dia_chi": f"Thôn {rng.integers(1, 12)}, {commune.name}",
        "dien_thoai": str(names.telephones(rng, 1)[0]),
        "ma_xa": code,
        "ma_xa_tu_ngay": known_on.isoformat(),
        **site_texts(commune, rng),
        "cap_nhat_luc": update_time(rng, today),
    }


def commune_code(commune: Commune, rng: np.random.Generator, *, today: date) -> tuple[str, date]:
    """The commune's code of today or one of its former codes, with a day on which it was valid."""
    if rng.random() < 0.5:
        return commune.code, REFORM + timedelta(days=int(rng.integers(0, (today - REFORM).days)))
    return str(rng.choice(commune.old_codes)), date(2021, 1, 1) + timedelta(days=int(rng.integers(0, 1600)))


def site_texts(commune: Commune, rng: np.random.Generator) -> Row:
    """Northing and easting of a point inside the commune, as text, and the zone they are stated in."""
    boundary = project(commune.boundary, commune.zone)
    centre = shapely.get_coordinates(shapely.point_on_surface(boundary))[0]
    easting, northing = np.round(centre + rng.uniform(-150, 150, 2), 2)
    text = "{:.2f}" if rng.random() < 0.6 else "{:.1f}"
    x, y = text.format(northing), text.format(easting)
    if rng.random() < 0.3:
        x, y = x.replace(".", ","), y.replace(".", ",")
    return {"x": x, "y": y, "he_toa_do": commune.zone}


def update_time(rng: np.random.Generator, today: date) -> str:
    """A time of update in the past two years, with its offset."""
    day = today - timedelta(days=int(rng.integers(2, 700)))
    return f"{day.isoformat()}T{rng.integers(8, 17):02d}:{rng.integers(60):02d}:00+07:00"
