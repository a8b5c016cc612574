"""A small map of where records fail a rule: communes shaded by count, as inline SVG without tiles."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from expectations.site.boundaries import Outline
from expectations.site.places import Place

_LABELS = 12
# The least count of each shade; the last one is open.
SHADES = (1, 2, 5, 20, 100)


@dataclass(frozen=True)
class Area:
    """One shape of a map; `shade` is 0 where nothing fails, else its place in `SHADES` plus 1."""

    name: str
    path: str
    count: int
    shade: int
    is_province: bool


@dataclass(frozen=True)
class Map:
    """All that the template needs to draw: shapes from below to above, labels (x, y, text), and the legend."""

    left: int
    top: int
    width: int
    height: int
    areas: tuple[Area, ...]
    labels: tuple[tuple[int, int, int], ...]
    legend: tuple[tuple[int, str], ...]

    @property
    def has_province_counts(self) -> bool:
        """Whether records are counted for a whole province, because boundaries of its communes are not known."""
        return any(area.is_province and area.count for area in self.areas)

    @property
    def font_size(self) -> int:
        """A size of labels that reads well when the map is some 600 pixels wide."""
        return max(self.width, self.height) // 42


def draw_map(places: Sequence[Place], outlines: Sequence[Outline]) -> Map | None:
    """The map of a rule's failing records; None when none of them lies where boundaries are known."""
    counts = _counts(places, outlines)
    if not counts:
        return None
    shown = _in_view(outlines, counts)
    # Where communes are known the map is of them; what is shown of another province only says that there is more.
    framed = [o for o in shown if o.level == "commune"] or shown
    left, top = min(o.left for o in framed), min(o.top for o in framed)
    right, bottom = max(o.right for o in framed), max(o.bottom for o in framed)
    margin = 0.02 * max(right - left, bottom - top)
    worst = sorted((o for o in framed if counts[o.code]), key=lambda o: (-counts[o.code], o.code))[:_LABELS]
    shades = sorted({_shade(counts[o.code]) for o in shown if counts[o.code] and o.level == "commune"})
    return Map(
        left=round(left - margin),
        top=round(top - margin),
        width=round(right - left + 2 * margin),
        height=round(bottom - top + 2 * margin),
        areas=tuple(
            Area(o.name, o.path, counts[o.code], _shade(counts[o.code]), o.level == "province")
            for o in sorted(shown, key=lambda o: (o.level != "province", counts[o.code] > 0))
        ),
        labels=tuple((round(o.inside_x), round(o.inside_y), counts[o.code]) for o in worst),
        legend=tuple((shade, _range(shade)) for shade in shades),
    )


def _counts(places: Iterable[Place], outlines: Iterable[Outline]) -> Counter[str]:
    """Failing keys per drawn unit: of the commune, or of its province where the commune has no known boundary."""
    drawn = {outline.code for outline in outlines}
    counts: Counter[str] = Counter()
    for place in places:
        if place.code in drawn:
            counts[str(place.code)] += place.records
        elif place.province_code in drawn:
            counts[str(place.province_code)] += place.records
    return counts


def _in_view(outlines: Sequence[Outline], counts: Counter[str]) -> list[Outline]:
    """The provinces in which something fails, with their communes."""
    provinces = {o.parent_code if o.level == "commune" else o.code for o in outlines if counts[o.code]}
    return [o for o in outlines if (o.parent_code if o.level == "commune" else o.code) in provinces]


def _shade(count: int) -> int:
    return sum(count >= least for least in SHADES)


def _range(shade: int) -> str:
    least = SHADES[shade - 1]
    if shade == len(SHADES):
        return f"≥ {least}"
    most = SHADES[shade] - 1
    return str(least) if least == most else f"{least}–{most}"
