"""One zone and one protected area more whose coordinates mean another place than they say; each a row of its own.

Both lie away from parcels, and nothing that was drawn before changes: they have a stream of their own.
"""

import numpy as np
import shapely

from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.mineral_sites import draw_zone, make_sites
from infra.demo.protected_areas import DATASET, KINDS, SYSTEM, TABLE, ZONE, beside_parcels
from infra.demo.territory import geodesic_area, load_communes, project, unproject

# Surveyed in the zone of former Hà Nam and Nam Định, sent in a file of the zone of 105°00'.
SURVEYED_ZONE, WEST_OF = 9209, 105.95


def exchange_axes_of_zone(zones: Columns, *, seed: int) -> tuple[Columns, list[Fault]]:
    """The zones and one reserve more, with latitude and longitude exchanged."""
    rng = stream(seed, "zone_place_faults")
    _, away = make_sites(rng)
    shape = shapely.transform(draw_zone(away[0], rng), lambda corners: corners[:, ::-1])
    zones, key = _with_another(
        zones, "khu_vuc_id", loai="RESERVE", ten="Khu vực đảo trục", can_cu="Quyết định 1277/QĐ-TTg", geom=shape
    )
    record = f"mineral_cadastre:{key}"
    return zones, [Fault("mineral_cadastre", "zone", key, "mineral_zone", record, "zone_axes", "M44")]


def take_area_to_another_zone(areas: Columns, *, seed: int) -> tuple[Columns, list[Fault]]:
    """The areas and one landscape more, in the metres of another zone than that of the file: 52 km to the west."""
    rng = stream(seed, "area_place_faults")
    communes = [commune for index, commune in enumerate(load_communes()) if index % 3 == 1]
    western = [c for c in communes if c.zone == SURVEYED_ZONE and shapely.bounds(c.boundary)[2] < WEST_OF]
    shapes = (beside_parcels(western[index], rng) for index in rng.permutation(len(western)))
    shape = next(shape for shape in shapes if shape is not None)
    stated = round(float(geodesic_area(np.array([shape], dtype=object))[0]) / 10_000, 2)
    surveyed = project(unproject(shape, ZONE), SURVEYED_ZONE)
    number = len(areas["khu_id"]) + 1
    values = {
        "ten_khu": f"{KINDS['BVCQ'][0]} mô phỏng số {number:02d}",
        "loai_khu": "BVCQ",
        "so_quyet_dinh": f"Quyết định số {number * 37 + 100}/{KINDS['BVCQ'][2]} (mô phỏng)",
        "het_hieu_luc": np.datetime64("NaT", "D"),
        "dien_tich_ha": stated,
    }
    areas, key = _with_another(areas, "khu_id", **values, geom=surveyed)
    return areas, [Fault(SYSTEM, TABLE, key, DATASET, f"{SYSTEM}:{key}", "area_zone", "B06")]


def _with_another(columns: Columns, key: str, **values: object) -> tuple[Columns, str]:
    """The columns with one row more, like the first but for these values, and its key."""
    number = int(columns[key].max()) + 1
    values[key] = number
    added = {}
    for name, column in columns.items():
        last = np.empty(1, dtype=column.dtype)
        last[0] = values.get(name, column[0])
        added[name] = np.concatenate([column, last])
    return added, str(number)
