"""QGIS layer styles (QML) from the palette, so that plan.gpkg opens looking like the map page."""

from xml.etree import ElementTree as ET

from infraplan.outputs.styles import Style

_VERSION = "3.34.0"
_MM_PER_PX = 0.264_583
"""QGIS measures symbols in millimetres: 96 pixels an inch."""


def to_qml(style: Style) -> str:
    """Return a style as a QML document with one symbol.

    >>> from infraplan.outputs.styles import STYLES
    >>> to_qml(STYLES["white_spots"]).startswith("<qgis")
    True
    """
    root = ET.Element("qgis", version=_VERSION, styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol")
    symbols = ET.SubElement(renderer, "symbols")
    symbol = ET.SubElement(symbols, "symbol", type=_kind(style), name="0", alpha="1", clip_to_extent="1")
    for name, options in _layers(style):
        layer = ET.SubElement(
            symbol, "layer", attrib={"class": name, "enabled": "1", "locked": "0", "pass": "0"}
        )
        box = ET.SubElement(layer, "Option", type="Map")
        for key, value in options.items():
            ET.SubElement(box, "Option", type="QString", name=key, value=value)
    return ET.tostring(root, encoding="unicode")


def _kind(style: Style) -> str:
    return {"line": "line", "area": "fill"}.get(style.symbol, "marker")


def _layers(style: Style) -> list[tuple[str, dict[str, str]]]:
    """Return QGIS's symbol layers, the lowest first."""
    if style.symbol == "line":
        casing = [("SimpleLine", _line(style.casing, style.width + 3.0, ()))] if style.casing else []
        return [*casing, ("SimpleLine", _line(style.stroke, style.width, style.dash))]
    outline = {
        "outline_color": _rgba(style.stroke),
        "outline_style": "solid",
        "outline_width": _mm(style.width),
        "outline_width_unit": "MM",
    }
    if style.symbol == "area":
        return [("SimpleFill", {"color": _rgba(style.fill, style.opacity), "style": "solid", **outline})]
    return [
        (
            "SimpleMarker",
            {
                "name": style.symbol,
                "color": _rgba(style.fill, style.opacity),
                "size": _mm(style.size),
                "size_unit": "MM",
                **outline,
            },
        )
    ]


def _line(colour: str, width: float, dash: tuple[int, ...]) -> dict[str, str]:
    return {
        "line_color": _rgba(colour),
        "line_style": "solid",
        "line_width": _mm(width),
        "line_width_unit": "MM",
        "capstyle": "flat" if dash else "round",
        "use_custom_dash": "1" if dash else "0",
        "customdash": ";".join(_mm(float(part)) for part in dash or (5, 2)),
        "customdash_unit": "MM",
    }


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _mm(pixels: float) -> str:
    return f"{pixels * _MM_PER_PX:.3f}"
