"""Access to an OGC API Features service, `kind: ogc_features`: next links, numberMatched, GeoJSON.

Caveats: the order of pages is only stable where the service sorts by the whole key, so `sortby` is sent; GeoJSON is
longitude and latitude (WGS 84), so a geometry must say srid 4326.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import shapely

from connectors.errors import AnswerNotData, ContractInvalid, SourceUnavailable
from connectors.sources._http import HttpSource, check_properties, fit_properties, going_in_a_circle, key_names
from connectors.sources._open_rings import lines_of_json
from connectors.sources._reading import Reading, Request

_WGS84 = 4326


class OgcFeaturesSource(HttpSource):
    """An open OGC API Features service."""

    def read(self, request: Request) -> Reading:
        """All features of the collection; the first page is asked for at once."""
        if request.table.geometry and request.table.geometry.srid != _WGS84:
            raise _wrong_system(request)
        url = self._reader.base.join(f"collections/{request.table.source}/items").copy_merge_params(
            {"f": "geojson", "limit": str(request.contract.access.page_size), "sortby": key_names(request.table)}
        )
        first = self._reader.get(url)
        matched = _matched(request, first)
        reading = Reading(rows=iter(()), announced=matched, total=matched)
        reading.rows = self._rows(request, reading, first, url)
        return reading

    def _rows(
        self, request: Request, reading: Reading, page: dict[str, Any], url: httpx.URL
    ) -> Iterator[pa.RecordBatch]:
        visited = {url}
        while True:
            if (matched := _matched(request, page)) != reading.announced:
                raise _moved(request, f"{reading.announced} features, then {matched}")
            features = _features(request, page)
            if features:
                yield _batch(request, features, reading)
            following = _next(page, url)
            if following is None or not features:
                return
            if following in visited:
                raise going_in_a_circle(request, following)
            visited.add(following)
            url, page = following, self._reader.get(following)


def _batch(request: Request, features: list[dict[str, Any]], reading: Reading) -> pa.RecordBatch:
    key, geometry = request.table.key, request.table.geometry
    rows = [feature["properties"] or {} for feature in features]
    if len(key) == 1 and not any(key[0] in row for row in rows):
        rows = [{**row, key[0]: feature.get("id")} for row, feature in zip(rows, features, strict=True)]
    check_properties(request, rows, besides=[geometry.column] if geometry else [])
    shapes = parse_geometries([feature.get("geometry") for feature in features]) if geometry else None
    return fit_properties(request, rows, into=reading.rejected, shapes=shapes)


def parse_geometries(geometries: Sequence[Any]) -> tuple[list[bytes | None], np.ndarray, np.ndarray]:
    """GeoJSON geometries as WKB, a mask of those that are none, and one of open polygons, which are lines now.

    Their depth must have been checked before.
    """
    shapes, given = _parse(geometries), np.array([geometry is not None for geometry in geometries], dtype=bool)
    wrong = given & shapely.is_missing(shapes)
    lines = [lines_of_json(geometry) if bad else None for geometry, bad in zip(geometries, wrong, strict=True)]
    opened = ~shapely.is_missing(kept := _parse(lines))
    return list(shapely.to_wkb(np.where(opened, kept, shapes), byte_order=1)), wrong & ~opened, opened


def _parse(geometries: Sequence[Any]) -> np.ndarray:
    texts = [None if geometry is None else json.dumps(geometry) for geometry in geometries]
    return np.asarray(shapely.from_geojson(texts, on_invalid="ignore"))


def _matched(request: Request, page: dict[str, Any]) -> int:
    matched = page.get("numberMatched")
    if page.get("type") != "FeatureCollection" or not isinstance(matched, int):
        raise _not_features(request, f"type {page.get('type')!r}, numberMatched {matched!r}")
    return matched


def _features(request: Request, page: dict[str, Any]) -> list[dict[str, Any]]:
    features = page.get("features")
    if not isinstance(features, list):
        raise _not_features(request, "no list of features")
    for feature in features:
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict | None):
            raise _not_features(request, "a feature without properties")
    return features


def _next(page: dict[str, Any], url: httpx.URL) -> httpx.URL | None:
    links = page.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            return url.join(link["href"])
    return None


def _not_features(request: Request, found: str) -> AnswerNotData:
    return AnswerNotData(
        expected="a GeoJSON FeatureCollection with numberMatched and features",
        found=found,
        where=f"{request.where} ({request.table.source})",
        next_step="Nothing was loaded; the last good data stays. Look at the answer and tell the owner of the service.",
    )


def _moved(request: Request, found: str) -> SourceUnavailable:
    return SourceUnavailable(
        expected="one numberMatched on all pages",
        found=found,
        where=request.where,
        next_step="The register changed while it was read; nothing was loaded. Try again.",
    )


def _wrong_system(request: Request) -> ContractInvalid:
    return ContractInvalid(
        expected="geometry with srid 4326: GeoJSON knows no other",
        found=str(request.table.geometry),
        where=request.where,
        next_step="Correct the contract.",
    )
