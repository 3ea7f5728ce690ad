"""Registers that come as JSON without geometry to tables: Skolverket's school units, Kolada's units."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.bundled import bundled
from infraplan.errors import LayerError
from infraplan.layers.parse import cell_text
from infraplan.layers.source import Source, unreadable

_HEAD = 65_536  # bytes in which a register is recognised
_SIGNS = re.compile(rb'"(schoolUnitCode|Skolenhetskod|SkolenhetInfo)"|"id"\s*:\s*"V\d\dE')
_GEOJSON = re.compile(rb'"type"\s*:\s*"Feature(Collection)?"')

_Record = Mapping[str, Any]


def is_register(path: Path) -> bool:
    """Tell whether a JSON file is a register that is read here, by how it begins."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return bool(_SIGNS.search(head)) and not _GEOJSON.search(head)


def read_register(path: Path) -> Source:
    """Read a register: a list, one unit, or one unit a line.

    School units become one row each, with the same columns whichever version they are of:
    ``schoolUnitCode``, ``name``, ``status``, ``municipalityCode``, ``schoolTypes`` (by comma), ``schoolType``
    (the form that tells most), ``organizer``, and of the address that is visited ``streetAddress``,
    ``postalCode``, ``locality``, ``latitude``, ``longitude``. Columns that no unit fills are left out. Other
    registers keep their own columns.

    Raises
    ------
    LayerError
        The file cannot be read, or holds no unit.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        units = list(_find_units(_load(text)))
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path, error) from error
    if not units:
        raise LayerError("empty_file", file=path)
    rows = [{name: cell_text(value) for name, value in unit.items()} for unit in units]
    frame = pd.DataFrame(rows).fillna("").astype("str")
    return Source(frame.loc[:, (frame != "").any()])


def _load(text: str) -> Any:
    """Parse JSON, or one JSON value a line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004  (a single line is no list of them)
            raise
        return [json.loads(line) for line in lines]


def _find_units(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the units of a register, however deep they lie."""
    if isinstance(value, list):
        for item in value:
            yield from _find_units(item)
    elif isinstance(value, dict):
        if unit := _unit(value):
            yield unit
        else:
            for name in ("data", "attributes", "Skolenheter", "values", "results", "embedded", "_embedded"):
                yield from _find_units(value.get(name))


def _unit(value: _Record) -> dict[str, Any]:
    """Return a record as a unit, {} where it is none itself."""
    if "SkolenhetInfo" in value:
        return _school_v1({"Skolenhetskod": value.get("Skolenhetskod")} | _inner(value, "SkolenhetInfo"))
    if "Skolenhetskod" in value:
        return _school_v1(value)
    inner = _inner(value, "data")
    if "schoolUnitCode" in inner:
        return _school_v2(inner | _inner(inner, "attributes"), _inner(value, "included"))
    if "schoolUnitCode" in value:
        return _school_v2(dict(value) | _inner(value, "attributes"), _inner(value, "included"))
    if re.match(r"V\d\dE", str(value.get("id", ""))):
        return {name: item for name, item in value.items() if not isinstance(item, list | dict)}
    return {}


def _school_v2(unit: _Record, included: _Record) -> dict[str, Any]:
    visited = _visited(unit.get("addresses"))
    place = _inner(visited, "geoCoordinates")
    organizer = _inner(included, "attributes")
    forms = [str(form) for form in _listed(unit.get("schoolTypes"))]
    return {
        "schoolUnitCode": unit.get("schoolUnitCode"),
        "name": unit.get("displayName") or unit.get("schoolName") or unit.get("name"),
        "status": unit.get("status"),
        "municipalityCode": unit.get("municipalityCode"),
        "schoolTypes": ",".join(forms),
        "schoolType": _main_form(forms),
        "organizer": organizer.get("displayName") or organizer.get("organizerType"),
        **{name: visited.get(name) for name in ("streetAddress", "postalCode", "locality")},
        "latitude": place.get("latitude"),
        "longitude": place.get("longitude"),
    }


def _school_v1(unit: _Record) -> dict[str, Any]:
    visited = _inner(unit, "Besoksadress")
    place = _inner(visited, "GeoData")
    listed = [form for form in _listed(unit.get("Skolformer")) if isinstance(form, dict)]
    forms = [str(form.get("Benamning") or form.get("type") or "") for form in listed]
    return {
        "schoolUnitCode": unit.get("Skolenhetskod"),
        "name": unit.get("Namn") or unit.get("SkolaNamn") or unit.get("Skolenhetsnamn"),
        "status": unit.get("Status"),
        "municipalityCode": _inner(unit, "Kommun").get("Kommunkod") or unit.get("Kommunkod"),
        "schoolTypes": ",".join(forms),
        "schoolType": _main_form(forms),
        "organizer": _inner(unit, "Huvudman").get("Namn"),
        "streetAddress": visited.get("Adress"),
        "postalCode": visited.get("Postnr"),
        "locality": visited.get("Ort"),
        "latitude": place.get("Koordinat_WGS84_Lat"),
        "longitude": place.get("Koordinat_WGS84_Lng"),
    }


def _visited(addresses: Any) -> dict[str, Any]:
    """Return the address that is visited; the first with a place where none is called so."""
    listed = [address for address in _listed(addresses) if isinstance(address, dict)]
    visited = [address for address in listed if "BESOK" in str(address.get("type", "")).upper()]
    placed = [address for address in listed if address.get("geoCoordinates")]
    return next(iter([*visited, *placed, *listed]), {})


def _main_form(forms: list[str]) -> str:
    """Return the form of school that tells most of what a unit is; the first where none is known."""
    order = _school_forms()
    known = [form for form in forms if form in order]
    return min(known, key=order.index) if known else next(iter(forms), "")


@cache
def _school_forms() -> tuple[str, ...]:
    text = bundled("presets", "registers.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["school"]["forms"])


def _inner(value: _Record, name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
