"""KML 2.2 for those who ask: one file a layer, in the colours of the map."""

import html
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.outputs.cells import Plain, plain, plain_rows
from infraplan.outputs.exchange.flat import write_table
from infraplan.outputs.exchange.job import Job, Written
from infraplan.outputs.geojson import to_wgs84
from infraplan.outputs.gpkg import flatten
from infraplan.outputs.looks import look_of
from infraplan.outputs.styles import Style

_PLAIN = Style("area", "#3a3a3a", 1.0, "#9ac5e4", 0.5, size=7.0)
_NAMES = ("name", "title", "target")
"""Columns that a feature is called by, the best first; its id where it has none."""
_ICON_PX = 24.0
"""Size of a viewer's own symbol at scale 1, about."""


def write_kml(job: Job) -> Written:
    """Write each layer as KML in WGS 84; a placemark has all columns as data and as a table to read."""
    written: Written = {}
    for name, table in job.tables.items():
        if not isinstance(table, gpd.GeoDataFrame):
            written[name] = [write_table(job, name, table)]
            continue
        placed = table[~(table.geometry.isna() | table.geometry.is_empty)]
        written[name] = [_write(job, name, placed)] if len(placed) else []
    return written


def _write(job: Job, name: str, table: gpd.GeoDataFrame) -> Path:
    path = job.path(name, ".kml")
    look = look_of(name, table, job.edition.language)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n')
        stream.write(f"<Document><name>{_text(job.name(name))}</name>\n")
        stream.write(f"<description>{_text(_as_page(job.about))}</description>\n")
        stream.write(_style(look.style if look else _PLAIN))
        stream.writelines(_placemarks(table))
        stream.write("</Document></kml>\n")
    return path


def _style(style: Style) -> str:
    """Return the one style; dashes and casings KML does not have."""
    stroke, fill = _colour(style.stroke), _colour(style.fill or style.stroke, style.opacity)
    icon = fill if style.symbol not in ("line", "area") else stroke
    return (
        '<Style id="layer">'
        f"<IconStyle><color>{icon}</color><scale>{max(style.size, 6.0) / _ICON_PX:.2f}</scale></IconStyle>"
        "<LabelStyle><scale>0</scale></LabelStyle>"
        f"<LineStyle><color>{stroke}</color><width>{style.width:g}</width></LineStyle>"
        f"<PolyStyle><color>{fill}</color></PolyStyle></Style>\n"
    )


def _placemarks(table: gpd.GeoDataFrame) -> Iterator[str]:
    flat = flatten(table)
    names = [column for column in flat.columns if column != table.geometry.name]
    called = next((name for name in _NAMES if name in names), names[0])
    rows = plain_rows(pd.DataFrame(flat), names)
    for row, shape in zip(rows, to_wgs84(table), strict=True):
        yield (
            f"<Placemark><name>{_text(row[called])}</name><styleUrl>#layer</styleUrl>"
            f"<description>{_text(_as_page(row))}</description><ExtendedData>{_data(row)}</ExtendedData>"
            f"{_geometry(shape)}</Placemark>\n"
        )


def _as_page(row: Mapping[str, Any]) -> str:
    """Return a row as a table to read: viewers show descriptions as HTML, so what it holds is escaped."""
    told = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(_shown(plain(value)))}</td></tr>"
        for name, value in row.items()
        if value is not None
    )
    return f"<table>{told}</table>"


def _data(row: dict[str, Plain]) -> str:
    return "".join(
        f"<Data name={quoteattr(_legal(name))}><value>{_text(value)}</value></Data>"
        for name, value in row.items()
        if value is not None
    )


def _geometry(shape: shapely.Geometry) -> str:
    if shape.geom_type == "Point":
        return f"<Point>{_coordinates(shape)}</Point>"
    if shape.geom_type in ("LineString", "LinearRing"):
        return f"<LineString><tessellate>1</tessellate>{_coordinates(shape)}</LineString>"
    if shape.geom_type == "Polygon":
        inner = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    return f"<MultiGeometry>{''.join(map(_geometry, shape.geoms))}</MultiGeometry>"


def _ring(ring: shapely.LinearRing) -> str:
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(shape: shapely.Geometry) -> str:
    xy = np.asarray(shapely.get_coordinates(shape))
    return f"<coordinates>{' '.join(f'{x!r},{y!r}' for x, y in xy.tolist())}</coordinates>"


def _colour(colour: str, opacity: float = 1.0) -> str:
    """Return a colour as KML writes it: opacity, blue, green, red."""
    return f"{round(255 * opacity):02x}{colour[5:7]}{colour[3:5]}{colour[1:3]}"


def _shown(value: Plain) -> str:
    return "" if value is None else str(value)


def _text(value: Plain) -> str:
    return escape(_legal(_shown(value)))


def _legal(text: str) -> str:
    """Replace what no XML document may hold (XML 1.0, 2.2), however it is written."""
    return "".join(sign if _is_legal(ord(sign)) else "\ufffd" for sign in text)


def _is_legal(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000  # noqa: PLR2004
