"""Where service can be had: points of the study's kinds, and which of them are one place."""

from collections.abc import Iterator
from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import tables, words
from infraplan.config import LayerName, Study
from infraplan.demand.placing import assign_municipality
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.layers.public_kinds import is_protected
from infraplan.network.noding import cluster
from infraplan.tables import PUBLIC_KINDS, SERVICES, TOWN

_LAYERS: tuple[LayerName, ...] = ("service_points", "public_buildings")
_AMBIGUOUS = frozenset({"servicepunkt", "servicepunkter", "service_point", "service point"})
"""A shop that also gives municipal service, and a nurse's point of a health centre, are both called so."""
_ALIKE = 0.8
"""Names that share so much, by ``difflib``, are taken as one word misspelt."""


def gather_points(
    layers: Layers, zones: gpd.GeoDataFrame, study: Study
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the service points of the kinds that a study asks for, and the faults found on the way.

    From ``service_points``, and from ``public_buildings``, of which protected ones never are service points.
    Points of one service within ``[services] place_m`` of each other are one place, as agents in one shop
    are: who asks for the nearest and the second nearest asks for places. A chain of such points is one place.

    Returns
    -------
    points
        Contract SERVICE_POINTS, by service and id; areas have become points inside them. An id that both
        layers have, or that names two services, gets ``:`` and the service.
    faults
        Contract FAULTS: kinds that are not asked for, kinds that may be misspelt, services without points.
    """
    rows = [_read(layers, name, study.study.crs) for name in _LAYERS]
    if TOWN in study.services.kinds:
        rows.append(_find_towns(zones, study))
    whole = pd.concat([row for row in rows if len(row)] or rows[:1])
    whole = whole.set_axis(_name_points(whole))
    hidden = whole["protected"].to_numpy(bool)
    asked = whole["service"].isin(study.services.kinds).to_numpy() & ~hidden
    points = _name_places(_order(whole[asked], study.services.kinds), study.services.place_m)
    points = points.assign(
        municipality=assign_municipality(points.geometry, zones, np.empty(0, object), study.demand)[
            "municipality"
        ]
    )
    found = [
        *_report_kinds(whole[~asked & ~hidden], study),
        *_report_services(points, study),
        *_report_protected(int(hidden.sum())),
    ]
    return points[[*tables.SERVICE_POINTS.names, "geometry"]], gather(found, study.study.crs)


def gather_places(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a place: its first point, with the names of all that are there."""
    names = points.groupby(["service", "place_id"], sort=False)["name"].agg(_join_names)
    first = points[points.index == points["place_id"]]
    keys = pd.MultiIndex.from_frame(first[["service", "place_id"]])
    return first.assign(name=names.reindex(keys).to_numpy())


def _join_names(names: pd.Series) -> str:
    return ", ".join(dict.fromkeys(name for name in names if name))


def _read(layers: Layers, layer: LayerName, crs: str) -> gpd.GeoDataFrame:
    """Return a layer's rows as points, with what they are and whether they are protected."""
    table = layers.get(layer)
    if table is None:
        return tables.empty(tables.SERVICE_POINTS, crs).assign(protected=False)
    shapes = table.geometry.to_numpy()
    points = shapely.force_2d(shapely.point_on_surface(shapes))
    return gpd.GeoDataFrame(
        {
            "service": table["kind"].astype("str"),
            "name": table["name"].astype("str"),
            "operator": table["operator"].astype("str"),
            "source": pd.Series([layer] * len(table), index=table.index, dtype="str"),
            "protected": is_protected(table).to_numpy(),
        },
        index=table.index.astype("str"),
        geometry=points,
        crs=table.crs,
    )


def _find_towns(zones: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return the middles of the localities that are towns."""
    is_town = (zones["kind"] == "locality") & (zones["population"] >= study.fairness.town_persons)
    towns = zones[is_town]
    return gpd.GeoDataFrame(
        {"service": TOWN, "name": towns["name"].astype("str"), "operator": "", "source": "localities"},
        index=towns.index.astype("str"),
        geometry=shapely.point_on_surface(towns.geometry.to_numpy()),
        crs=towns.crs,
    ).assign(protected=False)


def _name_points(rows: gpd.GeoDataFrame) -> pd.Index:
    """Return an id for each row: its own, told apart by the service where it occurs twice."""
    ids: pd.Series = rows.index.to_series().reset_index(drop=True)
    ids = ids.where(~ids.duplicated(), ids + ":" + rows["service"].reset_index(drop=True))
    again = ids.groupby(ids).cumcount()
    ids = ids.where(again == 0, ids + ":" + (again + 1).astype("str"))
    named: pd.Index = pd.Index(ids, dtype="str", name="point_id")
    return named


def _order(rows: gpd.GeoDataFrame, services: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return the rows by service, in the study's order, and id."""
    rank = rows["service"].map({service: i for i, service in enumerate(services)}).to_numpy()
    return rows.iloc[np.lexsort((rows.index.to_numpy(object), rank))]


def _name_places(points: gpd.GeoDataFrame, place_m: float) -> gpd.GeoDataFrame:
    """Return the points with ``place_id``: the first by id of those of its service that are one place."""
    place = points.index.to_numpy(object).copy()
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    for rows in points.groupby("service", sort=False).indices.values():
        number, _ = cluster(xy[rows], place_m)
        _, first, back = np.unique(number, return_index=True, return_inverse=True)
        place[rows] = place[rows][first][back]
    return points.assign(place_id=pd.Series(place, index=points.index, dtype="str"))


def _report_kinds(rows: gpd.GeoDataFrame, study: Study) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is told of the kinds that the study does not ask for, a layer after the other."""
    ours = _find_words(study)
    for layer, of_layer in rows.groupby("source", sort=False):
        plain: list[str] = []
        total = 0
        for kind, count in of_layer["service"].value_counts().sort_index().items():
            name = str(kind)
            near = _find_near(name, ours)
            if name.casefold() in _AMBIGUOUS:
                yield _tell("service_kind_ambiguous", str(layer), "warning", kind=name, count=int(count))
            elif near and name not in (*SERVICES, *PUBLIC_KINDS):
                values = {"kind": name, "count": int(count), "near": near}
                yield _tell("service_kind_near", str(layer), "warning", **values)
            else:
                plain.append(f"{name} ({count})")
                total += int(count)
        if plain:
            yield _tell("service_kinds_unasked", str(layer), "info", count=total, kinds=", ".join(plain))


def _report_services(points: gpd.GeoDataFrame, study: Study) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is told of services without points, and of points that share a place."""
    known = {kind: kind for kind in (*SERVICES, *PUBLIC_KINDS)}
    have = set(points["service"])
    for service in study.services.kinds:
        near = _find_near(service, known)
        if service in have:
            continue
        if near and service not in known:
            yield _tell("service_misspelt", "service_points", "warning", service=service, near=near)
        else:
            yield _tell("service_without_points", "service_points", "info", service=service)
    shared = int((points.index != points["place_id"]).sum())
    if shared:
        values = {"count": shared, "place_m": round(study.services.place_m)}
        yield _tell("service_points_share", "service_points", "info", **values)


def _report_protected(count: int) -> Iterator[gpd.GeoDataFrame]:
    # How many, and no more: neither where they are nor what they are called.
    if count:
        yield _tell("service_protected", "public_buildings", "info", count=count)


def _tell(rule: str, layer: str, severity: str, **values: object) -> gpd.GeoDataFrame:
    return faults(rule, layer, severity=severity, values=values)


def _find_words(study: Study) -> dict[str, str]:
    """Return what the asked kinds are called: as here, and in words of every language."""
    named = {kind.casefold(): kind for kind in study.services.kinds}
    for language in words.LANGUAGES:
        entries = words.load(language).entries
        for kind in study.services.kinds:
            if label := entries.get(f"figures.service_{kind}"):
                named.setdefault(label.casefold(), kind)
    return named


def _find_near(name: str, known: dict[str, str]) -> str:
    """Return which known kind a name may mean, ``""`` for none."""
    found = get_close_matches(name.casefold().strip(), known, n=1, cutoff=_ALIKE)
    return known[found[0]] if found else ""
