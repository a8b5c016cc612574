"""Faults of VN-2000 coordinates: what registers do to a shape between the survey and the database.

Each damages shapes or stated zones of chosen parcels only, of lots that `land_faults` never takes. Swapped axes, a
bow-tie and the zone of a neighbour are made there.
"""

from collections.abc import Callable

import numpy as np
import shapely
from pyproj import CRS, Transformer

from connectors.warehouse.vn2000 import zones
from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.land_faults import free_lots
from infra.demo.land_row_faults import SYSTEM
from infra.demo.territory import project, unproject

UTM_48N, TM3_NINH_BINH, TM3_HA_NAM, TM3_BESIDE_IT = 3405, 5897, 9209, 9210
Shapes = Callable[[shapely.Geometry, int], shapely.Geometry]


def damage_coordinates(tables: dict[str, Columns], *, seed: int, count: int) -> list[Fault]:
    """Damage `count` parcels of every kind in place; returns what was done."""
    parcels = tables["parcel"]
    lots = iter(stream(seed, "vn2000_faults").permutation(free_lots(tables, 4)))
    faults: list[Fault] = []
    for fault, (rule, effect, is_fit, damage) in COORDINATE_FAULTS.items():
        done = 0
        while done < count:
            row = int(next(lots))
            if is_fit(parcels, row):
                damage(parcels, row)
                key = str(parcels["thuadatid"][row])
                faults.append(Fault(SYSTEM, "parcel", key, "land_parcel", f"{SYSTEM}:{key}", fault, rule, effect))
                done += 1
    return faults


def _reshaped(change: Shapes) -> Callable[[Columns, int], None]:
    def damage(parcels: Columns, row: int) -> None:
        parcels["geom"][row] = change(parcels["geom"][row], int(parcels["hetoado"][row]))

    return damage


def _without_decimal_comma(shape: shapely.Geometry, _zone: int) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.round(xy * 1000))


def _with_zone_prefix(shape: shapely.Geometry, _zone: int) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([18_000_000, 0]))


def _in_degrees(shape: shapely.Geometry, zone: int) -> shapely.Geometry:
    return unproject(shape, zone)


def _in_a_local_grid(shape: shapely.Geometry, _zone: int) -> shapely.Geometry:
    west, south, *_ = shape.bounds
    return shapely.transform(shape, lambda xy: np.round(xy - np.array([west - 5000, south - 5000]), 3))


def without_datum_shift(shape: shapely.Geometry, zone: int) -> shapely.Geometry:
    """A shape of the zone, projected from WGS 84 as if that were VN-2000: 225 m off. Arrays of shapes as well."""
    return shapely.transform(unproject(shape, zone), lambda xy: np.column_stack(_unshifted(zone).transform(*xy.T)))


def _unshifted(zone: int) -> Transformer:
    texts = {int(row["epsg"]): row["proj4text"].split(" +towgs84")[0] for row in zones()}
    return Transformer.from_crs(
        CRS.from_proj4("+proj=longlat +ellps=WGS84"), CRS.from_proj4(texts[zone]), always_xy=True
    )


def _state_unusual_zone(parcels: Columns, row: int) -> None:
    """UTM where TM-3 of the same meridian is meant, 670 m off; else the zone 15' further east, 26 km off."""
    parcels["hetoado"][row] = UTM_48N if parcels["hetoado"][row] == TM3_NINH_BINH else TM3_BESIDE_IT


def _state_no_zone(parcels: Columns, row: int) -> None:
    parcels["hetoado"][row] = 0


def _survey_anew_and_state_no_zone(parcels: Columns, row: int) -> None:
    """A lot of the former Hà Nam or Nam Định in the official zone of the new province, which no column says."""
    parcels["geom"][row] = project(unproject(parcels["geom"][row], TM3_HA_NAM), TM3_NINH_BINH)
    parcels["hetoado"][row] = 0


def _any(_parcels: Columns, _row: int) -> bool:
    return True


def _is_identified(parcels: Columns, row: int) -> bool:
    return parcels["mathuadat"][row] is not None


def _is_of_ha_nam(parcels: Columns, row: int) -> bool:
    return bool(parcels["hetoado"][row] == TM3_HA_NAM)


COORDINATE_FAULTS: dict[str, tuple[str, str, Callable[[Columns, int], bool], Callable[[Columns, int], None]]] = {
    "unusual_zone": ("V01", "hold", _any, _state_unusual_zone),
    "decimal_lost": ("V02", "hold", _any, _reshaped(_without_decimal_comma)),
    "zone_prefix": ("V03", "hold", _any, _reshaped(_with_zone_prefix)),
    "degrees": ("V04", "hold", _any, _reshaped(_in_degrees)),
    "local_grid": ("V05", "hold", _any, _reshaped(_in_a_local_grid)),
    "datum_shift_missing": ("V06", "hold", _is_identified, _reshaped(without_datum_shift)),
    "zone_not_stated": ("V08", "warn", _any, _state_no_zone),
    "zone_inferred": ("V08", "warn", _is_of_ha_nam, _survey_anew_and_state_no_zone),
}
