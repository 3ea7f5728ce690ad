"""Maps for print, in the study's CRS: backdrop, layers, names, north arrow, scale bar, legend, credits.

Drawn with the palette of the map page. Text from data is drawn as it is, never as formula or markup.
"""

from collections.abc import Iterable, Sequence
from math import ceil

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.report.drawing import new_figure, to_png
from infraplan.outputs.report.map_below import draw_foot, draw_legend, foot_lines, measure_below
from infraplan.outputs.report.map_frame import Extent, add_axes, draw_north, draw_scale_bar
from infraplan.outputs.report.map_layers import MapLayer, backdrop, draw_layer
from infraplan.outputs.report.map_names import draw_names
from infraplan.words import Words

PAGE_MM = (166.0, 150.0)
"""A map as wide as the text, with room for its caption on the page."""
MOST_NAMES = 30
"""On a map of a page's size; on a smaller one as many fewer."""
_MARGIN = 0.04
_LEAST_M = 1_000.0
"""Side of the smallest extent: around a single house something is to be seen."""
_NAMED_KINDS = ("locality", "place")


def draw_map(
    edition: Edition,
    layers: Sequence[MapLayer],
    *,
    words: Words,
    extent: Extent | None = None,
    size_mm: tuple[float, float] = PAGE_MM,
    names: gpd.GeoDataFrame | None = None,
    credits_line: str = "",
) -> bytes:
    """Return a map as PNG; equal editions give equal bytes.

    ``extent`` is what must be seen, the whole study where it is None; more is shown where the paper has
    another shape. ``names`` (a column ``name``, the most important first) are the study's localities and
    places where none are given. ``credits_line`` stands under the map, with its level.
    """
    shown = [layer for layer in layers if len(layer.shapes)]
    wanted = extent or extent_of(*_all_shapes(edition, shown))
    foot = foot_lines(edition, words, credits_line, width_mm=size_mm[0])
    entries = list({layer.label: layer for layer in shown if layer.label}.values())
    with new_figure(size_mm) as figure:
        axes = add_axes(figure, size_mm, wanted, below_mm=measure_below(entries, foot, size_mm[0]))
        for layer in (*backdrop(edition), *shown):
            draw_layer(axes, layer)
        draw_scale_bar(axes, words)
        draw_north(axes, edition.crs)
        most = ceil(MOST_NAMES * size_mm[0] * size_mm[1] / (PAGE_MM[0] * PAGE_MM[1]))
        draw_names(figure, axes, find_names(edition) if names is None else names, shown, most=most)
        draw_legend(figure, entries, width_mm=size_mm[0])
        draw_foot(figure, size_mm, foot)
        return to_png(figure)


def extent_of(*tables: gpd.GeoDataFrame | None, margin: float = _MARGIN) -> Extent:
    """Return the extent of all shapes of the tables with a margin, at least a kilometre wide and high."""
    known = [table.total_bounds for table in tables if table is not None and len(table)]
    boxes = np.array([box for box in known if np.isfinite(box).all()]).reshape(-1, 4)
    if not len(boxes):
        return (0.0, 0.0, _LEAST_M, _LEAST_M)
    (left, bottom), (right, top) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    middle = (left + right) / 2.0, (bottom + top) / 2.0
    half = [max(side * (0.5 + margin), _LEAST_M / 2.0) for side in (right - left, top - bottom)]
    return (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])


def find_names(edition: Edition) -> gpd.GeoDataFrame:
    """Return the study's localities and places, those with most inhabitants first."""
    zones = edition.zones
    zones = zones[zones["kind"].astype(str).isin(_NAMED_KINDS)]
    population = pd.to_numeric(zones["population"], errors="coerce").fillna(0.0)
    order = pd.DataFrame({"rank": zones["kind"].astype(str) != "locality", "people": -population})
    return zones.loc[order.sort_values(["rank", "people"], kind="stable").index]


def credit(edition: Edition, *names: str) -> str:
    """Return whom to thank for layers, with their licences, each once."""
    told = [
        f"{row['source']} ({row['licence']})" if row.get("licence") else str(row["source"])
        for row in edition.about["inputs"]
        if layer_of(row["layer"]) in names and row.get("source")
    ]
    return "; ".join(dict.fromkeys(told))


def _all_shapes(edition: Edition, layers: Iterable[MapLayer]) -> list[gpd.GeoDataFrame]:
    zones = edition.zones
    area = zones[zones["kind"].astype(str) == "study"]
    return [area] if len(area) else [layer.shapes for layer in layers]
