"""The one palette: how each layer looks on the map page and in QGIS.

Chosen by looking: a light blue ramp leaves black dashed routes with a white casing visible, orange stands out
on it for all colour visions (Okabe and Ito 2008), and buildings differ by shape as well as by colour.
"""

from dataclasses import dataclass
from typing import Literal

Symbol = Literal["circle", "square", "triangle", "diamond", "line", "area"]


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
    "cells": Style("area", "#6d6d6d", 0.5, "#d3e4f3", 0.85),
    "water": Style("area", "#8fb3c9", 0.7, "#cfe3ee", 1.0),
    "streams": Style("line", "#8fb3c9", 1.0),
    "care": Style("area", "#5c6b3c", 1.0, "#b5c98e", 0.45),
    "railways": Style("line", "#6b6b6b", 1.4, dash=(7, 3)),
    "roads": Style("line", "#8f887c", 1.0),
    "mobile_coverage": Style("area", "#8a6d00", 1.0, "#e6c229", 0.25),
    "corridors": Style("area", "#1b1b1b", 1.0, "#5c5c5c", 0.45),
    "white_spot_areas": Style("area", "#8a3d00", 1.5, "#fdae6b", 0.4),
    "fibre_lines": Style("line", "#7b3294", 2.5),
    "ducts": Style("line", "#c2a5cf", 2.0, dash=(2, 3)),
    "planned_works": Style("line", "#a6611a", 4.0, fill="#dfc27d", opacity=0.5, dash=(1, 5)),
    "routes": Style("line", "#1b1b1b", 3.0, dash=(8, 5), casing="#ffffff"),
    "drops": Style("line", "#1b1b1b", 1.2),
    "projects": Style("line", "#56b4e9", 7.0),
    "alternatives": Style("line", "#e69f00", 2.0, dash=(2, 3)),
    "rings": Style("line", "#009e73", 3.0, dash=(3, 3), casing="#ffffff"),
    "mobile_gaps": Style("line", "#a3004d", 4.0, casing="#ffffff"),
    "cabinets": Style("square", "#ffffff", 1.0, "#005c94", size=10.0),
    "masts": Style("triangle", "#ffffff", 1.2, "#1b1b1b", size=13.0),
    "white_spots": Style("circle", "#7a2f00", 0.7, "#d55e00", 1.0, size=7.0),
    "mobile_white_spots": Style("diamond", "#ffffff", 0.8, "#a3004d", 1.0, size=10.0),
    "digital": Style("circle", "#ffffff", 0.7, "#4b2e83", 1.0, size=7.0),
    "disagreements": Style("diamond", "#1b1b1b", 1.2, "#ffffff", 1.0, size=9.0),
    "public_buildings": Style("square", "#ffffff", 1.5, "#00664a", size=12.0),
    "public": Style("square", "#ffffff", 1.5, "#00664a", size=12.0),
    "service_points": Style("triangle", "#000000", 1.0, "#cc79a7", size=13.0),
    "siting": Style("diamond", "#000000", 1.5, "#f0e442", size=15.0),
    "premises": Style("circle", "#555555", 0.3, "#8c8c8c", 0.9, size=3.0),
    "fibre_nodes": Style("square", "#ffffff", 1.0, "#7b3294", size=8.0),
    "chosen": Style("area", "#1b1b1b", 3.5),
}

SHARE_BREAKS = (0.60, 0.75, 0.85, 0.95)
SHARE_COLOURS = ("#f7fbff", "#deebf7", "#c0daef", "#9ac5e4", "#6fadd8")
"""One more than the breaks: a share belongs to the first break that it is below."""

NO_SHARE = "#e4e0d8"
"""Zones without anybody to count."""
MET, NOT_MET = "#00664a", "#a33b00"
