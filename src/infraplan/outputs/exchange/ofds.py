"""The planned network by the Open Fibre Data Standard 0.4: nodes, spans and phases in one JSON package.

0.4 is written, not 0.3: the standard's own validator checks by it, it tells ducts and poles apart from the
cable, and its schema has an address that stays. Whatever an edition's level leaves out is not in it.
"""

import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd
import shapely

from infraplan import words
from infraplan.outputs.cells import Plain, plain, plain_rows
from infraplan.outputs.exchange.job import Job, Written
from infraplan.outputs.geojson import to_wgs84
from infraplan.outputs.gpkg import flatten

NETWORK = "network"
SCHEMA = "https://standard.ofds.info/en/0__4__0/network-schema.json"
_CRS = {"name": "urn:ogc:def:crs:OGC::CRS84", "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
_SPACE = uuid.UUID("b1c2a4de-33f0-5a61-8f0d-0c9b6b4b7a52")
"""Ours, for ids that are the same whenever the same network is written."""
_TYPES = {"cabinet": "cabinet", "chamber": "aggregationPoint"}
"""Kinds of our cabinets -> the standard's types of nodes."""
_ACCURACY_M = 10.0
"""A trench lies somewhere along the road that it follows: about its width to either side."""
_PLACE_M = 0.1
"""Nodes are known again by their place to the decimetre, finer than any road is drawn."""

_TOLD = ("project_id", "phase", "poles", "method", "fibres", "length_m")
"""Columns of routes that the standard has a place for."""

_Record: TypeAlias = dict[str, Any]
_Node: TypeAlias = Hashable

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Ends:
    """The nodes of each span, and where each node is."""

    starts: list[_Node]
    ends: list[_Node]
    ids: Mapping[_Node, str]
    places: Mapping[_Node, list[float]]


def write_network(job: Job) -> Written:
    """Write the planned routes and cabinets as a network; nothing where the edition has no routes as lines.

    That is so without a plan, and at the level public, which has no routes.
    """
    routes = job.edition.shapes("routes")
    lines = _find_lines(routes) if routes is not None else None
    if lines is None or lines.empty:
        speech = words.load(job.edition.language)
        level = speech.text(f"exchange.level.{job.edition.level}")
        _log.warning("%s", speech.text("exchange.told.no_network", level=level))
        return {}
    path = job.path(NETWORK, ".ofds.json")
    package = {"networks": [_build(job, lines)]}
    text = json.dumps(package, ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="")
    return {NETWORK: [path]}


def _find_lines(routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the routes as single lines: a level that draws them coarser may have joined some."""
    placed = routes[~(routes.geometry.isna() | routes.geometry.is_empty)]
    parts = placed.explode(index_parts=False)
    return parts[(parts.geom_type == "LineString") & (parts.length > 0)]


def _build(job: Job, lines: gpd.GeoDataFrame) -> _Record:
    """Return the network; its id is the same for the same study and level."""
    about, speech = job.about, words.load(job.edition.language)
    identity = uuid.uuid5(_SPACE, f"{about['study']}/{about['level']}")
    shapes = [shapely.get_coordinates(shape).tolist() for shape in to_wgs84(lines)]
    ends = _find_ends(lines, shapes, identity)
    phases = _phases(lines, identity, speech.language)
    accuracy = speech.text("exchange.ofds.accuracy", excavation=about["not_for_excavation"])
    publisher = job.edition.about.get("parameters", {}).get("publication", {}).get("publisher")
    return {
        "id": str(identity),
        "name": str(plain(f"{speech.text('exchange.title.network')}: {about['study']}")),
        **({"publisher": {"name": str(plain(publisher))}} if publisher else {}),
        **({"publicationDate": day} if (day := str(about["run_started"])[:10]) else {}),
        "crs": _CRS,
        "accuracy": _ACCURACY_M,
        "accuracyDetails": f"{accuracy} ({speech.text('exchange.level.' + about['level'])})",
        "language": speech.language,
        "links": [{"href": SCHEMA, "rel": "describedby"}],
        **({"phases": list(phases.values())} if phases else {}),
        "nodes": list(_nodes(job.edition.table("cabinets"), ends, phases)),
        "spans": list(_spans(lines, shapes, ends, phases)),
    }


def _phases(lines: gpd.GeoDataFrame, identity: uuid.UUID, language: words.Language) -> dict[int, _Record]:
    if "phase" not in lines:
        return {}
    speech = words.load(language)
    return {
        phase: {
            "id": str(uuid.uuid5(identity, f"phase/{phase}")),
            "name": speech.text("exchange.ofds.phase", phase=str(phase)),
        }
        for phase in sorted(set(lines["phase"].dropna().astype("int").tolist()))
    }


def _find_ends(lines: gpd.GeoDataFrame, shapes: list[list[list[float]]], identity: uuid.UUID) -> _Ends:
    """Return the nodes at both ends of each line.

    They are the network's own where the edition tells them, else places: two that lie on each other, as where
    a bridge ends above a road, are one then. Ids come from the places, so that they outlive a run.
    """
    firsts, lasts = (_to_places(shapely.get_point(lines.geometry.array, at)) for at in (0, -1))
    told = {"tail", "head"} <= set(lines.columns)
    starts: list[_Node] = lines["tail"].tolist() if told else list(firsts)
    ends: list[_Node] = lines["head"].tolist() if told else list(lasts)
    found: dict[_Node, tuple[tuple[int, int], list[float]]] = {}
    for start, end, first, last, xy in zip(starts, ends, firsts, lasts, shapes, strict=True):
        found.setdefault(start, (first, xy[0]))
        found.setdefault(end, (last, xy[-1]))
    seen: dict[tuple[int, int], int] = defaultdict(int)
    ids = {}
    for node, (place, _) in found.items():
        ids[node] = str(uuid.uuid5(identity, f"node/{place[0]}/{place[1]}/{seen[place]}"))
        seen[place] += 1
    return _Ends(starts, ends, ids, {node: xy for node, (_, xy) in found.items()})


def _to_places(points: Any) -> list[tuple[int, int]]:
    return [(round(x / _PLACE_M), round(y / _PLACE_M)) for x, y in shapely.get_coordinates(points).tolist()]


def _nodes(cabinets: pd.DataFrame, ends: _Ends, phases: Mapping[int, _Record]) -> Iterator[_Record]:
    """Yield all nodes: a cabinet is one of them where the edition tells which."""
    standing: dict[_Node, _Record] = {}
    if "node" in cabinets:
        flat = pd.DataFrame(flatten(cabinets))
        columns = [name for name in ("kind", "phase") if name in flat]
        rows = plain_rows(flat, [flat.columns[0], *columns])
        standing = dict(zip(cabinets["node"].tolist(), rows, strict=True))
    for node, identity in ends.ids.items():
        cabinet = standing.get(node, {})
        name = next(iter(cabinet.values()), None)
        kind = _TYPES.get(str(cabinet.get("kind")))
        yield {
            "id": identity,
            **({"name": str(name)} if name else {}),
            **_phase(cabinet.get("phase"), phases),
            "status": "planned",
            "location": {"type": "Point", "coordinates": ends.places[node]},
            **({"type": [kind]} if kind else {}),
        }


def _spans(
    lines: gpd.GeoDataFrame, shapes: list[list[list[float]]], ends: _Ends, phases: Mapping[int, _Record]
) -> Iterator[_Record]:
    seen: dict[tuple[str, str], int] = defaultdict(int)
    columns = [name for name in _TOLD if name in lines]
    rows = plain_rows(pd.DataFrame(lines), columns)
    for row, start, end, xy in zip(rows, ends.starts, ends.ends, shapes, strict=True):
        between = (ends.ids[start], ends.ids[end])
        name = "/".join((*sorted(between), str(seen[between])))
        seen[between] += 1
        seen[between[::-1]] = seen[between]
        yield {
            "id": str(uuid.uuid5(_SPACE, name)),
            **({"name": str(row["project_id"])} if row.get("project_id") else {}),
            **_phase(row.get("phase"), phases),
            "status": "planned",
            "start": between[0],
            "end": between[1],
            "directed": False,
            "route": {"type": "LineString", "coordinates": xy},
            "transmissionMedium": ["fibre"],
            **_laid(row),
            **_measures(row),
        }


def _laid(row: Mapping[str, Plain]) -> _Record:
    """Return how a span is laid, where the edition tells; each trench has a duct, as in the cost book."""
    if row.get("poles") is True:
        return {"deployment": ["aboveGround"], "supportingInfrastructure": {"type": "pole"}}
    if "poles" in row or "method" in row:
        return {"deployment": ["belowGround"], "supportingInfrastructure": {"type": "duct"}}
    return {}


def _measures(row: Mapping[str, Plain]) -> _Record:
    fibres, length = row.get("fibres"), row.get("length_m")
    told: _Record = {}
    if isinstance(fibres, int | float) and fibres > 0:
        told["fibreCount"] = int(fibres)
    if isinstance(length, int | float):
        told["fibreLength"] = round(float(length) / 1000.0, 6)
    return told


def _phase(phase: Plain, phases: Mapping[int, _Record]) -> _Record:
    found = phases.get(int(phase)) if isinstance(phase, int | float) else None
    return {"phase": dict(found)} if found else {}
