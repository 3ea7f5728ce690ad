"""The one palette: how each layer looks on the map page and in QGIS.

Chosen by looking: a light blue ramp leaves black dashed routes with a white casing visible, orange stands out
on it for all colour visions (Okabe and Ito 2008), and buildings differ by shape as well as by colour.
"""

from dataclasses import dataclass
from typing import Literal

Symbol = Literal["circle", "square", "triangle", "line", "area"]


@dataclass(frozen=True)
class Style:
    """How one layer is drawn; widths, sizes and dashes (on, off) in screen pixels."""

    symbol: Symbol
    stroke: str
    width: float
    fill: str = ""
    opacity: float = 1.0
    """Of the fill."""
    size: float = 0.0
    """Diameter of a point symbol."""
    dash: tuple[int, ...] = ()
    casing: str = ""
    """Colour of a wider line beneath."""


STYLES: dict[str, Style] = {
    "zones": Style("area", "#3a3a3a", 1.0, "#d3e4f3", 0.85),
    "localities": Style("area", "#6d6d6d", 1.0, "#d3e4f3", 0.95),
    "land": Style("area", "#8a8a8a", 1.0, "#f2efe9"),
    "roads": Style("line", "#9c968c", 1.0),
    "mobile_coverage": Style("area", "#8a6d00", 1.0, "#e6c229", 0.25),
    "white_spot_areas": Style("area", "#8a3d00", 1.5, "#fdae6b", 0.4),
    "fibre_lines": Style("line", "#7b3294", 2.5),
    "routes": Style("line", "#1b1b1b", 3.0, dash=(8, 5), casing="#ffffff"),
    "drops": Style("line", "#1b1b1b", 1.2),
    "projects": Style("line", "#56b4e9", 7.0),
    "alternatives": Style("line", "#e69f00", 2.0, dash=(2, 3)),
    "rings": Style("line", "#009e73", 3.0, dash=(3, 3), casing="#ffffff"),
    "cabinets": Style("square", "#ffffff", 1.0, "#0072b2", size=10.0),
    "white_spots": Style("circle", "#7a2f00", 0.7, "#d55e00", 1.0, size=7.0),
    "public_buildings": Style("square", "#ffffff", 1.5, "#007a58", size=12.0),
    "service_points": Style("triangle", "#000000", 1.0, "#cc79a7", size=13.0),
    "premises": Style("circle", "#555555", 0.3, "#8c8c8c", 0.9, size=3.0),
    "fibre_nodes": Style("square", "#ffffff", 1.0, "#7b3294", size=8.0),
}

SHARE_BREAKS = (0.60, 0.75, 0.85, 0.95)
SHARE_COLOURS = ("#f7fbff", "#deebf7", "#c0daef", "#9ac5e4", "#6fadd8")
"""One more than the breaks: a share belongs to the first break that it is below."""

NO_SHARE = "#e4e0d8"
"""Zones without anybody to count."""
MET, NOT_MET = "#00664a", "#a33b00"
