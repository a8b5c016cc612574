"""Faults of parcels that are published with a warning, of lots which no other file takes: what they say of their place.

A lot that lies some 200 metres beyond the boundary of its commune, where no lots are, and a planned use whose code is
in no list.
"""

import numpy as np
import shapely
import shapely.ops

from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.land_faults import free_lots, parcel_fault
from infra.demo.land_row_faults import SYSTEM
from infra.demo.territory import load_communes, project, unproject

BEYOND_DEG = 0.002  # of a degree of either kind: 209 to 222 m
LARGEST_GAP_M2 = 250


def damage_places(tables: dict[str, Columns], *, seed: int, count: int) -> list[Fault]:
    """`count` parcels moved over the edge of their commune, and as many uses planned to become what no list knows."""
    lots = [int(row) for row in stream(seed, "land_place_faults").permutation(free_lots(tables, 0))]
    faults, uses = [], tables["land_use"]
    moved = _move_over_the_edge(tables["parcel"], lots, count)
    faults += [parcel_fault(tables, row, fault="over_the_edge", rule="L48", effect="warn") for row in moved]
    for row in [row for row in lots if row not in moved][:count]:
        key = tables["parcel"]["thuadatid"][row]
        use = int(np.flatnonzero((uses["thuadatid"] == key) & (uses["sothutumdsd"] == 1))[0])
        uses["mucdichsudungqh"][use] = "ĐT"
        record = f"{SYSTEM}:{key}|1"
        faults.append(
            Fault(SYSTEM, "land_use", str(key), "land_parcel_use", record, "planned_code_unknown", "L49", "warn")
        )
    return faults


def _move_over_the_edge(parcels: Columns, lots: list[int], count: int) -> list[int]:
    """Lots under a code of today: an older one may mean several communes. What they leave is too large for a gap."""
    done: list[int] = []
    for row in lots:
        if len(done) < count and parcels["_is_new"][row] and parcels["dientich"][row] > LARGEST_GAP_M2:
            parcels["geom"][row] = _over_the_edge(parcels, row)
            parcels["sohieutobando"][row] = f"7{len(done):02d}{row}"
            for column in ("mathuadat", "sohieutobandocu", "sothututhuacu"):
                parcels[column][row] = None
            done.append(row)
    return done


def _over_the_edge(parcels: Columns, row: int) -> shapely.Geometry:
    zone, commune = int(parcels["hetoado"][row]), load_communes()[parcels["_commune"][row]]
    inner = shapely.get_coordinates(unproject(parcels["geom"][row].representative_point(), zone))[0]
    edge = shapely.get_coordinates(shapely.ops.nearest_points(commune.boundary.boundary, shapely.Point(inner))[0])[0]
    beyond = edge + (edge - inner) / np.hypot(*(edge - inner)) * BEYOND_DEG
    start, end = (shapely.get_coordinates(project(shapely.Point(place), zone))[0] for place in (inner, beyond))
    return shapely.transform(parcels["geom"][row], lambda corners: np.round(corners + (end - start), 3))
