"""What else is known of licence areas: polygons that the cadastre received, and the province's workbook of corners."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.mineral_licences import Licence
from infra.demo.territory import unproject

WORKBOOK = "toa_do_giay_phep.xlsx"
HEADINGS = ["Số giấy phép", "Khối", "STT", "Tên điểm", "X (m)", "Y (m)", "EPSG"]
IN_BOTH, IN_WORKBOOK_ALONE = 24, 8


def boundary_columns(
    licences: list[Licence], *, damaged: set[int], seed: int, count: int
) -> tuple[Columns, list[Fault]]:
    """Polygons (WGS84) of half the undamaged licences; `count` of them lie 150 m beside the corners."""
    rng = stream(seed, "licence_boundaries")
    usable = [licence for licence in licences if licence.key not in damaged and _is_free(licence)]
    chosen = [licence for licence in usable if rng.random() < 0.5]
    shapes = [_polygon(licence) for licence in chosen]
    faults = []
    for index in range(count):
        licence = chosen[-1 - index]
        shapes[-1 - index] = _polygon(licence, shift=150.0)
        key = str(licence.key)
        record = f"mineral_cadastre:{key}"
        faults.append(
            Fault("mineral_cadastre", "licence_boundary", key, "mineral_licence", record, "boundary_differs", "M19")
        )
    columns = {
        "giay_phep_id": np.array([licence.key for licence in chosen]),
        "cap_nhat_luc": _objects([licence.row["cap_nhat_luc"] for licence in chosen]),
        "geom": _objects(shapes),
    }
    return columns, faults


def in_workbook_alone(licences: list[Licence], *, damaged: set[int], seed: int) -> set[int]:
    """Licences whose corners the cadastre lacks: only the workbook has them."""
    return {licence.key for licence in _for_workbook(licences, damaged, seed)[:IN_WORKBOOK_ALONE]}


def workbook_rows(
    licences: list[Licence], *, damaged: set[int], seed: int, count: int
) -> tuple[list[list[Any]], list[Fault]]:
    """Rows of the workbook; one corner of `count` licences lies 200 m from where the cadastre has it."""
    chosen = _for_workbook(licences, damaged, seed)[: IN_WORKBOOK_ALONE + IN_BOTH]
    faults, rows = [], []
    for index, licence in enumerate(chosen):
        is_wrong = index >= len(chosen) - count
        for block, ring in enumerate(licence.rings, 1):
            for order, (easting, northing) in enumerate(ring, 1):
                off = 200.0 if is_wrong and (block, order) == (1, 1) else 0.0
                texts = [f"{value:.2f}" for value in (northing + off, easting + off)]
                if licence.key % 3 == 0:
                    texts = [text.replace(".", ",") for text in texts]
                rows.append([licence.row["so_giay_phep"], block, order, str(order), *texts, licence.zone])
        if is_wrong:
            key = str(licence.key)
            record = f"mineral_cadastre:{key}"
            faults.append(
                Fault("mineral_workbooks", "licence_corner", key, "mineral_licence", record, "corners_differ", "M20")
            )
    return rows, faults


def write_workbook(folder: Path, rows: list[list[Any]]) -> Path:
    """Replace the workbook in the drop folder, in one step for whoever looks."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary, path = folder / f"new_{WORKBOOK}", folder / WORKBOOK
    temporary.unlink(missing_ok=True)
    pyogrio.write_dataframe(pd.DataFrame(rows, columns=HEADINGS), temporary, layer="Toa do", driver="XLSX")
    temporary.replace(path)
    return path


def _for_workbook(licences: list[Licence], damaged: set[int], seed: int) -> list[Licence]:
    rng = stream(seed, "licence_workbook")
    usable = [
        licence
        for licence in licences
        if licence.key not in damaged and _is_free(licence) and "UBND" in licence.row["so_giay_phep"]
    ]
    return [usable[index] for index in rng.permutation(len(usable))]


def _is_free(licence: Licence) -> bool:
    """Away from parcels and from successions, so that a fault touches this licence alone."""
    return bool(licence.site.from_parcels > 0 and licence.row["thay_the_boi"] is None and not licence.corner_texts)


def _polygon(licence: Licence, *, shift: float = 0.0) -> shapely.Geometry:
    parts = [unproject(shapely.Polygon(ring + shift), licence.zone) for ring in licence.rings]
    return shapely.MultiPolygon(parts)


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
