"""Where licences and zones lie: places inside communes that do not touch each other, and the shapes drawn there."""

from dataclasses import dataclass

import numpy as np
import shapely

from infra.demo.territory import Commune, load_communes, project, unproject
from infra.demo.tiling import inscribed_circle

SPACING, LARGEST_RADIUS = 760.0, 340.0


@dataclass(frozen=True, eq=False)
class Site:
    """A place for one licence: centre in the zone of its commune, and how far it is from the commune's parcels."""

    commune: Commune
    x: float
    y: float
    from_parcels: float


def mineral_communes() -> list[Commune]:
    """Every third commune; faults of parcels are made in the others, so that the two never meet."""
    return [commune for index, commune in enumerate(load_communes()) if index % 3 == 0]


def make_sites(rng: np.random.Generator) -> tuple[list[Site], list[Site]]:
    """Sites on the parcels of their commune (one each), and sites well away from them, in random order."""
    on_parcels, away = [], []
    for commune in mineral_communes():
        centre, _ = inscribed_circle(commune)
        on_parcels.append(Site(commune, float(centre[0]) + 40, float(centre[1]) + 25, 0.0))
        inside = shapely.buffer(project(commune.boundary, commune.zone), -LARGEST_RADIUS - 30)
        x, y = (axis.ravel() for axis in np.meshgrid(*_axes(inside)))
        distance = np.hypot(x - centre[0], y - centre[1])
        usable = shapely.contains_xy(inside, x, y) & (distance > 2 * LARGEST_RADIUS + 1200)
        away += [Site(commune, *spot) for spot in zip(x[usable], y[usable], distance[usable], strict=True)]
    return [on_parcels[i] for i in rng.permutation(len(on_parcels))], [away[i] for i in rng.permutation(len(away))]


def draw_blocks(site: Site, rng: np.random.Generator, *, smallest: float = 130.0) -> list[np.ndarray]:
    """Corner rings (easting, northing, not closed, clockwise, to the centimetre) of one licence: one block or two."""
    radius = rng.uniform(smallest, LARGEST_RADIUS)
    if rng.random() < 0.08:
        half = radius / 2
        return [_ring(site.x + side * (half + 15), site.y, half - 20, rng) for side in (-1, 1)]
    return [_ring(site.x, site.y, radius, rng)]


def _ring(x: float, y: float, radius: float, rng: np.random.Generator) -> np.ndarray:
    corners = int(rng.integers(4, 13))
    angle = -(np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners
    reach = radius * rng.uniform(0.75, 1.0, corners)
    return np.round(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]), 2)


def draw_zone(site: Site, rng: np.random.Generator) -> shapely.Geometry:
    """A rounded area of 300 to 1,200 m around a site, in WGS84."""
    count = int(rng.integers(20, 90))
    angle = np.arange(count) * 2 * np.pi / count
    reach = rng.uniform(300, 1200) * (1 + 0.2 * np.sin(3 * angle + rng.uniform(0, 6)))
    ring = np.column_stack([site.x + reach * np.cos(angle), site.y + reach * np.sin(angle)])
    return shapely.MultiPolygon([unproject(shapely.Polygon(ring), site.commune.zone)])


def follow_boundaries(communes: list[Commune]) -> shapely.Geometry:
    """A planning area of whole communes, along their boundaries with a vertex every 60 m or so, in WGS84."""
    outline = shapely.segmentize(shapely.union_all([commune.boundary for commune in communes]), 0.0006)
    return outline if outline.geom_type == "MultiPolygon" else shapely.MultiPolygon([outline])


def _axes(polygon: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
    left, bottom, right, top = shapely.bounds(polygon)
    return np.arange(left, right, SPACING), np.arange(bottom, top, SPACING)
