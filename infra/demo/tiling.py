"""Parcels as a jittered grid inside a commune: neighbours share their vertices, so there is no gap and no overlap.

Two rows of parcels lie back to back along a road. A road is one parcel per map sheet and carries every vertex of
the parcels on both its sides. Coordinates are metres in the VN-2000 zone of the commune, rounded to millimetres
before polygons are made of them.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from infra.demo.territory import Commune, project

SHEET_COLUMNS, SHEET_BANDS = 20, 3
ROAD_WIDTH = 5.0


@dataclass(frozen=True, eq=False)
class Tiles:
    """Polygons of one commune with sheet index, number within the sheet, kind and the patch they fill."""

    polygons: np.ndarray
    sheet: np.ndarray
    number: np.ndarray
    is_road: np.ndarray
    is_field: np.ndarray
    patch: shapely.Geometry


@dataclass(frozen=True)
class Style:
    """Sizes in metres: width of a lot, depth of a house lot, depth of a field."""

    width: tuple[float, float]
    depth: tuple[float, float]
    field_depth: tuple[float, float]

    @property
    def lot_area(self) -> float:
        return sum(self.width) / 2 * (sum(self.depth) + sum(self.field_depth)) / 4 * 1.1


WARD = Style((6.0, 10.0), (15.0, 24.0), (15.0, 24.0))
RURAL = Style((12.0, 22.0), (20.0, 34.0), (36.0, 60.0))


def style_of(commune: Commune) -> Style:
    """Small lots in a ward, house lots and fields elsewhere."""
    return WARD if commune.is_ward else RURAL


def inscribed_circle(commune: Commune) -> tuple[np.ndarray, float]:
    """Centre and radius (with a margin) of the largest circle inside the commune, in its zone."""
    radius = shapely.maximum_inscribed_circle(project(commune.boundary, commune.zone), tolerance=10)
    return shapely.get_coordinates(radius)[0], float(shapely.length(radius)) * 0.97


def capacity(commune: Commune) -> int:
    """How many lots fit in the square inside the inscribed circle."""
    return int(1.8 * inscribed_circle(commune)[1] ** 2 / style_of(commune).lot_area)


def tile(commune: Commune, lots: int, rng: np.random.Generator) -> Tiles:
    """At least `lots` parcels around the centre of the commune's largest inscribed circle."""
    style = style_of(commune)
    columns, bands = _shape(style, lots)
    vertices, is_field = _vertices(style, columns, bands, rng)
    centre, radius = inscribed_circle(commune)
    vertices -= (vertices[0, 0] + vertices[-1, -1]) / 2
    reach = np.hypot(vertices[..., 0], vertices[..., 1]).max()
    if reach > radius:
        vertices *= radius / reach
    angle = rng.uniform(0, np.pi / 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return _cut(np.round(vertices @ turn + centre, 3), is_field)


def _shape(style: Style, lots: int) -> tuple[int, int]:
    band_height = (sum(style.depth) + sum(style.field_depth)) / 2 + ROAD_WIDTH
    columns = max(2, round(np.sqrt(lots / 2 * band_height / (sum(style.width) / 2))))
    return columns, max(1, -(-lots // (2 * columns)))


def _vertices(style: Style, columns: int, bands: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    widths = rng.uniform(*style.width, columns)
    is_field = rng.random(bands) < 0.5
    depths = np.where(
        is_field[:, None], rng.uniform(*style.field_depth, (bands, 2)), rng.uniform(*style.depth, (bands, 2))
    )
    heights = np.column_stack([depths, np.full(bands, ROAD_WIDTH)]).ravel()
    across = np.concatenate([[0.0], np.cumsum(widths)])
    along = np.concatenate([[0.0], np.cumsum(heights)])
    grid = np.stack(np.meshgrid(across, along), axis=2)
    grid += rng.uniform(-0.6, 0.6, grid.shape)
    return grid, is_field


def _cut(vertices: np.ndarray, is_field: np.ndarray) -> Tiles:
    rows, columns = vertices.shape[0] - 1, vertices.shape[1] - 1
    corners = [vertices[:-1, :-1], vertices[:-1, 1:], vertices[1:, 1:], vertices[1:, :-1], vertices[:-1, :-1]]
    rings = np.stack(corners, axis=2)
    lot_rows = np.flatnonzero(np.arange(rows) % 3 != 2)
    lots = shapely.polygons(rings[lot_rows].reshape(-1, 5, 2))
    lot_row, lot_column = (index.ravel() for index in np.meshgrid(lot_rows, np.arange(columns), indexing="ij"))
    sheets_across = -(-columns // SHEET_COLUMNS)
    roads, road_row, road_column = _roads(vertices, rows, columns)
    row, column = np.concatenate([lot_row, road_row]), np.concatenate([lot_column, road_column])
    sheet = (row // (3 * SHEET_BANDS)) * sheets_across + column // SHEET_COLUMNS
    is_road = np.arange(len(row)) >= len(lots)
    order = np.lexsort((column, row, is_road, sheet))
    number = _running_number(sheet[order])
    outline = np.concatenate([vertices[0], vertices[:, -1], vertices[-1, ::-1], vertices[::-1, 0]])
    polygons = np.concatenate([lots, roads])
    field = is_field[row // 3] & ~is_road
    return Tiles(polygons[order], sheet[order], number, is_road[order], field[order], shapely.Polygon(outline))


def _roads(vertices: np.ndarray, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    roads, at_row, at_column = [], [], []
    for row in range(2, rows, 3):
        for first in range(0, columns, SHEET_COLUMNS):
            last = min(first + SHEET_COLUMNS, columns) + 1
            ring = np.concatenate([vertices[row, first:last], vertices[row + 1, first:last][::-1]])
            roads.append(shapely.Polygon(ring))
            at_row.append(row)
            at_column.append(first)
    return np.array(roads, dtype=object), np.array(at_row), np.array(at_column)


def _running_number(sorted_sheet: np.ndarray) -> np.ndarray:
    starts = np.flatnonzero(np.concatenate([[True], sorted_sheet[1:] != sorted_sheet[:-1]]))
    counts = np.diff(np.append(starts, len(sorted_sheet)))
    return np.arange(len(sorted_sheet)) - np.repeat(starts, counts) + 1
