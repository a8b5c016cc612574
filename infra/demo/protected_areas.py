"""A register of protected areas: generated shapes inside the real communes of Ninh Bình, as one GeoPackage.

Neither a shape nor a name is that of a real area, and the names say so. A few lie over parcels, the others well away
from them; none lies in a commune with licences and zones. Everything is drawn from a stream of its own.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

from infra.demo.columns import Columns, stream, texts
from infra.demo.ground_truth import Fault
from infra.demo.territory import Commune, geodesic_area, load_communes, project, unproject
from infra.demo.tiling import inscribed_circle

SYSTEM, TABLE, DATASET = "protected_areas", "area", "protected_area"
FILE, LAYER, ZONE = "khu_bao_ve.gpkg", "khu_bao_ve", 5897
KINDS = {
    "VQG": ("Vườn quốc gia", 2, "QĐ-TTg"),
    "DTTN": ("Khu dự trữ thiên nhiên", 4, "QĐ-UBND"),
    "BTLSC": ("Khu bảo tồn loài - sinh cảnh", 3, "QĐ-UBND"),
    "BVCQ": ("Khu bảo vệ cảnh quan", 4, "QĐ-UBND"),
    "RAMSAR": ("Khu Ramsar", 3, "QĐ-BTNMT"),
}
# The first so many areas lie over parcels, which reach up to so far from the centre of their commune.
OVER_PARCELS, PARCELS_REACH_M = 6, 1_600.0
FIELDS = {
    "MAKHU": "khu_id",
    "TENKHU": "ten_khu",
    "LOAIKHU": "loai_khu",
    "SOQD": "so_quyet_dinh",
    "NGAYQD": "ngay_quyet_dinh",
    "HETHL": "het_hieu_luc",
    "DIENTICH": "dien_tich_ha",
}


def make_areas(*, seed: int, today: date) -> Columns:
    """Sixteen areas of five kinds, without a fault: the rows of the register, with `geom` in the zone of the file."""
    rng = stream(seed, "protected_areas")
    communes = [commune for index, commune in enumerate(load_communes()) if index % 3 == 1]
    communes = [communes[index] for index in rng.permutation(len(communes))]
    kinds = [kind for kind, (_, number, _) in KINDS.items() for _ in range(number)]
    kinds = [kinds[index] for index in rng.permutation(len(kinds))]
    shapes = [_over_parcels(commune, rng) for commune in communes[:OVER_PARCELS]]
    for commune in communes[OVER_PARCELS:]:
        if len(shapes) < len(kinds) and (shape := beside_parcels(commune, rng)) is not None:
            shapes.append(shape)
    decided = [today - timedelta(days=int(days)) for days in rng.integers(400, 9000, len(kinds))]
    geom = np.empty(len(kinds), dtype=object)
    geom[:] = shapes
    return {
        "khu_id": np.arange(1, len(kinds) + 1),
        "ten_khu": texts([f"{KINDS[kind][0]} mô phỏng số {number:02d}" for number, kind in enumerate(kinds, 1)]),
        "loai_khu": texts(list(kinds)),
        "so_quyet_dinh": texts(
            [
                f"Quyết định số {number * 37 + 100}/{KINDS[kind][2]} ngày {day:%d/%m/%Y} (mô phỏng)"
                for number, (kind, day) in enumerate(zip(kinds, decided, strict=True), 1)
            ]
        ),
        "ngay_quyet_dinh": np.array(decided, dtype="datetime64[D]"),
        "het_hieu_luc": np.full(len(kinds), np.datetime64("NaT", "D")),
        "dien_tich_ha": np.round(geodesic_area(geom) / 10_000, 2),
        "geom": geom,
    }


def damage_areas(areas: Columns) -> list[Fault]:
    """Damage one row of every kind, in place, of those away from parcels; returns what was done."""
    unlisted, crossing, backwards, mistyped = range(len(areas["khu_id"]) - 4, len(areas["khu_id"]))
    areas["loai_khu"][unlisted] = "KHAC"
    corners = shapely.get_coordinates(shapely.envelope(areas["geom"][crossing]))
    areas["geom"][crossing] = shapely.MultiPolygon([shapely.Polygon(corners[[0, 2, 1, 3, 0]])])
    areas["het_hieu_luc"][backwards] = areas["ngay_quyet_dinh"][backwards] - np.timedelta64(30, "D")
    areas["dien_tich_ha"][mistyped] = round(float(areas["dien_tich_ha"][mistyped]) * 10, 2)
    faults = []
    for row, fault, rule, effect in (
        (unlisted, "area_kind", "B01", "hold"),
        (crossing, "area_crosses_itself", "B02", "hold"),
        (backwards, "area_dates", "B03", "hold"),
        (mistyped, "area_size", "B05", "warn"),
    ):
        key = str(areas["khu_id"][row])
        faults.append(Fault(SYSTEM, TABLE, key, DATASET, f"{SYSTEM}:{key}", fault, rule, effect))
    return faults


def write_areas(folder: Path, areas: Columns) -> int:
    """Replace the drop folder; returns the number of areas."""
    waiting = folder.with_suffix(".new")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True, mode=0o700)
    pyogrio.raw.write(
        waiting / FILE,
        geometry=shapely.to_wkb(areas["geom"]),
        field_data=[areas[column] for column in FIELDS.values()],
        fields=list(FIELDS),
        geometry_type="MultiPolygon",
        crs=f"EPSG:{ZONE}",
        driver="GPKG",
        layer=LAYER,
    )
    shutil.rmtree(folder, ignore_errors=True)
    waiting.rename(folder)
    return len(areas["khu_id"])


def _over_parcels(commune: Commune, rng: np.random.Generator) -> shapely.MultiPolygon:
    """An area whose edge runs through the parcels in the middle of a commune."""
    centre = _middle(commune)
    reach, angle = rng.uniform(300, 900), rng.uniform(0, 2 * np.pi)
    offset = 0.7 * reach * np.array([np.cos(angle), np.sin(angle)])
    return _area(commune, centre + offset, reach, rng)


def beside_parcels(commune: Commune, rng: np.random.Generator) -> shapely.MultiPolygon | None:
    """An area that keeps away from the middle of a commune; None where the commune is too small for one."""
    reach, spots = rng.uniform(250, 700), rng.uniform(0, 1, (200, 2))
    inside = shapely.buffer(project(commune.boundary, ZONE), -reach)
    if inside.is_empty:
        return None
    left, bottom, right, top = shapely.bounds(inside)
    x, y = left + spots[:, 0] * (right - left), bottom + spots[:, 1] * (top - bottom)
    middle = _middle(commune)
    far = np.hypot(x - middle[0], y - middle[1]) > PARCELS_REACH_M + 1.25 * reach
    usable = np.flatnonzero(far & shapely.contains_xy(inside, x, y))
    return _area(commune, np.array([x[usable[0]], y[usable[0]]]), reach, rng) if len(usable) else None


def _middle(commune: Commune) -> np.ndarray:
    """The centre around which the parcels of a commune lie, in the zone of the file."""
    centre, _ = inscribed_circle(commune)
    moved = project(unproject(shapely.Point(*centre), commune.zone), ZONE)
    return np.array([moved.x, moved.y])


def _area(commune: Commune, place: np.ndarray, reach: float, rng: np.random.Generator) -> shapely.MultiPolygon:
    """A rounded area with bays around a place, cut off at the boundary of the commune."""
    count = int(rng.integers(60, 400))
    angle = np.arange(count) * 2 * np.pi / count
    bays = 1 + 0.15 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.08 * np.sin(7 * angle + rng.uniform(0, 6))
    ring = np.column_stack([place[0] + reach * bays * np.cos(angle), place[1] + reach * bays * np.sin(angle)])
    shape = shapely.intersection(shapely.Polygon(np.round(ring, 2)), project(commune.boundary, ZONE))
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
