"""What the page can look up by name or id beside its layers: roads, and premises with all known of them."""

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from infraplan.outputs.cells import plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.pack import pack_points
from infraplan.outputs.rounding import shown_count, shown_sek

MOST_PREMISES = 30_000
"""More than a large municipality has; beyond, ids and places alone would weigh more than the map."""
ADDRESS = ("address", "adress", "street_address", "gatuadress", "adressplats")
"""Names of columns that hold an address, as municipal files write them; case does not matter."""

_SPEEDS = ("connected_mbps", "orderable_mbps", "passed_estimated_mbps", "planned_mbps", "mobile_mbps")
_WHITE = ("rule", "eligible", "best_down_mbps", "white_spot_id")
_COUNTS = ("households", "workplaces")

Packed = dict[str, Any]


def pack_known(edition: Edition) -> dict[str, Packed | None]:
    """Return named roads, and the premises; None where the edition has none of them."""
    return {"roads": _roads(edition), "premises": _premises(edition)}


def _roads(edition: Edition) -> Packed | None:
    """Return each name or number of a road once in each place, with a point on its longest stretch."""
    roads = edition.shapes("roads")
    if roads is None:
        return None
    texts = [
        roads[name].fillna("").astype("str").str.strip() for name in ("name", "road_number") if name in roads
    ]
    named = gpd.GeoDataFrame(
        pd.concat([roads.geometry.to_frame("geometry").assign(name=text) for text in texts])
        if texts
        else {"name": [], "geometry": []},
        geometry="geometry",
        crs=roads.crs,
    )
    named = named[(named["name"] != "") & ~named.geometry.is_empty & named.geometry.notna()]
    if named.empty:
        return None
    lines = named.geometry.array
    middle = gpd.GeoSeries(
        shapely.line_interpolate_point(_longest(lines), 0.5, normalized=True), crs=roads.crs
    )
    table = gpd.GeoDataFrame(
        {
            "name": named["name"].to_numpy(),
            "metres": shapely.length(lines),
            "place": _places(middle, edition),
        },
        geometry=middle.array,
        crs=roads.crs,
    )
    longest = table.sort_values("metres", ascending=False, kind="stable").drop_duplicates(["name", "place"])
    found = longest.sort_values(["name", "place"], kind="stable")
    return {
        "name": plain_column(found["name"]),
        "place": plain_column(found["place"]),
        "geometry": pack_points(found),
    }


def _longest(lines: Any) -> Any:
    """Return of each shape its longest line; a plain line is its own."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    order = pd.DataFrame({"owner": owner, "metres": shapely.length(parts)}).sort_values(
        ["owner", "metres"], ascending=[True, False], kind="stable"
    )
    return parts[order.drop_duplicates("owner").index.to_numpy()]


def _places(points: gpd.GeoSeries, edition: Edition) -> list[str]:
    """Return the locality of each point, or else its municipality: many have a street of the same name."""
    zones, place = edition.shapes("zones"), pd.Series("", index=range(len(points)), dtype="str")
    if zones is None:
        return list(place)
    for kind in ("municipality", "locality"):
        areas = zones.loc[zones["kind"] == kind, ["name", "geometry"]]
        if len(areas):
            inside, which = areas.sindex.query(points.array, predicate="intersects")
            place.iloc[inside] = areas["name"].to_numpy()[which]
    return list(place)


def _premises(edition: Edition) -> Packed | None:
    """Return the premises by id with all that a click on one tells; without rows where they are too many."""
    premises = edition.shapes("premises")
    if premises is None:
        return None
    if len(premises) > MOST_PREMISES:
        return {"count": len(premises), "id": []}
    table = gpd.GeoDataFrame(premises.loc[premises.index.sort_values()])
    places = table.set_geometry(table.geometry.representative_point())
    columns: dict[str, list[Any]] = {name: plain_column(table[name]) for name in _COUNTS if name in table}
    if "kind" in table:
        columns["kind"] = plain_column(table["kind"])
    if address := _address(table):
        columns["address"] = plain_column(table[address].fillna("").astype("str"))
    return {
        "count": len(table),
        "id": [str(key) for key in table.index],
        "geometry": pack_points(places),
        **columns,
        **_looked_up(edition, table.index),
    }


def _looked_up(edition: Edition, index: pd.Index) -> dict[str, list[Any]]:
    """Return what other tables know of the premises: speeds, white spots, project, technology."""
    facts, white, given = (edition.table(name) for name in ("facts", "white_spots", "technology"))
    columns: dict[str, list[Any]] = {
        name: [shown_count(mbps) for mbps in facts[name].reindex(index)] for name in _SPEEDS if name in facts
    }
    columns |= {name: plain_column(white[name].reindex(index)) for name in _WHITE if name in white}
    for table, source, name in (
        ("served", "project_id", "project_id"),
        ("unserved", "reason", "unserved"),
        ("technology", "technology", "technology"),
        ("technology", "reason", "reason"),
    ):
        found = edition.table(table)
        if source in found:
            columns[name] = plain_column(found[source].reindex(index))
    columns |= {
        name: [shown_sek(value) for value in given[name].reindex(index)]
        for name in ("fibre_sek", "price_sek", "distance_m")
        if name in given
    }
    return columns


def _address(table: pd.DataFrame) -> str | None:
    return next((str(name) for name in table.columns if str(name).lower() in ADDRESS), None)
