"""What a printed map shows: layers in the palette of the map page, and the backdrop beneath them."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from numpy.typing import NDArray

from infraplan.outputs.edition import Edition
from infraplan.outputs.report.map_frame import metres_a_pixel, seen
from infraplan.outputs.styles import STYLES, Style

MARKERS = {"circle": "o", "square": "s", "triangle": "^"}
_POINT_A_PIXEL = 0.75
_MAIN_CLASSES = ("0", "1", "2", "3", "4")
_BACKDROP = {
    "land": Style("area", "#8a8a8a", 0.8, "#f4f1ea"),
    "water": Style("area", "#9db9cf", 0.4, "#dce8f2"),
    "railways": Style("line", "#6d6d6d", 0.9, dash=(6, 2)),
    "roads": Style("line", "#b5aea2", 0.6),
    "main_roads": Style("line", "#9c968c", 1.4),
    "localities": Style("area", "#8a8a8a", 0.5, "#e6e0d4"),
}


@dataclass(frozen=True)
class MapLayer:
    """Shapes in the study's CRS, how they look, and what the legend calls them ("" leaves them out of it).

    ``hatch`` fills areas with a pattern, as matplotlib names it, so that they are told apart without colours.
    """

    shapes: gpd.GeoDataFrame
    style: Style
    label: str = ""
    hatch: str = ""


def styled(shapes: gpd.GeoDataFrame, name: str, label: str = "") -> MapLayer:
    """Return a layer that looks as on the map page."""
    return MapLayer(shapes, STYLES[name], label)


def backdrop(edition: Edition) -> list[MapLayer]:
    """Return the layers beneath: land, water, railways and roads, as far as the study has them."""
    zones = edition.zones
    kind = zones["kind"].astype(str)
    areas = zones.geom_type.isin(["Polygon", "MultiPolygon"])
    roads = edition.shapes("roads")
    found: dict[str, gpd.GeoDataFrame | None] = {
        "land": zones[areas & (kind == "municipality")],
        "water": edition.shapes("water"),
        "localities": zones[areas & (kind == "locality")],
        "railways": edition.shapes("railways"),
    }
    if roads is not None and "road_class" in roads:
        is_main = roads["road_class"].astype(str).isin(_MAIN_CLASSES)
        found |= {"roads": roads[~is_main], "main_roads": roads[is_main]}
    else:
        found["roads"] = roads
    return [MapLayer(shapes, _BACKDROP[name]) for name, shapes in found.items() if shapes is not None]


def draw_layer(axes: Axes, layer: MapLayer) -> None:
    """Draw what of a layer lies on the map, no finer than its pixels."""
    shapes = drawable_shapes(layer)
    # In the order of the table, whatever order the tree answers in.
    found = shapes[np.sort(shapely.STRtree(shapes).query(shapely.box(*seen(axes))))]
    if not len(found):
        return
    if layer.style.symbol in MARKERS:
        _draw_points(axes, shapely.centroid(found), layer.style)
        return
    found = shapely.simplify(found, metres_a_pixel(axes) / 2.0)
    if layer.style.symbol == "area":
        _draw_areas(axes, found, layer.style, layer.hatch)
    else:
        _draw_lines(axes, found, layer.style)


def drawable_shapes(layer: MapLayer) -> NDArray[Any]:
    """Return the shapes of a layer that are there and not empty."""
    shapes: NDArray[Any] = layer.shapes.geometry.to_numpy()
    known: NDArray[Any] = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return known


def _draw_points(axes: Axes, points: NDArray[Any], style: Style) -> None:
    xy = shapely.get_coordinates(points)
    axes.scatter(
        xy[:, 0],
        xy[:, 1],
        s=(style.size * _POINT_A_PIXEL) ** 2,
        marker=MARKERS[style.symbol],
        c=style.fill,
        alpha=style.opacity,
        edgecolors=style.stroke,
        linewidths=style.width * _POINT_A_PIXEL,
        zorder=5,
    )


def _draw_lines(axes: Axes, shapes: NDArray[Any], style: Style) -> None:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    lines = [shapely.get_coordinates(part) for part in parts if shapely.length(part) > 0.0]
    width = style.width * _POINT_A_PIXEL
    if style.casing:
        axes.add_collection(LineCollection(lines, colors=style.casing, linewidths=width + 1.8, zorder=3))
    axes.add_collection(
        LineCollection(lines, colors=style.stroke, linewidths=width, linestyles=[_dashes(style)], zorder=3)
    )


def _dashes(style: Style) -> Any:
    """Return a dash as matplotlib counts it: in widths of the line."""
    return (0, tuple(part / style.width for part in style.dash)) if style.dash else "solid"


def _draw_areas(axes: Axes, shapes: NDArray[Any], style: Style, hatch: str) -> None:
    parts = shapely.get_parts(shapes)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    paths = [_to_path(part) for part in parts if not shapely.is_empty(part)]
    width = style.width * _POINT_A_PIXEL
    if style.fill:
        fill = PathCollection(paths, facecolors=style.fill, edgecolors="none", alpha=style.opacity, zorder=2)
        axes.add_collection(fill)
    axes.add_collection(
        PathCollection(
            paths, facecolors="none", edgecolors=style.stroke, linewidths=width, hatch=hatch or None, zorder=2
        )
    )


def _to_path(polygon: Any) -> Path:
    """Return a polygon with its holes as one path."""
    rings = [polygon.exterior, *polygon.interiors]
    corners = [shapely.get_coordinates(ring) for ring in rings]
    codes = []
    for ring in corners:
        code = np.full(len(ring), Path.LINETO, dtype=np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(corners), np.concatenate(codes))


def sign_of(layer: MapLayer) -> Any:
    """Return what the legend shows of a layer."""
    style = layer.style
    width = style.width * _POINT_A_PIXEL
    if style.symbol == "area":
        return Patch(
            facecolor=style.fill or "none",
            edgecolor=style.stroke,
            linewidth=width,
            alpha=max(style.opacity, 0.4),
            hatch=layer.hatch or None,
        )
    if style.symbol == "line":
        return Line2D([], [], color=style.stroke, linewidth=width, linestyle=_dashes(style))
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=MARKERS[style.symbol],
        markersize=max(style.size, 5.0) * _POINT_A_PIXEL,
        markerfacecolor=style.fill,
        markeredgecolor=style.stroke,
        markeredgewidth=width,
    )
