"""QGIS layer styles (QML) from the palette, so that plan.gpkg opens looking like the map page.

QML has no published schema: elements and attributes are those that QGIS 3.34 writes and later ones read.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from infraplan.outputs.looks import Class, Look
from infraplan.outputs.styles import Style

_VERSION = "3.34.0"
_MM_PER_PX = 0.264_583
"""QGIS measures symbols in millimetres: 96 pixels an inch."""
_TYPES = {"line": ("line", "1"), "area": ("fill", "2")}
_MARKER = ("marker", "0")
_RENDERERS = {"single": "singleSymbol", "categories": "categorizedSymbol", "ranges": "graduatedSymbol"}
_LABEL_SIZE, _LABEL_HALO = "9", "1"
_LABEL_COLOUR, _HALO_COLOUR = "#1a1a1a", "#ffffff"
_NO_COLOUR = "0,0,0,0"
_BESIDE, _ALONG, _INSIDE = "6", "2", "1"
"""QGIS's numbers of placements: by the cartographer's order around a point, along a line, over the middle."""


def to_qml(look: Look) -> str:
    """Return how a layer is drawn as a QML document.

    >>> from infraplan.outputs.looks import Look
    >>> from infraplan.outputs.styles import STYLES
    >>> to_qml(Look(STYLES["white_spots"])).startswith("<qgis")
    True
    """
    root = ET.Element(
        "qgis",
        version=_VERSION,
        styleCategories="Symbology|Labeling",
        labelsEnabled="1" if look.label else "0",
    )
    root.append(_renderer(look))
    if look.label:
        root.append(_labeling(look))
    ET.SubElement(root, "layerGeometryType").text = _type_of(look.style)[1]
    return ET.tostring(root, encoding="unicode")


def _type_of(style: Style) -> tuple[str, str]:
    """Return QGIS's kind of symbol, and its number of that kind of geometry."""
    return _TYPES.get(style.symbol, _MARKER)


def _renderer(look: Look) -> ET.Element:
    renderer = ET.Element(
        "renderer-v2",
        type=_RENDERERS[look.kind],
        forceraster="0",
        symbollevels="0",
        enableorderby="0",
        referencescale="-1",
    )
    styles: Sequence[Style] = [entry.style for entry in look.classes]
    if look.kind == "single":
        styles = [look.style]
    else:
        renderer.set("attr", look.by)
        renderer.append(_ranges(look.classes) if look.kind == "ranges" else _categories(look.classes))
    if look.kind == "ranges":
        renderer.set("graduatedMethod", "GraduatedColor")
    if look.kind == "categories":
        styles = [*styles, look.style]
    symbols = ET.SubElement(renderer, "symbols")
    symbols.extend([_symbol(style, str(place)) for place, style in enumerate(styles)])
    return renderer


def _categories(classes: Sequence[Class]) -> ET.Element:
    """Return the categories, at last one without a value: QGIS draws what is in no other like it."""
    box = ET.Element("categories")
    for place, entry in enumerate(classes):
        ET.SubElement(
            box,
            "category",
            value=str(entry.value),
            type="string",
            label=entry.label,
            symbol=str(place),
            render="true",
        )
    ET.SubElement(box, "category", value="", type="string", label="", symbol=str(len(classes)), render="true")
    return box


def _ranges(classes: Sequence[Class]) -> ET.Element:
    """Return the ranges: QGIS takes the first that has a value, both ends within it."""
    box = ET.Element("ranges")
    for place, entry in enumerate(classes):
        ET.SubElement(
            box,
            "range",
            lower=f"{entry.low:.15f}",
            upper=f"{entry.high:.15f}",
            label=entry.label,
            symbol=str(place),
            render="true",
        )
    return box


def _symbol(style: Style, name: str) -> ET.Element:
    symbol = ET.Element(
        "symbol",
        type=_type_of(style)[0],
        name=name,
        alpha="1",
        clip_to_extent="1",
        force_rhr="0",
    )
    for kind, options in _layers(style):
        layer = ET.SubElement(
            symbol, "layer", attrib={"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
        )
        box = ET.SubElement(layer, "Option", type="Map")
        for key, value in options.items():
            ET.SubElement(box, "Option", type="QString", name=key, value=value)
    return symbol


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


def _labeling(look: Look) -> ET.Element:
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    text = ET.SubElement(
        settings,
        "text-style",
        fieldName=look.label,
        isExpression="0",
        fontSize=_LABEL_SIZE,
        fontSizeUnit="Point",
        textColor=_rgba(_LABEL_COLOUR),
        textOpacity="1",
    )
    ET.SubElement(
        text,
        "text-buffer",
        bufferDraw="1",
        bufferSize=_LABEL_HALO,
        bufferSizeUnits="MM",
        bufferColor=_rgba(_HALO_COLOUR),
        bufferOpacity="1",
    )
    placement = {"line": _ALONG, "area": _INSIDE}.get(look.style.symbol, _BESIDE)
    ET.SubElement(settings, "placement", placement=placement, priority="5")
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle="1", mergeLines="1")
    return labeling


def _rgba(colour: str, opacity: float = 1.0) -> str:
    if not colour:
        return _NO_COLOUR
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _mm(pixels: float) -> str:
    return f"{pixels * _MM_PER_PX:.3f}"
