"""The zones that figures are given for, from the study as a whole to areas of its own."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from infraplan import words
from infraplan.config import Demand, LayerName, Study
from infraplan.demand.coded import build_coded
from infraplan.demand.places import Shapes
from infraplan.demand.zonetable import find_overlaps, make_zones
from infraplan.errors import StudyError
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.tables import SETTLEMENT_CLASSES

_EXTENT: tuple[LayerName, ...] = ("premises", "buildings", "addresses", "roads")


def build_zones(layers: Layers, study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the zones of a study and the faults found on the way.

    Ids begin with the kind: ``study``, ``municipality:2513``, ``locality:2506TC101``, ``class:outside``,
    ``deso:2580A0010``, ``district:…``, ``area:…``.
    Beside the contract ZONES the table has ``settlement_class`` (of localities), and ``class_known``: whether
    the source says it. Named places too small to be a locality, or of unknown size, are zones of kind
    ``place``: they name areas, and no target is evaluated for them.

    Raises
    ------
    StudyError
        The study names a municipality that its layer lacks, or has no layer with an extent.
    """
    municipalities, municipal_faults = _municipalities(layers, study)
    area = _extent(municipalities, layers, study)
    localities, locality_faults = _localities(layers, study, area)
    whole = make_zones(["study"], [study.study.name], "study", [area])
    classes = _classes(localities, area, study)
    coded, coded_faults = build_coded(layers, area, study.study.crs)
    parts = (whole, municipalities, localities, classes, coded)
    zones = pd.concat([part for part in parts if len(part)])
    table = gpd.GeoDataFrame(zones, geometry="geometry", crs=study.study.crs)
    table.index.name = "zone_id"
    return table, gather([municipal_faults, locality_faults, coded_faults], study.study.crs)


def disc_radius_m(population: pd.Series, demand: Demand) -> pd.Series:
    """Return the radius of the circle that stands for a locality known only as a point, by its inhabitants.

    Circle of the area that localities of that size have: see ``Demand.locality_area_ha``. Unknown is taken as
    the fewest that make a small locality.
    """
    persons = population.fillna(float(demand.small_locality_persons))
    area_m2 = 1e4 * demand.locality_area_ha * persons**demand.locality_area_power
    radius_m: pd.Series = np.sqrt(area_m2 / np.pi)
    return radius_m


def _municipalities(layers: Layers, study: Study) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    table = layers.get("municipalities")
    if table is None:
        return make_zones([], [], "municipality", []), faults(
            "no_municipalities", "municipalities", severity="info"
        )
    wanted = study.study.municipalities
    found = sorted(set(table["code"]))
    for code in wanted:
        if code not in found:
            raise StudyError("no_such_municipality", file=study.file or "", code=code, found=", ".join(found))
    merged = (table[table["code"].isin(wanted)] if wanted else table).dissolve(by="code")
    zones = make_zones(list(merged.index), list(merged["name"]), "municipality", list(merged.geometry))
    return zones, _overlaps(merged, study)


def _overlaps(merged: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    one, other, shared = find_overlaps(merged)
    codes = merged.index.to_numpy()
    return faults(
        "overlapping_municipalities",
        "municipalities",
        severity="warning",
        feature_ids=list(codes[one]),
        shapes=list(shared),
        crs=study.study.crs,
        values=[{"other": str(code)} for code in codes[other]],
    )


def _extent(municipalities: pd.DataFrame, layers: Layers, study: Study) -> BaseGeometry:
    if len(municipalities):
        return shapely.union_all(municipalities["geometry"].to_numpy())
    tables = [table for name in _EXTENT if (table := layers.get(name)) is not None]
    if not tables:
        raise StudyError("no_extent", file=study.file or study.study.name)
    hull = shapely.convex_hull(shapely.multipoints([p for t in tables for p in _corners(t)]))
    # A single house has no area: the margin makes one, and keeps houses off the border.
    return hull.buffer(max(study.demand.border_m, 1.0))


def _corners(table: gpd.GeoDataFrame) -> Shapes:
    corners: Shapes = shapely.points(shapely.get_coordinates(shapely.convex_hull(table.geometry.to_numpy())))
    return corners


def _localities(layers: Layers, study: Study, area: BaseGeometry) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    table = layers.get("localities")
    if table is None:
        return make_zones([], [], "locality", []), faults("no_localities", "localities", severity="info")
    table = table.assign(code=table["code"].where(table["code"] != "", table.index))
    inside = _in_study(table, area, study)
    merged = _merge_localities(table[inside])
    known, classes = _classify(merged, study.demand)
    zones = make_zones(list(merged.index), list(merged["name"]), "locality", list(merged.geometry))
    zones["population"] = merged["population"].to_numpy(dtype="float64")
    zones["settlement_class"] = classes
    zones["class_known"] = known
    is_place = zones["settlement_class"] == ""
    zones["kind"] = zones["kind"].mask(is_place, "place")
    zones.index = zones.index.where(~is_place, zones.index.str.replace("locality:", "place:", n=1))
    return zones.rename_axis("zone_id"), _locality_faults(zones, merged, int((~inside).sum()))


def _in_study(table: gpd.GeoDataFrame, area: BaseGeometry, study: Study) -> pd.Series:
    shapely.prepare(area)
    shapes = table.geometry
    # Points may miss a generalised border; an area that only touches the study lies outside it.
    near = shapes.dwithin(area, study.demand.border_m)
    inside: pd.Series = near.where(
        shapes.geom_type == "Point", shapes.intersects(area) & ~shapes.touches(area)
    )
    return inside


def _merge_localities(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a code; where a code has areas and points, the areas count."""
    is_point = table.geom_type == "Point"
    areas = table[~is_point].dissolve(by="code", aggfunc="first")
    points = table[is_point & ~table["code"].isin(areas.index)]
    points = points.drop_duplicates("code").set_index("code").sort_index()
    return gpd.GeoDataFrame(
        pd.concat([part for part in (areas, points) if len(part)] or [areas]), crs=table.crs
    )


def _classify(merged: gpd.GeoDataFrame, demand: Demand) -> tuple[NDArray[np.bool_], list[str]]:
    population, stated = merged["population"], merged["settlement_class"]
    is_area = merged.geom_type != "Point"
    by_size = np.select(
        [population >= demand.locality_persons, population >= demand.small_locality_persons],
        ["locality", "small_locality"],
        "",
    )
    # An area of unknown size is taken as a locality: support is then not promised where it may be barred.
    unknown = is_area & population.isna() & (stated == "")
    classes = np.select([stated != "", unknown], [stated, "locality"], by_size)
    return ~unknown.to_numpy(dtype=bool), [str(value) for value in classes]


def _locality_faults(zones: pd.DataFrame, merged: gpd.GeoDataFrame, outside: int) -> gpd.GeoDataFrame:
    unknown = ~zones["class_known"].to_numpy()
    points = (merged.geom_type == "Point").to_numpy() & (zones["kind"] == "locality").to_numpy()
    parts = [
        faults(
            "locality_size_unknown",
            "localities",
            severity="warning",
            feature_ids=list(merged.index[unknown]),
            shapes=list(merged.geometry[unknown]),
            crs=merged.crs,
        )
    ]
    if points.any():
        values = {"count": int(points.sum())}
        parts.append(faults("locality_as_point", "localities", severity="info", values=values))
    if outside:
        parts.append(faults("outside_study", "localities", severity="info", values={"count": outside}))
    return gather(parts, merged.crs)


def _classes(localities: pd.DataFrame, area: BaseGeometry, study: Study) -> pd.DataFrame:
    """Return one zone a settlement class that there is; localities known as points with their circles."""
    say = words.load(study.study.language)
    shapes = localities["geometry"].to_numpy()
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    radii = disc_radius_m(localities["population"], study.demand).to_numpy()
    shapes = np.where(is_point, shapely.buffer(shapes, np.where(is_point, radii, 0.0)), shapes)
    of = {name: (localities["settlement_class"] == name).to_numpy() for name in SETTLEMENT_CLASSES}
    large = shapely.union_all(shapes[of["locality"]])
    small = shapely.difference(shapely.union_all(shapes[of["small_locality"]]), large)
    outside = area.difference(large.union(small))
    found = {
        name: shape
        for name, shape in zip(SETTLEMENT_CLASSES, (large, small, outside), strict=True)
        if not shape.is_empty
    }
    names = [say.text(f"zones.{name}") for name in found]
    return make_zones(list(found), names, "settlement_class", list(found.values()))
