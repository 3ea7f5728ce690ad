"""Networks by the Open Fibre Data Standard, 0.3 and 0.4, to sources: JSON packages, GeoJSON of either part.

https://standard.ofds.info. A network has nodes and spans; what both versions call differently is read alike.
Coordinates are WGS 84 always: the standard's ``crs`` says what they were before.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from infraplan.errors import LayerError
from infraplan.layers.parse import cell_text
from infraplan.layers.source import Source, choose_part, listed, unreadable

Part = Literal["nodes", "spans"]
PARTS: tuple[Part, Part] = ("nodes", "spans")
GEOMETRY: Mapping[Part, str] = {"nodes": "location", "spans": "route"}

NOT_THERE = ("proposed", "planned", "underConstruction", "decommissioned", "inactive")
"""Statuses of what nobody can be connected to today."""

_HEAD = 1_000_000  # bytes in which a network is recognised
_PACKAGE = re.compile(rb'^\s*\{\s*"(networks|links)"\s*:|"networks"\s*:\s*\[')
_FEATURES = re.compile(rb'"featureType"\s*:\s*"(node|span)"', re.IGNORECASE)
_COLLECTION = re.compile(rb'"type"\s*:\s*"Feature(Collection)?"')
_LINKS = {"nodes": ("nodesAPI", "nodesFile"), "spans": ("spansAPI", "spansFile")}
_OWNERS = ("transmissionMediumOwner", "physicalInfrastructureProvider")  # 0.4, 0.3

_Record = Mapping[str, Any]


@dataclass(frozen=True)
class _Network:
    """A network, whichever way it was written."""

    about: _Record
    parts: Mapping[Part, Sequence[_Record]]


def is_ofds(path: Path) -> bool:
    """Tell whether a JSON file is a network of this standard, by how it begins."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    if _COLLECTION.search(head):
        return bool(_FEATURES.search(head)) and b'"network"' in head
    return bool(_PACKAGE.search(head.removeprefix(b"\xef\xbb\xbf"))) and b'"networks"' in head


def read_ofds(
    path: Path, *, points: bool, name: str, head: str = "", part: str | None = None, every: bool = False
) -> Source:
    """Read the nodes or the spans of all networks of a file.

    Columns keep the standard's names; beside them stand ours: ``operator`` (the network providers, else whose
    line it is), ``kind`` (the first type of a node), ``capacity`` (fibres; the standard's own, in Gbit/s,
    becomes ``capacity_gbps``), ``phase`` and ``network`` by name, ``start`` and ``end`` as ids.

    Parameters
    ----------
    points
        Whether the study's layer is of points: then nodes are meant, where ``part`` does not say.
    every
        Whether also what is not in operation is taken: otherwise it is left out, and told.

    Raises
    ------
    LayerError
        The file cannot be read, or has no such part.
    """
    asked = part or ("nodes" if points else "spans")
    chosen = cast("Part", choose_part(path, list(PARTS), asked, name, head))
    networks = _read_networks(path)
    source = _read_part(networks, chosen)
    told = [*_find_elsewhere(networks, chosen), *_find_dangling(networks, chosen)]
    if every:
        return _with(source, told=told)
    there = ~source.frame["status"].isin(NOT_THERE).to_numpy(dtype=bool)
    passed_over = int((~there).sum())
    if passed_over:
        found = listed(list(dict.fromkeys(source.frame.loc[~there, "status"])))
        told.append(("ofds_not_there", {"count": str(passed_over), "found": found}))
    return _with(source, told=told, rows=there)


def read_parts(path: Path) -> dict[Part, Source]:
    """Read all that a file has of nodes and spans; parts without rows are absent.

    Raises
    ------
    LayerError
        The file cannot be read.
    """
    networks = _read_networks(path)
    sources = {part: _read_part(networks, part) for part in PARTS}
    return {part: source for part, source in sources.items() if len(source.frame)}


def _with(source: Source, *, told: Sequence[tuple[str, dict[str, str]]], rows: Any = None) -> Source:
    if rows is None or source.shapes is None:
        return Source(source.frame, source.shapes, source.crs, told=tuple(told))
    frame = source.frame[rows].reset_index(drop=True)
    left_out = len(source.frame) - len(frame)
    return Source(frame, source.shapes[rows], source.crs, left_out=left_out, told=tuple(told))


# From the file to networks


def _read_networks(path: Path) -> list[_Network]:
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path, error) from error
    if isinstance(content, dict) and isinstance(content.get("features"), list):
        return list(_from_features(_records(content["features"])))
    networks = _records(content.get("networks")) if isinstance(content, dict) else []
    if not networks:
        raise LayerError("empty_file", file=path)
    return [_Network(about, {part: _records(about.get(part)) for part in PARTS}) for about in networks]


def _from_features(features: Sequence[_Record]) -> Iterator[_Network]:
    """Yield the networks of GeoJSON: each feature names its own."""
    networks: dict[str, tuple[dict[str, Any], dict[Part, list[_Record]]]] = {}
    for feature in features:
        properties, geometry = _record(feature.get("properties")), _record(feature.get("geometry"))
        about = _record(properties.get("network"))
        part = _part_of(properties, geometry)
        _, parts = networks.setdefault(str(about.get("id", "")), (about, {"nodes": [], "spans": []}))
        parts[part].append({**properties, GEOMETRY[part]: geometry or None})
    for about, parts in networks.values():
        yield _Network(about, parts)


def _part_of(properties: _Record, geometry: _Record) -> Part:
    said = str(properties.get("featureType", "")).casefold()
    if said in ("node", "span"):
        return "nodes" if said == "node" else "spans"
    return "nodes" if "Point" in str(geometry.get("type", "")) else "spans"


# From networks to a table


def _read_part(networks: Sequence[_Network], part: Part) -> Source:
    rows, shapes = [], []
    for network in networks:
        names = _names(network.about.get("organisations"))
        phases = _names(network.about.get("phases"))
        for thing in network.parts[part]:
            rows.append(_row(thing, network, names, phases) | {"part": part.removesuffix("s")})
            shapes.append(_shape(thing.get(GEOMETRY[part])))
    columns = list(dict.fromkeys([*_ALWAYS[part], *chain.from_iterable(rows)]))
    cells = {name: [cell_text(row.get(name)) for row in rows] for name in columns}
    frame = pd.DataFrame(cells, index=pd.RangeIndex(len(rows)), dtype="str")
    frame = frame.drop(columns=[name for name in _IF_SAID if name in frame and not frame[name].any()])
    placed = np.empty(len(rows), dtype=object)
    placed[:] = shapes
    return Source(frame, placed, CRS.from_epsg(4326))


_ALWAYS: Mapping[Part, tuple[str, ...]] = {
    "nodes": ("id", "name", "status", "network", "accessPoint", "power", "technologies"),
    "spans": ("id", "name", "status", "network", "start", "end", "fibreCount", "fibreLength"),
}
_IF_SAID = ("operator", "kind", "capacity", "capacity_gbps", "owner", "phase")
"""Ours that a file may not fill: then a study's default is told."""


def _row(thing: _Record, network: _Network, names: _Record, phases: _Record) -> dict[str, Any]:
    kept = {key: _flat(value) for key, value in thing.items() if key not in ("location", "route", "capacity")}
    owner = next((_called(thing[key], names) for key in _OWNERS if key in thing), "")
    providers = [_called(provider, names) for provider in _records(thing.get("networkProviders"))]
    kinds = thing.get("type")
    return kept | {
        "operator": ", ".join(filter(None, providers)) or owner,
        "owner": owner,
        "kind": kinds[0] if isinstance(kinds, list) and kinds else "",
        "capacity": thing.get("fibreCount"),
        "capacity_gbps": thing.get("capacity"),
        "phase": _called(thing.get("phase"), phases),
        "network": network.about.get("name") or network.about.get("id"),
        "start": _id_of(thing.get("start")),
        "end": _id_of(thing.get("end")),
    }


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _called(reference: Any, names: _Record) -> str:
    """Return the name behind a reference: its own, that of the thing with its id, or the id."""
    found = _record(reference)
    identity = str(found.get("id") or "")
    return str(found.get("name") or names.get(identity) or identity)


def _names(things: Any) -> dict[str, Any]:
    return {str(thing["id"]): thing.get("name") for thing in _records(things) if "id" in thing}


def _id_of(node: Any) -> Any:
    """Return a node's id: GeoJSON of 0.3 has the whole node at either end."""
    return node.get("id") if isinstance(node, dict) else node


def _shape(geometry: Any) -> Any:
    """Return a shape, None where there is none that can be understood."""
    if not isinstance(geometry, dict):
        return None
    return shapely.force_2d(shapely.from_geojson(json.dumps(geometry), on_invalid="ignore"))


# What cannot be used


def _find_elsewhere(networks: Sequence[_Network], part: Part) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the addresses at which more of a network lies than in the file: nothing is fetched."""
    for network in networks:
        for link in _records(network.about.get("links")):
            if str(link.get("rel", "")).endswith(_LINKS[part]):
                yield "ofds_elsewhere", {"part": part, "address": str(link.get("href", ""))}


def _find_dangling(networks: Sequence[_Network], part: Part) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the spans that end at nodes which their network does not have, where it has nodes at all."""
    if part != "spans":
        return
    for network in networks:
        known = {str(node.get("id")) for node in network.parts["nodes"]}
        lost = [
            str(span.get("id", ""))
            for span in network.parts["spans"]
            for end in ("start", "end")
            if known and (node := _id_of(span.get(end))) is not None and str(node) not in known
        ]
        if lost:
            yield "ofds_dangling", {"count": str(len(lost)), "spans": listed(list(dict.fromkeys(lost)))}


def _record(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _records(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
