"""Faults of parcels that came later than `land_faults`, of lots which neither that nor `vn2000_faults` takes.

Slips of digitising that leave a tiny hole or a spike without area, and an identifier that was given to two parcels.
"""

import numpy as np
import shapely

from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.land_faults import free_lots, parcel_fault

HOLE_M = 0.2


def damage_identities(tables: dict[str, Columns], *, seed: int, count: int) -> list[Fault]:
    """`count` parcels with a hole of 0.04 m², as many with a spike, and `count` pairs with one identifier."""
    parcels = tables["parcel"]
    lots = [int(row) for row in stream(seed, "land_identity_faults").permutation(free_lots(tables, 3))]
    named = [row for row in lots if parcels["mathuadat"][row] is not None]
    faults = []
    for number in range(count):
        one, other = named[2 * number], named[2 * number + 1]
        parcels["mathuadat"][one] = parcels["mathuadat"][other]
        faults += [
            parcel_fault(tables, row, fault="uid_given_twice", rule="L36", effect="hold") for row in (one, other)
        ]
    taken = set(named[: 2 * count])
    others = [row for row in lots if row not in taken]
    for row in others[:count]:
        parcels["geom"][row] = _with_hole(parcels["geom"][row])
        faults.append(parcel_fault(tables, row, fault="tiny_hole", rule="L19", effect="hold"))
    for row in others[count : 2 * count]:
        parcels["geom"][row] = _with_spike(parcels["geom"][row])
        faults.append(parcel_fault(tables, row, fault="spike", rule="L38", effect="warn"))
    return faults


def _with_spike(shape: shapely.Polygon) -> shapely.Polygon:
    """The boundary goes from a corner into the parcel and back: it crosses itself and encloses what it did before."""
    ring, inner = shapely.get_coordinates(shape.exterior), shapely.get_coordinates(shape.representative_point())
    return shapely.Polygon(np.vstack([ring[:2], np.round(inner, 3), ring[1:]]))


def _with_hole(shape: shapely.Polygon) -> shapely.Polygon:
    east, north = shapely.get_coordinates(shape.representative_point())[0]
    hole = np.array([[0, 0], [0, HOLE_M], [HOLE_M, HOLE_M], [HOLE_M, 0], [0, 0]]) + np.round([east, north], 3)
    return shapely.Polygon(shapely.get_coordinates(shape.exterior), [hole])
