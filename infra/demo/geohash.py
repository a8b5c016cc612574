"""GeoHash of many points at once, as Circular 19/2026 assigns it to parcels (12 characters, base 32)."""

import numpy as np

ALPHABET = np.array(list("0123456789bcdefghjkmnpqrstuvwxyz"))


def encode(longitude: np.ndarray, latitude: np.ndarray, length: int = 12) -> np.ndarray:
    """The GeoHash of each point, longitude bit first."""
    bits = length * 5
    east = _fraction_bits((longitude + 180.0) / 360.0, (bits + 1) // 2)
    north = _fraction_bits((latitude + 90.0) / 180.0, bits // 2)
    interleaved = np.empty((len(longitude), bits), dtype=np.uint8)
    interleaved[:, 0::2], interleaved[:, 1::2] = east, north
    weights = np.array([16, 8, 4, 2, 1], dtype=np.uint8)
    digits = (interleaved.reshape(len(longitude), length, 5) * weights).sum(axis=2)
    letters = np.ascontiguousarray(ALPHABET[digits])
    return letters.view(f"<U{length}").reshape(-1)


def _fraction_bits(fraction: np.ndarray, count: int) -> np.ndarray:
    whole = np.floor(fraction * 2.0**count).astype(np.int64)
    shifts = np.arange(count - 1, -1, -1, dtype=np.int64)
    return ((whole[:, None] >> shifts) & 1).astype(np.uint8)
